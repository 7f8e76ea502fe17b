"""predict.py as a person waits for it, beside what importing TensorFlow alone takes."""

import sys
from typing import Any

from benchmarks.measuring import process
from posters import paths
from posters.catalogue.entries import read_entries


def measure(runs: int = 5) -> dict[str, Any]:
    """Seconds from process start to process end, and the most memory held at once."""
    posters = [str(paths.DATA / entry.file) for entry in read_entries(paths.CATALOGUE)]
    predict = [sys.executable, "src/predict.py"]
    commands = {
        "predict.py, one poster": [*predict, posters[0]],
        "predict.py, 33 posters": [*predict, *posters[:33]],
        "python -c 'import tensorflow'": [sys.executable, "-c", "import tensorflow"],
        "python -c 'import numpy'": [sys.executable, "-c", "import numpy"],
    }
    return {
        name: {"seconds": round(taken.seconds, 2), "megabytes": round(taken.megabytes)}
        for name, command in commands.items()
        for taken in [process(command, runs)]
    }
