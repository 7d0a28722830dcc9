# Attributes, items and calls by name, and questions about Python objects.

.require_python <- function(x, call = sys.call(-1L)) {
  if (!.is_py(x)) {
    stop(simpleError(
      paste0("a Python object is needed here; this is an R ", class(x)[1L],
             " (see r_to_py())"), call))
  }
  x
}

py_get_attr <- function(x, name, silent = FALSE) {
  .require_python(x)
  if (silent && !py_has_attr(x, name)) return(NULL)
  .ask("get_reference", list(x, name), sys.call())
}

py_set_attr <- function(x, name, value) {
  .ask("set_attr", list(.require_python(x), name, value), sys.call())
  invisible(x)
}

py_del_attr <- function(x, name) {
  .ask("del_attr", list(.require_python(x), name), sys.call())
  invisible(x)
}

py_has_attr <- function(x, name) .ask("has_attr", list(.require_python(x), name), sys.call())

py_list_attributes <- function(x) {
  as.character(.py_call("builtins.dir", list(.require_python(x))))
}

py_get_item <- function(x, key, silent = FALSE) {
  args <- list(.require_python(x), .key(key))
  if (silent) args <- c(args, list(NULL))
  .ask("get_item", args, sys.call())
}

py_set_item <- function(x, name, value) {
  .ask("set_item", list(.require_python(x), .key(name), value), sys.call())
  invisible(x)
}

py_del_item <- function(x, name) {
  .ask("del_item", list(.require_python(x), .key(name)), sys.call())
  invisible(x)
}

py_call <- function(x, ...) {
  .py_call(.require_python(x), list(...), convert = FALSE)
}

py_str <- function(object, ...) UseMethod("py_str")
.method("py_str", "default", function(object, ...) "<not a python object>")
.method("py_str", "python.builtin.object", function(object, ...) {
  .ask("text", list(object), sys.call())
})

py_repr <- function(object) .ask("representation", list(object), sys.call())
py_print <- function(object) cat(py_repr(object), "\n", sep = "")
py_len <- function(x, default = NULL) {
  if (!is.null(default) && !py_has_attr(x, "__len__")) return(default)
  .ask("strictly_length", list(x), sys.call())
}
py_id <- function(object) .ask("identity", list(object), sys.call())
py_is_null_xptr <- function(x) !.ask("lives", list(x), sys.call())
py_validate_xptr <- function(x) {
  if (py_is_null_xptr(x)) stop("this reference to a Python object is dead")
  invisible()
}
py_none <- function() r_to_py(NULL)
py_ellipsis <- function() .py_object("builtins.Ellipsis", convert = FALSE)
py_slice <- function(start = NULL, stop = NULL, step = NULL) {
  .py_call("builtins.slice", list(.key(start), .key(stop), .key(step)), convert = FALSE)
}
py_unicode <- function(str) r_to_py(str)
py_is_none <- function(x) is.null(x) || inherits(x, "python.builtin.NoneType")
py_bool <- function(x) .py_call("builtins.bool", list(x))
py_isinstance <- function(object, classes) {
  if (is.list(classes)) classes <- .py_tuple(classes)
  .py_call("builtins.isinstance", list(object, classes))
}
is_py_object <- function(x) .is_py(x)

py_set_seed <- function(seed, disable_hash_randomization = TRUE) {
  seed <- as.integer(seed)
  .py_call("random.seed", list(seed))
  .py_call("numpy.random.seed", list(seed))
  invisible()
}

# What `wrapper(x)` answers for a Python callable instead of a plain call.
py_to_r_wrapper <- function(x) UseMethod("py_to_r_wrapper")
.method("py_to_r_wrapper", "default", function(x) x)

py_func <- function(f) .ask("to_reference", list(f, TRUE), sys.call())
py_main_thread_func <- function(f) py_func(f)

py_last_error <- function(exception) {
  if (!missing(exception)) stop("the last error cannot be set")
  error <- .ask("last_error", list(), sys.call())
  if (is.null(error)) return(NULL)
  structure(error, class = "py_error")
}
.method("print", "py_error", function(x, ...) {
  cat(x$message)
  invisible(x)
})
py_clear_last_error <- function() invisible(.ask("forget_error", list(), sys.call()))

py_capture_output <- function(expr, type = c("stdout", "stderr")) {
  paste0(c(utils::capture.output(force(expr)), ""), collapse = "\n")
}

# Evaluate `expr` while Python's warnings are silent.
py_suppress_warnings <- function(expr) {
  caught <- .py_call("warnings.catch_warnings", list(action = "ignore"), convert = TRUE)
  with(caught, expr)
}

py_save_object <- function(object, filename, pickle = "pickle", ...) {
  bytes <- .py_call(paste0(pickle, ".dumps"), list(object, ...), convert = FALSE)
  writeBin(.ask("convert", list(.py_call("builtins.bytearray", list(bytes), convert = FALSE)),
                sys.call()), path.expand(filename))
  invisible()
}
py_load_object <- function(filename, pickle = "pickle", ..., convert = TRUE) {
  filename <- path.expand(filename)
  bytes <- readBin(filename, "raw", file.size(filename))
  .py_call(paste0(pickle, ".loads"), list(bytes, ...), convert = convert)
}
