"""Measure the activations of VGG16 with ImageNet weights on generated posters, for int8.

python src/calibrate.py
"""

from posters import command  # first: from here on Ctrl-C prints no traceback

# isort: split
import argparse
import io

from PIL import Image
from tqdm import tqdm

from posters import paths
from posters.embedding.backbone import resize
from posters.embedding.keras_backbone import load_backbone
from posters.embedding.openvino_model import convert_model
from posters.embedding.quantisation import RANGES, largest_activations
from posters.files import write_json
from posters.params import load_params
from posters.sources.sample import SampleCatalogue

_EVERY = 40  # one in so many generated movies, of all years alike


def main() -> None:
    """Write `activation_ranges.json`: a list for each network, by the digest of its weights."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    changes = {"backbone": "VGG16", "weights": "imagenet", "layers": ("block5_conv3",)}
    params = load_params()
    backbone = load_backbone(params.embed.model_copy(update=changes))
    info = backbone.info
    catalogue = SampleCatalogue(movies=0, years=params.scrape.years, seed=0)
    ids = [movie.imdb_id for movie in catalogue.movies()][::_EVERY]
    posters = (
        resize(Image.open(io.BytesIO(catalogue.picture(imdb_id))), (info.width, info.height))
        for imdb_id in tqdm(ids, desc="calibrate", unit="poster", disable=None)
    )
    found = largest_activations(convert_model(backbone.whole_model()), posters)
    write_json(RANGES, {info.weights_digest: found})
    print(f"calibrate: {RANGES.relative_to(paths.WORKSPACE)}: {found}")


if __name__ == "__main__":
    command.run("calibrate", main)
