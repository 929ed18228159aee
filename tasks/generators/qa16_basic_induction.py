"""Task 16, basic induction: Lily is a swan, Lily is white, Greg is a swan, so Greg is white.

Five animals; of each the species is told, and of four of them later the
colour. Drawn again and again: one animal, of which the next untold thing is
told. Species are independent. A colour is free, except right after another
colour of the same species: then the induction holds and the colour is the
same. (A new member of the species in between lets go of it again, which is
how one species comes to have two colours.)

The question is about the animal without a colour; the answer is the colour of
the member of its species that was introduced last among the coloured. A story
whose species has no coloured member is not asked, and in the released files
neither is one with exactly two of them (they have one, three or four).
"""

from tasks.generators.draw import choice
from tasks.generators.story import Line

ANIMALS = ("Bernhard", "Brian", "Greg", "Julius", "Lily")
SPECIES = ("frog", "lion", "rhino", "swan")
COLOURS = ("gray", "green", "white", "yellow")
COLOURED_MEMBERS_ASKED = (1, 3, 4)  # of the species asked about, as released


def story(rng):
    while True:
        lines, species, colour, species_at, colour_at = _statements(rng)
        animal_asked = next(animal for animal in ANIMALS if animal not in colour)
        alike = [animal for animal in colour if species[animal] == species[animal_asked]]
        if len(alike) in COLOURED_MEMBERS_ASKED:
            break
    model = max(alike, key=species_at.get)
    supports = species_at[animal_asked], species_at[model], colour_at[model]
    return lines + [Line(f"What color is {animal_asked}?", colour[model], supports)]


def _statements(rng):
    """Nine statements, and by animal: species, colour, and where each was told."""
    lines, species, colour, species_at, colour_at = [], {}, {}, {}, {}
    induced = {}    # by species: its last told colour, until a new member is introduced
    while len(lines) < 2 * len(ANIMALS) - 1:
        animal = choice(rng, ANIMALS)
        if animal not in species:
            species[animal] = choice(rng, SPECIES)
            species_at[animal] = len(lines)
            induced.pop(species[animal], None)
            lines.append(Line(f"{animal} is a {species[animal]}."))
        elif animal not in colour and len(colour) < len(ANIMALS) - 1:
            colour[animal] = induced.get(species[animal]) or choice(rng, COLOURS)
            colour_at[animal] = len(lines)
            induced[species[animal]] = colour[animal]
            lines.append(Line(f"{animal} is {colour[animal]}."))
    return lines, species, colour, species_at, colour_at
