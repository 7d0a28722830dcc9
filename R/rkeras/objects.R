# Python objects as R objects: reading, setting, listing, measuring, printing them.

.method("$", "python.builtin.object", function(x, name) {
  .ask("get_attr", list(x, name), sys.call())
})

.method("[[", "python.builtin.object", function(x, i, ...) {
  if (is.character(i)) .ask("get_attr", list(x, i), sys.call())
  else .ask("get_item", list(x, .key(i)), sys.call())
})

.method("$<-", "python.builtin.object", function(x, name, value) {
  .ask("set_attr", list(x, name, value), sys.call())
  invisible(x)
})

.method("[[<-", "python.builtin.object", function(x, i, value) {
  verb <- if (is.character(i)) "set_attr" else "set_item"
  .ask(verb, list(x, .key(i), value), sys.call())
  invisible(x)
})

# Dictionaries: items before attributes; NULL for what is not there, as in an R list.
.dict_item <- function(x, name) .ask("get_item", list(x, .key(name), NULL), sys.call())
.set_dict_item <- function(x, name, value) {
  .ask("set_item", list(x, .key(name), value), sys.call())
  invisible(x)
}
# A key, else one of a dictionary's own methods, as in d$update(list(a = 1)).
.method("$", "python.builtin.dict", function(x, name) {
  item <- .dict_item(x, name)
  if (is.null(item) && name %in% c("clear", "copy", "get", "items", "keys", "pop", "popitem",
                                   "setdefault", "update", "values")) {
    return(.ask("get_attr", list(x, name), sys.call()))
  }
  item
})
.method("[[", "python.builtin.dict", .dict_item)
.method("[", "python.builtin.dict", .dict_item)
.method("$<-", "python.builtin.dict", .set_dict_item)
.method("[[<-", "python.builtin.dict", .set_dict_item)
.method("[<-", "python.builtin.dict", .set_dict_item)

# A whole double is an index in Python's terms too.
.key <- function(i) {
  if (is.double(i) && !is.object(i) && all(i == trunc(i), na.rm = TRUE) &&
      all(abs(i) < 2^31, na.rm = TRUE)) {
    storage.mode(i) <- "integer"
  }
  i
}

# `x[i, a:b, ]` with Python's meaning: indices from 0, the end not included.
.method("[", "python.builtin.object", function(x, ...) {
  index <- .python_index(eval(substitute(alist(...))), parent.frame())
  .ask("get_item", list(x, index), sys.call())
})

.method("[<-", "python.builtin.object", function(x, ..., value) {
  index <- .python_index(eval(substitute(alist(...))), parent.frame())
  .ask("set_item", list(x, index, value), sys.call())
  invisible(x)
})

.python_index <- function(exprs, env) {
  slice <- function(from, to) .py_call("builtins.slice", list(from, to), convert = FALSE)
  parts <- lapply(exprs, function(expr) {
    if (identical(expr, quote(expr = ))) return(slice(NULL, NULL))
    if (is.call(expr) && identical(expr[[1L]], quote(`:`))) {
      return(slice(.key(eval(expr[[2L]], env)), .key(eval(expr[[3L]], env))))
    }
    .key(eval(expr, env))
  })
  if (length(parts) == 1L) parts[[1L]] else .py_tuple(parts)
}

.py_tuple <- function(values) {
  .py_call("builtins.tuple", list(unname(as.list(values))), convert = FALSE)
}

.method("names", "python.builtin.object", function(x) {
  as.character(.ask("names", list(x), sys.call()))
})
.method("length", "python.builtin.object", function(x) .ask("length", list(x), sys.call()))

registerS3method(
  ".DollarNames", "python.builtin.object",
  function(x, pattern = "") grep(pattern, names(x), value = TRUE),
  envir = asNamespace("utils"))

# Printing -------------------------------------------------------------------------

.method("print", "python.builtin.object", function(x, ...) {
  if (inherits(x, "condition")) return(NextMethod())
  cat(.ask("representation", list(x), sys.call()), "\n", sep = "")
  if (is.function(x)) cat(.signature_line(x))
  invisible(x)
})
.signature_line <- function(x) {
  # Some of Python's own functions do not tell theirs.
  signature <- tryCatch(.py_call("inspect.signature", list(x)), error = function(cond) NULL)
  if (!is.null(signature)) paste0(" signature: ", .ask("text", list(signature), NULL), "\n")
}
.method("print", "python.builtin.module", function(x, ...) {
  cat("Module(", .ask("get_attr", list(x, "__name__"), sys.call()), ")\n", sep = "")
  invisible(x)
})
.method("format", "python.builtin.object", function(x, ...) {
  .ask("text", list(x), sys.call())
})
.method("as.character", "python.builtin.object", function(x, ...) {
  .ask("text", list(x), sys.call())
})
.method("summary", "python.builtin.object", function(object, ...) {
  str(object)
  invisible(object)
})
registerS3method(
  "str", "python.builtin.object",
  function(object, ...) {
    cat(.ask("representation", list(object), sys.call()), "\n", sep = "")
    invisible()
  },
  envir = asNamespace("utils"))
registerS3method(
  "toString", "python.builtin.object",
  function(x, ...) .ask("text", list(x), sys.call()), envir = baseenv())

# Exceptions: conditions in R, objects in Python.
.method("conditionMessage", "python.builtin.BaseException", function(c) unclass(c)$message)
.method("conditionCall", "python.builtin.BaseException", function(c) unclass(c)$call)
.method("$", "python.builtin.BaseException", function(x, name) {
  plain <- unclass(x)
  if (name %in% names(plain)) plain[[name]] else .ask("get_attr", list(x, name), sys.call())
})
.method("$<-", "python.builtin.BaseException", function(x, name, value) {
  if (!name %in% c("call", "message")) return(NextMethod())
  .set_element(x, name, value)
})
.method("[[", "python.builtin.BaseException", function(x, i, ...) {
  plain <- unclass(x)
  if (is.numeric(i) || i %in% names(plain)) plain[[i]]
  else .ask("get_attr", list(x, i), sys.call())
})
.method("names", "python.builtin.BaseException", function(x) names(unclass(x)))
.method("length", "python.builtin.BaseException", function(x) length(unclass(x)))

.set_element <- function(x, name, value) {
  kept <- attributes(x)
  plain <- unclass(x)
  plain[name] <- list(value)
  attributes(plain) <- kept
  plain
}
