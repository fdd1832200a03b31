# SPDX-License-Identifier: Apache-2.0
"""Operations on tensors that are given as pointers: what jsnorm.numpy and jsnorm.torch share. The
caller keeps alive what the pointers point to, and checks nothing: the library does."""

import ctypes
import functools
import threading
import typing
import weakref

from jsnorm import _api
from jsnorm._library import check, create, library, query
from jsnorm.norm import descriptor


class Layout(typing.NamedTuple):
    """How a tensor lies in memory. data_type: of _api.DataType. strides: in elements."""

    data_type: int
    dims: tuple
    strides: tuple


class Placed(typing.NamedTuple):
    """A tensor: the address of its element 0, and its layout."""

    pointer: int
    layout: Layout


class TensorDescriptor:
    """The native descriptor of a layout; threads may share it."""

    def __init__(self, layout):
        self.pointer = create("jsnormCreateTensorDescriptor")
        weakref.finalize(self, library().jsnormDestroyTensorDescriptor, self.pointer)
        rank = len(layout.dims)
        sizes = ctypes.c_int64 * max(rank, 1)
        check(library().jsnormSetTensorDescriptor(self.pointer, layout.data_type, rank,
                                                  sizes(*layout.dims), sizes(*layout.strides)))


@functools.lru_cache(maxsize=4096)
def tensor_descriptor(layout):
    return TensorDescriptor(layout)


class Shape(typing.NamedTuple):
    """The view of x (docs/math.md, section 1), and the number of parameters."""

    groups: int
    statistics: int
    elements: int
    parameters: int


@functools.lru_cache(maxsize=4096)
def shape_of(norm, layout):
    values = (ctypes.c_int64 * 4)()
    places = [ctypes.byref(values, 8 * i) for i in range(4)]
    check(library().jsnormGetStatisticsShape(descriptor(norm, len(layout.dims)).pointer,
                                             tensor_descriptor(layout).pointer, *places))
    return Shape(*values)


@functools.lru_cache(maxsize=4096)
def mask_words(layout):
    """32-bit words of the ReLU mask of x; an error if x is not dense."""
    return query("jsnormGetMaskSize", tensor_descriptor(layout).pointer) // 4


class Handle:
    """The context of a backend, for one thread at a time."""

    def __init__(self, backend):
        self.pointer = create("jsnormCreate", backend)
        weakref.finalize(self, library().jsnormDestroy, self.pointer)
        self._thread_count = 0
        self.workspace_bytes = functools.lru_cache(maxsize=4096)(self._workspace_bytes)

    def _workspace_bytes(self, norm, layout, operation):
        return query("jsnormGetWorkspaceSize", self.pointer,
                     descriptor(norm, len(layout.dims)).pointer, tensor_descriptor(layout).pointer,
                     operation)

    def set_stream(self, stream):
        check(library().jsnormSetStream(self.pointer, stream))

    def set_thread_count(self, count):
        if count != self._thread_count:
            check(library().jsnormSetThreadCount(self.pointer, count))
            self._thread_count = count


_of_thread = threading.local()


def handle(backend=_api.Backend.CPU, device=0):
    """The handle of this thread for a backend and a device, which is current."""
    handles = _of_thread.__dict__
    key = f"{int(backend)}:{device}"
    if key not in handles:
        handles[key] = Handle(backend)
    return handles[key]


class Call:
    """An operation and its arguments, which may run again with other addresses in `args`."""

    __slots__ = ("args", "_function", "_handle", "_norm", "_reference", "_alive")

    def __init__(self, operation, on, norm, tensors, pointers, parameters, running, scalars):
        x = tensors["x"]
        self._function, struct = _functions()[operation]
        self.args = args = struct(struct_size=struct.SIZE)
        self._handle, self._norm = on.pointer, descriptor(norm, len(x.layout.dims))
        self._alive = [on]  # caches may let go of what args points to

        def described(layout):
            self._alive.append(tensor_descriptor(layout))
            return self._alive[-1].pointer

        for name, tensor in tensors.items():
            if tensor is not None:
                setattr(args, name, tensor.pointer)
                setattr(args, f"{name}_desc", described(tensor.layout))
        if parameters is not None:
            args.parameter_desc = described(parameters)
        if running is not None:
            args.running_desc = described(running)
        for fields in (pointers or {}, scalars):
            for name, value in fields.items():
                setattr(args, name, value)
        args.workspace_bytes = on.workspace_bytes(norm, x.layout, operation)
        self._reference = ctypes.byref(args)

    def run(self):
        check(self._function(self._handle, self._norm.pointer, self._reference))


@functools.lru_cache(maxsize=None)
def _functions():
    """The function and the argument struct of each operation."""
    return {operation: (getattr(library(), name), struct)
            for operation, (name, struct) in _api.OPERATIONS.items()}


def run(operation, on, norm, tensors, *, allocate, pointers=None, parameters=None, running=None,
        **scalars):
    """Runs an operation -> the Call.

    tensors: x, y, z, dy, dx, dz by name, each a Placed or None; x is needed.
    parameters, running: the layout of gamma, beta and their gradients; of running statistics.
    pointers: every other address by its field's name. allocate(bytes): the address of scratch memory.
    """
    call = Call(operation, on, norm, tensors, pointers, parameters, running, scalars)
    call.args.workspace = allocate(call.args.workspace_bytes)
    call.run()
    return call
