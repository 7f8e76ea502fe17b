"""What the report is made from: all that is known of an evaluated model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from posters.neighbours.index import Neighbour

LookAlikes = Sequence[tuple[Neighbour, Sequence[Neighbour]]]
"""Query posters, each with its nearest ones."""


@dataclass(frozen=True)
class Findings:
    """What was found out about one model.

    Attributes:
        evaluation: the content of `metrics/evaluation.json`.
        catalogue: the content of `metrics/catalogue.json`.
        decades: the content of `metrics/decades.csv`.
        tested: every tested movie: `title`, `year`, `file`, `test`, the year `predicted`, and its
            interval, `low` to `high`.
        look_alikes: of some tested posters.
        posters: the folder that `file` is relative to.
        before: the first year that is not topped up.
        head: which kind of year head it is, as in `train.head`.
        level: the share of posters whose interval shall hold their year.
        sweep: errors at several t (see `posters.evaluation.sweep_table`), or None where there is no sweep.
    """

    evaluation: Mapping[str, Any]
    catalogue: Mapping[str, Any]
    decades: pd.DataFrame
    tested: pd.DataFrame
    look_alikes: LookAlikes
    posters: Path
    before: int
    head: str
    level: float
    sweep: pd.DataFrame | None = None
