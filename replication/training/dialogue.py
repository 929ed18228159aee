"""Both models of Memory Networks at once (section 5.3): the one with the higher score answers.

The general model is that of section 5.1: k = 1, its memory the triples, its answer a triple.
The story model is that of section 5.2: k = 2 with time, its memory the statements of the dialogue,
its answer a word. The paper does not say on what scale their scores are compared; RULES are three.
"""

from dataclasses import dataclass

import numpy
import torch

from replication.models import memnn
from replication.models.memnn_bags import word_weights
from replication.training import memnn_world
from replication.training.large_scale_cells import Judge, run_of
from replication.training.memnn_large_scale import train as train_facts
from replication.training.memnn_large_scale_inputs import question_bags
from replication.training.random_streams import large_scale as generator
from replication.training.restarts import refuse_gpu, trained_of
from tasks import simulated_world
from tasks.errors import UserError
from tasks.knowledge_base import words_of

GENERAL, STORY = "general", "story"
RULES = {
    "higher score": lambda reply, usual: reply.score,                           # the paper's words
    "higher score a known word": lambda reply, usual: reply.score * reply.known,        # ours
    "higher standardised score": lambda reply, usual: (reply.score - usual[0]) / usual[1],  # ours
}
# Figure 4's statements and questions.
STATEMENTS = ("Fred went to the kitchen", "Fred picked up the milk", "Fred travelled to the office")
QUESTIONS = ("Where is the milk", "Where does milk come from", "What is a cow a type of",
             "Where are cattle found", "What does milk taste like", "What does milk go well with",
             "Where was Fred before the office")


@dataclass(frozen=True)
class Reply:
    """What one model answers.

    score    s_O(x, m_o1)
    known    the share of the question's words that the model knows
    support  the texts of the memories found
    """
    model: str
    answer: str
    score: float
    known: float
    support: tuple


class General:
    """The model of 5.1 over all triples. U, exact as in memnn_bags; exact: lambda of each word."""

    def __init__(self, judge, U, exact):
        self.memory, self.Phi, self.U, self.exact = judge.memory, judge.Phi, U, exact

    def reply(self, text):
        """Reply to a question, or None where it knows none of its words."""
        words = words_of(text)
        X = question_bags(self.memory, [words])
        if not X.nnz:
            return None
        s = (self.Phi @ word_weights(self.U, X, self.exact))[:, 0]
        best = int(s.argmax())
        triple = " ".join(self.memory.text(best))
        known = sum(word in self.memory.word_id for word in words) / len(words)
        return Reply(GENERAL, triple, float(s[best]), known, (triple,))


class Story:
    """The model of 5.2, reading a dialogue's statements. E_O, E_R (D, n)."""

    def __init__(self, E_O, E_R, protocol):
        self.E_O, self.E_R, self.protocol = E_O, E_R, protocol
        self.word_id = memnn_world.dictionary()
        self.layout = memnn.Layout(len(self.word_id), protocol.time_features)
        self.statements = []

    def begin(self, texts):
        """A dialogue that begins anew with these statements."""
        self.statements = []
        for text in texts:
            self.read(simple_words(text))

    def read(self, words):
        """Writes a statement to memory; UserError where no word of it is known."""
        if not self._known(words):
            raise UserError("no word of this statement is known to the story model; it knows: "
                            + " ".join(sorted(simulated_world.vocabulary())))
        self.statements.append(tuple(words))

    def reply(self, words):
        """Reply to a question's words, or None where it knows none of them or has no statement."""
        known = self._known(words)
        if not known or not self.statements:
            return None
        texts = [("<null>",), *map(self._known, self.statements)]
        memory = memnn.bags(texts, self.word_id, max(map(len, texts)))
        question = memnn.bags([known], self.word_id, len(known))
        data = memnn.Questions(memory, question, torch.tensor([1]), torch.tensor([len(texts)]),
                               null=True)
        supports = memnn.find_supports(self.E_O, self.layout, data, self.protocol.hops)
        scores = memnn.rank_words(self.E_R, self.layout, memory, question, supports)[0]
        x = memnn.embed(self.E_O[None], self.layout.input(question)[None])[0, 0]        # (n,)
        y = memnn.embed(self.E_O[None], self.layout.y(memory[supports[0]])[None])[0, 0]
        support = tuple(" ".join(self.statements[place - 1])
                        for place in supports[:, 0].tolist() if place)
        return Reply(STORY, list(self.word_id)[int(scores.argmax())], float(x @ y),
                     len(known) / len(words), support)

    def _known(self, words):
        return tuple(word for word in words if word in self.word_id)


@dataclass(frozen=True)
class Both:
    """The ensemble. usual: {model: (mean, deviation) of its scores on questions of its own}."""
    general: General
    story: Story
    usual: dict

    def replies(self, text):
        """The replies of the models that can answer. UserError for a question of no known word."""
        plain = simple_words(text)
        if not plain:
            raise UserError("the question is empty; ask for instance: where is the milk?")
        replies = [reply for reply in (self.story.reply(plain), self.general.reply(text))
                   if reply is not None]
        if not replies:
            raise UserError(f"no word of {text.strip()!r} is known to either model; ask in other "
                            "words")
        return replies

    def choose(self, replies, rule):
        """The reply that a rule of RULES prefers."""
        return max(replies, key=lambda reply: RULES[rule](reply, self.usual[reply.model]))

    def shown(self, text, rule):
        """A question as lines: which model answers, and what both found. UserError as `replies`."""
        replies = self.replies(text)
        choice = self.choose(replies, rule)
        lines = [f"  {text.strip().rstrip(' ?')}? A: {choice.answer}   [{choice.model} model]"]
        return "\n".join(lines + [f"      {reply.model}: {reply.answer}, score {reply.score:.2f}, "
                                  f"from: {'; '.join(reply.support)}" for reply in replies])


def simple_words(text):
    """The words of the simulated world's texts: lower case, without marks at a word's end."""
    return tuple(word for word in (word.strip(".,;:?!").lower() for word in text.split()) if word)


def train_both(judge, protocol, seed):
    """Both models of one seed, by a protocols.Dialogue: (Both, losses {name: (epochs,)})."""
    U, losses = train_facts(judge.memory, judge.paraphrases, protocol.facts, seed)
    general, world = General(judge, U, protocol.exact * judge.exact), protocol.world
    stories = simulated_world.generate(world.world, seed, "train")
    data = [memnn_world.encode_sentences(stories, world)]
    E_O, E_R, hinges = memnn_world.train([world], [seed], data)
    story = Story(E_O[0], E_R[0], world)
    return (Both(general, story, _usual(judge, general, story, world, seed)),
            {**losses, "story_loss": hinges[:, 0].sum(1).numpy()})


def _usual(judge, general, story, world, seed):
    """Mean and deviation of each model's score on its own questions, none of the test."""
    own = [q for q in judge.sets["extended"].questions if q.development][:200]
    replies = [general.reply(question.text) for question in own]
    scores = {GENERAL: [reply.score for reply in replies if reply],
              STORY: [story_reply(story, statements, question.words).score
                      for statements, question in
                      memnn_world.last_questions(world.world, 200, seed, "valid")]}
    return {name: (float(numpy.mean(values)), float(numpy.std(values)) or 1.0)
            for name, values in scores.items()}


def story_reply(story, statements, words):
    """The story model's reply after these statements alone."""
    story.statements = list(statements)
    return story.reply(words)


def train_cell(seeds, device, protocol, root):
    """Trains both models a seed; asks questions of both kinds in turn: record.Trained.

    A restart has `rules`: for each of RULES the share, in %, of questions that the right model
    answers (right_model, and of each kind), and of story questions answered right; and `dialogue`,
    Figure 4's questions with the replies and the rule that was best on other questions.
    """
    refuse_gpu(device, "the steps of both models")
    judge, runs = Judge.read(root, protocol.facts.exact_words), []
    for seed in seeds:
        both, losses = train_both(judge, protocol, seed)
        rules = judge_rules(judge, both, protocol, seed)
        runs.append(run_of(seed, losses, {
            "right_model": rules["higher score"]["right_model"], "rules": rules,
            "dialogue": conversation(both, STATEMENTS, QUESTIONS)}))
    return trained_of(runs, {})


def judge_rules(judge, both, protocol, seed):
    """{rule: figures} over as many general as story questions of the test."""
    stories = list(memnn_world.last_questions(protocol.world.world, protocol.questions // 2, seed,
                                              "test"))
    general = [q for q in judge.sets["extended"].questions if not q.development]
    rng = generator(seed, "dialogue")
    numbers = rng.choice(len(general), len(stories), replace=len(general) < len(stories))
    figures = {rule: {STORY: 0, GENERAL: 0, "answers": 0} for rule in RULES}
    for (statements, question), number in zip(stories, numbers):
        both.story.statements = list(statements)        # both questions are asked in this story
        for kind, text in ((STORY, " ".join(question.words)), (GENERAL, general[number].text)):
            replies = both.replies(text)
            for rule, counts in figures.items():
                reply = both.choose(replies, rule)
                counts[kind] += reply.model == kind
                counts["answers"] += kind == STORY and reply.answer == question.answer
    n = len(stories)
    return {rule: {"right_model": 50 * (counts[STORY] + counts[GENERAL]) / n,
                   "story_by_story": 100 * counts[STORY] / n,
                   "general_by_general": 100 * counts[GENERAL] / n,
                   "story_answers": 100 * counts["answers"] / n}
            for rule, counts in figures.items()}


def conversation(both, statements, questions):
    """[{question, model, answer, support} by each rule] of a dialogue that begins anew."""
    both.story.begin(statements)
    lines = []
    for text in questions:
        replies = both.replies(text)
        by_rule = {rule: both.choose(replies, rule).model for rule in RULES}
        lines.append({"question": text, "chosen": by_rule,
                      "replies": {reply.model: {"answer": reply.answer, "score": reply.score,
                                                "support": list(reply.support)}
                                  for reply in replies}})
    return lines
