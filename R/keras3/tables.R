# Tables: data sets as data frames, cross-validation, its print, data frames and plot.

# A data frame of what Python read: the features, then the labels as a factor.
.table <- function(parts) {
  frame <- as.data.frame(parts$x)
  names(frame) <- unlist(parts$names)
  frame[[parts$target]] <- factor(unlist(parts$labels), levels = unlist(parts$levels))
  frame
}

dataset_sonar <- function() .table(.py_call("rkeras_port.r.tables.sonar"))

dataset_csv <- function(path, target = NULL, header = TRUE, sep = ",", drop = character()) {
  # Columns are counted from 1 here.
  if (is.numeric(target)) target <- as.integer(target) - 1L
  .table(.py_call("rkeras_port.r.tables.csv",
                  list(path.expand(path), target, header, sep, as.list(drop))))
}

# `model_fn` makes a new compiled model; `formula` says what is told from what.
cross_validate <- function(data, model_fn, formula = NULL, folds = 10L, strata = TRUE,
                           preprocess = NULL, metrics = "accuracy", repeats = 1L, seed = 1L,
                           ...) {
  call <- sys.call()
  if (is.null(formula)) {
    labels <- names(data)[!vapply(data, is.numeric, NA)]
    if (length(labels) != 1L) {
      stop("cross_validate(): `formula` must name the labels, as in Class ~ .", call. = FALSE)
    }
    formula <- stats::reformulate(".", response = as.name(labels))
  }
  if (anyNA(data)) {
    stop("cross_validate(): `data` must not have missing values. Received: ", sum(is.na(data)),
         " missing. Drop those rows, or fill them in, first.", call. = FALSE)
  }
  frame <- stats::model.frame(formula, data)
  truth <- stats::model.response(frame)
  if (!is.factor(truth)) truth <- factor(truth)
  truth <- droplevels(truth)
  x <- stats::model.matrix(formula, frame)
  x <- x[, colnames(x) != "(Intercept)", drop = FALSE]
  fit <- list(...)
  whole <- intersect(names(fit), c("epochs", "batch_size"))
  fit[whole] <- lapply(fit[whole], as.integer)
  result <- .py_call("rkeras_port.r.tables.validate", list(
    model_fn, unname(x), as.integer(truth) - 1L, as.list(levels(truth)), as.integer(folds),
    isTRUE(strata), preprocess, as.list(metrics), as.integer(repeats), .whole(seed),
    .named(fit)), call = call)
  .as_cross_validation(result, levels(truth), all.vars(formula)[1L], truth)
}

.as_cross_validation <- function(result, levels, target, truth) {
  names <- unlist(result$fold)
  folds <- data.frame(fold = names, n_train = unlist(result$n_train),
                      n_test = unlist(result$n_test))
  metrics <- unlist(result$metrics)
  for (metric in metrics) folds[[metric]] <- unlist(result$values[[metric]])
  rows <- unlist(result$row) + 1L
  predictions <- data.frame(
    .row = rows, .fold = unlist(result$row_fold),
    .pred_class = factor(levels[unlist(result$code) + 1L], levels = levels))
  for (i in seq_along(levels)) {
    predictions[[paste0(".pred_", levels[i])]] <- as.numeric(result$probabilities[, i])
  }
  predictions[[target]] <- truth[rows]
  structure(class = "rkeras_cross_validation",
            list(folds = folds, predictions = predictions, metrics = metrics, kind = result$kind))
}

.method("summary", "rkeras_cross_validation", function(object, ...) {
  values <- object$folds[object$metrics]
  deviation <- vapply(values, stats::sd, 0)
  data.frame(metric = object$metrics, mean = vapply(values, mean, 0), std_dev = deviation,
             std_err = deviation / sqrt(nrow(values)), n = nrow(values), row.names = NULL)
})

.method("print", "rkeras_cross_validation", function(x, ...) {
  values <- as.matrix(x$folds[x$metrics])
  table <- rbind(values, colMeans(values), apply(values, 2L, stats::sd))
  rownames(table) <- c(x$folds$fold, "mean", "std. dev.")
  cat("# ", x$kind, "\n", sep = "")
  print(round(table, 4L))
  invisible(x)
})

.method("as.data.frame", "rkeras_cross_validation", function(x, ...) x$folds)

.method("plot", "rkeras_cross_validation", function(x, y, ...) {
  values <- x$folds[x$metrics]
  if (!requireNamespace("ggplot2", quietly = TRUE)) {
    graphics::boxplot(values, ylab = "value on the held-out fold")
    return(invisible(NULL))
  }
  frame <- data.frame(metric = rep(x$metrics, each = nrow(values)), value = unlist(values))
  columns <- list(x = quote(metric), y = quote(value))
  ggplot2::ggplot(frame, do.call(ggplot2::aes, columns)) +
    ggplot2::geom_boxplot(width = 0.4, outlier.shape = NA) +
    ggplot2::geom_jitter(width = 0.08, height = 0, alpha = 0.5) +
    ggplot2::labs(x = NULL, y = "value on the held-out fold")
})
