"""Python objects as R objects, with what reticulate's functions do with them."""

from __future__ import annotations

import numpy as np
import pytest

from rkeras_port.r import RError


@pytest.fixture(autouse=True, scope="module")
def _reticulate(R):
    R.run(
        """
        suppressPackageStartupMessages({
          library(reticulate); library(tensorflow); library(keras3)
        })
        """
    )
    R.run(
        """
        py_run_string('
        class Box:
            "A box."
            def __init__(self, size=1):
                self.size = size
                self.tags = {"a": 1}
            def doubled(self, extra=0):
                return 2 * self.size + extra
            def __repr__(self):
                return f"Box({self.size})"
            def __len__(self):
                return self.size
            def __call__(self, x):
                return x + self.size
            def __getitem__(self, key):
                return key
        class Silent:
            pass
        class Shown:
            def __repr__(self):
                return "<shown>"
        ')
        """.replace("\n        ", "\n")
    )


def told(R, code: str) -> str:
    """Return what R prints for code."""
    return R.eval(f"paste(capture.output({{{code}}}), collapse = '\n')")


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("py_eval('1', convert = FALSE)", "int object"),
        ("py_eval('True', convert = FALSE)", "bool int object"),
        ("py_eval('[1]', convert = FALSE)", "list object"),
        ("dict(a = 1)", "dict object"),
        ("tuple(1, 2)", "tuple object"),
        ("import('math')", "module object"),
        ("py_eval('len')", "builtin_function_or_method object"),
        ("py_eval('iter([1])')", "list_iterator iterator object"),
        ("py_eval('(i for i in [1])')", "generator iterator object"),
        ("py_eval('ValueError(1)')", "ValueError Exception BaseException object"),
    ],
)
def test_class_vectors(R, code, names):
    known = [f"python.builtin.{name}" for name in names.split()]
    found = R.eval(f"class({code})")
    assert [name for name in found if name not in ("error", "condition")] == known


def test_classes_of_the_main_module_and_of_arrays(R):
    assert R.eval("class(py$Silent())") == ["__main__.Silent", "python.builtin.object"]
    assert R.eval("class(np_array(1:3))") == ["numpy.ndarray", "python.builtin.object"]


def test_attributes(R):
    R.run("b <- py$Box(3L); b$size <- 5L; b[['note']] <- 'hello'")
    assert R.eval("b$size") == 5
    assert R.eval("b$note") == "hello"
    # `[[` asks for an item first: a Box has every item, and it is the key.
    assert R.eval("b[['note']]") == "note"
    assert R.eval("b$doubled()") == 10
    assert R.eval("b$doubled(extra = 1L)") == 11
    assert R.eval("py_has_attr(b, 'size')") is True
    assert R.eval("py_has_attr(b, 'nothing')") is False
    assert R.eval("py_get_attr(b, 'nothing', silent = TRUE)") is None
    assert R.eval("class(py_get_attr(b, 'size'))[1]") == "python.builtin.int"
    R.run("py_set_attr(b, 'size', 6L); py_del_attr(b, 'note')")
    assert R["b"].size == 6
    assert not hasattr(R["b"], "note")


def test_missing_attribute_is_pythons_error(R):
    with pytest.raises(
        RError, match="AttributeError: 'Box' object has no attribute"
    ) as e:
        R.run("py$Box()$nothing")
    assert isinstance(e.value.__cause__, AttributeError)


def test_calling_objects(R):
    assert R.eval("is.function(py$Box)") is True
    assert R.eval("py$Box(2L)(40L)") == 42
    assert R.eval("sapply(1:3, py$Box(10L))") == [11, 12, 13]
    assert R.eval("do.call(py$Box, list(size = 7L))$size") == 7
    assert R.eval("c(4, 9) |> import('numpy')$sqrt() |> as.vector()") == [2, 3]


def test_printing(R):
    assert told(R, "print(py$Shown())") == "<shown>"
    assert told(R, "py$Shown()") == "<shown>"
    assert told(R, "str(py$Shown())") == "<shown>"
    assert R.eval("format(py$Shown())") == "<shown>"
    assert R.eval("as.character(py$Shown())") == "<shown>"
    assert R.eval("toString(py$Shown())") == "<shown>"
    assert told(R, "import('math')") == "Module(math)"
    assert told(R, "summary(py$Shown())") == "<shown>"
    assert R.eval("py_str(py$Shown())") == "<shown>"
    assert told(R, "list(py$Shown())") == "[[1]]\n<shown>\n"


def test_length_names_and_completion(R):
    assert R.eval("length(py$Box(3L))") == 3
    assert R.eval("length(py$Silent())") == 1
    assert R.eval("py_len(py$Box(3L))") == 3
    assert set(R.eval("names(py$Box())")) == {"doubled", "size", "tags"}
    assert R.eval("utils::.DollarNames(py$Box(), '^dou')") == "doubled"
    assert "doubled" in R.eval("py_list_attributes(py$Box())")


def test_the_same_object_is_equal_to_itself(R):
    R.run("b <- py$Silent(); d <- py$Silent()")
    assert R.eval("b == b") is True
    assert R.eval("b == d") is False
    assert R.eval("b != d") is True
    assert R.eval("py_id(b) == py_id(b)") is True
    assert R.eval("py_isinstance(b, py$Silent)") is True


def test_dictionaries(R):
    R.run("suppressWarnings(rm(a, b, c, e))")
    R.run("d <- dict(a = 1L, b = 'x'); d$c <- TRUE; d[['e']] <- list(1, 'z')")
    assert R["d"] == {"a": 1, "b": "x", "c": True, "e": [1.0, "z"]}
    assert R.eval("d$a") == 1
    assert R.eval("d[['b']]") == "x"
    assert R.eval("d$nothing") is None
    assert sorted(R.eval("names(d)")) == ["a", "b", "c", "e"]
    assert R.eval("length(d)") == 4
    assert R.eval("py_get_item(d, 'a')") == 1
    R.run("py_set_item(d, 'a', 9L); py_del_item(d, 'b')")
    assert R["d"]["a"] == 9
    assert R.eval("names(py_to_r(dict(a = 1, b = 2)))") == ["a", "b"]
    assert R.eval("py_to_r(py_dict(list('k', 'l'), list(1L, 2L)))") == {"k": 1, "l": 2}
    assert R["d"].keys() == {"a", "c", "e"}
    assert R.eval("identical(py_to_r(dict()), structure(list(), names = character()))")


def test_tuples_and_lists(R):
    assert R.eval("tuple(1, 'a')") == (1.0, "a")
    assert R.eval("tuple()") == ()
    assert R.eval("tuple(list(1, 2))") == (1.0, 2.0)
    assert R.eval("py_to_r(tuple(1L, 2L))") == [1, 2]
    assert R.eval("tuple(1L, 2L)[0]") == 1
    assert R.eval("py_eval('[[1, 2], [3]]')") == [[1, 2], 3]
    assert R.eval("r_to_py(list(1L, 'b'))[[1]]") == "b"


def test_items_with_pythons_indices(R):
    assert R.eval("py$Box()[3]") == 3
    assert R.eval("py_to_r(np_array(matrix(1:6, 2))[0, 1])") == 3
    np.testing.assert_array_equal(
        R.eval("np_array(matrix(1:6, 2))[, 0:2]"), [[1, 3], [2, 4]]
    )
    R.run("a <- np_array(1:4); a[1] <- 20L; a[2:4] <- c(0L, 0L)")
    assert R.eval("as.vector(a)") == [1, 20, 0, 0]


def test_arrays(R):
    R.run("a <- np_array(matrix(as.double(1:6), 2))")
    assert R.eval("dim(a)") == [2, 3]
    assert R.eval("length(a)") == 6
    assert R.eval("identical(as.array(a), matrix(as.double(1:6), 2))") is True
    assert R.eval("as.vector(a)") == [1, 2, 3, 4, 5, 6]
    assert R.eval("dim(t(a))") == [3, 2]
    assert R.eval("mean(a)") == 3.5
    assert R.eval("as.integer(sum(a))") == 21
    assert R.eval("identical(as.matrix(a * 2), 2 * as.matrix(a))") is True


@pytest.mark.parametrize("order", ["C", "F"])
def test_reshaping_is_numpys(crosscheck, order):
    crosscheck.assert_same(
        r=f"array_reshape(1:6, c(2, 3), order = '{order}')",
        python=lambda: np.arange(1, 7).reshape(2, 3, order=order),
    )


def test_results_stay_references_where_asked(R):
    R.run("np <- import('numpy', convert = FALSE); x <- np$arange(3L)$sum()")
    assert R.eval("inherits(x, 'python.builtin.object')") is True
    assert R.eval("py_to_r(x)") == 3
    assert R.eval("py_to_r(x + 1L)") == 4


def test_conversion_functions(R):
    assert R.eval("class(r_to_py(1L))") == [
        "python.builtin.int",
        "python.builtin.object",
    ]
    assert R.eval("py_to_r(r_to_py(list(a = 1, b = 'c')))") == {"a": 1.0, "b": "c"}
    assert R.eval("py_to_r(5)") == 5
    assert R.eval("is_py_object(5)") is False


def test_user_methods_of_py_to_r(R):
    R.run(
        """
        fractions <- import("fractions")
        py_to_r.fractions.Fraction <- function(x) x$numerator / x$denominator
        half <- fractions$Fraction(1L, 2L)
        halves <- py_eval("[__import__('fractions').Fraction(n, 2) for n in (1, 3)]")
        rm(py_to_r.fractions.Fraction)
        again <- fractions$Fraction(1L, 2L)
        """
    )
    assert R["half"] == 0.5
    assert R["halves"] == [0.5, 1.5]
    assert str(R["again"]) == "1/2"


def test_python_code(R, tmp_path, capfd):
    R.run("py_run_string('number = 6 * 7\\nprint(\"said\")')")
    assert capfd.readouterr().out == "said\n"
    assert R.eval("py$number") == 42
    R.run("py$from_r <- 1:3; py_run_string('total = sum(from_r)')")
    assert R.eval("py$total") == 6
    assert R.eval("py_eval('number + 1')") == 43
    (tmp_path / "helper.py").write_text(
        "def twice(x):\n    return 2 * x\n_hidden = 1\n"
    )
    R["helper"] = str(tmp_path / "helper.py")
    R.run("source_python(helper)")
    assert R.eval("twice(4L)") == 8
    assert R.eval("exists('_hidden')") is False
    R["folder"] = str(tmp_path)
    assert R.eval("import_from_path('helper', folder)$twice(5L)") == 10
    assert R.eval("py_run_string('inner = 3', local = TRUE)$inner") == 3
    assert R.eval("py_has_attr(py, 'inner')") is False


def test_a_missing_module(R):
    with pytest.raises(RError, match="ModuleNotFoundError: No module named 'nowhere'"):
        R.run("import('nowhere')")


def test_submodules_are_found_by_name(R):
    assert R.eval("import('xml')$etree$ElementTree$fromstring('<a/>')$tag") == "a"
    assert R.eval("import('os.path')$basename('a/b')") == "b"


def test_iterating(R):
    assert R.eval("iterate(py_eval('(i * i for i in range(4))'))") == [0, 1, 4, 9]
    assert R.eval("iterate(py_eval('iter(\"ab\")'), toupper)") == ["A", "B"]
    R.run("it <- as_iterator(list(1, 'a'))")
    assert R.eval("iter_next(it)") == 1
    assert R.eval("iter_next(it)") == "a"
    assert R.eval("iter_next(it, completed = 'end')") == "end"
    R.run("n <- 0; it <- py_iterator(function() { n <<- n + 1; if (n < 4) n })")
    assert list(R["it"]) == [1, 2, 3]


def test_context_managers(R, tmp_path):
    R["file"] = str(tmp_path / "written.txt")
    R.run("with(import_builtins()$open(file, 'w') %as% out, out$write('text'))")
    assert (tmp_path / "written.txt").read_text() == "text"
    assert R.eval("out$closed") is True
    R.run(
        """
        trace <- character()
        py_run_string('
        class Guard:
            def __init__(self, swallow):
                self.swallow = swallow
                self.seen = None
            def __enter__(self):
                return self
            def __exit__(self, kind, error, traceback):
                self.seen = str(kind)
                return self.swallow
        ')
        swallowing <- py$Guard(TRUE); passing <- py$Guard(FALSE)
        with(swallowing, stop("swallowed"))
        kept <- tryCatch(with(passing, stop("kept")), error = conditionMessage)
        value <- with(passing, 1 + 1)
        """.replace("\n        ", "\n")
    )
    assert R["kept"] == "kept"
    assert R["value"] == 2
    assert "RError" in R["swallowing"].seen
    assert R["passing"].seen == "None"


def test_unpacking(R):
    R.run("c(a, b) %<-% list(1, 'x')")
    assert (R["a"], R["b"]) == (1.0, "x")
    R.run("c(c(x1, y1), c(x2, y2)) %<-% list(list(1, 2), tuple(3, 4))")
    assert [R[name] for name in ("x1", "y1", "x2", "y2")] == [1, 2, 3, 4]
    R.run("c(first, ...rest) %<-% list(1, 2, 3); c(..., last) %<-% 1:3")
    assert (R["first"], R["rest"], R["last"]) == (1.0, [2.0, 3.0], 3)
    R.run("l <- list(); c(l$p, ., q) %<-% py_eval('(1, 2, 3)')")
    assert (R["l"], R["q"]) == ({"p": 1}, 3)
    assert R.eval("withVisible(c(a) %<-% list(1))$visible") is False
    with pytest.raises(RError, match=r"2 values are needed and .* has 3"):
        R.run("c(a, b) %<-% 1:3")


def test_tensors(R):
    R.run("m <- tf$constant(matrix(1:6, 2)); x <- tf$constant(c(1, 2, 3))")
    assert R.eval("class(m)[1]") == "tensorflow.tensor"
    assert R.eval("dim(m)") == [2, 3]
    assert R.eval("as.numeric(sum(x))") == 6
    assert R.eval("as.numeric(max(x))") == 3


@pytest.mark.parametrize(
    ("in_r", "in_numpy"),
    [
        ("x + 1", lambda x, m: x + 1),
        ("2 * x - x / 2", lambda x, m: 2 * x - x / 2),
        ("x^2", lambda x, m: x**2),
        ("-x", lambda x, m: -x),
        ("x > 1.5", lambda x, m: x > 1.5),
        ("!(x > 1.5)", lambda x, m: ~(x > 1.5)),
        ("(x > 1) & (x < 3)", lambda x, m: (x > 1) & (x < 3)),
        ("m %/% 2L", lambda x, m: m // 2),
        ("m %% 2L", lambda x, m: m % 2),
        ("exp(log(x))", lambda x, m: np.array([1, 2, 3])),
    ],
)
def test_operators_of_tensors_give_what_numpy_gives(crosscheck, in_r, in_numpy):
    crosscheck.assert_same(
        r="m <- tf$constant(matrix(1:6, 2)); x <- tf$constant(c(1, 2, 3))\n"
        f"as.array({in_r})",
        python=lambda: in_numpy(
            np.array([1.0, 2, 3]), np.array([[1, 3, 5], [2, 4, 6]])
        ),
        rtol=1e-6 if "exp" in in_r else 0,
    )


def test_subsetting_tensors_as_r_counts(R):
    R.run("m <- matrix(1:12, 3); t <- tf$constant(m)")
    for index in ("1, 2", "2, ", ", 3", "1:2, 2:3", "c(1, 3), ", ", c(4, 1)", "3, 2:4"):
        assert R.eval(
            f"identical(as.vector(as.array(t[{index}])), as.vector(m[{index}]))"
        ), index
    assert R.eval("dim(t[2, , drop = FALSE])") == [1, 4]
    assert R.eval("as.vector(as.array(t[-1, 1]))") == 3
    assert R.eval("as.vector(as.array(t[all_dims(), 2]))") == [4, 5, 6]
    assert R.eval("dim(t[, tf$newaxis, ])") == [3, 1, 4]
    assert R.eval("as.vector(as.array(t[t > 10L]))") == [11, 12]
    with pytest.raises(RError, match="count from 1"):
        R.run("t[0, 1]")


def test_gradients(R):
    R.run(
        """
        w <- tf$Variable(3)
        with(tf$GradientTape() %as% tape, y <- w^2)
        slope <- as.numeric(tape$gradient(y, w))
        w$assign_add(1)
        """
    )
    assert R["slope"] == 6
    assert R.eval("as.numeric(w)") == 4


def test_objects_in_lists_and_environments(R):
    R.run("l <- list(b = py$Box(1L)); l$b$size <- 4L; e <- new.env(); e$b <- l$b")
    assert R.eval("e$b$size") == 4
    assert R.eval("identical(sapply(list(e$b, e$b), function(b) b$size), c(4L, 4L))")


def test_r_functions_in_python(R):
    R.run(
        """
        add <- function(x, y = 10) x + y
        h <- py_eval('lambda f, *a, **k: f(*a, **k)')
        """
    )
    assert R.eval("h(add, 1)") == 11
    assert R.eval("h(add, 1, y = 2)") == 3
    assert R.eval("identical(py_eval('lambda f: f')(add), add)") is True
    assert R.eval("h(sum, 1, 2, 3)") == 6
    assert R["add"] is R["add"]
    assert R["add"](5) == 15


def test_signatures_of_r_functions(R):
    import inspect

    R.run("f <- function(x, y = 2, z = x + 1, ..., `odd name`, flag = NULL) NULL")
    assert str(inspect.signature(R["f"])) == (
        "(x, y=2.0, z=<R default>, *args, flag=None, **kwargs)"
    )
