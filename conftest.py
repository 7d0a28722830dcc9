"""What pytest collects."""

# Its functions carry the help of Keras, whose examples are Keras's to run.
collect_ignore = ["rkeras_port/__init__.py"]
