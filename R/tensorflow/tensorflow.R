# The names of the tensorflow package that scripts use.

# The module, imported when it is first used.
delayedAssign("tf", .ask("import", list("tensorflow", TRUE), NULL))

as_tensor <- function(x, dtype = NULL, ..., name = NULL) {
  shape <- list(...)$shape
  args <- list(.as_array_argument(x))
  # A number has the type that it has in a vector.
  if (is.double(x) && is.null(dtype)) dtype <- "float64"
  if (!is.null(dtype)) args$dtype <- .dtype_name(dtype)
  if (is.double(x) && grepl("^u?int", args$dtype)) {
    wrong <- x[!is.finite(x) | x != floor(x)]
    if (length(wrong)) stop("a tensor of ", args$dtype, " holds whole numbers; received ", wrong[1L])
    if (all(abs(x) <= .Machine$integer.max)) storage.mode(args[[1L]]) <- "integer"
  }
  if (!is.null(name)) args$name <- name
  if (.is_py(x) && !is.null(dtype) && inherits(x, "tensorflow.tensor")) {
    tensor <- .py_call("tensorflow.cast", args)
  } else {
    tensor <- .py_call("tensorflow.convert_to_tensor", args)
  }
  if (is.null(shape)) return(tensor)
  shape <- .py_tuple(lapply(as.list(shape), as.integer))
  if (length(x) == 1L && !.is_py(x)) .py_call("tensorflow.fill", list(shape, tensor))
  else .py_call("tensorflow.reshape", list(tensor, shape))
}

.as_array_argument <- function(x) {
  if (.is_py(x) || is.list(x) || is.null(x) || !is.null(dim(x)) || length(x) == 1L) x
  else as.array(x)
}

.dtype_name <- function(dtype) if (.is_py(dtype)) dtype$name else dtype

tf_function <- function(f, input_signature = NULL, autograph = TRUE, ...) {
  args <- list(f, autograph = FALSE, ...)
  if (!is.null(input_signature)) args$input_signature <- input_signature
  .py_call("tensorflow.function", args)
}

tf_version <- function() numeric_version(sub("[^0-9.].*$", "", .tf_version_string()))
.tf_version_string <- function() .py_call("importlib.metadata.version", list("tensorflow"))

tf_config <- function() {
  structure(class = "tensorflow_config", list(
    available = TRUE, version = tf_version(), version_str = .tf_version_string(),
    location = dirname(tf$`__file__`), python = reticulate::py_exe()))
}
.method("print", "tensorflow_config", function(x, ...) {
  cat("TensorFlow v", x$version_str, " (", x$location, ")\n", sep = "")
  invisible(x)
})

tf_gpu_configured <- function(verbose = TRUE) {
  length(.py_call("tensorflow.config.list_physical_devices", list("GPU"))) > 0L
}

install_tensorflow <- function(...) {
  message("install_tensorflow(): nothing to do. TensorFlow ", .tf_version_string(),
          " is installed in the Python that runs this R.")
  invisible()
}

set_random_seed <- function(seed, disable_gpu = NULL) {
  set.seed(seed)
  .py_call("keras.utils.set_random_seed", list(as.integer(seed)))
  invisible()
}

use_session_with_seed <- function(seed, ...) {
  stop("use_session_with_seed() belongs to TensorFlow 1; use set_random_seed()")
}

use_compat <- function(version = c("v1", "v2")) {
  if (match.arg(version) == "v1") stop("only TensorFlow 2 is available")
  invisible()
}

all_dims <- function() structure(list(), class = "all_dims")

shape <- function(..., dims = list(...)) {
  sizes <- lapply(unlist(lapply(dims, as.list), recursive = FALSE), function(size) {
    if (is.null(size) || is.na(size)) NULL else as.integer(size)
  })
  .py_call("tensorflow.TensorShape", list(.py_tuple(sizes)))
}

tensorboard <- function(log_dir, action = c("start", "stop"), host = "127.0.0.1",
                        port = "auto",
                        launch_browser = getOption("tensorflow.tensorboard.browser", interactive()),
                        reload_interval = 5, purge_orphaned_data = TRUE) {
  message("To see the logs, run in a terminal: tensorboard --logdir ",
          shQuote(normalizePath(log_dir, mustWork = FALSE)))
  invisible(log_dir)
}
