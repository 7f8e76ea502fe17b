"""Writes a year head in a fraction of its bytes.

Nearly all numbers of a head are in the kernel of its first layer, which holds the units of all
members. The features are much alike, so the kernel is well approximated by a product of two narrow
matrices. Of all such products this is the one whose outputs differ least for the training posters:
a truncated singular value decomposition, weighted by the covariance of the features.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cholesky, solve_triangular, svd

from posters.embedding.openvino_model import import_openvino, save_model
from posters.embedding.scaling import blocks
from posters.years.year_model import HEAD_MODEL

_ROWS_AT_ONCE = 2048
_RIDGE = 1e-3  # share of the mean variance: limits the factors where posters hardly vary


def write_small_head(folder: Path, target: Path, vectors: NDArray[np.float32], rank: int) -> None:
    """Write the year head in `folder` to `target`, in float16 and with its kernel factorised.

    `vectors` are those of the training rows, shape (n, n_year_features). `rank` is the width of the
    two factors; if they are not smaller than the kernel, it stays whole.
    """
    openvino = import_openvino()
    model = openvino.Core().read_model(folder / HEAD_MODEL)
    product = next(node for node in model.get_ordered_ops() if node.get_type_name() == "MatMul")
    kernel = product.input_value(1).get_node().data.T  # (n_year_features, units of all members)
    if rank * sum(kernel.shape) < kernel.size:
        features = openvino.Model([product.input_value(0)], model.get_parameters())
        compiled = openvino.compile_model(features, "CPU")
        second_moments = np.zeros((len(kernel), len(kernel)))
        for block in blocks(vectors, _ROWS_AT_ONCE):
            rows = compiled(np.ascontiguousarray(block))[0]
            second_moments += rows.T @ rows
        factored = product.input_value(0)
        for factor in factorise(kernel, second_moments / len(vectors), rank):
            constant = openvino.opset13.constant(factor.astype(np.float32))
            factored = openvino.opset13.matmul(factored, constant, False, False).output(0)
        for consumer in product.output(0).get_target_inputs():
            consumer.replace_source_output(factored)
    save_model(model, target / HEAD_MODEL, compress=True)


def factorise(
    kernel: NDArray[np.float32], second_moments: NDArray[np.float64], rank: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Two matrices of shapes (n, rank) and (rank, m) whose product approximates a kernel (n, m).

    `second_moments` are the means of the products of each two features, shape (n, n).
    """
    ridge = _RIDGE * np.trace(second_moments) / len(second_moments)
    root = cholesky(second_moments + ridge * np.eye(len(second_moments)), lower=True)
    left, values, right = svd(root.T @ kernel, full_matrices=False)
    # Both factors get the root of the values, so that float16 holds both.
    values = np.sqrt(values[:rank])
    narrow = solve_triangular(root.T, left[:, :rank] * values)
    return narrow, values[:, None] * right[:rank]
