"""What may stand in for task 3's training file, where the official one is not at hand.

Of the other nineteen tasks the official files are taken. For the third's training questions:

    simulated  as many from our own simulators; the test questions are the official ones
    partial    the official ones that two other files of the release hold: the first thousand (the
               folder "en") and a tenth of the stories ("en-valid-10k"), each story once

A record of such a file says so: its source is not "official", the file's name and digest are
those of what was really read, and beside these the generator, or the digests of both parts.
"""

import hashlib
from dataclasses import replace

from tasks import archives
from tasks.archives import BABI, SIMULATED_QUESTIONS, SIMULATED_SEED
from tasks.babi import file_name
from tasks.errors import UserError
from tasks.generators import VERSION
from tasks.generators.simulate import simulate

TASK = 3
SIMULATED, PARTIAL = "official, task 3 simulated", "official, task 3 in part"
KINDS = {"simulated": SIMULATED, "partial": PARTIAL}            # what may be asked: the source
MARKS = {SIMULATED: "task-3-simulated", PARTIAL: "task-3-partial"}   # of folders of records
PARTS = tuple(f"{BABI}/{folder}/qa3_{name}.txt" for folder, name in (
    ("en", "three-supporting-facts_train"), ("en-valid-10k", "valid")))


def locate(data, kind, folder, tasks, cache=None, seed=SIMULATED_SEED):
    """The Source of a run in which something stands in for task 3's training file.

    data, cache, seed  as of archives.locate
    kind    "simulated" or "partial"
    folder  of the tasks' language, "en" or "en-10k"
    tasks   the numbers of all tasks whose files are needed
    Raises UserError where other official files are missing, and for a folder without simulators.
    """
    official = train_file(folder)
    if folder not in SIMULATED_QUESTIONS or (kind == "partial" and folder != "en-10k"):
        raise UserError(f"--task-3 {kind}: nothing stands in for task 3 of {folder}")
    names = [name for name in archives.babi_files(folder, tasks) if name != official]
    needs = [*names, *(PARTS if kind == "partial" else ())]
    source = archives.locate(data, "official", needs=needs, cache=cache)
    if kind == "partial":
        text = joined(*(source.path(name).read_text(encoding="utf-8") for name in PARTS))
        said = {"made_of": {name: source.sha256[name] for name in PARTS}}
    else:
        text = simulate(TASK, SIMULATED_QUESTIONS[folder][0], seed, "train")
        said = {"generator": {"version": VERSION, "seed": seed}}
    cache = cache or archives.user_cache()
    path = _written(cache / f"task-3-{kind}-{VERSION}-seed-{seed}" / official, text)
    stand_in = archives.StandIn(f"{kind}/{official}", path, KINDS[kind], said)
    return replace(
        source, stand_ins={official: stand_in},
        sha256=source.sha256 | {stand_in.name: hashlib.sha256(text.encode()).hexdigest()},
        description=f"{source.description}; task 3's training file: {kind.upper()}, {path}")


def train_file(folder):
    """The official name, under the data root, of the file that something stands in for."""
    return f"{BABI}/{folder}/{file_name(TASK, 'train')}"


def joined(*texts):
    """The stories of some files in the bAbI format, each once, in their order, as one text."""
    stories = {}
    for text in texts:
        lines = []
        for line in text.splitlines():
            if line.startswith("1 ") and lines:
                stories["\n".join(lines)] = None
                lines = []
            lines.append(line)
        stories["\n".join(lines)] = None
    return "".join(f"{story}\n" for story in stories)


def again(names, data=None, cache=None, seed=SIMULATED_SEED):
    """The paths of a record's data files, by the names that it gives them."""
    kind, _, official = next(name for name in names if not name.startswith(BABI)).partition("/")
    folder = official.split("/")[1]
    numbers = {name.partition("/qa")[2].partition("_")[0] for name in names}
    source = locate(data, kind, folder, sorted(map(int, numbers)), cache, seed)
    paths = {stand_in.name: stand_in.path for stand_in in source.stand_ins.values()}
    return [paths.get(name) or source.path(name) for name in names]


def _written(path, text):
    """The file with this text, which is written unless it is there already."""
    content = text.encode()
    try:
        if not path.is_file() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            with archives.locked(path.parent):
                fresh = path.with_suffix(".new")
                fresh.write_bytes(content)
                fresh.replace(path)
    except OSError as error:
        raise UserError(f"{error.filename or path}: the data cache cannot be used "
                        f"({error.strerror or error}); make room or give access") from None
    return path
