"""The page that answers, in a browser: as Python answers, and by keyboard alone."""

import json

import numpy as np
import pytest
import torch

from paper_tables import ask_page
from replication.training.memn2n_batches import Batches
from replication.models.memn2n import MemN2N
from replication.training.memn2n_inputs import Encoded, Split
from tests.helpers.asked import checkpoint_of, copied, page_text
from tests.helpers.browser import evaluate, needs_chromium

QUESTIONS, SEED = 50, 1            # a task, other than those whose stories are in the page
JOINT = 5                          # every fifth of these is asked of the joint model too


@pytest.fixture(scope="module")
def text():
    return page_text()


@pytest.fixture(scope="module")
def stored(text):
    return ask_page.stored_in(text)


def by_python(checkpoint, questions):
    """Probabilities [(V,)] and attention [(K, N)] of each question, in float64."""
    index = {word: i for i, word in enumerate(checkpoint.words)}
    statements = [s for q in questions for s in q.statements[-checkpoint.N:]]

    def padded(sentences):
        table = np.zeros((len(sentences), checkpoint.J - 1), dtype=np.int64)
        for i, sentence in enumerate(sentences):
            table[i, :len(sentence)] = [index[word] for word in sentence]
        return table

    stories, lengths, row = np.zeros((len(questions), checkpoint.N), dtype=np.int64), [], 1
    for i, question in enumerate(questions):
        n = min(len(question.statements), checkpoint.N)
        stories[i, :n] = range(row + n - 1, row - 1, -1)  # the most recent first
        lengths.append(n)
        row += n
    none = np.zeros(len(questions), dtype=np.int64)
    split = Split(stories, np.array(lengths), np.arange(len(questions)), none, none)
    encoded = Encoded(checkpoint.words, padded([(), *(s.words for s in statements)]),
                      padded([q.words for q in questions]), len(statements) + 1, checkpoint.J,
                      checkpoint.N, split, split)
    model = checkpoint.model
    model = MemN2N(model.form, model.E.double(), model.H and model.H.double(), checkpoint.N,
                   checkpoint.J)
    X, x_q, where, _ = (x[0] for x in Batches(encoded, model.form, "cpu").take(
        split, torch.arange(len(questions))[None, None]))
    scores, hops = model.answer(X.double(), x_q.double(), where)
    return scores[0].softmax(-1).numpy(), torch.stack([p[0] for p in hops], 1).numpy()


ANSWERS = """\
const answers = {};
for (const [key, questions] of Object.entries(%s)) {
  const model = model_of(stored.models[key]);
  answers[key] = questions.map(({statements, question}) => {
    const {probabilities, attention} = model.answer(statements.map(words_of), words_of(question));
    return {probabilities, attention};
  });
}
return answers;"""


@needs_chromium
def test_probabilities_and_attention_are_pythons(text, stored, tmp_path):
    by_key = {key: ask_page.simulated(int(key), QUESTIONS, SEED)
              for key in stored["models"] if key != "joint"}
    assert len(by_key) == 20 and {len(questions) for questions in by_key.values()} == {QUESTIONS}
    by_key["joint"] = [q for questions in by_key.values() for q in questions[::JOINT]]
    assert by_key.keys() == stored["models"].keys()
    asked = {key: [{"statements": [s.text for s in q.statements], "question": q.text}
                   for q in questions] for key, questions in by_key.items()}
    answers = evaluate(text, ANSWERS % json.dumps(asked), tmp_path)
    for key, questions in by_key.items():
        probabilities, attention = by_python(checkpoint_of(stored["models"][key]), questions)
        mine = [np.array([answer[part] for answer in answers[key]])
                for part in ("probabilities", "attention")]
        np.testing.assert_allclose(mine[0], probabilities, rtol=0, atol=1e-5, err_msg=key)
        np.testing.assert_allclose(mine[1], attention, rtol=0, atol=1e-5, err_msg=key)


# What a person does: each name of `steps` is what the page shows then.
DRIVE = """\
const steps = {}, row = i => at("story").tBodies[0].rows[i];
const field = i => row(i).querySelector("textarea");
const type = (input, text) => {
  input.focus(); input.value = text; input.dispatchEvent(new Event("input", {bubbles: true})); };
const press = (key, options = {}) => document.activeElement.dispatchEvent(
  new KeyboardEvent("keydown", {key, bubbles: true, cancelable: true, ...options}));
const shown = () => ({
  statements: state.statements.map((_, i) => field(i).value), said: at("said").textContent,
  numbers: [...at("answers").querySelectorAll(".share")].map(share => share.textContent),
  verdict: at("verdict").textContent, facts: state.statements.map(
    (_, i) => row(i).querySelector(".support").textContent),
  problems: state.statements.map((_, i) => row(i).querySelector(".problem").textContent),
  hops: [...at("story").tBodies[0].rows].map(tr => [...tr.querySelectorAll(".hop")].map(
    cell => cell.textContent)),
  without: state.statements.map(
    (_, i) => row(i).querySelector("[data-action=without]").textContent),
  classes: state.statements.map((_, i) => row(i).className),
  what_if: at("what-if").hidden ? "" : at("what-if").firstChild.textContent,
  question: at("question-problem").textContent,
  focus: document.activeElement.closest("#story tr")?.dataset.i ?? document.activeElement.id,
  task: at("task").value, which: document.querySelector("[name=which]:checked").value,
  undo: !at("undo").disabled});
const step = name => { steps[name] = shown(); };
"""
STEPS = """\
step("opened");
field(1).focus(); press("Enter"); step("added");
type(field(2), "Daniel flew to the gardn."); step("unknown");
press("z", {altKey: true}); press("z", {altKey: true}); step("undone");
field(1).focus(); press("ArrowUp", {altKey: true}); step("moved"); press("z", {altKey: true});
field(2).focus(); press("w", {altKey: true}); step("without"); press("Escape"); step("left");
press("w", {altKey: true}); press("k", {altKey: true}); step("kept"); press("z", {altKey: true});
field(0).focus(); press("s", {altKey: true}); field(3).focus(); press("s", {altKey: true});
step("swapped"); press("Escape");
field(0).focus(); press("ArrowDown"); step("down");
type(field(1), ""); press("Backspace"); step("deleted");
type(at("question"), "Where is Nobody?"); step("nobody");
at("again").click(); step("again");
at("blank").click(); step("blank");
type(field(0), "Mary went to the kitchen."); type(at("question"), "Where is Mary?"); step("own");
type(field(0), "Mary went to the kitchen.\\nJohn went to the garden."); step("pasted");
go("4", "own", 0); field(1).focus(); press("Enter"); type(field(2), state.statements[0].text);
step("forgotten");
at("task").value = "2"; at("task").dispatchEvent(new Event("change", {bubbles: true}));
step("task");
if (stored.models.joint) { document.querySelector("[value=joint]").click(); step("joint"); }
at("next").click(); step("next");
steps.controls = [...document.querySelectorAll("select, input, textarea, button, a, summary")].map(
  control => [control.tabIndex, control.labels?.length || control.textContent.trim()
              || control.getAttribute("aria-label") || ""]);
steps.wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
return steps;"""


@pytest.fixture(scope="module")
def steps(text, tmp_path_factory):
    return evaluate(text, DRIVE + STEPS, tmp_path_factory.mktemp("driven"), "--window-size=500,900")


def told(step):
    return step["statements"]


@needs_chromium
def test_a_story_stands_there_with_its_answer_and_attention(steps, stored):
    first, story = steps["opened"], stored["stories"]["1"][0]
    assert told(first) == story["statements"]
    assert [i for i, mark in enumerate(first["facts"]) if mark == "◆"] == story["facts"]
    answer = first["said"].split()[0]
    assert first["verdict"] == ("✓ That is right." if answer == story["answer"] else
                                f"✗ The right answer is {story['answer']}.")
    # With what the empty memory has, a hop's shares are the whole.
    for k in range(stored["models"]["1"]["form"]["K"]):
        assert sum(float(hops[k]) for hops in first["hops"]) == pytest.approx(100, abs=0.6)
    assert 1 < len(first["numbers"]) <= 5 and ", then " in first["said"]


@needs_chromium
def test_editing_by_keyboard(steps, stored):
    story = stored["stories"]["1"][0]["statements"]
    assert told(steps["added"]) == story[:2] + [""] + story[2:] and steps["added"]["focus"] == "2"
    assert told(steps["undone"]) == story and not steps["undone"]["undo"]
    assert told(steps["moved"]) == [story[1], story[0], *story[2:]]
    assert steps["moved"]["focus"] == "0" and steps["down"]["focus"] == "1"
    assert told(steps["deleted"]) == [story[0], *story[2:]] and steps["deleted"]["focus"] == "0"
    assert "◆" not in steps["deleted"]["facts"]
    assert steps["deleted"]["verdict"].startswith("Before you changed the story, the right answer")
    assert steps["again"]["statements"] == story and steps["again"]["verdict"] == \
        steps["opened"]["verdict"]


@needs_chromium
def test_words_that_the_model_does_not_know_are_named(steps):
    unknown = steps["unknown"]
    problem = unknown["problems"][2]
    assert problem.startswith("Left out: the model does not know “flew”")
    assert "“gardn” (perhaps “garden”)" in problem
    assert set(unknown["hops"][2]) == {"–"} and unknown["said"] == steps["opened"]["said"]
    assert steps["nobody"]["question"].startswith("No answer: the model does not know “nobody”")
    assert steps["nobody"]["said"].startswith("No answer")


@needs_chromium
def test_what_if_a_statement_were_taken_away(steps):
    before, tried, kept = steps["opened"], steps["without"], steps["kept"]
    assert tried["what_if"].startswith("What if statement 3 were taken away? The answer ")
    assert "away" in tried["classes"][2] and told(tried) == told(before)
    word, share = before["without"][2].rsplit(" ", 1)
    assert tried["said"].startswith(f"{word} {share}, then ") and tried["said"] == kept["said"]
    assert [hop.split("was ")[1] for hop in tried["hops"][1]] == before["hops"][1]
    assert [hop.split("was ")[0] for hop in tried["hops"][1]] == kept["hops"][1]
    assert tried["hops"][2] == [f"–was {hop}" for hop in before["hops"][2]]
    assert steps["left"] == {**before, "focus": "2"}
    assert told(kept) == told(before)[:2] + told(before)[3:]


@needs_chromium
def test_what_if_two_statements_were_swapped(steps):
    tried = steps["swapped"]
    assert tried["what_if"].startswith("What if statements 1 and 4 were swapped? The answer ")
    assert [i for i, name in enumerate(tried["classes"]) if "moved" in name] == [0, 3]
    assert told(tried) == told(steps["opened"])
    assert [hop.split("was ")[1] for hop in tried["hops"][0]] == steps["opened"]["hops"][0]


@needs_chromium
def test_a_story_of_ones_own_and_other_models(steps, stored):
    assert told(steps["blank"]) == [""] and steps["blank"]["said"].startswith("No answer")
    assert ", then " in steps["own"]["said"] and steps["own"]["verdict"] == ""
    assert told(steps["pasted"]) == ["Mary went to the kitchen.", "John went to the garden."]
    forgotten, N = steps["forgotten"], stored["models"]["4"]["N"]
    assert forgotten["problems"][0] == f"Forgotten: the memory holds {N} statements."
    assert told(steps["task"]) == stored["stories"]["2"][0]["statements"]
    if "joint" in steps:
        assert steps["joint"]["which"] == "joint" and told(steps["joint"]) == told(steps["task"])
    assert told(steps["next"]) == stored["stories"]["2"][1]["statements"]


@needs_chromium
def test_the_keyboard_reaches_every_control_and_a_phone_shows_the_page(steps):
    assert all(index == 0 and name for index, name in steps["controls"])
    assert steps["wide"] == 0


@needs_chromium
def test_a_link_leads_to_its_story_and_a_model_that_is_not_there_to_the_other(text, tmp_path):
    at = evaluate(text, DRIVE + 'step("at"); return steps.at;', tmp_path,
                  fragment="#task=7&model=joint&story=3")
    assert at["task"] == "7" and at["which"] == "joint"
    assert told(at) == ask_page.stored_in(text)["stories"]["7"][2]["statements"]
    copied(tmp_path)
    [other] = ask_page.build(tmp_path)[0].values()
    at = evaluate(other, DRIVE + 'step("at"); return steps.at;', tmp_path,
                  fragment="#task=2&model=joint")
    assert at["task"] == "2" and at["which"] == "own"
