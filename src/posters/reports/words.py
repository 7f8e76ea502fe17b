"""What the report calls things, and what must be known before its numbers are used."""

from collections.abc import Mapping
from typing import Any

from posters.caveats import GENERATED

TITLES = {"natural": "Posters as they come", "balanced": "Every year alike"}
"""The two tests, as a question a person would ask."""

ANSWERS = {
    "mae": "this model",
    "svr_mae": "support vectors, same features",
    "ridge_mae": "linear regression, same features",
    "knn_mae": "nearest neighbours, same features",
    "best_constant_mae": "guessing: the best single year",
    "colour_mae": "linear regression, colours alone",
    "constant_mae": "guessing: the median training year",
}
"""Who is asked for years: this model, others, and two who never look at a poster."""

HEADS = {
    "distribution": "a probability for every year; the answer is the median",
    "scalar": "one number, the year",
}

_SOURCES = {
    "sample": "posters drawn by this project, no real films",
    "replica": "a table, through the local stand-in for IMDb",
    "table": "a table of one's own",
    "imdb": "IMDb's data sets and image host",
    "imdb_pages": "pages of IMDb saved from a browser",
    "tmdb": "The Movie Database",
    "wikidata": "Wikidata and Wikimedia Commons",
}
_WEIGHTS = {
    "random": "random weights, never trained",
    "imagenet": "ImageNet weights",
    "file": "weights of a file",
}


def source(names: list[str]) -> str:
    """Where the posters came from."""
    return "; ".join(_SOURCES.get(name, name) for name in names)


def weights(backbone: Mapping[str, Any]) -> str:
    """What the network knows."""
    return _WEIGHTS[backbone["weights"]]


def meaning(caveat: str) -> str:
    """What follows from a caveat for whoever reads the numbers."""
    if caveat == GENERATED:
        return (
            "The posters were drawn by a program, each year in the fashion of its time. The "
            "numbers show that the pipeline works, not how well real posters are dated."
        )
    return (
        "The network that turns posters into numbers was never trained: with ImageNet weights "
        "look-alikes and years are others."
    )


def out_of_scope(evaluation: Mapping[str, Any], first: int, last: int) -> list[str]:
    """What the model should not be used for."""
    said = [
        "Dating a poster for a sale, a collection or a court: a guess is no evidence. It errs by "
        f"{evaluation['balanced']['mae']:.0f} years on average where every year counts the same, "
        "and by far more at worst (see above).",
        "Telling when a copy was printed: it learned the year of the film. Re-releases and "
        "covers of home videos wear the film's year in every catalogue.",
        f"Posters of other years than {first} to {last}, and pictures that are no film posters: "
        "it answers all the same, and wrongly.",
        "Saying anything about people: it knows nobody, and was not made to.",
        "Old posters under the natural prior: it expects the years as films come, so that the "
        "first decades are guessed too new. Ask with the uniform prior instead.",
        "Conclusions about cinema: what is popular, digitised and listed is not what was made.",
    ]
    caveats = evaluation["run"]["caveats"]
    if GENERATED in caveats:
        said.insert(0, f"Any real poster: this model was made from {' and '.join(caveats)}.")
    elif caveats:
        said.insert(0, f"Anything that counts: this model has {' and '.join(caveats)}.")
    return said
