"""Joint training: sparse bags are the dense ones, and many records share one model."""

import json
import shutil
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from tests.helpers.fake_experiment import cell as one_task
from tests.helpers.fake_experiment import train as train_one
from tests.helpers.results_folder import contents

from replication import ask, memn2n_table1_babi_1k, verify
from replication.records import files as stored_files
from replication.training import memn2n as restarts, memn2n_batches as batches
from replication.running.run_cells import Run, run_cells
from replication.models.memn2n import Form
from replication.models.memn2n_memories import SlotBags
from replication.records.cells import Cell
from tasks import babi
from tasks.archives import BABI
from replication.training.memn2n_inputs import encode
from tasks.errors import UserError
from tests.helpers.small_babi import questions

RN_JOINT = "MemN2N PE LS RN joint"
SIMULATED = "memn2n_table1_babi_1k@simulated"
SHORT = {"epochs": 2, "linear_start_epochs": 1}


@pytest.fixture(scope="module")
def together():
    """Three tasks in one data set."""
    return encode(*({task: questions(task, split, 60) for task in (1, 3, 16)}
                    for split in ("train", "test")))


# --- the arithmetic

@pytest.mark.parametrize("form", [Form(d=6), Form(d=6, encoding="BoW"),
                                  Form(d=6, tying="layer-wise", relu=True),
                                  Form(d=6, weigh_time=False)])
def test_a_batch_has_the_gradients_that_dense_bags_of_all_sentences_give(together, form):
    g = torch.Generator().manual_seed(1)
    V = together.N + len(together.words)
    E = 0.3 * torch.randn(form.tables, 2, V, form.d, generator=g)
    H = 0.3 * torch.randn(2, form.d, form.d, generator=g) if form.layerwise else None
    model = restarts.MemN2N(form, E, H, together.N, together.J)
    rows = torch.randint(len(together.train), (1, 2, 9), generator=g)
    noise = torch.rand(1, 2, 9, 3, dtype=torch.float64, generator=g), 0.5
    taken = [kind.take(together.train, rows, *noise) for kind in (
        batches.to_train(together, form, 9, "cpu"), batches.Batches(together, form, "cpu"))]
    assert isinstance(taken[0][0][0], SlotBags) and torch.is_tensor(taken[1][0][0])
    for linear in (True, False):
        sparse, dense = (model.gradients(*(part[0] for part in batch), linear) for batch in taken)
        for a, b in zip(sparse, dense):
            assert (a is None) == (b is None)
            if a is not None:
                torch.testing.assert_close(a, b, rtol=1e-3, atol=1e-4)


def test_a_restart_is_the_same_bit_for_bit_in_any_stack(together):
    protocol = replace(memn2n_table1_babi_1k.JOINT_VARIANTS[RN_JOINT], **SHORT)
    all_of_them = restarts.train(together, protocol, 0, [0, 1, 2])
    alone = restarts.train(together, protocol, 0, [2])
    assert alone.restarts[0] == all_of_them.restarts[2]
    for name, tensor in alone.weights[0].items():
        assert torch.equal(tensor, all_of_them.weights[2][name])


def test_the_figures_of_the_tasks_make_those_of_all(together):
    protocol = replace(memn2n_table1_babi_1k.JOINT_VARIANTS[RN_JOINT], **SHORT)
    [restart] = restarts.train(together, protocol, 0, [0]).restarts
    parts = restart["by_task"].values()
    assert list(restart["by_task"]) == [1, 3, 16]
    assert sum(part["n_wrong"] for part in parts) == restart["n_wrong"] > 0
    assert sum(part["n_test"] for part in parts) == restart["n_test"] == 180
    for part in parts:
        assert part["test_error"] == pytest.approx(100 * part["n_wrong"] / part["n_test"])
    mean = sum(part["test_loss"] * part["n_test"] for part in parts) / 180
    assert mean == pytest.approx(restart["test_loss"])


def test_every_restart_validates_on_a_tenth_of_its_own():
    protocol = memn2n_table1_babi_1k.JOINT_VARIANTS[RN_JOINT]
    seen, held_out = restarts.split_rows(20000, protocol, [0, 1], task=0)
    assert seen.shape == (2, 18000) and held_out.shape == (2, 2000)
    first, second = (set(rows.tolist()) for rows in held_out)
    assert 100 < len(first & second) < 300         # a tenth of a tenth, not the same ones


# --- the files

def fake_training(seeds, device, diverging=(), fail=()):
    """As fake_experiment.train, with figures of three tasks."""
    if set(fail) & set(seeds):
        raise RuntimeError("no")
    trained = train_one(seeds, device, diverging=diverging)
    for restart in trained.restarts:
        rng = np.random.default_rng(restart["seed"])
        wrong = {task: int(n) for task, n in zip((1, 2, 3), rng.integers(0, 100, 3))}
        restart |= {"n_wrong": sum(wrong.values()), "n_test": 300, "by_task": {
            task: {"test_error": float(n), "test_loss": n / 50, "n_wrong": n, "n_test": 100}
            for task, n in wrong.items()}}
        if restart["status"] == "diverged":
            restart |= {"n_wrong": None, "by_task": None}
    return trained


def joint(tasks=(1, 2, 3), protocol=None, **training):
    data = dict(one_task().data)
    del data["n_test"]
    return Cell("fake_table", "MemN2N joint", partial(fake_training, **training), "fake",
                protocol or {"batch": 32}, data, tasks=tuple(tasks),
                n_test=dict.fromkeys((1, 2, 3), 100))


def run(folder, cell, seeds=range(10), **options):
    return run_cells([cell], Run(seeds, folder, **options), stack=4)


def records(folder):
    found = {path.stem: json.loads(path.read_text())
             for path in (folder / "fake_table" / "memn2n-joint").glob("task-*.json")}
    return {int(name[5:]): record for name, record in sorted(found.items())}


def test_one_training_gives_a_record_a_task_with_one_checkpoint(tmp_path):
    assert run(tmp_path, joint()) == 0
    made = records(tmp_path)
    assert list(made) == [1, 2, 3]
    checkpoints = {json.dumps(record["checkpoint"]) for record in made.values()}
    assert len(checkpoints) == 1 and {r["curves"] for r in made.values()} == {"joint.npz"}
    assert len(list((tmp_path / "fake_table" / "memn2n-joint").iterdir())) == 3 + 2
    trained = fake_training(range(10), "cpu").restarts
    for task, record in made.items():
        assert record["scope"] == "column" and record["data"]["n_test"] == 100
        for restart, expected in zip(record["restarts"], trained):
            assert restart["train_error"] == expected["train_error"]
            assert restart["test_error"] == expected["by_task"][task]["test_error"]
            assert "by_task" not in restart
    assert len({record["selected"] for record in made.values()}) == 1


def test_a_column_goes_on_after_any_kill_and_ends_with_the_same_files(tmp_path, monkeypatch):
    assert run(tmp_path / "whole", joint()) == 0
    expected = contents(tmp_path / "whole")
    writes = len([name for name in expected if name.endswith(".json")]) * 3
    for stop in range(writes):
        folder = tmp_path / f"stopped-{stop}"
        real, count = stored_files.write, [0]

        def killed(path, content):
            if str(path).endswith(".json") and "task" in str(path):
                if count[0] == stop:
                    raise KeyboardInterrupt
                count[0] += 1
            real(path, content)
        monkeypatch.setattr(stored_files, "write", killed)
        with pytest.raises(KeyboardInterrupt):
            run(folder, joint())
        monkeypatch.setattr(stored_files, "write", real)
        assert run(folder, joint()) == 0
        assert contents(folder) == expected


def test_tasks_choose_the_records_and_nothing_else(tmp_path):
    assert run(tmp_path / "some", joint(tasks=[2])) == 0
    assert list(records(tmp_path / "some")) == [2]
    assert run(tmp_path / "some", joint()) == 0
    assert run(tmp_path / "all", joint()) == 0
    assert contents(tmp_path / "some") == contents(tmp_path / "all")


def test_records_of_fewer_restarts_keep_the_model_they_name(tmp_path):
    assert run(tmp_path, joint(tasks=[1])) == 0
    assert run(tmp_path, joint(tasks=[2]), seeds=range(2)) == 0
    first, second = records(tmp_path).values()
    assert (len(first["restarts"]), len(second["restarts"])) == (10, 2)
    together = joint(tasks=[1, 2]).recorded(tmp_path)
    assert together.records == {1: first, 2: second} and together.seeds == [0, 1]


def elsewhere(seeds, device, **options):
    """The same training on a machine that rounds otherwise."""
    trained = fake_training(seeds, device, **options)
    for restart, weights in zip(trained.restarts, trained.weights):
        restart["train_loss"] += 1e-7
        weights["A"] += 1e-7
    return trained


def test_a_model_trained_again_elsewhere_is_that_of_all_its_records(tmp_path):
    assert run(tmp_path, joint(tasks=[1])) == 0
    assert run(tmp_path, replace(joint(), train=elsewhere)) == 0
    first, *others = records(tmp_path).values()
    for other in others:
        assert other["checkpoint"] == first["checkpoint"]
        assert ([restart["train_loss"] for restart in other["restarts"]]
                == [restart["train_loss"] for restart in first["restarts"]])
    assert len(joint().recorded(tmp_path).seeds) == 10


def best_turns(best, seeds, device, **options):
    """The same training where one seed, the best here, is the worst."""
    trained = fake_training(seeds, device, **options)
    for restart in trained.restarts:
        restart["train_error"] = 99.0 if restart["seed"] == best else restart["train_error"]
    return trained


def test_a_record_never_names_the_weights_of_another_restart(tmp_path, capsys):
    """Fewer restarts that come out otherwise, so that one is selected whose weights are gone."""
    assert run(tmp_path, joint(tasks=[1])) == 0
    first = records(tmp_path)[1]
    best = first["restarts"][first["selected"]]["seed"]
    few = range(best + 1)
    turned = replace(joint(tasks=[1, 2]), train=partial(best_turns, best))
    before = contents(tmp_path)
    assert run(tmp_path, turned, seeds=few) == 1
    assert "which is selected now, were not kept" in capsys.readouterr().err
    assert contents(tmp_path) == before
    for record in records(tmp_path).values():
        assert f"seed-{record['restarts'][record['selected']]['seed']}." in (
            record["checkpoint"]["file"])


def test_a_kill_between_the_weights_and_the_records_is_mended_by_the_next_run(
        tmp_path, monkeypatch):
    """Of a model that comes out otherwise the file has another name while the old one is named."""
    assert run(tmp_path, joint(tasks=[1])) == 0
    write = stored_files.write

    def killed(path, content):
        if path.suffix == ".json" and path.name.startswith("task-"):
            raise KeyboardInterrupt
        write(path, content)
    with monkeypatch.context() as patch:
        patch.setattr(stored_files, "write", killed)
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path, replace(joint(), train=elsewhere))
    assert run(tmp_path, replace(joint(), train=elsewhere)) == 0
    assert len(joint().recorded(tmp_path).seeds) == 10


def test_force_on_one_task_makes_the_whole_column_again(tmp_path):
    assert run(tmp_path, joint()) == 0
    whole = contents(tmp_path)
    (tmp_path / "fake_table" / "memn2n-joint" / "task-02.json").write_text("{")
    with pytest.raises(UserError, match="task-02.json: not a whole record"):
        run(tmp_path, joint(tasks=[2]))
    assert run(tmp_path, joint(tasks=[2]), force=True) == 0
    assert contents(tmp_path) == whole


def test_a_diverged_model_is_diverged_on_every_task(tmp_path):
    assert run(tmp_path, joint(diverging=(1,)), seeds=range(3)) == 0
    for record in records(tmp_path).values():
        lost = record["restarts"][1]
        assert (lost["status"], lost["test_error"], lost["n_test"]) == ("diverged", None, 100)


def test_a_column_of_another_protocol_is_refused_whole(tmp_path):
    assert run(tmp_path, joint(tasks=[3])) == 0
    with pytest.raises(UserError, match="another run"):
        run(tmp_path, joint(tasks=[1], protocol={"batch": 16}))
    assert run(tmp_path, joint(tasks=[1], protocol={"batch": 16}), force=True) == 0
    assert [record["protocol"]["batch"] for record in records(tmp_path).values()] == [16, 16]


# --- asked and verified

@pytest.fixture(scope="module")
def trained(tmp_path_factory, small_babi_all):
    """Results of joint training on 20 small tasks, two restarts of the full protocol."""
    folder = tmp_path_factory.mktemp("joint") / "results"
    assert memn2n_table1_babi_1k.main([
        "--data", str(small_babi_all), "--results", str(folder), "--columns", "PE LS RN joint",
        "--device", "cpu", "--restarts", "2"]) == 0
    return folder


def test_a_joint_model_answers_as_its_records_say(trained, small_babi_all):
    checkpoint, [introduction] = ask.stored_joint(trained, RN_JOINT, SIMULATED)
    values = []
    for task in babi.TASK_NAMES:
        [path] = trained.glob(f"*/*/task-{task:02d}.json")
        record = json.loads(path.read_text())
        story, wrong, asked = ask.Story(checkpoint), 0, 0
        file = small_babi_all / BABI / "en" / babi.file_name(task, "test")
        for line in file.read_text().splitlines():
            reply = story.take(line)
            if reply:
                asked += 1
                wrong += reply.answer != reply.expected
        chosen = record["restarts"][record["selected"]]
        assert (wrong, asked) == (chosen["n_wrong"], chosen["n_test"])
        values.append(record["value"])
    assert f"{np.mean(values):.1f}% of the test questions" in introduction


def test_a_joint_model_is_asked_only_where_all_its_records_are(trained, tmp_path):
    shutil.copytree(trained, tmp_path / "some")
    next(tmp_path.glob("some/*/*/task-07.json")).unlink()
    with pytest.raises(UserError, match="task-07.json: no such record"):
        ask.stored_joint(tmp_path / "some", RN_JOINT, SIMULATED)


def test_records_of_different_models_are_not_asked(trained, tmp_path):
    shutil.copytree(trained, tmp_path / "some")
    [path] = tmp_path.glob("some/*/*/task-07.json")
    record = json.loads(path.read_text())
    record["checkpoint"]["sha256"] = "0" * 64
    path.write_text(json.dumps(record))
    with pytest.raises(UserError, match="task-07.json: names another model than task-01.json"):
        ask.stored_joint(tmp_path / "some", RN_JOINT, SIMULATED)


def test_verify_evaluates_the_model_on_every_task(trained, small_babi_all, tmp_path):
    report = verify.verify(trained, [small_babi_all])
    assert not report.differences and not report.unchecked
    assert any(line.startswith("checkpoints: 20 of 20") for line in report.done)

    shutil.copytree(trained, tmp_path / "spoiled")
    [path] = tmp_path.glob("spoiled/*/*/task-05.json")
    record = json.loads(path.read_text())
    chosen = record["restarts"][record["selected"]]
    chosen["n_wrong"] += 1
    chosen["test_error"] = 100 * chosen["n_wrong"] / chosen["n_test"]
    record["value"] = chosen["test_error"]
    path.write_text(json.dumps(record))
    report = verify.verify(tmp_path / "spoiled", [small_babi_all])
    assert any("task-05.json: test: " in line for line in report.differences)
    assert any(line.startswith("checkpoints: 19 of 20") for line in report.done)
