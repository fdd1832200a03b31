# SPDX-License-Identifier: Apache-2.0
"""Eager calls: what ops.py does, without the dispatcher's share of the time, and with running statistics
updated in place. Whatever traces or transforms a function goes by the operators."""

import torch
from torch.utils._python_dispatch import is_in_torch_dispatch_mode

from jsnorm.norm import Norm
from jsnorm.torch import compute, ops, prepared


def is_plain(x):
    """Whether nobody traces or transforms the call."""
    return (type(x) in (torch.Tensor, torch.nn.Parameter) and not torch.compiler.is_compiling() and
            not torch._C._are_functorch_transforms_active() and not is_in_torch_dispatch_mode())


def _wants_gradient(*tensors):
    return torch.is_grad_enabled() and any(
        tensor is not None and tensor.requires_grad for tensor in tensors)


class _Forward(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, gamma, beta, z, running_mean, running_variance, factor, norm):
        y, saved, mask = prepared.forward(norm, x, gamma, beta, z, running_mean, running_variance,
                                          factor)
        ctx.norm = norm
        ctx.has = gamma is not None, beta is not None, z is not None
        ctx.save_for_backward(x, gamma, saved, mask)
        return y

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, dy):
        x, gamma, saved, mask = ctx.saved_tensors
        return (*ops.gradients_of_inputs(
            ctx.has, ctx.norm, dy, lambda residual: prepared.backward(
                ctx.norm, dy, x, gamma, saved, mask, residual)), None, None, None, None)


class _Infer(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, gamma, beta, z, running_mean, running_variance, norm):
        y, mask = prepared.infer(norm, x, gamma, beta, z, running_mean, running_variance)
        ctx.norm = norm
        ctx.has = gamma is not None, beta is not None, z is not None
        # The buffers change with the next training step.
        ctx.save_for_backward(x, gamma, running_mean.clone(), running_variance.clone(), mask)
        return y

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, dy):
        x, gamma, mean, variance, mask = ctx.saved_tensors
        return (*ops.gradients_of_inputs(
            ctx.has, ctx.norm, dy, lambda residual: compute.backward_fixed_statistics(
                ctx.norm, dy, x, gamma, mean, variance, mask, residual)), None, None, None)


def _packed(running_mean, running_variance):
    return all(tensor is None or tensor.is_contiguous()
               for tensor in (running_mean, running_variance))


def forward(x, gamma, beta, z, running_mean, running_variance, factor, token):
    """y, with the statistics of x, by which the running ones are updated in place."""
    if is_plain(x) and _packed(running_mean, running_variance):
        norm = Norm.of_token(token)
        if _wants_gradient(x, gamma, beta, z):
            return _Forward.apply(x, gamma, beta, z, running_mean, running_variance, factor, norm)
        return prepared.forward(norm, x, gamma, beta, z, running_mean, running_variance,
                                factor)[0]
    y, _, _, _, *following = ops.forward(x, gamma, beta, z, running_mean, running_variance, factor,
                                         token)
    with torch.no_grad():
        for running, value in zip((running_mean, running_variance), following, strict=True):
            if running is not None:
                running.copy_(value)
    return y


def infer(x, gamma, beta, z, running_mean, running_variance, token):
    """y, with the running statistics."""
    if not is_plain(x):
        return ops.infer(x, gamma, beta, z, running_mean, running_variance, token)[0]
    norm = Norm.of_token(token)
    if _wants_gradient(x, gamma, beta, z):
        return _Infer.apply(x, gamma, beta, z, running_mean, running_variance, norm)
    return prepared.infer(norm, x, gamma, beta, z, running_mean, running_variance)[0]
