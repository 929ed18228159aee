"""The report in a browser: it opens, fits, filters, and its colours stay apart."""

import re

import numpy as np
import pytest

from paper_tables.table import STATUSES
from replication.records.record import slug
from paper_tables.rendering import TEMPLATES
from tests.helpers.browser import evaluate, needs_chromium, opened
from tests.helpers.report_page import HERE, Page

DRIVE = """\
const shown = () => ({
  lines: document.querySelectorAll("tbody.cell:not(.out)").length,
  marks: [...document.querySelectorAll(".mark:not(.out)")].map(mark => mark.dataset.status),
  tables: [...document.querySelectorAll("section[data-group]:not(.out)")].map(part => part.id),
  said: document.getElementById("shown").value});
const choose = (id, value) => {
  const field = document.getElementById(id);
  field.value = value; field.dispatchEvent(new Event("change", {bubbles: true})); };
const press = status => document.querySelector(`[data-by=${status}]`).click();
"""
STEPS = """\
const steps = {all: shown()};
press("better"); press("worse"); steps.outside = shown();
press("better"); press("worse"); steps.again = shown();
choose("by-paper", "memn2n"); steps.paper = shown();
choose("by-column", "memn2n-table1-babi-1k-memn2n-pe"); steps.column = shown();
choose("by-paper", "memnn"); steps.other = shown();
location.hash = "#memn2n-table1-babi-1k-memn2n-pe-5"; follow();
steps.opened = document.querySelector(":target").parentNode.querySelector("details").open;
return steps;"""
# What is wider than its place, and where headings stand when the page is scrolled.
LAYOUT = """\
const wide = [...document.querySelectorAll(".wide")].filter(
  part => part.scrollWidth > part.clientWidth).map(part => part.firstChild.className);
const right = Math.max(...[...document.querySelectorAll(".glance td")].map(
  cell => cell.getBoundingClientRect().right));
window.scrollTo(0, document.querySelector(".glance tbody").getBoundingClientRect().top + 100);
const head = document.querySelector(".glance th").getBoundingClientRect().top;
const bar = document.getElementById("filter").getBoundingClientRect();
return {page: document.documentElement.scrollWidth - document.documentElement.clientWidth,
        room: document.documentElement.clientWidth, wide, right, head, bar: [bar.top, bar.bottom]};"""


@pytest.fixture(scope="module")
def text(built):
    return built[HERE / "report.html"]


@needs_chromium
def test_it_opens_from_a_file_without_errors(text, page, tmp_path):
    path = tmp_path / "paper tables" / "report.html"
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8")
    said, content = opened(path, tmp_path / "profile")
    assert said == [] and Page(text).ids == re.findall(r'\bid="([^"]+)"', content)
    broken = tmp_path / "broken.html"  # that an error would be seen
    broken.write_text("<script>missing()</script>")
    assert opened(broken, tmp_path / "profile")[0]


@needs_chromium
def test_filters_leave_what_fits_and_a_link_shows_its_cell_again(text, page, tmp_path):
    steps = evaluate(text, DRIVE + STEPS, tmp_path)
    every = steps["all"]
    assert steps["again"] == every and every["said"] == ""
    assert set(steps["outside"]["marks"]) == {"better", "worse"} & set(every["marks"])
    assert 0 < steps["outside"]["lines"] < every["lines"]
    assert steps["outside"]["said"] == f"{steps['outside']['lines']} of {every['lines']} lines"
    assert all(key.startswith("memn2n") for key in steps["paper"]["tables"])
    assert steps["column"]["lines"] == 22 and len(steps["column"]["marks"]) == 20
    assert all(key.startswith("memnn") for key in steps["other"]["tables"])
    assert steps["opened"]


@needs_chromium
def test_twelve_columns_are_read_at_1400_pixels_and_headings_stay(text, tmp_path):
    seen = evaluate(text.replace("<details>", "<details open>"), LAYOUT, tmp_path,
                    "--window-size=1400,900")
    assert seen["page"] == 0 and seen["wide"] == [] and seen["right"] <= seen["room"] <= 1400
    assert seen["bar"][0] == 0 and seen["head"] == pytest.approx(seen["bar"][1], abs=2)


@needs_chromium
def test_on_a_phone_nothing_but_tables_is_wider(text, tmp_path):
    seen = evaluate(text.replace("<details>", "<details open>"), LAYOUT, tmp_path,
                    "--window-size=500,900")
    assert seen["page"] == 0


# --- colours

def colours():
    """{(light or dark, name): (3,) linear red, green and blue in 0 to 1} of the styles."""
    style = "".join((TEMPLATES / name).read_text() for name in ("theme.css", "report.css"))
    dark = re.findall(r"@media \(prefers-color-scheme: dark\) \{\s*:root \{(.*?)\}", style, re.S)
    light = re.findall(r"^:root \{(.*?)\}", style, re.S | re.M)
    found = {}
    for kind, blocks in (("light", light), ("dark", dark)):
        for name, value in re.findall(r"--([a-z-]+): #([0-9a-f]{6});", "".join(blocks)):
            srgb = np.array([int(value[i:i + 2], 16) / 255 for i in (0, 2, 4)])
            found[kind, name] = np.where(srgb <= 0.04045, srgb / 12.92,
                                         ((srgb + 0.055) / 1.055) ** 2.4)
    return found


# Machado, Oliveira and Fernandes (2009): what is seen without the cones for red, or for green.
SEEN_BY = {
    "all": np.eye(3),
    "protanopes": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
                            [-0.003882, -0.048116, 1.051998]]),
    "deuteranopes": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                              [-0.011820, 0.042940, 0.968881]])}
# Linear sRGB to XYZ by its white, D65.
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def lab(linear):
    """CIELAB: in it a distance of about 2.3 is just seen."""
    x, y, z = np.cbrt(np.clip(XYZ @ linear / XYZ.sum(1), 0.008856, None))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("kind", ["light", "dark"])
@pytest.mark.parametrize("eyes", SEEN_BY)
def test_statuses_are_told_apart_by_colour_blind_eyes(kind, eyes):
    shown = colours()
    seen = {name: lab(np.clip(SEEN_BY[eyes] @ shown[kind, name], 0, 1))
            for name in ("match", "better", "worse")}
    for one, other in (("match", "better"), ("match", "worse"), ("better", "worse")):
        assert np.linalg.norm(seen[one] - seen[other]) > 15, (one, other)


@pytest.mark.parametrize("kind", ["light", "dark"])
def test_words_stand_out_from_the_page(kind):
    """The contrast that WCAG asks of text, 4.5 to 1."""
    shown = colours()
    luminance = {name: float(XYZ[1] @ shown[kind, name]) for kind_, name in shown if kind_ == kind}
    for name in ("text", "soft", "link", "fact", "match", "better", "worse", "fitted", "open"):
        for ground in ("page", "panel"):
            light, dark = sorted((luminance[name], luminance[ground]), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 4.5, (name, ground)


def test_every_status_has_a_colour_of_the_theme():
    style = (TEMPLATES / "report.css").read_text()
    for status in STATUSES:
        assert re.search(rf"^\.{slug(status)} {{ color: var\(--[a-z]+\)", style, re.M), status
    assert "@media print" in style
