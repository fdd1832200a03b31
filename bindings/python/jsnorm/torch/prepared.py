# SPDX-License-Identifier: Apache-2.0
"""Calls that ran before, on tensors of the CPU with these types, shapes and strides: nothing but addresses
is set anew. All that compute.py checks follows from the key, so that what ran once needs no check again; the
library still looks at the addresses. Each thread has its own, as it has its own handle."""

import threading

import torch

from jsnorm import calls
from jsnorm.torch import compute
from jsnorm.torch.tensors import dense, mask_words, parameter_count, parameter_type, statistics_shape

_MOST = 1024  # calls that a thread remembers


class _OfThread(threading.local):
    def __init__(self):
        self.calls = {}
        self.handle = None
        self.memory = torch.empty(0, dtype=torch.uint8)

    def remember(self, key, call):
        if len(self.calls) >= _MOST:  # shapes that never come again
            self.calls.clear()
        self.calls[key] = call

    def run(self, call):
        if self.memory.numel() < call.args.workspace_bytes:
            self.memory = torch.empty(call.args.workspace_bytes, dtype=torch.uint8)
        if self.handle is None:
            self.handle = calls.handle()
        self.handle.set_thread_count(torch.get_num_threads())
        call.args.workspace = self.memory.data_ptr()
        call.run()


_thread = _OfThread()


def _key(name, norm, *tensors):
    return (name, norm, *[None if t is None else (t.dtype, t.shape, t.stride(), t.is_cpu)
                          for t in tensors])


def _keep(key, norm, x, *vectors):
    """For compute: what becomes of the call. Where a tensor was copied before, nothing."""
    copied = norm.relu and dense(x) is not x
    copied = copied or any(v is not None and not v.is_contiguous() for v in vectors)
    return compute.forget if copied or not x.is_cpu else lambda call: _thread.remember(key, call)


def _place_saved(args, saved):
    args.saved_mean = saved.data_ptr()
    args.saved_variance = args.saved_mean + saved.nbytes // 2


def _address(tensor):
    return None if tensor is None else tensor.data_ptr()


def _mask(call, norm, x):
    """A new mask where the call writes one, else None."""
    if not norm.relu:
        return None
    mask = torch.empty(mask_words(norm, x), dtype=torch.int32)
    call.args.mask = mask.data_ptr()
    return mask


def forward(norm, x, gamma, beta, z, running_mean, running_variance, factor):
    """compute.forward with running statistics updated in place -> y, saved, mask. saved: the means, then
    the variances."""
    running = running_mean, running_variance
    key = _key("forward", norm, x, gamma, beta, z, *running)
    call = _thread.calls.get(key)
    if call is None:
        y, mean, variance, mask = compute.forward(
            norm, x, gamma, beta, z, *running, running, factor,
            keep=_keep(key, norm, x, gamma, beta, *running))
        return y, torch.stack((mean, variance)), mask
    args, y = call.args, torch.empty_like(x)
    groups, statistics = statistics_shape(norm, x)
    saved = torch.empty((2, groups, statistics), dtype=torch.float64)
    _place_saved(args, saved)
    args.x, args.y, args.z = x.data_ptr(), y.data_ptr(), _address(z)
    args.gamma, args.beta = _address(gamma), _address(beta)
    if running_mean is not None:
        args.running_mean = args.next_running_mean = running_mean.data_ptr()
        args.running_variance = args.next_running_variance = running_variance.data_ptr()
    args.factor = factor
    mask = _mask(call, norm, x)
    _thread.run(call)
    return y, saved, mask


def infer(norm, x, gamma, beta, z, running_mean, running_variance):
    """As compute.infer."""
    running = running_mean, running_variance
    key = _key("infer", norm, x, gamma, beta, z, *running)
    call = _thread.calls.get(key)
    if call is None:
        return compute.infer(norm, x, gamma, beta, z, *running,
                             keep=_keep(key, norm, x, gamma, beta, *running))
    args, y = call.args, torch.empty_like(x)
    args.x, args.y, args.z = x.data_ptr(), y.data_ptr(), _address(z)
    args.gamma, args.beta = _address(gamma), _address(beta)
    args.running_mean, args.running_variance = _address(running_mean), _address(running_variance)
    mask = _mask(call, norm, x)
    _thread.run(call)
    return y, mask


def backward(norm, dy, x, gamma, saved, mask, residual):
    """compute.backward -> dx, dgamma, dbeta, and dz or what stands for none."""
    key = _key("with dz" if residual else "backward", norm, dy, x, gamma)
    call = _thread.calls.get(key)
    if call is None:
        return compute.backward(norm, dy, x, gamma, *saved.unbind(), mask, residual,
                                keep=_keep(key, norm, x, gamma))
    args, dtype = call.args, parameter_type(x, gamma)
    dx, count = torch.empty_like(x), parameter_count(norm, x)
    dgamma, dbeta = torch.empty(count, dtype=dtype), torch.empty(count, dtype=dtype)
    dz = torch.empty_like(x) if residual else None
    args.dy, args.x, args.gamma = dy.data_ptr(), x.data_ptr(), _address(gamma)
    _place_saved(args, saved)
    args.dx, args.dgamma, args.dbeta = dx.data_ptr(), dgamma.data_ptr(), dbeta.data_ptr()
    args.dz = _address(dz)
    if norm.relu:
        args.mask = mask.data_ptr()
    _thread.run(call)
    return dx, dgamma, dbeta, dz
