"""The tested poster whose predicted year depends most on the prior, for the report."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from posters.neighbours.index import Neighbour
from posters.years.dataset import Part
from posters.years.year_model import YearPredictions


@dataclass(frozen=True)
class PriorExample:
    """One poster's prediction under each prior.

    Attributes:
        movie: its poster; the similarity is 1.
        curves: the probability of each year (index), one column for each prior.
        predicted: the predicted year by prior.
    """

    movie: Neighbour
    curves: pd.DataFrame
    predicted: Mapping[str, float]


def most_changed(part: Part, by_prior: Mapping[str, YearPredictions]) -> PriorExample:
    """The poster of a test whose predictions under the priors differ most.

    `by_prior` are the predictions for the posters of `part`.
    """
    predicted = np.array([found.year for found in by_prior.values()])
    row = int(np.ptp(predicted, axis=0).argmax())
    movie = part.movies.iloc[row]
    return PriorExample(
        Neighbour(movie["imdb_id"], movie["title"], int(movie["year"]), movie["file"], 1.0),
        pd.DataFrame(
            {prior: found.probabilities[row] for prior, found in by_prior.items()},
            index=next(iter(by_prior.values())).years,
        ),
        {prior: float(found.year[row]) for prior, found in by_prior.items()},
    )
