"""Vectors and years of each part of the split: the input of training and evaluation."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from posters import paths
from posters.catalogue.caveats import caveats
from posters.catalogue.entries import read_catalogue
from posters.embedding.backbone import BackboneInfo
from posters.embedding.embeddings import Embeddings, read_embeddings
from posters.errors import DataError
from posters.params import Params
from posters.years.splitting import PARTS


@dataclass(frozen=True)
class Part:
    """One part of the split; all attributes have the same order of rows.

    Attributes:
        movies: rows of the catalogue, with their `group` and `fold`.
        vectors: year features, shape (n, n_year_features), float32.
        colours: colour statistics, shape (n, colour_size), float32.
        years: shape (n,).
    """

    movies: pd.DataFrame
    vectors: NDArray[np.float32]
    colours: NDArray[np.float32]
    years: NDArray[np.int64]

    @property
    def initial(self) -> NDArray[np.bool_]:
        """Which rows belong to the initial catalogue, shape (n,)."""
        return (self.movies["origin"] == "initial").to_numpy()

    @property
    def groups(self) -> list[str]:
        """The group of each row: rows of one group are not independent."""
        return list(self.movies["group"])

    @property
    def folds(self) -> NDArray[np.int64]:
        """The fold of each row, shape (n,)."""
        return self.movies["fold"].to_numpy(dtype=np.int64)

    def rows(self, chosen: NDArray[np.bool_]) -> "Part":
        """The chosen rows."""
        return Part(
            self.movies[chosen], self.vectors[chosen], self.colours[chosen], self.years[chosen]
        )


@dataclass(frozen=True)
class Parts:
    """The catalogue, the network that made the vectors, and the parts of the split by name."""

    catalogue: pd.DataFrame
    backbone: BackboneInfo
    by_name: dict[str, Part]

    def __getitem__(self, name: str) -> Part:
        return self.by_name[name]

    def provenance(self, params: Params) -> dict[str, Any]:
        """What a model is made from, for its files, the metrics and the MLflow run."""
        return {
            "caveats": caveats(self.catalogue["source"], self.backbone.caveat),
            "source": sorted(self.catalogue["source"].unique()),
            "t": params.rebalance.t,
            "backbone": vars(self.backbone),
            "counts": {name: len(part.years) for name, part in self.by_name.items()},
            "seeds": {
                name: getattr(params, name).seed for name in ("scrape", "embed", "split", "train")
            },
        }


def read_parts(features: str = "year_features") -> Parts:
    """Read catalogue, split and embeddings of the last run and join them.

    `features` names the part of an embedding that becomes `Part.vectors`, see `BackboneInfo`.

    Raises:
        DataError: one of them is missing or damaged, or they contain different movies.
    """
    split = read_split()
    embeddings = read_embeddings(paths.EMBEDDINGS)
    used = getattr(embeddings.info, features)
    return join_parts(read_catalogue(paths.CATALOGUE), split, embeddings, used)


def read_split() -> pd.DataFrame:
    """Read `group`, `part` and `fold` of each movie; raises as `read_parts`."""
    columns = ["imdb_id", "group", "part", "fold"]
    try:
        split = pd.read_csv(paths.SPLIT, dtype=str, keep_default_na=False, usecols=columns)
        split = split.astype({"fold": np.int64})
        if not split["part"].isin(PARTS).all() or split["imdb_id"].duplicated().any():
            raise ValueError("expected each movie once, with its part")
    except FileNotFoundError as error:
        raise DataError("data/split.csv is missing: run `dvc repro`") from error
    except ValueError as error:
        reason = " ".join(str(error).split())
        raise DataError(f"data/split.csv is damaged ({reason}): run `dvc repro`") from error
    return split


def join_movies(catalogue: pd.DataFrame, split: pd.DataFrame) -> pd.DataFrame:
    """Join catalogue and split by `imdb_id`; raises as `join_parts`."""
    movies = catalogue.merge(split, on="imdb_id", how="outer", validate="1:1", indicator=True)
    if not (movies.pop("_merge") == "both").all():
        raise DataError(
            "data/split.csv and data/catalogue.csv contain different movies: run `dvc repro`"
        )
    return movies


def join_parts(
    catalogue: pd.DataFrame, split: pd.DataFrame, embeddings: Embeddings, columns: slice
) -> Parts:
    """Join catalogue, split and these columns of the embeddings by `imdb_id`.

    Raises:
        DataError: they contain different movies.
    """
    movies = join_movies(catalogue, split)
    info = embeddings.info
    by_name = {}
    for name, rows in movies.groupby("part", sort=True):
        vectors = np.asarray(embeddings.matrix[embeddings.rows(list(rows["imdb_id"]))])
        years = rows["year"].to_numpy(dtype=np.int64)
        by_name[str(name)] = Part(rows, vectors[:, columns], vectors[:, info.colour], years)
    return Parts(catalogue, info, by_name)
