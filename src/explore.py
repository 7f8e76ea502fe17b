"""Write a page with all posters of a model, to wander through in a browser.

make explore
python src/explore.py --model own
"""

from posters import command  # first: from here on Ctrl-C is no traceback

# isort: split
import argparse

import numpy as np

from posters import paths
from posters.embedding.embeddings import read_embeddings
from posters.evaluation.metrics import predict_tests
from posters.explore.explore_page import explore_catalogue, explore_run
from posters.explore.map_layout import map_positions
from posters.explore.shown_predictions import PREDICTIONS, ShownPredictions
from posters.files import write_text
from posters.neighbours.reduced_catalogue import ReducedCatalogue
from posters.years.dataset import read_parts
from posters.years.year_model import YearModel, read_about


def main() -> None:
    """Write `plots/explore.html` or `plots/explore_pretrained.html`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--model",
        choices=("pretrained", "own"),
        default="pretrained",
        help="pretrained (the default): without pictures; own: of your last `dvc repro`, which "
        "also writes this page",
    )
    model = parser.parse_args().model
    if model == "own":
        parts, year_model = read_parts(), YearModel.open()
        predictions = predict_tests(year_model, parts)
        embeddings = read_embeddings(paths.EMBEDDINGS)
        file = paths.PLOTS / "explore.html"
        years = np.array([movie.year for movie in embeddings.movies])
        positions = map_positions(embeddings.retrieval_features, years)
        page = explore_run(parts, embeddings, predictions, year_model, positions)
    else:
        catalogue = ReducedCatalogue.read(paths.PRETRAINED / paths.EMBEDDINGS.name)
        model_folder = paths.PRETRAINED / paths.MODEL.name
        about, year_model = read_about(model_folder), YearModel.open(model_folder)
        shown = ShownPredictions.read(
            model_folder / PREDICTIONS, len(catalogue.movies), year_model.priors, year_model.level
        )
        file = paths.PLOTS / "explore_pretrained.html"
        page = explore_catalogue(catalogue, about["caveats"], shown)
    write_text(file, page)
    print(f"explore: plots/{file.name}, {file.stat().st_size / 1e6:.1f} MB: open it in a browser")


if __name__ == "__main__":
    command.run("explore", main, kept="the page is as it was")
