"""Task 15, basic deduction: sheep are afraid of wolves, Gertrude is a sheep.

Each of four species is afraid of one of the three others, each of four
animals belongs to a species. Drawn again and again: one of these eight still
untold facts. For an animal its species is drawn at that moment, and passed
over if what that species is afraid of is still untold; so an animal always
follows the rule that it needs, and species with an early rule have more
animals. Then four questions, each about any of the four animals, repeats
included.
"""

from tasks.generators.draw import choice
from tasks.generators.story import Line

PLURAL = {"mouse": "mice", "cat": "cats", "wolf": "wolves", "sheep": "sheep"}
ANIMALS = ("Gertrude", "Winona", "Emily", "Jessica")
QUESTIONS = 4


def story(rng):
    lines = []
    fears, rule_at = {}, {}         # by species
    species_of, member_at = {}, {}  # by animal
    while len(lines) < len(PLURAL) + len(ANIMALS):
        subject = choice(rng, [name for name in (*PLURAL, *ANIMALS)
                               if name not in fears and name not in species_of])
        if subject in PLURAL:
            fears[subject] = choice(rng, [other for other in PLURAL if other != subject])
            rule_at[subject] = len(lines)
            lines.append(Line(f"{PLURAL[subject].capitalize()} are afraid of "
                              f"{PLURAL[fears[subject]]}."))
            continue
        species = choice(rng, tuple(PLURAL))
        if species in fears:
            species_of[subject] = species
            member_at[subject] = len(lines)
            lines.append(Line(f"{subject} is a {species}."))
    for _ in range(QUESTIONS):
        animal = choice(rng, ANIMALS)
        species = species_of[animal]
        lines.append(Line(f"What is {animal.lower()} afraid of?", fears[species],
                          (member_at[animal], rule_at[species])))
    return lines
