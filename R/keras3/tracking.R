# Runs that are tracked by MLflow, and grids of experiments.
#
#   with(tracked_run("imdb"), {
#     history <- model |> fit(x, y, epochs = 20)
#     model |> evaluate(x_test, y_test)
#   })

tracked_run <- function(name = NULL, ..., experiment = "rkeras", tracking_uri = NULL,
                        params = NULL, tags = NULL, source = NULL, log_model = TRUE,
                        log_pictures = TRUE) {
  args <- .supplied(1L)
  if (is.null(source)) args$source <- .script()
  for (one in intersect(c("params", "tags"), names(args))) args[[one]] <- .named(as.list(args[[one]]))
  .py_call("rkeras_port.tracking.tracked_run", args)
}

# The script that `rkeras run` runs.
.script <- function() {
  given <- grep("^--file=", commandArgs(), value = TRUE)
  if (length(given)) sub("^--file=", "", given[1L])
}

callback_mlflow <- function(name = NULL, ..., experiment = "rkeras", tracking_uri = NULL,
                            log_model = TRUE, log_pictures = TRUE) {
  .py_call("rkeras_port.tracking.callback_mlflow", .supplied(1L))
}

load_tracked_model <- function(run_id, tracking_uri = NULL) {
  .py_call("rkeras_port.tracking.load_tracked_model", .supplied(1L))
}

sync_runs <- function(tracking_uri = NULL, store = NULL, run_id = NULL) {
  .py_call("rkeras_port.tracking.sync_runs", .supplied(1L))
}

# Train a network for each row of a data frame (expand.grid() makes one of vectors), and
# compare them: as.data.frame() is the table, plot() the small multiples.
experiments <- function(grid, x, y, ..., validation_data = NULL, validation_split = 0,
                        test_data = NULL, build = NULL, epochs = 20L, batch_size = 512L,
                        early_stopping = NULL, seed = 1L, name = "experiments",
                        tracking_uri = NULL, resume = TRUE, n_jobs = 1L, backend = NULL,
                        log_model = FALSE, log_pictures = FALSE, progress = TRUE) {
  args <- .supplied(1L)
  args$grid <- NULL
  if (is.function(build)) args$build_code <- paste(deparse(build), collapse = "\n")
  grid[vapply(grid, is.factor, NA)] <- lapply(grid[vapply(grid, is.factor, NA)], as.character)
  .ask("experiments", list(grid, .named(args), isTRUE(getOption("rkeras.sparse", TRUE))), sys.call())
}

.experiments_class <- "rkeras_port.trials.outcome.Experiments"

.method("as.data.frame", .experiments_class, function(x, ...) {
  as.data.frame(.ask("get_attr", list(x, "table"), sys.call()))
})

.method("plot", .experiments_class, function(x, metric = "loss", columns = 3L, ...,
                                             file = NULL) {
  figure <- .py_method(x, "plot", list(metric, as.integer(columns)))
  path <- if (is.null(file)) tempfile(fileext = ".png") else file
  .py_method(figure, "save", list(path, dpi = 120L, verbose = FALSE))
  if (is.null(file)) {
    if (isTRUE(getOption("knitr.in.progress"))) return(knitr::include_graphics(path))
    message("The plot is in ", path)
  }
  invisible(path)
})
