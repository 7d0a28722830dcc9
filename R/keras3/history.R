# The record of a training: plain R data that print, become data frames and plots, and
# survive saveRDS().

# What is not the same for each epoch is kept beside the record: after which epochs the
# validation metrics were taken.
.as_history <- function(record, validation_freq = NULL) {
  record$metrics <- lapply(record$metrics, function(values) {
    if (is.list(values) && all(lengths(values) == 1L)) unlist(values) else values
  })
  history <- structure(record, class = "keras_training_history")
  if (!is.null(validation_freq) && !identical(as.numeric(validation_freq), 1)) {
    attr(history, "validation_freq") <- validation_freq
  }
  history
}

.method("print", "keras_training_history", function(x, ...) {
  last <- vapply(x$metrics, function(values) {
    if (!length(values)) return("NA")
    format(utils::tail(unlist(values), 1L), digits = 4L, scientific = FALSE, big.mark = ",")
  }, "")
  samples <- x$params$samples
  if (!is.null(samples)) {
    batch <- x$params$batch_size
    cat("\nTrained on ", prettyNum(samples, big.mark = ","), " samples",
        if (!is.null(batch)) paste0(" (batch_size=", batch, ", epochs=", x$params$epochs, ")"),
        sep = "")
  }
  cat("\nFinal epoch (plot to see history):\n")
  labels <- format(names(last), justify = "right")
  cat(paste0(labels, ": ", last, collapse = "\n"), "\n")
  invisible(x)
})

# Long form: series by series, as the metrics are named; NA where an epoch has no value.
.history_frame <- function(x, ...) {
  metrics <- x$metrics
  epochs <- max(x$params$epochs, lengths(metrics), 0L)
  is_validation <- startsWith(names(metrics), "val_")
  names <- sub("^val_", "", names(metrics))
  placed <- lapply(seq_along(metrics), function(i) {
    values <- rep(NA_real_, epochs)
    at <- .epochs_of(x, i, is_validation[i])
    values[at] <- as.numeric(unlist(metrics[[i]]))[seq_along(at)]
    values
  })
  data.frame(
    epoch = rep(seq_len(epochs), length(names)),
    value = as.numeric(unlist(placed)),
    metric = factor(rep(names, each = epochs), levels = unique(names)),
    data = factor(rep(ifelse(is_validation, "validation", "training"), each = epochs),
                  levels = c("training", "validation")))
}
.method("as.data.frame", "keras_training_history", .history_frame)

.epochs_of <- function(x, i, is_validation) {
  n <- length(unlist(x$metrics[[i]]))
  every <- attr(x, "validation_freq")
  if (!is_validation || is.null(every)) return(seq_len(n))
  run <- seq_len(max(lengths(x$metrics)))
  due <- if (length(every) == 1L) run[run %% every == 0L] else intersect(run, every)
  if (length(due) == n) due else seq_len(n)
}

.method("plot", "keras_training_history", function(
    x, y, metrics = NULL, method = c("auto", "ggplot2", "base"),
    smooth = getOption("keras.plot.history.smooth", TRUE),
    theme_bw = getOption("keras.plot.history.theme_bw", FALSE), ...) {
  method <- match.arg(method)
  if (method == "auto") {
    method <- if (requireNamespace("ggplot2", quietly = TRUE)) "ggplot2" else "base"
  }
  frame <- .history_frame(x)
  if (!is.null(metrics)) {
    unknown <- setdiff(metrics, levels(frame$metric))
    if (length(unknown)) {
      stop("`metrics` must be among ", paste(levels(frame$metric), collapse = ", "),
           "; received ", paste(unknown, collapse = ", "))
    }
    frame <- frame[frame$metric %in% metrics, ]
  }
  if (method == "ggplot2") .ggplot_history(frame, smooth, theme_bw)
  else .base_history(frame, smooth)
})

.ggplot_history <- function(frame, smooth, theme_bw) {
  # Aesthetics by name: the variables are columns.
  columns <- list(x = quote(epoch), y = quote(value))
  validated <- "validation" %in% frame$data
  if (validated) columns <- c(columns, list(colour = quote(data), fill = quote(data)))
  # In black and white, lines and shapes tell the two apart.
  if (validated && theme_bw) {
    columns <- c(columns, list(linetype = quote(data), shape = quote(data)))
  }
  epochs <- max(frame$epoch, 1L)
  plot <- ggplot2::ggplot(frame, do.call(ggplot2::aes, columns))
  fitted <- list(se = FALSE, method = "loess", formula = y ~ x, na.rm = TRUE)
  if (theme_bw) {
    fitted <- c(fitted, list(linewidth = 0.5, colour = "gray47"))
    plot <- plot + ggplot2::theme_bw() + ggplot2::scale_shape(solid = FALSE) +
      ggplot2::geom_point(colour = 1, size = 2, na.rm = TRUE)
  } else plot <- plot + ggplot2::geom_point(shape = 21, colour = 1, na.rm = TRUE)
  if (smooth && epochs >= 10L) plot <- plot + do.call(ggplot2::geom_smooth, fitted)
  whole <- function(limits) unique(as.integer(pretty(c(1, limits[2L]))))
  plot + ggplot2::facet_grid(metric ~ ., switch = "y", scales = "free_y") +
    ggplot2::scale_x_continuous(breaks = whole) +
    ggplot2::theme(axis.title.y = ggplot2::element_blank(), strip.placement = "outside",
                   strip.text = ggplot2::element_text(colour = "black", size = 11),
                   strip.background = ggplot2::element_rect(fill = NA, colour = NA))
}

.base_history <- function(frame, smooth) {
  metrics <- levels(droplevels(frame$metric))
  colours <- c(training = "#1f77b4", validation = "#ff7f0e")
  kept <- graphics::par(no.readonly = TRUE)
  on.exit(graphics::par(kept))
  graphics::par(mfrow = c(length(metrics), 1L), mar = c(3, 4, 1, 1))
  for (metric in metrics) {
    one <- frame[frame$metric == metric & !is.na(frame$value), ]
    graphics::plot(one$epoch, one$value, xlab = "epoch", ylab = metric, pch = 21,
                   col = colours[as.character(one$data)], xlim = range(frame$epoch))
    for (kind in unique(as.character(one$data))) {
      part <- one[one$data == kind, ]
      if (smooth && nrow(part) >= 10L) {
        graphics::lines(stats::lowess(part$epoch, part$value), col = colours[kind])
      } else graphics::lines(part$epoch, part$value, col = colours[kind])
    }
    if ("validation" %in% one$data) {
      graphics::legend("topright", names(colours), col = colours, pch = 21, bty = "n")
    }
  }
  invisible(NULL)
}
