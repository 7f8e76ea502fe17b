"""The answer for one poster, in numbers and in the words of command line, page and server."""

from dataclasses import dataclass

from posters.years.uncertainty import CANT_TELL


@dataclass(frozen=True)
class YearAnswer:
    """When a poster was made.

    Attributes:
        year: the median of the distribution over years, rounded.
        low, high: first and last year of the interval.
        decade: first year of the most probable decade.
        other_decade: of another era that is about as likely; else the same.
        uncertainty: expected error as a share of the one without the poster.
        probabilities: of every year, oldest first.
    """

    year: int
    low: int
    high: int
    decade: int
    decade_probability: float
    other_decade: int
    uncertainty: float
    probabilities: dict[int, float]

    @property
    def headline(self) -> str:
        """The year; or two decades; or, where the poster says little, that it can't be told."""
        if self.uncertainty > CANT_TELL:
            return "can't tell"
        if self.other_decade != self.decade:
            return "{}s or {}s".format(*sorted([self.decade, self.other_decade]))
        return str(self.year)

    def details(self, level: float) -> str:
        """What belongs beside the headline; `level` is the nominal coverage of the interval."""
        details = f"{level:.0%}: {self.low}-{self.high}; most likely the {self.decade}s, "
        details += f"{self.decade_probability:.0%}"
        if self.headline != str(self.year):
            return f"best guess {self.year}; {details}"
        outside = self.year // 10 * 10 != self.decade
        return details + (f", although the median is {self.year}" if outside else "")

    @property
    def warnings(self) -> list[str]:
        """Why the headline is not a year, in one sentence; empty if it is."""
        if self.uncertainty > CANT_TELL:
            share = f"{self.uncertainty:.0%}"
            return [f"this poster says little: the year is {share} as uncertain as without it"]
        if self.other_decade != self.decade:
            return ["two eras are about equally likely, and the best guess is their median"]
        return []
