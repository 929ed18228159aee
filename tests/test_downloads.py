"""Downloads into the cache and what archives may hold; all traffic stays on loopback."""

import io
import socket
import tarfile
import threading

import pytest
import requests

from tests.helpers import small_babi as writer
from tasks import archives, fetch
from tasks.errors import UserError
from tests.helpers.server import Server

NEEDS = archives.babi_files("en", writer.STORIES)


@pytest.fixture
def server(monkeypatch):
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "127.0.0.1")
    server = Server()
    yield server
    server.server.shutdown()
    server.server.server_close()


@pytest.fixture
def release(small_release):
    """The small release, with its archive."""
    small_release.archive = tar_of(small_release.files)
    return small_release


def tar_of(files, *members):
    """A .tar.gz of {name: bytes}, then of further TarInfo members."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
        for member in members:
            tar.addfile(member, io.BytesIO(bytes(member.size)))
    return buffer.getvalue()


def offer(monkeypatch, *addresses, **limits):
    """Make these addresses the only ones of the bAbI archive."""
    sizes = {"max_bytes": 10**6, "max_unpacked": 10**7, "max_members": 100} | limits
    archive = fetch.Archive("small.tar.gz", addresses, archives.BABI, archives.BABI, **sizes)
    monkeypatch.setattr(archives, "ARCHIVES", (archive,))


def download(tmp_path, source="official"):
    return archives.locate(source=source, needs=NEEDS, cache=tmp_path / "cache")


def nothing_installed(tmp_path):
    cache = tmp_path / "cache"
    return sorted(path.name for path in cache.iterdir() if path.suffix != ".part") == ["lock"]


# --- download


def test_broken_first_mirror_then_the_second(release, server, monkeypatch, tmp_path):
    missing = server.put("/good", release.archive).replace("/good", "/missing")
    offer(monkeypatch, missing, server.put("/good", release.archive))
    source = download(tmp_path)
    assert source.kind == "official" and source.root == tmp_path / "cache"
    assert list(source.sha256) == list(NEEDS)
    assert not list(source.root.glob("*.part")) and not list(source.root.glob("unpack-*"))
    n_requests = len(server.ranges)
    assert download(tmp_path).sha256 == source.sha256
    assert len(server.ranges) == n_requests  # the second run asked nobody


def test_no_mirror_left(monkeypatch, server, tmp_path, release):
    offer(monkeypatch, server.put("/a", b"").replace("/a", "/missing"))
    monkeypatch.setattr(archives, "simulate", lambda *_: pytest.fail("official never simulates"))
    with pytest.raises(UserError, match="no official data: 127.0.0.1: HTTP status 404; unpack"):
        download(tmp_path)
    reasons = []
    monkeypatch.setattr(archives, "simulate",
                        lambda needs, reason, cache, seed: reasons.append(reason))
    download(tmp_path, "auto")
    assert reasons == ["127.0.0.1: HTTP status 404"]


def test_without_any_data_official_says_how_to_get_it(monkeypatch, server, tmp_path, release):
    address = server.put("/a", b"").replace("/a", "/missing")
    offer(monkeypatch, address)
    with pytest.raises(UserError) as error:
        download(tmp_path, "official")
    assert address in str(error.value) and "MEMNN_DATA=DIR" in str(error.value)
    assert "\n" not in str(error.value)


def test_resumes_an_answer_that_broke_off(release, server, monkeypatch, tmp_path):
    offer(monkeypatch, server.put("/a", release.archive, "breaks off"))
    assert download(tmp_path).kind == "official"
    assert server.ranges == [None, f"bytes={len(release.archive) // 2}-"]


def test_goes_on_with_the_part_of_an_earlier_run(release, server, monkeypatch, tmp_path):
    offer(monkeypatch, server.put("/a", release.archive))
    part = tmp_path / "cache" / "small.tar.gz.1.part"
    part.parent.mkdir()
    part.write_bytes(release.archive[:100])
    assert download(tmp_path).kind == "official"
    assert server.ranges == ["bytes=100-"]


def test_part_that_is_already_whole(release, server, monkeypatch, tmp_path):
    offer(monkeypatch, server.put("/a", release.archive))
    part = tmp_path / "cache" / "small.tar.gz.1.part"
    part.parent.mkdir()
    part.write_bytes(release.archive)
    assert download(tmp_path).kind == "official"


@pytest.mark.parametrize("mode, old", [("no ranges", b"x" * 50), ("", b"x" * 10**5)])
def test_part_of_another_file_is_begun_anew(release, server, monkeypatch, tmp_path, mode, old):
    offer(monkeypatch, server.put("/a", release.archive, mode))
    part = tmp_path / "cache" / "small.tar.gz.1.part"
    part.parent.mkdir()
    part.write_bytes(old)
    assert download(tmp_path).kind == "official"


def test_truncated_for_good(release, server, monkeypatch, tmp_path):
    offer(monkeypatch, server.put("/a", release.archive, "always breaks off"))
    with pytest.raises(UserError, match="ended after"):
        download(tmp_path)
    assert nothing_installed(tmp_path)
    assert len(server.ranges) == 2  # no further try once a try gains nothing


def test_archive_cut_short_without_a_length(release, server, monkeypatch, tmp_path):
    offer(monkeypatch, server.put("/a", release.archive[:-200], "no length"))
    with pytest.raises(UserError, match="damaged"):
        download(tmp_path)
    assert nothing_installed(tmp_path) and not list((tmp_path / "cache").glob("*.part"))


@pytest.mark.parametrize("mode", ["", "no length"])
def test_too_large_archive(release, server, monkeypatch, tmp_path, mode):
    offer(monkeypatch, server.put("/a", release.archive, mode), max_bytes=100)
    with pytest.raises(UserError, match="bytes.* accepted"):
        download(tmp_path)
    assert nothing_installed(tmp_path) and not list((tmp_path / "cache").glob("*.part"))


def test_endless_answer_is_cut_off(release, server, monkeypatch, tmp_path):
    offer(monkeypatch, server.put("/a", b"x", "endless"), max_bytes=100)
    with pytest.raises(UserError, match="more than the 100 bytes"):
        download(tmp_path)
    assert nothing_installed(tmp_path) and not list((tmp_path / "cache").glob("*.part"))
    server.server.shutdown()
    server.server.server_close()  # waits for the answer's thread
    assert server.hung_up


@pytest.mark.parametrize("length", ["many", "-5", "9" * 5000])
def test_a_length_that_is_no_length_is_not_believed(release, server, monkeypatch, tmp_path,
                                                    length):
    offer(monkeypatch, server.put("/a", release.archive, f"length {length}"))
    assert download(tmp_path).kind == "official"


def test_two_lengths_are_one_clear_line(release, server, monkeypatch, tmp_path):
    offer(monkeypatch, server.put("/a", release.archive, "length 5, 6"))
    with pytest.raises(UserError, match="no official data: 127.0.0.1: .*5, 6") as error:
        download(tmp_path)
    assert "\n" not in str(error.value)


def test_a_download_that_takes_too_long_is_given_up(release, server, monkeypatch, tmp_path):
    monkeypatch.setattr(fetch, "DEADLINE", -1)
    offer(monkeypatch, server.put("/a", release.archive))
    with pytest.raises(UserError, match="slower than -1 s"):
        download(tmp_path)
    assert nothing_installed(tmp_path)


def test_the_user_s_proxy_is_asked(release, server, monkeypatch, tmp_path):
    monkeypatch.setenv("no_proxy", "")
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("http_proxy", server.put("", b"").rstrip("/"))
    server.put("http://data.invalid/a", release.archive)
    offer(monkeypatch, "http://data.invalid/a")
    assert download(tmp_path).kind == "official"


def test_what_one_script_could_not_have_is_not_tried_by_the_next(release, server, monkeypatch,
                                                                 tmp_path):
    offer(monkeypatch, server.put("/a", b"no archive"))
    monkeypatch.setenv(archives.DOWNLOADS, str(tmp_path))
    for _ in range(3):
        with pytest.raises(UserError, match="no official data: 127.0.0.1: .* is damaged"):
            download(tmp_path)
        server.put("/a", release.archive)   # too late: this run has decided
    assert len(server.ranges) == 1
    monkeypatch.setenv(archives.DOWNLOADS, str(tmp_path / "of another run"))
    assert download(tmp_path).kind == "official"


def test_silent_server_is_given_up(release, server, monkeypatch, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        get = requests.get

        def shorter(url, timeout, **more):   # of this server alone: on a busy machine the other
            return get(url, timeout=0.2 if address in url else timeout, **more)
        monkeypatch.setattr(requests, "get", shorter)
        offer(monkeypatch, address, server.put("/a", release.archive))
        assert download(tmp_path).kind == "official"


def test_wrong_bytes_in_the_first_mirror(release, server, monkeypatch, tmp_path):
    forged = dict(release.files)
    forged[NEEDS[0]] = forged[NEEDS[0]].replace(b"Nora", b"Dora")
    offer(monkeypatch, server.put("/forged", tar_of(forged)), server.put("/a", release.archive))
    assert download(tmp_path).sha256[NEEDS[0]] == release.facts[NEEDS[0]]["sha256"]
    offer(monkeypatch, server.put("/forged", tar_of(forged)))
    with pytest.raises(UserError, match="qa1_.*SHA-256 .* is expected"):
        archives.locate(needs=NEEDS, cache=tmp_path / "other", source="official")
    assert sorted(path.name for path in (tmp_path / "other").iterdir()) == ["lock"]


def test_archive_that_lacks_a_file(release, server, monkeypatch, tmp_path):
    del release.files[NEEDS[4]]
    offer(monkeypatch, server.put("/a", tar_of(release.files)))
    with pytest.raises(UserError, match="qa16_basic-induction_train.txt is not in it"):
        download(tmp_path)


def test_damaged_cache_is_named_and_an_emptied_one_filled_again(release, server, monkeypatch,
                                                                tmp_path):
    offer(monkeypatch, server.put("/a", release.archive))
    download(tmp_path)
    path = tmp_path / "cache" / NEEDS[0]
    path.write_bytes(b"1 x\n")
    with pytest.raises(UserError, match="delete the file"):
        download(tmp_path)
    path.unlink()
    assert download(tmp_path).kind == "official"


def test_cache_that_cannot_be_made(release, tmp_path):
    (tmp_path / "cache").write_text("a file where the folder should be")
    with pytest.raises(UserError, match="cache cannot be used"):
        download(tmp_path, "auto")


def test_two_runs_at_once_download_once(release, server, monkeypatch, tmp_path):
    offer(monkeypatch, server.put("/a", release.archive))
    found = []
    runs = [threading.Thread(target=lambda: found.append(download(tmp_path))) for _ in range(4)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert len(found) == 4 and server.ranges == [None]


# --- evil archives


def evil(name, kind=tarfile.REGTYPE, link=""):
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, link
    return member


@pytest.mark.parametrize("member", [
    evil("/etc/evil"), evil("../evil"), evil(f"{archives.BABI}/en/../../../evil"),
    evil(f"{archives.BABI}/en\\..\\evil"),
    evil(f"{archives.BABI}/link", tarfile.SYMTYPE, "/etc/passwd"),
    evil(f"{archives.BABI}/link", tarfile.SYMTYPE, "en"),
    evil(f"{archives.BABI}/link", tarfile.LNKTYPE, NEEDS[0]),
    evil(f"{archives.BABI}/pipe", tarfile.FIFOTYPE), evil("device", tarfile.CHRTYPE),
    evil("device", tarfile.BLKTYPE)], ids=lambda member: f"{member.name}-{member.type}")
def test_evil_member_refuses_the_archive(release, server, monkeypatch, tmp_path, member):
    offer(monkeypatch, server.put("/a", tar_of(release.files, member)))
    with pytest.raises(UserError, match="unsafe path|no plain file or folder"):
        download(tmp_path)
    assert nothing_installed(tmp_path)
    assert not list(tmp_path.rglob("evil"))


def test_bomb_is_refused_before_it_is_written(release, server, monkeypatch, tmp_path):
    big = tarfile.TarInfo(f"{archives.BABI}/big")
    big.size = 10**6
    address = server.put("/a", tar_of(release.files, big))
    offer(monkeypatch, address, max_unpacked=10**5)
    with pytest.raises(UserError, match="larger than 100000 bytes unpacked"):
        download(tmp_path)
    offer(monkeypatch, address, max_members=3)
    with pytest.raises(UserError, match="more than 3 members"):
        download(tmp_path)
    assert nothing_installed(tmp_path)


def test_members_that_collide_are_a_damaged_archive(release, server, monkeypatch, tmp_path):
    clash = evil(f"{NEEDS[0]}/below")
    offer(monkeypatch, server.put("/a", tar_of(release.files, clash)))
    with pytest.raises(UserError, match="damaged"):
        download(tmp_path)
    assert nothing_installed(tmp_path)


def test_only_the_wanted_folder_is_unpacked_and_modes_are_plain(release, server, monkeypatch,
                                                                tmp_path):
    other, tool = evil("elsewhere/notes.txt"), evil(f"{archives.BABI}/tool")
    tool.mode = 0o4777
    offer(monkeypatch, server.put("/a", tar_of(release.files, other, tool)))
    root = download(tmp_path).root
    assert not list(root.rglob("notes.txt"))
    assert (root / archives.BABI / "tool").stat().st_mode & 0o7111 == 0
