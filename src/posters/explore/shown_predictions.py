"""What the explore page shows of predictions for the test posters, as small as a page needs it.

The pretrained model has no test posters to predict again. So what was predicted for them before the
model was made smaller is a file.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from posters.embedding.embeddings import Embeddings
from posters.files import unless_damaged
from posters.years.dataset import Parts
from posters.years.priors import PRIORS, Priors
from posters.years.splitting import PARTS, TESTS
from posters.years.year_model import YearModel, YearPredictions

PREDICTIONS = "predictions.npz"
"""In `pretrained/model`."""

_TESTS = [*product(TESTS, PRIORS)]
_KINDS = {"year": "<u2", "low": "<u2", "high": "<u2", "peak": "<f4", "curve": "u1"}


@dataclass(frozen=True)
class ShownPredictions:
    """The split of a catalogue and the predictions for its test posters.

    Attributes:
        parts: the part of each movie of the catalogue, a number of `PARTS`, shape (n,).
        rows: of each test, the rows of its posters in the catalogue.
        arrays: by the names of test and prior: `year`, `low`, `high` of each poster, `peak`, the
            largest probability of a year, and `curve`, all probabilities in 255ths of it, shape
            (n_posters, n_years).
        priors: with the years.
        level: nominal coverage of the intervals.
    """

    parts: NDArray[np.uint8]
    rows: Mapping[str, NDArray[np.int64]]
    arrays: Mapping[tuple[str, str], Mapping[str, NDArray[np.generic]]]
    priors: Priors
    level: float

    @classmethod
    def of(
        cls,
        parts: Parts,
        embeddings: Embeddings,
        predictions: Mapping[str, Mapping[str, YearPredictions]],
        year_model: YearModel,
    ) -> Self:
        """Reduce what a model predicts for each test under each prior; rows as in `embeddings`."""
        rows = {
            name: embeddings.rows(list(part.movies["imdb_id"]))
            for name, part in parts.by_name.items()
        }
        numbers = np.empty(len(embeddings.movies), np.uint8)
        for name, of_part in rows.items():
            numbers[of_part] = PARTS.index(name)
        arrays = {(test, prior): _reduced(predictions[test][prior]) for test, prior in _TESTS}
        tests = {test: rows[test] for test in TESTS}
        return cls(numbers, tests, arrays, year_model.priors, year_model.level)

    def write(self, folder: Path) -> None:
        """Write parts, rows and arrays to the folder of the year model, which has the rest."""
        arrays = {
            f"{test}_{prior}_{name}": array
            for (test, prior), by_name in self.arrays.items()
            for name, array in by_name.items()
        }
        rows = {f"{test}_rows": array.astype("<u4") for test, array in self.rows.items()}
        file = folder / PREDICTIONS
        np.savez_compressed(file, allow_pickle=False, parts=self.parts, **rows, **arrays)

    @classmethod
    def read(cls, folder: Path, movies: int) -> Self:
        """Read what `write` wrote for so many movies to the folder of the year model.

        Raises:
            DataError: it is missing or damaged, or of another catalogue or year model.
        """
        path, year_model = folder / PREDICTIONS, YearModel.open(folder)
        with unless_damaged(path), np.load(path) as file:
            rows = {test: file[f"{test}_rows"].astype(np.int64) for test in TESTS}
            arrays = {
                (test, prior): {name: file[f"{test}_{prior}_{name}"] for name in _KINDS}
                for test, prior in _TESTS
            }
            parts = file["parts"]
            fitting = all(
                array["curve"].shape == (len(rows[test]), len(year_model.priors.years))
                for (test, _), array in arrays.items()
            )
            if not fitting or len(parts) != movies:
                raise ValueError("it is of another catalogue or year model")
            return cls(parts, rows, arrays, year_model.priors, year_model.level)


def _reduced(found: YearPredictions) -> dict[str, NDArray[np.generic]]:
    peak = found.probabilities.max(axis=1, keepdims=True)
    arrays = {
        "year": np.rint(found.year),
        "low": found.low,
        "high": found.high,
        "peak": peak,
        "curve": np.rint(255 * found.probabilities / peak),
    }
    return {name: arrays[name].astype(kind) for name, kind in _KINDS.items()}
