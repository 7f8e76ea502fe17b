"""Ask about a poster of your own: which year is it of, and which movies' posters look like it?

python src/predict.py poster.jpg
python src/predict.py --k 5 --json posters/
"""

import argparse
import io
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from posters import command
from posters.errors import PosterRefused
from posters.images import FORMATS, read_image, to_rgb
from posters.priors import PRIORS

if TYPE_CHECKING:
    from posters.prediction import Answer, Predictor

SUFFIXES = {*FORMATS.values(), ".jpeg"}
BATCH = 8


def main() -> int:
    """Answer for each poster; exit code 2 when one of them could not be answered."""
    options = parse_arguments()
    for stream in (sys.stdout, sys.stderr):
        # A title that the terminal's encoding lacks is shown with escapes.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    found, problems = find_posters(options.posters)
    for problem in problems:
        complain(problem)
    predictor: Predictor | None = None
    for start in range(0, len(found), BATCH):
        images = []
        for file in found[start : start + BATCH]:
            try:
                images.append((file, to_rgb(read_image(file))))
            except PosterRefused as refused:
                problems.append(str(refused))
                complain(f"{file}: {refused}; give another picture of this poster")
        if not images:
            continue
        # Loading the network takes seconds: only once there is something to ask it.
        predictor = predictor or load_predictor()
        answers = predictor.answer([image for _, image in images], options.k, options.prior)
        for (file, _), answer in zip(images, answers, strict=True):
            if options.json:
                print(as_json(file, answer, predictor, options.prior), flush=True)
            else:
                print(as_text(file, answer, predictor), flush=True)
    return 2 if problems else 0


def complain(problem: str) -> None:
    """Say in one line on stderr why a poster is not answered."""
    print(f"predict: error: {problem}", file=sys.stderr)


def load_predictor() -> "Predictor":
    """The network, the head and the catalogue; what must be said of them goes to stderr."""
    from posters.prediction import Predictor

    predictor = Predictor()
    if predictor.caveats:
        print(f"predict: note: trained on {', '.join(predictor.caveats)}", file=sys.stderr)
    return predictor


def parse_arguments() -> argparse.Namespace:
    """The command line's options."""
    parser = argparse.ArgumentParser(
        prog="predict.py",
        description="Guess the year a movie poster was made, and name the movies whose posters "
        "look most like it.",
        epilog="Exit code: 0 when every poster was answered, 2 otherwise; the good ones are "
        "answered all the same.",
    )
    parser.add_argument(
        "posters",
        nargs="+",
        metavar="FILE_OR_FOLDER",
        help="JPEG, PNG or WebP files, or folders of them",
    )
    parser.add_argument(
        "--k",
        type=command.positive,
        default=3,
        metavar="N",
        help="how many similar movies (default 3)",
    )
    parser.add_argument(
        "--prior",
        choices=PRIORS,
        default="natural",
        help="how your posters come: natural (as movies come, mostly recent ones; the default) or "
        "uniform (any year is as likely as any other)",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a poster and line")
    return parser.parse_args()


def find_posters(named: list[str]) -> tuple[list[Path], list[str]]:
    """The picture files that the arguments name, in order, and what is wrong with the others."""
    found: list[Path] = []
    problems: list[str] = []
    for name in named:
        path = Path(name)
        try:
            if not name:
                problems.append("an empty name; name a file or a folder")
            elif path.is_dir():
                inside = sorted(file for file in path.iterdir() if file.suffix.lower() in SUFFIXES)
                found.extend(inside)
                if not inside:
                    problems.append(f"{path}: no JPEG, PNG or WebP file in this folder")
            elif path.exists():
                found.append(path)
            else:
                problems.append(f"{path}: no such file or folder; check the path")
        except OSError as error:
            problems.append(f"{name}: {error.strerror}; check the name and your permissions")
    return found, problems


def as_text(file: Path, answer: "Answer", predictor: "Predictor") -> str:
    """One answer, for a person."""
    lines = [
        f"{file}: {answer.year} ({predictor.level:.0%}: {answer.low}-{answer.high}; most likely "
        f"the {answer.decade}s, {answer.decade_probability:.0%})"
    ]
    for rank, movie in enumerate(answer.neighbours, start=1):
        said = f"{movie.title} ({movie.year})"
        lines.append(f"  {rank}. {said:<48} similarity {movie.similarity:.4f}  {movie.imdb_id}")
    return "\n".join(lines)


def as_json(file: Path, answer: "Answer", predictor: "Predictor", prior: str) -> str:
    """One answer, as one line of JSON."""
    content = {"file": str(file), **predictor.as_json(answer, prior)}
    return json.dumps(content, ensure_ascii=False)


if __name__ == "__main__":
    command.run("predict", main, failure=2)
