"""A head comes back from disk as it was, from the same bytes each time, or not at all."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from posters.errors import DataError
from posters.params import load_params
from posters.years.model_files import load_head, read_about, save_head
from posters.years.priors import Priors, fit_priors
from posters.years.year_head import Fitted, fit_head, predict

YEARS = np.arange(1990, 2010)
PARAMS = load_params().train.model_copy(update={"hidden": (8,), "batch_size": 30, "epochs": 2})
VECTORS = np.random.default_rng(0).normal(size=(60, 5)).astype(np.float32)
TRUE = np.random.default_rng(1).choice(YEARS, 60)
PRIORS = fit_priors(TRUE, np.arange(60) < 20, YEARS, label_width=6, prior_width=3)
ABOUT = {"caveats": ["none"], "interval": {"level": 0.8}, "title": "Amélie"}
FILES = (
    *("about.json", "architecture.json", "head.bin", "head.weights.h5", "head.xml"),
    *("history.csv", "priors.csv"),
)
READ = ("about.json", "architecture.json", "head.weights.h5", "priors.csv")


@pytest.fixture(scope="module")
def heads() -> dict[str, Fitted]:
    """Two members that are a distribution, and one scalar."""
    return {
        head: fit_head(
            VECTORS, TRUE, YEARS, PARAMS.model_copy(update={"head": head, "members": members})
        )
        for head, members in (("distribution", 2), ("scalar", 1))
    }


def save(folder: Path, fitted: Fitted, priors: Priors = PRIORS) -> Path:
    save_head(folder, fitted.model, fitted.history, priors, ABOUT)
    return folder


@pytest.fixture(scope="module")
def good(heads: dict[str, Fitted], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(tmp_path_factory.mktemp("saved") / "model", heads["distribution"])


@pytest.fixture
def folder(good: Path, tmp_path: Path) -> Path:
    """One to damage."""
    return shutil.copytree(good, tmp_path / "model")


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


@pytest.mark.parametrize("head", ["distribution", "scalar"])
def test_a_saved_head_answers_as_before(
    heads: dict[str, Fitted], tmp_path: Path, head: str
) -> None:
    model, priors = load_head(save(tmp_path / "model", heads[head]))
    vectors = 2 * VECTORS
    vectors[0] = 1e6  # what is too far out stays so
    np.testing.assert_array_equal(
        predict(model, vectors, YEARS), predict(heads[head].model, vectors, YEARS)
    )
    np.testing.assert_array_equal(priors.years, YEARS)
    np.testing.assert_allclose(priors.learned, PRIORS.learned, rtol=1e-8)
    np.testing.assert_allclose(priors.natural, PRIORS.natural, rtol=1e-8)


def test_what_it_is_about_comes_back_without_the_head(folder: Path) -> None:
    for file in set(FILES) - {"about.json"}:
        (folder / file).unlink()
    assert read_about(folder) == ABOUT


def test_the_same_head_has_the_same_bytes_each_time(
    heads: dict[str, Fitted], good: Path, tmp_path: Path
) -> None:
    saved = contents(good)
    assert tuple(sorted(saved)) == FILES
    assert contents(save(tmp_path / "again", heads["distribution"])) == saved
    model, priors = load_head(good)
    save_head(tmp_path / "loaded", model, heads["distribution"].history, priors, ABOUT)
    assert contents(tmp_path / "loaded") == saved
    other = contents(save(tmp_path / "other", heads["scalar"]))
    assert other["head.weights.h5"] != saved["head.weights.h5"]


def test_curves_are_kept_a_line_an_epoch(heads: dict[str, Fitted], good: Path) -> None:
    history = heads["distribution"].history
    lines = (good / "history.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "epoch,loss,mae"
    assert len(lines) == 1 + PARAMS.epochs
    for epoch, line in enumerate(lines[1:]):
        expected = [epoch + 1, history["loss"][epoch], history["mae"][epoch]]
        assert [float(value) for value in line.split(",")] == pytest.approx(expected, rel=1e-5)


def test_saving_replaces_what_stood_there_whole(heads: dict[str, Fitted], folder: Path) -> None:
    (folder / "old.keras").write_bytes(b"of another version")
    save(folder, heads["scalar"])
    assert tuple(sorted(contents(folder))) == FILES
    assert load_head(folder)[0].output_shape == (None, 1)


def test_saving_that_fails_leaves_what_stood_there(heads: dict[str, Fitted], folder: Path) -> None:
    before = contents(folder)
    fitted = heads["scalar"]
    with pytest.raises(ValueError):
        save_head(folder, fitted.model, fitted.history, PRIORS, {"loss": float("nan")})
    assert contents(folder) == before
    assert [path.name for path in folder.parent.iterdir()] == ["model"]


def test_no_head_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    for read in (load_head, read_about):
        with pytest.raises(DataError, match="no trained model yet: run `make repro`"):
            read(tmp_path / "none")


@pytest.mark.parametrize("file", READ)
def test_a_head_without_one_of_its_files_is_an_error_that_says_what_to_do(
    folder: Path, file: str
) -> None:
    (folder / file).unlink()
    with pytest.raises(DataError, match=r"run `(make|dvc) repro`"):
        load_head(folder)


@pytest.mark.parametrize("file", READ)
@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b"null", b"[7]", b"\xff\xfe\x00\x01"])
def test_a_head_with_a_damaged_file_is_an_error_that_says_what_to_do(
    folder: Path, file: str, damage: bytes
) -> None:
    (folder / file).write_bytes(damage)
    with pytest.raises(DataError, match=r"data/model.* is damaged .*: run `dvc repro`"):
        load_head(folder)


@pytest.mark.parametrize("file", ["about.json", "architecture.json", "head.weights.h5"])
def test_a_head_of_which_a_file_was_cut_short_is_damaged(folder: Path, file: str) -> None:
    content = (folder / file).read_bytes()
    for share in (0.1, 0.5, 0.9):
        (folder / file).write_bytes(content[: int(share * len(content))])
        with pytest.raises(DataError, match=r"data/model is damaged .*: run `dvc repro`"):
            load_head(folder)


def test_weights_of_another_head_are_an_error(heads: dict[str, Fitted], folder: Path) -> None:
    other = save(folder.parent / "other", heads["scalar"])
    (other / "head.weights.h5").replace(folder / "head.weights.h5")
    with pytest.raises(DataError, match=r"data/model is damaged .*: run `dvc repro`"):
        load_head(folder)


@pytest.mark.parametrize("key", ["class_name", "config", "module"])
def test_an_architecture_that_lacks_something_is_an_error(folder: Path, key: str) -> None:
    architecture = json.loads((folder / "architecture.json").read_text(encoding="utf-8"))
    del architecture[key]
    (folder / "architecture.json").write_text(json.dumps(architecture), encoding="utf-8")
    with pytest.raises(DataError, match=r"data/model is damaged .*: run `dvc repro`"):
        load_head(folder)
