"""Tunes Table 6's baselines, an RNN and an LSTM that read words and write (arXiv:1410.3916).

The paper chose hidden layer, BPTT steps and learning rate for each data set (section 5.2). Here
every point of `GRID` is trained on a world drawn from a seed that no table uses, and judged by the
last tenth of its training questions; no test question is drawn. Writes one row a run, then prints
the choice, the lowest validation loss. `replication.training.protocols.WRITERS_OF_WORDS` has the
choice of results/reference.

    python -m replication.tune sentence_answers --jobs 2     the runs that the file does not have
    python -m replication.tune sentence_answers --choose     none: only what its rows say
"""

import time
from dataclasses import replace

import joblib

from replication.tuning import file as tuning_file
from replication.records import provenance
from replication.training.protocols import WRITERS_OF_WORDS, SentenceAnswers
from replication.training.random_streams import world_rnn
from replication.training.sentence_answers import answer_ids, fit, new_writer, word_features
from replication.running.workers import use_one_thread
from tasks import simulated_world, simulated_world_answers

FILE = "memnn_tuning/sentence_answers.csv"
REFERENCE = provenance.ROOT / "results" / "reference" / FILE
SEED = 1000     # of development: the table uses 0, 1, 2, ...

# (size, window, rate); as many BPTT steps as words are read
GRID = tuple((size, window, rate)
             for size in (50, 100) for window in (30, 100) for rate in (0.01, 0.03))
RUNS = tuning_file.TuningFile(settings=("kind", "size", "window", "rate", "seed"),
                              measures=("epoch", "valid_loss", "seconds"))


def run(settings):
    """Trains one point: its row of the file. A diverged one has no loss."""
    use_one_thread()
    clock = time.process_time()
    kind, size, window, rate, seed = settings
    world = SentenceAnswers().world
    writer = replace(WRITERS_OF_WORDS[kind], size=size, window=window, rate=rate)
    stories = simulated_world.generate(world, seed, "train")
    answers = answer_ids(simulated_world_answers.written_answers(stories, seed, "train"))
    draws = world_rnn(seed, world, "weights")
    curves, failed = fit(new_writer(kind, writer, draws, "cpu"), word_features(stories, window),
                         answers, writer, draws)
    return RUNS.of_run(settings, time.process_time() - clock, None if failed else curves)


def all_settings():
    """The settings of every run, in the order of the file."""
    return [(kind, *point, SEED) for kind in WRITERS_OF_WORDS for point in GRID]


def choices(rows):
    """{kind: (loss, point)}: the lowest validation loss; kinds without any run are left out."""
    points = {kind: tuning_file.judged(rows, GRID, lambda point: [(kind, *point, SEED)],
                                       "valid_loss") for kind in WRITERS_OF_WORDS}
    return {kind: best[0] for kind, best in points.items() if best}


def main(argv=None):
    options = tuning_file.options("sentence_answers", __doc__, argv)
    rows = RUNS.completed(options, FILE, all_settings(), joblib.delayed(run))
    for kind, (loss, (size, window, rate)) in choices(rows).items():
        print(f"{kind}: hidden layer {size}, {window} words, rate {rate}: validation {loss:.3f} "
              "nats an answer")
    return 0
