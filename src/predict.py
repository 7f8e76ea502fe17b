"""Predict the year of movie posters, and list the movies with the most similar posters.

python src/predict.py poster.jpg
python src/predict.py --k 5 --prior uniform --output sheet.png posters/
python src/predict.py --json posters/ > predictions.jsonl
python src/predict.py --csv posters/ > predictions.csv
"""

from posters import command  # first: from here on Ctrl-C prints no traceback

# isort: split
import argparse
import json
import sys
from contextlib import closing, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from posters import paths
from posters.command import is_terminal, paint, print_error, print_note, printable
from posters.errors import DataError, PosterRefused
from posters.images.finding import find_posters
from posters.prediction_table import PredictionTable
from posters.years.priors import PRIORS

if TYPE_CHECKING:
    from posters.prediction import PosterPrediction, Predictor

EPILOG = """\
Progress bar and colours appear on terminals only; NO_COLOR=1 turns colours off.
Exit code: 0 if there is a prediction for every poster; 2 if a poster or an
argument is unusable (the other posters are still predicted); 130 after Ctrl-C.
"""


def main() -> int:
    """Print a prediction for each poster; return 2 if one of them can't be used."""
    options = parse_arguments()
    files, problems, passed_over = find_posters(options.posters, options.output)
    for problem in problems:
        print_error("predict", problem)
    if passed_over:
        print_note("predict", f"files passed over, as they are no pictures: {passed_over}")
    if not files:
        return 2
    # Imported late, so that errors above come at once.
    from posters.model_choice import model_folder
    from posters.prediction import Predictor

    folder = model_folder(options.model)
    sheet_rows = check_sheet(options, folder, len(files)) if options.output else 0
    predictor = Predictor(folder, many=len(files) > 1)
    print_note("predict", f"by {predictor.name}")
    predicted: list[tuple[Path, PosterPrediction]] = []
    table = PredictionTable(sys.stdout) if options.csv else None
    with (
        closing(predictor.predict_each(files, options.k)) as predictions,
        progress_bar(len(files)) as bar,
    ):
        for file, prediction in zip(files, predictions, strict=True):
            # Hides the progress bar while something is printed.
            with bar.external_write_mode() if bar else nullcontext():
                if isinstance(prediction, PosterRefused):
                    problems.append(f"{file}: {prediction.with_advice}")
                    print_error("predict", problems[-1])
                    if table:
                        table.write({"file": str(file), "refused": str(prediction)})
                elif options.json or table:
                    content = {"file": str(file), **predictor.as_json(prediction, options.prior)}
                    if table:
                        table.write(content)
                    else:
                        print(json.dumps(content, ensure_ascii=False))
                else:
                    print(as_text(file, prediction, predictor, options.prior))
                sys.stdout.flush()
            if not isinstance(prediction, PosterRefused) and len(predicted) < sheet_rows:
                predicted.append((file, prediction))
            if bar:
                bar.update()
    if predicted:
        from posters.reports.contact_sheet import predictions_sheet

        predictions_sheet(
            *(predicted, paths.DATA, options.output),
            prior=options.prior,
            level=predictor.level,
            caveats=predictor.caveats,
        )
    return 2 if problems else 0


def parse_arguments() -> argparse.Namespace:
    """The command line's options."""
    parser = argparse.ArgumentParser(
        prog="predict.py",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description=__doc__,
        epilog=EPILOG,
    )
    add = parser.add_argument
    add("posters", nargs="+", metavar="FILE_OR_FOLDER", help="pictures, or folders of pictures")
    add(
        "--k",
        type=command.positive,
        default=3,
        metavar="N",
        help="how many similar movies (default 3)",
    )
    add(
        "--prior",
        choices=PRIORS,
        default="natural",
        help="the mix of years you expect: natural (mostly recent movies, as in the initial "
        "catalogue; the default) or uniform (every year is equally probable)",
    )
    command.add_model_argument(parser)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print one JSON object per poster")
    form.add_argument("--csv", action="store_true", help="print a table, one line per poster")
    add(
        "--output",
        type=command.writable_png,
        metavar="SHEET.png",
        help="also draw each poster beside its nearest ones in this picture",
    )
    return parser.parse_args()


def progress_bar(posters: int) -> Any:
    """A progress bar for a `with` statement; None for one poster, or without a terminal."""
    if posters == 1 or not is_terminal(sys.stderr):
        return nullcontext()
    from tqdm import tqdm  # imported late, as it takes 30 ms

    return tqdm(total=posters, desc="predict", unit="poster", leave=False)


def check_sheet(options: argparse.Namespace, model: Path, posters: int) -> int:
    """Print a note if the sheet of `--output` has no room for all, and return its number of rows.

    Raises:
        DataError: the neighbours' posters are missing. The pretrained model has none.
    """
    from posters.reports.contact_sheet import MAX_NEIGHBOURS, MAX_ROWS

    if model == paths.DATA and not paths.POSTERS.is_dir():
        raise DataError(
            "data/posters is missing, and --output draws posters from it: run `dvc checkout` (in a "
            "container, mount data/)"
        )
    if posters > MAX_ROWS or options.k > MAX_NEIGHBOURS:
        print_note(
            "predict",
            f"{options.output} shows the first {MAX_ROWS} posters and {MAX_NEIGHBOURS} "
            "neighbours of each; all are printed",
        )
    return MAX_ROWS


def as_text(file: Path, prediction: "PosterPrediction", predictor: "Predictor", prior: str) -> str:
    """One prediction as lines of text."""
    answer = prediction.answers[prior]
    headline = paint(answer.headline, "bold", sys.stdout)
    lines = [f"{printable(str(file))}: {headline} ({answer.details(predictor.level)})"]
    lines += [
        f"  {paint('warning:', 'yellow', sys.stdout)} {warning}"
        for warning in prediction.warnings + answer.warnings
    ]
    for rank, movie in enumerate(prediction.neighbours, start=1):
        title = f"{movie.title} ({movie.year})"
        place = predictor.address(movie) or movie.imdb_id
        details = f"similarity {movie.similarity:.4f}  {place}"
        lines.append(f"  {rank}. {title:<48} {paint(details, 'faint', sys.stdout)}")
    return "\n".join(lines)


if __name__ == "__main__":
    command.run(
        *("predict", main),
        failure=2,
        kept="the predictions printed so far are complete",
        may_be_cut_off=True,
        end_at_once=True,
    )
