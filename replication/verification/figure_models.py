"""What the records of figures share: they lie apart from cells', and name the model of one.

A figure's records are those of the script of its name, with or without a mark of other data.
"""

from replication.records import named, record as results


def apart(paths, folder, script):
    """Paths of JSON files under a results folder -> (other records, those of this script)."""
    ours = [path for path in paths
            if path.relative_to(folder).parts[0].partition("@")[0] == script]
    return [path for path in paths if path not in ours], ours


def model_of(path, stated, folder, script):
    """(the record of the model, lines that say what differs) of a figure's record.

    path, stated  where the figure's record is, and what it says; script: that writes such records
    folder        the results that hold both
    Raises UserError where the model's record is not whole, KeyError where the figure's is not.
    """
    model, wrong = stated["model"], []
    place = results.record_path(folder, path.relative_to(folder).parts[0], stated["column"],
                                stated.get("task"), stated.get("row"))
    if place != path:
        wrong.append(f"it belongs at {place}")
    record = results.read(folder / model["record"])
    if record["checkpoint"] is None or record["checkpoint"]["sha256"] != model["sha256"]:
        wrong.append(f"its model is not the one that {model['record']} selects; run python -m "
                     f"replication.{script} again")
    if named.fault(folder, {"file": model["checkpoint"], "sha256": model["sha256"]}):
        wrong.append(f"{model['checkpoint']} is not the checkpoint that it names")
    if record["data"] != stated["data"]:
        wrong.append("its data is not that of its model's record")
    return record, wrong
