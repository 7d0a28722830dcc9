"""What the machine, the versions and the settings of a side are."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

#: Versions and machine: where one of these differs, the build does, and with it the
#: order in which sums are rounded.
BUILD = ("keras", "backend", "tensorflow", "jax", "torch", "machine", "processor")

#: Settings that change the order of sums within one build.
SETTINGS = (
    "onednn",
    "intra_op_threads",
    "inter_op_threads",
    "omp_threads",
    "devices",
    "floatx",
)


def observe_environment(seed: int | None) -> dict[str, str]:
    """Return versions and settings of this process, of Keras only if it is imported.

    Parameters
    ----------
    seed : int, optional
        The seed that everything started from.

    Returns
    -------
    dict of str to str
    """
    found = {
        "seed": str(seed),
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "omp_threads": os.environ.get("OMP_NUM_THREADS", ""),
        "processors": str(os.cpu_count()),
    }
    for name in ("numpy", "scipy"):
        if name in sys.modules:
            found[name] = str(getattr(sys.modules[name], "__version__", ""))
    keras = sys.modules.get("keras")
    if keras is None or not hasattr(keras, "backend"):
        return found
    backend = keras.backend.backend()
    found |= {
        "keras": keras.__version__,
        "backend": backend,
        "floatx": keras.config.floatx(),
        backend: _version(backend),
    }
    if backend == "tensorflow":
        found |= _of_tensorflow()
    return found


def _of_tensorflow() -> dict[str, str]:
    import tensorflow as tf

    threading = tf.config.threading
    given = os.environ.get("TF_ENABLE_ONEDNN_OPTS", "1")
    return {
        "onednn": "off" if given.lower() in ("0", "false") else "on",
        # What no program set, TensorFlow takes from the environment; 0 lets it choose.
        "intra_op_threads": str(
            threading.get_intra_op_parallelism_threads()
            or os.environ.get("TF_NUM_INTRAOP_THREADS", 0)
        ),
        "inter_op_threads": str(
            threading.get_inter_op_parallelism_threads()
            or os.environ.get("TF_NUM_INTEROP_THREADS", 0)
        ),
        "devices": " ".join(
            sorted({d.device_type for d in tf.config.list_physical_devices()})
        ),
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return str(getattr(sys.modules.get(package), "__version__", "unknown"))


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:  # not Linux
        pass
    return platform.processor()
