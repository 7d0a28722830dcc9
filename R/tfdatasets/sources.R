# Where datasets begin: R's data, ranges, and files.

tensor_slices_dataset <- function(tensors) .ask("make_dataset", list(tensors, TRUE), sys.call())
tensors_dataset <- function(tensors) .ask("make_dataset", list(tensors, FALSE), sys.call())

as_tf_dataset <- function(x, ...) {
  if (inherits(x, .dataset_class)) x else .ask("make_dataset", list(x, TRUE), sys.call())
}

# From `from` to `to`, which is not included.
range_dataset <- function(from = 0, to = 0, by = 1, ..., dtype = NULL) {
  args <- list(.whole(from), .whole(to), .whole(by))
  if (!is.null(dtype)) args$output_type <- dtype
  .tf_data("Dataset.range", args)
}

text_line_dataset <- function(filenames, compression_type = NULL) {
  .tf_data("TextLineDataset", list(.paths(filenames), compression_type = compression_type))
}

tfrecord_dataset <- function(filenames, compression_type = NULL, buffer_size = NULL,
                             num_parallel_reads = NULL) {
  .tf_data("TFRecordDataset", list(
    .paths(filenames), compression_type = compression_type, buffer_size = .whole(buffer_size),
    num_parallel_reads = .whole(num_parallel_reads)))
}

fixed_length_record_dataset <- function(filenames, record_bytes, header_bytes = NULL,
                                        footer_bytes = NULL, buffer_size = NULL) {
  .tf_data("FixedLengthRecordDataset", list(
    .paths(filenames), .whole(record_bytes), header_bytes = .whole(header_bytes),
    footer_bytes = .whole(footer_bytes), buffer_size = .whole(buffer_size)))
}

file_list_dataset <- function(file_pattern, shuffle = NULL, seed = NULL) {
  .tf_data("Dataset.list_files", list(
    .paths(file_pattern), shuffle = shuffle, seed = .whole(seed)))
}

make_csv_dataset <- function(file_pattern, batch_size, column_names = NULL, column_defaults = NULL,
                             label_name = NULL, select_columns = NULL, field_delim = ",",
                             use_quote_delim = TRUE, na_value = "", header = TRUE,
                             num_epochs = NULL, shuffle = TRUE, shuffle_buffer_size = 10000,
                             shuffle_seed = NULL, prefetch_buffer_size = 1,
                             num_parallel_reads = 1, num_rows_for_inference = 100) {
  several <- function(x) if (is.null(x)) NULL else as.list(x)
  .tf_data("experimental.make_csv_dataset", list(
    .paths(file_pattern), .whole(batch_size), column_names = several(column_names),
    column_defaults = several(column_defaults), label_name = label_name,
    select_columns = several(select_columns), field_delim = field_delim,
    use_quote_delim = use_quote_delim, na_value = na_value, header = header,
    num_epochs = .whole(num_epochs), shuffle = shuffle,
    shuffle_buffer_size = .whole(shuffle_buffer_size), shuffle_seed = .whole(shuffle_seed),
    prefetch_buffer_size = .whole(prefetch_buffer_size),
    num_parallel_reads = .whole(num_parallel_reads),
    num_rows_for_inference = .whole(num_rows_for_inference)))
}

.paths <- function(files) if (is.character(files)) as.list(path.expand(files)) else files

# Several datasets in one.
zip_datasets <- function(...) {
  datasets <- list(...)
  if (length(datasets) == 1L && is.list(datasets[[1L]]) && !.is_py(datasets[[1L]])) {
    datasets <- datasets[[1L]]
  }
  .py_call("rkeras_port.r.tfdata.zipped", list(unname(datasets)))
}
dataset_zip <- zip_datasets

sample_from_datasets <- function(datasets, weights = NULL, seed = NULL,
                                 stop_on_empty_dataset = TRUE) {
  .tf_data("Dataset.sample_from_datasets", list(
    unname(datasets), weights = if (!is.null(weights)) as.list(weights), seed = .whole(seed),
    stop_on_empty_dataset = stop_on_empty_dataset))
}

choose_from_datasets <- function(datasets, choice_dataset, stop_on_empty_dataset = TRUE) {
  .tf_data("Dataset.choose_from_datasets", list(
    unname(datasets), choice_dataset, stop_on_empty_dataset = stop_on_empty_dataset))
}
