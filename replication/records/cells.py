"""One cell's three files under the results folder: its record, its curves, its checkpoint.

The record is written last and names the other two. A kill at any moment thus
leaves the last whole record with the files it names, or none.
"""

from collections.abc import Callable
from dataclasses import dataclass

from replication.records import files as stored_files, record as results
from tasks.errors import UserError


@dataclass(frozen=True)
class Cell:
    """One cell of a table: where its record lies, what its number means, how it is trained.

    experiment  the folder's name: the script's, with "@simulated", "@shuffled" or "@hn" behind
                it for other data than the official English
    column      the paper's own name of the column
    train       picklable; (seeds, device) -> results.Trained, one restart a seed, in that order
    trainer     the name of its golden figures, results/golden/<trainer>.json
    protocol    every hyper-parameter of the run; with another one a record is not continued
    data        {source, files: {name: sha256}, n_train, n_valid, n_test}, and for simulated
                data the generator's version and seed
    task        its number; None where the table has no tasks
    row         the row's name where the table has no tasks
    metric      what the value is; it names the restart's key ("test error %": test_error)
    selection   one of results.SELECTIONS
    stack       seeds trained together; None: as many as the run says
    device      where it is trained; None: where the run says
    """
    experiment: str
    column: str
    train: Callable
    trainer: str
    protocol: dict
    data: dict
    task: int | None = None
    row: str | None = None
    metric: str = "test error %"
    selection: str = "lowest training error"
    stack: int | None = None
    device: str | None = None

    @property
    def name(self):
        """How messages call it: "PE LS, task 7"."""
        place = f"task {self.task}" if self.task is not None else self.row
        return f"{self.column}, {place}" if place else self.column

    def path(self, folder):
        return results.record_path(folder, self.experiment, self.column, self.task, self.row)

    def recorded(self, folder):
        return recorded(self, folder)

    def add(self, folder, record, trained, made):
        return add(self, folder, record, trained, made)

    def tidy(self, folder, record):
        tidy(self, folder, record)


def recorded(cell, folder):
    """The cell's record; None where there is none.

    Raises UserError, one line, for a record that is damaged, whose curves or
    checkpoint are not there, or that answers another question than the cell's.
    """
    path = cell.path(folder)
    if not path.exists():
        return None
    record = results.read(path)
    asked = results.plain(_question(cell))
    asked["protocol"] = results.meant(asked["protocol"], record["protocol"])
    different = []
    for key, value in asked.items():
        different += results.differences(record[key], value, key)
    if different:
        more = f" (and {len(different) - 3} more)" if len(different) > 3 else ""
        raise UserError(f"{path}: is of another run: {'; '.join(different[:3])}{more}; choose "
                        "another folder with --results, or --force to replace it")
    problem = _problem_of_files(record, path)
    if problem:
        what = "cell" if record["scope"] == "cell" else "whole column"
        raise UserError(f"{problem}; delete {path}, or give --force, to train the {what} again")
    return record


def _question(cell):
    """The part of a record that is known before training, and that must not change."""
    return {"experiment": cell.experiment, "column": cell.column, "row": cell.row,
            "task": cell.task, "selection": cell.selection, "metric": cell.metric,
            "protocol": cell.protocol, "data": cell.data}


def _problem_of_files(record, path):
    checkpoint, curves = record["checkpoint"], path.parent / record["curves"]
    if checkpoint is not None:
        digest = stored_files.sha256(path.parent / checkpoint["file"])
        if digest != checkpoint["sha256"]:
            state = "missing" if digest is None else "not the one its record names"
            return f"{path.parent / checkpoint['file']}: the checkpoint is {state}"
    try:
        stored_files.read_curves(curves, [restart["seed"] for restart in record["restarts"]])
    except FileNotFoundError:
        return f"{curves}: the curves are missing"
    except Exception as error:  # a damaged zip file fails in many ways
        return f"{curves}: the curves cannot be read ({type(error).__name__})"
    return None


def add(cell, folder, record, trained, made):
    """Merges newly trained restarts into the cell's files; returns the new record.

    record   what `recorded` gave or an earlier `add` returned; None begins the cell anew and
             removes whatever record was there
    trained  results.Trained of seeds that the record does not have
    made     how these were made: {code, environment, started, seconds, peak_memory_mb}, the
             environment as measured where they were trained
    """
    path = cell.path(folder)
    if record is None:
        path.unlink(missing_ok=True)  # its curves and checkpoint are about to be replaced
    old = record["restarts"] if record else []
    fresh = {restart["seed"]: i for i, restart in enumerate(trained.restarts)}
    restarts = results.completed(sorted(old + results.plain(trained.restarts),
                                        key=lambda entry: entry["seed"]))
    selected, _, _ = results.outcome(restarts, cell.selection, cell.metric)

    if selected is None:
        checkpoint = None
    elif restarts[selected]["seed"] in fresh:
        seed = restarts[selected]["seed"]
        checkpoint = write_checkpoint(cell.protocol, path, seed, trained.weights[fresh[seed]],
                                      trained.metadata)
    else:
        checkpoint = record["checkpoint"]
    curves = path.with_suffix(".npz")
    old_seeds = [restart["seed"] for restart in old]
    stored_files.write(curves, merged_curves(curves, old_seeds, trained))
    new = write_record(cell, folder, record, restarts, made, "cell", curves.name, checkpoint)
    tidy(cell, folder, new)
    return new


def write_record(cell, folder, record, restarts, made, scope, curves, checkpoint):
    """Writes a cell's record, last of its files, and returns it.

    record    the one it takes the place of, or None
    restarts  all, sorted by seed; `made` says how those that `record` lacks were made
    """
    selected, value, partial = results.outcome(restarts, cell.selection, cell.metric)
    seeds = [restart["seed"] for restart in restarts]
    new = {"schema": results.SCHEMA, **_question(cell), "selected": selected, "value": value,
           "partial": partial, "restarts": restarts, **_provenance(record, seeds, made),
           "scope": scope, "curves": curves, "checkpoint": checkpoint}
    new = results.plain({key: new[key] for key in results.KEYS})
    problem = results.problem_of(new)
    if problem:
        raise ValueError(f"the trained restarts make no whole record: {problem}")
    stored_files.write(cell.path(folder), results.to_text(new).encode())
    return new


def tidy(cell, folder, record):
    """Removes what interrupted runs left: temporary files, and checkpoints no longer selected."""
    path = cell.path(folder)
    keep = record["checkpoint"]["file"] if record and record["checkpoint"] else None
    left = [*path.parent.glob(f".{path.stem}.*.tmp")]
    if record:
        left += [file for file in path.parent.glob(f"{path.stem}.seed-*.safetensors")
                 if file.name != keep]
    for file in left:
        file.unlink(missing_ok=True)


def write_checkpoint(protocol, path, seed, weights, metadata):
    """Named by its seed: the one that an old record names stays until the new record is there."""
    file = path.with_name(f"{path.stem}.seed-{seed}.safetensors")
    metadata = {**metadata, "seed": str(seed), "protocol": results.one_line(protocol)}
    stored_files.write(file, stored_files.checkpoint_to_bytes(weights, metadata))
    return {"file": file.name, "sha256": stored_files.sha256(file)}


def merged_curves(file, old_seeds, trained):
    """The .npz of the restarts that `file` has curves of and of newly trained ones, by seed."""
    curves = dict(trained.curves)
    seeds = [restart["seed"] for restart in trained.restarts]
    if old_seeds:
        before = stored_files.read_curves(file, old_seeds)
        if set(before) != set(curves):
            raise ValueError(f"{file}: has the curves {sorted(before)}, the new restarts "
                             f"{sorted(curves)}")
        curves = {name: stored_files.stacked(before[name], curves[name]) for name in curves}
        seeds = old_seeds + seeds
    order = sorted(range(len(seeds)), key=seeds.__getitem__)
    return stored_files.curves_to_bytes([seeds[i] for i in order],
                                        {name: curves[name][order] for name in curves})


def _provenance(record, seeds, made):
    """What all restarts were made with, in groups, and what they cost together.

    made  of the seeds that `record` lacks
    """
    made = dict(made)
    part = {"code": made.pop("code"), "environment": made.pop("environment")}
    groups = results.groups(record) if record else []
    known = {seed for group in groups for seed in group["seeds"]}
    made["made"] = results.grouped(
        [*groups, {**part, "seeds": [seed for seed in seeds if seed not in known]}])
    if record is None:
        return made
    return {**made, "started": min(record["started"], made["started"]),
            "seconds": record["seconds"] + made["seconds"],
            "peak_memory_mb": max(record["peak_memory_mb"], made["peak_memory_mb"])}
