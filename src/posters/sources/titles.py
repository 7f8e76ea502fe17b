"""Generated movie titles."""

import numpy as np

_ADJECTIVES = tuple(
    """
    Silent Broken Crimson Last Hidden Golden Midnight Lonely Burning Savage Velvet Wild
    Forgotten Electric Distant Bitter Scarlet Gentle Restless Hollow Frozen Crooked Northern
    Paper Iron Wicked Emerald Stolen Endless Quiet Dancing Second Perfect Invisible Dangerous
    Tender Secret Reckless Painted Falling Blue Black White Red Merry Terrible Impossible
    Foreign Lucky
    """.split()  # noqa: SIM905
)
_NOUNS = tuple(
    """
    Harbour Garden Rider Orchard Lantern Witness Empire River Stranger Window Crown Detective
    Carnival Mountain Letter Widow Engine Sailor Mirror Horizon Cathedral Outlaw Waltz
    Lighthouse Thief Summer Winter Machine Wolf Sparrow Planet Dancer Bride Gambler Cavalry
    Island Ghost Castle Station Avenue Tiger Promise Kingdom Shadow Teacher Serpent Valley
    Soldier Circus Storm Melody Pirate Diamond Raven Colony Labyrinth Highway Butcher Comet
    Duchess Monsoon Telegram
    """.split()  # noqa: SIM905
)
_PLACES = tuple(
    """
    Lisbon Cairo Shanghai Texas Marseille Vienna Havana Bombay Alaska Trieste Casablanca Dakota
    Naples Oslo Kyoto Veracruz Tangier Samarkand Galway Valparaiso Odessa Zanzibar Montana
    """.split()  # noqa: SIM905
)
_NAMES = tuple(
    """
    Anna Marlowe Rosalind Jasper Odette Silas Ivy Magnus Clementine Dorian Esther Felix Greta
    Hugo Imogen Leopold Mabel Nadia Oscar Pearl Quentin Ruby Tobias Ursula Vincent Wilhelmina
    """.split()  # noqa: SIM905
)
# Two movies share a title now and then, as remakes do.
_PATTERNS = (
    "The {adjective} {noun}",
    "{adjective} {noun}",
    "{adjective} {noun}s",
    "{noun} of {place}",
    "{adjective} in {place}",
    "The {noun} and the {other}",
    "{name}'s {noun}",
    "{name} and the {noun}",
    "A {noun} for {name}",
    "{name} Goes to {place}",
    "Return of the {adjective} {noun}",
    "Beyond the {adjective} {noun}",
    "My {adjective} {noun}",
    "The {noun} from {place}",
    "Who Killed the {adjective} {noun}?",
    "The Secret Life of {name} {other}",
    "{place} {noun}",
)


def generate_title(generator: np.random.Generator) -> str:
    """A title such as "The Crooked Lantern"; the same generator state gives the same title."""
    pattern = _PATTERNS[generator.integers(len(_PATTERNS))]
    words = {
        "adjective": _ADJECTIVES,
        "noun": _NOUNS,
        "other": _NOUNS,
        "place": _PLACES,
        "name": _NAMES,
    }
    return pattern.format(
        **{key: choices[generator.integers(len(choices))] for key, choices in words.items()}
    )
