"""Multi-hot, padded and one-hot arrays, against the loop they replace, Keras and R."""

from __future__ import annotations

import json
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from hypothesis import given
from hypothesis import strategies as st

from rkeras_port import encoding
from rkeras_port.encoding import pad_sequences, to_categorical, vectorize_sequences
from rkeras_port.errors import ArgumentError, ArgumentTypeError

RECORDED = Path(__file__).parents[2] / "shared/parity/visible/expected"

ragged = st.lists(st.lists(st.integers(0, 19), max_size=12), max_size=12)


def recorded(case: str) -> dict[str, np.ndarray]:
    """Read what keras3 answered in R, by name; matrices keep R's column-major form."""
    file = RECORDED / f"{case}.json"
    if not file.exists():
        pytest.skip(f"{file.name}: the recorded answers are not on this machine")
    result = json.loads(file.read_text())["result"]
    return {
        name: np.array(answer["value"]).reshape(answer["dim"], order="F")
        for name, answer in zip(result["names"], result["value"], strict=True)
        if "dim" in answer
    }


def notebook_loop(sequences, dimension):
    results = np.zeros((len(sequences), dimension))
    for row, sequence in enumerate(sequences):
        results[row, sequence] = 1.0
    return results


class TestVectorizeSequences:
    @given(ragged, st.integers(1, 5))
    def test_equals_the_notebooks_loop(self, sequences, block):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(encoding, "_BLOCK", block)
            matrix = vectorize_sequences(sequences, 20)
        np.testing.assert_array_equal(matrix.toarray(), notebook_loop(sequences, 20))

    @given(ragged)
    def test_r_has_one_column_less_on_the_left(self, sequences):
        ours = vectorize_sequences(sequences, 19, first_index=1, sparse=False)
        np.testing.assert_array_equal(ours, notebook_loop(sequences, 20)[:, 1:])

    def test_r_places_words_as_r_does(self):
        # results[i, sequences[[i]]] <- 1 in R, for c(1, 3, 3), c(0, 2) and c(4).
        ours = vectorize_sequences([[1, 3, 3], [0, 2], [4]], 4, first_index=1)
        answer = [[1, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 1]]
        assert ours.toarray().tolist() == answer

    @given(ragged)
    def test_csr_is_canonical(self, sequences):
        matrix = vectorize_sequences(sequences, 20)
        assert isinstance(matrix, scipy.sparse.csr_matrix)
        assert matrix.shape == (len(sequences), 20)
        assert matrix.dtype == np.float32
        assert (matrix.data == 1).all()
        for row in range(len(sequences)):
            columns = matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]]
            assert columns.tolist() == sorted(set(sequences[row]))

    @pytest.mark.parametrize("dtype", ["float32", "float64", np.int8, bool])
    @pytest.mark.parametrize("sparse", [True, False])
    def test_dtype(self, dtype, sparse):
        matrix = vectorize_sequences([[0, 2]], 3, dtype=dtype, sparse=sparse)
        assert matrix.dtype == dtype
        assert scipy.sparse.issparse(matrix) == sparse

    @pytest.mark.parametrize(
        "rows",
        [
            [[1, 3], [], [2]],
            ((1, 3), (), (2,)),
            [np.array([1, 3]), np.array([]), np.array([2])],
            [np.array([1, 3], "uint8"), [], (2,)],
            [[1.0, 3.0], [], [2.0]],
            [np.array([1.0, 3.0]), np.array([]), np.array([2.0])],
            [[np.int64(1), np.int32(3)], [], [2]],
            pd.Series([[1, 3], [], [2]]),
            (row for row in [[1, 3], [], [2]]),
        ],
        ids=lambda rows: type(rows).__name__,
    )
    def test_kinds_of_rows(self, rows):
        expected = [[0, 1, 0, 1], [0, 0, 0, 0], [0, 0, 1, 0]]
        assert vectorize_sequences(rows, 4).toarray().tolist() == expected

    def test_object_array_and_matrix(self):
        rows = np.fromiter([[1, 3], [2]], dtype=object)
        padded = np.array([[0, 1], [2, 3]])
        assert vectorize_sequences(rows, 4).nnz == 3
        assert vectorize_sequences(padded, 4).toarray().tolist() == [
            [1, 1, 0, 0],
            [0, 0, 1, 1],
        ]

    @pytest.mark.parametrize("sparse", [True, False])
    def test_no_rows(self, sparse):
        assert vectorize_sequences([], 7, sparse=sparse).shape == (0, 7)

    @pytest.mark.parametrize(
        ("rows", "first_index", "said"),
        [
            ([[1], [2, 9]], 0, r"0 to 8 .*Received: 9 in row 1"),
            ([[1], [2, 10]], 1, r"0 to 9 .*Received: 10 in row 1"),
            ([[], [-1]], 0, "-1 in row 1"),
            ([[], [-1]], 1, "-1 in row 1"),
            ([[0], [1, 2.5]], 0, "2.5 in row 1"),
            ([[0], [float("nan")]], 0, "nan in row 1"),
            ([np.array([0.0]), np.array([1, np.nan])], 0, "nan in row 1"),
            ([[0], [float("inf")]], 0, "inf in row 1"),
            ([[0], [2**70]], 0, "in row 1"),
        ],
    )
    def test_values_without_a_column(self, rows, first_index, said):
        with pytest.raises(ArgumentError, match=said):
            vectorize_sequences(rows, 9, first_index=first_index)

    def test_rows_are_named_across_blocks(self, monkeypatch):
        monkeypatch.setattr(encoding, "_BLOCK", 2)
        rows = [[0]] * 5 + [[1, 77]] + [[0]] * 3
        with pytest.raises(ArgumentError, match="77 in row 5"):
            vectorize_sequences(rows, 9)
        rows[5] = [1, 7.7]
        with pytest.raises(ArgumentError, match=r"7\.7 in row 5"):
            vectorize_sequences(rows, 9)

    @pytest.mark.parametrize(
        ("rows", "said"),
        [
            ([[0], ["great", "film"]], "'great' in row 1"),
            ([[0], "great"], "'g' in row 1"),
            ([[0], [None]], "None in row 1"),
            ([[0], [[1, 2]]], r"\[1, 2\] in row 1"),
            ([1, 14, 22], r"1 as row 0.*goes in as \[sequence\]"),
            ([[1], np.array(14)], r"array\(14\) as row 1"),
            (None, "NoneType"),
            ("great", "str"),
            ({0: [1]}, "dict"),
        ],
    )
    def test_rows_that_are_none(self, rows, said):
        with pytest.raises(ArgumentTypeError, match=said):
            vectorize_sequences(rows, 9)

    @pytest.mark.parametrize(
        "arguments",
        [
            {"dimension": 0},
            {"dimension": 2.5},
            {"dimension": "9"},
            {"first_index": 2},
            {"dtype": "float23"},
            {"dtype": str},
        ],
    )
    def test_other_arguments(self, arguments):
        (name,) = arguments
        with pytest.raises((ArgumentError, ArgumentTypeError), match=f"`{name}`"):
            vectorize_sequences([[0]], **arguments)

    def test_cells_beyond_32_bits(self):
        matrix = vectorize_sequences([[0, 3_000_000_000], [1]], 3_000_000_001)
        assert matrix.indices.tolist() == [0, 3_000_000_000, 1]
        assert matrix.indptr.tolist() == [0, 2, 3]


class TestPadSequences:
    @given(
        ragged.filter(len),
        st.none() | st.integers(1, 15),
        st.sampled_from(["int32", "int64", "float32"]),
        st.sampled_from(["pre", "post"]),
        st.sampled_from(["pre", "post"]),
        st.integers(-3, 3),
    )
    def test_equals_keras(self, sequences, maxlen, dtype, padding, truncating, value):
        arguments = (maxlen, dtype, padding, truncating, value)
        ours = pad_sequences(sequences, *arguments)
        theirs = keras.utils.pad_sequences(sequences, *arguments)
        assert ours.dtype == theirs.dtype
        np.testing.assert_array_equal(ours, theirs)

    def test_equals_what_r_recorded(self):
        answers = recorded("data_pad_sequences_and_normalize")
        rows = [[1, 2, 3], [4, 5], [6], []]
        calls = {
            "default": {},
            "maxlen": {"maxlen": 2},
            "post": {"padding": "post"},
            "post_cut": {"maxlen": 2, "truncating": "post", "padding": "post"},
            "value": {"maxlen": 4, "value": 99},
            "float": {"dtype": "float32", "value": 0.5},
        }
        for name, arguments in calls.items():
            np.testing.assert_array_equal(
                pad_sequences(rows, **arguments), answers[name], err_msg=name
            )

    def test_rows_of_vectors_and_of_strings(self):
        vectors = pad_sequences([[[1, 2]], [[3, 4], [5, 6]]])
        assert vectors.tolist() == [[[0, 0], [1, 2]], [[3, 4], [5, 6]]]
        words = pad_sequences([["a"], ["b", "c"]], dtype=object, value="")
        assert words.tolist() == [["", "a"], ["b", "c"]]

    def test_no_rows_and_only_empty_rows(self):
        assert pad_sequences([], maxlen=3).shape == (0, 3)
        assert pad_sequences([[], []], maxlen=2).tolist() == [[0, 0], [0, 0]]
        with pytest.raises(ArgumentError, match="Give `maxlen`"):
            pad_sequences([])

    @pytest.mark.parametrize(
        ("rows", "arguments", "said"),
        [
            ([[1]], {"padding": "before"}, "`padding` must be 'pre' or 'post'"),
            ([[1]], {"truncating": "pree"}, "Did you mean 'pre'"),
            ([[1]], {"maxlen": 0}, "`maxlen` must be a whole number of at least 1"),
            ([[1], [2.5]], {}, "2.5 in row 1"),
            ([[1], [np.nan]], {}, "nan in row 1"),
            ([[1]], {"value": 0.5}, "`value`"),
            ([[1, 300]], {"dtype": "uint8"}, r"fit uint8 \(0 to 255\).*1 to 300"),
            ([np.array([2**40])], {}, "fit int32"),
            ([[1], ["b"]], {"dtype": "float32"}, "could not convert"),
            ([[[1, 2]], [[3]]], {}, "cannot be padded"),
        ],
    )
    def test_what_would_change_silently(self, rows, arguments, said):
        with pytest.raises(ArgumentError, match=said):
            pad_sequences(rows, **arguments)

    @pytest.mark.parametrize("rows", ["great", [1, 2], [["great"]], [["12"]], None])
    def test_what_is_no_sequence(self, rows):
        with pytest.raises(ArgumentTypeError, match="pad_sequences"):
            pad_sequences(rows)


class TestToCategorical:
    @given(
        st.lists(st.integers(0, 6), min_size=1),
        st.none() | st.integers(7, 9),
        st.sampled_from([np.int64, np.uint8, np.float32, list]),
    )
    def test_equals_keras(self, codes, num_classes, kind):
        x = codes if kind is list else np.array(codes, kind)
        ours = to_categorical(x, num_classes)
        theirs = keras.utils.to_categorical(codes, num_classes)
        assert ours.dtype == theirs.dtype
        np.testing.assert_array_equal(ours, theirs)

    @pytest.mark.parametrize("shape", [(6,), (6, 1), (2, 3), (3, 2, 1), (1, 6)])
    def test_shapes_equal_keras(self, shape):
        x = np.array([0, 2, 1, 1, 0, 2]).reshape(shape)
        np.testing.assert_array_equal(
            to_categorical(x), keras.utils.to_categorical(x), strict=True
        )

    def test_equals_what_r_recorded(self):
        answers = recorded("data_to_categorical")
        species = ["setosa", "versicolor", "virginica"]
        factor = pd.Categorical([species[i] for i in (0, 2, 1, 0)], categories=species)
        ours = {
            "zero_based": to_categorical([0, 1, 2, 1]),
            "integer": to_categorical([2, 0]),
            "wider": to_categorical([0, 1], num_classes=4),
            "one_based": to_categorical([1, 2, 3]),
            "factor": to_categorical(factor),
            "logical": to_categorical([True, False, True]),
            "one_column": to_categorical([[0], [2], [1]]),
        }
        for name, matrix in ours.items():
            np.testing.assert_array_equal(matrix, answers[name], err_msg=name)

    @pytest.mark.parametrize("wrap", [pd.Series, pd.CategoricalIndex, lambda x: x])
    def test_categorical_keeps_its_categories(self, wrap):
        x = wrap(pd.Categorical(["b", "a"], categories=["c", "b", "a", "d"]))
        assert to_categorical(x).tolist() == [[0, 1, 0, 0], [0, 0, 1, 0]]
        assert to_categorical(x, num_classes=5).shape == (2, 5)
        with pytest.raises(ArgumentError, match=r"`num_classes`.*at least 4"):
            to_categorical(x, num_classes=3)

    @pytest.mark.parametrize(
        ("x", "arguments", "said"),
        [
            ([0, -1], {}, "-1 at position 1"),
            ([0, 5], {"num_classes": 3}, "0 to 2.*5 at position 1"),
            ([[0, 1], [1, 2]], {"num_classes": 2}, "2 at position 3"),
            ([0, 1.5], {}, "1.5 at position 1"),
            ([0, np.nan], {}, "nan at position 1"),
            (pd.Categorical(["a", None]), {}, "missing.*position 1"),
            ([], {}, "Give `num_classes`"),
            ([0], {"num_classes": 0}, "`num_classes`"),
            ([0], {"num_classes": 1.5}, "`num_classes`"),
        ],
    )
    def test_codes_that_have_no_column(self, x, arguments, said):
        with pytest.raises(ArgumentError, match=said):
            to_categorical(x, **arguments)

    @pytest.mark.parametrize(
        "x", [["b", "a"], [0, None], pd.Series([1, pd.NA]), [[0], [1, 2]]], ids=str
    )
    def test_what_is_no_code(self, x):
        with pytest.raises(ArgumentTypeError, match="to_categorical"):
            to_categorical(x)

    def test_no_rows(self):
        assert to_categorical([], num_classes=3).shape == (0, 3)
