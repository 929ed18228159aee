"""The shared command line: what is asked, what is refused, and the exit status."""

import errno
import os
import signal
import subprocess
import sys

import pytest

from replication.running import command_line
from replication.running.command_line import Table
from tasks.errors import UserError

COLUMNS = ["MemN2N BoW", "MemN2N PE", "MemN2N PE LS", "MemN2N PE LS RN"]
DOCSTRING = """Table 1 of End-To-End Memory Networks.

A cell is the test error of the best of 10 restarts.
"""


def parse(*argv, **changes):
    table = Table(**{"columns": COLUMNS, "tasks": range(1, 21), "prefix": "MemN2N"} | changes)
    return command_line.parse(DOCSTRING, table, ["--device", "cpu", *argv])


def refused(*argv, **changes):
    with pytest.raises(UserError) as caught:
        parse(*argv, **changes)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_defaults():
    options = parse()
    assert options.columns == COLUMNS and options.tasks == list(range(1, 21))
    assert options.run.seeds == list(range(10)) and options.run.jobs == 1
    assert str(options.run.results) == os.path.join("results", "local")
    assert (options.data, options.source, options.folder) == (None, "auto", "en")
    assert not options.run.force and not options.smoke


def test_names_are_case_blind_without_prefix_and_in_the_tables_order():
    options = parse("--columns", "pe  ls rn", "MEMN2N BOW", "PE LS RN", "--tasks", "7", "2", "7")
    assert options.columns == ["MemN2N BoW", "MemN2N PE LS RN"] and options.tasks == [2, 7]


def test_a_flag_given_twice_adds():
    options = parse("--columns", "PE", "--tasks", "7", "--columns", "BoW", "--tasks", "2")
    assert options.columns == ["MemN2N BoW", "MemN2N PE"] and options.tasks == [2, 7]


def test_a_full_name_wins_over_a_name_without_its_prefix():
    for columns in (["LSTM", "MemN2N LSTM"], ["MemN2N LSTM", "LSTM"]):
        assert command_line.chosen_columns(["lstm"], columns, "MemN2N") == ["LSTM"]


def test_seeds_start_where_asked():
    assert parse("--restarts", "3", "--seed", "8").run.seeds == [8, 9, 10]


def test_unknown_columns_and_tasks_list_the_valid_ones():
    assert refused("--columns", "PE XX") == (
        "--columns: no column 'PE XX'; the columns are " + ", ".join(COLUMNS))
    assert refused("--tasks", "1", "21") == "--tasks: no task '21'; the tasks are 1 to 20"
    assert refused("--tasks", "2", tasks=[1, 3, 16]) == (
        "--tasks: no task '2'; the tasks are 1, 3, 16")


@pytest.mark.parametrize("argv", [
    ("--restarts", "0"), ("--restarts", "-3"), ("--restarts", "ten"), ("--restarts", "1.5"),
    ("--jobs", "0"), ("--jobs", ""), ("--seed", "-1"), ("--seed", "4294967296"), ("--seed", "x"), ("--folder", "fr"),
    ("--source", "web"), ("--device", "tpu"), ("--restart", "3"), ("--columns",), ("stray",)])
def test_bad_arguments_are_one_line_that_names_them(argv):
    assert argv[0] in refused(*argv)


def test_flags_that_do_not_apply_are_not_there():
    assert "--tasks" in refused("--tasks", "1", tasks=())
    assert "--folder" in refused("--folder", "en", folders=())
    options = parse(tasks=(), folders=())
    assert options.tasks == [] and options.folder == ""


def test_help_says_the_table_and_what_a_cell_means(capsys):
    with pytest.raises(SystemExit) as caught:
        parse("--help")
    shown = capsys.readouterr().out
    assert caught.value.code == 0
    assert "Table 1 of End-To-End" in shown and "A cell is the test error" in shown
    for flag in ("data", "source", "folder", "results", "columns", "tasks", "restarts", "seed",
                 "jobs", "device", "smoke", "force"):
        assert f"--{flag}" in shown
    assert "MemN2N PE LS RN" in " ".join(shown.split()) and "1 to 20" in shown


def test_smoke_goes_to_a_temporary_folder_unless_results_is_given(tmp_path):
    folder = parse("--smoke").run.results
    assert folder.is_dir() and "results" not in folder.parts
    folder.rmdir()
    assert parse("--smoke", "--results", str(tmp_path)).run.results == tmp_path


def test_the_device(monkeypatch):
    import torch
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert command_line.chosen_device("auto") == "cpu"
    with pytest.raises(UserError, match="--device cuda: torch finds no CUDA device"):
        command_line.chosen_device("cuda")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert command_line.chosen_device("auto") == command_line.chosen_device("cuda") == "cuda"
    assert command_line.chosen_device("cpu") == "cpu"


@pytest.mark.parametrize("gpu, asked, taken", [
    (False, "auto", "cpu"), (False, "cuda", "cuda"), (True, "auto", "cuda"), (True, "cpu", "cpu")])
def test_auto_takes_a_gpu_for_large_models_alone(monkeypatch, gpu, asked, taken):
    import torch
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert parse("--device", asked, gpu=gpu).run.device == taken


# --- exit status

def raising(error):
    def main(argv):
        raise error
    return main


@pytest.mark.parametrize("error, status, said", [
    (UserError("no such column"), 2, "no such column"),
    (KeyboardInterrupt(), 130, "interrupted"),
    (OSError(errno.ENOSPC, "full", "task-07.json"), 1, "task-07.json: No space left on device"),
    (OSError(errno.EACCES, "no", "task-07.json"), 1, "task-07.json: Permission denied"),
])
def test_what_stops_a_run_is_one_line_and_a_status(capsys, error, status, said):
    assert command_line.run(raising(error)) == status
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and said in err


def test_a_defect_is_not_hidden():
    with pytest.raises(ZeroDivisionError):
        command_line.run(raising(ZeroDivisionError()))
    with pytest.raises(FileNotFoundError):
        command_line.run(raising(FileNotFoundError(errno.ENOENT, "gone", "file")))


def test_the_status_of_main_is_handed_on():
    assert command_line.run(lambda argv: argv, 3) == 3
    assert command_line.run(lambda argv: None) == 0


def test_a_termination_signal_ends_the_run_in_order(capsys):
    before = signal.getsignal(signal.SIGTERM)
    ended = []

    def main(argv):
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            signal.pause()
        finally:
            ended.append(True)
    assert command_line.run(main) == 143
    assert ended and "terminated" in capsys.readouterr().err
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.parametrize("module", ["replication.ablations.keras_babi_memnn",
                                    "replication.benchmark"])
def test_the_usage_is_a_command_that_can_be_typed(module):
    done = subprocess.run([sys.executable, "-m", module, "--help"], capture_output=True, text=True,
                          cwd=os.path.dirname(os.path.dirname(__file__)))
    assert done.returncode == 0 and done.stdout.startswith(f"usage: python -m {module} ")


SCRIPT = """
import sys
from replication.running import command_line
from tasks.errors import UserError

def main(argv):
    options = command_line.parse("A table.", command_line.Table(["PE"]), argv)
    return 0

sys.exit(command_line.run(main, sys.argv[1:]))
"""


def test_as_a_process_a_mistake_is_status_2_without_traceback():
    done = subprocess.run([sys.executable, "-c", SCRIPT, "--columns", "XX"], capture_output=True,
                          text=True, cwd=os.path.dirname(os.path.dirname(__file__)))
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr == "--columns: no column 'XX'; the columns are PE\n"
