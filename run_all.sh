#!/usr/bin/env bash
# The one entry: environment, data, experiments, tables, checks. `./run_all.sh --help` says how.
# This file only finds a Python; replication/run_all.py does the rest.

# Relative paths of the caller's own folder stay right after the change of folder.
case "${MEMNN_DATA:-}" in
  "" | /* | "~"*) ;;
  *) MEMNN_DATA="$PWD/$MEMNN_DATA"; export MEMNN_DATA ;;
esac
self=$0
while [ -L "$self" ]; do     # a link to this file leads to its folder
  link=$(readlink -- "$self")
  case "$link" in /*) self=$link ;; *) self=$(dirname -- "$self")/$link ;; esac
done
here=$(CDPATH= cd -- "$(dirname -- "$self")" && pwd) && cd -- "$here" || exit 1

# The active environment's python first, then the system's by name.
for python in python3 python python3.14 python3.13 python3.12 python3.11; do
  if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
    exec "$python" -m replication.run_all "$@"
  fi
done
echo "run_all.sh: no Python 3.11 or later was found on PATH; install one and run this again" >&2
exit 1
