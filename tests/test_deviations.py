"""The table of choices: its figures from records whose errors are known."""

from paper_tables import deviations
from tests import fake_records


def write(folder, column, task, errors):
    entries = [{"seed": seed, "status": "ok", "train_error": 0.0, "train_loss": seed / 100,
                "online_train_error": 0.0, "test_error": error, "n_wrong": round(10 * error),
                "n_test": 1000} for seed, error in enumerate(errors)]
    content = fake_records.record(column, task, entries) | {"experiment": folder.name}
    fake_records.write(folder, content)


VARIANTS = ("encoding as printed", "time word not weighed")


def test_differences_and_the_tasks_that_move(tmp_path):
    for task in range(1, 21):
        base = [10.0, 12.0] * 5
        write(tmp_path / deviations.BASE_SCRIPT, deviations.BASE, task, base + [99.0] * 3)
        for variant in VARIANTS:
            worse = variant == "encoding as printed" and task == 7
            write(tmp_path / deviations.SCRIPT, variant, task, [e + 20 * worse for e in base])
    write(tmp_path / deviations.SCRIPT, "begun", 1, [1.0] * 10)
    files = deviations.build(tmp_path)
    lines = files["memn2n_deviations.csv"].splitlines()
    assert lines[1] == "the released code's,10,10.0,11.0,–,–,–"
    assert lines[2] == "encoding as printed,10,11.0,12.0,+1.00,0.11,7 (+20.0)"
    assert lines[3] == "time word not weighed,10,10.0,11.0,+0.00,0.11,none"
    assert len(lines) == 4  # and not the variant that lacks tasks


def test_no_table_while_a_record_is_missing(tmp_path):
    write(tmp_path / deviations.BASE_SCRIPT, deviations.BASE, 1, [1.0] * 10)
    assert deviations.build(tmp_path) == {}
