# c(a, c(b, ...rest)) %<-% value, and the pipe for where magrittr is not installed.

`%<-%` <- function(x, value) {
  .unpack(substitute(x), value, parent.frame(), sys.call())
  invisible(value)
}

.unpack <- function(target, value, env, call) {
  if (!.is_pattern(target)) return(.assign_to(target, value, env))
  targets <- as.list(target)[-1L]
  values <- .destructure(value)
  rest <- which(vapply(targets, .is_rest, NA))
  if (length(rest) > 1L) .bad_unpack(call, "only one name may start with `...`")
  if (length(rest)) {
    fixed <- length(targets) - 1L
    if (length(values) < fixed) .bad_count(call, paste("at least", fixed), values)
    taken <- seq.int(rest, length.out = length(values) - fixed)
    before <- values[seq_len(rest - 1L)]
    after <- values[seq_along(values) > rest - 1L + length(taken)]
    name <- sub("^\\.\\.\\.", "", as.character(targets[[rest]]))
    if (nzchar(name)) assign(name, values[taken], envir = env)
    targets <- targets[-rest]
    values <- c(before, after)
  } else if (length(values) != length(targets)) {
    .bad_count(call, length(targets), values)
  }
  for (i in seq_along(targets)) .unpack(targets[[i]], values[[i]], env, call)
}

.is_pattern <- function(target) {
  is.call(target) && (identical(target[[1L]], quote(c)) || identical(target[[1L]], quote(list)))
}

.is_rest <- function(target) {
  is.symbol(target) && startsWith(as.character(target), "...")
}

.assign_to <- function(target, value, env) {
  if (is.symbol(target)) {
    name <- as.character(target)
    if (name != ".") assign(name, value, envir = env)
  } else if (is.character(target)) {
    assign(target, value, envir = env)
  } else {
    eval(call("<-", target, enquote(value)), env)
  }
}

# .[a, .[b, ..rest]] <- value does the same.
. <- structure(list(), class = "rkeras_unpacker")

.method("[<-", "rkeras_unpacker", function(x, ..., value) {
  call <- sys.call()
  target <- substitute(c(...))
  .unpack(.as_pattern(target), value, parent.frame(), call)
  x
})

# `.[a, ..rest]` as what `%<-%` takes, c(a, ...rest); a place left empty takes no name.
.as_pattern <- function(target) {
  if (identical(target, quote(expr = ))) return(quote(.))
  if (is.symbol(target)) return(as.symbol(sub("^\\.\\.(?!\\.)", "...", target, perl = TRUE)))
  if (!is.call(target)) return(target)
  nested <- identical(target[[1L]], quote(`[`)) && identical(target[[2L]], quote(.))
  if (!nested && !identical(target[[1L]], quote(c))) return(target)
  as.call(c(quote(c), lapply(as.list(target)[if (nested) -(1:2) else -1L], .as_pattern)))
}

# The values that `%<-%` hands out; a method of its own for what is not a list inside.
.destructure <- function(value) UseMethod(".destructure")
.destructure.default <- function(value) as.list(value)
.destructure.python.builtin.object <- function(value) as.list(value)

.bad_count <- function(call, wanted, values) {
  .bad_unpack(call, paste0(wanted, " values are needed and the right-hand side has ",
                           length(values)))
}

.bad_unpack <- function(call, why) {
  stop(simpleError(paste0("cannot unpack: ", why), call))
}
