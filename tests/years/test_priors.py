"""Priors are estimated, probabilities are adjusted by Bayes' rule, and the file is checked."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from parts import part_of

from posters.errors import DataError
from posters.params import load_params
from posters.years.priors import Priors, read_priors, write_priors
from posters.years.training import fit_priors
from posters.years.year_distribution import Years, smoothed

YEARS = np.arange(1900, 2017)
UNIFORM = np.full(len(YEARS), 1 / len(YEARS))


def random_prior(seed: int) -> NDArray[np.float64]:
    """No year is more than five times as probable as another."""
    weights = np.random.default_rng(seed).uniform(1, 5, len(YEARS))
    return weights / weights.sum()


def random_years(count: int, seed: int) -> Years:
    return np.random.default_rng(seed).choice(YEARS, count)


def fit(true: Years, initial: NDArray[np.bool_] | bool = True) -> Priors:
    params = load_params().train.model_copy(update={"label_width": 6.0, "prior_width": 3.0})
    return fit_priors(part_of(true, initial=initial), YEARS, params)


@pytest.mark.parametrize("name", ["natural", "uniform"])
def test_adjusted_posterior_is_that_of_bayes_rule_under_the_other_prior(name: str) -> None:
    # Probability of each of twelve observations in each year.
    likelihood = np.random.default_rng(0).dirichlet(np.ones(12), len(YEARS))
    learned, natural = random_prior(1), random_prior(2)

    def posterior(prior: NDArray[np.float64]) -> NDArray[np.float64]:
        joint = prior[:, None] * likelihood
        return (joint / joint.sum(axis=0)).T

    priors = Priors(YEARS, learned, natural)
    other = natural if name == "natural" else UNIFORM
    np.testing.assert_allclose(priors.adjusted(posterior(learned), name), posterior(other))
    assert not np.allclose(posterior(learned), posterior(other), rtol=0.1)


def test_priors_are_smoothed_frequencies() -> None:
    true = np.array([1920, 1920, 1921, 2010])
    priors = fit(true)
    for prior, width in ((priors.learned, 6), (priors.natural, 3)):
        # One additional movie is divided among all years.
        expected = (smoothed(true, YEARS, width).sum(axis=0) + UNIFORM) / 5
        np.testing.assert_allclose(prior, expected)
        assert prior.sum() == pytest.approx(1)
        assert prior.min() > 0


def test_natural_prior_is_of_the_initial_rows_if_there_are_any() -> None:
    true = np.concatenate([np.full(50, 2005), random_years(100, 4)])
    priors = fit(true, np.arange(150) < 50)
    np.testing.assert_allclose(priors.natural, fit(true[:50]).natural)
    np.testing.assert_allclose(priors.learned, fit(true).learned)
    np.testing.assert_allclose(fit(true, np.zeros(150, bool)).natural, fit(true).natural)


def test_prior_is_selected_by_name_and_an_unknown_name_is_an_error() -> None:
    priors = fit(random_years(100, 6))
    np.testing.assert_array_equal(priors.named("natural"), priors.natural)
    np.testing.assert_allclose(priors.named("uniform"), UNIFORM)
    with pytest.raises(ValueError, match="must be one of natural, uniform"):
        priors.adjusted(UNIFORM[None], "learned")


def test_priors_are_read_as_written_with_the_same_bytes(tmp_path: Path) -> None:
    priors = fit(random_years(100, 7), np.arange(100) < 20)
    write_priors(tmp_path / "priors.csv", priors)
    read = read_priors(tmp_path / "priors.csv")
    np.testing.assert_array_equal(read.years, priors.years)
    np.testing.assert_allclose(read.learned, priors.learned, rtol=1e-8)
    np.testing.assert_allclose(read.natural, priors.natural, rtol=1e-8)
    write_priors(tmp_path / "again.csv", read)
    assert (tmp_path / "again.csv").read_bytes() == (tmp_path / "priors.csv").read_bytes()


GOOD = "year,learned,natural\n2000,0.25,0.5\n2001,0.25,0.25\n2002,0.5,0.25\n"


@pytest.mark.filterwarnings("ignore:loadtxt")
@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        b"\xff\xfe\x00\x01",
        b"year,learned,natural\n",
        *(
            GOOD.replace("2001,0.25,0.25", line).encode()
            for line in ("2001,,0.25", "2001,0,0.5", "2001,inf,0.25", "2000,0.25,0.25", "2001,0.25")
        ),
        GOOD.replace("2002,0.5,0.25\n", "").encode(),
    ],
)
def test_damaged_or_missing_file_is_an_error(tmp_path: Path, damaged: bytes) -> None:
    file = tmp_path / "priors.csv"
    file.write_bytes(GOOD.encode())
    np.testing.assert_array_equal(read_priors(file).years, [2000, 2001, 2002])
    file.write_bytes(damaged)
    with pytest.raises(DataError, match=r"damaged \(priors\.csv: .*: run `dvc repro`"):
        read_priors(file)
    file.unlink()
    with pytest.raises(DataError, match="run `dvc repro`"):
        read_priors(file)
