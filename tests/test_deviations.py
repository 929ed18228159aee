"""Choices: their table from records whose errors are known, and what their page says of figures."""

import re

from paper_tables import deviation_parts, deviations, language_model, readme, tables
from tests.helpers import fake_records


def write(folder, column, task, errors):
    entries = [{"seed": seed, "status": "ok", "train_error": 0.0, "train_loss": seed / 100,
                "online_train_error": 0.0, "test_error": error, "n_wrong": round(10 * error),
                "n_test": 1000} for seed, error in enumerate(errors)]
    content = fake_records.record(column, task, entries) | {"experiment": folder.name}
    fake_records.write(folder, content)


VARIANTS = ("encoding as printed", "time word not weighed")


def test_differences_and_the_tasks_that_move(tmp_path):
    for task in range(1, 21):
        base = [10.0, 12.0] * 5
        write(tmp_path / deviations.BASE_SCRIPT, deviations.BASE, task, base + [99.0] * 3)
        for variant in VARIANTS:
            worse = variant == "encoding as printed" and task == 7
            write(tmp_path / deviations.SCRIPT, variant, task, [e + 20 * worse for e in base])
    write(tmp_path / deviations.SCRIPT, "begun", 1, [1.0] * 10)
    files = deviations.build(tmp_path)
    lines = files["memn2n_deviations.csv"].splitlines()
    assert lines[1] == "MemN2N PE LS: the released code's,10,10.0,11.0,–,–,–"
    assert lines[2] == "encoding as printed,10,11.0,12.0,+1.00,0.11,7 (+20.0)"
    assert lines[3] == "time word not weighed,10,10.0,11.0,+0.00,0.11,none"
    assert len(lines) == 4  # and not the variant that lacks tasks


def test_no_table_while_a_record_is_missing(tmp_path):
    write(tmp_path / deviations.BASE_SCRIPT, deviations.BASE, 1, [1.0] * 10)
    assert deviations.build(tmp_path) == {}


PAGE = tables.ROOT / "replication" / "DEVIATIONS.md"


def test_the_page_has_every_part_from_records(built):
    text = built[PAGE]
    assert text == PAGE.read_text(encoding="utf-8")
    parts = {match["name"]: match.group() for match in readme.MARKERS.finditer(text)}
    assert parts.keys() == deviation_parts.build(tables.ROOT / "results" / "reference").keys()
    reference = tables.ROOT / "results" / "reference"
    language = (language_model.SCRIPT, language_model.VARIANTS)
    not_run = set() if any((reference / name).exists() for name in language) else {
        "language-model"}
    assert {name for name, part in parts.items() if deviation_parts.NOTHING in part} == not_run


def test_without_records_the_parts_say_so(tmp_path):
    assert set(deviation_parts.build(tmp_path).values()) == {deviation_parts.NOTHING}


def test_figures_typed_by_hand_are_the_papers():
    """Outside the markers a number with decimals is a setting below 1, or stands in a paragraph
    that says what the paper has; what was tried without a record has no figure."""
    text = readme.MARKERS.sub("", PAGE.read_text(encoding="utf-8"))
    text = re.sub(r"arXiv:\d+\.\d+|[Ss]ections? \d(\.\d)+|(release|is) 1\.[12]", "", text)
    for paragraph in re.split(r"\n\s*\n|\n(?=\d+\. )", text):
        figures = re.findall(r"(?<![\d.(])[1-9]\d*\.\d+", paragraph)
        assert not figures or re.search(r"[Pp]aper|published", paragraph), paragraph
    assert text.count("trial, not recorded") > 5
