# Past one machine and past memory: what keras3 has no functions for.

with_distribution <- function(devices = NULL) {
  args <- list()
  if (!is.null(devices)) args$devices <- as.list(devices)
  .py_call("rkeras_port.distribution.with_distribution", args)
}

parquet_multi_hot <- function(path, dimension = 10000L, ..., x = "x", y = "y",
                              batch_size = 32L, first_index = 1L, shuffle = 0L,
                              word_index = NULL) {
  if (...length()) stop("parquet_multi_hot(): arguments after `dimension` need names")
  .py_call("rkeras_port.streaming.parquet_multi_hot", list(
    if (length(path) > 1L) as.list(path) else path, as.integer(dimension), x = x, y = y,
    batch_size = as.integer(batch_size), first_index = as.integer(first_index),
    shuffle = as.integer(shuffle), word_index = word_index))
}
