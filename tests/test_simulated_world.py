"""The simulated world: its stories obey its rules, and its answers follow from the statements."""

from collections import Counter
from dataclasses import replace

import pytest

from tasks import simulated_world
from tasks.errors import UserError
from tasks.simulated_world import ACTORS, KINDS, OBJECTS, ROOMS, VERBS, World, generate

WORLDS = [World(kind=kind, difficulty=difficulty) for kind in KINDS for difficulty in (1, 5)]


def told(statement):
    """An action read back from its words alone: (actor, command, thing)."""
    actor, *rest = statement.words
    command = next(command for command, phrases in VERBS.items()
                   if any(tuple(rest[:len(phrase)]) == phrase for phrase in phrases))
    return actor, command, next(word for word in rest if word in OBJECTS + ROOMS)


@pytest.mark.parametrize("world", WORLDS, ids=lambda w: f"{w.kind} {w.difficulty}")
def test_nobody_does_what_the_paper_rules_out(world):
    stories = generate(world, 3, "train")
    assert (len(stories.statements), len(stories.questions)) == (7000, 3000)
    room, holder, place = {}, {}, {}
    for statement in stories.statements:
        actor, command, thing = told(statement)
        assert (actor, command, thing) == (statement.actor, statement.command, statement.thing)
        if command == "go":
            assert room.get(actor) != thing
            room[actor] = thing
        elif command == "get":
            assert holder.get(thing) is None
            if None not in (room.get(actor), place.get(thing)):
                assert place[thing] == room[actor]
            holder[thing] = actor
        else:
            assert holder[thing] == actor
            holder[thing], place[thing] = None, room.get(actor)
    commands = Counter(statement.command for statement in stories.statements)
    assert set(commands) == ({"go", "get", "drop"} if KINDS[world.kind]["objects"] else {"go"})


@pytest.mark.parametrize("world", WORLDS, ids=lambda w: f"{w.kind} {w.difficulty}")
def test_answers_and_supports_follow_from_what_was_told(world):
    stories = generate(world, 4, "test")
    visits = {actor: [] for actor in ACTORS}           # (position, room) of each move
    touched = {}                                       # object: (position, command, actor)
    questions = iter(stories.questions)
    question = next(questions)
    for position, statement in enumerate(stories.statements):
        actor, command, thing = told(statement)
        if command == "go":
            visits[actor].append((position, thing))
        else:
            place = visits[actor][-1] if visits[actor] else None
            touched[thing] = (position, command, actor, place)
        while question is not None and question.position == position + 1:
            if question.kind == "actor":
                expected = [visits[question.entity][-1]]
            elif question.kind == "before":
                history = visits[question.entity]
                last = max(i for i, (_, room) in enumerate(history) if room == question.words[-1])
                expected = [history[last], history[last - 1]]
            else:
                when, action, who, place = touched[question.entity]
                expected = [(when, None), visits[who][-1] if action == "get" else place]
            assert question.supports == tuple(where for where, _ in expected)
            assert question.answer == expected[-1][1]
            assert question.start == 0
            question = next(questions, None)
    assert question is None


@pytest.mark.parametrize("difficulty", [1, 5])
def test_the_entity_was_mentioned_in_the_last_statements(difficulty):
    stories = generate(World(difficulty=difficulty), 5, "train")
    distances = Counter()
    for question in stories.questions:
        recent = stories.statements[max(0, question.position - difficulty):question.position]
        assert any(question.entity in statement.words for statement in recent)
        distances[question.position - question.supports[0]] += 1
    assert max(distances) <= difficulty
    assert len(distances) == difficulty


def test_supports_of_objects_lie_far_back():
    stories = generate(World(), 0, "train")
    distance = max(q.position - min(q.supports) for q in stories.questions if q.kind == "object")
    assert 25 <= distance <= 100                       # the paper: up to 65


def test_kinds_of_questions():
    asked = {kind: {q.kind for q in generate(World(kind=kind), 0, "train").questions}
             for kind in KINDS}
    assert asked == {"actor without before": {"actor"}, "actor": {"actor", "before"},
                     "actor without before + object": {"actor", "object"},
                     "actor + object": {"actor", "before", "object"}}


def test_the_same_key_gives_the_same_data_and_others_do_not():
    world = World(statements=200, questions=50)
    assert generate(world, 1, "train") == generate(world, 1, "train")
    different = [generate(world, 1, "train"), generate(world, 2, "train"),
                 generate(world, 1, "test"), generate(replace(world, difficulty=1), 1, "train")]
    assert len({stories.statements for stories in different}) == 4


def test_one_stream_of_draws_leaves_the_others_as_they_were():
    world = World(statements=300, questions=80)
    first, second = (generate(w, 1, "train") for w in (world, replace(world, there_share=0.9)))
    actions = lambda stories: [(s.actor, s.command, s.thing) for s in stories.statements]
    assert actions(first) == actions(second)
    assert first.questions == second.questions
    assert first.statements != second.statements


def test_a_question_ends_the_sentence_before_it():
    stories = generate(World(), 0, "train")
    joined = Counter(statement.connective for statement in stories.statements)
    assert set(joined) == set(simulated_world.CONNECTIVES)
    for question in stories.questions:
        assert stories.statements[question.position - 1].connective == (".",)


def test_fewer_joining_phrases_change_nothing_else():
    world = World(statements=300, questions=80)
    every, few = (generate(w, 1, "train") for w in (world, replace(world, joining_phrases=3)))
    assert {s.connective for s in few.statements} == set(simulated_world.CONNECTIVES[:3])
    assert few.questions == every.questions
    assert [s.words for s in few.statements] == [s.words for s in every.statements]
    for number in (0, 10):
        with pytest.raises(UserError, match="joining_phrases"):
            World(joining_phrases=number)


def test_short_stories_start_anew():
    stories = generate(World(story_length=20, statements=400, questions=100), 0, "train")
    assert len({q.start for q in stories.questions}) > 10
    for question in stories.questions:
        assert question.start % 20 == 0
        assert question.start <= min(question.supports) < question.position <= question.start + 20


def test_every_word_is_in_the_vocabulary():
    words = set(simulated_world.vocabulary())
    stories = generate(World(), 0, "train")
    used = {word for s in stories.statements for word in s.words + s.connective}
    used |= {word for q in stories.questions for word in (*q.words, q.answer)}
    assert used <= words


def test_mistakes_are_named():
    with pytest.raises(UserError, match="kind 'actors' is unknown"):
        World(kind="actors")
    with pytest.raises(UserError, match="only 3 of 4 questions"):
        generate(World(statements=4, questions=4, difficulty=1), 3, "train")
    with pytest.raises(UserError, match="split 'dev' is unknown"):
        generate(World(), 0, "dev")


def test_questions_come_in_the_order_in_which_they_are_asked():
    world = World(kind="actor without before + object", difficulty=5)
    for seed in range(3):
        positions = [question.position for question in generate(world, seed, "test").questions]
        assert positions == sorted(positions)
