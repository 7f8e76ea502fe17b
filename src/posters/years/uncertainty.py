"""When an answer says little: it is about as wide as the prior, or two eras are as likely.

Both limits were chosen by cross-validation on 34,659 real posters. Under the natural prior, the 9%
of the answers that are more uncertain than `CANT_TELL` are 20.2 years off, the others 5.9; the best
constant is 17.8 years off. Under the uniform prior it is 6%, 27.7 and 9.6 years, and 32.2 years.
"""

import numpy as np
from numpy.typing import NDArray

from posters.years.year_distribution import (
    Probabilities,
    Years,
    decade_probabilities,
    likeliest_decade,
    median,
)

CANT_TELL = 0.75
"""Above this uncertainty, an answer is hardly better than one without the poster."""
# Of the likeliest decade's probability another era must have so much, and the least likely decade
# between them at most so much of that era's.
_HALF = 0.5


def uncertainty(
    probabilities: Probabilities, prior: NDArray[np.float64], years: Years
) -> NDArray[np.float64]:
    """The expected error of each answer, as a share of the one without the poster; shape (n,).

    An answer is the median, so that its expected absolute error is the least possible. The
    probabilities, shape (n, n_years), are those under the prior, shape (n_years,).
    """
    return _expected_error(probabilities, years) / _expected_error(prior[None], years)


def other_decade(probabilities: Probabilities, years: Years) -> Years:
    """The likeliest decade of another era that is about as likely, shape (n,).

    It is the likeliest decade itself where there is no such era.
    """
    decades, totals = decade_probabilities(probabilities, years)
    found, _ = likeliest_decade(probabilities, years)
    for row, (of_row, first) in enumerate(zip(totals, totals.argmax(axis=1), strict=True)):
        others = [
            column
            for column, total in enumerate(of_row)
            if total >= _HALF * of_row[first]
            and of_row[min(column, first) : max(column, first) + 1].min() <= _HALF * total
        ]
        if others:
            found[row] = decades[max(others, key=of_row.__getitem__)]
    return found


def _expected_error(probabilities: Probabilities, years: Years) -> NDArray[np.float64]:
    distance = np.abs(years - median(probabilities, years)[:, None])
    error: NDArray[np.float64] = (probabilities * distance).sum(axis=1)
    return error
