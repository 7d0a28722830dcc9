# A small convolutional network on PNG files, rescaled and flipped on the way in.
library(keras)

set.seed(5)
tensorflow::set_random_seed(5L)
base_dir <- tempfile("pictures")
for (part in c("train", "validation")) {
  for (kind in c("dark", "light")) {
    dir <- file.path(base_dir, part, kind)
    dir.create(dir, recursive = TRUE)
    for (i in 1:6) {
      level <- if (kind == "dark") 30 else 220
      image_array_save(array(pmin(255, pmax(0, rnorm(12 * 12 * 3, level, 20))), c(12, 12, 3)),
                       file.path(dir, paste0(i, ".png")), scale = FALSE)
    }
  }
}

train_datagen <- image_data_generator(rescale = 1 / 255, horizontal_flip = TRUE, zoom_range = 0.1)
test_datagen <- image_data_generator(rescale = 1 / 255)
train_generator <- flow_images_from_directory(
  file.path(base_dir, "train"), train_datagen,
  target_size = c(10, 10), batch_size = 4, class_mode = "binary"
)
validation_generator <- flow_images_from_directory(
  file.path(base_dir, "validation"), test_datagen,
  target_size = c(10, 10), batch_size = 4, class_mode = "binary"
)
batch <- generator_next(train_generator)
str(batch)

model <- keras_model_sequential() %>%
  layer_conv_2d(filters = 4, kernel_size = c(3, 3), activation = "relu",
                input_shape = c(10, 10, 3)) %>%
  layer_max_pooling_2d(pool_size = c(2, 2)) %>%
  layer_flatten() %>%
  layer_dense(units = 1, activation = "sigmoid")
model %>% compile(
  loss = "binary_crossentropy",
  optimizer = optimizer_adam(lr = 0.05),
  metrics = c("acc")
)
history <- model %>% fit_generator(
  train_generator,
  steps_per_epoch = 3,
  epochs = 6,
  validation_data = validation_generator,
  validation_steps = 2,
  verbose = 0
)
score <- model %>% evaluate_generator(validation_generator, steps = 3)

# One picture by hand.
img <- image_load(file.path(base_dir, "train", "light", "1.png"), target_size = c(10, 10))
img_tensor <- array_reshape(image_to_array(img), c(1, 10, 10, 3)) / 255
p <- model %>% predict(img_tensor, verbose = 0)

stopifnot(
  identical(dim(batch[[1]]), c(4L, 10L, 10L, 3L)),
  max(batch[[1]]) <= 1,
  identical(train_generator$class_indices, list(dark = 0L, light = 1L)),
  length(history$metrics$acc) == 6,
  length(history$metrics$val_acc) == 6,
  score[["acc"]] == 1,
  p > 0.5
)
