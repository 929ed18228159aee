"""DEVIATIONS.md: its measured parts are the records', and what it says of figures."""

import re

from paper_tables import deviation_parts, language_model, readme, tables


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
