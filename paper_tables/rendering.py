"""Pages that open from a file: jinja2 templates of paper_tables/templates, filled and whole."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

TEMPLATES = Path(__file__).with_name("templates")


def render(name, **values):
    """The page of one template, which may include other files of its folder.

    Texts are escaped, except where the template says `safe`. A name that the template uses and
    that is not in values is an error.
    """
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True,
                              undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
                              keep_trailing_newline=True)
    return environment.get_template(name).render(values)
