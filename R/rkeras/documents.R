# Scripts and R Markdown documents, run to their end for rkeras_port/r/documents.py.

# Run a script as Rscript does. Plots go to `plots`, the arguments, which follow a first
# "", to commandArgs().
.run_script <- function(code, file, args, plots) {
  args <- args[-1L]
  original <- commandArgs
  .replace("base", "commandArgs", function(trailingOnly = FALSE) {
    if (trailingOnly) args else c("R", paste0("--file=", file), "--args", args)
  })
  devices <- grDevices::dev.list()
  settings <- options(device = function(...) grDevices::pdf(plots, ...))
  on.exit({
    # A picture is in its file once its device is closed.
    for (device in setdiff(grDevices::dev.list(), devices)) grDevices::dev.off(device)
    options(settings)
    .replace("base", "commandArgs", original)
  })
  .run_code(code, file)
}

# What a document needs and does not find here: some of "knitr", "rmarkdown", "pandoc".
.missing_for_documents <- function() {
  found <- vapply(c("knitr", "rmarkdown"), requireNamespace, NA, quietly = TRUE)
  missing <- names(found)[!found]
  if (!found[["rmarkdown"]] || rmarkdown::pandoc_available("1.12.3")) return(as.list(missing))
  as.list(c(missing, "pandoc"))
}

# Write a document's HTML, with everything in it, to a folder; return its path. `source` is
# where the document is read, which is `file` or leads to it.
.render <- function(file, source, folder) {
  format <- rmarkdown::default_output_format(source)$name
  if (!grepl("html|slidy|ioslides|dashboard", format)) format <- "html_document"
  .knitting(file, rmarkdown::render(
    source, format, output_dir = folder, intermediates_dir = folder,
    knit_root_dir = dirname(file), output_options = list(self_contained = TRUE),
    envir = globalenv(), quiet = TRUE))
}

# Write a document as Markdown, with its pictures beside it, to a folder.
.knit <- function(file, source, folder) {
  stem <- tools::file_path_sans_ext(basename(source))
  settings <- knitr::opts_knit$get(c("root.dir", "base.dir"))
  figures <- knitr::opts_chunk$get(c("dev", "fig.path"))
  hooks <- knitr::knit_hooks$get()
  knitr::render_markdown()
  knitr::opts_knit$set(root.dir = dirname(file), base.dir = folder)
  knitr::opts_chunk$set(dev = "png", fig.path = paste0(stem, "_files/"))
  on.exit({
    knitr::opts_knit$set(settings)
    knitr::opts_chunk$set(figures)
    knitr::knit_hooks$set(hooks)
  })
  output <- file.path(folder, paste0(stem, ".md"))
  .knitting(file, knitr::knit(source, output, envir = globalenv(), quiet = TRUE))
}

# Evaluate `expr`, which knits a file, and have errors say where in the file they arose.
.knitting <- function(file, expr) {
  .state$chunk_line <- NULL
  at <- NULL     # Line of the expression that runs, counted in its chunk, if in one.
  range <- NULL  # First and last line, in the file, of what knitr had to give up.
  original <- knitr::knit_hooks$get("evaluate")
  knitr::knit_hooks$set(evaluate = function(code, ..., output_handler) {
    at <<- NA
    next_line <- 1L
    show <- output_handler$source
    output_handler$source <- function(src, ...) {
      at <<- next_line
      next_line <<- next_line + length(strsplit(src$src, "\n")[[1L]])
      show(src, ...)
    }
    value <- original(code, ..., output_handler = output_handler)
    at <<- NULL
    value
  })
  # Left to R, warnings that no chunk shows would be given when the process ends.
  held <- list()
  outside <- .state$running
  .state$running <- function() .file_line(file, .line_in_document(file, at))
  on.exit({
    .state$running <- outside
    knitr::knit_hooks$set(evaluate = original)
    .give_warnings(held)
  })
  withCallingHandlers(
    .in_empty_global(expr),
    warning = function(cond) {
      held[[length(held) + 1L]] <<- cond
      tryInvokeRestart("muffleWarning")
    },
    message = function(cond) {
      text <- conditionMessage(cond)
      if (!grepl("^\\s*Quitting from ", text)) return()
      range <<- as.integer(regmatches(text, regexec("(\\d+)-(\\d+)", text))[[1L]][-1L])
      invokeRestart("muffleMessage")
    },
    error = function(cond) {
      # The engine of another language knows its line itself.
      line <- if (is.null(at)) .state$chunk_line else at
      .state$place <- .place_in_document(file, range, line)
      # At the top of a chunk the call is knitr's own.
      call <- conditionCall(cond)
      if (is.call(call) && identical(call[[1L]], quote(eval))) {
        stop(.set_element(cond, "call", NULL))
      }
    })
}

# The line of the file on which a chunk's line `at` stands, NULL if there is no telling.
.line_in_document <- function(file, at) {
  if (is.null(at) || is.na(at)) return(NULL)
  begins <- grep(knitr::all_patterns$md$chunk.begin, readLines(file, warn = FALSE))
  labels <- knitr::all_labels()
  if (length(begins) != length(labels)) return(NULL)
  begins[match(knitr::opts_current$get("label"), labels)] + at
}

.place_in_document <- function(file, range, at) {
  chunk <- NULL
  if (!is.null(at)) {
    options <- knitr::opts_current$get(c("label", "code"))
    chunk <- paste0("chunk '", options$label, "'")
    # The chunk's code ends on the line before its last one.
    if (!is.na(at)) range <- range[2L] - 1L - length(options$code) + at
  }
  line <- if (length(range)) paste("line", paste(unique(range), collapse = "-"))
  toString(c(basename(file), chunk, line))
}

# Evaluate `expr` while the global environment holds nothing, then put back what it had.
# Documents run in the global environment itself, where R finds the S3 methods that they
# define.
.in_empty_global <- function(expr) {
  kept <- as.list(globalenv(), all.names = TRUE)
  empty <- function() rm(list = ls(globalenv(), all.names = TRUE), envir = globalenv())
  empty()
  on.exit({
    empty()
    list2env(kept, globalenv())
  })
  expr
}
