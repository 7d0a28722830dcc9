# Arrays and tensors: their R values, their dimensions, arithmetic with them.

.array_classes <- c(
  "numpy.ndarray", "tensorflow.tensor", "keras.src.backend.Variable", "jax.Array",
  "torch.Tensor")

# The values as an R array; a Python object that is no array becomes one if it can.
.values <- function(x) .ask("array_values", list(x), sys.call(-1L))

.method("as.array", "python.builtin.object", function(x, ...) .values(x))
.method("as.matrix", "python.builtin.object", function(x, ...) as.matrix(.values(x)))
.method("as.vector", "python.builtin.object", function(x, mode = "any") {
  if (identical(mode, "list")) return(as.list(x))
  as.vector(.values(x), mode)
})
.method("as.double", "python.builtin.object", function(x, ...) as.double(.values(x)))
.method("as.integer", "python.builtin.object", function(x, ...) as.integer(.values(x)))
.method("as.logical", "python.builtin.object", function(x, ...) as.logical(.values(x)))
.method("as.character", setdiff(.array_classes, "numpy.ndarray"), function(x, ...) as.character(.values(x)))
.method("as.list", "python.builtin.object", function(x, ...) {
  value <- .ask("as_list", list(x), sys.call())
  if (is.list(value)) value else as.list(value)
})
.method("as.environment", "python.builtin.object", function(x) {
  stop("a Python object is not an environment; use py_get_attr() and py_set_attr()")
})
.method("as.data.frame", "python.builtin.object", function(x, ...) {
  value <- .ask("convert", list(x), sys.call())
  if (.is_py(value)) value <- .values(x)
  as.data.frame(value, ...)
})

.method("dim", .array_classes, function(x) .ask("dim", list(x), sys.call()))
.method("length", "pandas.DataFrame", function(x) dim(x)[2L])
.method("dim", c("scipy.sparse._base._spbase", "pandas.DataFrame"),
        function(x) .ask("dim", list(x), sys.call()))
.method("length", .array_classes, function(x) {
  size <- dim(x)
  if (anyNA(size)) NA_integer_ else as.integer(prod(size))
})
.method("t", "numpy.ndarray", function(x) .ask("get_reference", list(x, "T"), sys.call()))
.method("t", setdiff(.array_classes, c("numpy.ndarray", "tensorflow.tensor")),
        function(x) .py_call("numpy.transpose", list(x)))

.method("print", "tensorflow.tensor", function(x, ...) {
  text <- .ask("text", list(x), sys.call())
  # A shape of one dimension without Python's comma, as the R package prints it.
  cat(sub("shape=\\((\\w+),\\)", "shape=(\\1)", text), "\n", sep = "")
  invisible(x)
})

# R's own would compare the references, which are alike. Arrays are equal by their values,
# symbolic tensors, which have none, when they are the same one, all else as Python says.
.method("all.equal", .array_classes, function(target, current, ...) {
  plain <- function(x) if (.is_py(x)) .values(x) else x
  all.equal(plain(target), plain(current), ...)
})
.method("all.equal", "python.builtin.object", function(target, current, ...) {
  same <- .is_py(current) && .ask("same", list(target, current), NULL)
  if (same || .equal_in_python(target, current)) TRUE else "the Python objects differ"
})
.equal_in_python <- function(x, y) {
  if (inherits(x, "keras.src.backend.common.keras_tensor.KerasTensor")) return(FALSE)
  isTRUE(tryCatch(.py_call("operator.eq", list(x, y), convert = TRUE),
                  error = function(cond) FALSE))
}

# Operators: Python's own. R is asked for the method of one of the two operands.
.method("Ops", "python.builtin.object", function(e1, e2) {
  if (nargs() == 2L) return(.ask("operate", list(.Generic, e1, e2), sys.call()))
  if (.Generic == "+") return(e1)
  .ask("operate", list(.unary[[.Generic]], e1), sys.call())
})

.unary <- c("!" = "not", "-" = "negative")

# Mathematics on tensors by Keras's operations, on NumPy arrays by NumPy's.
.math <- c(
  abs = "abs", sign = "sign", sqrt = "sqrt", floor = "floor", ceiling = "ceil",
  exp = "exp", expm1 = "expm1", log1p = "log1p", log2 = "log2", log10 = "log10",
  cos = "cos", sin = "sin", tan = "tan", acos = "arccos", asin = "arcsin",
  atan = "arctan", cosh = "cosh", sinh = "sinh", tanh = "tanh", acosh = "arccosh",
  asinh = "arcsinh", atanh = "arctanh", cumsum = "cumsum", cumprod = "cumprod",
  round = "round", trunc = "trunc")

.method("Math", "python.builtin.object", function(x, ...) {
  if (.Generic == "log") {
    natural <- .numeric_call(x, "log", list(x))
    base <- list(...)
    return(if (length(base)) natural / log(base[[1L]]) else natural)
  }
  name <- .math[.Generic]
  if (is.na(name)) stop(.Generic, "() is not available for Python objects")
  .numeric_call(x, name, list(x, ...))
})

.summaries <- c(sum = "sum", prod = "prod", max = "max", min = "min", any = "any", all = "all")

# Along axes counted from 1, or over all; of several arrays, over all of them.
.method("Summary", "python.builtin.object", function(..., axis = NULL, keepdims = FALSE,
                                                     na.rm = FALSE) {
  each <- lapply(list(...), function(x) {
    if (.Generic == "range") {
      ends <- lapply(c("min", "max"), function(end) .reduced(x, end, axis, keepdims))
      return(.numeric_call(x, "stack", list(ends)))
    }
    .reduced(x, .summaries[[.Generic]], axis, keepdims)
  })
  if (length(each) == 1L) return(each[[1L]])
  match.fun(.Generic)(.numeric_call(each[[1L]], "stack", list(each)))
})
.method("mean", "python.builtin.object", function(x, ..., axis = NULL, keepdims = FALSE) {
  .reduced(x, "mean", axis, keepdims)
})

.reduced <- function(x, name, axis, keepdims) {
  .numeric_call(x, name, list(x, axis = .axis_from_one(axis), keepdims = keepdims))
}

.axis_from_one <- function(axis) {
  if (is.null(axis)) return(NULL)
  axis <- as.integer(unlist(axis))
  if (any(axis == 0L)) stop("`axis` is 1-based; received 0. The first axis is 1, the last one -1.")
  axis <- ifelse(axis > 0L, axis - 1L, axis)
  if (length(axis) == 1L) axis else .py_tuple(axis)
}

.numeric_call <- function(x, name, args) {
  module <- if (inherits(x, "numpy.ndarray")) "numpy" else "keras.ops"
  .py_call(paste(module, name, sep = "."), args, call = sys.call(-1L))
}

# Make a sparse matrix of class dgCMatrix, dgRMatrix or dgTMatrix from its slots.
.sparse <- function(class, slots) {
  loadNamespace("Matrix")
  do.call(methods::new, c(list(methods::getClass(class, where = asNamespace("Matrix"))), slots))
}

# Any other class of Matrix as one of those three.
.general_sparse <- function(x) {
  loadNamespace("Matrix")
  x <- methods::as(methods::as(x, "dMatrix"), "generalMatrix")
  if (inherits(x, "sparseMatrix")) methods::as(x, "CsparseMatrix") else as.matrix(x)
}
