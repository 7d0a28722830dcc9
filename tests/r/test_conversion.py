"""Values there and back: reticulate's rules, and what it corrupts kept right."""

from __future__ import annotations

import datetime
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from rkeras_port.r import RError


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("NULL", None),
        ("TRUE", True),
        ("7L", 7),
        ("1.5", 1.5),
        ("'a'", "a"),
        ("2+1i", 2 + 1j),
        ("c(1, 2)", [1.0, 2.0]),
        ("c(a = 1, b = 2)", [1.0, 2.0]),
        ("c('a', 'b')", ["a", "b"]),
        ("list(1, 'a', NULL)", [1.0, "a", None]),
        ("list(a = 1, b = list(2L))", {"a": 1.0, "b": [2]}),
        ("list()", []),
        ("character()", []),
        ("as.raw(1:3)", bytearray([1, 2, 3])),
        ("factor(c('u', 'v', 'u'))", ["u", "v", "u"]),
        ("as.Date('2024-03-01')", datetime.date(2024, 3, 1)),
        (
            "as.POSIXct('2024-03-01 12:30:00', tz = 'UTC')",
            datetime.datetime(2024, 3, 1, 12, 30, tzinfo=datetime.UTC),
        ),
        # NA, which the original turns into TRUE, -2147483648 and "NA"
        ("NA", None),
        ("c(TRUE, NA)", [True, None]),
        ("c(1L, NA)", [1, None]),
        ("c('a', NA)", ["a", None]),
        ("factor(c('u', NA))", ["u", None]),
        ("as.Date(c('2024-03-01', NA))", [datetime.date(2024, 3, 1), None]),
    ],
)
def test_r_values_in_python(R, code, value):
    got = R.eval(code)
    assert got == value
    assert type(got) is type(value) or isinstance(got, list)


def test_na_real_is_nan(R):
    assert math.isnan(R.eval("NA_real_"))


@pytest.mark.parametrize(
    ("value", "description"),
    [
        (True, "logical TRUE"),
        (7, "integer 7"),
        (1.5, "double 1.5"),
        ("a", "character a"),
        ([1, 2], "integer 1 2"),
        ([1, 2.5], "list"),
        ((1, 2), "list"),
        ([1, None], "list"),
        ({"a": 1}, "list"),
        (2**31 - 1, "integer 2147483647"),
        # beyond R's integers: the original gives 0, NA and a dead session
        (2**31, "double 2147483648"),
        (-(2**31), "double -2147483648"),
        (2**40, "double 1099511627776"),
        ([1, 2**40], "double 1 1099511627776"),
        (np.int64(9), "double 9"),
        (np.float32(0.5), "double 0.5"),
    ],
)
def test_python_values_in_r(R, value, description):
    R["x"] = value
    told = R.eval(
        "if (is.list(x)) 'list' else "
        "paste(c(typeof(x), format(x, digits = 15, trim = TRUE)), collapse = ' ')"
    )
    assert told == description


def test_digits_lost_are_said(R, capfd):
    R.run("library(reticulate); x <- py_eval('2**53 + 1'); y <- py_eval('10**30')")
    assert R.eval("identical(y, 1e30)") is True
    assert "more digits than a double" in capfd.readouterr().err


@pytest.mark.parametrize(
    "code",
    [
        "c(1L, NA, 3L)",
        "c(TRUE, NA)",
        "c('a', NA)",
        "matrix(c(TRUE, FALSE, NA, TRUE), 2)",
        "matrix(c(1L, NA, 3L, 4L), 2)",
        "matrix(c('a', NA), 1)",
        "array(1:24, c(2, 3, 4))",
        "array(c(1, NA, NaN, Inf))",
        "matrix(1i, 2, 2)",
        "list(a = 'p', b = list(2, NULL))",
        "quote(f(x))",
        "globalenv()",
        "function(a, b = 2) a + b",
        "matrix(list(1, 'a'), 1)",
        "data.frame(a = c(1.5, NA), b = c('x', NA), c = factor(c('u', 'v')), d = 1:2)",
        "as.raw(0:255)",
    ],
)
def test_there_and_back_is_identical(R, code):
    R.run(f"before <- {code}")
    R["after"] = R["before"]
    assert R.eval("identical(before, after)"), R.eval(
        "paste(capture.output(str(before), str(after)), collapse = '\n')"
    )


def test_names_that_a_dict_would_lose(R):
    with pytest.raises(ValueError, match="the name 'a' on more than one element"):
        R.eval("list(a = 1, a = 2)")


def test_matrix_is_a_readonly_view_of_rs_memory(R):
    R.run("m <- matrix(as.double(1:6), 2)")
    view = R["m"]
    assert view.flags.f_contiguous
    assert not view.flags.writeable
    np.testing.assert_array_equal(view, [[1, 3, 5], [2, 4, 6]])
    R.run("m[1, 1] <- 99; gc()")
    assert view[0, 0] == 1


def test_view_outlives_the_r_variable(R):
    R.run("m <- matrix(runif(1e5), 100)")
    total = R.eval("sum(m)")
    view = R["m"]
    R.run("rm(m); invisible(gc()); junk <- lapply(1:50, function(i) runif(1e5))")
    assert view.sum() == pytest.approx(total)


@given(
    hnp.arrays(
        st.sampled_from([np.float64, np.float32, np.int32, np.int16, np.uint8, bool]),
        hnp.array_shapes(min_dims=1, max_dims=3, max_side=4),
    ),
    st.booleans(),
)
def test_arrays_keep_values_and_shape(R, values, reverse):
    if reverse:
        values = values.T
    R["x"] = values
    back = R["x"]
    assert back.shape == values.shape
    np.testing.assert_array_equal(back, values.astype(back.dtype))


@given(st.integers(-(2**53), 2**53))
def test_integers_keep_their_value(R, number):
    R["x"] = number
    assert R["x"] == number


@given(st.lists(st.text(st.characters(exclude_characters="\0", codec="utf-8"))))
def test_texts_keep_their_characters(R, values):
    R["x"] = values
    back = R["x"]
    assert back == (values[0] if len(values) == 1 else values)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=False) | st.just("x"),
        lambda inner: st.dictionaries(st.sampled_from("abcd"), inner, min_size=1),
    )
)
def test_nested_dicts(R, value):
    R["x"] = value
    assert R["x"] == value


def test_text_with_a_null_character_is_refused(R):
    with pytest.raises(ValueError, match="U\\+0000"):
        R["x"] = "a\0b"


def test_int64_array_beyond_doubles_is_said(R, capfd):
    R.run("library(reticulate)")
    R.run("x <- py_eval(\"__import__('numpy').array([2**53 + 1, 1])\")")
    assert "1 of 2 integers have more digits" in capfd.readouterr().err


def test_sparse_matrices_share_the_memory(R, crosscheck):
    R.run(
        """
        M <- Matrix::sparseMatrix(
          i = c(1, 3), j = c(2, 4), x = c(5, 7), dims = c(3, 4))
        """
    )
    sparse = R["M"]
    assert sparse.format == "csc"
    crosscheck.assert_same(r="as.matrix(M)", python=lambda: sparse)
    assert sparse[2, 3] == 7
    R["back"] = sparse
    assert R.eval("identical(as.matrix(back), as.matrix(M)) && is(back, 'dgCMatrix')")
    for kind, name in (("RsparseMatrix", "csr"), ("TsparseMatrix", "coo")):
        assert R.eval(f"as(M, '{kind}')").format == name
        crosscheck.assert_same(r=f"as(M, '{kind}')", python=lambda: sparse)


def test_user_defined_conversion_is_used(R):
    R.run("r_to_py.celsius <- function(x, convert = FALSE) unclass(x) + 273.15")
    assert R.eval("structure(0, class = 'celsius')") == 273.15


def test_unknown_classes_are_converted_by_type(R):
    assert R.eval("structure(1:2, class = 'mine')") == [1, 2]


def test_missing_r_object_is_an_r_error(R):
    with pytest.raises(RError, match="object 'no_such_object' not found"):
        R["no_such_object"]
