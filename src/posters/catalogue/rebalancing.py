"""Setting movies of every year aside for the balanced test, then topping up thin years."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from tqdm import tqdm

from posters.catalogue.entries import Entry, Origin
from posters.catalogue.gathering import Gatherer, Queue
from posters.params import RebalanceParams


class Rebalanced(NamedTuple):
    """The movies of the balanced test, those added to thin years, and the missing by year."""

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

    `gatherer` must know the initial catalogue, whose movies are of `initial_years`.

    Raises:
        SourceError: too many posters failed.
    """
    queues = {year: Queue(gatherer.source.candidates(year), gatherer) for year in years}
    reserve, reserve_short = _fill(
        gatherer, queues, dict.fromkeys(years, 0), params.reserve, "reserve"
    )
    counts = Counter(initial_years)
    thin = {year: counts[year] for year in years if year < params.before}
    topup, topup_short = _fill(gatherer, queues, thin, params.t, "topup")
    gatherer.failures.check()
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
                bar.set_postfix_str(f"refused={len(gatherer.refusals)}", refresh=False)
    return entries, short


def summarise(
    initial: Sequence[Entry], result: Rebalanced, years: range, params: RebalanceParams
) -> dict[str, Any]:
    """The numbers of movies in all and for each year: the content of `metrics/catalogue.json`.

    `before` and `after` count movies in all and of the years below `params.before`; `short` and
    `reserve_short` count years with too few movies, and the movies missing.
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
