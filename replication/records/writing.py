"""The writer of a cell's files: checkpoint and curves first, its records last.

A kill at any moment thus leaves the last whole record with the files it names, or none. Of a model
of several tasks, a kill between two records leaves some with other restarts than the rest; the
next run trains these again for all.
"""

import hashlib
from functools import cache

from replication.records import files as stored_files, record as results
from replication.records.cells import Recorded
from tasks.errors import UserError


def add(cell, folder, before, trained, origin):
    """Merges newly trained restarts into the cell's files; returns its Recorded.

    before   what `cell.recorded` gave or an earlier `add` returned; None begins the cell anew: all
             records it had are replaced, since they belong to one model
    trained  results.Trained. A seed that some records have already, and that was trained again
             because others lack it, is replaced where its figures differ (another machine's may)
    origin   how these were made: {code, environment, started, seconds, peak_memory_mb}, the
             environment as measured where they were trained

    Raises ValueError, and writes nothing, where the restarts make no whole record.
    """
    place, parts = cell.path(folder).parent, cell.parts
    paths = {task: part.path(folder) for task, part in parts.items()}
    old = before.records if before else {}
    tasks = before.tasks if before else tuple(
        task for task, path in paths.items() if task in cell.wanted or path.exists())
    curves = f"{cell.stem}.npz"
    contents = {curves: _curves(place / curves, old, trained)}
    taken = {record["checkpoint"]["file"]: record["checkpoint"]["sha256"]
             for record in old.values() if record["checkpoint"]}

    @cache      # many records of one model name the same weights
    def stored(seed):
        name, content = _weights(cell, seed, trained, taken)
        contents[name] = content
        return {"file": name, "sha256": hashlib.sha256(content).hexdigest()}

    new = {}
    for task in paths:
        fresh = _fresh(cell, task, old.get(task), trained, task in tasks)
        if fresh:
            others = _without(old.get(task), {restart["seed"] for restart in fresh})
            restarts = results.completed(sorted((others["restarts"] if others else []) + fresh,
                                                key=lambda restart: restart["seed"]))
            files = {"scope": "column" if cell.n_test else "cell", "curves": curves,
                     "checkpoint": _checkpoint(cell, restarts, old.get(task), trained, stored)}
            new[task] = _record(parts[task], others, restarts, origin, files)
    if not before:
        for path in paths.values():
            path.unlink(missing_ok=True)  # its curves and checkpoint are about to be replaced
    for name in sorted(contents, key=lambda name: name == curves):      # the curves last
        stored_files.write(place / name, contents[name])
    for task, record in new.items():
        stored_files.write(paths[task], results.to_text(record).encode())
    recorded = Recorded(old | new, tasks)
    tidy(cell, folder, recorded)
    return recorded


def tidy(cell, folder, recorded):
    """Removes what interrupted runs left: temporary files, checkpoints that no record names."""
    place = cell.path(folder).parent
    stems = {cell.stem, *(part.path(folder).stem for part in cell.parts.values())}
    leftovers = [file for one in stems for file in place.glob(f".{one}.*.tmp")]
    if recorded:
        checkpoints = {record["checkpoint"]["file"] for record in recorded.records.values()
                 if record["checkpoint"]}
        leftovers += [file for file in place.glob(f"{cell.stem}.seed-*.safetensors")
                 if file.name not in checkpoints]
    for file in leftovers:
        file.unlink(missing_ok=True)


def _fresh(cell, task, old, trained, everything):
    """The newly trained restarts that a task's record lacks, or has with other figures."""
    before = {restart["seed"]: restart for restart in old["restarts"]} if old else {}
    restarts = [results.plain(_of_task(cell, restart, task)) for restart in trained.restarts
                if everything or restart["seed"] in before]
    return [restart for restart in restarts if before.get(restart["seed"]) != restart]


def _of_task(cell, restart, task):
    """A restart as one task's record holds it."""
    if not cell.n_test:
        return restart
    shared = {key: value for key, value in restart.items() if key != "by_task"}
    if restart["status"] == "ok":
        return {**shared, **restart["by_task"][task]}
    return {**shared, "n_test": cell.n_test[task]}


def _without(record, seeds):
    """The part of a record that is kept where these seeds are replaced; None where nothing is."""
    if record is None or not seeds & {restart["seed"] for restart in record["restarts"]}:
        return record
    others = [restart for restart in record["restarts"] if restart["seed"] not in seeds]
    parts = [{**group, "seeds": [seed for seed in group["seeds"] if seed not in seeds]}
            for group in results.groups(record)]
    return {**record, "schema": results.SCHEMA, "restarts": others,
            "made": results.grouped(parts)} if others else None


def _checkpoint(cell, restarts, old, trained, stored):
    """The selected restart's {file, sha256}; None where none is selected.

    stored: seed -> that of a newly trained one. UserError where the selected one's weights are not
    there.
    """
    selected, _, _ = results.outcome(restarts, cell.selection, cell.metric)
    if selected is None:
        return None
    seed = restarts[selected]["seed"]
    if seed not in {restart["seed"] for restart in trained.restarts}:
        if old["restarts"][old["selected"]]["seed"] != seed:
            raise UserError(f"the weights of seed {seed}, which is selected now, were not kept; give "
                            "--force to train all anew")
        return old["checkpoint"]
    return stored(seed)


def _weights(cell, seed, trained, taken):
    """(Name, bytes) of the file of a newly trained restart's weights.

    It is named by its seed, so that the one that an old record names stays until the new record is
    there; and by some digits of its content too where an old record has that name for another:
    taken, {name: SHA-256}.
    """
    weights = {restart["seed"]: one for restart, one in zip(trained.restarts, trained.weights)}
    metadata = {**trained.metadata, "seed": str(seed), "protocol": results.one_line(cell.protocol)}
    content = stored_files.checkpoint_to_bytes(weights[seed], metadata)
    digest, name = hashlib.sha256(content).hexdigest(), f"{cell.stem}.seed-{seed}.safetensors"
    if taken.get(name, digest) != digest:
        name = f"{cell.stem}.seed-{seed}.{digest[:8]}.safetensors"
    return name, content


def _record(cell, others, restarts, origin, files):
    """A whole record. others: what stays of the one it takes the place of (`_without`), or None."""
    selected, value, partial = results.outcome(restarts, cell.selection, cell.metric)
    seeds = [restart["seed"] for restart in restarts]
    record = {"schema": results.SCHEMA, **cell.question(), "selected": selected, "value": value,
              "partial": partial, "restarts": restarts, **_provenance(others, seeds, origin),
              **files}
    record = results.plain({key: record[key] for key in results.KEYS})
    problem = results.problem_of(record)
    if problem:
        raise ValueError(f"the trained restarts make no whole record: {problem}")
    return record


def _curves(file, records, trained):
    """The .npz, as bytes, of all restarts that any record has and of the newly trained, by seed."""
    curves = dict(trained.curves)
    seeds = [restart["seed"] for restart in trained.restarts]
    stored = sorted({restart["seed"] for record in records.values()
                     for restart in record["restarts"]} - set(seeds))
    if stored:
        before = stored_files.read_curves(file, stored)
        if set(before) != set(curves):
            raise ValueError(f"{file}: has the curves {sorted(before)}, the new restarts "
                             f"{sorted(curves)}")
        curves = {name: stored_files.stacked(before[name], curves[name]) for name in curves}
        seeds = stored + seeds
    order = sorted(range(len(seeds)), key=seeds.__getitem__)
    return stored_files.curves_to_bytes([seeds[i] for i in order],
                                        {name: curves[name][order] for name in curves})


def _provenance(others, seeds, origin):
    """What all restarts were made with, in groups, and what they cost together.

    origin  of the seeds that `others` lacks
    """
    cost = dict(origin)
    part = {"code": cost.pop("code"), "environment": cost.pop("environment")}
    groups = results.groups(others) if others else []
    before = {seed for group in groups for seed in group["seeds"]}
    cost["made"] = results.grouped(
        [*groups, {**part, "seeds": [seed for seed in seeds if seed not in before]}])
    if others is None:
        return cost
    return {**cost, "started": min(others["started"], cost["started"]),
            "seconds": others["seconds"] + cost["seconds"],
            "peak_memory_mb": max(others["peak_memory_mb"], cost["peak_memory_mb"])}
