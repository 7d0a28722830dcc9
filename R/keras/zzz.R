# Sourced last: names that keras3 has no more say once what takes their place.
local({
  target <- parent.env(environment())
  for (name in names(.legacy_rows$modern)) {
    fun <- get(name, envir = target)
    # What makes classes of R6 is no function.
    if (!is.function(fun)) next
    note <- call(".superseded", name, .legacy_rows$modern[[name]])
    body(fun) <- call("{", note, body(fun))
    assign(name, fun, envir = target)
  }
})
