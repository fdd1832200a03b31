# SPDX-License-Identifier: Apache-2.0
"""The operations as torch.library operators, for torch.compile, torch.export and vmap: functional, with
fake kernels and gradients. A Norm travels as its token. Tensors that an operation does not have are empty.
Eager calls take a shorter way (eager.py)."""

import typing

import torch
from torch import Tensor

from jsnorm.norm import Norm
from jsnorm.torch import compute
from jsnorm.torch.tensors import mask_words

Optional = typing.Optional[Tensor]


def _following(x, running):
    """Memory for the next running statistic."""
    if running is None:
        return x.new_empty(0)
    return torch.empty_like(running, memory_format=torch.contiguous_format)


# ---- Forward, with the statistics of x ----------------------------------------------------------

@torch.library.custom_op("jsnorm::forward", mutates_args=())
def forward(x: Tensor, gamma: Optional, beta: Optional, z: Optional, running_mean: Optional,
            running_variance: Optional, factor: float,
            norm: str) -> typing.Tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]:
    """-> y, saved mean and variance (G, K), mask, next running mean and variance."""
    following = _following(x, running_mean), _following(x, running_variance)
    return (*compute.forward(Norm.of_token(norm), x, gamma, beta, z, running_mean,
                             running_variance, following, factor), *following)


@forward.register_fake
def _(x, gamma, beta, z, running_mean, running_variance, factor, norm):
    return (*compute.new_forward_outputs(Norm.of_token(norm), x), _following(x, running_mean),
            _following(x, running_variance))


@torch.library.custom_op("jsnorm::backward", mutates_args=())
def backward(dy: Tensor, x: Tensor, gamma: Optional, mean: Tensor, variance: Tensor, mask: Tensor,
             residual: bool, norm: str) -> typing.Tuple[Tensor, Tensor, Tensor, Tensor]:
    """-> dx, dgamma, dbeta, dz."""
    return compute.backward(Norm.of_token(norm), dy, x, gamma, mean, variance, mask, residual)


@backward.register_fake
def _(dy, x, gamma, mean, variance, mask, residual, norm):
    return compute.new_gradients(Norm.of_token(norm), x, gamma, residual)


def _save_for_backward(ctx, inputs, output):
    x, gamma, beta, z, _, _, _, ctx.norm = inputs
    _, mean, variance, mask, _, _ = output
    ctx.has = gamma is not None, beta is not None, z is not None
    ctx.save_for_backward(x, gamma, mean, variance, mask)


def _gradients(ctx, dy, *_):
    x, gamma, mean, variance, mask = ctx.saved_tensors
    return (*gradients_of_inputs(ctx.has, Norm.of_token(ctx.norm), dy, lambda residual: backward(
        dy, x, gamma, mean, variance, mask, residual, ctx.norm)), None, None, None, None)


def gradients_of_inputs(has, norm, dy, differentiate):
    """The gradients of x, gamma, beta and z, of which forward `has` the last three or not. Without ReLU
    that of z is dy itself."""
    has_gamma, has_beta, has_z = has
    gated = has_z and norm.relu
    dx, dgamma, dbeta, dz = differentiate(gated)
    of_z = dz if gated else dy
    return (dx, dgamma if has_gamma else None, dbeta if has_beta else None,
            of_z if has_z else None)


forward.register_autograd(_gradients, setup_context=_save_for_backward)


# ---- Forward, with running statistics -----------------------------------------------------------

@torch.library.custom_op("jsnorm::infer", mutates_args=())
def infer(x: Tensor, gamma: Optional, beta: Optional, z: Optional, running_mean: Tensor,
          running_variance: Tensor, norm: str) -> typing.Tuple[Tensor, Tensor]:
    """-> y, mask."""
    return compute.infer(Norm.of_token(norm), x, gamma, beta, z, running_mean, running_variance)


@infer.register_fake
def _(x, gamma, beta, z, running_mean, running_variance, norm):
    words = mask_words(Norm.of_token(norm), x)
    return torch.empty_like(x), x.new_empty(words, dtype=torch.int32)


@torch.library.custom_op("jsnorm::backward_fixed_statistics", mutates_args=())
def backward_fixed_statistics(
        dy: Tensor, x: Tensor, gamma: Optional, running_mean: Tensor, running_variance: Tensor,
        mask: Tensor, residual: bool,
        norm: str) -> typing.Tuple[Tensor, Tensor, Tensor, Tensor]:
    """-> dx, dgamma, dbeta, dz."""
    return compute.backward_fixed_statistics(Norm.of_token(norm), dy, x, gamma, running_mean,
                                             running_variance, mask, residual)


@backward_fixed_statistics.register_fake
def _(dy, x, gamma, running_mean, running_variance, mask, residual, norm):
    return compute.new_gradients(Norm.of_token(norm), x, gamma, residual)


def _save_for_fixed(ctx, inputs, output):
    x, gamma, beta, z, running_mean, running_variance, ctx.norm = inputs
    ctx.has = gamma is not None, beta is not None, z is not None
    # The buffers change with the next training step.
    ctx.save_for_backward(x, gamma, running_mean.clone(), running_variance.clone(), output[1])


def _gradients_of_fixed(ctx, dy, *_):
    x, gamma, mean, variance, mask = ctx.saved_tensors
    return (*gradients_of_inputs(
        ctx.has, Norm.of_token(ctx.norm), dy, lambda residual: backward_fixed_statistics(
            dy, x, gamma, mean, variance, mask, residual, ctx.norm)), None, None, None)


infer.register_autograd(_gradients_of_fixed, setup_context=_save_for_fixed)


# ---- vmap: one by one ---------------------------------------------------------------------------

def _one_by_one(operator):
    """A mapped operator runs once for each entry of the mapped axis."""

    def mapped(info, in_dims, *arguments):
        results = [operator(*(value if axis is None else value.select(axis, i)
                              for value, axis in zip(arguments, in_dims, strict=True)))
                   for i in range(info.batch_size)]
        stacked = tuple(torch.stack(parts) for parts in zip(*results, strict=True))
        return stacked, tuple(0 for _ in stacked)

    operator.register_vmap(mapped)


for _operator in (forward, backward, infer, backward_fixed_statistics):
    _one_by_one(_operator)
