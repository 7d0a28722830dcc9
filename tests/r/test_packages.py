"""R finds our packages as it finds any other, whatever else is attached."""

from __future__ import annotations

import pytest

OURS = ("keras", "keras3", "reticulate", "tensorflow", "tfruns")


@pytest.mark.parametrize("package", OURS)
def test_r_asks_for_a_package_in_any_of_its_ways(R, package):
    R.run(
        f"""
        told <- capture.output(type = "message", suppressPackageStartupMessages({{
          library({package})
          library("{package}", character.only = TRUE)
          checks <- c(
            required = require({package}, quietly = TRUE),
            namespace = requireNamespace("{package}", quietly = TRUE),
            attached = "package:{package}" %in% search(),
            installed = "{package}" %in% rownames(installed.packages()),
            found = dir.exists(find.package("{package}")),
            system_file = nzchar(system.file(package = "{package}")),
            version = packageVersion("{package}") > "1.0",
            described = packageDescription("{package}")$Package == "{package}",
            data = is.list(data(package = "{package}")),
            session = "{package}" %in% names(sessionInfo()$otherPkgs))
        }}))
        """
    )
    assert R.eval("names(checks)[!checks]") == []
    assert R.eval("told") == []


@pytest.mark.parametrize("package", OURS)
def test_loading_says_nothing(fresh, package):
    done = fresh(f"from rkeras_port import r; r.run('library({package})')")
    assert (done.stdout, done.stderr) == ("", "")


def test_names_by_double_and_triple_colon(R):
    assert R.eval("is.function(keras3::layer_dense)") is True
    assert R.eval("is.function(keras::np_array)") is True
    assert R.eval("is.function(keras3:::layer_dense)") is True
    assert R.eval("identical(reticulate::import, keras3::import)") is True


def test_session_info_and_citation_print(R, capfd):
    R.run("library(keras3); sessionInfo(); citation('keras3')")
    out, err = capfd.readouterr()
    assert "keras3_1.5.1" in out
    assert "To cite package" in out
    assert err == ""


def test_detach_unload_and_attach_again(R):
    R.run(
        """
        library(keras3)
        detach("package:keras3")
        gone <- !"package:keras3" %in% search()
        library(keras3)
        back <- "package:keras3" %in% search()
        detach("package:keras3", unload = FALSE)
        suppressPackageStartupMessages(library(keras3))
        """
    )
    assert R["gone"] is True
    assert R["back"] is True
    assert R.eval("is.function(layer_dense)") is True


def test_unloading_for_real(fresh):
    done = fresh(
        """
        from rkeras_port import r
        r.run('''
        library(keras)
        detach("package:keras", unload = TRUE)
        cat(isNamespaceLoaded("keras"), "")
        library(keras)
        cat(is.function(np_array))
        ''')
        """
    )
    assert done.stdout == "FALSE TRUE", done.stderr


def test_lib_paths_of_the_user_keep_ours(R, tmp_path):
    R["mine"] = str(tmp_path)
    R.run("before <- .libPaths(); .libPaths(mine)")
    assert R.eval("nzchar(system.file(package = 'keras3'))") is True
    R.run(".libPaths(before)")


NEIGHBOURS = ("magrittr", "purrr", "dplyr", "ggplot2", "generics")
SCRIPT = """
    suppressPackageStartupMessages({%s})
    x <- c(1, 4) %%>%% sqrt() %%>%% sum
    c(a, b) %%<-%% list(1, 2)
    layer <- layer_dense(units = 2, activation = "relu")
    f <- reticulate::py_eval("lambda x: x * 2")
    m <- reticulate::import("math")
    stopifnot(
      x == 3, a == 1, b == 2, layer$units == 2L, f(21) == 42, m$sqrt(9) == 3,
      identical(py_to_r(r_to_py(list(a = 1))), list(a = 1)))
    cat("the same")
"""


@pytest.mark.parametrize("order", ["before", "after", "between"])
def test_neighbours_change_nothing(fresh, order):
    theirs = [f"library({name})" for name in NEIGHBOURS]
    ours = ["library(keras3)", "library(reticulate)"]
    attached = {
        "before": theirs + ours,
        "after": ours + theirs,
        "between": [*theirs[:2], *ours, *theirs[2:]],
    }[order]
    code = SCRIPT % "; ".join(attached)
    done = fresh(f"from rkeras_port import r; r.run({code!r})")
    assert done.stdout == "the same", done.stderr


def test_without_any_package_the_pipe_is_ours(fresh, tmp_path):
    done = fresh(
        """
        import os
        from rkeras_port import r
        R = r.session()
        R.run('''
        requireNamespace <- function(...) FALSE
        pipes <- new.env()
        environment(requireNamespace) <- baseenv()
        assign("requireNamespace", requireNamespace, pipes)
        sys.source(file.path(SOURCES, "rkeras", "pipe.R"), pipes)
        `%>%` <- pipes$`%>%`; `%<>%` <- pipes$`%<>%`
        x <- c(9, 16)
        stopifnot(
          identical(x %>% sqrt, c(3, 4)), identical(x %>% sqrt(), c(3, 4)),
          identical(x %>% {. + 1}, c(10, 17)), identical(x %>% head(1), 9),
          identical(2 %>% seq_len %>% rev, 2:1), identical(2 %>% rep(3, .), c(3, 3)),
          identical(x %>% (function(v) v[2]), 16), identical(4 %>% base::sqrt(), 2),
          identical(4 %>% base::sqrt, 2),
          !withVisible(1 %>% invisible())$visible)
        x %<>% sqrt
        stopifnot(identical(x, c(3, 4)))
        cat("piped")
        ''' .replace("SOURCES", repr(str(
            __import__("rkeras_port.r.packages", fromlist=["x"]).source_folder()))))
        """
    )
    assert done.stdout == "piped", done.stderr


def test_in_another_r_process_the_error_says_why(R):
    told = R.eval(
        """
        paste(system2(
          file.path(R.home("bin"), "Rscript"),
          c("-e", shQuote(sprintf(
            ".libPaths('%s'); library(keras3)",
            dirname(system.file(package = "keras3"))))),
          stdout = TRUE, stderr = TRUE) |> suppressWarnings(), collapse = " ")
        """
    )
    assert "load failed for" in told
    assert "Keras lives in the Python process that runs R" in told
    assert "main process" in told


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("install.packages('keras')", "'keras' needs no installation"),
        ("install.packages(c('keras3', 'tensorflow'))", "'tensorflow' needs no"),
        ("keras3::install_keras()", "is installed in the Python that runs this R"),
        ("keras::install_keras(method = 'conda', tensorflow = 'gpu')", "nothing to do"),
        ("tensorflow::install_tensorflow()", "is installed in the Python"),
        ("reticulate::use_python('/usr/bin/python3')", "R runs inside the Python"),
        ("reticulate::use_condaenv('r-tensorflow', required = TRUE)", "nothing to do"),
        ("reticulate::use_virtualenv('r-reticulate')", "nothing to do"),
        ("reticulate::install_miniconda()", "nothing to do"),
        ("reticulate::py_install('surely_not_there')", "pip install surely_not_there"),
    ],
)
def test_installing_does_nothing_and_says_why(R, capfd, code, why):
    R.run(code)
    out, err = capfd.readouterr()
    assert why in err
    assert out == ""


def test_what_is_asked_of_the_configuration(R):
    R.run("library(reticulate)")
    assert R.eval("py_available()") is True
    assert R.eval("py_module_available('numpy')") is True
    assert R.eval("py_module_available('no.such_module')") is False
    assert R.eval("keras3::is_keras_available('3.0')") is True
    assert R.eval("tensorflow::tf_version() >= '2.16'") is True
    assert R.eval("nzchar(py_config()$python)") is True


def test_flags(R):
    R.run(
        """
        library(tfruns)
        FLAGS <- flags(
          flag_numeric("rate", 0.5), flag_integer("units", 8),
          flag_string("mode", "a"), flag_boolean("on", FALSE),
          arguments = c("--units=16", "--mode", "b"))
        """
    )
    assert R["FLAGS"] == {"rate": 0.5, "units": 16, "mode": "b", "on": False}
