# Modules, the main module, and running Python code.

import <- function(module, as = NULL, convert = TRUE, delay_load = FALSE) {
  .ask("import", list(module, convert), sys.call())
}

import_main <- function(convert = TRUE, delay_load = FALSE) {
  .ask("import", list("__main__", convert), sys.call())
}

import_builtins <- function(convert = TRUE, delay_load = FALSE) {
  .ask("import", list("builtins", convert), sys.call())
}

import_from_path <- function(module, path = ".", convert = TRUE, delay_load = FALSE) {
  .py_call("sys.path.insert", list(0L, normalizePath(path, mustWork = TRUE)))
  on.exit(.py_call("sys.path.remove", list(normalizePath(path))))
  .ask("import", list(module, convert), sys.call())
}

py <- import_main()

py_run_string <- function(code, local = FALSE, convert = TRUE) {
  code <- paste(code, collapse = "\n")
  invisible(.ask("run", list(code, "<string>", local, convert), sys.call()))
}

py_run_file <- function(file, local = FALSE, convert = TRUE, prepend_path = TRUE) {
  file <- path.expand(file)
  code <- paste(readLines(file, warn = FALSE, encoding = "UTF-8"), collapse = "\n")
  invisible(.ask("run", list(code, file, local, convert), sys.call()))
}

# Make the variables of a Python file variables of an R environment.
source_python <- function(file, envir = parent.frame(), convert = TRUE) {
  variables <- py_run_file(file, convert = convert)
  if (is.null(envir)) return(invisible())
  for (name in names(variables)) {
    if (!startsWith(name, "_")) assign(name, variables[[name]], envir = envir)
  }
  invisible()
}

py_eval <- function(code, convert = TRUE) .ask("evaluate", list(code, convert), sys.call())

py_module_available <- function(module) .ask("module_available", list(module), sys.call())

py_help <- function(object) {
  cat(.py_call("pydoc.render_doc", list(object, renderer = .py_object("pydoc.plaintext"))),
      "\n", sep = "")
  invisible()
}

# A Python class with methods written in R, whose first argument is `self`.
PyClass <- function(classname, defs = list(), inherit = NULL) {
  .py_class(classname, if (is.null(inherit)) list() else inherit, members = defs)
}
