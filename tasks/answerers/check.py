"""Compare a data folder with the answerers, question by question."""

import json
from dataclasses import asdict, dataclass, field
from importlib import resources

from tasks import babi
from tasks.answerers import NoAnswer, readings

SPLITS = ("train", "test")
MAPS = (4, 17, 18, 19)   # where a second answer is a fault of the map; no released file has one


@dataclass
class FileCheck:
    """What was found in one file.

    questions       how many there are
    answers_right   those whose answer is that of the preferred reading
    supports_right  those whose supporting facts are, too
    other_reading   those whose answer and supporting facts are another reading of the text
    exceptions      the lines of those of them where also the answer is another
    listed          whether exceptions are those that exceptions.json lists for the release
    unexplained     {line, question, file, answerer} of all others, each a disagreement
    """
    folder: str
    task: int
    split: str
    questions: int = 0
    answers_right: int = 0
    supports_right: int = 0
    other_reading: int = 0
    exceptions: list = field(default_factory=list)
    listed: bool = True
    unexplained: list = field(default_factory=list)


def check_file(path, folder, task, split):
    """FileCheck of one file; UserError if it is not in the bAbI format."""
    result = FileCheck(folder, task, split)
    for question in babi.read(path):
        result.questions += 1
        try:
            allowed = readings(task, question)
        except NoAnswer as reason:
            result.unexplained.append(_disagreement(question, str(reason)))
            continue
        several = dict.fromkeys(answer for answer, _ in allowed)
        if task in MAPS and len(several) > 1:
            result.unexplained.append(_disagreement(question, "ambiguous, the text allows "
                                                    + " and ".join(several)))
            continue
        _judge(result, question, allowed)
    result.listed = result.exceptions == listed_exceptions(folder, task, split)
    return result


def _judge(result, question, allowed):
    best_answer, best_supports = allowed[0]
    same_answer = question.answer == best_answer
    result.answers_right += same_answer
    if same_answer and not question.supports:  # the file names none: nothing to compare
        return
    if same_answer and question.supports == best_supports:
        result.supports_right += 1
    elif _is_reading(question, allowed):
        result.other_reading += 1
        if not same_answer:
            result.exceptions.append(question.line)
    else:
        result.unexplained.append(_disagreement(question, _shown(best_answer, best_supports)))


def _is_reading(question, allowed):
    return any(question.answer == answer and question.supports in (supports, ())
               for answer, supports in allowed)


def _disagreement(question, answerer):
    return {"line": question.line, "question": question.text,
            "file": _shown(question.answer, question.supports), "answerer": answerer}


def _shown(answer, supports):
    return f"{answer} (statements {', '.join(str(place + 1) for place in supports) or 'not given'})"


def listed_exceptions(folder, task, split):
    """The lines of a released file where the answer is not the preferred reading's."""
    text = resources.files(__package__).joinpath("exceptions.json").read_text(encoding="utf-8")
    return json.loads(text)["lines"].get(f"{folder}/{babi.file_name(task, split)}", [])


def as_json(checks):
    """The checks as a value that json.dumps takes."""
    return {"schema": 1, "files": [asdict(check) for check in checks]}
