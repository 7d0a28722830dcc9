# Chunks of Python in documents: what knitr calls for ```{python}.

eng_python <- function(options) {
  code <- paste(options$code, collapse = "\n")
  if (isFALSE(options$eval)) return(knitr::engine_output(options, code, ""))
  .state$chunk_line <- NULL
  env <- knitr::knit_global()
  variables <- .py_call("rkeras_port.r.python_chunks.Variables", list(
    function(name) get(name, envir = env),
    function(name, value) {
      assign(name, value, envir = env)
      NULL
    }))
  # Where the document looks for a picture, by where it is.
  pictures <- list()
  picture <- function() {
    path <- knitr::fig_path(".png", options, length(pictures) + 1L)
    folder <- knitr::opts_knit$get("base.dir")
    file <- if (is.null(folder)) path else file.path(folder, path)
    dir.create(dirname(file), recursive = TRUE, showWarnings = FALSE)
    pictures[[file]] <<- path
    file
  }
  size <- list(options$fig.width, options$fig.height, options$dpi)
  out <- list()
  add <- function(item) out[[length(out) + 1L]] <<- item
  # Told by line, or, where the chunk asks for it, shown where it arose.
  failed <- function(cond) {
    if (isTRUE(options$error) || identical(options$error, 0L)) {
      add(simpleError(conditionMessage(cond)))
      return(TRUE)
    }
    .state$chunk_line <- .py_call("rkeras_port.r.python_chunks.line_of", list(cond))
    stop(.set_element(cond, "call", NULL))
  }
  chunk <- tryCatch(
    .py_call("rkeras_port.r.python_chunks.Chunk", list(code, options$label, variables)),
    error = function(cond) {
      add(structure(list(src = code), class = "source"))
      failed(cond)
      NULL
    })
  if (is.null(chunk)) return(knitr::engine_output(options, out = out))
  sources <- as.list(chunk$sources)
  for (i in seq_along(sources)) {
    add(structure(list(src = sources[[i]]), class = "source"))
    drawn <- list()
    bad <- FALSE
    text <- utils::capture.output(bad <- tryCatch(
      {
        drawn <- .py_method(chunk, "run", list(i - 1L, picture, size))
        FALSE
      },
      error = identity))
    if (length(text)) add(paste0(text, "\n", collapse = ""))
    if (inherits(bad, "error") && failed(bad)) break
    for (file in unlist(drawn)) {
      add(knitr::include_graphics(pictures[[file]], error = FALSE, rel_path = FALSE))
    }
  }
  knitr::engine_output(options, out = out)
}
