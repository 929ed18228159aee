"""Tunes the RNN and the LSTM beside End-To-End Memory Networks' Table 2 (language models; ours).

The paper quotes both and gives their sizes alone. Here every point of `GRID` learns a few epochs of
the beginning of Penn Treebank's training text, from a seed that no table uses, and is judged by the
beginning of its validation text; no test text is read. Writes one row a run, then prints every
point and the choice for each: the lowest validation loss.
`replication.ablations.memn2n_language_model_variants.ROWS` has the choice of results/reference.

    python -m replication.tune text_rnn --jobs 2     the runs that the file does not have yet
    python -m replication.tune text_rnn --choose     none: only what its rows say

`seconds` is what a run used of one processor core.
"""

import time
from functools import cache

import joblib
import torch
from tqdm import tqdm

from replication.records import provenance
from replication.running.workers import use_one_thread
from replication.training.language_model import perplexity
from replication.training.protocols import TextRNN
from replication.training.recurrent_language_model import RecurrentLearner
from replication.tuning import file as tuning_file
from tasks import corpora
from tasks.errors import UserError

FILE = "memn2n_tuning/text_rnn.csv"
REFERENCE = provenance.ROOT / "results" / "reference" / FILE
SEED = 1000             # of development: the tables use 0, 1, 2, ...
EPOCHS = 4
WORDS = 100_000, 20_000     # of the training and of the validation text

# (kind, size, standard deviation of the word vectors, rate)
GRID = (*(("LSTM", 100, init, rate) for init, rate in ((1.0, 1.0), (0.1, 0.3), (0.1, 1.0),
                                                       (0.1, 3.0))),
        *(("RNN", 300, 0.1, rate) for rate in (0.03, 0.1, 0.3, 1.0)))
RUNS = tuning_file.TuningFile(settings=("kind", "size", "init", "rate", "seed"),
                              measures=("epoch", "train_loss", "valid_loss", "seconds"))


def run(corpus, settings, epochs=EPOCHS):
    """Trains one point on a Corpus: its row of the file. A diverged one has no loss."""
    use_one_thread()
    clock = time.process_time()
    kind, size, init, rate, seed = settings
    learner = RecurrentLearner(corpus, TextRNN(kind, size, init, rate=rate), seed, "cpu")
    curves = {"train_loss": [], "valid_loss": []}
    for epoch in range(epochs):
        curves["train_loss"].append(learner.train_epoch(rate, epoch, tqdm(disable=True)))
        with torch.no_grad():
            curves["valid_loss"].append(learner.costs("valid")["every word"])
    failed = any(perplexity(cost) == float("inf") for curve in curves.values() for cost in curve)
    return RUNS.of_run(settings, time.process_time() - clock, None if failed else curves)


def all_settings():
    """The settings of every run, in the order of the file."""
    return [(*point, SEED) for point in GRID]


def choices(rows):
    """{kind: [(valid_loss in nats, train_loss, point)]}, the lowest first."""
    return {kind: tuning_file.judged(rows, [point for point in GRID if point[0] == kind],
                                     lambda point: [(*point, SEED)], "valid_loss", "train_loss")
            for kind in dict.fromkeys(point[0] for point in GRID)}


def beginning(data):
    """The Corpus that a point learns and is judged by; data: a folder, or None."""
    whole = corpora.read(corpora.PENN_TREEBANK, corpora.locate(corpora.PENN_TREEBANK, data,
                                                               "official"))
    return corpora.Corpus(whole.words, whole.train[:WORDS[0]], whole.valid[:WORDS[1]],
                          whole.test[:0])


def main(argv=None):
    options = tuning_file.options("text_rnn", __doc__, argv, data=True)

    @cache
    def corpus():    # looked for only where a run is missing
        return beginning(options.data)
    found = choices(RUNS.completed(options, FILE, all_settings(),
                                   lambda settings: joblib.delayed(run)(corpus(), settings)))
    if not any(found.values()):
        raise UserError(f"{options.results / FILE}: no point is there; leave --choose out to train "
                        "them")
    for kind, points in found.items():
        for number, (loss, train, (_, size, init, rate)) in enumerate(points):
            print(f"{kind}, hidden layer {size}, vectors from N(0, {init}), rate {rate}: "
                  f"perplexity {perplexity(train):.0f} training, {perplexity(loss):.0f} validation"
                  + (": chosen" if number == 0 else ""))
    return 0
