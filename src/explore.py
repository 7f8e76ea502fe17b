"""Write a page with all films of the pretrained model, to wander through in a browser.

make explore
"""

from posters import command  # first: from here on Ctrl-C is no traceback

# isort: split
import argparse

from posters import paths
from posters.explore.explore_page import explore_catalogue
from posters.explore.shown_predictions import ShownPredictions
from posters.files import write_text
from posters.neighbours.reduced_catalogue import ReducedCatalogue
from posters.years.year_model import read_about


def main() -> None:
    """Write `plots/explore_pretrained.html`; `dvc repro` writes the page of the last run."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    catalogue = ReducedCatalogue.read(paths.PRETRAINED / paths.EMBEDDINGS.name)
    model = paths.PRETRAINED / paths.MODEL.name
    shown = ShownPredictions.read(model, len(catalogue.movies))
    file = paths.PLOTS / "explore_pretrained.html"
    write_text(file, explore_catalogue(catalogue, read_about(model)["caveats"], shown))
    print(f"explore: plots/{file.name}, {file.stat().st_size / 1e6:.1f} MB: open it in a browser")


if __name__ == "__main__":
    command.run("explore", main, kept="the page is as it was")
