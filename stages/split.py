"""Split the movies into training rows with folds and two tests, by a hash of their titles.

dvc repro split
"""

from posters import command  # first, so that Ctrl-C during the imports below gives no traceback

# isort: split
from posters import paths
from posters.catalogue.entries import read_catalogue
from posters.embedding.embeddings import read_embeddings
from posters.files import write_text
from posters.neighbours.near_duplicates import near_duplicate_movies, write_pairs
from posters.params import load_params
from posters.years.splitting import PARTS, split_catalogue


def main() -> None:
    """Write `data/split.csv` and `data/near_duplicates.csv`."""
    params = load_params().split
    catalogue = read_catalogue(paths.CATALOGUE)
    pairs = near_duplicate_movies(
        catalogue, read_embeddings(paths.EMBEDDINGS), params.near_duplicate, paths.DATA
    )
    split = split_catalogue(
        catalogue,
        seed=params.seed,
        natural=params.natural,
        folds=params.folds,
        near_duplicate=pairs,
    )
    write_pairs(paths.NEAR_DUPLICATES, pairs)
    write_text(paths.SPLIT, split.to_csv(index=False, lineterminator="\n"))
    counts = split["part"].value_counts()
    sizes = ", ".join(f"{counts.get(part, 0)} {part}" for part in PARTS)
    print(f"split: {sizes}; {len(pairs)} pairs of near-duplicate posters kept together")


if __name__ == "__main__":
    command.run("split", main)
