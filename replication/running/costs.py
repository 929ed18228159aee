"""How long each script takes, and with which arguments its profiles run it: the one place.

It needs only Python's own library, since run_all.py starts before the packages are there.
"""

import os
import subprocess
from dataclasses import dataclass

from replication.records.provenance import ROOT
from tasks.errors import UserError

SLOWER = "MEMNN_SLOWER"


@dataclass(frozen=True)
class Cost:
    """Expected minutes of one script on two cores; None: left out of the default profile.

    Of the machine that running/calibration.py compares with; nowhere else are minutes written.

    short     the arguments of the default profile's runs
    evidence  the arguments of the full profile's runs: of the committed evidence, which has fewer
              restarts where a table says `partial`, and lacks what it says is not run
    tiny      more arguments of the smoke profile's run
    """
    smoke: float
    default: float | None
    full: float
    evidence: tuple = (("--restarts", "10"),)
    short: tuple = (("--restarts", "10"),)
    tiny: tuple = ()


# The columns of MemN2N's Table 1, by how many restarts they need.
ALONE = ("BoW", "PE", "PE LS", "PE LS RN")
JOINT = ("1 hop PE LS joint", "2 hops PE LS joint", "3 hops PE LS joint", "PE LS RN joint",
         "PE LS LW joint")
BASELINES = ("MemNN strongly supervised", "LSTM", "MemNN-WSH")
# Whether task 3's official file of 10,000 questions is at hand is nothing that a smoke run asks.
ANY_THIRD = ("--task-3", "simulated")

COSTS = {
    "memn2n_table1_babi_1k": Cost(
        smoke=0.1, default=25, full=130,
        short=(("--restarts", "10", "--columns", *ALONE, *JOINT),
               ("--restarts", "3", "--columns", *BASELINES)),
        evidence=(("--restarts", "100", "--columns", *ALONE),
                  ("--restarts", "30", "--columns", *JOINT),
                  ("--restarts", "10", "--columns", *BASELINES))),
    "memn2n_table3_babi_10k": Cost(
        smoke=0.2, default=1, full=1640, tiny=ANY_THIRD,
        short=(("--restarts", "10", "--columns", "PE LS RN", "--tasks", "1", "15"),),
        evidence=(("--restarts", "20", "--most-restarts", "30", "--columns", *ALONE,
                   "PE LS LW RN*"),
                  ("--restarts", "10", "--columns", *JOINT),
                  ("--restarts", "10", "--columns", *BASELINES))),
    "memn2n_table2_language_model": Cost(
        smoke=0.2, default=6, full=1550,
        short=(("--restarts", "1", "--rows", "2 hops, memory 100 (2 epochs)"),),
        evidence=(("--restarts", "1", "--rows", "2 hops, memory 100", "3 hops, memory 100",
                   "6 hops, memory 100", "7 hops, memory 100", "6 hops, memory 25",
                   "6 hops, memory 50", "6 hops, memory 75", "6 hops, memory 125",
                   "6 hops, memory 150", "2 hops, memory 100 (2 epochs)"),
                  ("--restarts", "2", "--rows", "7 hops, memory 200"),
                  ("--restarts", "3", "--rows", "4 hops, memory 100", "5 hops, memory 100"))),
    "memnn_babi_tasks": Cost(smoke=0.1, default=1, full=1),
    "memn2n_figure2_attention": Cost(smoke=0.1, default=0.5, full=1, evidence=(
        ("--restarts", "10"), ("--restarts", "20", "--table", "3"))),
    "memn2n_figure3_hops": Cost(smoke=0.1, default=None, full=1),
    "memn2n_language_model_variants": Cost(smoke=0.1, default=None, full=1080,
                                           evidence=(("--restarts", "1"),)),
    "memnn_table1_large_scale_qa": Cost(smoke=0.1, default=1.5, full=8,
                                        short=(("--restarts", "2"),)),
    "memnn_table2_hashing": Cost(smoke=0.1, default=2, full=20, short=(("--restarts", "1"),)),
    "memnn_table3_simulated_world": Cost(smoke=0.1, default=13, full=13),
    "memnn_table4_learning_curve": Cost(smoke=0.1, default=4, full=4),
    "memnn_table5_sentence_level": Cost(smoke=0.1, default=6, full=6),
    "memnn_table6_sentence_answers": Cost(smoke=0.1, default=None, full=13),
    "memnn_figure2_predictions": Cost(smoke=0.1, default=None, full=2),
    "memnn_figure3_unseen_words": Cost(smoke=0.1, default=None, full=5),
    "memnn_figure4_dialogue": Cost(smoke=0.1, default=None, full=15),
    "memnn_scale": Cost(smoke=0.2, default=None, full=30, evidence=(
        ("--restarts", "10", "--columns", "14 million statements"),)),
    "memnn_memory_management": Cost(smoke=0.1, default=None, full=5),
    "memnn_world_variants": Cost(smoke=0.3, default=None, full=35,
                                 evidence=(("--seed", "1000", "--restarts", "2"),)),
    "memn2n_baseline_variants": Cost(smoke=0.1, default=None, full=5,
                                     evidence=(("--restarts", "3"),)),
    "keras_babi_memnn": Cost(
        smoke=0.1, default=None, full=270,
        evidence=(("--restarts", "1", "--columns", "as the example has it",
                   "softmax over the story"),)),
    "memn2n_10k_choices": Cost(
        smoke=0.1, default=None, full=480, tiny=ANY_THIRD,
        evidence=(("--restarts", "10", "--columns", "RN* without ReLU", "RN* with d = 20",
                   "RN* with adjacent tying", "RN* without noise", "RN* without linear start",
                   "3 hops PE LS joint, linear start of 10 epochs"),
                  ("--restarts", "3", "--columns", "content words link"),
                  ("--restarts", "3", "--columns", "MemNN strongly supervised, 3 epochs",
                   "--tasks", "5", "7", "8", "14", "17", "18", "19"))),
    "memn2n_simulated_third": Cost(smoke=0.1, default=None, full=30),
    "memn2n_deviations": Cost(smoke=0.1, default=None, full=12),
    "simulators_samples": Cost(smoke=0.1, default=None, full=10),
    "simulators_difficulty": Cost(smoke=0.1, default=None, full=20,
                                  evidence=(("--restarts", "30"),)),
}


def minutes(script, profile):
    """Expected minutes, or None where they are not known."""
    cost = COSTS.get(script)
    if cost is None:
        return None
    # A script that the default profile leaves out may still be asked for with --only.
    short = cost.full if cost.default is None else cost.default
    return {"smoke": cost.smoke, "default": short, "full": cost.full}[profile]


def slowness(python):
    """How many times as long as where COSTS was measured this machine takes; None: not known.

    python  has the packages, or is None: then there is nothing to measure with.
    """
    text = os.environ.get(SLOWER)
    if text is None:
        if python is None:
            return None
        text = subprocess.run([python, "-m", "replication.running.calibration"], cwd=ROOT,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True).stdout
        return float(text) if text else None
    try:
        slower = float(text)
    except ValueError:
        slower = 0
    if not 0 < slower < float("inf"):
        raise UserError(f"{SLOWER}={text}: not a number above 0; leave it away to have it measured")
    return slower


def announce(profile, names, left_out, slower=None):
    """Lines that say what will run and how long it takes; slower as `slowness` gives it."""
    times = [minutes(script, profile) for script in names]
    factor = 1 if slower is None else slower
    total = spoken(factor * sum(value for value in times if value is not None))
    more = " and more" if None in times else ""
    where = (f"two cores of this machine ({slower:.1f} times as long as where it was measured)"
             if slower else "two cores where it was measured, after the first installation")
    yield f"profile {profile}: {len(names)} of {len(names) + len(left_out)} scripts, expected " \
          f"time {total}{more} on {where}"
    for script, value in zip(names, times):
        yield f"  {script}: {spoken(factor * value) if value is not None else 'time not known'}"
    for script in left_out:
        yield (f"  {script}: left out, it takes {spoken(factor * minutes(script, 'full'))}; run "
               f"it with --only {script}")


def spoken(value):
    """Minutes in words."""
    if value < 1:
        return f"about {max(1, round(value * 60))} s"
    return f"about {round(value)} min" if value < 120 else f"about {value / 60:.1f} h"
