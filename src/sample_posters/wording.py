"""Invented names of people and studios, tag lines and credits."""

from numpy.random import Generator

from sample_posters.random_draws import chance, pick

_GIVEN = (
    "Ada", "Abel", "Basil", "Bruna", "Cass", "Clem", "Dora", "Delphine", "Edda", "Emmett",
    "Flora", "Fitz", "Greta", "Gil", "Hester", "Hugo", "Ines", "Ivo", "Juno", "Jasper",
    "Kit", "Kasia", "Lena", "Lorne", "Mabel", "Milo", "Nadia", "Ned", "Odile", "Otis",
    "Petra", "Piers", "Rhoda", "Roscoe", "Sunniva", "Silas", "Tilda", "Tobias", "Una", "Viggo",
    "Wanda", "Wendell", "Yara", "Zeb",
)
_FAMILY_HEADS = (
    "Ambl", "Bran", "Cald", "Dorv", "Esk", "Farn", "Gorl", "Hask", "Ilv", "Jarv", "Kest", "Lorm",
    "Mard", "Nesk", "Orl", "Pell", "Quill", "Rusk", "Selv", "Torv", "Ulm", "Vask", "Wend", "Yarr",
)
_FAMILY_TAILS = (
    "ane", "by", "cott", "dale", "ering", "ette", "field", "ian", "is", "elli", "mond", "ner",
    "oway", "ova", "quist", "ridge", "som", "ton", "ush", "well", "wick", "worth",
)
_THINGS = (
    "love", "danger", "the night", "the truth", "a promise", "the river", "fear", "honour",
    "laughter", "gold", "silence", "the storm", "a stranger", "midnight", "revenge", "the heart",
    "tomorrow", "a secret", "the sea", "glory", "trouble", "the moon",
)
_TAGS = (
    "{0} has a price... {1} pays it",
    "she wanted {0}. he wanted {1}",
    "between {0} and {1}",
    "a story of {0} and {1}",
    "no one escapes {0}",
    "when {0} meets {1}",
    "{0} was only the beginning",
    "first came {0}. then came {1}",
    "you can outrun {0}, never {1}",
    "all they had was {0}",
    "the picture that dares to show {0}!",
    "beyond {0} lies {1}",
)
_STUDIO_HEADS = ("Meridian", "Northlamp", "Blue Heron", "Halcyon", "Tamarack", "Old Mill", "Corvid",
                 "Silver Ladder", "Lighthouse", "Kestrel", "Five Bells", "Marigold")
_STUDIO_TAILS = ("Pictures", "Film Company", "Photoplays", "Studios", "Productions", "Films")
_CRAFTS = ("music by", "costumes by", "edited by", "screenplay by", "production design",
           "director of photography", "produced by", "story by", "casting by", "directed by",
           "executive producer", "based on the novel by")


def name(rng: Generator) -> str:
    """Return an invented person's name."""
    return f"{pick(rng, _GIVEN)} {pick(rng, _FAMILY_HEADS)}{pick(rng, _FAMILY_TAILS)}"


def studio(rng: Generator) -> str:
    """Return an invented studio's name."""
    return f"{pick(rng, _STUDIO_HEADS)} {pick(rng, _STUDIO_TAILS)}"


def tag_line(rng: Generator) -> str:
    """Return a random tag line in sentence case."""
    line = pick(rng, _TAGS).format(pick(rng, _THINGS), pick(rng, _THINGS))
    if chance(rng, 0.5) and line[-1].isalpha():
        line += pick(rng, (".", "...", "!"))
    return line[0].upper() + line[1:]


def credits_text(rng: Generator, entries: int) -> str:
    """Return the text of a billing block with so many entries: crafts and names."""
    parts = [studio(rng), "presents"]
    for _ in range(entries):
        parts += [pick(rng, _CRAFTS), name(rng)]
    return " ".join(parts)
