"""The model card: what the model is, what it is for, and how good it is, from `metrics/` alone.

The order is that of Mitchell et al., 2019, "Model Cards for Model Reporting".
"""

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from posters.caveats import GENERATED
from posters.evaluation.metrics import PRIOR_OF
from posters.years.splitting import TESTS

_TERMS = {
    "sample": "posters drawn by this project: no terms",
    "table": "posters of your own table: yours to know",
    "imdb": "IMDb's data sets and posters: personal and non-commercial use",
    "imdb_pages": "IMDb's pages and posters: personal and non-commercial use",
    "tmdb": "The Movie Database: training a model needs a written agreement",
    "wikidata": "Wikidata (CC0); each poster under the licence on its Wikimedia Commons page",
}
_QUESTION = {
    "natural": "posters as they come, mostly recent ones",
    "balanced": "as many posters of every year",
}
_WEIGHTS = {
    "imagenet": "ImageNet weights",
    "random": "seeded random weights",
    "file": "weights of a file",
}
_WIDTH = 120
_FEW = 10  # posters; a mean over fewer says little


def model_card(
    evaluation: Mapping[str, Any],
    decades: Sequence[Mapping[str, str]],
    catalogue: Mapping[str, Any],
) -> str:
    """The card as Markdown; the same metrics give the same bytes.

    Args:
        evaluation: `metrics/evaluation.json`.
        decades: the rows of `metrics/decades.csv`.
        catalogue: `metrics/catalogue.json`.
    """
    run = evaluation["run"]
    years = [row["year"] for row in catalogue["years"]]
    sections = [
        "# Model card: poster → year\n\n"
        "Written by `make card` from the files in `metrics/`; change those, not this page.",
        *_warnings(run["caveats"]),
        _details(run, years),
        _uses(),
        _data(run, catalogue),
        _figures(evaluation),
        *(_by_decade(test, decades) for test in TESTS),
        _limits(evaluation, decades, years),
        _start(),
    ]
    lines = "\n\n".join(sections).split("\n")
    return "\n".join(wrapped for line in lines for wrapped in _wrapped(line)) + "\n"


def _warnings(caveats: Sequence[str]) -> list[str]:
    """What must be known before any figure is read."""
    said = []
    if GENERATED in caveats:
        said.append(
            "> **Generated posters.** This model learned from posters that a program drew. Its "
            "figures show that everything works, not how well real posters can be dated."
        )
    for caveat in caveats:
        if caveat != GENERATED:
            said.append(
                f"> **{caveat[:1].upper()}{caveat[1:]}.** The network never learned from pictures: "
                "its weights are seeded random numbers. Train with real ones (`embed.weights`) "
                "before you rely on any answer."
            )
    return said


def _details(run: Mapping[str, Any], years: Sequence[int]) -> str:
    backbone = run["backbone"]
    trained = run["counts"]["train"] + run["counts"]["validation"]
    return "\n".join(
        [
            "## What it is\n",
            "Of a movie poster it says the year in which it was made, with an interval and the "
            "likeliest decade, and which movies' posters look most like it.\n",
            f"- **Network**: {backbone['name']}, frozen, {_WEIGHTS[backbone['weights']]} (digest "
            f"`{backbone['weights_digest'][:12]}`). Posters are scaled to {backbone['width']}x"
            f"{backbone['height']} pixels and become vectors of {backbone['embedding_size']:,} "
            f"numbers, calculated in {backbone['precision']}.",
            f"- **Year head**: a Keras network trained on {trained:,} posters, which answers years "
            f"from {years[0]} to {years[-1]}; intervals by conformal prediction.",
            "- **Neighbours**: exact search by cosine similarity.",
            f"- **This model**: `{run['model_sha256'][:12]}` (SHA-256 of the head's weights), "
            f"t = {run['t']}. The code is under the MIT licence; weights and posters have their "
            "own terms.",
        ]
    )


def _uses() -> str:
    return "\n".join(
        [
            "## Intended uses\n",
            "- Learning, teaching and practising machine-learning engineering.",
            "- Ordering and searching a collection of posters.",
            "- A first guess at the decade of an undated poster, which a person then checks.",
            "",
            "## Out of scope\n",
            "- Dating anything but movie posters, or the films themselves: re-releases and "
            "home-video covers look younger than their film.",
            "- Proof of a poster's age or authenticity, or of its price.",
            "- Identifying or describing the people shown: nothing here does.",
            "- Decisions about anybody.",
        ]
    )


def _data(run: Mapping[str, Any], catalogue: Mapping[str, Any]) -> str:
    counts = run["counts"]
    excluded = counts.get("excluded", 0)
    short = catalogue["short"]
    refused = sum(sum(reasons.values()) for reasons in catalogue["refused"].values())
    read = catalogue["source"].get("datasets", {})
    return "\n".join(
        [
            "## Data and their terms\n",
            f"{catalogue['before']['movies']:,} movies as they come, topped up by "
            f"{catalogue['added']:,} towards {catalogue['t']} a year, and "
            f"{catalogue['reserve']:,} set aside before that as the balanced test. "
            f"{short['years']} years stay short, by {short['movies']:,} movies; {refused:,} "
            f"posters were refused. Split by title: {counts['train']:,} train, "
            f"{counts['validation']:,} validation, {counts['natural']:,} natural test, "
            f"{counts['balanced']:,} balanced test; {excluded:,} left out as too close "
            "to a tested one. No poster is distributed with the project.\n",
            *(f"- **{name}**: {_TERMS.get(name, 'terms unknown')}" for name in run["source"]),
            *(f"- `{name}`: SHA-256 `{one['sha256'][:12]}`" for name, one in read.items()),
        ]
    )


def _figures(evaluation: Mapping[str, Any]) -> str:
    columns = {
        "informed constant": "best_constant_mae",
        "ridge": "ridge_mae",
        "kNN": "knn_mae",
        "SVR": "svr_mae",
        "colour alone": "colour_mae",
    }
    rows = []
    for test in TESTS:
        said = evaluation[test]
        rows.append(
            [
                f"{test}: {_QUESTION[test]}",
                str(said["n"]),
                f"**{said['mae']:.1f}** ({said['mae_low']:.1f}–{said['mae_high']:.1f})",
                f"{said['median_ae']:.1f}",
                f"{said['within_10']:.0%}",
                *(f"{said[key]:.1f}" for key in columns.values()),
                f"{said['coverage']:.0%}",
            ]
        )
    return (
        "## Figures\n\nMean absolute errors in years (95% limits by bootstrap over titles) on "
        "posters that were never trained on, beside what others err on the same ones. Each test is "
        "asked under its own prior. Intervals are made to hold as often as `train.interval` asks."
        "\n\n"
        + _table(
            [
                *("test", "posters", "MAE", "half within", "within 10 years"),
                *(*columns, "intervals hold"),
            ],
            rows,
        )
    )


def _by_decade(test: str, decades: Iterable[Mapping[str, str]]) -> str:
    rows = [
        [
            f"{row['decade']}s",
            row["n"],
            f"{float(row['mae']):.1f}",
            f"{float(row['bias']):+.1f}".replace("-", "−"),
            f"{float(row['coverage']):.0%}",
            f"{float(row['width']):.0f}",
        ]
        for row in _own(test, decades)
    ]
    return f"### By decade, {test} test ({PRIOR_OF[test]} prior)\n\n" + _table(
        ["decade", "posters", "MAE", "bias", "intervals hold", "their width"],
        rows,
    )


def _limits(
    evaluation: Mapping[str, Any], decades: Sequence[Mapping[str, str]], years: Sequence[int]
) -> str:
    lines = []
    for test in TESTS:
        known = [row for row in _own(test, decades) if int(row["n"]) >= _FEW]
        if known:
            worst = max(known, key=lambda row: float(row["mae"]))
            lines.append(
                f"- {test.capitalize()} test: of the decades with {_FEW} posters or more, those of "
                f"the {worst['decade']}s are dated worst, {float(worst['mae']):.1f} years off."
            )
    held = evaluation["natural"].get("coverage_before_1930")
    if held is not None:
        lines.append(
            f"- Asked under the natural prior, {held:.0%} of the intervals of posters from before "
            "1930 hold, as such posters are rare: use `--prior uniform` for old ones."
        )
    origin = evaluation["origin"]
    if origin:
        chance = f"{origin['chance_low']:.2f}–{origin['chance_high']:.2f}"
        lines.append(
            f"- Initial and topped-up posters of one year are told apart with an AUC of "
            f"{origin['auc']:.2f} (chance: {chance}); if it were more, the year might leak."
        )
    return "\n".join(
        [
            "## Limits\n",
            *lines,
            f"- No year before {years[0]} or after {years[-1]} is ever answered.",
            "- A catalogue gives the year of the film, which is not always that of the poster.",
            "- A poster unlike all it learned from gets an answer all the same: look at the "
            "similarities.",
        ]
    )


def _start() -> str:
    return """## How to start

    make repro                     # makes the model, offline
    . .venv/bin/activate && python src/predict.py poster.jpg

The README says how to use posters of your own, other networks, and a container."""


def _own(test: str, decades: Iterable[Mapping[str, str]]) -> list[Mapping[str, str]]:
    """The rows of a test under its own prior."""
    return [row for row in decades if (row["test"], row["prior"]) == (test, PRIOR_OF[test])]


def _wrapped(line: str) -> list[str]:
    """A line of Markdown in lines that are easy to compare; tables and commands as they are."""
    if line.startswith(("|", "#", "    ")) or not line:
        return [line]
    marks = {"- ": "  ", "> ": "> "}
    return textwrap.wrap(
        line,
        _WIDTH,
        subsequent_indent=marks.get(line[:2], ""),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [list(head), ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
