# House prices of a kind: scaled columns, k-fold validation, a metric of k_ functions.
library(keras)

set.seed(21)
train_data <- matrix(rnorm(80 * 4, mean = 10, sd = 3), 80)
train_targets <- as.vector(train_data %*% c(1, -2, 0.5, 0) / 3 + 20)
mean <- apply(train_data, 2, mean)
std <- apply(train_data, 2, sd)
train_data <- scale(train_data, center = mean, scale = std)

metric_rmse <- custom_metric("rmse", function(y_true, y_pred) {
  k_sqrt(k_mean(k_square(y_true - y_pred)))
})
build_model <- function() {
  model <- keras_model_sequential() %>%
    layer_dense(units = 8, activation = "relu", input_shape = dim(train_data)[[2]]) %>%
    layer_dense(units = 1)
  model %>% compile(optimizer = optimizer_rmsprop(lr = 0.05), loss = "mse",
                    metrics = list("mae", metric_rmse))
  model
}

k <- 2
folds <- cut(seq_len(nrow(train_data)), breaks = k, labels = FALSE)
all_scores <- c()
for (i in 1:k) {
  val_indices <- which(folds == i)
  model <- build_model()
  model %>% fit(train_data[-val_indices, ], train_targets[-val_indices],
                epochs = 30, batch_size = 8, verbose = 0)
  results <- model %>% evaluate(train_data[val_indices, ], train_targets[val_indices],
                                verbose = 0, batch_size = 40)
  all_scores <- c(all_scores, results["mae"])
}
predicted <- model %>% predict(train_data[val_indices, ], verbose = 0)
error <- train_targets[val_indices] - as.vector(predicted)
stopifnot(
  identical(names(results), c("loss", "mae", "rmse")),
  length(all_scores) == k,
  abs(results[["rmse"]] - sqrt(mean(error^2))) < 1e-3,
  abs(results[["mae"]] - mean(abs(error))) < 1e-3,
  abs(results[["loss"]] - mean(error^2)) < 1e-2
)
