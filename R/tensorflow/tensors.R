# What base R does with vectors and matrices, for TensorFlow's tensors.

.on_tensors <- function(generic, fun) .method(generic, "tensorflow.tensor", fun)

.on_tensors("str", function(object, ...) {
  lines <- strsplit(.ask("representation", list(object), sys.call()), "\n", fixed = TRUE)[[1L]]
  if (length(lines) > 1L) lines <- paste0(lines[1L], "\u2026>")
  cat(sub("shape=\\((\\w+),\\)", "shape=(\\1)", lines), "\n", sep = "")
})

# A vector is one row, as in R.
.on_tensors("t", function(x) {
  if (length(dim(x)) > 2L) stop("t() is for matrices and vectors; use aperm()")
  if (length(dim(x)) == 2L) .py_call("tensorflow.transpose", list(x))
  else .py_call("tensorflow.reshape", list(x, c(1L, -1L)))
})

.on_tensors("aperm", function(a, perm = NULL, ...) {
  order <- if (is.null(perm)) NULL else as.list(as.integer(perm) - 1L)
  .py_call("tensorflow.transpose", list(a, perm = order))
})

.on_tensors("sort", function(x, decreasing = FALSE, ..., axis = -1L) {
  .py_call("tensorflow.sort", list(x, axis = .axis_from_one(axis),
                                   direction = if (decreasing) "DESCENDING" else "ASCENDING"))
})

.on_tensors("rep", function(x, times, ...) {
  times <- as.integer(times)
  if (length(times) != 1L) stop("`times` must be one number for a tensor; use op_repeat()")
  if (length(dim(x)) > 1L) stop("rep() is for vectors; use op_tile()")
  .py_call("tensorflow.tile", list(.py_call("tensorflow.reshape", list(x, list(-1L))), list(times)))
})

.on_tensors("is.finite", function(x) .py_call("tensorflow.math.is_finite", list(x)))
.on_tensors("is.infinite", function(x) .py_call("tensorflow.math.is_inf", list(x)))
.on_tensors("is.nan", function(x) .py_call("tensorflow.math.is_nan", list(x)))

.complex <- c(Re = "real", Im = "imag", Conj = "conj", Arg = "angle", Mod = "abs")
.on_tensors("Complex", function(z) {
  .py_call(paste0("tensorflow.math.", .complex[[.Generic]]), list(z))
})

.on_tensors("lgamma", function(x) .py_call("tensorflow.math.lgamma", list(x)))
.on_tensors("digamma", function(x) .py_call("tensorflow.math.digamma", list(x)))
.on_tensors("sinpi", function(x) sin(x * pi))
.on_tensors("cospi", function(x) cos(x * pi))
.on_tensors("tanpi", function(x) tan(x * pi))

# Vectors are columns of cbind() and rows of rbind(); what is no tensor takes the type of
# the first that is one.
.on_tensors("cbind", function(..., deparse.level = 1) .bound(list(...), 2L))
.on_tensors("rbind", function(..., deparse.level = 1) .bound(list(...), 1L))

.bound <- function(parts, axis) {
  dtype <- Find(function(part) inherits(part, "tensorflow.tensor"), parts)$dtype$name
  parts <- lapply(parts, function(part) {
    if (!inherits(part, "tensorflow.tensor")) part <- as_tensor(part, dtype)
    if (length(dim(part)) == 2L) return(part)
    .py_call("tensorflow.reshape", list(part, if (axis == 1L) c(1L, -1L) else c(-1L, 1L)))
  })
  size <- max(vapply(parts, function(part) dim(part)[3L - axis], 0L))
  # One number stands for a whole row or column, as in R.
  parts <- lapply(parts, function(part) {
    if (length(part) != 1L || size == 1L) return(part)
    .py_call("tensorflow.fill", list(if (axis == 1L) c(1L, size) else c(size, 1L),
                                     .py_call("tensorflow.reshape", list(part, list()))))
  })
  .py_call("tensorflow.concat", list(parts, axis - 1L))
}
