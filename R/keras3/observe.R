# What a script wants compared by `rkeras crosscheck`, besides what is seen by itself.

observe <- function(name, value) {
  .py_call("rkeras_port.crosscheck.observe.observe", list(name, value), convert = FALSE)
  invisible(value)
}
