# A training's record: printed, as a data frame, plotted; the session's seed.
library(keras)
use_session_with_seed(42, quiet = TRUE)

x <- matrix(runif(90), 30)
y <- rowSums(x)
train <- function() {
  use_session_with_seed(42, quiet = TRUE)
  model <- keras_model_sequential() %>%
    layer_dense(3, input_shape = 3, kernel_regularizer = regularizer_l2(l = 0.001)) %>%
    layer_activation_leaky_relu(alpha = 0.1) %>%
    layer_dense(1, kernel_constraint = constraint_maxnorm(max_value = 2, axis = 0))
  model %>% compile(optimizer_sgd(lr = 0.05, momentum = 0.9, decay = 1e-3, nesterov = TRUE),
                    loss = "mse", metrics = c("mae", "mean_squared_logarithmic_error"))
  model %>% fit(x, y, validation_split = 0.3, verbose = 0, view_metrics = FALSE)
}
history <- train()
again <- train()
text <- utils::capture.output(print(history))
frame <- as.data.frame(history)
picture <- tempfile(fileext = ".png")
grDevices::png(picture)
print(plot(history))
invisible(grDevices::dev.off())
stopifnot(
  identical(history$metrics, again$metrics),
  identical(names(history$metrics)[1:2], c("loss", "mae")),
  any(grepl("val_mae", text)),
  identical(levels(frame$data), c("training", "validation")),
  max(frame$epoch) == 10,
  file.size(picture) > 0
)
