# Python objects as R objects: reading, setting, listing, measuring, printing them.

.method("$", "python.builtin.object", function(x, name) {
  .ask("get_attr", list(x, name), sys.call())
})

.method("[[", "python.builtin.object", function(x, i, ...) {
  verb <- if (is.character(i)) "get_either" else "get_item"
  .ask(verb, list(x, .key(i)), sys.call())
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

# Dictionaries: items; NULL for what is not there, as in an R list.
.dict_item <- function(x, name) .ask("get_item", list(x, .key(name), NULL), sys.call())
.set_dict_item <- function(x, name, value) {
  if (is.null(value) && is.null(.dict_item(x, name))) return(invisible(x))
  .set_item(x, .key(name), value, sys.call())
}
.method("$", "python.builtin.dict", function(x, name) {
  # What a dict can do comes before what is in it; `[[` is for a key such as "items".
  if (.ask("has_attr", list(x, name), NULL)) .ask("get_attr", list(x, name), sys.call())
  else .dict_item(x, name)
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
  verb <- if (is.character(index) && length(index) == 1L) "get_either" else "get_item"
  .ask(verb, list(x, index), sys.call())
})

.method("[<-", "python.builtin.object", function(x, ..., value) {
  index <- .python_index(eval(substitute(alist(...))), parent.frame())
  .set_item(x, index, value, sys.call())
})

# NULL takes the item away, as it does in an R list.
.set_item <- function(x, key, value, call) {
  if (is.null(value)) .ask("del_item", list(x, key), call)
  else .ask("set_item", list(x, key, value), call)
  invisible(x)
}

.python_index <- function(exprs, env) {
  slice <- function(...) .py_call("builtins.slice", list(...), convert = FALSE)
  parts <- lapply(exprs, function(expr) {
    if (identical(expr, quote(expr = ))) return(slice(NULL, NULL))
    ends <- .slice_ends(expr)
    if (is.null(ends)) return(.key(eval(expr, env)))
    do.call(slice, unname(lapply(ends, function(end) {
      end <- eval(end, env)
      if (!.is_py(end) && length(end) == 1L && is.na(end)) NULL else .key(end)
    })))
  })
  if (length(parts) == 1L) parts[[1L]] else .py_tuple(parts)
}

# The parts of `from:to`, `from:to:step`, and of a name such as `::2`; NULL for all else.
.slice_ends <- function(expr) {
  is_range <- function(x) is.call(x) && identical(x[[1L]], quote(`:`))
  if (is_range(expr)) {
    first <- expr[[2L]]
    return(c(if (is_range(first)) as.list(first)[-1L] else list(first), list(expr[[3L]])))
  }
  if (!is.symbol(expr) || !grepl(":", as.character(expr), fixed = TRUE)) return(NULL)
  parts <- strsplit(paste0(as.character(expr), " "), ":", fixed = TRUE)[[1L]]
  lapply(parts, function(part) if (nzchar(trimws(part))) str2lang(part))
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
# A long collection prints its kind and length only, a module its name.
.method("print", paste0("python.builtin.", c("list", "dict", "tuple", "bytearray", "module")),
        function(x, ...) {
  cat(.ask("text", list(x), sys.call()), "\n", sep = "")
  invisible(x)
})
.method("format", "python.builtin.object", function(x, ...) {
  gsub(" object at 0x\\w{4,}", "", .ask("text", list(x), sys.call()))
})
.method("as.character", "python.builtin.bytes",
        function(x, encoding = "utf-8", errors = "strict", ...) {
  .py_method(x, "decode", list(encoding, errors), convert = TRUE, call = sys.call())
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
    cat(.ask("text", list(object), sys.call()), "\n", sep = "")
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
