# SPDX-License-Identifier: Apache-2.0
"""The operations as calls of XLA: libjsnorm_jax is opened beside libjsnorm, and registered."""

import ctypes
import functools
import pathlib

import jax
import numpy as np

from jsnorm import _api
from jsnorm._library import library, library_path, query
from jsnorm.norm import ACTIVATIONS, ESTIMATORS, KINDS

# Target, and the operation whose scratch memory it needs.
_TARGETS = {
    "forward": _api.Operation.FORWARD_TRAINING,
    "infer": _api.Operation.FORWARD_INFERENCE,
    "backward": _api.Operation.BACKWARD,
    "backward_fixed_statistics": _api.Operation.BACKWARD_FIXED_STATISTICS,
}


@functools.lru_cache(maxsize=None)
def _register():
    library()  # first: libjsnorm_jax then uses the very one that was found
    path = pathlib.Path(library_path()).parent / "libjsnorm_jax.so"
    try:
        handlers = ctypes.CDLL(str(path))
    except OSError as reason:
        raise ImportError(f"jsnorm.jax: {path} cannot be opened ({reason}). It is built where jaxlib is "
                          "found: install jax and scikit-build-core, then jsnorm with "
                          "pip install --no-build-isolation") from None
    for target in _TARGETS:
        handler = getattr(handlers, f"jsnorm_jax_{target}")
        jax.ffi.register_ffi_target(f"jsnorm_{target}", jax.ffi.pycapsule(handler), platform="cpu")


def _attributes(norm):
    mean, variance = (ESTIMATORS[name] for name in norm.estimator)
    integers = {"kind": KINDS[norm.kind], "mean_estimator": mean, "variance_estimator": variance,
                "activation": ACTIVATIONS[norm.activation], "groups": norm.groups,
                "first_axis": norm.first_normalized_axis,
                "statistics_per_group": norm.statistics_per_group,
                "raw_running": norm.raw_running, "biased_running": norm.biased_running}
    numbers = {"epsilon": norm.epsilon, "lambda": norm.lambda_,
               "effective_fraction": norm.effective_fraction}
    return ({name: np.int64(value) for name, value in integers.items()} |
            {name: np.float64(value) for name, value in numbers.items()})


def call(target, setting, view, operands, results, *, factor=0.0, element_count=0):
    """Runs an operation -> its results by name.

    setting: a Norm. view: of x. operands: arrays by field of the argument struct; None is left out.
    results: (shape, dtype) by field; None is left out.
    """
    _register()
    operands = {name: array for name, array in operands.items() if array is not None}
    shapes = {name: jax.ShapeDtypeStruct(*result) for name, result in results.items()
              if result is not None}
    scratch = query("jsnormGetWorkspaceUpperBound", view.norm_descriptor, view.tensor_descriptor,
                    _TARGETS[target])
    shapes["workspace"] = jax.ShapeDtypeStruct((scratch,), np.uint8)
    outputs = jax.ffi.ffi_call(f"jsnorm_{target}", list(shapes.values()), vmap_method="sequential")(
        *operands.values(), operands=",".join(operands), results=",".join(shapes),
        channel_axis=np.int64(view.channel_axis), factor=np.float64(factor),
        element_count=np.int64(element_count), **_attributes(setting))
    return dict(zip(shapes, outputs, strict=True))
