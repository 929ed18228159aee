"""Figure 4: the ensemble of both models answers, or says in one line why it cannot."""

import json
import sys
from io import StringIO

import pytest

from replication import memnn_figure4_dialogue
from replication.training import dialogue
from replication.training.dialogue import GENERAL, RULES, STORY, Reply, train_both
from replication.training.large_scale_cells import Judge
from replication.training.protocols import Dialogue
from tasks import openqa, simulated_facts
from tasks.errors import UserError


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    root = tmp_path_factory.mktemp("facts")
    simulated_facts.write(root / openqa.FOLDER, seed=0, names=12, facts=120)
    return train_both(Judge.read(root), memnn_figure4_dialogue.small(Dialogue()), seed=0)[0]


def test_both_models_get_every_question(both):
    both.story.statements = []
    assert [reply.model for reply in both.replies("Where is the milk?")] == [GENERAL]
    both.story.read(("fred", "got", "the", "milk"))
    both.story.read(("fred", "went", "to", "the", "garden"))
    replies = both.replies("Where is the milk?")
    assert [reply.model for reply in replies] == [STORY, GENERAL]
    story, general = replies
    assert story.known == 1 and set(story.support) <= {"fred got the milk",
                                                       "fred went to the garden"}
    assert general.answer == general.support[0] and 0 < general.known < 1


def test_the_rules(both):
    replies = [Reply(STORY, "garden", 5.0, 0.5, ()), Reply(GENERAL, "a b c", 4.0, 1.0, ())]
    scaled = dialogue.Both(both.general, both.story, {STORY: (6.0, 1.0), GENERAL: (1.0, 2.0)})
    chosen = {rule: scaled.choose(replies, rule).model for rule in RULES}
    assert chosen == {"higher score": STORY, "higher score a known word": GENERAL,
                      "higher standardised score": GENERAL}


def test_questions_that_cannot_be_answered_are_one_line(both):
    for text, complaint in (("", "the question is empty"), (" ? ", "the question is empty"),
                            ("xyzzy plugh?", "no word of 'xyzzy plugh\\?' is known")):
        with pytest.raises(UserError, match=complaint) as error:
            both.replies(text)
        assert "\n" not in str(error.value)
    with pytest.raises(UserError, match="no word of this statement is known"):
        both.story.read(("xyzzy",))


def test_smoke(tmp_path):
    assert memnn_figure4_dialogue.main(["--smoke", "--restarts", "1",
                                        "--results", str(tmp_path)]) == 0
    path, = tmp_path.rglob("*.json")
    restart, = json.loads(path.read_text())["restarts"]
    assert list(restart["rules"]) == list(RULES)
    assert restart["right_model"] == restart["rules"]["higher score"]["right_model"]
    assert [line["question"] for line in restart["dialogue"]] == list(dialogue.QUESTIONS)
    for figures in restart["rules"].values():
        kinds = figures["story_by_story"], figures["general_by_general"]
        assert figures["right_model"] == pytest.approx(sum(kinds) / 2)


def test_interactive(monkeypatch, capsys):
    said = "Joe got the apple.\nWhere is the apple?\nqwertz?\n"
    monkeypatch.setattr(sys, "stdin", StringIO(said))
    assert memnn_figure4_dialogue.main(["--smoke", "--interactive"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == ". ".join(dialogue.STATEMENTS) + "."
    assert any(line.startswith("  Where is the apple? A: ") for line in lines)
    assert lines[-1].startswith("no word of 'qwertz?' is known")
