"""What is believed before a poster is looked at is exchanged by Bayes' rule, and kept on disk."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from posters.errors import DataError
from posters.years.priors import Priors, fit_priors, read_priors, write_priors
from posters.years.year_distribution import Years, smoothed

YEARS = np.arange(1900, 2017)
UNIFORM = np.full(len(YEARS), 1 / len(YEARS))


def random_prior(seed: int) -> NDArray[np.float64]:
    """No year is more than five times as likely as another."""
    weights = np.random.default_rng(seed).uniform(1, 5, len(YEARS))
    return weights / weights.sum()


def drawn_years(count: int, seed: int) -> Years:
    return np.random.default_rng(seed).choice(YEARS, count)


def fit(true: Years, initial: NDArray[np.bool_] | None = None) -> Priors:
    initial = np.ones(len(true), bool) if initial is None else initial
    return fit_priors(true, initial, YEARS, label_width=6, prior_width=3)


@pytest.mark.parametrize("name", ["natural", "uniform"])
def test_the_exchanged_posterior_is_that_of_bayes_rule_under_the_other_prior(name: str) -> None:
    # How likely each of twelve looks is in each year: what a poster is, whatever comes how often.
    looks = np.random.default_rng(0).dirichlet(np.ones(12), len(YEARS))
    learned, natural = random_prior(1), random_prior(2)

    def posterior(prior: NDArray[np.float64]) -> NDArray[np.float64]:
        joint = prior[:, None] * looks
        return (joint / joint.sum(axis=0)).T

    priors = Priors(YEARS, learned, natural)
    other = natural if name == "natural" else UNIFORM
    np.testing.assert_allclose(priors.adjusted(posterior(learned), name), posterior(other))
    assert not np.allclose(posterior(learned), posterior(other), rtol=0.1)


def test_exchanging_a_prior_for_itself_changes_nothing() -> None:
    probabilities = np.random.default_rng(0).dirichlet(np.ones(len(YEARS)), 50)
    for name, learned in (("natural", random_prior(1)), ("uniform", UNIFORM)):
        same = Priors(YEARS, learned, random_prior(1)).adjusted(probabilities, name)
        np.testing.assert_allclose(same, probabilities)


def test_exchanged_probabilities_sum_to_one() -> None:
    probabilities = np.random.default_rng(0).dirichlet(np.full(len(YEARS), 0.05), 50)
    for name in ("natural", "uniform"):
        exchanged = fit(drawn_years(30, 1)).adjusted(probabilities, name)
        np.testing.assert_allclose(exchanged.sum(axis=1), 1)


def test_a_year_that_was_hardly_learned_is_raised_twentyfold_at_most() -> None:
    priors = Priors(YEARS[:3], np.array([0.5, 0.499, 0.001]), np.array([0.25, 0.25, 0.5]))
    probabilities = np.array([[0.3, 0.6, 0.1]])
    weighed = np.array([0.3 * 0.25 / 0.5, 0.6 * 0.25 / 0.499, 0.1 * 20])
    np.testing.assert_allclose(
        priors.adjusted(probabilities, "natural")[0], weighed / weighed.sum()
    )


@pytest.mark.parametrize("count", [1, 40, 2000])
def test_every_prior_sums_to_one_and_holds_no_year_for_impossible(count: int) -> None:
    priors = fit(drawn_years(count, 3))
    for prior in (priors.learned, priors.natural, priors.uniform):
        assert prior.shape == YEARS.shape
        assert prior.sum() == pytest.approx(1)
        assert (prior > 0).all()


def test_the_priors_are_how_often_years_came_smoothed_as_asked() -> None:
    true = np.array([1920, 1920, 1921, 2010])
    priors = fit(true)
    for prior, width in ((priors.learned, 6), (priors.natural, 3)):
        # One movie more, of no year in particular.
        expected = (smoothed(true, YEARS, width).sum(axis=0) + UNIFORM) / 5
        np.testing.assert_allclose(prior, expected)


def test_the_natural_prior_is_of_the_initial_rows_alone_and_the_learned_one_of_all() -> None:
    true = np.concatenate([np.full(50, 2005), drawn_years(100, 4)])
    initial = np.arange(150) < 50
    priors, alone = fit(true, initial), fit(true[:50])
    np.testing.assert_allclose(priors.natural, alone.natural)
    np.testing.assert_allclose(priors.learned, fit(true).learned)
    assert priors.natural[YEARS == 2005][0] > 4 * priors.learned[YEARS == 2005][0] / 3


def test_without_initial_rows_the_natural_prior_is_of_all() -> None:
    true = drawn_years(100, 5)
    np.testing.assert_allclose(fit(true, np.zeros(100, bool)).natural, fit(true).natural)


def test_a_prior_is_had_by_its_name_and_an_unknown_name_is_an_error() -> None:
    priors = fit(drawn_years(100, 6))
    np.testing.assert_array_equal(priors.named("natural"), priors.natural)
    np.testing.assert_allclose(priors.named("uniform"), UNIFORM)
    for name in ("learned", "Natural", ""):
        with pytest.raises(ValueError, match="must be one of natural, uniform"):
            priors.named(name)
        with pytest.raises(ValueError, match="must be one of natural, uniform"):
            priors.adjusted(UNIFORM[None], name)


def test_priors_come_back_from_their_file_which_has_the_same_bytes_each_time(
    tmp_path: Path,
) -> None:
    priors = fit(drawn_years(100, 7), np.arange(100) < 20)
    write_priors(tmp_path / "priors.csv", priors)
    back = read_priors(tmp_path / "priors.csv")
    np.testing.assert_array_equal(back.years, priors.years)
    np.testing.assert_allclose(back.learned, priors.learned, rtol=1e-8)
    np.testing.assert_allclose(back.natural, priors.natural, rtol=1e-8)
    write_priors(tmp_path / "again.csv", back)
    assert (tmp_path / "again.csv").read_bytes() == (tmp_path / "priors.csv").read_bytes()


GOOD = ["year,learned,natural", "2000,0.25,0.5", "2001,0.25,0.25", "2002,0.5,0.25", ""]


@pytest.mark.parametrize(
    ("place", "line"),
    [
        (0, "year,learned"),
        (0, "year,learned,other"),
        (1, "2000,0.25,0.5,7,8"),
        (2, "2001,,0.25"),
        (2, "2001,0.25,"),
        (2, "2001,none,0.25"),
        (2, "2001,0.25,none"),
        (2, "2001,0,0.25"),
        (2, "2001,-0.25,0.25"),
        (2, "2001,0.25,-0.25"),
        (2, "2001,inf,0.25"),
        (2, "2000,0.25,0.25"),
        (2, "2005,0.25,0.25"),
        (2, "2001.5,0.25,0.25"),
        (2, ",0.25,0.25"),
        (2, ""),
        (3, ""),
        (3, "2002,0.5"),
        (1, '"2000,0.25,0.5'),
    ],
)
def test_damaged_priors_are_an_error_that_says_what_to_do(
    tmp_path: Path, place: int, line: str
) -> None:
    file = tmp_path / "priors.csv"
    file.write_text("\n".join(GOOD), encoding="utf-8")
    np.testing.assert_array_equal(read_priors(file).years, [2000, 2001, 2002])
    file.write_text("\n".join([*GOOD[:place], line, *GOOD[place + 1 :]]), encoding="utf-8")
    with pytest.raises(DataError, match=r"priors\.csv is damaged .*: run `dvc repro`"):
        read_priors(file)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe\x00\x01",
        b"year,learned,natural\n",
        b"year,learned,natural\n2000,0,0.5\n2001,1,0.5\n",
        b"year,learned,natural\n2000,0.5,-0.5\n2001,0.5,1.5\n",
    ],
)
def test_a_file_that_is_no_table_of_priors_is_damaged(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "priors.csv").write_bytes(content)
    with pytest.raises(DataError, match=r"priors\.csv is damaged .*: run `dvc repro`"):
        read_priors(tmp_path / "priors.csv")


def test_missing_priors_are_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="run `dvc repro`"):
        read_priors(tmp_path / "priors.csv")
