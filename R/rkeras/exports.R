# Functions of the catalogue. Each is a closure with R's own formals whose body names
# its row; Python coerces the arguments by the row and calls Keras.

# Assign them all in a namespace; called while it is loaded. A function that is written
# by hand, in a file of the package, is the one that counts.
.define_exports <- function(namespace) {
  rows <- .ask("exports", list(), NULL)
  new <- !vapply(rows$name, exists, NA, envir = namespace, inherits = FALSE)
  .define_rows(lapply(rows, `[`, new), "", namespace)
}

# `prefix` tells the rows of one generation from those of the other.
.define_rows <- function(rows, prefix, namespace) {
  ways <- c(layer = ".export_layer", merge = ".export_layer")
  way <- ways[rows$first]
  way[is.na(way)] <- ".export"
  way[rows$silent] <- ".export_silently"
  code <- sprintf("`%s` <- function(%s) %s(\"%s%s\")", rows$name, rows$formals, way, prefix,
                  rows$name)
  eval(parse(text = code, keep.source = FALSE), namespace)
}

.export <- function(name) {
  args <- .supplied(2L)
  .ask("export", list(name, args), sys.call(-1L))
}

.export_silently <- function(name) {
  args <- .supplied(2L)
  invisible(.ask("export", list(name, args), sys.call(-1L)))
}

# A layer that is added to a Sequential model changes that model, which is then the
# value, invisibly; otherwise the value is the layer, or what it makes of its input.
.export_layer <- function(name) {
  args <- .supplied(2L)
  value <- .ask("export", list(name, args), sys.call(-1L))
  object <- if (length(args)) args[[1L]]
  if (.is_sequential(object) && names(args)[1L] %in% c("object", "inputs")) {
    return(invisible(object))
  }
  # The older generation never prints what a layer makes of its input.
  piped <- names(args)[1L] %in% c("object", "inputs") && !is.null(object)
  if (piped && startsWith(name, "keras::")) invisible(value) else value
}

.is_sequential <- function(x) inherits(x, "keras.src.models.sequential.Sequential")

# What a function stands for when it is given to Python and not called: the name of its
# row, the Python class that it makes instances of, or NULL.
.stands_for <- function(fun) {
  made <- attr(fun, "keras_object", exact = TRUE)
  if (!is.null(made)) return(made)
  code <- body(fun)
  if (is.call(code) && identical(code[[1L]], quote(`{`))) code <- code[[length(code)]]
  if (is.call(code) && length(code) == 2L && is.symbol(code[[1L]]) &&
      as.character(code[[1L]]) %in% c(".export", ".export_layer")) {
    code[[2L]]
  }
}

# The arguments that the caller of an R function supplied, by name, in the order of the
# formals; those of `...` last. `up` counts the frames from that function to here.
.supplied <- function(up) {
  frame <- parent.frame(up)
  # By its environment: where this is a promise, the frame is not so many frames away.
  n <- sys.nframe()
  while (!identical(sys.frame(n), frame)) n <- n - 1L
  fun <- sys.function(n)
  call <- match.call(fun, sys.call(n), expand.dots = FALSE, envir = parent.frame(up + 1L))
  given <- as.character(setdiff(names(call)[-1L], "..."))
  given <- given[!vapply(given, .is_missing, NA, frame)]
  dots <- if ("..." %in% names(formals(fun))) eval(quote(list(...)), frame)
  c(mget(given, envir = frame), dots)
}

# An argument that was passed on from a caller that was not given it is not supplied.
.is_missing <- function(name, frame) eval(call("missing", as.name(name)), frame)
