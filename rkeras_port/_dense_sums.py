"""Products of sparse batches in TensorFlow that equal the dense ones to the last bit.

A dense product's sums are taken block by block: from first to last within a block of
the inner axis, then over the blocks. To leave out what is zero changes nothing in such
sums. So a sparse product that keeps to the same blocks has the same bits; which blocks
those are depends on the machine, and is tried out in `_dense_sums_probe`.

A batch comes as a `tf.SparseTensor` whose rows are cut into pieces, one for each block
of columns: its indices are those of a matrix of shape ``(n_rows * n_blocks,
n_columns)``, while its shape is the batch's own. Nothing but `product` can read it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf


def block_ends(size: int, width: int) -> tuple[int, ...]:
    """Return where the blocks of an inner axis end, as oneDNN cuts it.

    Blocks are `width` long, but for a rest of less than two: that is halved if it is
    longer than one.

    Examples
    --------
    >>> block_ends(1000, 384)
    (384, 692, 1000)
    >>> block_ends(300, 384)
    (300,)
    """
    ends = [0]
    while ends[-1] < size:
        rest = size - ends[-1]
        if rest >= 2 * width:
            rest = width
        elif rest > width:
            rest = (rest + 1) // 2
        ends.append(ends[-1] + rest)
    return tuple(ends[1:])


class DenseSums(NamedTuple):
    """The blocks in which sums of dense products are taken, for one layer's batches.

    Parameters
    ----------
    columns : tuple of int
        Where blocks of columns end; the last is the number of columns.
    sizes : tuple of int
        Numbers of rows of the batches, ascending; others are multiplied as dense ones.
    rows : dict as tuple of (int, tuple of int)
        For each number of rows in a training batch, where blocks of rows end.
    """

    columns: tuple[int, ...]
    sizes: tuple[int, ...]
    rows: tuple[tuple[int, tuple[int, ...]], ...] = ()

    def pieces(self, matrix: Any) -> np.ndarray:
        """Return where the pieces of a CSR matrix end, starting with 0, as int64.

        Shape ``(n_rows * n_blocks + 1,)``.
        """
        n_blocks = len(self.columns)
        if n_blocks == 1:
            return np.asarray(matrix.indptr, np.int64)
        sizes = np.diff(self.columns, prepend=0)
        block_of = np.repeat(np.arange(n_blocks, dtype=np.int32), sizes)
        first = np.arange(matrix.shape[0], dtype=np.int32) * n_blocks
        piece = np.repeat(first, np.diff(matrix.indptr))
        piece += block_of[matrix.indices]
        counts = np.bincount(piece, minlength=matrix.shape[0] * n_blocks)
        return np.concatenate([[0], np.cumsum(counts)])

    def product(self, batch: Any, kernel: Any) -> Any:
        """Multiply a batch, cut into pieces, by a dense kernel; differentiable.

        Parameters
        ----------
        batch : tf.SparseTensor
            Shape ``(n_rows, n_columns)``.
        kernel : tf.Tensor
            Shape ``(n_columns, units)``, of the same float type.

        Returns
        -------
        tf.Tensor
            Shape ``(n_rows, units)``.
        """
        return _product(self)(
            batch.indices, batch.values, batch.dense_shape[0], tf.identity(kernel)
        )


@cache
def _product(sums: DenseSums) -> Callable[..., Any]:
    n_columns, n_blocks = sums.columns[-1], len(sums.columns)
    # For the most rows; fewer have their part of it.
    pieces = np.arange(sums.sizes[-1] * n_blocks, dtype=np.int64)
    places_of_pieces = np.stack([pieces // n_blocks, pieces], axis=1)

    def forward(places: Any, values: Any, n_rows: Any, kernel: Any) -> Any:
        n_pieces = n_rows * n_blocks
        summed = _multiply(places, values, (n_pieces, n_columns), kernel)
        if n_blocks == 1:
            return summed
        # TensorFlow's own sums over an axis go in another order, and its optimizer
        # changes that of many additions.
        ones = tf.ones([n_pieces], values.dtype)
        return _multiply(
            tf.constant(places_of_pieces)[:n_pieces], ones, (n_rows, n_pieces), summed
        )

    def backward(places: Any, values: Any, n_rows: Any, upstream: Any) -> Any:
        shape = (n_rows * n_blocks, n_columns)
        row_of = tf.constant(places_of_pieces[:, 0])[: shape[0]]
        upstream = tf.gather(upstream, row_of)
        sizes = tf.constant([size for size, _ in sums.rows], tf.int64)
        most = max(len(ends) for _, ends in sums.rows)
        table = [[*ends, *[ends[-1]] * (most - len(ends))] for _, ends in sums.rows]
        row_ends = tf.gather(
            tf.constant(table, tf.int64), tf.argmax(tf.equal(sizes, n_rows))
        )
        ends = [tf.size(values)]
        if most > 1:
            ends = tf.unstack(tf.searchsorted(places[:, 0], row_ends * n_blocks))
        whole = _multiply(
            places[: ends[0]], values[: ends[0]], shape, upstream, adjoint=True
        )
        for start, end in pairwise(ends):
            # Less the negative: additions in a row would be put in another order.
            whole -= _multiply(
                places[start:end], values[start:end], shape, -upstream, adjoint=True
            )
        return whole

    def dense(places: Any, values: Any, n_rows: Any) -> Any:
        true_places = tf.stack([places[:, 0] // n_blocks, places[:, 1]], axis=1)
        return tf.scatter_nd(true_places, values, (n_rows, n_columns))

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def product(places: Any, values: Any, n_rows: Any, kernel: Any) -> Any:
        def gradient(upstream: Any) -> Any:
            of_kernel = tf.cond(
                _can_be_sparse(n_rows, [size for size, _ in sums.rows], upstream),
                lambda: backward(places, values, n_rows, upstream),
                lambda: tf.matmul(
                    dense(places, values, n_rows), upstream, transpose_a=True
                ),
            )
            return None, None, None, of_kernel

        result = tf.cond(
            _can_be_sparse(n_rows, sums.sizes, kernel),
            lambda: forward(places, values, n_rows, kernel),
            lambda: tf.matmul(dense(places, values, n_rows), kernel),
        )
        return result, gradient

    return product


def _can_be_sparse(n_rows: Any, sizes: Any, factor: Any) -> Any:
    """Say whether blocks are known for so many rows, and zeros times factors are zero.

    Zero times an infinity is not a number, in every row.
    """
    is_known = tf.reduce_any(tf.equal(tf.constant(sizes, tf.int64), n_rows))
    return is_known & tf.math.is_finite(tf.reduce_sum(factor))


def _multiply(
    places: Any, values: Any, shape: Any, factor: Any, *, adjoint: bool = False
) -> Any:
    """Multiply by a dense factor: sums are taken in the order of the places."""
    return tf.raw_ops.SparseTensorDenseMatMul(
        a_indices=places,
        a_values=values,
        a_shape=tf.stack([tf.cast(size, tf.int64) for size in shape]),
        b=factor,
        adjoint_a=adjoint,
    )
