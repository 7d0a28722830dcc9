# Choosing a Python: decided already, for R runs inside it. These say so and go on.

.no_choice <- function(what) {
  message(what, ": nothing to do. R runs inside the Python ",
          .py_call("platform.python_version"), " at ", .executable(), ".")
  invisible()
}

.executable <- function() .py_call("builtins.str", list(.py_object("sys.executable")))

use_python <- function(python, required = NULL) .no_choice("use_python()")
use_python_version <- function(version, required = NULL) .no_choice("use_python_version()")
use_virtualenv <- function(virtualenv = NULL, required = NULL) .no_choice("use_virtualenv()")
use_condaenv <- function(condaenv = NULL, conda = "auto", required = NULL) {
  .no_choice("use_condaenv()")
}
use_miniconda <- function(condaenv = NULL, required = NULL) .no_choice("use_miniconda()")
install_python <- function(version = NULL, ...) .no_choice("install_python()")
install_miniconda <- function(path = NULL, ...) .no_choice("install_miniconda()")
virtualenv_create <- function(envname = NULL, ...) .no_choice("virtualenv_create()")
conda_create <- function(envname = NULL, ...) .no_choice("conda_create()")

# Packages do get installed by pip, into the Python that runs R; that is the user's to do.
.not_installed <- function(packages) {
  missing <- Filter(function(name) !py_module_available(sub("[][<>=~!;].*$", "", name)), packages)
  if (length(missing)) {
    message("Not installed in this Python: ", paste(missing, collapse = ", "), ". Install with: ",
            .executable(), " -m pip install ", paste(missing, collapse = " "))
  }
  invisible()
}
py_install <- function(packages, envname = NULL, ...) .not_installed(packages)
virtualenv_install <- function(envname = NULL, packages = NULL, ...) .not_installed(packages)
conda_install <- function(envname = NULL, packages = NULL, ...) .not_installed(packages)
py_require <- function(packages = NULL, python_version = NULL, ..., exclude_newer = NULL,
                       action = c("add", "remove", "set")) {
  if (match.arg(action) == "remove") return(invisible())
  .not_installed(packages)
}

virtualenv_list <- function() character()
virtualenv_exists <- function(envname = NULL) FALSE
conda_list <- function(conda = "auto") {
  data.frame(name = character(), python = character(), stringsAsFactors = FALSE)
}
condaenv_exists <- function(envname = NULL, conda = "auto") FALSE

py_available <- function(initialize = FALSE) TRUE
py_numpy_available <- function(initialize = FALSE) TRUE
py_exe <- function() .executable()
py_version <- function(patch = FALSE) {
  version <- numeric_version(.py_call("platform.python_version"))
  if (patch) version else version[, 1:2]
}

py_config <- function() {
  structure(class = "py_config", list(
    python = .executable(),
    version = py_version(),
    version_string = .py_call("platform.python_version"),
    pythonhome = .py_call("builtins.str", list(.py_object("sys.prefix"))),
    numpy = list(version = numeric_version(
      .py_call("importlib.metadata.version", list("numpy")))),
    available = TRUE))
}
py_discover_config <- function(required_module = NULL, use_environment = NULL) py_config()
.method("print", "py_config", function(x, ...) {
  cat("python:         ", x$python, "\n", "version:        ", x$version_string, "\n",
      "pythonhome:     ", x$pythonhome, "\n",
      "numpy_version:  ", format(x$numpy$version), "\n",
      "R runs inside this Python.\n", sep = "")
  invisible(x)
})
