# The way into Python. Everything that R asks of Python goes through these functions.
#
#   .py_call("keras.layers.Dense", list(units = 16L))     a function by its dotted path
#   .py_call(model, list(x))                              a Python callable
#   .py_method(model, "compile", list(optimizer = "adam"))
#
# `args` is a list; its named elements are passed by keyword. Values are converted by
# the rules of rkeras_port/r/to_python.py, results by those of rkeras_port/r/to_r.py;
# `convert = FALSE` keeps the result a reference. Python exceptions are raised as R
# conditions with `call`, by default the call of the function that called this one.

.entry <- getOption("rkeras.entry")

.ask <- function(verb, args, call) {
  handlers <- .Internal(.addCondHands(NULL, NULL, NULL, NULL, TRUE))
  value <- .Call(.entry, verb, args, handlers)
  if (inherits(value, "rkeras_signal")) .raise(value, call) else value
}

.py_call <- function(target, args = list(), convert = NULL, call = sys.call(-1L)) {
  .ask("call", list(target, args, convert), call)
}

.py_method <- function(object, name, args = list(), convert = NULL,
                       call = sys.call(-1L)) {
  .ask("method", list(object, name, args, convert), call)
}

# A Python object by its dotted path, e.g. "keras.layers.Dense".
.py_object <- function(path, convert = TRUE, call = sys.call(-1L)) {
  .ask("find", list(path, convert), call)
}

# A list that becomes a dict, also when it is empty.
.named <- function(values) {
  if (is.null(names(values))) names(values) <- character(length(values))
  values
}

.is_py <- function(x) inherits(x, "python.builtin.object")

# Callable Python objects are copies of this function; the attribute "py_object" of the
# copy is the Python object. What a call does can depend on the class: see .py_invoke.
.callable <- function(...) .py_invoke(sys.function(), ...)

.py_invoke <- function(object, ...) UseMethod(".py_invoke")

.py_invoke.default <- function(object, ...) {
  value <- .py_call(object, list(...), call = sys.call(-2L))
  if (is.null(value)) invisible() else value
}

# Called by Python for an object of a class that it does not know: a list with what the
# S3 method of r_to_py() for the class makes of it, or NULL when there is none.
.r_to_py_by_method <- function(x) {
  for (class in class(x)) {
    method <- utils::getS3method("r_to_py", class, optional = TRUE, envir = asNamespace("reticulate"))
    if (is.null(method)) method <- get0(paste0("r_to_py.", class), globalenv(), mode = "function")
    if (!is.null(method)) return(list(method(x)))
  }
  NULL
}

# The other way: Python asks for it only where there is a method for the class, in this
# table or in the global environment.
.py_to_r_by_method <- function(x) reticulate::py_to_r(x)
.py_to_r_methods <- function() get(".__S3MethodsTable__.", asNamespace("reticulate"))
