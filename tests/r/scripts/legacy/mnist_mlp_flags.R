# A perceptron on pictures of digits, its sizes from flags, as training scripts had them.
library(keras)

FLAGS <- flags(
  flag_numeric("dropout1", 0.2),
  flag_integer("units", 12),
  flag_string("optimizer", "rmsprop")
)

# Each class lights up a row of its own.
set.seed(11)
n <- 120
label <- rep(0:3, length.out = n)
digits <- array(runif(n * 8 * 8, 0, 60), c(n, 8, 8))
for (i in seq_len(n)) digits[i, 2 * label[i] + 1, ] <- 200 + runif(8, 0, 55)

x_train <- array_reshape(digits, c(nrow(digits), 64)) / 255
y_train <- to_categorical(label, 4)
stopifnot(identical(dim(y_train), c(120L, 4L)), all(rowSums(y_train) == 1))

model <- keras_model_sequential()
model %>%
  layer_dense(units = FLAGS$units, activation = "relu", input_shape = c(64)) %>%
  layer_dropout(rate = FLAGS$dropout1) %>%
  layer_dense(units = 4, activation = "softmax")
summary(model)

model %>% compile(
  loss = "categorical_crossentropy",
  optimizer = optimizer_rmsprop(lr = 0.01),
  metrics = c("accuracy")
)
history <- model %>% fit(
  x_train, y_train,
  batch_size = 16, epoch = 12, verbose = 0,
  validation_split = 0.2
)
print(history)

score <- model %>% evaluate(x_train, y_train, verbose = 0)
cat("Test loss:", score[["loss"]], "\n")
classes <- model %>% predict_classes(x_train)
stopifnot(
  length(history$metrics$accuracy) == 12,
  "val_loss" %in% names(history$metrics),
  score["accuracy"] > 0.9,
  mean(classes == label) == score[["accuracy"]],
  history$params$epochs == 12
)
