# SPDX-License-Identifier: Apache-2.0
"""What is known of a call while JAX traces it: shapes and types. All that does not fit is refused here,
with the library's text, since errors of a running program are hard to read."""

import jax.numpy as jnp

from jsnorm import _api, calls
from jsnorm.norm import descriptor

_TYPES = {"float32": _api.DataType.FLOAT, "float64": _api.DataType.DOUBLE,
          "float16": _api.DataType.HALF, "bfloat16": _api.DataType.BFLOAT16}


class View:
    """x as the library sees it: channels on axis 1, whichever axis they are of the array.

    statistics, running, parameters: the shapes (G, K), (K,) and (P,).
    """

    def __init__(self, norm, x, channel_axis):
        data_type = _data_type("x", x)
        self.channel_axis = 1 if norm.kind == "layer" else _channel_axis(x, channel_axis)
        axes = list(range(x.ndim))
        if x.ndim > 1:
            axes.insert(1, axes.pop(self.channel_axis))
        strides, step = [0] * x.ndim, 1
        for axis in reversed(range(x.ndim)):
            strides[axis] = step
            step *= max(x.shape[axis], 1)
        layout = calls.Layout(data_type, tuple(x.shape[axis] for axis in axes),
                              tuple(strides[axis] for axis in axes))
        shape = calls.shape_of(norm, layout)
        self.x = x
        self.layout = layout
        self.statistics = (shape.groups, shape.statistics)
        self.running = (shape.statistics,)
        self.parameters = (shape.parameters,)
        self.norm_descriptor = descriptor(norm, x.ndim).pointer
        self.tensor_descriptor = calls.tensor_descriptor(layout).pointer

    @property
    def saved(self):
        """Statistics in double, as pairs of words: JAX has no double unless the program asked for it."""
        return (*self.statistics, 2), jnp.uint32

    @property
    def mask(self):
        return (calls.mask_words(self.layout),), jnp.uint32

    @property
    def tensor(self):
        return self.x.shape, self.x.dtype

    def check_tensor(self, name, array):
        if array is not None and (array.shape != self.x.shape or array.dtype != self.x.dtype):
            kind = TypeError if array.shape == self.x.shape else ValueError
            raise kind(f"{name} is {array.dtype} {array.shape}, but must be as x, {self.x.dtype} "
                       f"{self.x.shape}")

    def check_vectors(self, shape, arrays, allowed=tuple(_TYPES)):
        """arrays: by name, None where there is none."""
        given = {name: array for name, array in arrays.items() if array is not None}
        for name, array in given.items():
            _data_type(name, array)
            if array.dtype.name not in allowed:
                raise TypeError(f"{name} is {array.dtype}, but must be one of {', '.join(allowed)}")
            if array.shape != shape:
                raise ValueError(f"{name} has the shape {array.shape}, but must have {shape}")
        if len({array.dtype for array in given.values()}) > 1:
            raise TypeError(f"{' and '.join(given)} must be of one type, but are "
                            f"{' and '.join(str(array.dtype) for array in given.values())}")

    def check_parameters(self, gamma, beta):
        wide = "float64" if self.x.dtype == jnp.float64 else "float32"
        self.check_vectors(self.parameters, {"gamma": gamma, "beta": beta},
                           tuple({wide, "float32", self.x.dtype.name}))

    def parameter_type(self, gamma, beta):
        """Of dgamma and dbeta."""
        for given in (gamma, beta):
            if given is not None:
                return given.dtype
        return jnp.float64 if self.x.dtype == jnp.float64 else jnp.float32


def _data_type(name, array):
    try:
        return _TYPES[array.dtype.name]
    except KeyError:
        raise TypeError(f"{name} is {array.dtype}, but must be one of {', '.join(_TYPES)}") from None


def _channel_axis(x, axis):
    found = axis + x.ndim if axis < 0 else axis
    if x.ndim > 1 and not 1 <= found < x.ndim:
        raise ValueError(f"channel_axis is {axis}, but x has {x.ndim} axes, of which the first is the "
                         "batch")
    return found
