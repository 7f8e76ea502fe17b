"""Topping up the thin years, and setting the balanced test aside before."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tqdm import tqdm

from posters.catalogue.entries import Entry
from posters.catalogue.gathering import Gatherer, Queue, show_failures
from posters.params import RebalanceParams


@dataclass
class Rebalanced:
    """What a top-up came to.

    Attributes:
        reserve: the balanced test: up to `reserve` movies of every year.
        topup: the movies added.
        reserve_short, topup_short: years whose candidates ended early, and how many are missing.
    """

    reserve: list[Entry] = field(default_factory=list)
    topup: list[Entry] = field(default_factory=list)
    reserve_short: dict[int, int] = field(default_factory=dict)
    topup_short: dict[int, int] = field(default_factory=dict)


def rebalance(
    gatherer: Gatherer, initial_years: Iterable[int], years: range, params: RebalanceParams
) -> Rebalanced:
    """Set `reserve` movies of every year aside, then top up each year before `before` to `t`.

    Years rise together, level by level (every year to 1, every year to 2, ...), so that t = 40
    begins with exactly the movies of t = 30 and goes on from there. The reserve is drawn before any
    top-up and therefore is the same for every t.

    Args:
        gatherer: knows the initial catalogue already, so that none of it comes in again; its
            source offers the candidates of a year in a fixed order, those refused are passed over.
        initial_years: the year of each movie of the initial catalogue.
        years: all years asked about.
        params: how many movies a year are wanted.
    """
    t, reserve = params.t, params.reserve
    queues = {year: Queue(gatherer.source.candidates(year), gatherer) for year in years}
    result = Rebalanced()

    with tqdm(total=reserve * len(years), desc="reserve", unit="poster", disable=None) as bar:
        for level in range(reserve):
            rising = [year for year in years if year not in result.reserve_short]
            _expect(gatherer, queues, rising)
            for year in rising:
                entry = queues[year].first_accepted("reserve")
                if entry:
                    result.reserve.append(entry)
                    bar.update()
                else:
                    result.reserve_short[year] = reserve - level
                    bar.update(reserve - level)
                show_failures(bar, gatherer)

    counts = Counter(initial_years)
    thin = [year for year in years if year < params.before]
    total = sum(max(0, t - counts[year]) for year in thin)
    with tqdm(total=total, desc="top-up", unit="poster", disable=None) as bar:
        for level in range(1, t + 1):
            thin = [year for year in thin if year not in result.topup_short]
            rising = [year for year in thin if counts[year] < level]
            _expect(gatherer, queues, rising)
            for year in rising:
                entry = queues[year].first_accepted("topup")
                if entry:
                    result.topup.append(entry)
                    counts[year] += 1
                    bar.update()
                else:
                    result.topup_short[year] = t - counts[year]
                    bar.update(t - counts[year])
                show_failures(bar, gatherer)
    return result


def _expect(gatherer: Gatherer, queues: Mapping[int, Queue], years: Iterable[int]) -> None:
    """Each of these years will ask for its next candidate: no poster is fetched for nothing."""
    for year in years:
        gatherer.expect(queues[year].upcoming(1))


def summarise(
    initial: Sequence[Entry], result: Rebalanced, years: range, params: RebalanceParams
) -> dict[str, Any]:
    """What the top-up came to, in numbers.

    Returns:
        `before` and `after` (movies in all, and of the years below `params.before`), `added`,
        `reserve`, `short` (years below t, and movies missing), `reserve_short` likewise, and
        `years`: for each year its movies before and after, its reserve, and what it is short by.
    """
    before = Counter(entry.year for entry in initial)
    added = Counter(entry.year for entry in result.topup)
    reserved = Counter(entry.year for entry in result.reserve)
    after = before + added

    def count(counts: Counter[int]) -> dict[str, int]:
        thin = sum(number for year, number in counts.items() if year < params.before)
        return {"movies": counts.total(), f"before_{params.before}": thin}

    def shortage(short: dict[int, int]) -> dict[str, int]:
        return {"years": len(short), "movies": sum(short.values())}

    return {
        "t": params.t,
        "before": count(before),
        "after": count(after),
        "added": added.total(),
        "reserve": reserved.total(),
        "short": shortage(result.topup_short),
        "reserve_short": shortage(result.reserve_short),
        "years": [
            {
                "year": year,
                "before": before[year],
                "after": after[year],
                "reserve": reserved[year],
                "short": result.topup_short.get(year, 0),
                "reserve_short": result.reserve_short.get(year, 0),
            }
            for year in years
        ],
    }
