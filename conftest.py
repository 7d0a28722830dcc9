"""What pytest collects, and the package's own plugin."""

# Its functions carry the help of Keras, whose examples are Keras's to run.
collect_ignore = ["rkeras_port/__init__.py"]


def pytest_configure(config):
    """Have the plugin where the package is used without being installed."""
    if not config.pluginmanager.has_plugin("rkeras_crosscheck"):
        from rkeras_port.crosscheck import pytest_plugin

        config.pluginmanager.register(pytest_plugin, "rkeras_crosscheck")
