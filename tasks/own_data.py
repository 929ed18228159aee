"""What in files of one's own can be read, and yet may not be what was meant: one line each.

The reader (tasks/babi.py) refuses what breaks the format. What is here is whole, and makes a
result worse, or better, than it should be without anybody noticing.
"""

import re
import unicodedata
from collections import Counter, defaultdict

from tasks.babi import split_id, statements_of
from tasks.text_lines import lines
from tasks.words import is_question

SHOWN = 60   # characters of an example
# What stands in a question for the word that is asked: ____, XXXXX, [MASK], @placeholder, ...
BLANK_WORD = re.compile(r"(?<!\w)(_+|[xX]{3,}|@placeholder|[\[<](mask|blank)[\]>]|\.{3,}|…)(?!\w)",
                        re.IGNORECASE)
LAST_NUMBER = re.compile(r"\s\d+$")


def of_file(path):
    """Lines on what of a file in the bAbI format no question asks for."""
    stories, ends, last = 0, [], None      # last: where the latest line is a statement, and what
    for number, line in enumerate(lines(path), start=1):
        if not line.strip():
            continue
        label, text = split_id(line)
        if label == "1":
            stories, ends = stories + 1, ends + [last] * (last is not None)
        last = None if "\t" in text else (number, text)
    ends += [last] * (last is not None)
    if ends:
        number, text = ends[0]
        yield (f"{path}, line {number}: a statement that no question of its story follows, as in "
               f"{len(ends)} of {stories} stories, e.g. {_short(text)}: it is not seen; if it is a "
               "question, its tab was lost")


def notes(train, test, capacity):
    """Lines on the questions of a training and a test set (lists of tasks.babi.Question).

    capacity  the most statements that the model's memory holds
    """
    statements = list(statements_of([*train, *test]))
    yield from _answers(train, test)
    yield from _words(train, test)
    yield from _sentences(train, test, statements)
    yield from _memory(train, test, capacity)
    yield from _lost_tabs([*train, *test], statements)
    yield from _repeated(train, test)


def _answers(train, test):
    seen = {question.answer for question in train}
    new = [question.answer for question in test if question.answer not in seen]
    if new:
        yield (f"{len(new)} of {len(test)} test questions have an answer that no training question "
               f"has, e.g. {_short(new[0])}: a model cannot learn it")
    forms = defaultdict(Counter)
    for question in (*train, *test):
        forms[_bare(question.answer)][question.answer] += 1
    several = [form for form in forms.values() if len(form) > 1]
    if several:
        pair = " and ".join(_short(answer) for answer in list(several[0])[:2])
        yield (f"{sum(map(len, several))} answers differ from another only in marks or blanks, e.g. "
               f"{pair}: each is an answer of its own")


def _words(train, test):
    seen, new = ({word for sentence in (*_words_told(part), *(q.words for q in part))
                  for word in sentence} for part in (train, test))
    new -= seen
    if new:
        hit = sum(not seen.issuperset(question.words) for question in test)
        yield (f"{len(new)} words of the test set are in no training sentence, e.g. "
               f"{_short(min(new))}: what they mean cannot be learnt ({hit} test questions have "
               "such a word themselves)")


def _words_told(questions):
    return {statement.words for statement in statements_of(questions)}


def _sentences(train, test, statements):
    questions = [*train, *test]
    lengths = sorted(len(sentence.words) for sentence in (*statements, *questions))
    usual = lengths[int(0.95 * (len(lengths) - 1))]
    if lengths[-1] > 2 * usual and lengths[-1] >= usual + 5:
        odd = max((*statements, *questions), key=lambda sentence: len(sentence.words))
        in_training = lengths[-1] == max(map(len, (*_words_told(train), *(q.words for q in train))))
        where = "" if in_training else ", of the test set,"
        yield (f"the longest sentence{where} has {lengths[-1]} words, 95% have at most {usual}: {_short(odd.text)}; position encoding counts "
               "from the longest, so that it changes every sentence")
    single = sum(length == 1 for length in lengths)
    if single > len(lengths) / 2:
        one = next(s for s in (*statements, *questions) if len(s.words) == 1)
        yield (f"{single} of {len(lengths)} sentences are one word, e.g. {_short(one.text)}: words "
               "are what blanks divide")


def _memory(train, test, capacity):
    longest = max(len(question.statements) for question in train)
    N = max(1, min(capacity, longest))
    for part, name in ((train, "training"), (test, "test")):
        alone = [question for question in part if not question.statements]
        if alone:
            yield (f"no statement stands before {len(alone)} of {len(part)} {name} questions, e.g. "
                   f"{_short(alone[0].text)}: earlier questions and their answers are not seen")
        over = [len(question.statements) for question in part if len(question.statements) > N]
        if over:
            why = "" if longest > capacity else ", as many as the longest training story has"
            yield (f"{len(over)} of {len(part)} {name} questions have up to {max(over)} statements "
                   f"before them; the memory holds the last {N}{why}")


def _lost_tabs(questions, statements):
    texts = [statement.text for statement in statements]
    answers = {question.answer for question in questions}
    gaps = [text for text in texts if re.search(r"\s\s", text)]
    if gaps:
        yield (f"{len(gaps)} of {len(texts)} statements have several blanks in a row, e.g. "
               f"{_short(gaps[0])}: if these were tabs, they are questions")
    told = [q.text for q in questions
            if not is_question(q.text) and not BLANK_WORD.search(q.text)]
    if told and len(told) < len(questions) / 10:
        yield (f"{len(told)} of {len(questions)} questions have no question mark at their end, as "
               f"the others have, e.g. {_short(told[0])}: a line with a tab is a question")
    asks = [s.text for s in statements if BLANK_WORD.search(s.text)] if any(
        BLANK_WORD.search(question.text) for question in questions) else []
    if asks:
        yield (f"{len(asks)} of {len(texts)} statements have the mark of a blank that questions "
               f"have, e.g. {_short(asks[0])}: without a tab they are statements")
    numbered = [s.text for s in statements if LAST_NUMBER.search(s.text) and len(s.words) > 1
                and s.words[-2] in answers]
    if numbered and len(numbered) < len(texts) / 2:
        yield (f"{len(numbered)} of {len(texts)} statements end in an answer and a number, e.g. "
               f"{_short(numbered[0])}: if they are questions, their tabs were lost")
    answered = [q.answer for q in questions if not q.supports and LAST_NUMBER.search(q.answer)
                and LAST_NUMBER.sub("", q.answer) in answers]
    if answered:
        yield (f"{len(answered)} of {len(questions)} answers are another one with a number behind "
               f"it, e.g. {_short(answered[0])}: if it is a supporting fact, a tab was lost")
    if any(question.supports for question in questions):
        bare = [q for q in questions if not q.supports and q.answer.isdecimal()]
        if bare:
            yield (f"{len(bare)} of {len(questions)} questions have a number for an answer and no "
                   f"supporting fact, e.g. {_short(bare[0].text)}: if the number is one, a tab was "
                   "lost")


def _repeated(train, test):
    seen = {key for key, _ in _with_story(train)}
    again = [question for key, question in _with_story(test) if key in seen]
    if again:
        yield (f"{len(again)} of {len(test)} test questions stand in the training set with the "
               f"same story, e.g. {_short(again[0].text)}: these can be known by heart")


def _with_story(questions):
    """(What stands for a question and its story, the question). A story is walked once."""
    before, story = (), 0
    for question in questions:
        now = question.statements
        story = story if now.continues(before) else 0
        for statement in now.behind(before):
            story = hash((story, statement.words))
        yield (story, question.words), question
        before = now


def _bare(answer):
    """An answer without marks and blanks, its compatible characters as one."""
    text = unicodedata.normalize("NFKC", answer).casefold()
    return "".join(filter(str.isalnum, text)) or answer


def _short(text):
    text = " ".join(text.split())
    return repr(text if len(text) <= SHOWN else text[:SHOWN - 3] + "...")
