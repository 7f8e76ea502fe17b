"""Which model answers, how its network is opened, and the function `nearest`."""

from pathlib import Path

import numpy as np
import pytest
from conftest import Walk
from parts import info_of
from PIL import Image

from posters import model_choice, paths
from posters.embedding import precision
from posters.embedding.exported_backbone import network_choices
from posters.errors import BackboneError, DataError
from posters.files import write_json
from posters.params import load_params
from posters.prediction import nearest


def test_embeddings_in_an_unsupported_precision_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = {**vars(info_of(6, 1, 4)), "precision": "bfloat16"}
    write_json(tmp_path / "backbone.json", info)
    monkeypatch.setattr(precision, "has_bfloat16", lambda: False)
    with pytest.raises(DataError, match=r"made in bfloat16.*set embed\.precision to float32"):
        model_choice.open_backbone(tmp_path, Path())


@pytest.mark.parametrize(
    ("about", "expected"),
    [
        (None, paths.PRETRAINED),
        ('{"caveats": ["generated posters"]}', paths.PRETRAINED),
        ('{"caveats": ["random VGG16 weights"]}', paths.DATA),
        ('{"caveats": []}', paths.DATA),
        ("{}", paths.DATA),  # damaged: opening it says so
    ],
)
def test_own_model_answers_unless_it_learned_from_generated_posters(
    about: str | None, expected: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paths, "MODEL", tmp_path)
    if about:
        (tmp_path / "about.json").write_text(about, encoding="utf-8")
    assert model_choice.model_folder("auto") == expected
    named = [model_choice.model_folder(model) for model in ("own", "pretrained")]
    assert named == [paths.DATA, paths.PRETRAINED]


def test_missing_weights_of_the_pretrained_model_are_an_error(
    unreachable: Path, tmp_path: Path
) -> None:
    choices = network_choices(load_params().embed)
    write_json(tmp_path / model_choice.NETWORK_CHOICES, choices)
    write_json(tmp_path / "backbone.json", vars(info_of(6, 1, 4)))
    with pytest.raises(BackboneError, match=r"weights of VGG16 can't be downloaded .*make weights"):
        model_choice.prepared_network(tmp_path)


def test_every_form_of_a_poster_has_the_same_neighbours(
    walk: Walk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paths, "DATA", walk.project.folder / "data")
    movie = walk.lowered.catalogue.iloc[0]
    file = paths.DATA / movie["file"]
    with Image.open(file) as image:
        image.load()
    first, *others = (
        nearest(form, model="own") for form in (file, str(file), image, np.asarray(image))
    )
    assert others == [first] * 3
    assert len(first) == 3
    assert movie["imdb_id"] not in [neighbour.imdb_id for neighbour in first]
