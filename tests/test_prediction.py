"""The network of the last run is opened in the precision that it ran in."""

from pathlib import Path

import numpy as np
import pytest
from parts import info_of, movies_of

from posters import prediction
from posters.embedding import precision
from posters.embedding.embeddings import Embeddings
from posters.embedding.scaling import RetrievalScale
from posters.errors import DataError


def test_embeddings_in_an_unsupported_precision_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    matrix = np.ones((2, 6), np.float32)
    info = info_of(6, 1, 4)
    scale = RetrievalScale.fit(matrix[:, info.retrieval_features])
    made_in_bfloat16 = Embeddings(
        matrix,
        movies_of(["tt0000001", "tt0000002"]),
        type(info)(**{**vars(info), "precision": "bfloat16"}),
        scale.transform(matrix[:, info.retrieval_features]),
        scale,
    )
    monkeypatch.setattr(precision, "has_bfloat16", lambda: False)
    with pytest.raises(DataError, match=r"made in bfloat16.*set embed\.precision to float32"):
        prediction._open_backbone(made_in_bfloat16, Path())
