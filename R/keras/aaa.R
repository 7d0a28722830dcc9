# Sourced first: everything of keras3 under the same name. The other files put in place
# what the second generation of Keras for R did otherwise.
local({
  target <- parent.env(environment())
  for (name in setdiff(getNamespaceExports("keras3"), c("keras", ".", "generate"))) {
    assign(name, getExportedValue("keras3", name), envir = target)
  }
})

# Functions of keras3 in which only the order or the number of arguments was another:
# what is supplied goes on by name.
.forward <- function(name, arguments, ...) {
  passed <- lapply(names(arguments), as.name)
  names(passed) <- ifelse(names(arguments) == "...", "", names(arguments))
  target <- call("::", quote(keras3), as.name(name))
  fun <- as.function(c(arguments, as.call(c(target, passed, list(...)))))
  environment(fun) <- parent.frame()
  fun
}
.without <- function(name, dropped) {
  arguments <- formals(getExportedValue("keras3", name))
  .forward(name, arguments[setdiff(names(arguments), dropped)])
}
