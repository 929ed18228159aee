"""Every hyper-parameter of both papers on one page, each with where it is from.

"Code" is what the authors released; replication/DEVIATIONS.md says where. Where a paper and its
code differ, the code's choice is the default and has an entry there; "ours" is what neither says.
A script shows its rows as `replace()` of one of these; a record holds every field.
"""

from dataclasses import dataclass, field, replace

from tasks.simulated_world import World


@dataclass(frozen=True)
class MemN2N:
    """How a MemN2N is trained on bAbI: Tables 1 and 3 of End-To-End Memory Networks."""
    encoding: str = "PE"              # "BoW", "PE" (code) or "PE as printed": section 4.1
    weigh_time: bool = True           # position encoding weighs the time word too: code
    hops: int = 3                     # section 4.1
    tying: str = "adjacent"           # or "layer-wise": section 2.2; "layer-wise without H": ours
    relu: bool = False                # after each hop: appendix A, 10k only
    d: int = 20                       # section 4.4; 50 joint: section 4.4
    init: float = 0.1                 # standard deviation: section 4.2
    capacity: int = 50                # most statements in memory: section 4.2
    batch: int = 32                   # section 4.2
    replacement: bool = True          # questions drawn with replacement: code
    epochs: int = 100                 # section 4.2; joint 60, at 10k 20: section 4.2
    rate: float = 0.01                # section 4.2
    halve_every: int = 25             # section 4.2; at its start: code; joint 15, at 10k 5
    clip: float = 40.0                # section 4.2
    clip_by: str = "largest singular value"   # of each matrix: code; or "Frobenius norm"
    linear_start_epochs: int = 0      # 20 with LS, 30 joint: code (until validation rises: paper)
    linear_start_rate: float = 0.005  # also where the schedule then starts: code
    noise: float = 0.0                # 0.1 with RN: section 4.1
    validation_share: float = 0.1     # section 4.2
    validation: str = "last"          # the last tenth of the file: code; "random": joint


POSITION = MemN2N()
LINEAR_START = replace(POSITION, linear_start_epochs=20)
RANDOM_NOISE = replace(LINEAR_START, noise=0.1)
JOINT = replace(LINEAR_START, d=50, epochs=60, halve_every=15, linear_start_epochs=30,
                validation="random")
# Table 3, 10k training questions a task: what section 4.2 and appendix A change there.
NON_LINEAR = replace(RANDOM_NOISE, tying="layer-wise", relu=True, d=100)    # "PE LS LW RN*"
# Epochs and halving: section 4.2. The linear start is the code's of 1k, for 10k not known (ours).
JOINT_10K = replace(JOINT, epochs=20, halve_every=5)


@dataclass(frozen=True)
class MemNN:
    """Every setting of a cell of Tables 3 to 5, and where it is from."""
    world: World = field(default_factory=World)
    hops: int = 2                       # k of section 3.1
    time_features: str = "complements"  # section 3.4; "printed" never prefers the newer (ours)
    size: int = 100                     # n, section 5.2
    rate: float = 0.01                  # section 5.2
    margin: float = 0.1                 # gamma, section 5.2
    epochs: int = 10                    # section 5.2
    scale: float = 0.1                  # weights start at N(0, 0.1) (ours)
    draws: int = 400                    # of a negative, until one violates the margin (ours)
    response_negatives: str = "all"     # "all", the sum of equation 8, or "sampled" (ours)
    second_support: str = "null"        # of one-support questions: "null" or "same" (ours)
    memory_size: int | None = None      # the last so many statements; None: all (ours)
    questions: int | None = None        # training questions used; None: all (Table 4)
    words: bool = True                  # input as word sequences, else sentences (Table 5)
    complete: str = "first"             # where a statement with "there" is complete (ours)
    segmenter_threshold: str = "zero"   # it fires above: "margin" (section 3.2) or "zero" (ours)
    segmenter_draws: int = 100          # of an unfinished segment, until one violates (ours)
    longest_segment: int = 30           # words; a longer one is written as it is (ours)
    features: str = "three dictionaries"    # section 3.1; "one dictionary": footnote 4; or
                                            # "absolute index": of each memory, section 3.4.
                                            # Older records lack it: records.record.BEFORE


@dataclass(frozen=True)
class MemNNUnseen:
    """Figure 3: MemNN k=2 (+time) on statements given apart, as in Table 5, and what sections 3.5
    and 3.6 leave open. Memory is whole, and R's negatives are all words.
    """
    world: World = field(default_factory=World)
    time_features: str = "complements"  # as in MemNN
    size: int = 100                     # n, section 5.2
    rate: float = 0.01                  # section 5.2
    margin: float = 0.1                 # gamma, section 5.2
    epochs: int = 10                    # section 5.2
    scale: float = 0.1                  # weights start at N(0, 0.1) (ours)
    draws: int = 400                    # of a negative, until one violates the margin (ours)
    contexts: bool = True               # new words are described by their contexts (section 3.5)
    matches: bool = True                # matching features (section 3.6)
    dropped: float = 0.3            # d%: how often a word is taken for new in training (ours)
    context_statements: int = 20    # in training its contexts are in the last so many (ours)


@dataclass(frozen=True)
class MemNNBabi:
    """MemNN on bAbI tasks: that of 2014, and MemNN-WSH. Sections of Memory Networks, or "ours".

    k = 2 always. Memory is the question's story before it, whole, and the null memory.
    """
    supervision: str = "supporting facts"   # or "shared words": MemN2N section 4.3
    valid: str = "any"                  # valid pair to learn: "any", or O's "best" (ours)
    linking_words: str = "all"          # that make memories valid: all, "all but articles" or
                                        # "content" words alone (ours)
    supports: str = "a block each"      # of Phi_x: so (ours), or "one block": section 3.1
    several_words: str = "first word"   # of "n,w": R says one word; or "one class" (ours)
    time_features: str = "complements"  # section 3.4; "printed" never prefers the newer (ours)
    size: int = 100                     # n, section 5.2
    rate: float = 0.01                  # section 5.2
    margin: float = 0.1                 # gamma, section 5.2
    epochs: int = 10                    # section 5.2
    scale: float = 0.1                  # weights start at N(0, 0.1) (ours)
    draws: int = 50                     # of a negative, until one violates the margin (ours)
    validation_share: float = 0.1       # the last of the file, not trained on: as for MemN2N


MEMNN_2014 = MemNNBabi()
WSH = replace(MEMNN_2014, supervision="shared words", valid="best")


@dataclass(frozen=True)
class AMNGNL:
    """MemNN strongly supervised. AM, NG, NL are arXiv:1502.05698's; "ours" is not in its text."""
    adaptive: bool = True               # AM; without: two supports, one word or class (2014)
    grams: int = 3                      # NG: bags of n-grams of 1 to 3 words; without: 1
    nonlinear: bool = True              # NL: the two-layer tanh match
    most_supports: int = 10             # a bound that O, where it learns to stop, stays below: ours
    most_words: int = 5                 # the same for R: ours
    support_blocks: int = 3             # of features: first, second, all later supports: ours
    time_features: str = "complements"  # section 3.4 of Memory Networks; its loop here: ours
    n: int = 50                         # embedding size: ours
    margin: float = 0.1                 # gamma, section 5.2 of Memory Networks
    init: float = 0.1                   # standard deviation of U; 1/sqrt(n) for W: ours
    optimizer: str = "Adam"             # or "SGD": ours
    rate: float = 0.01                  # falls to 0 in a straight line: ours
    epochs: int = 20                    # ours
    batch: int = 64                     # hops, or words of answers, a step: ours
    validation_share: float = 0.1       # the last tenth of the training file, as MemN2N


AM_NG_NL = AMNGNL()


@dataclass(frozen=True)
class WorldRNN:
    """RNN and LSTM of Tables 3 and 5 of Memory Networks, beside their kind and their world."""
    joined: bool = True             # word sequences; False: each statement a sentence (Table 5)
    answers_read: bool = False      # true answers stand in the stream, in the test's too (ours)
    size: int = 50                  # hidden layer: tuned for each data set (section 5.2)
    bptt: int = 50                  # BPTT steps: tuned for each data set (section 5.2)
    rate: float = 0.1               # tuned for each data set (section 5.2)
    optimizer: str = "SGD"          # the paper names none; or "Adam"
    lanes: int = 20                 # parts of the stream that are read side by side (ours)
    epochs: int = 40                # at most; the one with the lowest validation loss counts (ours)
    patience: int = 8               # epochs without a lower one until training ends (ours)
    clip: float = 1.0               # norm of the gradient (ours)
    validation_share: float = 0.1   # of the training questions, the last ones (ours)


# The grid of (optimizer, size, bptt, rate), and where its runs are; of the optimizer see
# replication/DEVIATIONS.md, R1. Seeds are of development: the tables use 0, 1, 2, ...
TUNING = {"file": "memnn_tuning/recurrent.csv", "seeds": (1000,),
          "grid": tuple(("SGD", size, bptt, rate)
                        for size in (50, 100) for bptt in (25, 100) for rate in (0.1, 0.3))}
# (size, bptt, rate), the choice of `python -m replication.tune recurrent` for each data set:
# {(word sequences, kind of questions, difficulty): {row: it}}; a test holds them to its file.
TUNED = {
    (True, "actor without before", 1): {"LSTM": (100, 25, 0.3), "RNN": (50, 25, 0.3)},
    (True, "actor", 1): {"LSTM": (50, 25, 0.1), "RNN": (100, 100, 0.1)},
    (True, "actor + object", 1): {"LSTM": (100, 25, 0.3), "RNN": (100, 100, 0.1)},
    (True, "actor", 5): {"LSTM": (100, 100, 0.3), "RNN": (50, 100, 0.1)},
    (True, "actor + object", 5): {"LSTM": (50, 25, 0.1), "RNN": (50, 100, 0.1)},
    (False, "actor without before", 1): {"RNN": (50, 25, 0.3)},
    (False, "actor without before + object", 1): {"RNN": (100, 25, 0.1)},
    (False, "actor without before", 5): {"RNN": (100, 25, 0.1)},
    (False, "actor without before + object", 5): {"RNN": (100, 25, 0.1)},
}


def tuned(row, world, joined):
    """The WorldRNN of a row, "RNN" or "LSTM", on one data set."""
    size, bptt, rate = TUNED[joined, world.kind, world.difficulty][row]
    return WorldRNN(joined=joined, size=size, bptt=bptt, rate=rate)


@dataclass(frozen=True)
class BabiLSTM:
    """The LSTM of MemN2N's Table 1; one setting for all tasks."""
    size: int = 100                 # hidden layer and word vectors: tuned
    rate: float = 0.001             # tuned
    optimizer: str = "Adam"         # the paper names none; tuned, or "SGD"
    statements: bool = True         # read; without: questions alone, to see what they tell (ours)
    batch: int = 16                 # stories a step (ours)
    spread: float = 0.1             # how unlike in length a batch's stories may be (ours)
    clip: float = 1.0               # norm of the gradient (ours)
    epochs: int = 100               # at most; the one with the lowest validation loss counts (ours)
    patience: int = 10              # epochs without a lower one until training ends (ours)
    validation_share: float = 0.1   # of the training questions, the last ones: MemN2N section 4.2


LSTM = BabiLSTM()


@dataclass(frozen=True)
class KerasBabiMemNN:
    """The memory network of a Keras example (ablations/keras_babi_memnn.py), as we know it."""
    over: str = "question"          # words that softmax sums to 1 over; or "story"
    n: int = 64                     # size of the embeddings
    h: int = 32                     # of the LSTM
    dropped: float = 0.3            # of the embeddings and of the LSTM's last state
    batch: int = 32
    epochs: int = 120
    rate: float = 0.001             # RMSprop's, and its next two
    memory: float = 0.9
    epsilon: float = 1e-7
    validation_share: float = 0.0   # it trains on every question


KERAS_BABI_MEMNN = KerasBabiMemNN()


@dataclass(frozen=True)
class Writer:
    """What writes the answer in Table 6 of Memory Networks."""
    size: int = 100                 # n, "in all experiments" (section 5.2)
    rate: float = 0.01              # likewise
    epochs: int = 10                # likewise; the one with the lowest validation loss (ours)
    batch: int = 1                  # questions of a step, their losses added (ours)
    optimizer: str = "SGD"          # section 3.1
    clip: float = 5.0               # norm of the gradient (ours)
    window: int = 0                 # words of the stream that are read, with word features
    validation_share: float = 0.1   # of the training questions, the last ones (ours)
    writing: str = "drawn"          # each word from R's probabilities, or "most probable" (ours)


# With word features: size, words read (as many BPTT steps) and rate are the choice of
# `python -m replication.tune sentence_answers`.
WORDS_READ = Writer(epochs=30, batch=10)    # both ours
WRITERS_OF_WORDS = {"RNN": replace(WORDS_READ, size=100, window=100, rate=0.01),
                    "LSTM": replace(WORDS_READ, size=100, window=30, rate=0.03)}


@dataclass(frozen=True)
class SentenceAnswers:
    """A cell of Table 6 of Memory Networks."""
    world: World = field(default_factory=lambda: World(kind="actor + object", difficulty=5))
    writer: Writer = field(default_factory=Writer)
    memory: MemNN | None = None     # of the MemNN whose memories are read; None: word features


@dataclass(frozen=True)
class MostFrequent:
    """Of the most frequent answer: which questions it is counted over."""
    validation_share: float = 0.1
    epochs: int = 1     # none are needed; every baseline has some, and --smoke lowers them


@dataclass(frozen=True)
class MemN2NText:
    """MemN2N as a language model: section 5 of its paper. LM1, ..: replication/DEVIATIONS.md."""
    hops: int = 6                   # Table 2
    memory: int = 100               # N, words: Table 2
    d: int = 150                    # state, "hidden": Table 2
    batch: int = 128                # words a step: section 5.1
    window: int = 16                # neighbours that share a window (ours, LM1); 1: code
    rate: float = 0.01              # code
    cut: float = 1.5                # divides the rate after an epoch that did not help: section 5.1
    cut_beside: str = "previous"    # the epoch whose validation cost decides: code; or "best" (LM2)
    least_gain: float = 0.9999      # an epoch helped if its cost is below this share: code
    least_rate: float = 1e-5        # training ends below it: section 5.1
    epochs: int = 100               # or after so many: code
    clip: float = 50.0              # l2 norm of the gradient of all matrices: section 5.1
    init: float = 0.05              # standard deviation: section 5.1


PENN_TREEBANK = MemN2NText()
TEXT8 = replace(PENN_TREEBANK, d=500)
# Hops and memory of each row of Table 2 of End-To-End Memory Networks, in its order.
TEXT_ROWS = {f"{hops} hops, memory {memory}": {"hops": hops, "memory": memory}
             for hops, memory in ((2, 100), (3, 100), (4, 100), (5, 100), (6, 100), (7, 100),
                                  (6, 25), (6, 50), (6, 75), (6, 125), (6, 150), (7, 200))}


@dataclass(frozen=True)
class TextRNN:
    """The RNN and LSTM beside MemN2N's Table 2, at the sizes that it quotes (LM10)."""
    kind: str = "LSTM"              # or "RNN"
    d: int = 100                    # hidden layer: Table 2
    init: float = 0.1               # word vectors start at N(0, 0.1) (ours)
    bptt: int = 35                  # steps of back-propagation (ours)
    lanes: int = 20                 # parts of the text read side by side (ours)
    rate: float = 1.0               # of the loss summed over steps, a mean over lanes (ours)
    cut: float = 1.5                # as MemN2NText, and so the next two
    cut_beside: str = "previous"
    least_gain: float = 0.9999
    least_rate: float = 1e-3        # a thousandth of the first, as MemN2NText
    epochs: int = 100
    clip: float = 5.0               # norm of the gradient (ours)


@dataclass(frozen=True)
class LargeScaleQA:
    """Large-scale QA: Tables 1 and 2 of Memory Networks, section 5.1."""
    size: int = 128                     # n, section 5.1
    hops: int = 1                       # k, section 5.1; there is no other here
    matching: bool = False              # matching features, section 3.6 ("with BoW features")
    lambdas: tuple = (0.03, 0.1, 0.3, 0.6, 1.0)     # of equation 11, to choose from (ours)
    exact_words: str = "idf"            # a match's worth: ln(T / memories with it), or "one" (ours)
    margin: float = 0.1                 # gamma, section 5.2
    negatives: int = 4                  # of each example, sampled (ours)
    replaced: float = 2 / 3             # a negative's member is another's with this probability
    paraphrases_every: int = 2          # a batch of them every so many batches of facts (ours)
    batch: int = 100                    # examples of a step (ours)
    rate: float = 0.1                   # of Adagrad with one rate a word (ours)
    scale: float = 0.05                 # weights start at N(0, 0.05), U_x and U_y alike (ours)
    epochs: int = 2                     # over the triples (ours)
    folds: int = 5                      # of labels: trained on the others (ours)
    label_epochs: int = 5               # over the labelled pairs (ours)
    label_rate: float = 0.1             # of Adagrad, by development questions (ours)


@dataclass(frozen=True)
class Hashing:
    """What Table 2 of Memory Networks varies."""
    clusters: int = 1000                        # K, section 5.1
    cuts: tuple = (1.0, 0.01, 0.002, 0.0005)    # document frequency; 1: no cut, the paper's (ours)


@dataclass(frozen=True)
class Scale:
    """A memory of the paper's size and what its search is measured with (all ours)."""
    statements: int = 14_000_000        # section 5.1
    questions: int = 20                 # of one measurement
    batch: int = 16                     # questions scored together
    clusters: int = 1000                # K, section 5.1
    cuts: tuple = (0.02, 0.01, 0.002, 0.0005)   # document frequency that a bucket's word may have
    faiss: str | None = None            # what FAISS's index_factory is asked for
    probes: tuple = (8, 32, 128)        # lists that it looks into


@dataclass(frozen=True)
class Dialogue:
    """Figure 4 of Memory Networks: both models, each with the protocol of its own section."""
    facts: LargeScaleQA = LargeScaleQA()
    world: MemNN = field(default_factory=lambda: MemNN(words=False))
    exact: float = 0.6                  # lambda of equation 11: as retrieval chooses it (ours)
    questions: int = 1000               # asked in all, half of each kind (ours)
