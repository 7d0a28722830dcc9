# Sourced first: everything of keras3 under the same name. The other files put in place
# what the second generation of Keras for R did otherwise.
local({
  target <- parent.env(environment())
  for (name in setdiff(getNamespaceExports("keras3"), c("keras", ".", "generate"))) {
    assign(name, getExportedValue("keras3", name), envir = target)
  }
})
