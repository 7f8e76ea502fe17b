"""The precision is the fastest in which a network keeps its neighbours, or the one that is set."""

import pytest

from posters.embedding import precision
from posters.embedding.imagenet_weights import VGG16_SHA256
from posters.embedding.precision import choose_precision, precision_for
from posters.errors import BackboneError


@pytest.mark.parametrize(("supported", "rounded"), [(True, "bfloat16"), (False, "float32")])
def test_auto_depends_on_network_weights_and_processor(
    monkeypatch: pytest.MonkeyPatch, supported: bool, rounded: str
) -> None:
    monkeypatch.setattr(precision, "has_bfloat16", lambda: supported)
    assert choose_precision("auto", "VGG16", VGG16_SHA256) == "int8"
    assert choose_precision("auto", "VGG16", "other weights") == rounded
    assert choose_precision("auto", "MobileNetV2", "any weights") == "float32"
    assert choose_precision("bfloat16", "MobileNetV2", "any weights") == rounded
    assert choose_precision("float32", "VGG16", VGG16_SHA256) == "float32"


def test_int8_needs_known_ranges() -> None:
    with pytest.raises(BackboneError, match=r"int8.*MobileNetV2.*expected VGG16 with ImageNet"):
        choose_precision("int8", "MobileNetV2", "any weights")


def test_processor_without_bfloat16_reads_vectors_that_float32_equals(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(precision, "has_bfloat16", lambda: False)
    assert precision_for("int8", "VGG16") == "int8"
    assert precision_for("bfloat16", "VGG16") == "float32"
    assert precision_for("bfloat16", "MobileNetV2") is None
