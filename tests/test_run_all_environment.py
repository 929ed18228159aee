"""run_all.sh makes an environment of its own where the packages are not there."""

import shutil
import sys
import zipfile

import pytest

from replication.running import environment
from tasks.errors import UserError
from tests.helpers.checkout import TABLE


def wheel(folder, name, version):
    """The smallest wheel that pip installs."""
    folder.mkdir(parents=True, exist_ok=True)
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as archive:
        archive.writestr(f"{name}.py", "")
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\n"
                                             f"Version: {version}\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\n"
                                          "Tag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")


@pytest.mark.exhaustive
def test_venv_is_made_once_and_again_when_broken(checkout, tmp_path):
    wheel(tmp_path / "wheels", "smallpackage", "1.0")
    checkout.pin("smallpackage==1.0")
    checkout.stub(TABLE)
    offer = {"PIP_FIND_LINKS": str(tmp_path / "wheels")}
    venv = checkout.root / ".venv"

    first = checkout.run(**offer)
    assert first.returncode == 0, first.err
    assert "making .venv" in first.out and (venv / "complete").exists()
    assert checkout.log()[-1].endswith(f" {venv}")  # the experiment ran in it
    second = checkout.run()  # without any package at hand
    assert second.returncode == 0 and "making" not in second.out

    (venv / "complete").unlink()
    broken = checkout.run()
    assert broken.returncode == 2 and "could not be installed" in broken.err
    assert not (venv / "complete").exists() and len(checkout.log()) == 2
    again = checkout.run(**offer)
    assert again.returncode == 0 and "making anew .venv" in again.out


def test_no_network_is_one_line(checkout):
    checkout.pin("smallpackage==1.0")
    checkout.stub(TABLE)
    done = checkout.run()
    assert done.returncode == 2 and checkout.log() == []
    assert len(done.err.splitlines()) == 1 and "is there a network?" in done.err


@pytest.mark.exhaustive
def test_torch_index_url_chooses_torch_alone(checkout, tmp_path):
    for name, package in (("torch index", "torch"), ("plain index", "smallpackage")):
        folder = tmp_path / name / package
        wheel(folder, package, "2.0")
        (folder / "index.html").write_text(
            f'<a href="{package}-2.0-py3-none-any.whl">{package}-2.0-py3-none-any.whl</a>')
    checkout.pin("torch==2.0", "smallpackage==2.0")
    checkout.stub(TABLE)
    del checkout.environment["PIP_NO_INDEX"]
    done = checkout.run(PIP_INDEX_URL=(tmp_path / "plain index").as_uri(),
                        TORCH_INDEX_URL=(tmp_path / "torch index").as_uri())
    assert done.returncode == 0, done.err
    assert len(checkout.log()) == 1


def test_local_versions_of_torch_satisfy_the_pin(monkeypatch, tmp_path):
    wheel(tmp_path, "smallpackage", "1.0+cpu")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "smallpackage-1.0+cpu-py3-none-any.whl"))
    assert environment.satisfied(sys.executable, ["smallpackage==1.0"])
    assert not environment.satisfied(sys.executable, ["smallpackage==1.1"])
    assert not environment.satisfied(sys.executable, ["otherpackage==1.0"])
    assert not environment.satisfied(tmp_path / "no python", ["smallpackage==1.0"])


def test_python_without_venv_is_one_line(monkeypatch, tmp_path):
    monkeypatch.setattr(environment.importlib.util, "find_spec", lambda name: None)
    (tmp_path / "pyproject.toml").write_text('[project]\ndependencies = ["not-there==1.0"]\n')
    with pytest.raises(UserError, match="has no venv module"):
        environment.ensure(tmp_path, lambda *_: pytest.fail("ran something"))
    assert not (tmp_path / ".venv").exists()


def test_without_a_python_it_says_so(checkout, tmp_path):
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("bash", "dirname", "env"):
        (folder / name).symlink_to(shutil.which(name))
    (folder / "python3").write_text("#!/bin/sh\nexit 1\n")  # an older one says no
    (folder / "python3").chmod(0o755)
    done = checkout.run(PATH=str(folder))
    assert done.returncode == 1 and done.out == ""
    assert done.err == ("run_all.sh: no Python 3.11 or later was found on PATH; install one and "
                        "run this again\n")
