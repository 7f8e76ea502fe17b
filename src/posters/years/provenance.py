"""What a model was made from."""

import subprocess
from pathlib import Path
from typing import Any

from posters.catalogue.caveats import caveats
from posters.params import Params
from posters.years.dataset import Parts


def describe(params: Params, parts: Parts) -> dict[str, Any]:
    """The origin of a model, for its files, the metrics and the MLflow run."""
    return {
        "caveats": caveats(parts.catalogue["source"], parts.backbone.caveat),
        "source": sorted(parts.catalogue["source"].unique()),
        "t": params.rebalance.t,
        "backbone": vars(parts.backbone),
        "counts": {name: len(part.years) for name, part in parts.by_name.items()},
        "seeds": {
            "scrape": params.scrape.seed,
            "embed": params.embed.seed,
            "split": params.split.seed,
            "train": params.train.seed,
        },
    }


def git_commit(repository: Path) -> str | None:
    """The commit that is checked out, or None outside a Git repository."""
    done = subprocess.run(
        ["git", "-C", str(repository), "rev-parse", "HEAD"],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() if done.returncode == 0 else None
