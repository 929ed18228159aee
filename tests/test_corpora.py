"""Corpora of running text: what is a word, where the splits are, and which bytes pass."""

import hashlib
import io
import zipfile
import zlib
from dataclasses import replace

import pytest

from tasks import archives, corpora, fetch
from tasks.errors import UserError
from tests.helpers.server import Server

TEXTS = (" the cat sat \n the <unk> sat \n", " a cat \n", " the dog \n")


NOWHERE = ("http://127.0.0.1:9/",)     # no address of the network is asked


@pytest.fixture(autouse=True)
def nothing_given(request, monkeypatch):
    if "official_data" in request.fixturenames:
        return
    monkeypatch.delenv("MEMNN_DATA", raising=False)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(archives, "ARCHIVES", tuple(
        replace(archive, addresses=NOWHERE) for archive in archives.ARCHIVES))


@pytest.fixture
def treebank(tmp_path, monkeypatch):
    """A small Penn Treebank that passes for official."""
    files = {name: text.encode() for name, text in zip(archives.PTB_FILES, TEXTS)}
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    monkeypatch.setattr(archives, "_manifest", lambda: {
        name: {"sha256": hashlib.sha256(content).hexdigest()} for name, content in files.items()})
    return tmp_path


def test_penn_treebank_ends_each_line(treebank):
    source = corpora.locate(corpora.PENN_TREEBANK, treebank)
    corpus = corpora.read(corpora.PENN_TREEBANK, source)
    assert source.kind == "official"
    assert corpus.words == ("<eos>", "the", "cat", "sat", "<unk>", "a", "dog")
    assert corpus.train.tolist() == [1, 2, 3, 0, 1, 4, 3, 0]
    assert corpus.valid.tolist() == [5, 2, 0] and corpus.test.tolist() == [1, 6, 0]
    assert corpus.shortened(2).train.tolist() == [1, 2]


@pytest.mark.parametrize("change, said", [
    (lambda path: path.write_bytes(path.read_bytes()[:-3]), "not the official bytes"),
    (lambda path: path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n")), "line ends"),
    (lambda path: path.unlink(), "lacks a file")])
def test_other_bytes_are_one_clear_line(treebank, change, said):
    change(treebank / archives.PTB_FILES[1])
    with pytest.raises(UserError, match=said) as error:
        corpora.locate(corpora.PENN_TREEBANK, treebank)
    assert "ptb.valid.txt" in str(error.value) and "\n" not in str(error.value)


def test_another_encoding_is_one_clear_line(tmp_path):
    path = tmp_path / "text"
    path.write_bytes("caf\xe9".encode("latin-1"))
    with pytest.raises(UserError, match="byte 3 is not UTF-8 text"):
        corpora.text_of(path)


def test_text8_is_cut_at_blanks_and_rare_words_are_unknown():
    text = "ab " * 50 + "rare " * 4 + "cd " * 5 + "ab " * 40
    corpus = corpora.text8(text)
    assert corpus.words == ("<UNK>", "ab", "cd")
    everything = [corpus.words[i] for split in (corpus.train, corpus.valid, corpus.test)
                  for i in split]
    assert everything == text.replace("rare", "<UNK>").split()
    whole = [len(split) for split in (corpus.train, corpus.valid, corpus.test)]
    assert whole[0] == pytest.approx(0.933 * len(everything), abs=1.5)
    assert whole[2] == pytest.approx(0.01 * len(everything), abs=1.5)


def test_text8_passes_by_size_and_checksum(tmp_path, monkeypatch):
    content = b"anarchism " * 20
    facts = {"text8/text8": {"crc32": f"{zlib.crc32(content):08x}", "bytes": len(content)}}
    monkeypatch.setattr(archives, "_manifest", lambda: facts)
    (tmp_path / "text8").mkdir()
    (tmp_path / "text8" / "text8").write_bytes(content)
    source = corpora.locate(corpora.TEXT8, tmp_path)
    assert source.kind == "official" and len(corpora.read(corpora.TEXT8, source).words) == 2
    (tmp_path / "text8" / "text8").write_bytes(content[:-1])
    with pytest.raises(UserError, match="199 bytes .* where 200 bytes .* is expected"):
        corpora.locate(corpora.TEXT8, tmp_path)


def test_text8_comes_from_its_zip(tmp_path, monkeypatch):
    content, server = b"anarchism " * 20, Server()
    monkeypatch.setattr(archives, "_manifest", lambda: {
        "text8/text8": {"crc32": f"{zlib.crc32(content):08x}", "bytes": len(content)}})

    def offer(*members):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in members:
                archive.writestr(name, content)
        address = server.put("/text8.zip", buffer.getvalue())
        monkeypatch.setattr(archives, "ARCHIVES", (fetch.Archive(
            "text8.zip", (address,), "", "text8", 10**6, 10**4, 3),))
    offer("text8", "../evil")
    with pytest.raises(UserError, match="unsafe path"):
        corpora.locate(corpora.TEXT8, source="official", cache=tmp_path)
    link = zipfile.ZipInfo("text8")
    link.external_attr = 0o120777 << 16
    offer(link)
    with pytest.raises(UserError, match="no plain file or folder"):
        corpora.locate(corpora.TEXT8, source="official", cache=tmp_path)
    offer("text8")
    assert corpora.locate(corpora.TEXT8, cache=tmp_path).kind == "official"
    assert not list(tmp_path.rglob("evil"))
    server.put("/text8.zip", b"PK\3\4 cut short")
    with pytest.raises(UserError, match="damaged"):
        corpora.locate(corpora.TEXT8, source="official", cache=tmp_path / "other")
    server.server.shutdown()
    server.server.server_close()


def test_a_part_of_text8_is_a_substitute_and_never_official(tmp_path):
    (tmp_path / corpora.PREFIX).parent.mkdir()
    (tmp_path / corpora.PREFIX).write_text("anarchism " * 20)
    source = corpora.locate(corpora.TEXT8, tmp_path)
    assert source.kind == "substitute" and "PART" in source.description
    assert len(corpora.read(corpora.TEXT8, source).words) == 2
    with pytest.raises(UserError, match="lacks a file"):
        corpora.locate(corpora.TEXT8, tmp_path, source="official")


def test_without_a_corpus_stories_stand_in_and_say_so(tmp_path, treebank):
    for source in (corpora.locate(corpora.PENN_TREEBANK, source="simulated"),
                   corpora.locate(corpora.TEXT8, cache=tmp_path / "cache")):
        assert source.kind == "simulated" and "SIMULATED" in source.description
        corpus = corpora.read(corpora.PENN_TREEBANK, source)
        assert min(map(len, (corpus.train, corpus.valid, corpus.test))) > 30_000
        assert {"joe", "kitchen", "."} < set(corpus.words)
    assert not (corpus.train[:1000] == corpus.test[:1000]).all()
    with pytest.raises(UserError, match="no official data"):
        corpora.locate(corpora.PENN_TREEBANK, source="official", cache=tmp_path / "cache")


def test_the_official_treebank(official_data):
    source = corpora.locate(corpora.PENN_TREEBANK, official_data)
    corpus = corpora.read(corpora.PENN_TREEBANK, source)
    assert [len(split) for split in (corpus.train, corpus.valid, corpus.test)] == [
        archives._manifest()[name]["words"] for name in archives.PTB_FILES] == [
        929_589, 73_760, 82_430]
    assert len(corpus.words) == 10_000 and corpus.words[0] == "<eos>"


def test_an_invented_corpus_is_not_read_from_a_folder(tmp_path):
    with pytest.raises(UserError, match="leave one of the two away"):
        corpora.locate(corpora.PENN_TREEBANK, tmp_path, "simulated")
