# Training runs: scripts that are run with a folder of their own, and the folders' table.
# What is in a folder is told in rkeras_port/tfruns.py.

.active <- new.env(parent = emptyenv())

.tfruns <- function(name, ...) {
  .py_call(paste0("rkeras_port.tfruns.", name), list(...), call = sys.call(-2L))
}

.runs_dir <- function() getOption("tfruns.runs_dir", "runs")

is_run_active <- function() !is.null(.active$dir) || nzchar(Sys.getenv("RUN_DIR"))

run_dir <- function() {
  if (!is.null(.active$dir)) return(.active$dir)
  given <- Sys.getenv("RUN_DIR")
  if (nzchar(given)) given else getwd()
}

unique_run_dir <- function(runs_dir = getOption("tfruns.runs_dir", "runs"), seconds_scale = 0) {
  .tfruns("unique_run_dir", runs_dir)
}

training_run <- function(file = "train.R", context = "local",
                         config = Sys.getenv("R_CONFIG_ACTIVE", unset = "default"),
                         flags = NULL, properties = NULL, run_dir = NULL,
                         artifacts_dir = getwd(), echo = TRUE, view = "auto",
                         envir = parent.frame(), encoding = getOption("encoding")) {
  if (!file.exists(file)) {
    stop("training_run(): the script '", file, "' does not exist; the working directory is ",
         getwd(), call. = FALSE)
  }
  if (!is.null(.active$dir)) stop("training_run(): a run is active already, in ", .active$dir, call. = FALSE)
  if (is.null(run_dir)) run_dir <- unique_run_dir()
  started <- as.numeric(Sys.time()) - 1
  run <- .tfruns("begin", run_dir, file, context, if (length(properties)) .named(properties))
  .active$dir <- run_dir
  .active$run <- run
  .active$flags <- flags
  .active$config <- config
  ended <- FALSE
  end <- function(error = NULL) {
    ended <<- TRUE
    .active$dir <- .active$run <- .active$flags <- .active$config <- NULL
    if (!is.null(artifacts_dir)) {
      .tfruns("keep_artifacts", run_dir, artifacts_dir, started, dirname(run_dir))
    }
    .py_method(run, "finish", if (is.null(error)) list() else list(error))
  }
  # Also when the script is interrupted.
  on.exit(if (!ended) end("interrupted"))
  message("Using run directory ", run_dir)
  tryCatch(
    source(file, local = envir, echo = echo, encoding = encoding),
    error = function(cond) {
      end(conditionMessage(cond))
      stop(cond)
    })
  end()
  cat("\nRun completed: ", run_dir, "\n\n", sep = "")
  if (isTRUE(view)) view_run(run_dir)
  invisible(run_info(run_dir))
}

tuning_run <- function(file = "train.R", context = "local",
                       config = Sys.getenv("R_CONFIG_ACTIVE", unset = "default"),
                       flags = NULL, sample = NULL, properties = NULL,
                       runs_dir = getOption("tfruns.runs_dir", "runs"),
                       artifacts_dir = getwd(), echo = TRUE, confirm = interactive(),
                       envir = parent.frame(), encoding = getOption("encoding")) {
  if (is.null(names(flags)) || any(!nzchar(names(flags)))) {
    stop("tuning_run(): `flags` must be a list of named vectors, or a data frame", call. = FALSE)
  }
  grid <- if (is.data.frame(flags)) flags else {
    expand.grid(flags, stringsAsFactors = FALSE, KEEP.OUT.ATTRS = FALSE)
  }
  total <- nrow(grid)
  if (!is.null(sample)) {
    if (!is.numeric(sample) || sample <= 0 || sample > 1) {
      stop("tuning_run(): `sample` must be above 0 and at most 1", call. = FALSE)
    }
    grid <- grid[base::sample(total, ceiling(total * sample)), , drop = FALSE]
  }
  message(nrow(grid), " of ", total, " combinations of flags to run")
  if (confirm && !tolower(readline("Proceed? [Y/n]: ")) %in% c("", "y", "yes")) return(invisible())
  done <- character()
  for (i in seq_len(nrow(grid))) {
    chosen <- as.list(grid[i, , drop = FALSE])
    message("\nTraining run ", i, "/", nrow(grid), " (flags = ", deparse1(chosen), ")")
    dir <- unique_run_dir(runs_dir)
    done <- c(done, dir)
    training_run(file, context, config, chosen, properties, dir, artifacts_dir, echo,
                 view = FALSE, envir = new.env(parent = envir), encoding = encoding)
  }
  runs <- ls_runs(runs_dir = runs_dir)
  invisible(runs[runs$run_dir %in% done, , drop = FALSE])
}

write_run_metadata <- function(type, data, run_dir = NULL) {
  if (is.null(run_dir) && !is_run_active()) return(invisible())
  folder <- .tfruns("RunFolder", if (is.null(run_dir)) tfruns::run_dir() else run_dir)
  .py_method(folder, "write", list(type, .named(as.list(data))))
  invisible()
}

# The table -----------------------------------------------------------------------------

ls_runs <- function(subset = NULL, order = "start", decreasing = TRUE,
                    runs_dir = getOption("tfruns.runs_dir", "runs"), latest_n = NULL) {
  runs <- as.data.frame(.tfruns("ls_runs", runs_dir))
  if (!nrow(runs)) {
    message("No training runs found in ", runs_dir)
    return(invisible(runs))
  }
  if ("start" %in% names(runs)) {
    for (name in intersect(c("start", "end"), names(runs))) {
      runs[[name]] <- as.POSIXct(runs[[name]], origin = "1970-01-01", tz = "GMT")
    }
  }
  condition <- substitute(subset)
  if (!is.null(condition)) {
    chosen <- eval(condition, runs, parent.frame())
    runs <- runs[chosen & !is.na(chosen), , drop = FALSE]
  }
  by <- substitute(order)
  by <- if (is.character(by)) by else if (is.name(by) && as.character(by) %in% names(runs)) {
    as.character(by)
  } else eval(by, parent.frame())
  unknown <- setdiff(by, names(runs))
  if (length(unknown)) {
    stop("ls_runs(): `order` must name columns; there is no ", paste(unknown, collapse = ", "),
         call. = FALSE)
  }
  runs <- runs[do.call(base::order, c(unname(as.list(runs[by])), list(decreasing = decreasing))), , drop = FALSE]
  rownames(runs) <- NULL
  if (is.null(latest_n)) runs else utils::head(runs, latest_n)
}

run_info <- function(run_dir) {
  if (is.data.frame(run_dir)) run_dir <- run_dir$run_dir
  infos <- lapply(run_dir, function(dir) {
    info <- .tfruns("run_info", .existing_run(dir))
    if (!is.null(info$metrics)) {
      info$metrics <- as.data.frame(lapply(info$metrics, unlist), check.names = FALSE)
    }
    structure(info, class = "run_info")
  })
  if (length(infos) == 1L) infos[[1L]] else infos
}

.method("print", "run_info", function(x, ...) {
  utils::str(unclass(x), no.list = TRUE, comp.str = "$ ", give.attr = FALSE)
  invisible(x)
})

# A run by its folder, or by the folder's name among the runs.
.existing_run <- function(dir) {
  if (dir.exists(dir)) dir else file.path(.runs_dir(), dir)
}

latest_runs <- function(runs_dir = getOption("tfruns.runs_dir", "runs"), n = 1) {
  utils::head(unlist(.tfruns("run_dirs", runs_dir)), n)
}

latest_run <- function(runs_dir = getOption("tfruns.runs_dir", "runs")) {
  dirs <- latest_runs(runs_dir)
  if (length(dirs)) run_info(dirs)
}

# Pages ---------------------------------------------------------------------------------

.run_dirs_of <- function(runs) {
  if (is.data.frame(runs)) return(as.list(runs$run_dir))
  if (inherits(runs, "run_info")) return(list(runs$run_dir))
  lapply(runs, .existing_run)
}

.page <- function(runs, file, viewer) {
  runs <- .run_dirs_of(runs)
  if (!length(runs)) stop("there is no training run to show", call. = FALSE)
  page <- .tfruns("view", runs, file)
  if (is.function(viewer)) viewer(page) else if (interactive()) utils::browseURL(page)
  invisible(page)
}

view_run <- function(run_dir = latest_run(), viewer = getOption("page_viewer")) {
  .page(run_dir, tempfile("run-", fileext = ".html"), viewer)
}

compare_runs <- function(runs = ls_runs(latest_n = 2), viewer = getOption("page_viewer")) {
  .page(runs, tempfile("runs-", fileext = ".html"), viewer)
}

save_run_view <- function(run_dir = latest_run(), filename = "auto") {
  if (identical(filename, "auto")) {
    filename <- file.path(.run_dirs_of(run_dir)[[1L]], "tfruns.d", "view.html")
  }
  .page(run_dir, filename, function(page) NULL)
}

save_run_comparison <- function(runs = ls_runs(latest_n = 2), filename = "auto") {
  if (identical(filename, "auto")) filename <- "comparison.html"
  .page(runs, filename, function(page) NULL)
}

view_run_metrics <- function(metrics) invisible(metrics)
update_run_metrics <- function(viewer, metrics) invisible(metrics)

# Tidying -------------------------------------------------------------------------------

copy_run <- function(run_dir, to = ".", rename = NULL) {
  dirs <- unlist(.run_dirs_of(run_dir))
  invisible(vapply(dirs, function(dir) .tfruns("copy_run", dir, to, rename), ""))
}

copy_run_files <- function(run_dir, to = ".", rename = NULL) copy_run(run_dir, to, rename)

clean_runs <- function(runs = ls_runs(runs_dir = runs_dir),
                       runs_dir = getOption("tfruns.runs_dir", "runs"),
                       confirm = interactive()) {
  dirs <- .run_dirs_of(runs)
  if (confirm && !.sure("Archive", length(dirs))) return(invisible(FALSE))
  .tfruns("archive_runs", dirs)
  message("Archived ", length(dirs), " run(s) to ", file.path(runs_dir, "archive"))
  invisible(TRUE)
}

purge_runs <- function(runs_dir = getOption("tfruns.runs_dir", "runs"), confirm = interactive()) {
  if (confirm && !.sure("Delete for good", "all archived")) return(invisible(FALSE))
  message("Deleted ", .tfruns("purge_runs", runs_dir), " archived run(s)")
  invisible(TRUE)
}

.sure <- function(what, count) {
  tolower(readline(paste0(what, " ", count, " run(s)? [Y/n]: "))) %in% c("", "y", "yes")
}
