"""The stage `embed` depends on the weights that are in use, not on their name alone."""

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from projects import Project

from posters.embedding.imagenet_weights import VGG16_SHA256, weights_digest

pytestmark = pytest.mark.slow


@pytest.fixture
def project(
    no_network: None, tmp_path: Path, make_small_project: Callable[[Path], Project]
) -> Project:
    """A project without a network that asks for VGG16's ImageNet weights, on tiny pictures."""
    project = make_small_project(tmp_path)
    project.environment["KERAS_HOME"] = str(tmp_path)
    project.set(embed__backbone="VGG16", embed__weights="imagenet", embed__input_size=32)
    return project


def embed(project: Project) -> tuple[str, str]:
    """Run what is out of date up to `embed`; the weights in use and their digest."""
    project.run("dvc", "repro", "embed")
    network = json.loads(project.read("data/embeddings/backbone.json"))
    return network["weights"], network["weights_digest"]


def test_random_weights_never_count_as_imagenet_weights(project: Project) -> None:
    # The real weights are not here: others are pinned in this copy of the project.
    channels = [3, 64, 64, 128, 128, 256, 256, 256, *[512] * 6]
    generator = np.random.default_rng(0)
    arrays = [
        generator.normal(0, 0.05, shape).astype(np.float32)
        for number, size in pairwise(channels)
        for shape in ((3, 3, number, size), (size,))
    ]
    digest = weights_digest(arrays)
    module = project.folder / "src" / "posters" / "embedding" / "imagenet_weights.py"
    module.write_text(module.read_text().replace(VGG16_SHA256, digest))

    failed = project.run("dvc", "repro", "embed", check=False)
    assert failed.returncode
    assert "embed: error: ImageNet weights of VGG16 can't be downloaded" in failed.stderr
    project.set(embed__if_unreachable="random")
    assert embed(project)[0] == "random"
    kept = project.folder / ".cache" / "weights" / "VGG16.npz"
    kept.parent.mkdir()
    np.savez(kept, *arrays)
    assert embed(project) == ("imagenet", digest)
