"""Setting movies of every year aside for the balanced test, then topping up thin years."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from tqdm import tqdm

from posters.catalogue.entries import Entry, Origin
from posters.catalogue.gathering import Gatherer, Queue
from posters.params import RebalanceParams


class Rebalanced(NamedTuple):
    """The result of rebalancing.

    Attributes:
        reserve: the balanced test: up to `reserve` movies of every year.
        topup: the movies added to thin years.
        reserve_short, topup_short: years with too few candidates, and how many are missing.
    """

    reserve: list[Entry]
    topup: list[Entry]
    reserve_short: dict[int, int]
    topup_short: dict[int, int]


def rebalance(
    gatherer: Gatherer, initial_years: Iterable[int], years: range, params: RebalanceParams
) -> Rebalanced:
    """Set `reserve` movies of every year aside, then top up each year before `before` to `t`.

    The reserve is taken first, so it is the same for every t. The top-up raises all years by one
    movie at a time, so t = 40 begins with exactly the movies of t = 30.

    Args:
        gatherer: must know the initial catalogue; its source gives the candidates of each year in
            a fixed order, refused ones are skipped.
        initial_years: the year of each movie of the initial catalogue.
        years: all years.
        params: how many movies per year are wanted.
    """
    queues = {year: Queue(gatherer.source.candidates(year), gatherer) for year in years}
    reserve, reserve_short = _fill(
        gatherer, queues, dict.fromkeys(years, 0), params.reserve, "reserve"
    )
    counts = Counter(initial_years)
    thin = {year: counts[year] for year in years if year < params.before}
    topup, topup_short = _fill(gatherer, queues, thin, params.t, "topup")
    gatherer.check_failures()
    return Rebalanced(reserve, topup, reserve_short, topup_short)


def _fill(
    gatherer: Gatherer,
    queues: Mapping[int, Queue],
    counts: dict[int, int],
    target: int,
    origin: Origin,
) -> tuple[list[Entry], dict[int, int]]:
    """Raise `counts` (movies by year) to `target`; the movies added, and the missing by year."""
    entries: list[Entry] = []
    short: dict[int, int] = {}
    total = sum(max(0, target - count) for count in counts.values())
    with tqdm(total=total, desc=origin, unit="poster", disable=None) as bar:
        for level in range(1, target + 1):
            rising = [year for year, count in counts.items() if count < level and year not in short]
            for year in rising:
                queues[year].prefetch(1)
            for year in rising:
                entry = queues[year].next_accepted(origin)
                if entry:
                    entries.append(entry)
                    counts[year] += 1
                else:
                    short[year] = target - counts[year]
                bar.update(1 if entry else short[year])
                bar.set_postfix(refused=len(gatherer.refusals), refresh=False)
    return entries, short


def summarise(
    initial: Sequence[Entry], result: Rebalanced, years: range, params: RebalanceParams
) -> dict[str, Any]:
    """The numbers of movies before and after.

    Returns:
        `before` and `after` (movies in all, and of the years below `params.before`), `added`,
        `reserve`, `short` (years below t, and movies missing), `reserve_short` likewise, and
        `years`: for each year its movies before and after, its reserve, and the missing ones.
    """
    before = Counter(entry.year for entry in initial)
    after = before + Counter(entry.year for entry in result.topup)
    reserve = Counter(entry.year for entry in result.reserve)

    def totals(counts: Counter[int]) -> dict[str, int]:
        thin = sum(count for year, count in counts.items() if year < params.before)
        return {"movies": counts.total(), f"before_{params.before}": thin}

    def missing(short: dict[int, int]) -> dict[str, int]:
        return {"years": len(short), "movies": sum(short.values())}

    return {
        "t": params.t,
        "before": totals(before),
        "after": totals(after),
        "added": len(result.topup),
        "reserve": len(result.reserve),
        "short": missing(result.topup_short),
        "reserve_short": missing(result.reserve_short),
        "years": [
            {
                "year": year,
                "before": before[year],
                "after": after[year],
                "reserve": reserve[year],
                "short": result.topup_short.get(year, 0),
                "reserve_short": result.reserve_short.get(year, 0),
            }
            for year in years
        ],
    }
