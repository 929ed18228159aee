"""Training on the simulated world: what learns, what cannot, and what does not reach what."""

from dataclasses import replace

import numpy
import pytest
import torch

from replication.training import memnn_segments as word_sequences
from replication.training.protocols import MemNN
from replication.training.memnn_world import (dictionary, encode_sentences, encode_words,
                                        judge, train)
from tasks.simulated_world import World, generate

SMALL = World(kind="actor", difficulty=5, statements=1200, questions=600)
PROTOCOL = MemNN(world=SMALL, epochs=4, words=False)


def data(protocol, seed, split):
    return encode_sentences(generate(protocol.world, seed, split), protocol)


def test_time_features_as_printed_never_prefer_the_newer_memory():
    """No feature is active in the loop's first hop: all are older than x, and i is newer than t."""
    seeds = [0, 1]
    accuracy = {}
    for features in ("printed", "complements"):
        protocols = [replace(PROTOCOL, time_features=features)] * 2
        E_O, E_R, _ = train(protocols, seeds, [data(PROTOCOL, s, "train") for s in seeds])
        accuracy[features] = [judge(E_O[i], E_R[i], protocols[i], data(PROTOCOL, s, "test"))
                              for i, s in enumerate(seeds)]
    assert all(result["first_hop"] < 20 for result in accuracy["printed"])
    assert all(result["test_accuracy"] < 60 for result in accuracy["printed"])
    assert all(result["first_hop"] > 95 for result in accuracy["complements"])
    assert all(result["test_accuracy"] > 95 for result in accuracy["complements"])


def test_the_response_does_not_reach_u_o():
    trained = data(PROTOCOL, 0, "train")
    nonsense = replace(trained, answers=trained.answers.flip(0))
    protocol = replace(PROTOCOL, epochs=1)
    right, wrong = (train([protocol], [0], [d]) for d in (trained, nonsense))
    assert torch.equal(right[0], wrong[0])
    assert not torch.equal(right[1], wrong[1])


@pytest.mark.parametrize("hops", [1, 2])
def test_a_model_is_the_same_alone_and_in_any_stack(hops):
    protocol = replace(PROTOCOL, epochs=1, questions=120, hops=hops)
    seeds = list(range(7))
    sets = [data(protocol, seed, "train") for seed in seeds]
    E_O, E_R, losses = train([protocol] * 7, seeds, sets)
    for seed in (0, 4):
        alone = train([protocol], [seed], [sets[seed]])
        assert torch.equal(alone[0][0], E_O[seed])
        assert torch.equal(alone[1][0], E_R[seed])
        assert torch.equal(alone[2][:, 0], losses[:, seed])


def test_one_hop_cannot_answer_what_needs_two():
    one = replace(PROTOCOL, hops=1)
    E_O, E_R, _ = train([one], [0], [data(one, 0, "train")])
    result = judge(E_O[0], E_R[0], one, data(one, 0, "test"))
    assert result["first_hop"] > 95
    assert result["accuracy_actor"] > 95
    assert result["accuracy_before"] < 50


def test_word_sequences_are_cut_and_answered():
    protocol = replace(PROTOCOL, words=True)
    stories = [[generate(protocol.world, 0, split)] for split in ("train", "test")]
    train_data, test_data, shares = encode_words([protocol], [0], *stories)
    assert shares[0] > 99
    E_O, E_R, _ = train([protocol], [0], train_data)
    assert judge(E_O[0], E_R[0], protocol, test_data[0])["test_accuracy"] > 90


def test_a_perfect_cut_gives_one_memory_a_statement():
    stories = generate(World(statements=300, questions=80), 0, "train")
    words, ends, nouns = word_sequences.stream(stories)
    cuts = word_sequences.perfect_cuts(stories, "first")
    written = numpy.searchsorted(cuts, nouns, side="right")
    assert written.tolist() == list(range(300))
    for statement, end, cut in zip(stories.statements, ends, cuts):
        assert tuple(words[end - len(statement.words):end]) == statement.words
        assert words[cut - 1] == statement.thing
    assert word_sequences.segments_right(written, cuts) == 100
    merged = numpy.array([0, 0, 2, 3])                 # one of two, one of none, two of one
    assert word_sequences.segments_right(merged, [None] * 4) == pytest.approx(50)


def test_the_segmenter_learns_from_whole_and_broken_segments():
    stories = generate(World(statements=300, questions=80), 0, "train")
    word_id = dictionary()
    word_of = {number: word for word, number in word_id.items()}
    spelled = lambda row: [word_of[i] for i in row.tolist() if i]
    supports, whole, parts = word_sequences.examples(stories, 10, word_id, "end")
    assert supports.shape == (10, 2)
    assert len(whole) == stories.questions[9].position < 300
    assert spelled(whole[1]) == [*stories.statements[0].connective, *stories.statements[1].words]
    assert len(parts) == sum(len(spelled(row)) - 1 for row in whole)
    assert spelled(parts[1]) == spelled(whole[0])[:2]


@pytest.mark.parametrize("row", ["oldest", "least used", "random"])
def test_with_slots_enough_managed_memory_answers_as_the_whole(row):
    from replication.training.memnn_slots import judge_with_slots, memory_of
    protocol = replace(PROTOCOL, world=World(statements=150, questions=60), epochs=1)
    seen = data(protocol, 0, "train")
    E_O, E_R, _ = train([protocol], [0], [seen])
    stories = generate(protocol.world, 1, "test")
    whole = judge(E_O[0], E_R[0], protocol, encode_sentences(stories, protocol))
    judged = {slots: judge_with_slots(E_O[0], E_R[0], protocol, stories,
                                      memory_of(row, slots, stories))
              for slots in (150, 3)}
    assert judged[150][0] == pytest.approx(whole["test_accuracy"])
    assert judged[150][1] > judged[3][1]
    assert judged[3][1] <= 3


def test_grouped_memory_searches_less():
    from replication.training.memnn_slots import judge_with_slots, memory_of
    protocol = replace(PROTOCOL, world=World(statements=150, questions=60), epochs=1)
    E_O, E_R, _ = train([protocol], [0], [data(protocol, 0, "train")])
    stories = generate(protocol.world, 1, "test")
    searched = {row: judge_with_slots(E_O[0], E_R[0], protocol, stories,
                                      memory_of(row, 150, stories))[1]
                for row in ("oldest", "groups")}
    assert searched["groups"] < searched["oldest"] / 2


def test_a_segmenter_is_the_same_alone_and_in_any_stack():
    protocols = [replace(PROTOCOL, words=True, epochs=1)] * 3
    sets = [[generate(World(statements=150, questions=60), seed, split) for seed in range(3)]
            for split in ("train", "test")]
    together = encode_words(protocols, [0, 1, 2], *sets)
    alone = encode_words(protocols[:1], [1], *[part[1:2] for part in sets])
    assert torch.equal(together[1][1].memory, alone[1][0].memory)
    assert torch.equal(together[0][1].supports, alone[0][0].supports)
