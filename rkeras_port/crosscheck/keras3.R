# Run an R file under the R packages keras3 and reticulate while it is observed.
#
#   Rscript keras3.R SEED STREAM FILE PACKAGES
#
# Observations go to STREAM, as rkeras_port/crosscheck/child.py writes them. PACKAGES is
# a folder with the Python package rkeras_port, and nothing else.

local({
  args <- commandArgs(trailingOnly = TRUE)
  seed <- as.integer(args[1L])
  file <- args[3L]
  missing <- Filter(function(name) !requireNamespace(name, quietly = TRUE),
                    c("reticulate", "keras3"))
  if (length(missing)) {
    message("This R lacks what the third column needs: ", toString(missing),
            ". In R: install.packages(\"keras3\")")
    quit(status = 3L)
  }
  # Keras is chosen, and with it Python, before the recorder is loaded into it.
  keras3::use_backend(Sys.getenv("KERAS_BACKEND", "tensorflow"))
  reticulate::import("sys")$path$insert(0L, args[4L])
  observer <- reticulate::import("rkeras_port.crosscheck.guest")
  guest <- observer$Guest(seed, args[2L], as.character(getRversion()))
  # What the door's keras3 exports and the real one does not have.
  assign("observe", function(name, value) {
    guest$observe(name, value)
    invisible(value)
  }, envir = globalenv())
  set.seed(seed)
  failed <- FALSE
  tryCatch(
    if (grepl("[.]rmd$", file, ignore.case = TRUE)) {
      knitr::opts_knit$set(root.dir = dirname(file))
      knitr::knit(file, tempfile(fileext = ".md"), envir = globalenv(), quiet = TRUE)
    } else {
      source(file, local = globalenv(), echo = FALSE)
    },
    error = function(cond) {
      failed <<- TRUE
      guest$failed(conditionMessage(cond))
    },
    finally = guest$close())
  quit(status = as.integer(failed))
})
