# x[i, j:k, , drop = FALSE] on TensorFlow tensors, as R counts: from 1, the end included.
#
# A number selects and drops the dimension, `a:b` is a slice, a vector gathers, a logical
# tensor or vector is a mask, NULL or tf$newaxis adds a dimension, all_dims() stands for
# all dimensions that are not written. Negative numbers count from the end, as in Python.

.method("[", "tensorflow.tensor", function(x, ..., drop = TRUE) {
  exprs <- eval(substitute(alist(...)))
  env <- parent.frame()
  if (length(exprs) == 1L) {
    only <- eval(if (.is_missing(exprs[[1L]])) NULL else exprs[[1L]], env)
    if (is.logical(only) || .is_mask(only)) {
      return(.py_call("tensorflow.boolean_mask", list(x, .masking(only))))
    }
  }
  parts <- lapply(exprs, .tensor_index, env = env)
  gathers <- which(vapply(parts, function(part) length(part) > 1L && !.is_py(part), NA))
  whole <- .py_call("builtins.slice", list(NULL), convert = FALSE)
  # Vectors of indices are taken one dimension at a time, the rest in one go.
  for (axis in gathers) {
    x <- .py_call("tensorflow.gather", list(x, parts[[axis]], axis = axis - 1L))
    parts[[axis]] <- whole
  }
  if (!drop) parts <- lapply(parts, .keeping)
  .ask("get_item", list(x, .py_tuple(parts)), sys.call())
})

.is_missing <- function(expr) identical(expr, quote(expr = ))

.is_mask <- function(x) {
  inherits(x, "tensorflow.tensor") && identical(x$dtype$name, "bool")
}

.masking <- function(mask) if (is.null(dim(mask)) && !.is_py(mask)) as.array(mask) else mask

.tensor_index <- function(expr, env) {
  slice <- function(...) .py_call("builtins.slice", list(...), convert = FALSE)
  if (.is_missing(expr)) return(slice(NULL))
  if (is.call(expr) && identical(expr[[1L]], quote(`:`))) {
    return(do.call(slice, .slice_parts(expr, env)))
  }
  value <- eval(expr, env)
  if (inherits(value, "all_dims")) return(.py_object("builtins.Ellipsis"))
  if (.is_py(value) || is.null(value)) return(.zero_based_tensor(value))
  if (length(value) > 1L && .is_run(value)) {
    return(slice(.from_one(value[1L]), .to_end(value[length(value)])))
  }
  vapply(value, .from_one, 0L)
}

# from:to and from:to:step; NA stands for the end in either direction. Downwards, as in
# x[3:1], the step is -1.
.slice_parts <- function(expr, env) {
  step <- NULL
  if (is.call(expr[[2L]]) && identical(expr[[2L]][[1L]], quote(`:`))) {
    step <- as.integer(eval(expr[[3L]], env))
    expr <- expr[[2L]]
  }
  from <- eval(expr[[2L]], env)
  to <- eval(expr[[3L]], env)
  if (is.null(step) && isTRUE(from > to) && to > 0) {
    return(list(.from_one(from), if (to > 1) as.integer(to) - 2L, -1L))
  }
  list(.from_one(from), .to_end(to), step)
}

.is_run <- function(value) all(value > 0) && all(diff(value) == 1)

.from_one <- function(i) {
  if (is.null(i) || is.na(i)) return(NULL)
  i <- as.integer(i)
  if (i == 0L) stop("x[...]: positions in tensors count from 1; received 0", call. = FALSE)
  if (i > 0L) i - 1L else i
}

# The last element to include, as the end that Python does not include.
.to_end <- function(i) {
  if (is.null(i) || is.na(i)) return(NULL)
  i <- as.integer(i)
  if (i > 0L) i else if (i == -1L) NULL else i + 1L
}

.zero_based_tensor <- function(value) {
  if (inherits(value, "tensorflow.tensor")) value - 1L else value
}

# A slice of one element instead of the element.
.keeping <- function(part) {
  if (is.numeric(part) && length(part) == 1L) {
    .py_call("builtins.slice", list(part, if (part == -1L) NULL else part + 1L),
             convert = FALSE)
  } else part
}
