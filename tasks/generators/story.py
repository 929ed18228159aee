"""A story as the task modules make it, and its bytes in the official format."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """One line of a story: a statement, or a question with its answer.

    text      as written in the file, without its id. The released files keep a space after the
              question mark in some tasks and none in others; it is part of the text.
    answer    the answer as written (None for a statement)
    supports  the supporting facts: positions (from 0) in the story's list of lines, in file order
    """
    text: str
    answer: str | None = None
    supports: tuple[int, ...] = ()


def write_story(lines):
    """One story as text: ids from 1, 'id question<tab>answer<tab>id id' for a question.

    Raises ValueError where a supporting fact is not an earlier statement, which
    is a defect of the task's module.
    """
    written = []
    for position, line in enumerate(lines):
        label = f"{position + 1} {line.text}"
        if line.answer is not None:
            for support in line.supports:
                if not 0 <= support < position or lines[support].answer is not None:
                    raise ValueError(f"supporting fact {support} of {line.text!r} at {position} is "
                                     "not an earlier statement")
            label += f"\t{line.answer}\t{' '.join(str(s + 1) for s in line.supports)}"
        written.append(label + "\n")
    return "".join(written)
