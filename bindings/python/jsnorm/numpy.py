# SPDX-License-Identifier: Apache-2.0
"""Layers on NumPy arrays, on the CPU backend. Arrays may have any strides; arrays of others are taken
by DLPack. Types: float32, float64, float16, and bfloat16 of ml_dtypes.

    norm = jsnorm.Norm("batch", estimator="james_stein", activation="relu")
    y, saved = forward(norm, x, gamma, beta, running_mean=mean, running_variance=variance)
    gradients = backward(norm, dy, x, saved, gamma, beta)
    y = infer(norm, x, gamma, beta, running_mean=mean, running_variance=variance)

x is (N, C, ...), and (N, ..., D) for a layer norm. gamma and beta have one entry per channel (element of
a row for layer norms, activation for "batch_per_activation"): float32 or the type of x, both of one type.
Errors are ValueError or TypeError, with the library's text.
"""

import threading
import typing

import numpy as np

from jsnorm import _api, calls
from jsnorm.norm import Norm

__all__ = ["Gradients", "Saved", "backward", "batch_norm", "forward", "group_norm", "infer",
           "instance_norm", "layer_norm"]

_TYPES = {"float32": _api.DataType.FLOAT, "float64": _api.DataType.DOUBLE,
          "float16": _api.DataType.HALF, "bfloat16": _api.DataType.BFLOAT16}


class Saved(typing.NamedTuple):
    """What forward leaves for backward: raw statistics (G, K) in float64, and the mask of ReLU."""

    mean: np.ndarray
    variance: np.ndarray
    mask: typing.Optional[np.ndarray]


class Gradients(typing.NamedTuple):
    """Of x, gamma, beta and the residual; dz is None unless it was asked for."""

    dx: np.ndarray
    dgamma: np.ndarray
    dbeta: np.ndarray
    dz: typing.Optional[np.ndarray]


# ---- Arrays -------------------------------------------------------------------------------------

def _array(name, value):
    if isinstance(value, np.ndarray):
        return value
    if hasattr(value, "__dlpack__"):
        return np.from_dlpack(value)
    raise TypeError(f"{name} is a {type(value).__name__}, but must be a NumPy array or have DLPack")


def _data_type(name, array):
    try:
        return _TYPES[array.dtype.name]
    except KeyError:
        raise TypeError(f"{name} is {array.dtype.name}, but must be one of "
                        f"{', '.join(_TYPES)}") from None


def _placed(name, array):
    """A tensor where it lies."""
    data_type, size = _data_type(name, array), array.itemsize
    if any(stride % size for stride in array.strides):
        raise ValueError(f"{name} has strides of {array.strides} bytes, which are no multiples of "
                         f"its elements' {size}: copy it")
    if not array.dtype.isnative:
        raise TypeError(f"{name} has foreign byte order: copy it with astype()")
    strides = tuple(stride // size for stride in array.strides)
    return calls.Placed(array.ctypes.data, calls.Layout(data_type, array.shape, strides))


def _output(name, like, out):
    """The array to write: `out`, or a new one that lies like `like`."""
    if out is None:
        return np.empty_like(like)
    out = _array(name, out)
    if not out.flags.writeable:
        raise ValueError(f"{name} is read-only")
    return out


def _vectors(arrays, count, names):
    """Packed vectors of one type -> their addresses and layout; None, None where none is given.
    arrays: by field. names: what callers call them."""
    given = {field: _array(names, array) for field, array in arrays.items() if array is not None}
    if not given:
        return {}, None
    types = {_data_type(names, array) for array in given.values()}
    if len(types) > 1:
        raise TypeError(f"{names} have {' and '.join(sorted(a.dtype.name for a in given.values()))}, "
                        "but must be of one type")
    for array in given.values():
        if array.size != count:
            raise ValueError(f"{names} have {array.size} entries, but {count} are needed")
        if not array.flags.c_contiguous:
            raise ValueError(f"{names} are not packed: copy them with numpy.ascontiguousarray")
    layout = calls.Layout(types.pop(), (count,), (1,))
    return {field: array.ctypes.data for field, array in given.items()}, layout


def _running(mean, variance, count):
    if (mean is None) != (variance is None):
        raise ValueError("running_mean and running_variance: give both or none")
    return _vectors({"running_mean": mean, "running_variance": variance}, count,
                    "running statistics")


_scratch = threading.local()


def _allocate(size):
    """Scratch memory of this thread; it is taken again by the next call."""
    if getattr(_scratch, "memory", None) is None or _scratch.memory.size < size:
        _scratch.memory = np.empty(max(size, 1 << 16), np.uint8)
    return _scratch.memory.ctypes.data


def _mask(norm, x, has_residual):
    """The mask that goes with x: none without ReLU, and none for a sparse x, whose ReLU backward can
    do without unless there was a residual."""
    if not norm.relu:
        return None
    try:
        return np.empty(calls.mask_words(x.layout), np.uint32)
    except ValueError:
        if has_residual:
            raise
        return None


# ---- Operations ---------------------------------------------------------------------------------

def forward(norm, x, gamma=None, beta=None, *, z=None, running_mean=None, running_variance=None,
            factor=0.1, out=None):
    """x -> (y, Saved) with the statistics of x, shrunk. y = activation(gamma * xhat + beta + z).

    running_mean, running_variance: K entries each, updated in place by `factor`, the weight of the new
    values. out: receives y; it may be x or z themselves.
    """
    x = _array("x", x)
    z = None if z is None else _array("z", z)
    y = _output("out", x, out)
    at = _placed("x", x)
    shape = calls.shape_of(norm, at.layout)
    pointers, parameters = _vectors({"gamma": gamma, "beta": beta}, shape.parameters,
                                    "gamma and beta")
    previous, running = _running(running_mean, running_variance, shape.statistics)
    for name, array in (("running_mean", running_mean), ("running_variance", running_variance)):
        _output(name, array, array)
    pointers |= previous | {f"next_{name}": pointer for name, pointer in previous.items()}
    statistics = (shape.groups, shape.statistics)
    saved = Saved(np.empty(statistics), np.empty(statistics), _mask(norm, at, z is not None))
    pointers |= {"saved_mean": saved.mean.ctypes.data, "saved_variance": saved.variance.ctypes.data}
    if saved.mask is not None:
        pointers["mask"] = saved.mask.ctypes.data
    tensors = {"x": at, "z": None if z is None else _placed("z", z), "y": _placed("out", y)}
    calls.run(_api.Operation.FORWARD_TRAINING, calls.handle(), norm, tensors, allocate=_allocate,
              pointers=pointers, parameters=parameters, running=running, factor=factor)
    return y, saved


def infer(norm, x, gamma=None, beta=None, *, running_mean=None, running_variance=None, z=None,
          element_count=0, out=None):
    """x -> y with running statistics; layers other than batch norms have none and take those of x.

    element_count: the R of training, for raw running statistics and an estimator that depends on R.
    """
    x = _array("x", x)
    y = _output("out", x, out)
    at = _placed("x", x)
    shape = calls.shape_of(norm, at.layout)
    pointers, parameters = _vectors({"gamma": gamma, "beta": beta}, shape.parameters,
                                    "gamma and beta")
    statistics, running = _running(running_mean, running_variance, shape.statistics)
    tensors = {"x": at, "z": None if z is None else _placed("z", _array("z", z)),
               "y": _placed("out", y)}
    calls.run(_api.Operation.FORWARD_INFERENCE, calls.handle(), norm, tensors, allocate=_allocate,
              pointers=pointers | statistics, parameters=parameters, running=running,
              running_element_count=element_count)
    return y


def backward(norm, dy, x, saved, gamma=None, beta=None, *, residual=False, out=None):
    """The gradients of forward() -> Gradients. gamma and beta: as in forward.

    residual: forward had a z, and its gradient is wanted. out: receives dx; it may be dy itself.
    dgamma and dbeta have the type of gamma, without gamma the default of the library: float32, float64
    where x is float64.
    """
    x, dy = _array("x", x), _array("dy", dy)
    dx = _output("out", x, out)
    at = _placed("x", x)
    shape = calls.shape_of(norm, at.layout)
    pointers, parameters = _vectors({"gamma": gamma, "beta": beta}, shape.parameters,
                                    "gamma and beta")
    given = gamma if gamma is not None else beta
    of_parameters = np.float64 if x.dtype == np.float64 else np.float32
    if given is not None:
        of_parameters = _array("gamma", given).dtype
    dgamma, dbeta = (np.empty(shape.parameters, of_parameters) for _ in range(2))
    dz = np.empty_like(dy) if residual else None
    pointers |= {"dgamma": dgamma.ctypes.data, "dbeta": dbeta.ctypes.data}
    for name, array in (("saved_mean", saved.mean), ("saved_variance", saved.variance)):
        if array.dtype != np.float64 or array.size != shape.groups * shape.statistics or \
                not array.flags.c_contiguous:
            raise ValueError(f"saved is not of this layer and x: {name} is {array.dtype.name} "
                             f"{array.shape}, but ({shape.groups}, {shape.statistics}) is needed")
        pointers[name] = array.ctypes.data
    if saved.mask is not None:
        if saved.mask.size != calls.mask_words(at.layout):
            raise ValueError(f"saved is not of this x: its mask has {saved.mask.size} words, but "
                             f"{calls.mask_words(at.layout)} are needed")
        pointers["mask"] = saved.mask.ctypes.data
    tensors = {"x": at, "dy": _placed("dy", dy), "dx": _placed("out", dx),
               "dz": _placed("dz", dz) if residual else None}
    calls.run(_api.Operation.BACKWARD, calls.handle(), norm, tensors, allocate=_allocate,
              pointers=pointers, parameters=parameters)
    return Gradients(dx, dgamma, dbeta, dz)


# ---- Layers by name -----------------------------------------------------------------------------

def _norm(kind, estimator, epsilon, relu, **settings):
    return Norm(kind, estimator, epsilon, "relu" if relu else "none", **settings)


def batch_norm(x, gamma=None, beta=None, *, running_mean=None, running_variance=None, training=True,
               factor=0.1, estimator="james_stein", epsilon=1e-5, z=None, relu=False, out=None):
    """A batch norm of (N, C, ...): with the statistics of x, which update running ones, or in
    inference with the running statistics."""
    norm = _norm("batch", estimator, epsilon, relu)
    running = {"running_mean": running_mean, "running_variance": running_variance}
    if not training:
        return infer(norm, x, gamma, beta, z=z, out=out, **running)
    return forward(norm, x, gamma, beta, z=z, factor=factor, out=out, **running)[0]


def instance_norm(x, gamma=None, beta=None, *, estimator="james_stein", epsilon=1e-5, z=None,
                  relu=False, out=None):
    """An instance norm of (N, C, spatial...), shrunk over the channels of a sample."""
    return infer(_norm("instance", estimator, epsilon, relu), x, gamma, beta, z=z, out=out)


def layer_norm(x, gamma=None, beta=None, *, first_axis=-1, statistics_per_group=0,
               estimator="james_stein", epsilon=1e-5, z=None, relu=False, out=None):
    """A layer norm over the axes from first_axis on, shrunk over the rows of a sample (or as many
    neighbouring rows as statistics_per_group says)."""
    norm = _norm("layer", estimator, epsilon, relu, first_normalized_axis=first_axis,
                 statistics_per_group=statistics_per_group)
    return infer(norm, x, gamma, beta, z=z, out=out)


def group_norm(x, groups, gamma=None, beta=None, *, estimator="james_stein", epsilon=1e-5, z=None,
               relu=False, out=None):
    """A group norm of (N, C, ...), shrunk over the groups of a sample."""
    norm = _norm("group", estimator, epsilon, relu, groups=groups)
    return infer(norm, x, gamma, beta, z=z, out=out)
