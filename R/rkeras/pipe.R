# The pipes that Keras scripts expect from library(keras). magrittr's own where it is
# installed, so that attaching it too masks nothing; else these.

if (requireNamespace("magrittr", quietly = TRUE)) {
  `%>%` <- magrittr::`%>%`
  `%<>%` <- magrittr::`%<>%`
} else {
  `%>%` <- function(lhs, rhs) {
    piped <- .piped(substitute(rhs))
    scope <- new.env(parent = parent.frame())
    delayedAssign(".", lhs, assign.env = scope)
    # Not by eval(): what is invisible stays so.
    eval(piped, scope)
  }

  `%<>%` <- function(lhs, rhs) {
    target <- substitute(lhs)
    scope <- new.env(parent = parent.frame())
    scope$. <- lhs
    value <- eval(.piped(substitute(rhs)), scope)
    eval(call("<-", target, enquote(value)), parent.frame())
    invisible(value)
  }
}

# The call that a right-hand side stands for: `.` as its first argument unless it is
# an argument already, or the right-hand side is in braces.
.piped <- function(rhs) {
  if (is.call(rhs) && identical(rhs[[1L]], quote(`{`))) return(rhs)
  if (is.call(rhs) && identical(rhs[[1L]], quote(`(`))) return(as.call(list(rhs, quote(.))))
  if (is.call(rhs) && identical(rhs[[1L]], quote(`function`))) return(as.call(list(rhs, quote(.))))
  reference <- is.call(rhs) && is.symbol(rhs[[1L]]) &&
    as.character(rhs[[1L]]) %in% c("::", ":::", "$", "@")
  if (!is.call(rhs) || reference) return(as.call(list(rhs, quote(.))))
  placed <- any(vapply(as.list(rhs)[-1L], identical, NA, quote(.)))
  if (placed) rhs else as.call(c(rhs[[1L]], quote(.), as.list(rhs)[-1L]))
}
