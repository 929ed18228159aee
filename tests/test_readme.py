"""The front page: short, its program gives its figures, and the commands that it names exist."""

import importlib.util
import re
import subprocess
import sys

from paper_tables import picture, tables
from paper_tables.picture import NAME

README = tables.ROOT / "README.md"
TEXT = README.read_text(encoding="utf-8")


def test_the_front_page_is_short():
    assert TEXT.count("\n") < 120


def test_its_program_gives_the_mean_errors_of_its_table():
    program, = [block for block in re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
                if "results/reference" in block]
    assert program.count("\n") <= 12
    run = subprocess.run([sys.executable, "-c", program], cwd=tables.ROOT, text=True,
                         capture_output=True, check=True)
    given = dict(line.split() for line in run.stdout.splitlines())
    block = TEXT[TEXT.index("<!-- begin headline"):TEXT.index("<!-- end headline")]
    shown = {}
    for line in block.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) > 3 and re.fullmatch(r"[\d.]+", cells[2]):
            shown[re.sub(r"[^a-z0-9]+", "-", cells[0].lower()).strip("-")] = cells[2]
    assert given.keys() == shown.keys() and len(shown) == 12
    for column, figure in shown.items():
        assert abs(float(given[column]) - float(figure)) <= 0.0501, column


def test_every_command_of_the_pages_exists():
    pages = [README, tables.ROOT / "USING.md", *(tables.ROOT / "replication").glob("*.md"),
             *(tables.ROOT / "paper_tables").glob("*.md")]
    modules = {module for page in pages for module in re.findall(
        r"python -m ([\w.]+)", page.read_text(encoding="utf-8"))}
    assert len(modules) > 5
    assert not [module for module in modules if importlib.util.find_spec(module) is None]


def test_the_picture_has_every_cell_in_both_themes(built):
    drawn = {theme: built[tables.ROOT / "paper_tables" / f"{NAME}_{theme}.svg"]
             for theme in picture.THEMES}
    about = {theme: re.findall(r"<title>(.*?: published .*?)</title>", text)
             for theme, text in drawn.items()}
    assert about["light"] == about["dark"] and len(about["light"]) > 300
    assert all(f'paper_tables/{NAME}_{theme}.svg"' in TEXT for theme in drawn)
    for theme, text in drawn.items():
        colours = picture.THEMES[theme]
        outside = [line for line in about[theme] if re.search(r", (better|worse)\b", line)]
        # Each is a diamond, and the legend has one.
        assert text.count("l5 5l-5 5l-5-5z") == len(outside) + 1
        assert colours["paper"] in text and text.count("<svg ") == 1


def test_no_records_no_picture():
    assert picture.build([[], []]) == {}
