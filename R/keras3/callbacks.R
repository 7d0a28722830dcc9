# What callbacks, losses and metrics written in R need beside the catalogue.

# A metric that Keras reports under a name of its own.
custom_metric <- function(name, metric_fn) {
  .py_call("rkeras_port.r.training.named_function", list(metric_fn, name))
}
