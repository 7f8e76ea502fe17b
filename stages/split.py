"""Decide, by hash of the title, who is trained on and who is tested on.

dvc repro split
"""

from posters import command, paths
from posters.catalogue import read_catalogue
from posters.files import write_text
from posters.params import load_params
from posters.splitting import PARTS, split_catalogue


def main() -> None:
    """Write `data/split.csv`: imdb_id, group, part."""
    params = load_params().split
    split = split_catalogue(
        read_catalogue(paths.CATALOGUE),
        seed=params.seed,
        natural=params.natural,
        validation=params.validation,
    )
    write_text(paths.SPLIT, split.to_csv(index=False, lineterminator="\n"))
    counts = split["part"].value_counts()
    print("split: " + ", ".join(f"{counts.get(part, 0)} {part}" for part in PARTS))


if __name__ == "__main__":
    command.run("split", main)
