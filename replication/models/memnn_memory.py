"""G: where MemNN writes (section 2 of arXiv:1410.3916), and what it forgets when memory is full.

    m_H(x) = I(x)                                                                  (equation 1)

H(x) chooses the slot. In the paper's experiments it is the next empty one. The paper names two
other choices and leaves them untried: slots grouped by entity or topic, so that only one group is
written and searched, and overwriting the least useful slot where memory is full. This file holds
all three; what a slot holds is opaque to it.
"""

import random
from dataclasses import dataclass, field


@dataclass
class Slot:
    """One memory: its content, when it was written, and how often O has found it since."""
    content: object
    written: int
    used: int = 0


def oldest(slots, rng):
    """Forget what was written first."""
    return min(range(len(slots)), key=lambda slot: slots[slot].written)


def least_used(slots, rng):
    """Forget what O has found least often; among equals what was written first."""
    return min(range(len(slots)), key=lambda slot: (slots[slot].used, slots[slot].written))


def at_random(slots, rng):
    """Forget any: what the others are to be compared with."""
    return rng.randrange(len(slots))


FORGETTING = {"oldest": oldest, "least used": least_used, "random": at_random}


@dataclass
class Memory:
    """Memory slots of one group.

    capacity    most slots; None: memory never fills
    forgetting  one of FORGETTING: which slot is overwritten where all are taken
    """
    capacity: int | None = None
    forgetting: str = "oldest"
    seed: int = 0
    slots: list = field(default_factory=list)
    time: int = 0

    def __post_init__(self):
        self._rng = random.Random(self.seed)

    def write(self, content):
        """Write to the next empty slot, or over the least useful one. Returns the slot's number."""
        slot = Slot(content, self.time)
        self.time += 1
        if self.capacity is None or len(self.slots) < self.capacity:
            self.slots.append(slot)
            return len(self.slots) - 1
        number = FORGETTING[self.forgetting](self.slots, self._rng)
        self.slots[number] = slot
        return number

    def in_order(self, groups=()):
        """All slots, in the order of writing, for O's loop; they are in every group."""
        return sorted(self.slots, key=lambda slot: slot.written)


@dataclass
class GroupedMemory:
    """Slots grouped by what a statement mentions: one group an entity or topic.

    groups_of   content -> the groups that it belongs to; it is written to each of them
    capacity, forgetting   of every group
    """
    groups_of: object
    capacity: int | None = None
    forgetting: str = "oldest"
    groups: dict = field(default_factory=dict)
    time: int = 0

    def write(self, content):
        """Write to every group that the content belongs to. Returns the groups."""
        groups = self.groups_of(content)
        for group in groups:
            memory = self.groups.setdefault(group, Memory(self.capacity, self.forgetting))
            memory.time = self.time                     # one clock for all groups
            memory.write(content)
        self.time += 1
        return groups

    def in_order(self, groups):
        """The slots of these groups alone, in the order of writing, each statement once."""
        by_time = {slot.written: slot for group in groups if group in self.groups
                   for slot in self.groups[group].slots}
        return [by_time[time] for time in sorted(by_time)]
