"""Running predict.py in a small project."""

import sys

from projects import Project

PREDICT = (sys.executable, "src/predict.py")
MODEL = (
    "predict: note: by your own model of the last run, 150 films, trained on random MobileNetV2 "
    "weights"
)


def predict(project: Project, *arguments: str) -> tuple[int, str, str]:
    done = project.run(*PREDICT, *arguments, check=False)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, done.stderr
