"""G: the next slot, forgetting, and groups."""

from replication.models.memnn_memory import GroupedMemory, Memory


def contents(slots):
    return [slot.content for slot in slots]


def test_the_next_empty_slot_is_written():
    memory = Memory()
    assert [memory.write(text) for text in "abc"] == [0, 1, 2]
    assert contents(memory.slots) == ["a", "b", "c"]


def test_a_full_memory_forgets_the_oldest():
    memory = Memory(capacity=2)
    assert [memory.write(text) for text in "abcd"] == [0, 1, 0, 1]
    assert contents(memory.in_order()) == ["c", "d"]


def test_a_full_memory_forgets_the_least_used():
    memory = Memory(capacity=3, forgetting="least used")
    for text in "abc":
        memory.write(text)
    memory.slots[0].used = 2
    memory.slots[2].used = 1
    assert memory.write("d") == 1
    assert contents(memory.in_order()) == ["a", "c", "d"]
    assert memory.write("e") == 1                       # d was never used either


def test_random_forgetting_is_keyed_by_its_seed():
    def chosen(seed):
        memory = Memory(capacity=5, forgetting="random", seed=seed)
        return [memory.write(number) for number in range(40)]
    assert chosen(1) == chosen(1) != chosen(2)
    assert set(chosen(1)) == {0, 1, 2, 3, 4}


def test_only_a_group_is_written_and_searched():
    memory = GroupedMemory(groups_of=lambda text: [w for w in text.split() if w in ("joe", "milk")])
    for text in ("joe went", "fred went", "joe took milk", "fred left milk", "joe sat"):
        memory.write(text)
    assert contents(memory.in_order(["milk"])) == ["joe took milk", "fred left milk"]
    assert contents(memory.in_order(["joe", "milk"])) == ["joe went", "joe took milk",
                                                          "fred left milk", "joe sat"]
    assert memory.in_order(["bill"]) == []


def test_every_group_forgets_for_itself():
    memory = GroupedMemory(groups_of=lambda text: [text[0]], capacity=1)
    for text in ("a1", "b1", "a2"):
        memory.write(text)
    assert contents(memory.in_order(["a", "b"])) == ["b1", "a2"]
