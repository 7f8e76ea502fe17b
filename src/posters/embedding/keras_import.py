"""The one place that imports Keras and TensorFlow: late, quietly, and on purpose."""

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_NVIDIA_DRIVER = Path("/dev/nvidiactl")


def import_keras() -> Any:
    """Import Keras on TensorFlow, which takes seconds, without TensorFlow's start-up chatter.

    What TensorFlow's native code writes while it starts (missing GPUs, processor features) bypasses
    Python's logging. It is held back, and shown after all when the import fails.
    """
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if "keras" in sys.modules:
        return sys.modules["keras"]
    with _holding_back_native_stderr():
        import keras
        import tensorflow as tf

        # Looking for devices is what most of the chatter is about: have it over with.
        tf.config.list_logical_devices()
    # It warns of every small network that is built anew, which is what is wanted here.
    tf.get_logger().setLevel("ERROR")
    return keras


def sees_gpu() -> bool:
    """Whether TensorFlow has a GPU to calculate on, set to give what float32 promises.

    TensorFlow is asked, which takes seconds, only where there is a driver for one. Hide it with
    `CUDA_VISIBLE_DEVICES=-1`.
    """
    if not _NVIDIA_DRIVER.exists():
        return False
    import_keras()
    import tensorflow as tf

    # Else its matrix products are calculated with 10 bits of mantissa, and said to be float32.
    tf.config.experimental.enable_tensor_float_32_execution(False)
    tf.config.experimental.enable_op_determinism()
    return bool(tf.config.list_physical_devices("GPU"))


def make_deterministic(keras: Any, seed: int) -> None:
    """Seed everything and choose operations whose results don't depend on thread timing."""
    import tensorflow as tf

    # Layers and operations without a name of their own are numbered through from here.
    keras.utils.clear_session()
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()


@contextlib.contextmanager
def _holding_back_native_stderr() -> Iterator[None]:
    sys.stderr.flush()
    saved = os.dup(2)
    try:
        with tempfile.TemporaryFile() as held:
            os.dup2(held.fileno(), 2)
            try:
                yield
            except Exception:
                held.seek(0)
                os.write(saved, held.read())
                raise
            finally:
                os.dup2(saved, 2)
    finally:
        os.close(saved)
