# Run once by Python when R has started: write the skeleton packages, put their library
# where it is found first, load them, and return the namespace of "rkeras".
#
# entry     the native routine that leads into Python
# packages  list(name, version, title, imports, files) for each package; `imports` and
#           `files` begin with "" so that they are character vectors also when empty
function(entry, packages) {
  library_dir <- tempfile("rkeras-library-")
  dir.create(library_dir)
  built <- sprintf("R %s; ; %s; unix", getRversion(), format(Sys.time(), tz = "UTC"))

  # Where several export a name the last is meant; R would say so in a warning.
  import_lines <- function(imports) {
    lines <- taken <- character()
    for (name in rev(imports)) {
      exports <- getNamespaceExports(name)
      except <- deparse1(intersect(exports, taken))
      lines <- c(sprintf("import(%s, except = %s)", name, except), lines)
      taken <- c(taken, exports)
    }
    lines
  }

  write_skeleton <- function(package) {
    dir <- file.path(library_dir, package$name)
    for (sub in c("", "Meta", "R")) dir.create(file.path(dir, sub), showWarnings = FALSE)
    description <- c(
      Package = package$name, Version = package$version, Title = package$title,
      Description = "Stands in for the R package of this name while R runs in Python.",
      License = "MIT + file LICENSE", Date = format(Sys.Date()),
      `Authors@R` = "person('The rkeras_port developers', role = c('aut', 'cre'))",
      Author = "The rkeras_port developers",
      Maintainer = "The rkeras_port developers <rkeras-port@users.noreply.github.com>",
      Built = built, Packaged = format(Sys.time()))
    write.dcf(as.list(description), file.path(dir, "DESCRIPTION"))
    saveRDS(
      structure(class = "packageDescription2", list(
        DESCRIPTION = description,
        Built = list(R = getRversion(), Platform = "", Date = format(Sys.time()),
                     OStype = "unix"),
        Rdepends = list(), Rdepends2 = list(), Depends = list(), Suggests = list(),
        Imports = list(), LinkingTo = list())),
      file.path(dir, "Meta", "package.rds"), version = 2L)
    exports <- if (package$name == "rkeras") "." else "^([^.]|[.]$)"
    writeLines(
      c(sprintf("exportPattern(\"%s\")", exports), import_lines(package$imports[-1L])),
      file.path(dir, "NAMESPACE"))
    # In an R of its own, such as a parallel worker, there is no Python to call.
    writeLines(
      c("if (is.null(getOption(\"rkeras.sources\"))) {",
        "  .onLoad <- function(...) stop(\"Keras lives in the Python process that \",",
        "    \"runs R; it cannot be loaded in another R process. Do the Keras work \",",
        "    \"in the main process and send plain R values to the workers.\",",
        "    call. = FALSE)",
        "} else {",
        "  for (.file in getOption(\"rkeras.sources\")[[.packageName]]) {",
        "    sys.source(.file, environment(), keep.source = FALSE)",
        "  }",
        "  rm(.file)",
        "}"),
      file.path(dir, "R", package$name))
    package$files[-1L]
  }

  options(rkeras.entry = entry)
  .libPaths(c(library_dir, .libPaths()))
  # .libPaths(x) of the user keeps what is in .Library.site.
  unlockBinding(".Library.site", baseenv())
  assign(".Library.site", c(.Library.site, library_dir), envir = baseenv())
  lockBinding(".Library.site", baseenv())

  for (package in packages) {
    files <- write_skeleton(package)
    sources <- c(getOption("rkeras.sources"), structure(list(files), names = package$name))
    options(rkeras.sources = sources)
    loadNamespace(package$name, lib.loc = library_dir)
  }
  asNamespace("rkeras")
}
