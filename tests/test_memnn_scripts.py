"""Every experiment on the simulated world runs from its command line, and writes whole records."""

import importlib
from dataclasses import asdict, replace

import pytest

from paper_tables import sections, world_variants
from replication import run_all
from replication.records import provenance, record as results
from replication.records.provenance import module_of
from replication.running import command_line, world_table
from replication.verification import record_checks

CELLS = {"memnn_table3_simulated_world": 25, "memnn_table4_learning_curve": 16,
         "memnn_table5_sentence_level": 16, "memnn_figure3_unseen_words": 4,
         "memnn_memory_management": 4}


@pytest.mark.parametrize("script", CELLS)
def test_smoke(script, tmp_path):
    module = importlib.import_module(module_of(script))
    arguments = ["--smoke", "--restarts", "1", "--results", str(tmp_path)]
    assert command_line.run(module.main, arguments) == 0
    records = [results.read(path) for path in tmp_path.rglob("*.json")]
    assert len(records) == CELLS[script]
    for record in records:
        assert record["experiment"] == script
        assert record["metric"] == "test accuracy %" and record["selection"] == "mean over seeds"
        assert 0 <= record["value"] <= 100
        assert record["data"]["source"] == "simulated"
        if record["row"] in world_table.WRITERS:
            assert record["protocol"]["tuning"]["grid"]
        else:
            assert record["protocol"]["margin"] == 0.1


def test_there_are_no_official_files(tmp_path, capsys):
    from replication import memnn_table5_sentence_level as script
    arguments = ["--source", "official", "--results", str(tmp_path)]
    assert command_line.run(script.main, arguments) == 2
    assert "unrecognized arguments: --source official" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_every_variant_is_one_change_of_what_was_chosen(tmp_path):
    """Of the rows that no other choice has, and each is a cell with a place of its own."""
    from replication.ablations import memnn_world_variants as script
    cells = script.memnn_cells(script.COLUMNS, small=False)
    assert len({one.path(tmp_path) for one in cells}) == len(cells)
    chosen = {(one.row.partition(": ")[0], one.column): one.protocol for one in cells
              if one.row.endswith(": as chosen")}
    others = [one for one in cells if not one.row.endswith(": as chosen")]
    assert len(others) > 50
    for one in others:
        differences = results.differences(
            results.plain(one.protocol),
            results.plain(chosen[one.row.partition(": ")[0], one.column]), "")
        # An index in the place of the time features is one choice in two settings.
        assert len(differences) == 1 + ("absolute index" in one.row), one.name
    tables = {(one.row, one.column): one.protocol for one in cells}
    from replication import memnn_table3_simulated_world as table3
    for row, protocol in table3.ROWS.items():
        world = world_table.column_world(script.HARD, protocol.world)
        assert tables[f"{row}: as chosen", script.HARD] == asdict(replace(protocol, world=world))


def test_every_variant_of_table_6_stands_beside_its_cell(tmp_path):
    from replication.ablations import memnn_world_variants as script
    cells = script.writer_cells(script.COLUMNS, small=False)
    assert len({one.path(tmp_path) for one in cells}) == len(cells)
    assert script.writer_cells(["difficulty 5 / actor"], small=False) == []
    chosen = [one.protocol for one in cells if one.row.endswith(": as chosen")]
    assert chosen == [
        world_table.writer_cell(("", column, row), row,
                                world_table.writer_protocol(column, row)).protocol
        for column in (world_table.MEMORY, world_table.WORDS) for row in world_table.WRITERS]
    others = [one.protocol for one in cells if not one.row.endswith(": as chosen")]
    sigmoid, = (one for one in others if one["response"] == "sigmoid RNN"
                and one["writer"]["rate"] == 0.01)
    chosen.append({**sigmoid, "response": "RNN"})
    assert chosen[-1] in chosen[:-1]
    assert all(protocol not in chosen for protocol in others)


def test_the_variants_are_run_on_seeds_that_no_table_uses():
    commands = run_all.commands_of("memnn_world_variants", "full", 1)
    assert [command[-4:] for command in commands] == [["--seed", "1000", "--restarts", "2"]]


def test_smoke_of_the_variants(tmp_path):
    from replication.ablations import memnn_world_variants as script
    arguments = ["--smoke", "--results", str(tmp_path), "--columns",
                 "difficulty 1 / actor without before", "difficulty 5 / actor without before"]
    assert command_line.run(script.main, arguments) == 0
    records = [results.read(path) for path in tmp_path.rglob("*.json")]
    assert {record["row"].partition(":")[0] for record in records} == {
        "MemNN k=1", "RNN", "RNN, statements apart", "RNN of sigmoid units",
        "RNN of sigmoid units, statements apart"}
    page = sections.files(world_variants.pages(tmp_path))[f"{script.EXPERIMENT}.md"]
    for record in records:
        name, _, variant = record["row"].partition(": ")
        assert f"## {name}" in page and f"| {variant} " in page
    order = ["| as chosen", "| stories of 5 ", "| stories of 10 "]
    assert sorted(order, key=page.index) == order


@pytest.mark.parametrize("name", ["memnn_table3_simulated_world", "memnn_table4_learning_curve",
                                  "memnn_table5_sentence_level", "memnn_table6_sentence_answers",
                                  "memnn_world_variants"])
def test_verify_holds_every_committed_record_to_its_scripts_protocol(name):
    """And sees one of another: a single number of a world changed."""
    paths = sorted((provenance.ROOT / "results" / "reference" / name).glob("*/*.json"))
    for path in paths:
        record = results.read(path)
        assert (record["row"], record["column"]) in record_checks.variants_of(name)
        assert record_checks.problems_of_protocol(record) == []
    record["protocol"]["world"]["difficulty"] += 1
    assert "world.difficulty" in record_checks.problems_of_protocol(record)[0]

