# SPDX-License-Identifier: Apache-2.0
"""PyTorch's tensors in the words of jsnorm.calls: where they lie, handles, scratch memory; and the shapes
of what operations write, for tensors without memory (symbolic sizes included)."""

import contextlib
import math

import torch

from jsnorm import _api, calls

_TYPES = {torch.float32: _api.DataType.FLOAT, torch.float64: _api.DataType.DOUBLE,
          torch.float16: _api.DataType.HALF, torch.bfloat16: _api.DataType.BFLOAT16}


def placed(name, tensor):
    if tensor is None:
        return None
    if tensor.dtype not in _TYPES:
        raise TypeError(f"{name} is {tensor.dtype}, but must be one of "
                        f"{', '.join(str(dtype) for dtype in _TYPES)}")
    layout = calls.Layout(_TYPES[tensor.dtype], tuple(tensor.shape), tensor.stride())
    return calls.Placed(tensor.data_ptr(), layout)


def vectors(names, tensors):
    """Vectors of one type -> (addresses by field, layout, what must stay alive)."""
    pointers, alive = {}, []
    for field, tensor in tensors.items():
        if tensor is None:
            continue
        tensor = tensor.contiguous()
        if alive and (tensor.dtype != alive[0].dtype or tensor.numel() != alive[0].numel()):
            raise TypeError(f"{names} must be of one type and length, but are {alive[0].dtype} "
                            f"{tuple(alive[0].shape)} and {tensor.dtype} {tuple(tensor.shape)}")
        pointers[field] = tensor.data_ptr()
        alive.append(tensor)
    if not alive:
        return pointers, None, alive
    data_type = placed(names, alive[0]).layout.data_type
    return pointers, calls.Layout(data_type, (alive[0].numel(),), (1,)), alive


@contextlib.contextmanager
def handle_for(x, *others):
    """The handle of x's device, with its current stream or as many threads as PyTorch takes."""
    for other in others:
        if other is not None and other.device != x.device:
            raise ValueError(f"x is on {x.device}, but another tensor on {other.device}")
    if x.device.type == "cpu":
        handle = calls.handle()
        handle.set_thread_count(torch.get_num_threads())
        yield handle
    elif x.device.type == "cuda":
        with torch.cuda.device(x.device):
            handle = calls.handle(_api.Backend.CUDA, x.device.index)
            handle.set_stream(torch.cuda.current_stream().cuda_stream)
            yield handle
    else:
        raise TypeError(f"x is on {x.device}, but only cpu and cuda are served")


class Scratch:
    """Scratch memory on the device of x. It lives as long as this object."""

    def __init__(self, x):
        self.device = x.device
        self.memory = None

    def __call__(self, size):
        self.memory = torch.empty(size, dtype=torch.uint8, device=self.device)
        return self.memory.data_ptr()


def dense(x):
    """x, or a copy without gaps: the mask of ReLU is in the order of memory."""
    at = x.stride()
    expected = 1
    for axis in sorted((axis for axis in range(x.dim()) if x.shape[axis] != 1),
                       key=lambda axis: at[axis]):
        if at[axis] != expected:
            return x.contiguous()
        expected *= x.shape[axis]
    return x


# ---- Shapes -------------------------------------------------------------------------------------

def statistics_shape(norm, x):
    """(G, K)."""
    dims = x.shape
    if norm.kind == "batch":
        return 1, dims[1]
    if norm.kind == "batch_per_activation":
        return 1, math.prod(dims[1:])
    if norm.kind == "instance":
        return dims[0], dims[1]
    if norm.kind == "group":
        return dims[0], norm.groups
    first = norm.first_normalized_axis % len(dims)
    if first == 0:
        return 1, 1
    if norm.statistics_per_group:
        return math.prod(dims[:first]) // norm.statistics_per_group, norm.statistics_per_group
    return dims[0], math.prod(dims[1:first])


def parameter_count(norm, x):
    if norm.kind == "batch_per_activation":
        return math.prod(x.shape[1:])
    if norm.kind == "layer":
        return math.prod(x.shape[norm.first_normalized_axis % x.dim():])
    return x.shape[1]


def mask_words(norm, x):
    return (x.numel() + 31) // 32 if norm.relu else 0


def parameter_type(x, gamma):
    """Of dgamma and dbeta."""
    if gamma is not None:
        return gamma.dtype
    return torch.float64 if x.dtype == torch.float64 else torch.float32
