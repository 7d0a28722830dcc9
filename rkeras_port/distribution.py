"""Training on several devices and processes: each takes its share of every batch.

Every process runs the same program on the same data. Keras 3 leaves it to the program
to hand each process its own rows; here batches stay whole until they reach the devices,
so that order, shuffling and histories are those of one process.
"""

from __future__ import annotations

import json
import random
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from ._keras import keras
from ._processes import join
from .errors import ArgumentError, StateError
from .saving import replacing
from .sparse_rows import is_sparse


class DataParallel(keras.distribution.DataParallel):
    """The model whole on every device, each batch cut among them; also the last one.

    A batch that cannot be cut into equal parts goes to every device as it is.
    """

    def place(self, batch: Any) -> Any:
        """Return the global array of a batch that every process has in memory."""
        import jax

        if batch is None:  # sample weights that there are not
            return None
        even = np.ndim(batch) > 0 and len(batch) % self.num_model_replicas == 0
        cut = jax.sharding.PartitionSpec(self.batch_dim_name if even else None)
        mesh = self.device_mesh.backend_mesh
        return _made_global(batch, jax.sharding.NamedSharding(mesh, cut))

    def gather(self, tensors: Any) -> Any:
        """Return global arrays of which every device has the whole."""
        import jax

        mesh = self.device_mesh.backend_mesh
        whole = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec())
        return jax.jit(lambda leaves: leaves, out_shardings=whole)(tensors)


def _made_global(value: Any, sharding: Any) -> Any:
    """Return a global array of a value that every process has in memory.

    No process waits for another one here, other than in `jax.device_put`, which
    compares the values: process 0 alone may save a checkpoint, for example.
    """
    import jax

    array = np.asarray(value)
    return jax.make_array_from_callback(array.shape, sharding, array.__getitem__)


def _distribute_tensor(original: Any) -> Any:
    """Return Keras's function that gives a variable its value, without the waiting."""
    import jax

    def distribute_tensor(tensor: Any, layout: Any) -> Any:
        sharding = getattr(layout, "backend_layout", layout)
        traced = isinstance(tensor, jax.core.Tracer)
        elsewhere = isinstance(tensor, jax.Array) and not tensor.is_fully_addressable
        if traced or elsewhere or not sharding.is_fully_replicated:
            return original(tensor, layout)
        return _made_global(tensor, sharding)

    return distribute_tensor


@contextmanager
def with_distribution(devices: Sequence[str] | None = None) -> Iterator[DataParallel]:
    """Train, evaluate and predict on all devices of all processes.

    Everything in the block is distributed: make, compile and fit the model there.
    `batch_size` is that of all processes together, and the data are the whole data in
    each of them; results are those of one process, up to rounding. Process 0 alone
    shows progress and writes checkpoints.

    Parameters
    ----------
    devices : sequence of str, optional
        As `keras.distribution.list_devices` names them. By default all, of all
        processes.

    Yields
    ------
    DataParallel
        A `keras.distribution.DataParallel`; ``num_processes`` says how many there are.

    Raises
    ------
    StateError
        If Keras does not run on JAX, or has computed something before it could find
        the other processes.
    ArgumentError
        If there is no such device.

    Notes
    -----
    Start several processes with ``rkeras launch --processes 2 train.py``; on several
    machines, set ``KERAS_DISTRIBUTION_JOB_ADDRESSES``, ``..._NUM_PROCESSES`` and
    ``..._PROCESS_ID`` for each, as for `keras.distribution.initialize`. In one process
    the block is the same program on the devices that this process has.

    TensorFlow's own way, ``tf.distribute.MirroredStrategy().scope()``, works in one
    process; over several processes Keras 3 cannot train with TensorFlow.

    R: ``with(with_distribution(), {...})``; keras3 has no function for it.

    Examples
    --------
    A program that one process runs as well as several::

        from rkeras_port import *

        use_backend("jax")
        set_random_seed(1)
        with with_distribution():
            model = (
                keras_model_sequential(input_shape=4)
                >> layer_dense(1, activation="sigmoid")
                >> compile("rmsprop", loss="binary_crossentropy")
            )
            history = model >> fit(x, y, batch_size=64, epochs=3)
    """
    _require_jax()
    join()
    distribution = _data_parallel(devices)
    from keras.src.backend.jax import distribution_lib
    from keras.src.backend.jax.trainer import JAXTrainer as trainer

    with (
        # It takes a process's own part of a batch; ours have the whole.
        mock.patch.object(
            distribution_lib,
            "distribute_data_input",
            lambda batch, layout, batch_dim_name: distribution.place(batch),
        ),
        mock.patch.object(
            distribution_lib,
            "distribute_tensor",
            _distribute_tensor(distribution_lib.distribute_tensor),
        ),
        mock.patch.object(keras.Model, "save", _whole_file(keras.Model.save)),
        mock.patch.object(
            keras.Model, "save_weights", _whole_file(keras.Model.save_weights)
        ),
        mock.patch.object(
            trainer,
            "make_predict_function",
            _whole_outputs(trainer.make_predict_function, distribution),
        ),
        distribution.scope(),
    ):
        yield distribution


def _require_jax() -> None:
    backend = keras.backend.backend()
    if backend != "jax":
        raise StateError(
            f"with_distribution(): Keras runs on {backend}, and trains over several "
            "devices and processes on JAX. Call use_backend('jax') before anything "
            "else of Keras, or set KERAS_BACKEND=jax. (TensorFlow in one process: "
            "tf.distribute.MirroredStrategy().scope().)"
        )


def _data_parallel(devices: Sequence[str] | None) -> DataParallel:
    known = keras.distribution.list_devices()
    unknown = [device for device in devices or [] if device not in known]
    if unknown or (devices is not None and not devices):
        raise ArgumentError(
            "with_distribution",
            "devices",
            f"must be among {known}",
            received=repr(devices),
        )
    return DataParallel(  # type: ignore[no-untyped-call]
        devices=list(devices or known), auto_shard_dataset=False
    )


def _whole_outputs(original: Any, distribution: DataParallel) -> Any:
    """Return `make_predict_function` for outputs that a process can look at."""

    def make_predict_function(model: Any, force: bool = False) -> Any:
        if model.predict_function is not None and not force:
            return
        original(model, force)
        predict = model.predict_function

        def predict_whole(state: Any, data: Any) -> Any:
            outputs, state = predict(state, data)
            return distribution.gather(outputs), state

        model.predict_function = predict_whole

    return make_predict_function


def _whole_file(original: Any) -> Any:
    """Return a saving method that replaces a file only once the new one is complete.

    It may wait for a step that never ends because another process has.
    """

    def save(model: Any, filepath: Any, *args: Any, **options: Any) -> None:
        path = Path(str(filepath))
        usual = path.suffix in (".keras", ".h5") and path.parent.is_dir()
        if not usual or not options.get("overwrite", True) or False in args:
            original(model, filepath, *args, **options)
            return
        with replacing(path) as temporary:
            original(model, temporary, *args, **options)

    return save


# Among the arguments of a verb --------------------------------------------------------


@contextmanager
def sharing(
    model: Any, verb: str, arguments: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """Prepare a training verb's arguments for this process, inside of a distribution.

    Parameters
    ----------
    model : keras.Model
        Made in the block of `with_distribution`.
    verb : {"fit", "evaluate", "predict"}
        Keras's method.
    arguments : mapping
        For that method.

    Yields
    ------
    dict
        The arguments to call it with, while the context lasts.

    Raises
    ------
    StateError
        If the model was made outside, if the processes have other data or random
        numbers, or if one of them is gone.
    """
    distribution = keras.distribution.distribution()
    if any(getattr(one, "_layout", None) is None for one in model.variables):
        raise StateError(
            f"{verb}(): the model {model.name!r} was made outside of "
            "with_distribution(). Make and compile it inside of the same block."
        )
    if distribution.num_processes == 1:
        yield dict(arguments)
        return
    try:
        _check_agreement(model, verb, arguments)
        yield _for_this_process(arguments)
    except RuntimeError as error:
        if isinstance(error, StateError) or not _is_lost_contact(error):
            raise
        raise StateError(
            f"{verb}(): another process has ended or cannot be reached, and all of "
            "them are needed for each step. Its own output says why. Weights of the "
            "last checkpoint are kept; start again from there with "
            "load_model() or callback_backup_and_restore()."
        ) from error


def _for_this_process(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Leave progress and files to process 0."""
    import jax

    if jax.process_index() == 0:
        return dict(arguments)
    callbacks = arguments.get("callbacks") or []
    callbacks = callbacks if isinstance(callbacks, list | tuple) else [callbacks]
    writing = (
        keras.callbacks.ModelCheckpoint,
        keras.callbacks.CSVLogger,
        keras.callbacks.TensorBoard,
    )
    kept = [one for one in callbacks if not isinstance(one, writing)]
    for one in kept:
        if isinstance(one, keras.callbacks.BackupAndRestore):
            # It reads what process 0 has written.
            one.save_freq, one.delete_checkpoint = _NEVER, False
    return {**arguments, "callbacks": kept, "verbose": 0}


#: Batches between backups: more than any training has.
_NEVER = 2**62


def _check_agreement(model: Any, verb: str, arguments: Mapping[str, Any]) -> None:
    """Compare what must be the same in all processes, before anyone waits for ever."""
    from jax.experimental.multihost_utils import process_allgather

    mine = {
        "data": [_checksum(arguments.get(name)) for name in _DATA],
        "other arguments": [_of_text({name: arguments.get(name) for name in _PLAIN})],
        "weights": [zlib.crc32(np.ascontiguousarray(w).data) for w in model.variables],
        "random numbers": [
            _of_text(np.random.get_state()[1].tolist()),  # type: ignore[index]
            _of_text(random.getstate()),
        ],
    }
    sums = [_of_text(verb), *(zlib.crc32(repr(one).encode()) for one in mine.values())]
    all_sums = np.asarray(process_allgather(np.array(sums, np.uint32)))
    differing = (all_sums != all_sums[0]).any(axis=0)
    names = [name for name, bad in zip(("verb", *mine), differing, strict=True) if bad]
    if names:
        raise StateError(
            f"{verb}(): the processes differ in: {', '.join(names)}. All must run the "
            "same program on the same whole data, from the same set_random_seed()."
        )


_DATA = ("x", "y", "sample_weight", "validation_data")

_PLAIN = (
    "batch_size",
    "epochs",
    "initial_epoch",
    "shuffle",
    "steps",
    "steps_per_epoch",
    "validation_batch_size",
    "validation_freq",
    "validation_split",
    "validation_steps",
)


def _checksum(data: Any) -> list[int]:
    """Return checksums of the arrays among the data; what is no array counts as one."""
    sums = []
    for leaf in keras.tree.flatten(data):
        arrays = (leaf.data, leaf.indices, leaf.indptr) if is_sparse(leaf) else (leaf,)
        sums += [
            zlib.crc32(np.ascontiguousarray(array).view(np.uint8).data)
            for array in arrays
            if isinstance(array, np.ndarray) and array.dtype.kind in "biufc"
        ]
    return sums


def _of_text(value: Any) -> int:
    return zlib.crc32(json.dumps(value, default=str).encode())


def _is_lost_contact(error: RuntimeError) -> bool:
    text = str(error).casefold()
    signs = ("gloo", "coordination", "connection", "heartbeat", "unavailable")
    return type(error).__name__ == "JaxRuntimeError" and any(s in text for s in signs)
