"""The names of all files and folders.

Outputs of stages are in the *workspace*, the folder of this code. Caches, the MLflow database and
relative paths in `params.yaml` belong to the *root*, the cloned repository. They differ under
`dvc exp run --temp`, which runs in a temporary copy and sets `DVC_ROOT` to the repository.
"""

import os
from pathlib import Path

WORKSPACE = Path(__file__).resolve().parents[2]

PARAMS = WORKSPACE / "params.yaml"
DATA = WORKSPACE / "data"
METRICS = WORKSPACE / "metrics"
PLOTS = WORKSPACE / "plots"

INPUTS = DATA / "inputs"
SOURCE = DATA / "source.json"
INITIAL = DATA / "initial.csv"
INITIAL_REFUSED = DATA / "initial_refused.csv"
CATALOGUE = DATA / "catalogue.csv"
CATALOGUE_REFUSED = DATA / "catalogue_refused.csv"
POSTERS = DATA / "posters"
EMBEDDINGS = DATA / "embeddings"
SPLIT = DATA / "split.csv"
NEAR_DUPLICATES = DATA / "near_duplicates.csv"
MODEL = DATA / "model"
PREDICTIONS = DATA / "predictions.csv"

PRETRAINED = WORKSPACE / "pretrained"
"""The model that is in git: like `data/`, but without pictures and with reduced vectors."""


def root() -> Path:
    """The cloned repository, also when the stages run in a temporary copy of it."""
    return Path(os.environ.get("DVC_ROOT") or WORKSPACE).resolve()


def cache() -> Path:
    """The folder of everything that must survive crashes and changes of parameters."""
    return root() / ".cache"


def archive(name: str) -> Path:
    """The folder of web responses: `live` for the real web, `replica` for the local server."""
    return cache() / "web" / name


def from_root(path: str) -> Path:
    """A path from `params.yaml`: absolute, or relative to the root."""
    return root() / Path(path).expanduser()
