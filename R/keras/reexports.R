# Exported by keras too; the code is in the other packages.
`%>%` <- `%>%`
`%<>%` <- `%<>%`
`%<-%` <- `%<-%`
`%as%` <- `%as%`
array_reshape <- array_reshape
as_iterator <- as_iterator
flag_boolean <- flag_boolean
flag_integer <- flag_integer
flag_numeric <- flag_numeric
flag_string <- flag_string
flags <- flags
import <- import
is_keras_available <- is_keras_available
iter_next <- iter_next
iterate <- iterate
np_array <- np_array
py_to_r <- py_to_r
r_to_py <- r_to_py
run_dir <- run_dir
shape <- tensorflow::shape
tuple <- tuple
use_condaenv <- use_condaenv
use_python <- use_python
use_virtualenv <- use_virtualenv
delayedAssign("keras", keras3::keras)
callback_mlflow <- callback_mlflow
experiments <- experiments
load_tracked_model <- load_tracked_model
sync_runs <- sync_runs
tracked_run <- tracked_run

# Their formals were others.
as_tensor <- function(x, dtype = NULL, ..., name = NULL) {
  tensorflow::as_tensor(x, dtype, ..., name = name)
}
tensorboard <- function(log_dir, action = c("start", "stop"), host = "127.0.0.1", port = "auto",
                        launch_browser = getOption("tensorflow.tensorboard.browser",
                                                   interactive()),
                        reload_interval = 5, purge_orphaned_data = TRUE) {
  tensorflow::tensorboard(log_dir, match.arg(action))
}
