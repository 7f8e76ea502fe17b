"""Write the model of the last run to `pretrained/`: small, without pictures, fit for git.

make export
python src/export.py --about "2,000 posters of my collection; years from its catalogue"
"""

from posters import command  # first: from here on Ctrl-C is no traceback

# isort: split
import argparse

from posters import paths
from posters.params import load_params
from posters.pretrained.exported_model import export_model


def main() -> None:
    """Write `pretrained/`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--about",
        required=True,
        metavar="TEXT",
        help="what the posters are, and where their titles and years are from: for the model card",
    )
    kept = export_model(load_params(), parser.parse_args().about)
    size = sum(file.stat().st_size for file in paths.PRETRAINED.rglob("*") if file.is_file())
    near = kept["neighbours"]
    print(
        f"export: pretrained/, {size / 1e6:.1f} MB; the nearest poster stays the nearest for "
        f"{near['first']:.0%}, among the nearest three for {near['first_among_3']:.0%}"
    )


if __name__ == "__main__":
    command.run("export", main, kept="pretrained/ is as it was")
