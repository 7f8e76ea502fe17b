"""What is each choice worth? Change them one by one, over several splits, and write a table.

make ablation
python src/ablate.py --splits 5
"""

from posters import command  # first: from here on Ctrl-C is no traceback

# isort: split
import argparse
import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image
from tqdm import tqdm

from posters import paths
from posters.catalogue.entries import read_catalogue
from posters.embedding.backbone import VectorBatches
from posters.embedding.embeddings import (
    EmbeddingCache,
    Embeddings,
    embed_missing,
    read_embeddings,
    write_embeddings,
)
from posters.embedding.exported_backbone import open_backbone
from posters.evaluation.ablation import rows_of_models, rows_of_variant, summarise, variants
from posters.files import write_text
from posters.images.pictures import read_image, to_rgb
from posters.neighbours.near_duplicates import near_duplicate_movies
from posters.params import EmbedParams, Params, load_params
from posters.reports.comparison_figures import ablation_chart
from posters.years import provenance
from posters.years.dataset import Parts, join_parts
from posters.years.splitting import split_catalogue

SCRATCH = "ablation"


def main() -> None:
    """Write `metrics/ablation.csv` and `plots/ablation.png` from what the last run left."""
    options = parse_arguments()
    params = load_params()
    catalogue = read_catalogue(paths.CATALOGUE)
    embeddings = read_embeddings(paths.EMBEDDINGS)
    years = np.array(params.scrape.years, dtype=np.int64)
    columns = {
        "year and retrieval features": embeddings.info.features,
        "retrieval features alone": embeddings.info.retrieval_features,
    }
    chosen = [
        variant
        for variant in variants()
        if not options.only or variant.choice in ("reference", *options.only)
    ]
    names = dict.fromkeys(variant.features for variant in chosen)
    vectors = {name: embedded(name, catalogue, embeddings, params.embed) for name in names}
    pairs = near_duplicate_movies(catalogue, embeddings, params.split.near_duplicate, paths.DATA)
    errors: dict[tuple[str, str], list[pd.DataFrame]] = {}
    with tqdm(total=options.splits * (len(chosen) + 1), desc="ablate", disable=None) as bar:
        for number in range(options.splits):
            parts = {
                name: parts_of(catalogue, vectors[name], params, number, pairs, columns.get(name))
                for name in names
            }
            basis = f"{seen(params)} {number}"
            models = kept(
                f"{basis} {parts['default'].backbone}",
                lambda parts=parts: rows_of_models(parts["default"], years, params.train),  # type: ignore[misc]
            )
            for name, rows in models.groupby("name", sort=False):
                choice = "pipeline" if name == "default" else "other models"
                collect(errors, (choice, str(name)), rows.dropna(axis=1, how="all"), number)
            bar.update()
            said: dict[object, object] = {}
            for variant in chosen:
                features = parts[variant.features]
                rows = kept(
                    f"{basis} {features.backbone} {variant.choice} {variant.name} "
                    f"{variant.features}",
                    lambda variant=variant, features=features, said=said: rows_of_variant(  # type: ignore[misc]
                        variant, features, years, params.train, said
                    ),
                )
                collect(errors, (variant.choice, variant.name), rows, number)
                bar.update()
    table = tabulate(errors, params.split.seed)
    write_text(paths.METRICS / "ablation.csv", table.to_csv(index=False, lineterminator="\n"))
    caveats = provenance.describe(params, parts["default"])["caveats"]
    ablation_chart(table, options.splits, paths.PLOTS / "ablation.png", caveats=caveats)
    for row in table.itertuples():
        print(f"ablate: {row.choice}: {row.name}: {row.natural:.2f} / {row.balanced:.2f} years")


def parse_arguments() -> argparse.Namespace:
    """The command line's options."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--splits", type=command.positive, default=5, metavar="N", help="how many (default 5)"
    )
    parser.add_argument(
        "--only",
        nargs="+",
        default=[],
        metavar="CHOICE",
        help="the choices to look at, such as head or prior (default: all)",
    )
    return parser.parse_args()


def embedded(
    name: str, catalogue: pd.DataFrame, embeddings: Embeddings, params: EmbedParams
) -> Embeddings:
    """The catalogue's vectors made another way; each poster is embedded once and kept."""
    # A square of as many pixels.
    side = max(32, round((embeddings.info.width * embeddings.info.height) ** 0.5))
    changes: dict[str, dict[str, object]] = {
        "last layer": {"pooling": "avg"},
        "square": {"input_size": (side, side)},
        "grey": {},
    }
    if name not in changes:
        return embeddings
    changed = params.model_copy(update=changes[name])
    backbone, _ = open_backbone(
        changed, paths.from_root(params.weights), paths.cache() / "networks"
    )
    probe = backbone.probe()
    cache = EmbeddingCache(
        paths.cache() / "embeddings", backbone.info, f"grey-{probe}" if name == "grey" else probe
    )
    files = {
        str(digest): paths.DATA / str(file)
        for digest, file in zip(catalogue["sha256"], catalogue["file"], strict=True)
    }

    def embed(chosen: Sequence[Path]) -> VectorBatches:
        if name != "grey":
            return backbone.batches(chosen)
        return backbone.batches(grey(to_rgb(read_image(file))) for file in chosen)

    embed_missing(cache, files, embed)
    folder = paths.cache() / SCRATCH / name.replace(" ", "_")
    vectors = cache.get(list(catalogue["sha256"]))
    write_embeddings(folder, list(embeddings.movies), vectors, backbone.info)
    return read_embeddings(folder)


def grey(image: Image.Image) -> Image.Image:
    """The picture without its colours."""
    return image.convert("L").convert("RGB")


def parts_of(
    catalogue: pd.DataFrame,
    embeddings: Embeddings,
    params: Params,
    number: int,
    pairs: list[tuple[str, str]],
    columns: slice | None,
) -> Parts:
    """The split of a number with some vectors; number 0 is the pipeline's own."""
    split = split_catalogue(
        catalogue,
        seed=params.split.seed + number,
        natural=params.split.natural,
        validation=params.split.validation,
        near_duplicate=pairs,
    )
    return join_parts(catalogue, split, embeddings, columns)


def seen(params: Params) -> str:
    """A digest of what all results depend on: the code, the data and the parameters."""
    code = sorted([Path(__file__), *(Path(__file__).parent / "posters").rglob("*.py")])
    digest = hashlib.sha256(params.model_dump_json().encode())
    for file in (*code, paths.CATALOGUE, paths.EMBEDDINGS / "backbone.json"):
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def kept(key: str, compute: Callable[[], pd.DataFrame]) -> pd.DataFrame:
    """Errors that were computed before, or are now: hours of work survive being cut off."""
    name = hashlib.sha256(key.encode()).hexdigest()
    file = paths.cache() / SCRATCH / "errors" / f"{name[:32]}.csv"
    if not file.exists():
        write_text(file, compute().to_csv(index=False, lineterminator="\n"))
    return pd.read_csv(
        file,
        dtype={"test": str, "imdb_id": str, "group": str, "name": str},
        keep_default_na=False,
        na_values={"held": [""], "width": [""]},
    )


def collect(
    errors: dict[tuple[str, str], list[pd.DataFrame]],
    key: tuple[str, str],
    rows: pd.DataFrame,
    number: int,
) -> None:
    """Keep the errors of one split."""
    errors.setdefault(key, []).append(rows.assign(split=number))


def tabulate(errors: dict[tuple[str, str], list[pd.DataFrame]], seed: int) -> pd.DataFrame:
    """One row for each way of doing it, in the order in which they were tried."""
    pooled = {key: pd.concat(tables, ignore_index=True) for key, tables in errors.items()}
    reference = next(rows for (choice, _), rows in pooled.items() if choice == "reference")
    reference = reference[["split", "test", "imdb_id", "group", "error"]]
    return pd.DataFrame(
        [
            {"choice": choice, "name": name}
            | summarise(
                rows,
                None if choice in ("pipeline", "reference", "other models") else reference,
                seed=seed,
            )
            for (choice, name), rows in pooled.items()
        ]
    )


if __name__ == "__main__":
    command.run("ablate", main)
