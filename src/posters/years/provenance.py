"""What results came from, and what must be said wherever they are shown."""

import subprocess
from pathlib import Path
from typing import Any

from posters.caveats import caveats
from posters.params import Params
from posters.years.dataset import Parts


def describe(params: Params, parts: Parts) -> dict[str, Any]:
    """What a model was made from: kept beside the model, in the metrics and in the MLflow run."""
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
    """The commit that is checked out, or None outside of git."""
    answer = subprocess.run(
        ["git", "-C", str(repository), "rev-parse", "HEAD"],
        capture_output=True,
        text=True,
        check=False,
    )
    return answer.stdout.strip() if answer.returncode == 0 else None
