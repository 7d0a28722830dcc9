# Losses and metrics that only the older generation had, beside those of the tables.

loss_cosine_proximity <- function(...) {
  .py_call("keras.losses.cosine_similarity", lapply(unname(list(...)), keras_array))
}
