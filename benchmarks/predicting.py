"""predict.py as a user runs it, compared with importing TensorFlow."""

import sys
from typing import Any

from benchmarks.measuring import process
from posters import paths
from posters.catalogue.entries import read_entries


def measure(runs: int = 5) -> dict[str, Any]:
    """Seconds from start to end of each process, and its peak memory."""
    posters = [str(paths.DATA / entry.file) for entry in read_entries(paths.CATALOGUE)]
    commands = {
        "predict.py, one poster": ["src/predict.py", posters[0]],
        "predict.py, 33 posters": ["src/predict.py", *posters[:33]],
        "python -c 'import tensorflow'": ["-c", "import tensorflow"],
        "python -c 'import numpy'": ["-c", "import numpy"],
    }
    costs = {name: process([sys.executable, *args], runs) for name, args in commands.items()}
    return {
        name: {"seconds": round(cost.seconds, 2), "megabytes": round(cost.megabytes)}
        for name, cost in costs.items()
    }
