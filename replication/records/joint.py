"""A joint column's files: one training, one checkpoint and one file of curves for many records.

Beside the 20 records task-01.json .. lie joint.npz, the curves, and joint.seed-3.safetensors, the
weights of the selected restart. Records are written last; those of a run that was killed between
two of them have other restarts than the rest, and the next run trains these again for all.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from replication.records import cells as stored_cells, files as stored_files, record as results
from replication.records.cells import Cell

STEM = "joint"


@dataclass(frozen=True)
class JointCell:
    """A column of a table whose tasks share one model.

    tasks   the tasks whose records are asked; the model is trained on all of them whatever is
            asked
    n_test  {task: test questions} of all tasks
    data    {source, files, n_train, n_valid} of all tasks together
    train   as a Cell's; each restart also has `by_task`, {task: {test_error, n_wrong, ...}}
    The rest as in Cell.
    """
    experiment: str
    column: str
    train: Callable
    trainer: str
    protocol: dict
    data: dict
    tasks: tuple
    n_test: dict
    metric: str = "test error %"
    selection: str = "lowest training error"
    stack: int | None = None
    device: str | None = None

    @property
    def name(self):
        """How messages call it: "PE LS joint, all tasks"."""
        return f"{self.column}, all tasks"

    def cell(self, task):
        """The cell of one task."""
        return Cell(self.experiment, self.column, self.train, self.trainer, self.protocol,
                    {**self.data, "n_test": self.n_test[task]}, task, metric=self.metric,
                    selection=self.selection)

    def path(self, folder):
        return self.cell(min(self.n_test)).path(folder)

    def recorded(self, folder):
        return recorded(self, folder)

    def add(self, folder, record, trained, made):
        return add(self, folder, record, trained, made)

    def tidy(self, folder, record):
        tidy(self, folder, record)


def recorded(joint, folder):
    """What the column's records hold together, None where there is none.

    {records: {task: record}; tasks: those that are asked; restarts: those that all records asked
    have; and what a message says of a cell: value, partial, seconds}. Raises UserError where a
    record answers another question or its files are not whole: they belong to one model.
    """
    records = {}
    for task in joint.n_test:
        record = stored_cells.recorded(joint.cell(task), folder)
        if record is not None:
            records[task] = record
    return _together(joint.tasks, records) if records else None


def _together(tasks, records):
    asked = [records.get(task) for task in tasks]
    if None in asked:
        return {"records": records, "tasks": tasks, "restarts": []}
    seeds = set.intersection(*({restart["seed"] for restart in record["restarts"]}
                               for record in asked))
    values = [record["value"] for record in asked]
    return {"records": records, "tasks": tasks,
            "restarts": [restart for restart in asked[0]["restarts"] if restart["seed"] in seeds],
            "value": None if None in values else sum(values) / len(values),
            "partial": any(record["partial"] for record in asked),
            "seconds": max(record["seconds"] for record in asked)}


def add(joint, folder, record, trained, made):
    """Merges newly trained restarts into the column's records; returns the new state.

    As stored_cells.add. Record None begins the column anew: all the records it had are replaced,
    since they belong to one model. A seed that some records have already and that was trained
    again, because others lack it, is replaced where its figures differ (another machine's may).
    """
    place = joint.path(folder).parent
    records = dict(record["records"]) if record else {}
    tasks = record["tasks"] if record else joint.tasks
    if not record:
        paths = {task: joint.cell(task).path(folder) for task in joint.n_test}
        tasks = tuple(task for task, path in paths.items() if task in tasks or path.exists())
        for path in paths.values():
            path.unlink(missing_ok=True)
    _write_curves(place / f"{STEM}.npz", records, trained)
    checkpoints = {}
    for task in sorted({*tasks, *records}):
        old = records.get(task)
        known = {restart["seed"]: restart for restart in old["restarts"]} if old else {}
        fresh = [results.plain(_of_task(restart, task, joint.n_test[task]))
                 for restart in trained.restarts if task in tasks or restart["seed"] in known]
        fresh = {restart["seed"]: restart for restart in fresh
                 if known.get(restart["seed"]) != restart}
        if not fresh:
            continue
        restarts = results.completed(
            [restart for _, restart in sorted((known | fresh).items())])
        selected, _, _ = results.outcome(restarts, joint.selection, joint.metric)
        seed = None if selected is None else restarts[selected]["seed"]
        if seed not in checkpoints:
            checkpoints[seed] = _checkpoint(joint, place, old, seed, trained)
        records[task] = stored_cells.write_record(
            joint.cell(task), folder, _without(old, fresh), restarts, made, "column",
            f"{STEM}.npz", checkpoints[seed])
    state = _together(tasks, records)
    tidy(joint, folder, state)
    return state


def _without(record, seeds):
    """The part of a record that is kept; None where nothing is."""
    if record is None or not seeds.keys() & {r["seed"] for r in record["restarts"]}:
        return record
    kept = [restart for restart in record["restarts"] if restart["seed"] not in seeds]
    made = [{**group, "seeds": [seed for seed in group["seeds"] if seed not in seeds]}
            for group in results.groups(record)]
    return {**record, "schema": results.SCHEMA, "restarts": kept,
            "made": results.grouped(made)} if kept else None


def _of_task(restart, task, n_test):
    """A restart of the joint model as one task's record holds it."""
    shared = {key: value for key, value in restart.items() if key != "by_task"}
    if restart["status"] == "ok":
        return {**shared, **restart["by_task"][task]}
    return {**shared, "n_test": n_test}


def _write_curves(file, records, trained):
    """Curves of all restarts that any record has, and of the newly trained."""
    fresh = {restart["seed"] for restart in trained.restarts}
    old = {restart["seed"] for record in records.values() for restart in record["restarts"]}
    stored_files.write(file, stored_cells.merged_curves(file, sorted(old - fresh), trained))


def _checkpoint(joint, place, old, seed, trained):
    """The selected restart's checkpoint: written now, or the one that the old record names."""
    if seed is None:
        return None
    for restart, weights in zip(trained.restarts, trained.weights):
        if restart["seed"] == seed:
            return stored_cells.write_checkpoint(joint.protocol, place / f"{STEM}.json", seed,
                                                 weights, trained.metadata)
    return old["checkpoint"]


def tidy(joint, folder, record):
    """Removes what interrupted runs left: temporary files, checkpoints that no record names."""
    place = Path(joint.path(folder)).parent
    left = [*place.glob(f".{STEM}.*.tmp"), *place.glob(".task-*.tmp")]
    if record:
        named = {item["checkpoint"]["file"] for item in record["records"].values()
                 if item["checkpoint"]}
        left += [file for file in place.glob(f"{STEM}.seed-*.safetensors")
                 if file.name not in named]
    for file in left:
        file.unlink(missing_ok=True)
