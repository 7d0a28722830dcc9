"""Values and documents that nobody would write: an answer or a clear error."""

from __future__ import annotations

import datetime
import faulthandler
import math
from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from rkeras_port.errors import RKerasError
from rkeras_port.r import RError, documents

HANGS = 240
"""Seconds after which a test that hangs is ended, with where it stood."""


@pytest.fixture(autouse=True)
def _no_hang():
    faulthandler.dump_traceback_later(HANGS, exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()


# Values of Python, to R and back ------------------------------------------------------

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(2**31) - 2, -(2**31) + 2),
    st.floats(),
    st.complex_numbers(),
    st.text(max_size=8),
    st.text(st.characters(), max_size=4),
    st.binary(max_size=6),
    st.dates(),
    st.datetimes(timezones=st.none() | st.just(datetime.UTC)),
)
arrays = hnp.arrays(
    hnp.scalar_dtypes(), hnp.array_shapes(min_dims=0, max_dims=3, min_side=0)
)
leaves = st.one_of(
    scalars,
    arrays,
    st.frozensets(st.integers(), max_size=3),
    st.builds(slice, st.integers()),
    st.builds(pd.Series, st.lists(st.floats(), max_size=3)),
    st.builds(
        lambda values: pd.DataFrame({"a b": values, "": values}),
        st.lists(st.none() | st.text(max_size=3), max_size=3),
    ),
)
values = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(st.text(max_size=4), inner, max_size=4),
        st.dictionaries(scalars, inner, max_size=2),
    ),
    max_leaves=8,
)

fuzzed = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[*HealthCheck],
)


@given(values)
@fuzzed
@example("\x00")
@example("\ud800")
@example(["a", "\ud800", None])
@example({"\ud800": 1})
@example({"": 1, "NA": None})
@example(2**200)
@example(10**400)
@example([10**400])
@example(datetime.datetime.min)
@example(np.array(["5000-01-01"], "M8[D]"))
@example([1, 2**200])
@example(np.array("2024-01-01", "M8[us]"))
@example(np.array([2**63], np.uint64))
@example(datetime.datetime.max)
def test_any_value_goes_to_r_and_comes_back(R, value):
    try:
        R["fuzzed"] = value
        R.run("described <- utils::capture.output(utils::str(fuzzed))")
        R["again"] = R["fuzzed"]
    except RKerasError:
        return
    assert flat(R["again"]) == flat(R["fuzzed"])


def test_the_session_lives_on(R):
    assert R.eval("sum(1:10)") == 55


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(2**53), 2**53)
        | st.floats(allow_nan=False)
        | st.text(
            st.characters(exclude_characters="\x00", exclude_categories=["Cs"]),
            max_size=6,
        ),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.text(
                    st.characters(exclude_characters="\x00", exclude_categories=["Cs"]),
                    min_size=1,
                    max_size=4,
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=10,
    )
)
@fuzzed
def test_plain_values_come_back_equal(R, value):
    R["fuzzed"] = value
    assert plain(R["fuzzed"]) == plain(value)


def plain(value):
    """A value as R knows it: no length-one vector apart from its element."""
    if isinstance(value, Mapping):
        # An empty named list is an empty list.
        return {str(k): plain(v) for k, v in value.items()} or []
    if isinstance(value, list):
        inner = [plain(one) for one in value]
        atomic = len({type(one) for one in inner}) == 1 and not isinstance(
            inner[0], list | dict | type(None)
        )
        return inner[0] if len(inner) == 1 and atomic else inner
    return value


def flat(value):
    """What a value holds, in order: a list of one and its element are one in R."""
    if isinstance(value, Mapping):
        value = [*value.values()]
    if isinstance(value, pd.DataFrame):
        value = [value[name] for name in value]
    if isinstance(value, np.ndarray) and value.dtype.kind == "M":
        # What R holds without a time zone comes back as one of UTC: the same moment.
        ticks = value.astype("M8[us]").astype("int64").ravel()
        value = [moment(one / 1e6) for one in ticks.tolist()]
    if isinstance(value, pd.Series | np.ndarray):
        value = value.tolist()
    if isinstance(value, list):
        return [leaf for one in value for leaf in flat(one)]
    if isinstance(value, datetime.datetime) and value.tzinfo is not None:
        return [repr(moment((value - EPOCH).total_seconds()))]
    return [repr(value)]


EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


def moment(seconds):
    """Seconds since 1970 as doubles tell them apart, also thousands of years off."""
    return f"{seconds:.3f} s"


# Values of R, to Python and back ------------------------------------------------------

atoms = st.sampled_from(
    [
        *("NULL", "NA", "NA_integer_", "NA_real_", "NA_character_", "NaN", "-Inf"),
        *("TRUE", "1L", "-2147483647L", "1e308", "2+3i", "''", "'é日'", "as.raw(255)"),
        *("'\\xff'", "quote(x)", "quote(f(x))", "expression(a, b)", "function(x) x"),
        *("globalenv()", "new.env()", "sum", "quote(expr = )", "as.name('a b')"),
        *("factor(c('u', NA))", "Sys.Date()", "as.POSIXct(NA)", "as.POSIXlt(0)"),
        *("as.difftime(1, units = 'mins')", "numeric_version('1.2')", "~ a + b"),
        *("structure(1, class = 'odd')", "structure(list(), class = c('a', 'b'))"),
        *("iris[0, ]", "head(iris, 2)", "matrix(list(1, 'a'), 1)", "1:3", "letters"),
        *("matrix(1:4, 2)", "array(1:8, c(2, 2, 2))", "array(1, 0)", "character()"),
        *("Matrix::sparseMatrix(1, 1, x = 1)", "structure(1:2, dim = c(a = 2L))"),
        *("setNames(1:2, c('a', NA))", "setNames(list(1, 2), c('', 'a'))"),
        *("data.frame(a = I(list(1, 'b')))", "data.frame(check.names = FALSE)"),
        *("getClass('numeric')", "textConnection('a')", "as.table(matrix(1:4, 2))"),
        *("structure(1:4, tsp = c(1, 4, 1), class = 'ts')", "strtoi('777', 8L)"),
        *("structure(list(1), names = '\\xff')", "package_version('3.1')", "1e-320"),
    ]
)
expressions = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda e: f"list({', '.join(e)})"),
        st.lists(inner, max_size=3).map(lambda e: f"c({', '.join(e)})"),
        st.tuples(inner, inner).map(lambda e: f"list(a = {e[0]}, `b c` = {e[1]})"),
        st.tuples(inner, inner).map(
            lambda e: f"structure(list({e[0]}), attribute = {e[1]})"
        ),
    ),
    max_leaves=6,
)


@given(expressions)
@fuzzed
def test_any_value_of_r_goes_to_python_and_comes_back(R, code):
    try:
        R.run(f"fuzzed <- {code}")
    except RError:
        return  # No value at all, such as c() of what does not go together.
    try:
        R["again"] = R["fuzzed"]
        R.run("described <- utils::capture.output(utils::str(again))")
        R.run(
            "there <- reticulate::r_to_py(fuzzed); back <- reticulate::py_to_r(there)"
        )
        R.run("described <- c(utils::capture.output(print(back)), format(there))")
    except RKerasError:
        assert R.eval("1 + 1") == 2


# Documents ----------------------------------------------------------------------------

DOCUMENT = b"""---
title: "A document"
output: html_document
---

Text with `r 1 + 1` in it.

```{r setup, include=FALSE}
knitr::opts_chunk$set(echo = TRUE)
```

```{r "a chunk", fig.width=3, error=FALSE}
x <- c(1, 2)
plot(x)
print(x)
```

```{python}
y = [1, 2]
print(y)
```
"""


@st.composite
def mangled(draw):
    """The document with some of its bytes lost, changed, doubled or moved."""
    content = bytearray(DOCUMENT)
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(content) - 1))
        end = min(len(content), start + draw(st.integers(0, 30)))
        piece = draw(
            st.sampled_from(
                [
                    *(
                        b"",
                        b"```",
                        b"\n```{r}\n",
                        b"`r ",
                        b"---\n",
                        b"\xff\xfe",
                        b"\x00",
                    ),
                    *(b"{r, ", b"}", b'"', b"```{sql}\n", b"<<x>>", b"\xef\xbb\xbf"),
                    *(b"`r stop('no')`", b"output: pdf_document\n", b"\r\n", b"!!x "),
                    bytes(content[start:end]) * 2,
                ]
            )
        )
        content[start:end] = piece
        if not content:
            break
    return bytes(content)


@given(mangled())
@settings(fuzzed, max_examples=12)
@example(b"")
@example(b"\x00")
@example(b"\xff\xfe" + DOCUMENT)
@example(DOCUMENT.replace(b"x <- c(1, 2)", b"x <- c(1, "))
@example(DOCUMENT.replace(b"title", b"title: : :"))
@example(DOCUMENT.replace(b"y = [1", b"y = ["))
def test_a_mangled_document_is_rendered_or_refused(R, tmp_path_factory, content):
    folder = tmp_path_factory.mktemp("mangled")
    (folder / "doc.Rmd").write_bytes(content)
    try:
        made = documents.run(folder / "doc.Rmd", folder / "made")
    except RKerasError as error:
        said = str(error)
    else:
        said = ""
    assert "Traceback" not in said
    if said:
        assert not list((folder / "made").iterdir())
    else:
        assert made.read_bytes().rstrip().endswith(b"</html>")
    assert {path.name for path in folder.iterdir()} == {"doc.Rmd", "made"}
    assert math.isclose(R.eval("1 + 1"), 2)
