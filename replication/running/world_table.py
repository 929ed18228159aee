"""A table on MemNN's simulated world as cells; every restart draws its world from its own seed."""

from dataclasses import asdict, replace
from functools import partial

from replication.records.cells import Cell
from replication.running.run_cells import run_cells
from replication.training import protocols
from replication.training.babi_task import held_out
from replication.training.protocols import (WRITERS_OF_WORDS, MemNN, SentenceAnswers, WorldRNN,
                                            Writer)
from tasks import simulated_world
from tasks.simulated_world import World

RECURRENT = {True: ("RNN", "LSTM"), False: ("RNN",)}    # {word sequences: rows}: Table 5 has no LSTM
WRITERS = ("RNN", "LSTM")                               # the rows of Table 6, and its columns:
MEMORY, WORDS = "MemNN, I G O features [x, mo1, mo2]", "word features"
SMALL = {"statements": 40, "questions": 12}             # a world of --smoke


def cell(column, row, trainer, protocol, **more):
    """One cell; its number is a test accuracy in %, the mean over seeds.

    trainer   the name of `train`'s golden figures
    protocol  every setting of the run, {name: value}
    more      experiment, train and data as a Cell's; n_train, n_valid and n_test in `data`
    """
    data = {"source": "simulated", "files": {}, "generator": "simulated_world",
            "generator_version": simulated_world.VERSION, "seed": "each restart's own",
            **more.pop("data")}
    return Cell(column=column, row=row, trainer=trainer, protocol=protocol, data=data,
                metric="test accuracy %", selection="mean over seeds", device="cpu", **more)


def counts(n_train, n_test, n_valid=0):
    """Questions of a restart's training stream and of its test, as a record's data names them."""
    return {"n_train": n_train, "n_valid": n_valid, "n_test": n_test}


def memnn_cell(experiment, column, row, protocol):
    """A MemNN's cell. protocol: protocols.MemNN."""
    from replication.training.memnn_world import train_cell  # here: --help need not load torch
    world = protocol.world
    return cell(column, row, "memnn_world", asdict(protocol), experiment=experiment,
                train=partial(train_cell, protocol=protocol),
                data=counts(protocol.questions or world.questions, world.questions))


def memnn_cells(experiment, columns, rows, small):
    """The cells of a table with these columns and {row: protocols.MemNN}."""
    cells = []
    for row, protocol in rows.items():
        for column in columns:
            one = replace(protocol, world=column_world(column, protocol.world))
            cells.append(memnn_cell(experiment, column, row, smoke(one) if small else one))
    return cells


def recurrent_cells(experiment, columns, joined, small):
    """The baselines' rows of Table 3 (joined: word sequences) or Table 5, as tuned."""
    cells = []
    for row in RECURRENT[joined]:
        for column in columns:
            world = column_world(column, World())
            if small:
                world = replace(world, **SMALL)
                protocol = WorldRNN(joined=joined, size=10, epochs=1)
            else:
                protocol = protocols.tuned(row, world, joined)
            more = {"tuning": protocols.TUNING}
            cells.append(recurrent_cell((experiment, column, row), row, world, protocol, more))
    return cells


def recurrent_cell(place, kind, world, protocol, more):
    """One cell of a baseline.

    place     (experiment, column, row)
    kind      of models.recurrent.KINDS
    protocol  protocols.WorldRNN; more: what else its record says of it, {name: value}
    """
    from replication.training.recurrent_world import train_baseline
    experiment, column, row = place
    n_valid = held_out(world.questions, protocol.validation_share)
    settings = {"model": kind, "world": asdict(world), **asdict(protocol), **more}
    return cell(column, row, "recurrent_world", settings, experiment=experiment,
                train=partial(train_baseline, kind, world, protocol),
                data=counts(world.questions - n_valid, world.questions, n_valid))


def writer_protocol(column, kind, small=False):
    """The protocols.SentenceAnswers of a cell of Table 6; the MemNN is Table 3's k = 2 (+time).

    kind  of models.recurrent.KINDS: what writes
    """
    protocol = SentenceAnswers()
    if small:
        protocol = SentenceAnswers(world=replace(protocol.world, **SMALL),
                                   writer=Writer(size=10, epochs=1))
    if column == WORDS:
        writer = Writer(size=10, epochs=1, window=60) if small else WRITERS_OF_WORDS[kind]
        return replace(protocol, writer=writer)
    memory = MemNN(world=protocol.world)
    return replace(protocol, memory=replace(memory, size=10, epochs=1) if small else memory)


def writer_cell(place, kind, protocol):
    """A cell of sentence answers.

    place  (experiment, column, row); kind, protocol as of `writer_protocol`
    """
    from replication.training.sentence_answers import train_writers
    experiment, column, row = place
    n = protocol.world.questions
    n_valid = held_out(n, protocol.writer.validation_share)
    return cell(column, row, "sentence_answers", {"response": kind, **asdict(protocol)},
                experiment=experiment, train=partial(train_writers, kind, protocol),
                data=counts(n - n_valid, n, n_valid))


def protocols_of(cells):
    """{(row, column): the protocol of its record} of cells."""
    return {(one.row, one.column): one.protocol for one in cells}


def run(cells, options, **more):
    """Completes the cells' records; returns the exit status."""
    return run_cells(cells, options.run, **more)


def column_world(column, world):
    """The world of a column: "difficulty 5 / actor + object"."""
    difficulty, kind = column.removeprefix("difficulty ").split(" / ")
    return replace(world, difficulty=int(difficulty), kind=kind)


def smoke(protocol):
    """A MemNN's protocol with almost nothing to learn from: to see that everything runs."""
    return replace(protocol, world=replace(protocol.world, **SMALL), epochs=1, draws=20,
                   questions=protocol.questions and SMALL["questions"] // 2)
