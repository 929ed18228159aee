"""What the open choices of Memory Networks' simulated world do, one at a time (ours).

Rows of Tables 3 to 6 of arXiv:1410.3916 with one setting of their protocol changed, or the few
that a row names, on seeds of development. Which choice each is: replication/DEVIATIONS.md.
A cell is a test accuracy in %, mean over seeds.

    python -m replication.ablations.memnn_world_variants --seed 1000 --restarts 2 --jobs 2
"""

import sys
from dataclasses import replace

from replication.running import command_line, world_table
from replication.running.command_line import Table
from replication.running.world_table import MEMORY, WORDS, WRITERS
from replication.training.protocols import MemNN, WorldRNN

EXPERIMENT = "memnn_world_variants"
CHOSEN = {"as chosen": {}}
HARD = "difficulty 5 / actor + object"
# The columns of Tables 3, 4 and 5.
TABLE3 = ("difficulty 1 / actor without before", "difficulty 1 / actor",
          "difficulty 1 / actor + object", "difficulty 5 / actor", HARD)
TABLE4 = TABLE3[1:]
TABLE5 = tuple(f"difficulty {difficulty} / actor without before{more}"
               for difficulty in (1, 5) for more in ("", " + object"))
# Section 5.2 expects an RNN to get worse with larger distances, and tries none beyond 5.
DISTANCES = tuple(f"difficulty {difficulty} / actor" for difficulty in (5, 10, 20))
COLUMNS = tuple(dict.fromkeys((*TABLE3, *TABLE5, *DISTANCES)))

STORIES = {f"stories of {length} statements": {"world": {"story_length": length}}
           for length in (5, 10, 20, 50)}
WORLDS = {
    "questions at random places": {"world": {"question_schedule": "random"}},
    "before in 25% of actor questions": {"world": {"before_share": 0.25}},
    "before in 75% of actor questions": {"world": {"before_share": 0.75}},
    "there after no get or drop": {"world": {"there_share": 0.0}},
    "there after 60% of get and drop": {"world": {"there_share": 0.6}},
    "an actor drawn, then its command": {"world": {"action_choice": "actor"}},
    "all instances of actions alike": {"world": {"action_choice": "instance"}},
}
PHRASES = {"one joining phrase": {"world": {"joining_phrases": 1}},
           "three joining phrases": {"world": {"joining_phrases": 3}}}
MODELS = {
    "memory of the last 100 statements": {"memory_size": 100},
    "memory of the last 1000 statements": {"memory_size": 1000},
    "R with sampled negatives": {"response_negatives": "sampled"},
    "single support given twice": {"second_support": "same"},
    "negatives drawn once": {"draws": 1},
    "negatives drawn at most 50 times": {"draws": 50},
    "time features as printed": {"time_features": "printed"},
    "cut after there": {"complete": "end"},
    "segmenter fires above the margin": {"segmenter_threshold": "margin"},
    "statements apart": {"words": False},
    "one dictionary": {"features": "one dictionary"},
    "absolute index of memories": {"features": "absolute index", "time_features": "none"},
}
FEW = {name: (WORLDS | MODELS)[name] for name in (
    "statements apart", "there after no get or drop", "before in 25% of actor questions",
    "an actor drawn, then its command")} | PHRASES | {"30 epochs": {"epochs": 30}}
SHORT = {name: FEW[name] for name in ("statements apart", "there after no get or drop",
                                      *PHRASES)}
# The rate and size that section 5.2 gives the MemNN; Tables 3 and 5 tune them for each data set.
UNTUNED = {f"rate 0.01, hidden layer 100, {epochs} epochs":
           {"rate": 0.01, "size": 100, "epochs": epochs} for epochs in (10, 40)}
# One setting for all distances, so that nothing but these differs.
ONE_SETTING = {"rate 0.3, hidden layer 50": {"rate": 0.3, "size": 50, "bptt": 50}}
# The RNN of Mikolov et al. (2010), to whom section 5.2 refers, has sigmoid units.
SIGMOID = {f"rate {rate}, hidden layer 50": {"rate": rate, "size": 50, "bptt": 25}
           for rate in (0.3, 1.0)}

K2_TIME = MemNN()
K1_TIME = replace(K2_TIME, hops=1)
# (rows' name, protocol, columns, {variant: its changes})
MEMNN = (
    ("MemNN k=2 (+time)", K2_TIME, (HARD,), CHOSEN | WORLDS | MODELS | STORIES),
    ("MemNN k=1 (+time)", K1_TIME, (HARD,), CHOSEN | WORLDS | STORIES),
    ("MemNN k=1", replace(K1_TIME, time_features="none"),
     ("difficulty 1 / actor without before", "difficulty 1 / actor", HARD), CHOSEN | STORIES),
    ("MemNN k=2", replace(K2_TIME, time_features="none"),
     ("difficulty 1 / actor", "difficulty 5 / actor"), CHOSEN),
    ("MemNN k=2 (+time), 100 questions", replace(K2_TIME, questions=100), TABLE4, CHOSEN | FEW),
    ("MemNN k=2 (+time), 500 questions", replace(K2_TIME, questions=500), (HARD,),
     CHOSEN | SHORT),
    ("MemNN k=2 (+time), further back", K2_TIME, DISTANCES, CHOSEN),
)
# (rows' name, kind, word sequences, columns, {variant: its settings})
RECURRENT = (
    ("RNN", "RNN", True, TABLE3, UNTUNED),
    ("RNN, statements apart", "RNN", False, TABLE5, UNTUNED),
    ("RNN of sigmoid units", "sigmoid RNN", True, TABLE3, SIGMOID),
    ("RNN of sigmoid units, statements apart", "sigmoid RNN", False, TABLE5, SIGMOID),
    ("RNN, further back", "RNN", True, DISTANCES, ONE_SETTING),
    ("LSTM, further back", "LSTM", True, DISTANCES, ONE_SETTING),
)
# Table 6: {variant: changes of its writer}, for what reads the MemNN's memories and for words.
WRITING = {"most probable words": {"writing": "most probable"}, "30 epochs": {"epochs": 30},
           "10 questions a step": {"batch": 10}, "no clipping": {"clip": 1e6}}
LESS = {"most probable words": {"writing": "most probable"},
        "rate 0.01, hidden layer 100, 10 epochs": {"rate": 0.01, "size": 100, "epochs": 10}}
WRITING_ROWS = tuple((f"{kind} as R" if column == MEMORY else f"{kind}, word features",
                 column, kind, CHOSEN | changes)
                for column, changes in ((MEMORY, WRITING), (WORDS, LESS))
                for kind in WRITERS) + (
    ("RNN of sigmoid units as R", MEMORY, "sigmoid RNN",
     {"rate 0.01": {}, "rate 0.03": {"rate": 0.03}}),)


def changed(protocol, changes):
    """The protocol with other settings; those of its world under "world"."""
    world = replace(protocol.world, **changes.get("world", {}))
    return replace(protocol, **{**changes, "world": world})


def some(own, columns, small):
    """A variant's own columns that are asked; for a smoke run the first of them."""
    both = [column for column in own if column in columns]
    return both[:1] if small else both


def memnn_cells(columns, small):
    cells = []
    for name, protocol, own, variants in MEMNN:
        rows = {f"{name}: {variant}": changed(protocol, changes)
                for variant, changes in variants.items()}
        cells += world_table.memnn_cells(EXPERIMENT, some(own, columns, small), rows, small)
    return cells


def recurrent_cells(columns, small):
    cells = []
    for name, kind, joined, own, variants in RECURRENT:
        for variant, changes in variants.items():
            for column in some(own, columns, small):
                world = world_table.column_world(column, K2_TIME.world)
                protocol = WorldRNN(joined=joined, **changes)
                if small:
                    world = replace(world, **world_table.SMALL)
                    protocol = WorldRNN(joined=joined, size=10, epochs=1)
                place = (EXPERIMENT, column, f"{name}: {variant}")
                cells.append(world_table.recurrent_cell(place, kind, world, protocol, {}))
    return cells


def writer_cells(columns, small):
    if HARD not in columns:
        return []
    cells = []
    for name, column, kind, variants in WRITING_ROWS:
        for variant, changes in variants.items():
            protocol = world_table.writer_protocol(column, kind, small)
            writer = replace(protocol.writer, **({} if small else changes))
            cells.append(world_table.writer_cell((EXPERIMENT, HARD, f"{name}: {variant}"), kind,
                                                 replace(protocol, writer=writer)))
    return cells


def cells(columns, small):
    return [one for kind in (memnn_cells, recurrent_cells, writer_cells)
            for one in kind(columns, small)]


def protocols():
    """{(row, column): the protocol of its record}."""
    return world_table.protocols_of(cells(COLUMNS, False))


def main(argv=None):
    options = command_line.parse(__doc__, Table(COLUMNS, folders=(), data=False), argv)
    return world_table.run(cells(options.columns, options.smoke), options)


if __name__ == "__main__":
    sys.exit(command_line.run(main))
