"""The data of a run: which files, from where, and that they are the official bytes.

The official files are bAbI v1.2 (Weston et al., arXiv:1502.05698), the Penn
Treebank as T. Mikolov prepared it, and M. Mahoney's text8. They are looked for
in a fixed order:

    1. the folder given by --data or $MEMNN_DATA; given but incomplete is an error
    2. the user's cache
    3. a download into the cache
    4. simulated files, unless the run asks for official ones

One choice holds for all files of a run, and for all scripts of a run of run_all.sh. Every official file has the digest that
tasks/manifest.json gives, or the run stops.
"""

import hashlib
import json
import os
import sys
import zlib
from dataclasses import dataclass, field, replace
from pathlib import Path

import platformdirs
from filelock import FileLock, Timeout

from tasks import fetch
from tasks.babi import TASK_NAMES, file_name
from tasks.errors import UserError
from tasks.generators import VERSION
from tasks.generators.simulate import write_dataset

BABI = "tasks_1-20_v1-2"
FOLDERS = ("en", "hn", "shuffled", "en-10k", "hn-10k", "shuffled-10k")
PTB_FILES = ("ptb/ptb.train.txt", "ptb/ptb.valid.txt", "ptb/ptb.test.txt")
TEXT8_FILES = ("text8/text8",)
SOURCES = ("auto", "official", "simulated")
MARKER = "generator.json"  # beside simulated files: their generator's version and seed
DOWNLOADS = "MEMNN_DOWNLOADS"  # names run_all.sh's folder of what could not be downloaded
SIMULATED_SEED = 0
SIMULATED_QUESTIONS = {"en": (1000, 1000), "en-10k": (10000, 1000)}  # training and test, a task

MB = 2**20
ARCHIVES = (
    fetch.Archive(
        name="tasks_1-20_v1-2.tar.gz", inside=BABI, folder=BABI,
        addresses=("http://www.thespermwhale.com/jaseweston/babi/tasks_1-20_v1-2.tar.gz",
                   "https://s3.amazonaws.com/text-datasets/babi_tasks_1-20_v1-2.tar.gz"),
        max_bytes=64 * MB, max_unpacked=1024 * MB, max_members=5000),
    fetch.Archive(
        name="simple-examples.tgz", inside="simple-examples/data", folder="ptb",
        addresses=("http://www.fit.vutbr.cz/~imikolov/rnnlm/simple-examples.tgz",),
        max_bytes=128 * MB, max_unpacked=1024 * MB, max_members=5000),
    fetch.Archive(
        name="text8.zip", inside="", folder="text8",
        addresses=("http://mattmahoney.net/dc/text8.zip",),
        max_bytes=64 * MB, max_unpacked=128 * MB, max_members=10),
)


@dataclass(frozen=True)
class StandIn:
    """What is read in the place of an official file.

    name  what records call it; source: what they call data that has it; said: what else they say
    """
    name: str
    path: Path
    source: str
    said: dict


@dataclass(frozen=True)
class Source:
    """Where a run's files are, and what they are.

    kind         "official" or "simulated"
    root         the data root: it holds tasks_1-20_v1-2/ and ptb/
    description  one line for the user
    sha256       {name under the root: SHA-256} of every file that the run asked for
    generator    of simulated files: {"version", "seed"} of what wrote them, else None
    stand_ins    {name: StandIn} of official files that something else stands in for
    """
    kind: str
    root: Path
    description: str
    sha256: dict
    generator: dict | None = None
    stand_ins: dict = field(default_factory=dict)

    def path(self, name):
        """The file of a name under the data root, or what stands in for it."""
        if name in self.stand_ins:
            return self.stand_ins[name].path
        return _under(self.root, name)

    def babi(self, folder, task, split):
        """The file of one task and split, e.g. babi("en", 7, "train")."""
        return self.path(f"{BABI}/{folder}/{file_name(task, split)}")

    def files(self, folder, tasks):
        """{name: SHA-256} of both splits of some tasks, each by the name of what is read."""
        names = [self.stand_ins[name].name if name in self.stand_ins else name
                 for name in babi_files(folder, tasks)]
        return {name: self.sha256[name] for name in names}

    def record(self, folder, tasks):
        """The part of a record's `data` that says where its files are from."""
        said = {"source": self.kind, "files": self.files(folder, tasks)}
        said |= {"generator": self.generator} if self.generator else {}
        for name in self.stand_ins.keys() & set(babi_files(folder, tasks)):
            said |= {"source": self.stand_ins[name].source, **self.stand_ins[name].said}
        return said


def babi_files(folder="en", tasks=tuple(TASK_NAMES)):
    """Names under the data root of both splits of some tasks."""
    if folder not in FOLDERS:
        raise UserError(f"folder {folder!r} is not one of {', '.join(FOLDERS)}")
    unknown = [task for task in tasks if task not in TASK_NAMES]
    if unknown:
        raise UserError(f"task {unknown[0]!r} is not one of 1 to {max(TASK_NAMES)}")
    return tuple(f"{BABI}/{folder}/{file_name(task, split)}"
                 for task in tasks for split in ("train", "test"))


def locate(data=None, source="auto", needs=None, cache=None, seed=SIMULATED_SEED):
    """Find the files of a run -> Source.

    data    the folder given on the command line; None: $MEMNN_DATA, where set
    source  "auto", "official" (never simulates) or "simulated" (never looks for official files)
    needs   names under the data root that the run reads; None: all of English bAbI, 1k
    cache   the folder of downloaded files; None: the user's own
    seed    of simulated files
    Raises UserError for a folder that lacks one of the files, for wrong bytes,
    and where nothing can be had.
    """
    if source not in SOURCES:
        raise UserError(f"source {source!r} is not one of {', '.join(SOURCES)}")
    needs = tuple(needs or babi_files())
    root = given_folder(data, environment=source != "simulated")
    if root:
        try:
            return _given(root, source, needs)
        except OSError as error:
            raise UserError(f"{error.filename or root}: cannot be read ({error.strerror}); check "
                            "--data or MEMNN_DATA") from None
    cache = Path(cache or user_cache())
    if source == "simulated":
        return simulate(needs, "", cache, seed)
    try:
        reason = _fill(cache, needs)
        if reason is None:
            return _official(cache, needs)
    except OSError as error:
        raise UserError(f"{error.filename or cache}: the data cache cannot be used "
                        f"({error.strerror or error}); {_advice(needs)}") from None
    if source == "official":
        raise UserError(f"no official data: {reason}; {_advice(needs)}")
    return simulate(needs, reason, cache, seed)


def user_cache():
    """The folder of downloaded and simulated files, where none is given."""
    return platformdirs.user_cache_path("memory-networks-reproduction")


def given_folder(data, environment=True):
    """The data folder that the user names, by the command line or $MEMNN_DATA; or None."""
    name = data or (os.environ.get("MEMNN_DATA") if environment else None)
    return Path(name).expanduser().absolute() if name else None


def _advice(needs):
    """How to get the official files by hand."""
    archives = [archive for archive in ARCHIVES
                if any(name.startswith(archive.folder + "/") for name in needs)]
    steps = [f"unpack {archive.addresses[0]} "
             + (f"so that its folder {archive.inside} is DIR/{archive.folder}" if archive.inside
                else f"into DIR/{archive.folder}") for archive in archives]
    return " and ".join(steps + ["set MEMNN_DATA=DIR"])


def simulate(needs, reason, cache, seed):
    """Stand-ins for the official files `needs`, made by our own simulators, kept in the cache.

    reason  why official files could not be had; empty where none were asked for
    """
    folders = {name.removeprefix(BABI + "/").partition("/")[0] for name in needs}
    folder = folders.pop()
    if folders or folder not in SIMULATED_QUESTIONS:
        because = f" and no official data: {reason}" if reason else ""
        raise UserError(f"no simulators of {folder}{because}; {_advice(needs)}")
    root = cache / f"simulated-{VERSION}-seed-{seed}-{folder}"
    train, test = SIMULATED_QUESTIONS[folder]
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with locked(cache):
            if not root.exists():
                write_dataset(root, TASK_NAMES, train, test, seed, folder=folder)
    except OSError as error:
        raise UserError(f"{error.filename or cache}: the data cache cannot be used "
                        f"({error.strerror or error}); {_advice(needs)}") from None
    result = _simulated(root, root / MARKER, needs)
    if reason:
        why = f"{result.description}; that could not be had: {reason}"
        result = replace(result, description=why)
    return result


def _given(root, source, needs):
    """The folder that the user names: complete and right, or an error."""
    if not root.is_dir():
        what = "is not a folder" if root.exists() else "is not there"
        raise UserError(f"{root}: the data folder {what}; check --data or MEMNN_DATA")
    marker = root / MARKER
    if not marker.exists():
        if source == "simulated":
            raise UserError(f"{root}: not simulated data (no {MARKER}); leave --data away, or "
                            "leave --source simulated away")
        return _official(root, needs)
    if source == "official":
        raise UserError(f"{root}: simulated data ({MARKER}), but --source official was asked for")
    return _simulated(root, marker, needs)


def _official(root, needs):
    """Check every file against the manifest -> Source."""
    facts = _manifest()
    digests = {}
    for name in needs:
        content = _bytes(root, name)
        fault = wrong_digest(content, facts[name])
        if fault:
            own = (", or train on data of your own with python -m replication.train_your_own "
                   "--train FILE --test FILE" if name.startswith(f"{BABI}/") else "")
            raise UserError(f"{_under(root, name)}: {fault}; these are not the official bytes: "
                            "delete the file and take it from the official archive again (line "
                            f"ends must stay as they are){own}")
        digests[name] = hashlib.sha256(content).hexdigest()
    description = (f"data: official files in {root} ({len(needs)} files, each with the digest of "
                   "the manifest)")
    return Source("official", root, description, digests)


def _simulated(root, marker, needs):
    """Files that a generator wrote, with its version and seed beside them -> Source."""
    try:
        said = json.loads(marker.read_text(encoding="utf-8"))
        generator = {"version": said["version"], "seed": said["seed"]}
    except (OSError, ValueError, KeyError, TypeError):
        raise UserError(f"{marker}: not the JSON of a generator with version and seed; make the "
                        "simulated data again") from None
    digests = {name: hashlib.sha256(_bytes(root, name)).hexdigest() for name in needs}
    description = (f"data: SIMULATED files in {root} (generator {generator['version']}, seed "
                   f"{generator['seed']}), not the official release")
    return Source("simulated", root, description, digests, generator)


def wrong_digest(content, facts):
    """None if `content` has the manifest's digest, else what is expected and what it is."""
    if "sha256" in facts:
        kind, expected = "SHA-256", facts["sha256"]
        actual = hashlib.sha256(content).hexdigest()
    elif "crc32" in facts:
        kind, expected = "size and CRC-32", f"{facts['bytes']} bytes {facts['crc32']}"
        actual = f"{len(content)} bytes {zlib.crc32(content):08x}"
    else:
        kind, expected = "git blob id", facts["git_blob_sha1"]
        actual = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
    return None if actual == expected else f"{kind} {actual} where {expected} is expected"


def _under(root, name):
    """The file of a name; the root may also be the folder tasks_1-20_v1-2 itself."""
    if name.startswith(BABI + "/") and root.name == BABI and not (root / BABI).is_dir():
        return root / name.removeprefix(BABI + "/")
    return root / name


def _bytes(root, name):
    path = _under(root, name)
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise UserError(f"{path}: not there; the data folder lacks a file that this run needs; "
                        "check --data or MEMNN_DATA") from None


def _manifest():
    """{name under the data root: its facts}."""
    path = Path(__file__).with_name("manifest.json")
    return json.loads(path.read_text(encoding="utf-8"))["files"]


def _fill(cache, needs):
    """Bring missing files into the cache; returns None, or why some could not be had."""
    if _all_there(cache, needs):
        return None
    cache.mkdir(parents=True, exist_ok=True)
    with locked(cache):
        for archive in ARCHIVES:
            names = [name for name in needs if name.startswith(archive.folder + "/")]
            if _all_there(cache, names):
                continue
            reason = _once(archive.name, lambda: fetch.into(
                cache, archive, lambda folder: _fault(archive, folder, names)))
            if reason:
                return reason
    return None


def _once(name, download):
    """download(), or why it failed for an earlier script of the same run of run_all.sh.

    So all scripts of a run have the same files, and wait for an address once.
    """
    folder = Path(os.environ.get(DOWNLOADS, ""))
    if not os.environ.get(DOWNLOADS) or not folder.is_dir():
        return download()
    file = folder / f"{name}.failed"
    if not file.exists():
        reason = download()
        if not reason:
            return None
        file.write_text(reason, encoding="utf-8")
    return file.read_text(encoding="utf-8")


def locked(cache):
    """The lock of the cache, held: two runs do not fill it at the same time."""
    lock = FileLock(cache / "lock")
    try:
        return lock.acquire(timeout=0)
    except Timeout:
        print(f"waiting for another run that fills {cache}", file=sys.stderr, flush=True)
        return lock.acquire()


def _all_there(cache, needs):
    return all((cache / name).is_file() for name in needs)


def _fault(archive, folder, names):
    """The first of the files (names) that is missing or wrong in an unpacked archive, or None."""
    facts = _manifest()
    for name in names:
        path = folder / name.removeprefix(archive.folder + "/")
        if not path.is_file():
            return f"{name} is not in it"
        fault = wrong_digest(path.read_bytes(), facts[name])
        if fault:
            return f"{name} has {fault}"
    return None
