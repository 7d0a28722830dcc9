# Values on their way: R to Python, Python to R, and Python's containers and arrays.

r_to_py <- function(x, convert = FALSE) UseMethod("r_to_py")
.method("r_to_py", "default", function(x, convert = FALSE) {
  .ask("to_reference", list(x, convert), sys.call())
})

# A class of R6 becomes the Python class that it describes.
.method("r_to_py", "R6ClassGenerator", function(x, convert = FALSE) .class_from_r6(x))

py_to_r <- function(x) UseMethod("py_to_r")
.method("py_to_r", "default", function(x) x)
.method("py_to_r", "python.builtin.object", function(x) {
  .ask("convert", list(x), sys.call())
})

tuple <- function(..., convert = FALSE) {
  values <- list(...)
  # One list, or one Python iterable, is taken as what to make the tuple of.
  if (length(values) == 1L && is.null(names(values))) {
    only <- values[[1L]]
    if (inherits(only, "python.builtin.tuple")) return(only)
    if (is.list(only) || inherits(only, "python.builtin.list")) values <- as.list(only)
  }
  .py_call("builtins.tuple", list(unname(values)), convert = convert)
}

dict <- function(..., convert = FALSE) {
  values <- list(...)
  frame <- parent.frame()
  is_list <- length(values) == 1L && is.null(names(values)) && is.list(values[[1L]])
  if (is_list) values <- values[[1L]]
  # A name may stand for a whole number, or for a variable that holds a Python object.
  keys <- lapply(names(values), function(name) {
    if (!is_list && nzchar(name)) {
      named <- get0(name, frame)
      if (.is_py(named) && .can_be_key(named)) return(named)
    }
    if (grepl("^[0-9]+$", name)) as.integer(name) else name
  })
  py_dict(keys, unname(values), convert)
}

.can_be_key <- function(x) {
  tryCatch({.py_call("builtins.hash", list(x), convert = FALSE); TRUE}, error = function(cond) FALSE)
}

py_dict <- function(keys, values, convert = FALSE) {
  pairs <- .py_call("builtins.zip", list(as.list(keys), as.list(values)), convert = FALSE)
  .ask("reflag", list(.py_call("builtins.dict", list(pairs), convert = FALSE), convert),
       sys.call())
}

np_array <- function(data, dtype = NULL, order = "C") {
  if (!.is_py(data) && is.null(dim(data)) && !is.list(data)) data <- as.array(data)
  .py_call("numpy.array", list(data, dtype = dtype, order = order), convert = FALSE)
}

array_reshape <- function(x, dim, order = c("C", "F")) {
  order <- match.arg(order)
  # A plain vector of integers goes through Python's own, which R gets back as doubles.
  if (is.integer(x) && is.null(base::dim(x)) && !is.factor(x)) x <- as.double(x)
  if (is.atomic(x) && is.null(base::dim(x)) && !is.object(x)) x <- as.array(x)
  dim <- .py_tuple(lapply(as.list(dim), as.integer))
  reference <- .is_py(x)
  .py_call("numpy.reshape", list(x, dim, order = order), convert = !reference)
}

py_copy <- function(x) .py_call("copy.copy", list(x), convert = FALSE)
