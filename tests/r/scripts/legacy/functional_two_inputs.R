# Two inputs, two outputs, one layer that is shared.
library(keras)

main_input <- layer_input(shape = c(5), dtype = "int32", name = "main_input")
lstm_out <- main_input %>%
  layer_embedding(input_dim = 10, output_dim = 4, input_length = 5) %>%
  layer_lstm(units = 3)
auxiliary_output <- lstm_out %>%
  layer_dense(units = 1, activation = "sigmoid", name = "aux_output")
auxiliary_input <- layer_input(shape = c(2), name = "aux_input")
main_output <- layer_concatenate(c(lstm_out, auxiliary_input)) %>%
  layer_dense(units = 6, activation = "relu") %>%
  layer_dense(units = 1, activation = "sigmoid", name = "main_output")
model <- keras_model(
  inputs = c(main_input, auxiliary_input),
  outputs = c(main_output, auxiliary_output)
)
model %>% compile(
  optimizer = "rmsprop",
  loss = list(main_output = "binary_crossentropy", aux_output = "binary_crossentropy"),
  loss_weights = list(main_output = 1.0, aux_output = 0.2)
)
set.seed(2)
words <- matrix(sample(0:9, 40 * 5, replace = TRUE), 40)
further <- matrix(runif(80), 40)
y <- as.numeric(rowSums(further) > 1)
history <- model %>% fit(
  x = list(main_input = words, aux_input = further),
  y = list(main_output = y, aux_output = y),
  epochs = 2, batch_size = 10, verbose = 0
)

# A layer used twice has two nodes.
shared <- layer_dense(units = 3)
a <- layer_input(shape = c(4))
b <- layer_input(shape = c(4))
out_a <- a %>% shared()
out_b <- b %>% shared()
distance <- layer_dot(list(out_a, out_b), axes = 1)
siamese <- keras_model(list(a, b), distance)
va <- matrix(runif(8), 2)
vb <- matrix(runif(8), 2)
w <- get_weights(shared)
by_hand <- rowSums((va %*% w[[1]]) * (vb %*% w[[1]]))
p <- predict(model, list(words, further), verbose = 0)
stopifnot(
  length(p) == 2, identical(dim(p[[1]]), c(40L, 1L)),
  length(history$metrics$loss) == 2,
  identical(get_output_at(shared, 2)$name, out_b$name),
  identical(unlist(get_input_shape_at(shared, 1)), 4L),
  isTRUE(all.equal(as.vector(predict(siamese, list(va, vb), verbose = 0)), by_hand,
                   tolerance = 1e-5))
)
