"""Ask about a poster of your own: which year is it of, and which movies' posters look like it?

python src/predict.py poster.jpg
python src/predict.py --k 5 --json posters/
python src/predict.py --output sheet.png posters/
"""

from posters import command  # first: from here on Ctrl-C is no traceback

# isort: split
import argparse
import io
import json
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from tqdm import tqdm

from posters import paths
from posters.errors import DataError, PosterRefused
from posters.images.finding import find_posters
from posters.terminal import is_terminal, paint
from posters.years.priors import PRIORS

if TYPE_CHECKING:
    from posters.neighbours.index import Neighbour
    from posters.prediction import Answer, Predictor

EPILOG = """\
examples:
  python src/predict.py poster.jpg
  python src/predict.py --k 5 --prior uniform --output sheet.png posters/
  python src/predict.py --json posters/ > answers.jsonl

A progress bar and colours are for terminals; NO_COLOR=1 turns colours off.
Exit code: 0 when every poster was answered; 2 when one could not be (the others
are answered all the same); 130 after Ctrl-C.
"""


def main() -> int:
    """Answer for each poster; exit code 2 when one of them could not be answered."""
    options = parse_arguments()
    for stream in (sys.stdout, sys.stderr):
        # A title that the terminal's encoding lacks is shown with escapes.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    found, problems = find_posters(options.posters, options.output)
    for problem in problems:
        command.say_error("predict", problem)
    if not found:
        return 2
    sheet = Sheet(options.output, options.k, len(found)) if options.output else None
    # Loading the network takes half a second: only once there is something to ask it.
    predictor = load_predictor(many=len(found) > 1)
    refused = 0
    with (
        closing(predictor.try_each(found, options.k, options.prior)) as answers,
        progress_bar(len(found)) as bar,
    ):
        for file, answer in zip(found, answers, strict=True):
            # On a terminal the bar makes room for what is printed.
            with bar.external_write_mode():
                if isinstance(answer, PosterRefused):
                    refused += 1
                    problem = f"{file}: {answer}; give another picture of this poster"
                    command.say_error("predict", problem)
                elif options.json:
                    print(as_json(file, answer, predictor, options.prior), flush=True)
                else:
                    print(as_text(file, answer, predictor), flush=True)
            if sheet and not isinstance(answer, PosterRefused):
                sheet.add(file, answer)
            bar.update()
    if sheet:
        sheet.write(predictor)
    return 2 if problems or refused else 0


def progress_bar(posters: int) -> "tqdm[NoReturn]":
    """How far it is, for whoever watches a terminal and waits for more than one poster."""
    hidden = posters < 2 or not is_terminal(sys.stderr)
    return tqdm(total=posters, desc="predict", unit="poster", disable=hidden, leave=False)


def load_predictor(many: bool) -> "Predictor":
    """The network, the head and the catalogue; what must be said of them goes to stderr."""
    from posters.prediction import Predictor

    predictor = Predictor(many=many)
    if predictor.caveats:
        command.say_note("predict", f"trained on {', '.join(predictor.caveats)}")
    return predictor


class Sheet:
    """The contact sheet of `--output`: the first answers, drawn when all are there.

    Args:
        path: of the PNG.
        k: how many neighbours each answer has.
        posters: how many are asked about; what will not fit is said at once.

    Raises:
        DataError: the neighbours' pictures are not there.
    """

    def __init__(self, path: Path, k: int, posters: int) -> None:
        from posters.reports.contact_sheet import MAX_NEIGHBOURS, MAX_ROWS

        if not paths.POSTERS.is_dir():
            raise DataError(
                "data/posters is missing, whose pictures the sheet shows: run `dvc checkout` (in a "
                "container, mount data/)"
            )
        self._path = path
        self._room = MAX_ROWS
        self._rows: list[tuple[Path, str, list[Neighbour]]] = []
        if posters > MAX_ROWS:
            command.say_note(
                "predict",
                f"{path} shows the first {MAX_ROWS} that are answered; all are printed",
            )
        if k > MAX_NEIGHBOURS:
            command.say_note(
                "predict", f"{path} shows the {MAX_NEIGHBOURS} nearest of each; all are printed"
            )

    def add(self, file: Path, answer: "Answer") -> None:
        """Keep an answer for the sheet, if there is room."""
        if len(self._rows) < self._room:
            years = f"{answer.year} ({answer.low}–{answer.high})"
            self._rows.append((file, years, answer.neighbours))

    def write(self, predictor: "Predictor") -> None:
        """Draw what was answered; if nothing was, what stood there stays."""
        from posters.reports.contact_sheet import predictions_sheet

        if self._rows:
            predictions_sheet(
                self._rows,
                paths.DATA,
                self._path,
                level=predictor.level,
                caveats=predictor.caveats,
            )


def parse_arguments() -> argparse.Namespace:
    """The command line's options."""
    parser = argparse.ArgumentParser(
        prog="predict.py",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Guess the year a movie poster was made, and name the movies whose posters\n"
        "look most like it.",
        epilog=EPILOG,
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
    parser.add_argument(
        "--output",
        type=command.writable_png,
        metavar="SHEET.png",
        help="also draw each poster beside its nearest ones into this picture",
    )
    return parser.parse_args()


def as_text(file: Path, answer: "Answer", predictor: "Predictor") -> str:
    """One answer, for a person."""
    year = paint(str(answer.year), "bold", sys.stdout)
    lines = [
        f"{file}: {year} ({predictor.level:.0%}: {answer.low}-{answer.high}; most likely "
        f"the {answer.decade}s, {answer.decade_probability:.0%})"
    ]
    for rank, movie in enumerate(answer.neighbours, start=1):
        said = f"{movie.title} ({movie.year})"
        details = f"similarity {movie.similarity:.4f}  {movie.imdb_id}"
        lines.append(f"  {rank}. {said:<48} {paint(details, 'faint', sys.stdout)}")
    return "\n".join(lines)


def as_json(file: Path, answer: "Answer", predictor: "Predictor", prior: str) -> str:
    """One answer, as one line of JSON."""
    content = {"file": str(file), **predictor.as_json(answer, prior)}
    return json.dumps(content, ensure_ascii=False)


if __name__ == "__main__":
    command.run("predict", main, failure=2, kept="what was printed stands")
