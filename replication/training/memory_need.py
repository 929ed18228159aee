"""How much memory a training of MemN2N will need, told before it begins.

An estimate from counts, within a factor of two of what was measured; it is there so that a run
that cannot fit says so, in place of being killed hours later.
"""

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from replication.training.memn2n_batches import QUESTIONS_AT_ONCE, SCORES_AT_ONCE, encodings
from replication.models.memn2n import Form
from replication.training import few_words
from tasks.errors import UserError

MB = 2**20
MEMBER, GROUPS = Path("/proc/self/cgroup"), Path("/sys/fs/cgroup")
PROCESS = 300 * MB     # Python with its libraries
TABLES = 10            # copies of the tables that a step has: weights, gradients, products
SCORES = 3             # copies of the answers' scores
A_SENTENCE, A_QUESTION = 300, 700   # bytes of Python's objects, besides their words
A_WORD, AN_ENTRY = 16, 48
A_SLOT = 200           # bytes a memory slot of each question laid out: statement, time, copies


@dataclass(frozen=True)
class Need:
    """What one process will need: bytes; few_words: whether memories are sparse."""
    bytes: float
    few_words: bool

    def __str__(self):
        how = "each memory by its few words" if self.few_words else "each sentence once, dense"
        return f"about {spoken(self.bytes)} of memory a process ({how})"


def spoken(count):
    """Bytes as "0.4 GB"."""
    return f"{count / 2**30:.1f} GB"


def need(encoded, protocol, restarts):
    """Need of one process that trains so many restarts together on a memn2n_inputs.Encoded."""
    p = protocol
    form = Form.of(p)
    sparse = encodings(encoded, form, p.batch).memories
    sentences, questions = len(encoded.sentences), len(encoded.train) + len(encoded.test)
    V, words = encoded.N + len(encoded.words), sentences * (encoded.J - 1)
    total = PROCESS + A_SENTENCE * sentences + A_QUESTION * questions + A_WORD * words
    total += stories_bytes(questions, encoded.N)
    if sparse:
        entries = few_words.ENTRIES * AN_ENTRY / few_words.STACK
        at_once = max(1, min(QUESTIONS_AT_ONCE, SCORES_AT_ONCE // V))
    else:
        dense = few_words.dense_bytes(encoded, form, p.batch)
        entries, at_once = dense / few_words.STACK, QUESTIONS_AT_ONCE
        total += 12 * sentences * few_words.columns(encoded, form)
    tables = 4 * V * p.d * form.tables
    each = TABLES * tables + SCORES * 4 * V * max(at_once, p.batch) + entries
    each += A_SLOT * encoded.N * max(at_once, few_words.TOGETHER * p.batch)
    return Need(total + restarts * each, sparse)


def stories_bytes(questions, N):
    """Bytes of the table that says which statement is in each memory slot of each question."""
    return 8 * questions * N


def refuse_stories(parts, capacity, advice):
    """UserError where the table of an own.Parts' memory slots alone is more than there is."""
    train, others = ([q for questions in lists for q in questions] for lists in (
        (*parts.train, *parts.valid), parts.test))
    N = min(capacity, max(len(question.statements) for question in train))
    wanted, free = stories_bytes(len(train) + len(others), N), available()
    if free is not None and wanted > free:
        raise UserError(f"{spoken(wanted)} of memory are needed, for {N} statements of each "
                        f"question, and this machine has {spoken(free)}: {advice}")


def refuse_too_much(one, processes, advice):
    """UserError where this machine has less memory than so many processes will need."""
    free = available()
    if free is not None and processes * one.bytes > free:
        raise UserError(f"{spoken(processes * one.bytes)} of memory are needed, {one} in "
                        f"{processes}, and this machine has {spoken(free)}: {advice}")


def available():
    """Bytes that this process can still get: of the machine, and under its groups' limits.

    None where neither is said.
    """
    return min((bound for bound in (of_machine(), *limits()) if bound is not None), default=None)


def of_machine():
    """Bytes that this machine can still give; None where it does not say."""
    with suppress(OSError, ValueError, StopIteration):
        lines = Path("/proc/meminfo").read_text().splitlines()
        line = next(line for line in lines if line.startswith("MemAvailable:"))
        return 1024 * int(line.split()[1])
    with suppress(OSError, ValueError):
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return None


def limits(member=MEMBER, groups=GROUPS):
    """Bytes that the control groups of this process, and those above them, may have (Linux).

    member  the file that names its groups; groups: where they are mounted. Version 1 has a folder
            for memory, version 2 one for everything; a container sees its own group as the root.
    """
    with suppress(OSError, ValueError):
        for line in member.read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            if controllers and "memory" not in controllers.split(","):
                continue
            root = groups / "memory" if controllers else groups
            name = "memory.limit_in_bytes" if controllers else "memory.max"
            group = root / path.lstrip("/")
            for folder in (group, *group.parents):
                with suppress(OSError, ValueError):      # "max" is no limit
                    yield int((folder / name).read_text())
                if folder == root:
                    break
