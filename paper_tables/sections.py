"""A page of words, tables of text and pictures: written once, as Markdown and in the report."""

from dataclasses import dataclass

from paper_tables import layout


@dataclass(frozen=True)
class Lines:
    """A table: header and lines of text. sentences: too long to be padded."""
    header: list
    lines: list
    sentences: bool = False


@dataclass(frozen=True)
class Picture:
    """A picture beside the page, in one file or in one for each theme; about: what it shows."""
    about: str
    light: str
    dark: str = ""


@dataclass(frozen=True)
class Section:
    """title; parts, in order: words (Markdown's, a paragraph each), Lines, Picture, Section."""
    title: str
    parts: list


def page(name, section, header, lines):
    """{name: (Section, its CSV)}: a page and the same for other programs; {} without lines."""
    return {name: (section, (f"{name}.csv", layout.as_csv(header, lines)))} if lines else {}


def files(pages):
    """{file name: text} of {name: (Section, then (file name, text) of each file beside it)}."""
    return {file: text for name, (section, *beside) in pages.items()
            for file, text in ((f"{name}.md", markdown(section)), *beside)}


def markdown(section, level=1):
    """The section as a Markdown page."""
    return "\n\n".join(_markdown(section, level)) + ("\n" if level == 1 else "")


def _markdown(section, level):
    yield f"{'#' * level} {section.title}"
    for part in section.parts:
        if isinstance(part, Section):
            yield markdown(part, level + 1)
        elif isinstance(part, Lines):
            table = layout.as_plain_markdown if part.sentences else layout.as_markdown
            yield table(part.header, part.lines)
        elif isinstance(part, Picture):
            yield _picture(part)
        else:
            yield part


def _picture(part):
    if not part.dark:
        return f"![{part.about}]({part.light})"
    return (f'<picture><source media="(prefers-color-scheme: dark)" srcset="{part.dark}">'
            f'<img src="{part.light}" alt="{part.about}"></picture>')


def flat(section):
    """What the report shows below the title: (kind, what it is), one after another.

    Kinds: "words" and "heading" with text, "lines" with Lines, "picture" with Picture.
    """
    for part in section.parts:
        if isinstance(part, Section):
            yield "heading", part.title
            yield from flat(part)
        else:
            yield {Lines: "lines", Picture: "picture"}.get(type(part), "words"), part
