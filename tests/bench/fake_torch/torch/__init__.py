# SPDX-License-Identifier: Apache-2.0
"""As much of torch as the workers of bench/peers use: shapes, types and devices of tensors, no
values. What a copy writes is the byte WRITTEN. It refuses what PyTorch on a GPU refuses."""

import contextlib
import math
import sys
import types

__version__ = "0.0-fake"
WRITTEN = 0x5A


_streams = [None]


@contextlib.contextmanager
def _on(stream):
    _streams.append(stream)
    yield
    _streams.pop()


class Type:
    def __init__(self, name, size):
        self.name, self.itemsize = name, size

    def __repr__(self):
        return self.name


float32, float16, bfloat16 = Type("float32", 4), Type("float16", 2), Type("bfloat16", 2)


class Tensor:
    def __init__(self, shape, dtype, device="cpu", memory=None):
        self.shape, self.dtype, self.device, self.memory = tuple(shape), dtype, device, memory
        self.requires_grad = False
        self.stream = _streams[-1]

    def numel(self):
        return math.prod(self.shape)

    def reshaped(self, shape):
        shape = tuple(shape)
        if shape == (-1,):
            shape = (self.numel(),)
        assert math.prod(shape) == self.numel(), (shape, self.shape)
        return Tensor(shape, self.dtype, self.device, self.memory)

    view = reshape = lambda self, *shape: self.reshaped(
        shape[0] if isinstance(shape[0], (list, tuple)) else shape)

    def permute(self, *order):
        assert sorted(order) == list(range(len(self.shape)))
        return Tensor([self.shape[axis] for axis in order], self.dtype, self.device, self.memory)

    def to(self, target, copy=False):
        if isinstance(target, Type):
            return Tensor(self.shape, target, self.device)
        return Tensor(self.shape, self.dtype, target)

    def clone(self):
        return Tensor(self.shape, self.dtype, self.device)

    def copy_(self, other):
        assert self.numel() == other.numel(), (self.shape, other.shape)
        if self.memory is not None:
            size = self.numel() * self.dtype.itemsize
            self.memory[:size] = bytes([WRITTEN]) * size
        return self

    def requires_grad_(self):
        self.requires_grad = True
        return self

    def __getitem__(self, part):
        return Tensor([len(range(self.shape[0])[part])], self.dtype, self.device, self.memory)

    def __add__(self, other):
        assert (self.shape, self.device) == (other.shape, other.device)
        return self.clone()


def empty(count, dtype, device="cpu"):
    return Tensor([count], dtype, device)


def frombuffer(memory, dtype, count, offset):
    part = memoryview(memory)[offset:offset + count * dtype.itemsize]
    assert len(part) == count * dtype.itemsize
    return Tensor([count], dtype, memory=part)


def set_num_threads(count):
    assert count > 0


def set_grad_enabled(_):
    pass


enable_grad = contextlib.nullcontext


def compile(function, dynamic):
    assert not dynamic
    return function


def _grad(y, inputs, dy, retain_graph):
    from torch._functorch import config
    assert retain_graph and y.shape == dy.shape
    assert all(one.requires_grad for one in inputs)
    assert y.stream is _streams[-1]  # backward runs where forward ran
    if "compiled" in sys.argv:
        assert not config.donated_buffer
    return [one.clone() for one in inputs]


_dynamo = types.SimpleNamespace(reset=lambda: None)
autograd = types.SimpleNamespace(grad=_grad)
version = types.SimpleNamespace(cuda="0.0")
backends = types.SimpleNamespace(cudnn=types.SimpleNamespace(enabled=True, version=lambda: 0))


class _Event:
    def __init__(self, enable_timing):
        assert enable_timing

    def record(self):
        assert _streams[-1] is not None

    def synchronize(self):
        pass

    def elapsed_time(self, other):
        return 1.0


class _Graph:
    def replay(self):
        pass


cuda = types.SimpleNamespace(
    is_available=lambda: True, synchronize=lambda: None, Stream=object, CUDAGraph=_Graph,
    Event=_Event, stream=_on, graph=lambda graph, stream: _on(stream))
