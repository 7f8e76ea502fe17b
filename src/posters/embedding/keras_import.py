"""Imports Keras and TensorFlow: only when needed, and without their start-up messages."""

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_NVIDIA_DRIVER = Path("/dev/nvidiactl")


def import_keras() -> Any:
    """Import Keras on TensorFlow, which takes seconds; its messages are shown only if it fails."""
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if "keras" in sys.modules:
        return sys.modules["keras"]
    with _native_stderr_only_on_error():
        import keras
        import tensorflow as tf

        # Most messages come from the search for devices.
        tf.config.list_logical_devices()
    # TensorFlow warns when small networks are built repeatedly, as they are here.
    tf.get_logger().setLevel("ERROR")
    return keras


def sees_gpu() -> bool:
    """Whether TensorFlow can use a GPU; if so, sets it to full float32 and deterministic results.

    TensorFlow is imported only if there is an NVIDIA driver. `CUDA_VISIBLE_DEVICES=-1` hides GPUs.
    """
    if not _NVIDIA_DRIVER.exists():
        return False
    import_keras()
    import tensorflow as tf

    # TensorFloat-32 keeps only 10 bits of each factor's mantissa.
    tf.config.experimental.enable_tensor_float_32_execution(False)
    tf.config.experimental.enable_op_determinism()
    return bool(tf.config.list_physical_devices("GPU"))


def reset_keras(keras: Any, seed: int) -> None:
    """Seed all random generators and restart the numbering of unnamed layers.

    From then on, results don't depend on the timing of threads.
    """
    import tensorflow as tf

    keras.utils.clear_session()
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()


@contextlib.contextmanager
def _native_stderr_only_on_error() -> Iterator[None]:
    # TensorFlow's native code writes to file descriptor 2, past Python's logging.
    sys.stderr.flush()
    stderr = os.dup(2)
    with tempfile.TemporaryFile() as messages, os.fdopen(stderr, "wb"):
        os.dup2(messages.fileno(), 2)
        try:
            yield
        except Exception:
            messages.seek(0)
            os.write(stderr, messages.read())
            raise
        finally:
            os.dup2(stderr, 2)
