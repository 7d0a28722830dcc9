# The session: which Keras runs, on what, with which seed.

use_implementation <- function(implementation = c("keras", "tensorflow")) {
  match.arg(implementation)
  invisible()
}
implementation <- function() keras

use_backend <- function(backend = c("tensorflow", "cntk", "theano", "plaidml")) {
  backend <- match.arg(backend)
  if (backend != "tensorflow") {
    stop("Keras runs no more on ", backend, "; keras3::use_backend() knows \"tensorflow\", ",
         "\"jax\" and \"torch\"")
  }
  keras3::use_backend(backend)
}

# Keras 2's backend, for what no k_ function reaches.
backend <- function(convert = TRUE) {
  .py_object("keras._tf_keras.keras.backend", convert = convert)
}

use_session_with_seed <- function(seed, disable_gpu = TRUE, disable_parallel_cpu = TRUE,
                                  quiet = FALSE) {
  tensorflow::set_random_seed(seed)
  if (!quiet) message("Set session seed to ", seed)
  invisible()
}

install_keras <- function(method = c("auto", "virtualenv", "conda"), conda = "auto",
                          version = "default", tensorflow = version, extra_packages = NULL, ...) {
  keras3::install_keras()
}

py_require_legacy_keras <- function(extra_packages = TRUE) {
  message("py_require_legacy_keras(): nothing to do. The keras package runs on Keras 3.")
  invisible()
}
