"""A page in headless Chromium: what the console said, and what the page holds after its scripts."""

import html
import json
import re
import shutil
import subprocess

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))),
                None)
needs_chromium = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium is installed (apt-get install chromium)")
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync")


def opened(path, profile, *flags, fragment=""):
    """(lines that the browser's console said, the page's content after loading)."""
    done = subprocess.run(
        [CHROMIUM, *FLAGS, f"--user-data-dir={profile}", "--enable-logging=stderr", "--dump-dom",
         *flags, path.as_uri() + fragment], capture_output=True, text=True, timeout=1800)
    assert done.returncode == 0, done.stderr
    return [line for line in done.stderr.splitlines() if "CONSOLE" in line], done.stdout


def evaluate(text, script, folder, *flags, fragment=""):
    """What a script returns when it is run at the end of a page; nothing may be said meanwhile.

    text: the page. script: the body of a function, whose value is JSON.
    """
    path = folder / "page.html"
    end = ('<script>{ const held = document.createElement("pre"); held.id = "evaluated"; '
           "held.textContent = JSON.stringify((() => {%s})()); document.body.append(held); }"
           "</script></body>" % script)
    assert text.count("</body>") == 1
    path.write_text(text.replace("</body>", end), encoding="utf-8")
    said, content = opened(path, folder / "profile", *flags, fragment=fragment)
    assert said == []
    return json.loads(html.unescape(
        re.search(r'<pre id="evaluated">(.*?)</pre>', content, re.DOTALL).group(1)))
