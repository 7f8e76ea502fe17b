"""Where things lie: the one place that knows the names of files and folders.

Two roots. The *workspace* is the folder this code runs in: the stages' outs are relative to it. The
*root* is the repository a person cloned. They differ under `dvc exp run --temp`, which works in a
throw-away copy and names the real repository in `DVC_ROOT`; caches, the MLflow database and
relative paths that a person typed belong to the root.
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
MODEL = DATA / "model"
PREDICTIONS = DATA / "predictions.csv"


def root() -> Path:
    """The cloned repository, also when the stages run in a throw-away copy of it."""
    return Path(os.environ.get("DVC_ROOT") or WORKSPACE).resolve()


def cache() -> Path:
    """The folder of what must survive a crash and a change of parameters, outside DVC's outs."""
    return root() / ".cache"


def archive(name: str) -> Path:
    """The folder of what a web answered: `live` for the real one, `replica` for our own."""
    return cache() / "web" / name


def from_root(path: str) -> Path:
    """A path that a person typed into the parameters: absolute, or relative to the root."""
    return root() / Path(path).expanduser()
