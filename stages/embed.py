"""Turn each poster of the catalogue into one vector, by a frozen pre-trained network.

dvc repro embed
"""

from posters import command, paths
from posters.backbone import load_backbone
from posters.catalogue import read_catalogue
from posters.embedding import EmbeddingCache, embed_missing, write_embeddings
from posters.params import load_params


def main() -> None:
    """Write `data/embeddings/`; vectors made by earlier runs are taken from the cache."""
    params = load_params().embed
    catalogue = read_catalogue(paths.CATALOGUE)
    backbone = load_backbone(params, weights_path=paths.from_root(params.weights))
    cache = EmbeddingCache(paths.cache() / "embeddings", backbone.info, backbone.probe())
    files = {
        str(digest): paths.DATA / str(file)
        for digest, file in zip(catalogue["sha256"], catalogue["file"], strict=True)
    }
    embedded = embed_missing(cache, files, backbone.embed, params.batch_size)
    vectors = cache.get(list(catalogue["sha256"]))
    write_embeddings(paths.EMBEDDINGS, list(catalogue["imdb_id"]), vectors, backbone.info)
    print(
        f"embed: {embedded} new posters, {len(catalogue) - embedded} from the cache; "
        f"{backbone.info.name}, {backbone.info.weights} weights, "
        f"{backbone.info.embedding_size} numbers a poster"
    )


if __name__ == "__main__":
    command.run("embed", main)
