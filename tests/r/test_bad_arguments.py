"""Bad arguments to every function of the catalogue: function and argument are named.

What is called comes from the catalogue's coercions and the coverage cases.
"""

from __future__ import annotations

import re

import pytest

from rkeras_port import catalogue
from rkeras_port.coverage import smoke
from rkeras_port.coverage.spelling import in_r

SETUP = """
told <- function(call) {
  tryCatch({ eval(call, globalenv()); "" }, error = function(e) rkeras:::.describe(e))
}
# The code with one more argument for each call of a function.
with_argument <- function(code, name, argument, value) {
  walk <- function(expr) {
    if (!is.call(expr)) return(expr)
    expr[] <- lapply(as.list(expr), function(part)
      if (missing(part)) quote(expr = ) else walk(part))
    if (identical(expr[[1]], as.name(name))) {
      if (is.null(argument)) expr[[length(expr) + 1]] <- value
      else expr[[argument]] <- value
    }
    expr
  }
  walk(parse(text = paste("{", code, "}"))[[1]])
}
told_with <- function(code, name, argument, value)
  told(with_argument(code, name, argument, value))
told_of <- function(name, argument, value)
  told(as.call(c(list(as.name(name)), setNames(list(value), argument))))
"""

ROWS = catalogue.rows()
WHOLE = ("as_integer", "as_integer_tuple", "as_axis", "list_of_integers")


@pytest.fixture(scope="module", autouse=True)
def _setup(R):
    smoke.prepare_r(R)
    R.run(SETUP)


def arguments_with(*coercions: str) -> list[tuple[str, str]]:
    """Return functions with those of their arguments that have a coercion."""
    return [
        (row.name, argument)
        for row in ROWS.values()
        for coercion in coercions
        for argument in row.coerced(coercion)
        # A function of R's own, which needs its first argument.
        if row.name != "imagenet_decode_predictions"
    ]


def calls() -> dict[str, str]:
    """Return R code that calls a function as it should be, by the function's name."""
    found: dict[str, str] = {}
    for case in smoke.cases():
        slow = case.family == "applications" or case.backend not in ("", "tensorflow")
        fails = "fails(" in (case.r_expected or case.expected)
        if case.name in ROWS and not slow and not fails:
            code = case.r or in_r(case.python)
            uses_made = any(re.search(rf"\b{name}\b", code) for name in smoke.MADE)
            if not uses_made:
                found.setdefault(case.name, code)
    return found | {
        "op_moveaxis": "op_moveaxis(Q, source = 1, destination = 3)",
        "op_swapaxes": "op_swapaxes(Q, axis1 = 1, axis2 = 3)",
        "op_transpose": "op_transpose(Q, axes = c(3, 1, 2))",
    }


CALLS = calls()

#: Where Keras, or what it hands them on to, takes arguments of any name.
TAKES_ANY = {
    "deserialize_keras_object",
    "image_array_save",
    "keras_variable",
    "layer_hashed_crossing",
    "metric_mean_wrapper",
    "op_layer_normalization",
    "op_multi_hot",
    "op_rearrange",
}

#: What the function of Keras does not have in each of its forms.
OF_ONE_FORM = {"object", "inputs", "y_true", "y_pred", "reduction", "dtype"}


def missing(message: str, *parts: str) -> list[str]:
    return [part for part in parts if part not in message]


def test_what_must_be_whole_is_neither_a_fraction_nor_missing(R):
    R.run("fraction <- function(name, argument) told_of(name, argument, 2.5)")
    R.run("missing_ <- function(name, argument) told_of(name, argument, NA)")
    pairs = arguments_with(*WHOLE)
    assert len(pairs) > 400
    wrong = []
    for name, argument in pairs:
        for how, parts in (("fraction", ["whole number", "2.5"]), ("missing_", ["NA"])):
            message = R.eval(how)(name, argument)
            if missing(message, f"{name}(", f"`{argument}`", *parts):
                wrong.append((name, argument, how, message))
    assert wrong == []


def test_axes_count_from_1(R):
    pairs = arguments_with("as_axis")
    assert len(pairs) > 90
    told_of = R.eval("told_of")
    wrong = [
        (name, argument, message)
        for name, argument in pairs
        for message in [told_of(name, argument, 0)]
        if missing(message, f"{name}(", f"`{argument}` is 1-based")
    ]
    assert wrong == []


def test_axes_beyond_the_last_are_refused(R):
    pairs = [
        (name, argument)
        for name, argument in arguments_with("as_axis")
        if name.startswith(("op_", "activation_", "random_"))
        and name in CALLS
        # Of two numbers, which have no axes.
        and name not in ("op_linspace", "op_logspace")
    ]
    assert len(pairs) > 60
    told_with = R.eval("told_with")
    wrong = [
        (CALLS[name], argument, message)
        for name, argument in pairs
        for message in [told_with(CALLS[name], name, argument, 9)]
        if missing(message, f"{name}(", f"`{argument}`", "9")
    ]
    assert wrong == []


def formals_of(name: str) -> list[str]:
    """Return the names of a function's formals."""
    inside = re.sub(r"\([^()]*\)", "", ROWS[name].r_formals)
    return [part.partition("=")[0].strip() for part in inside.split(",")]


def test_an_argument_nearly_right_is_suggested(R):
    told_with = R.eval("told_with")
    wrong = []
    asked = 0
    for name, code in CALLS.items():
        known = [formal for formal in formals_of(name) if formal not in OF_ONE_FORM]
        longest = max(known, key=len, default="")
        if len(longest) < 5 or name in TAKES_ANY:
            continue
        asked += 1
        misspelt = longest[:2] + "q" + longest[2:]
        message = told_with(code, name, misspelt, 1)
        if missing(message, misspelt, "Did you mean ", f"'{longest}'"):
            wrong.append((code, misspelt, message))
    assert asked > 300
    assert wrong == []


def test_what_has_no_name_is_refused_where_names_are_needed(R):
    R.run("unnamed <- function(code, name) told_with(code, name, NULL, 'unnamed')")
    unnamed = R.eval("unnamed")
    wrong = []
    asked = 0
    for name, code in CALLS.items():
        formals = formals_of(name)
        before = formals[: formals.index("...")] if "..." in formals else None
        if before is None or len(before) > 1 or str(ROWS[name].first) == "merge":
            continue
        if code.count(name) > 1 or f"{name}()" in code:
            continue
        asked += 1
        message = unnamed(code, name)
        if missing(message, f"{name}(", "name"):
            wrong.append((code, message))
    assert wrong == []
    assert asked > 10
