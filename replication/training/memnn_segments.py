"""Word sequences as MemNN's input (section 3.2): the stream of joined statements, cut and written.

The statements of a data set and the words that join them make one stream; questions are given
apart. Between two perfect cuts the segmenter sees a joining phrase and a statement. It learns
from such sequences: from those that support a training question, and from those broken off.
"""

import numpy
import torch

from replication.models import memnn_segmenter
from replication.models.memnn import bags
from replication.models.memnn_segmenter import Segmenter
from replication.training.memnn_steps import TOGETHER


def stream(stories):
    """All words of a data set in order.

    Returns the words, and for each statement the position just after its last word and that of
    the word that names its room or object.
    """
    words, ends, nouns = [], [], []
    for statement in stories.statements:
        nouns.append(len(words) + statement.words.index(statement.thing))
        words += statement.words
        ends.append(len(words))
        words += statement.connective
    return words, numpy.array(ends), numpy.array(nouns)


def perfect_cuts(stories, complete):
    """Where the stream should be cut, one position a statement.

    complete  "first": as soon as it can be a statement, after the word for its room or object,
              for "joe took the milk" is one whether or not "there" follows; the "there" then
              falls to the next segment. "end": after its last word, "there" included
    """
    _, ends, nouns = stream(stories)
    return ends if complete == "end" else nouns + 1


def examples(stories, questions, word_id, complete, width=13):
    """Supporting segments and broken-off ones of a training set.

    questions  how many training questions are used, with the statements up to the last of them
    complete   as in `perfect_cuts`
    Returns supports (questions, 2) positions of statements, all whole segments (T, width) and
    the broken-off ones (P, width) as word ids.
    """
    some = stories.questions[:questions]
    words, _, _ = stream(stories)
    cuts = perfect_cuts(stories, complete)[:some[-1].position].tolist()
    whole = [words[a:b] for a, b in zip([0, *cuts], cuts)]
    parts = [segment[:stop] for segment in whole for stop in range(1, len(segment))]
    supports = torch.tensor([(q.supports[0], q.supports[-1]) for q in some])
    return (supports, *(bags(segments, word_id, width).to(torch.int16)
                        for segments in (whole, parts)))


def train(protocol, streams, data, words):
    """Train a stack of segmenters, one for each data set of `examples`.

    streams  {"weights": generators, "order": ..., "negatives": ...}, one a segmenter
    Returns the stacked Segmenter
    """
    each = [memnn_segmenter.initial(words, protocol.size, protocol.scale, g)
            for g in streams["weights"]]
    segmenters = Segmenter(*map(torch.stack, zip(*each)))
    total = len(data[0][0])
    for _ in range(protocol.epochs):
        order = [torch.randperm(total, generator=g) for g in streams["order"]]
        for start in range(0, total, TOGETHER):
            numbers = [o[start:start + TOGETHER] for o in order]
            right = torch.stack([whole[supports[n]]
                                 for (supports, whole, _), n in zip(data, numbers)])
            wrong = torch.stack([
                parts[torch.randint(len(parts), (len(n), protocol.segmenter_draws), generator=g)]
                for (_, _, parts), n, g in zip(data, numbers, streams["negatives"])])
            for number in range(right.shape[1]):
                memnn_segmenter.step(segmenters, right[:, number].long(), wrong[:, number].long(),
                                     protocol.rate, protocol.margin)
    return segmenters


def write(segmenter, stories, word_id, protocol):
    """Cut one data set into segments with a trained segmenter.

    Returns the segments (words), for each statement the segment that names its room or object,
    and for each number of statements how many segments were written by then.
    """
    words, ends, nouns = stream(stories)
    ids = [word_id[word] for word in words]
    threshold = protocol.margin if protocol.segmenter_threshold == "margin" else 0.0
    cuts = numpy.array(memnn_segmenter.cut(segmenter, ids, threshold, protocol.longest_segment))
    first = numpy.concatenate([[0], cuts[:-1]])
    segments = [tuple(words[a:b]) for a, b in zip(first, cuts)]
    places = numpy.minimum(numpy.searchsorted(cuts, nouns, side="right"), len(cuts) - 1)
    counts = numpy.concatenate([[0], numpy.searchsorted(cuts, ends, side="right")])
    return segments, places, counts


def segments_right(places, segments):
    """Share of the segments, in %, that hold exactly one statement's room or object."""
    return 100 * float((numpy.bincount(places, minlength=len(segments)) == 1).mean())
