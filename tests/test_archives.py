"""Where the data of a run comes from: the user's folder, simulated files, the manifest."""

import hashlib
import json

import pytest

from tests.helpers import small_babi as writer
from tasks import archives, babi, fetch
from tasks.babi import read
from tasks.errors import UserError

NEEDS = archives.babi_files("en", writer.STORIES)


# --- a folder that the user names


def test_given_folder_is_official_with_digests(small_release):
    source = archives.locate(small_release.root, needs=NEEDS)
    assert source.kind == "official"
    assert source.sha256 == {name: facts["sha256"] for name, facts in small_release.facts.items()}
    assert source.babi("en", 3, "test").read_bytes() == small_release.files[NEEDS[3]]
    assert str(small_release.root) in source.description and "\n" not in source.description
    assert source.record("en", [16]) == {
        "source": "official", "files": {name: source.sha256[name] for name in NEEDS[4:]}}


def test_root_may_be_the_babi_folder_itself(small_release):
    source = archives.locate(small_release.root / archives.BABI, needs=NEEDS)
    assert list(source.sha256) == list(NEEDS)
    assert source.babi("en", 1, "train").is_file()


def test_environment_variable_names_the_folder(small_release, monkeypatch):
    monkeypatch.setenv("MEMNN_DATA", str(small_release.root))
    assert archives.locate(needs=NEEDS).root == small_release.root


def test_command_line_wins_over_the_environment(small_release, monkeypatch, tmp_path):
    monkeypatch.setenv("MEMNN_DATA", str(tmp_path / "elsewhere"))
    assert archives.locate(small_release.root, needs=NEEDS).root == small_release.root


@pytest.mark.parametrize("source", ["auto", "official"])
def test_incomplete_folder_is_an_error_not_a_download(small_release, source, monkeypatch):
    monkeypatch.setattr(fetch, "into", lambda *_: pytest.fail("looked elsewhere"))
    (small_release.root / NEEDS[2]).unlink()
    with pytest.raises(UserError, match="qa3_three-supporting-facts_train.txt: not there"):
        archives.locate(small_release.root, source=source, needs=NEEDS)
    # Only what the run reads must be there.
    others = archives.babi_files("en", (1, 16))
    assert archives.locate(small_release.root, source=source, needs=others)


@pytest.mark.parametrize("make, said", [
    (lambda path: None, "is not there"), (lambda path: path.write_text(""), "is not a folder")])
def test_missing_folder(tmp_path, make, said):
    path = tmp_path / "data"
    make(path)
    with pytest.raises(UserError, match=said):
        archives.locate(path, needs=NEEDS)


def test_unreadable_file(small_release):
    path = small_release.root / NEEDS[0]
    path.unlink()
    path.mkdir()  # also root cannot read a folder as a file
    with pytest.raises(UserError, match="cannot be read"):
        archives.locate(small_release.root, needs=NEEDS)


def test_wrong_bytes_name_file_expected_and_found(small_release):
    path = small_release.root / NEEDS[1]
    crlf = small_release.files[NEEDS[1]].replace(b"\n", b"\r\n")
    path.write_bytes(crlf)
    with pytest.raises(UserError) as error:
        archives.locate(small_release.root, needs=NEEDS)
    message = str(error.value)
    assert str(path) in message and "\n" not in message
    assert small_release.facts[NEEDS[1]]["sha256"] in message
    assert hashlib.sha256(crlf).hexdigest() in message
    assert "archive again" in message


@pytest.mark.parametrize("text", [
    "1 Ann ran home.\n2 Where is Ann?\thome\t1\n", "no story\n", ""])
def test_own_data_laid_out_as_the_release_is_sent_to_train_your_own(small_release, text):
    path = small_release.root / NEEDS[0]
    path.write_text(text)
    with pytest.raises(UserError, match="or train on data of your own with python -m "
                       "replication.train_your_own --train FILE --test FILE") as error:
        archives.locate(small_release.root, needs=NEEDS)
    assert str(error.value).startswith(f"{path}: ") and "\n" not in str(error.value)


def test_git_blob_id_where_only_that_is_known():
    # git's own id of the empty file, as `git hash-object /dev/null` prints it.
    facts = {"git_blob_sha1": "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"}
    assert archives.wrong_digest(b"", facts) is None
    assert "git blob id" in archives.wrong_digest(b"x", facts)


def test_unknown_folder_task_and_source():
    with pytest.raises(UserError, match="'fr' is not one of en, hn"):
        archives.babi_files("fr")
    with pytest.raises(UserError, match="task 21 is not one of 1 to 20"):
        archives.babi_files("en", [1, 21])
    with pytest.raises(UserError, match="'best' is not one of auto"):
        archives.locate(source="best")


# --- simulated data


def test_marked_folder_is_simulated(small_babi):
    source = archives.locate(small_babi, needs=NEEDS)
    assert source.kind == "simulated" and "SIMULATED" in source.description
    assert source.record("en", [1])["generator"] == {"version": writer.VERSION, "seed": 0}
    with pytest.raises(UserError, match="--source official was asked for"):
        archives.locate(small_babi, source="official", needs=NEEDS)


def test_simulated_never_looks_for_official_data(small_release, monkeypatch, tmp_path):
    monkeypatch.setattr(fetch, "into", lambda *_: pytest.fail("looked for official data"))
    with pytest.raises(UserError, match="not simulated data"):
        archives.locate(small_release.root, source="simulated", needs=NEEDS)
    monkeypatch.setenv("MEMNN_DATA", str(small_release.root))
    source = archives.locate(source="simulated", needs=NEEDS, cache=tmp_path)
    assert source.kind == "simulated" and source.root.parent == tmp_path
    again = archives.locate(source="simulated", needs=NEEDS, cache=tmp_path)
    assert again == source


def test_simulators_stand_in_where_nothing_official_can_be_had(monkeypatch, tmp_path):
    monkeypatch.delenv("MEMNN_DATA", raising=False)
    monkeypatch.setattr(fetch, "into", lambda *_: "no network")
    source = archives.locate(needs=archives.babi_files("en", [1, 20]), cache=tmp_path)
    assert source.kind == "simulated" and "no network" in source.description
    said = source.record("en", [20])
    assert said["source"] == "simulated" and said["generator"]["seed"] == 0
    assert len(read(source.babi("en", 20, "train"))) == 1000
    with pytest.raises(UserError, match="no simulators of hn"):
        archives.locate(needs=archives.babi_files("hn", [1]), cache=tmp_path)
    with pytest.raises(UserError, match="no official data: no network"):
        archives.locate(source="official", needs=NEEDS, cache=tmp_path)


@pytest.mark.parametrize("text", ["", "[]", '{"seed": 1}', "\xff"])
def test_broken_marker(tmp_path, text):
    root = writer.write(tmp_path)
    (root / archives.MARKER).write_text(text, encoding="latin-1")
    with pytest.raises(UserError, match="version and seed"):
        archives.locate(root, needs=NEEDS)


# --- the manifest


def test_manifest_covers_every_file_of_every_folder():
    known = archives._manifest()
    for folder in archives.FOLDERS:
        for name in archives.babi_files(folder):
            assert len(known[name].get("sha256") or known[name]["git_blob_sha1"]) in (40, 64)
    assert all(len(known[name]["sha256"]) == 64 for name in archives.PTB_FILES)


@pytest.mark.official
def test_official_files_have_the_manifest_s_digests_and_questions(official_data):
    source = archives.locate(official_data)
    assert source.kind == "official" and len(source.sha256) == 40
    known = archives._manifest()
    present = [name for name in known if name.startswith(archives.BABI)
               and archives._under(official_data, name).is_file()]
    assert len(present) >= 40
    for name in present:
        path = archives._under(official_data, name)
        assert archives.wrong_digest(path.read_bytes(), known[name]) is None, name
        assert len(babi.read(path)) == known[name]["questions"], name
    assert json.dumps(source.record("en", [1]))


@pytest.mark.official
def test_official_penn_treebank(official_data):
    if not (official_data / "ptb").is_dir():
        pytest.skip("$MEMNN_DATA has no ptb folder")
    assert list(archives.locate(official_data, needs=archives.PTB_FILES).sha256) == [
        *archives.PTB_FILES]
