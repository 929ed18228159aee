"""G: the next slot, forgetting, and groups."""

from replication.models.memnn_memory import GroupedMemory, Memory


def contents(slots):
    return [slot.content for slot in slots]


def write(memory, texts):
    for text in texts:
        memory.write(text)
    return memory


def test_the_next_empty_slot_is_written():
    memory = write(Memory(), "abc")
    assert contents(memory.slots) == ["a", "b", "c"]


def test_a_full_memory_forgets_the_oldest():
    memory = write(Memory(capacity=2), "abc")
    assert contents(memory.slots) == ["c", "b"]
    memory.write("d")
    assert contents(memory.in_order()) == ["c", "d"]


def test_a_full_memory_forgets_the_least_used():
    memory = write(Memory(capacity=3, forgetting="least used"), "abc")
    memory.slots[0].used = 2
    memory.slots[2].used = 1
    memory.write("d")
    assert contents(memory.slots) == ["a", "d", "c"]
    assert contents(memory.in_order()) == ["a", "c", "d"]
    memory.write("e")
    assert contents(memory.slots) == ["a", "e", "c"]    # d was never used either


def test_random_forgetting_takes_any_slot_and_the_same_again():
    def overwritten():
        memory = write(Memory(capacity=5, forgetting="random"), range(5))
        for number in range(5, 40):
            memory.write(number)
            yield contents(memory.slots).index(number)
    assert list(overwritten()) == list(overwritten())
    assert set(overwritten()) == {0, 1, 2, 3, 4}


def test_only_a_group_is_written_and_searched():
    memory = GroupedMemory(groups_of=lambda text: [w for w in text.split() if w in ("joe", "milk")])
    for text in ("joe went", "fred went", "joe took milk", "fred left milk", "joe sat"):
        memory.write(text)
    assert contents(memory.in_order(["milk"])) == ["joe took milk", "fred left milk"]
    assert contents(memory.in_order(["joe", "milk"])) == ["joe went", "joe took milk",
                                                          "fred left milk", "joe sat"]
    assert memory.in_order(["bill"]) == []


def test_every_group_forgets_for_itself():
    memory = write(GroupedMemory(lambda text: [text[0]], capacity=1), ("a1", "b1", "a2"))
    assert contents(memory.in_order(["a", "b"])) == ["b1", "a2"]
