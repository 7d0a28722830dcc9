# Shapes: lists of whole numbers, NULL where a size is not known.

shape <- function(...) {
  sizes <- unlist(lapply(list(...), .sizes), recursive = FALSE)
  structure(if (is.null(sizes)) list() else sizes, class = "keras_shape")
}

# The sizes that one argument of shape() stands for, as a list.
.sizes <- function(x) {
  if (is.null(x)) return(list(NULL))
  if (inherits(x, "keras_shape")) return(unclass(x))
  if (.is_py(x)) return(.sizes_of_python(x))
  if (!is.null(dim(x))) return(as.list(dim(x)))
  unlist(lapply(as.list(x), .size), recursive = FALSE)
}

.size <- function(x) {
  if (is.list(x) || length(x) != 1L || .is_py(x)) return(.sizes(x))
  if (is.na(x) || x == -1) return(list(NULL))
  if (x != trunc(x)) stop("a shape is made of whole numbers; received ", x, call. = FALSE)
  list(as.integer(x))
}

.sizes_of_python <- function(x) {
  if (inherits(x, c("python.builtin.tuple", "python.builtin.list",
                    "tensorflow.python.framework.tensor_shape.TensorShape"))) {
    return(.sizes(as.list(x)))
  }
  if (.ask("has_attr", list(x, "shape"), NULL)) {
    sizes <- .py_call("builtins.tuple", list(.py_call("keras.ops.shape", list(x), convert = FALSE)))
    # A number as a tensor is one size.
    if (!length(sizes)) return(if (.whole_tensor(x)) list(as.integer(x)) else list())
    return(sizes)
  }
  list(as.integer(.ask("convert", list(x), NULL)))
}

.whole_tensor <- function(x) {
  !inherits(x, "keras.src.backend.common.keras_tensor.KerasTensor") &&
    grepl("int", .py_call("keras.ops.dtype", list(x)))
}

# For Python: a tuple.
.shape_tuple <- function(x) {
  if (is.null(x)) return(NULL)
  .py_tuple(unclass(do.call(shape, list(x))))
}
.method("r_to_py", "keras_shape", function(x, convert = FALSE) .py_tuple(unclass(x)))

.integers <- function(x) vapply(unclass(x), function(size) if (is.null(size)) NA_integer_ else as.integer(size), 0L)

.method("as.integer", "keras_shape", function(x, ...) .integers(x))
.method("as.double", "keras_shape", function(x, ...) as.double(.integers(x)))
.method("as.list", "keras_shape", function(x, ...) unclass(x))
.method("[", "keras_shape", function(x, ...) structure(unclass(x)[...], class = "keras_shape"))
.method("c", "keras_shape", function(...) shape(...))
.method("format", "keras_shape", function(x, ..., prefix = TRUE) {
  text <- paste(.integers(x), collapse = ", ")
  paste0(if (prefix) "shape", "(", text, ")")
})
.method("print", "keras_shape", function(x, ...) {
  cat(format(x), "\n", sep = "")
  invisible(x)
})
.equal_shapes <- function(x, y) identical(.integers(shape(x)), .integers(shape(y)))
.method("==", "keras_shape", .equal_shapes)
.method("!=", "keras_shape", function(x, y) !.equal_shapes(x, y))
.method("Summary", "keras_shape", function(..., na.rm = FALSE) {
  sizes <- .integers(shape(...))
  get(.Generic, baseenv())(sizes, na.rm = na.rm)
})

op_shape <- function(x) shape(.py_call("keras.ops.shape", list(x), convert = FALSE))

# Without conversion: a NumPy array, not an R one.
op_convert_to_numpy <- function(x) .py_call("keras.ops.convert_to_numpy", list(x), convert = FALSE)
