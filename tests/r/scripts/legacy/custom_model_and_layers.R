# Models and layers of one's own, as they were written before Layer() and Model().
library(keras)

keras_model_simple_mlp <- function(num_classes, use_bn = FALSE, name = NULL) {
  keras_model_custom(name = name, function(self) {
    self$dense1 <- layer_dense(units = 8, activation = "relu")
    self$dense2 <- layer_dense(units = num_classes, activation = "softmax")
    if (use_bn) self$bn <- layer_batch_normalization(axis = -1)
    function(inputs, mask = NULL, training = FALSE) {
      x <- self$dense1(inputs)
      if (use_bn) x <- self$bn(x)
      self$dense2(x)
    }
  })
}
set.seed(4)
x <- matrix(rnorm(120), 30)
label <- as.integer(x[, 1] > 0)
model <- keras_model_simple_mlp(2, use_bn = TRUE, name = "simple_mlp")
model %>% compile(loss = "sparse_categorical_crossentropy", optimizer = "rmsprop",
                  metrics = c("accuracy"))
history <- model %>% fit(x, label, epochs = 2, batch_size = 10, verbose = 0)

CustomLayer <- R6::R6Class("CustomLayer",
  inherit = KerasLayer,
  public = list(
    name = "a field of our own",
    output_dim = NULL,
    kernel = NULL,
    initialize = function(output_dim) self$output_dim <- output_dim,
    build = function(input_shape) {
      self$kernel <- self$add_weight(
        name = "kernel",
        shape = list(input_shape[[2]], self$output_dim),
        initializer = initializer_random_normal(),
        trainable = TRUE
      )
    },
    call = function(x, mask = NULL) k_dot(x, self$kernel),
    compute_output_shape = function(input_shape) list(input_shape[[1]], self$output_dim)
  )
)
layer_custom <- function(object, output_dim, name = NULL, trainable = TRUE) {
  create_layer(CustomLayer, object, list(
    output_dim = as.integer(output_dim), name = name, trainable = trainable))
}
model2 <- keras_model_sequential()
model2 %>%
  layer_dense(units = 5, input_shape = c(4)) %>%
  layer_custom(output_dim = 3, name = "mine")
model2 %>% compile("sgd", "mse")
before <- get_weights(model2)
model2 %>% fit(x, matrix(0, 30, 3), epochs = 1, verbose = 0)
after <- get_weights(model2)
out <- predict(model2, x, verbose = 0)
stopifnot(
  model$name == "simple_mlp", length(history$metrics$accuracy) == 2,
  identical(dim(predict(model, x, verbose = 0)), c(30L, 2L)),
  identical(unlist(model2$output_shape), 3L),
  model2$layers[[2]]$name == "mine",
  !identical(before[[3]], after[[3]]),
  isTRUE(all.equal(out, (x %*% after[[1]] + rep(after[[2]], each = 30)) %*% after[[3]],
                   tolerance = 1e-5, check.attributes = FALSE))
)
