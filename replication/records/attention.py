"""Records of attention (End-To-End Memory Networks, Figures 2 and 4): what a whole one holds.

They are no cells of a table: they have no restarts, and name the record of their model.
"""

SCHEMA = 1
COLUMN = "MemN2N PE LS RN"      # whose models are looked at


def problem_of(record, experiment):
    """What is wrong with a record of attention, in words, or None."""
    if (record["schema"], record["experiment"], record["column"]) != (SCHEMA, experiment, COLUMN):
        return "its schema, experiment or column is not what its place says"
    example, test_set = record["example"], record["test_set"]
    hops = len(example["empty"])
    for k in range(hops):
        total = example["empty"][k] + sum(s["attention"][k] for s in example["statements"]
                                          if s["attention"] is not None)
        if abs(total - 1) > 1e-4:
            return f"the attention of hop {k + 1} sums to {total:.4f}"
    shares = [test_set["uniform"], test_set["every"], *test_set["share"],
              *(fact["any"] for fact in test_set["largest"])]
    if len(test_set["share"]) != hops or not all(0 <= share <= 1 for share in shares):
        return "its shares are not between 0 and 1, one a hop"
    return None
