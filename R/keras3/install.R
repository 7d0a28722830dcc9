# Installing Keras: done already.

install_keras <- function(envname = "r-keras", ..., extra_packages = c("scipy", "pandas", "Pillow",
    "pydot", "ipython", "tensorflow_datasets"), python_version = ">=3.9,<=3.11",
    backend = c("tensorflow", "jax"), gpu = NA, restart_session = TRUE) {
  message("install_keras(): nothing to do. Keras ",
          .py_call("importlib.metadata.version", list("keras")),
          " is installed in the Python that runs this R.")
  invisible()
}

is_keras_available <- function(version = NULL) {
  if (is.null(version)) return(TRUE)
  package_version(.py_call("importlib.metadata.version", list("keras"))) >= version
}

# The Python module, imported when it is first used.
delayedAssign("keras", .ask("import", list("keras", TRUE), NULL))
