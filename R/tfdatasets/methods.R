# What is done to datasets. Functions of R are called once, on symbolic tensors: with one
# argument for each part of an element, or with a named list where the parts have names.
# `list(x, y)` as their value is an element of two parts.

dataset_batch <- function(dataset, batch_size, drop_remainder = FALSE, num_parallel_calls = NULL,
                          deterministic = NULL) {
  .transform(dataset, "batch", list(
    batch_size = .whole(batch_size), drop_remainder = drop_remainder,
    num_parallel_calls = .whole(num_parallel_calls), deterministic = deterministic))
}

dataset_map <- function(dataset, map_func, num_parallel_calls = NULL) {
  .transform(dataset, "map", list(map_func = map_func,
                                  num_parallel_calls = .whole(num_parallel_calls)))
}

dataset_map_and_batch <- function(dataset, map_func, batch_size, num_parallel_batches = NULL,
                                  drop_remainder = FALSE, num_parallel_calls = NULL) {
  mapped <- .transform(dataset, "map", list(map_func = map_func,
                                            num_parallel_calls = .whole(num_parallel_calls)))
  .transform(mapped, "batch", list(batch_size = .whole(batch_size),
                                   drop_remainder = drop_remainder))
}

dataset_flat_map <- function(dataset, map_func) {
  .transform(dataset, "flat_map", list(map_func = map_func))
}

dataset_interleave <- function(dataset, map_func, cycle_length, block_length = 1) {
  .transform(dataset, "interleave", list(
    map_func = map_func, cycle_length = .whole(cycle_length), block_length = .whole(block_length)))
}

dataset_filter <- function(dataset, predicate) {
  .transform(dataset, "filter", list(predicate = predicate))
}

dataset_take_while <- function(dataset, predicate, name = NULL) {
  .transform(dataset, "take_while", list(predicate = predicate, name = name))
}

dataset_shuffle <- function(dataset, buffer_size, seed = NULL, reshuffle_each_iteration = NULL) {
  .transform(dataset, "shuffle", list(
    buffer_size = .whole(buffer_size), seed = .whole(seed),
    reshuffle_each_iteration = reshuffle_each_iteration))
}

dataset_shuffle_and_repeat <- function(dataset, buffer_size, count = NULL, seed = NULL) {
  shuffled <- .transform(dataset, "shuffle", list(buffer_size = .whole(buffer_size),
                                                  seed = .whole(seed)))
  .transform(shuffled, "repeat", list(count = .whole(count)))
}

# Without a size, TensorFlow chooses one as it goes.
dataset_prefetch <- function(dataset, buffer_size = -1L) {
  .transform(dataset, "prefetch", list(buffer_size = .whole(buffer_size)))
}

dataset_take <- function(dataset, count) .transform(dataset, "take", list(count = .whole(count)))
dataset_skip <- function(dataset, count) .transform(dataset, "skip", list(count = .whole(count)))

dataset_repeat <- function(dataset, count = NULL) {
  .transform(dataset, "repeat", list(count = .whole(count)))
}

dataset_cache <- function(dataset, filename = NULL) {
  .transform(dataset, "cache", list(filename = if (!is.null(filename)) path.expand(filename)))
}

dataset_concatenate <- function(dataset, ...) {
  call <- sys.call()
  join <- function(one, other) .transform(one, "concatenate", list(dataset = other), call)
  Reduce(join, list(...), dataset)
}

dataset_shard <- function(dataset, num_shards, index) {
  .transform(dataset, "shard", list(num_shards = .whole(num_shards), index = .whole(index)))
}

dataset_padded_batch <- function(dataset, batch_size, padded_shapes = NULL, padding_values = NULL,
                                 drop_remainder = FALSE, name = NULL) {
  .transform(dataset, "padded_batch", list(
    batch_size = .whole(batch_size), padded_shapes = .padded_shapes(padded_shapes),
    padding_values = .parts_of_element(padding_values), drop_remainder = drop_remainder,
    name = name))
}

# Whole numbers are a shape, NA in it as large as need be; a list has one for each part.
.padded_shapes <- function(x) {
  if (is.null(x) || .is_py(x)) return(x)
  if (!is.list(x)) return(.py_tuple(lapply(x, function(n) if (!is.na(n)) .whole(n, "padded_shapes"))))
  .parts_of_element(lapply(x, .padded_shapes))
}
.parts_of_element <- function(x) if (is.list(x) && is.null(names(x))) .py_tuple(x) else x

dataset_window <- function(dataset, size, shift = NULL, stride = 1, drop_remainder = FALSE) {
  .transform(dataset, "window", list(
    size = .whole(size), shift = .whole(shift), stride = .whole(stride),
    drop_remainder = drop_remainder))
}

dataset_unbatch <- function(dataset, name = NULL) .transform(dataset, "unbatch", list(name = name))
dataset_unique <- function(dataset, name = NULL) .transform(dataset, "unique", list(name = name))
dataset_enumerate <- function(dataset, start = 0L) {
  .transform(dataset, "enumerate", list(start = .whole(start)))
}

dataset_scan <- function(dataset, initial_state, scan_func) {
  .transform(dataset, "scan", list(initial_state = .parts_of_element(initial_state),
                                   scan_func = scan_func))
}

dataset_reduce <- function(dataset, initial_state, reduce_func) {
  .transform(dataset, "reduce", list(initial_state = .parts_of_element(initial_state),
                                     reduce_func = reduce_func))
}

# dataset_options(dataset, threading.private_threadpool_size = 2L)
dataset_options <- function(dataset, ...) {
  options <- .tf_data("Options")
  given <- list(...)
  for (name in names(given)) {
    path <- strsplit(name, ".", fixed = TRUE)[[1L]]
    owner <- options
    for (part in utils::head(path, -1L)) owner <- .ask("get_attr", list(owner, part), sys.call())
    .ask("set_attr", list(owner, path[length(path)], given[[name]]), sys.call())
  }
  .transform(dataset, "with_options", list(options = options))
}

# Columns by name, in a formula (y ~ a + b), or as in subset(): c(a, b), a:c, -a.
dataset_prepare <- function(dataset, x, y = NULL, named = TRUE, named_features = FALSE,
                            parallel_records = NULL, batch_size = NULL,
                            num_parallel_batches = NULL, drop_remainder = FALSE) {
  columns <- .py_call("rkeras_port.r.tfdata.columns", list(dataset))
  chosen <- function(expr, argument, call) {
    places <- as.list(stats::setNames(seq_along(columns), columns))
    found <- eval(expr, places, parent.frame(2L))
    if (is.numeric(found)) found <- columns[found]
    unknown <- setdiff(found, columns)
    if (length(unknown)) {
      stop(simpleError(paste0("dataset_prepare(): `", argument, "` must be among ",
                              toString(columns), "; received ", toString(unknown)), call))
    }
    found
  }
  x <- substitute(x)
  y <- substitute(y)
  if (is.call(x) && identical(x[[1L]], quote(`~`))) {
    if (length(x) == 3L) y <- x[[2L]]
    right <- x[[length(x)]]
    x <- if (identical(right, quote(.))) setdiff(columns, all.vars(y)) else all.vars(right)
  }
  y <- if (!is.null(y)) chosen(y, "y", sys.call())
  made <- .py_call("rkeras_port.r.tfdata.prepared", list(
    dataset, as.list(chosen(x, "x", sys.call())), y, named, named_features))
  if (is.null(batch_size)) return(made)
  .transform(made, "batch", list(batch_size = .whole(batch_size), drop_remainder = drop_remainder))
}

# Looking inside ----------------------------------------------------------------------------

dataset_collect <- function(dataset, iter_max = Inf) {
  limit <- if (is.finite(iter_max)) .whole(iter_max)
  .py_call("rkeras_port.r.tfdata.collected", list(dataset, limit))
}

as_array_iterator <- function(dataset) {
  .py_call("rkeras_port.r.tfdata.arrays", list(dataset))
}

# Infinite, or NA where it cannot be known.
.method("length", .dataset_class, function(x) {
  size <- .py_call("rkeras_port.r.tfdata.size", list(x))
  if (is.null(size)) NA else size
})

output_types <- function(object) .tf_data("get_output_types", list(object))
output_shapes <- function(object) .tf_data("get_output_shapes", list(object))

make_iterator_one_shot <- function(dataset) as_iterator(dataset)
iterator_get_next <- function(iterator, name = NULL) iter_next(iterator)
