"""Turn each poster of the catalogue into one vector, by a frozen pre-trained network.

dvc repro embed
"""

from posters import command  # first, so that Ctrl-C during the imports below gives no traceback

# isort: split
from collections.abc import Mapping
from itertools import starmap
from pathlib import Path

from posters import paths
from posters.catalogue.entries import read_entries
from posters.embedding.backbone import VectorBatches
from posters.embedding.embeddings import (
    EmbeddedMovie,
    EmbeddingCache,
    embed_missing,
    read_unchanged,
    write_embeddings,
)
from posters.embedding.exported_backbone import open_backbone
from posters.embedding.ray_engine import embed_with_ray
from posters.params import load_params


def main() -> None:
    """Write `data/embeddings/`; vectors made by earlier runs are taken from the cache."""
    params = load_params().embed
    entries = read_entries(paths.CATALOGUE)
    backbone, model = open_backbone(params, paths.cache() / "networks")
    cache = EmbeddingCache(paths.cache() / "embeddings", backbone.info, backbone.probe())
    files = {entry.sha256: paths.DATA / entry.file for entry in entries}

    def embed(missing: Mapping[str, Path]) -> VectorBatches:
        if params.engine == "ray":
            return embed_with_ray(missing, backbone, model)
        return backbone.batches(starmap(read_unchanged, missing.items()))

    embedded = embed_missing(cache, files, embed)
    movies = [
        EmbeddedMovie(entry.imdb_id, entry.title, entry.year, entry.file) for entry in entries
    ]
    vectors = cache.get([entry.sha256 for entry in entries])
    write_embeddings(paths.EMBEDDINGS, movies, vectors, backbone.info, model)
    print(
        f"embed: {embedded} new posters, {len(entries) - embedded} from the cache; "
        f"{backbone.info.name}, {backbone.info.weights} weights, {backbone.info.precision}, "
        f"{backbone.info.embedding_size} numbers a poster"
    )


if __name__ == "__main__":
    command.run("embed", main)
