"""Data larger than memory: Parquet and Arrow files, multi-hot batch by batch."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Literal

import numpy as np
from keras.src.trainers.data_adapters.py_dataset_adapter import PyDatasetAdapter

from ._arguments import one_of, whole_number
from ._keras import keras
from ._ragged import Ragged
from ._sequences import Sequences
from .encoding import vectorize_sequences
from .errors import ArgumentError, ArgumentTypeError, MissingDependencyError
from .inputs import sparse_tensor
from .text import encode_review

_FUNCTION = "parquet_multi_hot"


class StreamedRows(PyDatasetAdapter):
    """Multi-hot batches from files, in the place of `x` and `y` of a training verb.

    Attributes
    ----------
    n_rows : int
        Rows of all files together.
    """

    def __init__(self, batches: _Batches) -> None:
        super().__init__(batches, shuffle=False)  # type: ignore[no-untyped-call]
        self.n_rows = batches.n_rows

    @property
    def batches(self) -> Any:
        """The batches as a `keras.utils.PyDataset`, each ``(x, y)`` or ``(x,)``."""
        return self.py_dataset

    def _standardize_batch(self, batch: tuple[Any, ...]) -> tuple[Any, ...]:
        x, *labels = batch
        return (x if isinstance(x, np.ndarray) else sparse_tensor(x), *labels)

    def __repr__(self) -> str:
        """Say how many rows there are."""
        return (
            f"<{self.n_rows:,} rows in {self.num_batches:,} batches, multi-hot in "
            f"{self.batches.dimension:,} columns>"
        )


def parquet_multi_hot(
    path: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    dimension: int = 10000,
    *,
    x: str = "x",
    y: str | None = "y",
    batch_size: int = 32,
    first_index: Literal[0, 1] = 0,
    shuffle: int = 0,
    word_index: Mapping[str, int] | None = None,
) -> StreamedRows:
    """Read sequences or texts from Parquet files, multi-hot encoded batch by batch.

    The result takes the place of `x`, and `y` is in it: ``model >> fit(rows)``,
    ``evaluate(model, rows)``, ``predict(model, rows)``, ``validation_data=rows``.
    Memory holds a few batches, whatever the size of the files. Training gives what
    it gives with the same rows in memory and ``shuffle=False``.

    Parameters
    ----------
    path : path-like, or sequence of path-like
        Parquet files (``*.parquet``) or Arrow files (``*.arrow``, ``*.feather``), one
        or several of the same columns, read in this order; or a folder of them.
    dimension : int
        Number of columns of `x`, as in `vectorize_sequences`.
    x : str
        The column of lists of word indices, or of texts, which `encode_review` encodes
        with ``num_words=dimension``.
    y : str, optional
        The column of labels: numbers or booleans. None: there are none, for `predict`.
    batch_size : int
        Rows of a batch; the training verb is given none.
    first_index : {0, 1}
        The word index of the first column, as in `vectorize_sequences`.
    shuffle : int
        Rows that are held in memory and shuffled among each other, anew in each epoch,
        by the random numbers of `set_random_seed`. 0: rows stay in their order. Rows
        that are sorted by label need more than there are of one label in a row.
    word_index : mapping of str to int, optional
        For texts, as in `encode_review`.

    Returns
    -------
    StreamedRows
        Batches of SciPy CSR matrices, shape ``(batch_size, dimension)``, of float32,
        and of labels, shape ``(batch_size,)``; dense arrays where Keras does not run
        on TensorFlow.

    Raises
    ------
    MissingDependencyError
        If pyarrow is not installed.
    ArgumentError
        If there is no such file or column, or no row. While rows are read, naming the
        row: if a value is missing, or an index has no column.
    ArgumentTypeError
        If a column has another type.

    Examples
    --------
    >>> import tempfile, pyarrow, pyarrow.parquet
    >>> folder = tempfile.TemporaryDirectory()
    >>> file = f"{folder.name}/reviews.parquet"
    >>> table = pyarrow.table({"x": [[1, 3, 3], [2], [0]], "y": [1, 0, 1]})
    >>> pyarrow.parquet.write_table(table, file)
    >>> rows = parquet_multi_hot(file, dimension=4, batch_size=2)
    >>> rows
    <3 rows in 2 batches, multi-hot in 4 columns>
    >>> x, y = rows.batches[0]
    >>> x.shape, y
    ((2, 4), array([1, 0]))
    >>> folder.cleanup()
    """
    one_of(_FUNCTION, "first_index", first_index, (0, 1))
    shuffle = whole_number(_FUNCTION, "shuffle", shuffle, minimum=0)
    source = _open(path)
    columns = [x] if y is None else [x, y]
    _check_columns(source.schema, x, y)
    batches = _Batches(
        source.scanner_of(columns),
        n_rows=source.n_rows,
        dimension=whole_number(_FUNCTION, "dimension", dimension, minimum=1),
        batch_size=whole_number(_FUNCTION, "batch_size", batch_size, minimum=1),
        first_index=first_index,
        shuffle=shuffle,
        word_index=word_index,
    )
    return StreamedRows(batches)


# Files --------------------------------------------------------------------------------


class _Source:
    """Files of the same columns, which are gone through without keeping them."""

    def __init__(self, dataset: Any) -> None:
        self._dataset = dataset
        self.schema = dataset.schema
        self.n_rows: int = dataset.count_rows()

    def scanner_of(self, columns: list[str]) -> Any:
        """Return a function that starts at the first row, and gives record batches."""
        from pyarrow.dataset import ParquetFragmentScanOptions

        def scan() -> Iterator[Any]:
            options: dict[str, Any] = {}
            if self._dataset.format.default_extname == "parquet":
                # Otherwise it loads whole row groups before it needs them.
                options["fragment_scan_options"] = ParquetFragmentScanOptions(
                    pre_buffer=False, use_buffered_stream=True
                )
            yield from self._dataset.to_batches(
                columns=columns,
                batch_size=_ROWS_AT_ONCE,
                batch_readahead=1,
                fragment_readahead=1,
                use_threads=False,
                **options,
            )

        return scan


#: Rows that are taken from a file at once.
_ROWS_AT_ONCE = 512

_FORMATS = {".arrow": "ipc", ".ipc": "ipc", ".feather": "ipc"}


def _open(path: Any) -> _Source:
    try:
        import pyarrow
        import pyarrow.dataset
    except ImportError as error:
        raise MissingDependencyError(
            f"{_FUNCTION}() needs pyarrow: pip install 'rkeras-port[arrow]'."
        ) from error
    alone = isinstance(path, str | os.PathLike)
    files = os.fspath(path) if alone else [os.fspath(one) for one in path]
    first = str(files if alone else next(iter(files), ""))
    kind = _FORMATS.get(os.path.splitext(first)[1].lower(), "parquet")
    try:
        source = _Source(pyarrow.dataset.dataset(files, format=kind))
    except (pyarrow.ArrowException, OSError) as error:
        raise ArgumentError(
            _FUNCTION,
            "path",
            f"must be {'Arrow' if kind == 'ipc' else 'Parquet'} files",
            received=f"{first!r} ({str(error).splitlines()[0]})",
        ) from error
    if not source.n_rows:
        raise ArgumentError(_FUNCTION, "path", "must have rows", received=repr(first))
    return source


def _check_columns(schema: Any, x: str, y: str | None) -> None:
    from pyarrow import types

    for argument, name in (("x", x), ("y", y)):
        if name is not None and name not in schema.names:
            raise ArgumentError(
                _FUNCTION,
                argument,
                "must be a column of the file",
                received=f"{name!r}, where there are {schema.names}",
            )
    kind = schema.field(x).type
    if not _is_text(kind) and not (
        _is_list(kind) and types.is_integer(kind.value_type)
    ):
        raise ArgumentTypeError(
            _FUNCTION,
            "x",
            "must be a column of lists of whole numbers, or of texts",
            received=f"{x!r} of type {kind}",
        )
    if y is None:
        return
    kind = schema.field(y).type
    is_number = (types.is_integer, types.is_floating, types.is_boolean)
    if not any(check(kind) for check in is_number):
        raise ArgumentTypeError(
            _FUNCTION,
            "y",
            "must be a column of numbers or booleans",
            received=f"{y!r} of type {kind}",
            remedy="Encode labels as numbers from 0 when you write the file.",
        )


def _is_list(kind: Any) -> bool:
    from pyarrow import types

    return bool(types.is_list(kind) or types.is_large_list(kind))


def _is_text(kind: Any) -> bool:
    from pyarrow import types

    return bool(types.is_string(kind) or types.is_large_string(kind))


# Batches ------------------------------------------------------------------------------


class _Batches(keras.utils.PyDataset):
    """Batches by number; in order, each row is read once."""

    def __init__(
        self,
        scan: Any,
        *,
        n_rows: int,
        dimension: int,
        batch_size: int,
        first_index: Literal[0, 1],
        shuffle: int,
        word_index: Mapping[str, int] | None,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._scan = scan
        self._first_index = first_index
        self._shuffle = shuffle
        self._word_index = word_index
        self._stream: Iterator[Any] = iter(())
        self._next = -1
        self.n_rows = n_rows
        self.dimension = dimension
        self.batch_size = batch_size
        #: What went wrong while rows were read, because TensorFlow keeps only its text.
        self.failure: ArgumentError | None = None

    def __len__(self) -> int:
        """Return the number of batches of an epoch."""
        return math.ceil(self.n_rows / self.batch_size)

    def __getitem__(self, number: int) -> Any:
        """Return a batch; another one than the next is searched for from the start."""
        try:
            if number < self._next or self._next < 0:
                self._stream, self._next = self._from_the_start(), 0
            while self._next < number:
                next(self._stream)
                self._next += 1
            self._next += 1
            return self._encoded(*next(self._stream))
        except ArgumentError as error:
            self._next, self.failure = -1, error
            raise

    def _encoded(self, words: Ragged, *labels: Any) -> tuple[Any, ...]:
        matrix = vectorize_sequences(
            Sequences(words), self.dimension, first_index=self._first_index
        )
        if keras.backend.backend() != "tensorflow":
            return (matrix.toarray(), *labels)
        return (matrix, *labels)

    def _from_the_start(self) -> Iterator[tuple[Any, ...]]:
        """Yield word indices and labels of each batch."""
        held: list[Any] = []
        first_row = n_held = 0
        wanted = max(self._shuffle, self.batch_size)
        for record in self._scan():
            held.append(self._checked(record, first_row))
            n_held += record.num_rows
            first_row += record.num_rows
            if n_held < wanted and first_row < self.n_rows:
                continue
            rows = _joined(held)
            if self._shuffle:
                order = np.random.permutation(n_held)
                rows = (rows[0].take(order), *(part[order] for part in rows[1:]))
            last = first_row >= self.n_rows
            end = n_held if last else n_held - n_held % self.batch_size
            for start in range(0, end, self.batch_size):
                yield _cut(rows, start, min(start + self.batch_size, n_held))
            held, n_held = [_cut(rows, end, n_held)], n_held - end

    def _checked(self, record: Any, first_row: int) -> tuple[Any, ...]:
        """Return a record batch's word indices, and its labels if there are any."""
        for i, name in enumerate(record.schema.names):
            _refuse_nulls(record.column(i), name, first_row)
        words = self._words(record.column(0), record.schema.names[0], first_row)
        if record.num_columns == 1:
            return (words,)
        labels = record.column(1).to_numpy(zero_copy_only=False)
        if labels.dtype.kind == "f" and np.isnan(labels).any():
            row = first_row + int(np.argmax(np.isnan(labels)))
            raise _missing(record.schema.names[1], row)
        return (words, labels.astype("float32") if labels.dtype == bool else labels)

    def _words(self, column: Any, name: str, first_row: int) -> Ragged:
        if _is_text(column.type):
            texts = [
                encode_review(text, self._word_index, num_words=self.dimension)
                for text in column.to_pylist()
            ]
            lengths = np.array([len(text) for text in texts], np.int64)
            return Ragged(np.array([i for t in texts for i in t], np.int64), lengths)
        values = column.flatten()
        lengths = column.value_lengths().to_numpy().astype(np.int64)
        if values.null_count:
            position = int(np.argmax(values.is_null().to_numpy(zero_copy_only=False)))
            row = Ragged(np.empty(len(values), np.int8), lengths).row_of(position)
            raise _missing(name, first_row + row)
        words = Ragged(values.to_numpy(zero_copy_only=False), lengths)
        last = self.dimension - 1 + self._first_index
        outside = (words.values < 0) | (words.values > last)
        if outside.any():
            position = int(np.argmax(outside))
            raise ArgumentError(
                _FUNCTION,
                "x",
                f"must hold indices from 0 to {last} (dimension={self.dimension}, "
                f"first_index={self._first_index})",
                received=f"{words.values[position]} in row "
                f"{first_row + words.row_of(position)} of column {name!r}",
                remedy="Raise `dimension`, or leave such words out of the file.",
            )
        return Ragged(words.values.astype(np.int64), lengths)


def _refuse_nulls(column: Any, name: str, first_row: int) -> None:
    if column.null_count:
        nulls = column.is_null().to_numpy(zero_copy_only=False)
        raise _missing(name, first_row + int(np.argmax(nulls)))


def _missing(name: str, row: int) -> ArgumentError:
    return ArgumentError(
        _FUNCTION,
        "path",
        "must not have missing values",
        received=f"null in row {row} of column {name!r}",
        remedy="Drop such rows when you write the file; no word is an empty list.",
    )


def _joined(parts: list[tuple[Any, ...]]) -> tuple[Any, ...]:
    words = Ragged(
        *(np.concatenate(one) for one in zip(*(p[0] for p in parts), strict=True))
    )
    return (
        words,
        *(np.concatenate(one) for one in zip(*(p[1:] for p in parts), strict=True)),
    )


def _cut(rows: tuple[Any, ...], start: int, stop: int) -> tuple[Any, ...]:
    return (rows[0].between(start, stop), *(part[start:stop] for part in rows[1:]))


# Among the arguments of a verb --------------------------------------------------------


@contextmanager
def streaming(verb: str, arguments: Mapping[str, Any]) -> Iterator[None]:
    """Check what is given beside streamed rows; raise what goes wrong in them as it is.

    Raises
    ------
    ArgumentError
        If an argument is given that the rows have already, or that would be ignored;
        or if a row is wrong.
    """
    given = (arguments.get("x"), arguments.get("validation_data"))
    streams = [one.batches for one in given if isinstance(one, StreamedRows)]
    if isinstance(given[0], StreamedRows):
        for argument, remedy in _IN_THE_ROWS.items():
            value = arguments.get(argument)
            if value is None or (argument == "validation_split" and not value):
                continue
            raise ArgumentError(
                verb,
                argument,
                "has no effect with streamed rows",
                received=type(value).__name__,
                remedy=remedy,
            )
    for one in streams:
        one.failure = None
    try:
        yield
    except Exception as error:
        failure = next((one.failure for one in streams if one.failure), None)
        if failure is None or failure is error:
            raise
        raise failure from None


_IN_THE_ROWS = {
    "y": "Name the column of labels: parquet_multi_hot(..., y=).",
    "batch_size": "Give it to parquet_multi_hot().",
    "sample_weight": "Leave it out.",
    "class_weight": "Leave it out.",
    "validation_split": "Give validation_data= of other files.",
}
