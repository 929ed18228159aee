"""What memory there is: the machine's, and less where the process is in a group that has a limit."""

import pytest

from replication.training import few_words, memory_need, own, protocols
from replication.training.own import Files
from tasks.errors import UserError

UNLIMITED = 9223372036854771712     # what version 1 writes where there is no limit


def system(folder, member, files):
    """(The file of a process's groups, their mount) with {name under the mount: text}."""
    (folder / "cgroup").write_text(member)
    for name, text in files.items():
        (folder / "groups" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "groups" / name).write_text(f"{text}\n")
    return folder / "cgroup", folder / "groups"


@pytest.mark.parametrize("member, files, least", [
    ("0::/a/b\n", {"a/b/memory.max": "max", "a/memory.max": 5 * 2**20}, 5 * 2**20),
    ("0::/a/b\n", {"a/b/memory.max": 2**20, "a/memory.max": 5 * 2**20}, 2**20),
    ("0::/\n", {"memory.max": 3 * 2**20}, 3 * 2**20),                       # inside a container
    ("0::/host/b\n", {"memory.max": 3 * 2**20}, 3 * 2**20),
    ("5:cpu:/c\n4:hugetlb,memory:/a\n0::/a\n",
     {"memory/a/memory.limit_in_bytes": 7 * 2**20, "memory/memory.limit_in_bytes": UNLIMITED,
      "cpu/c/memory.limit_in_bytes": 1}, 7 * 2**20),
    ("4:memory:/docker/x\n", {"memory/memory.limit_in_bytes": 2**21}, 2**21),
    ("0::/a\n", {"a/memory.max": "max"}, None), ("4:memory:/a\n", {}, None),
    ("0::/a\n", {"a/memory.max": "?"}, None), ("nonsense\n", {"memory.max": 1}, None)],
    ids=["2 above", "2 below", "2 as root", "2 hidden", "1", "1 hidden", "2 none", "1 none",
         "no number", "nonsense"])
def test_the_lowest_limit_of_the_groups(tmp_path, member, files, least):
    assert min(memory_need.limits(*system(tmp_path, member, files)), default=None) == least


def test_without_groups_there_is_no_limit(tmp_path):
    assert list(memory_need.limits(tmp_path / "none", tmp_path)) == []


@pytest.mark.parametrize("machine, group, least", [
    (2**30, [2**20, 2**40], 2**20), (2**30, [UNLIMITED], 2**30), (2**30, [], 2**30),
    (None, [2**20], 2**20), (None, [], None)])
def test_the_lower_of_machine_and_group_counts(monkeypatch, machine, group, least):
    monkeypatch.setattr(memory_need, "of_machine", lambda: machine)
    monkeypatch.setattr(memory_need, "limits", lambda: group)
    assert memory_need.available() == least


def test_memories_too_large_to_lay_out_are_refused_before_they_are(tmp_path, monkeypatch):
    """A story of 1,000 questions, whose table of slots would have 1,000 x 1,000 entries."""
    lines = [f"{i} Ann left.\n" if i % 2 else f"{i} Who?\tann\n" for i in range(1, 2001)]
    (tmp_path / "a.txt").write_text("".join(lines))
    parts = own.read(Files((tmp_path / "a.txt",), (tmp_path / "a.txt",)), 0.1)
    need = 8 * 2000 * 1000
    monkeypatch.setattr(memory_need, "available", lambda: need)
    memory_need.refuse_stories(parts, 10**6, "less")
    monkeypatch.setattr(memory_need, "available", lambda: need - 1)
    memory_need.refuse_stories(parts, 999, "less")
    with pytest.raises(UserError, match="for 1000 statements of each question.*: less") as error:
        memory_need.refuse_stories(parts, 10**6, "less")
    assert "\n" not in str(error.value)


def test_the_need_grows_with_the_memory(tmp_path):
    lines = [f"{i} Ann left.\n" if i % 2 else f"{i} Who?\tann\n" for i in range(1, 2001)]
    (tmp_path / "a.txt").write_text("".join(lines))
    parts = own.read(Files((tmp_path / "a.txt",), (tmp_path / "a.txt",)), 0.1)
    small, large = (memory_need.need(own.encoded(parts, N), protocols.RANDOM_NOISE, 1).bytes
                    for N in (50, 1000))
    assert large - small > 950 * few_words.TOGETHER * protocols.RANDOM_NOISE.batch * 8
