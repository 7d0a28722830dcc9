# The state of a session: seeds, names, the backend, lists with names.

set_random_seed <- function(seed) {
  seed <- as.integer(seed)
  set.seed(seed)
  .py_call("keras.utils.set_random_seed", list(seed))
  invisible()
}

clear_session <- function(free_memory = TRUE) {
  .py_call("rkeras_port.models.clear_session", list(free_memory = free_memory))
  invisible()
}

# Keras chooses its backend when it is imported, from this environment variable.
use_backend <- function(backend, gpu = NA) {
  backend <- sub("-[cg]pu$", "", backend)
  loaded <- .py_call("rkeras_port.backend.loaded_backend")
  if (is.null(loaded)) {
    Sys.setenv(KERAS_BACKEND = backend)
    .py_call("os.environ.update", list(list(KERAS_BACKEND = backend)))
  } else if (loaded != backend) {
    stop("Keras already runs on the backend ", loaded, "; call use_backend(\"", backend,
         "\") before anything else of Keras")
  }
  invisible()
}

config_set_backend <- function(backend) use_backend(backend)

# What has no name of its own is named by the expression it is.
named_list <- function(...) {
  values <- .named(list(...))
  written <- eval(substitute(alist(...)))
  unnamed <- which(!nzchar(names(values)))
  names(values)[unnamed] <- vapply(written[unnamed], deparse1, "")
  twice <- unique(names(values)[duplicated(names(values))])
  if (length(twice)) stop("names must be unique; received more than once: ", toString(twice))
  values
}

# Lists transposed: the first elements together, the second ones, and so on.
zip_lists <- function(...) {
  lists <- list(...)
  if (length(lists) == 1L) lists <- lists[[1L]]
  sizes <- lengths(lists)
  if (length(unique(sizes)) > 1L) {
    stop("all lists must have the same length; received lengths ", paste(sizes, collapse = ", "))
  }
  labels <- names(lists[[1L]])
  for (one in lists) {
    if (!is.null(labels) && !is.null(names(one)) && !setequal(labels, names(one))) {
      stop("all lists must have the same names")
    }
  }
  places <- if (is.null(labels)) seq_len(sizes[1L]) else labels
  result <- lapply(places, function(place) {
    lapply(lists, function(one) if (is.character(place) && is.null(names(one))) {
      one[[match(place, labels)]]
    } else one[[place]])
  })
  names(result) <- labels
  result
}
