# SPDX-License-Identifier: Apache-2.0
"""Functions with the arguments of torch.nn.functional's, and estimator (with lambda_ of ridge and
lasso, effective_fraction of sampling), z and relu."""

import functools

import torch

from jsnorm.norm import Norm
from jsnorm.torch import eager


@functools.lru_cache(maxsize=1024)
def _made(kind, estimator, eps, relu, **settings):
    return Norm(kind, estimator, float(eps), "relu" if relu else "none", **settings).token


@torch.compiler.assume_constant_result
def _norm(*arguments, **settings):
    """The token of a Norm."""
    return _made(*arguments, **settings)


def batch_norm(input, running_mean, running_var, weight=None, bias=None, training=False,
               momentum=0.1, eps=1e-5, *, estimator="james_stein", z=None, relu=False,
               lambda_=0.0, effective_fraction=1.0):
    """As torch.nn.functional.batch_norm: in training with the statistics of input, which update
    running_mean and running_var in place by momentum, else with these."""
    norm = _norm("batch", estimator, eps, relu, lambda_=lambda_,
                 effective_fraction=effective_fraction)
    if training:
        return eager.forward(input, weight, bias, z, running_mean, running_var, float(momentum),
                             norm)
    if running_mean is None or running_var is None:
        raise ValueError("running_mean and running_var are needed where training is False")
    return eager.infer(input, weight, bias, z, running_mean, running_var, norm)


def _of_sample(input, weight, bias, z, norm):
    no_factor = 0.0
    return eager.forward(input, weight, bias, z, None, None, no_factor, norm)


def instance_norm(input, running_mean=None, running_var=None, weight=None, bias=None,
                  use_input_stats=True, momentum=0.1, eps=1e-5, *, estimator="james_stein", z=None,
                  relu=False, lambda_=0.0, effective_fraction=1.0):
    """As torch.nn.functional.instance_norm, without running statistics. Shrunk over the channels of a
    sample."""
    if running_mean is not None or running_var is not None or not use_input_stats:
        raise NotImplementedError("instance norms have no running statistics here")
    norm = _norm("instance", estimator, eps, relu, lambda_=lambda_,
                 effective_fraction=effective_fraction)
    return _of_sample(input, weight, bias, z, norm)


def layer_norm(input, normalized_shape, weight=None, bias=None, eps=1e-5, *,
               estimator="james_stein", z=None, relu=False, statistics_per_group=0,
               lambda_=0.0, effective_fraction=1.0):
    """As torch.nn.functional.layer_norm. Shrunk over the rows of a sample (of the first axis), or over
    as many neighbouring rows as statistics_per_group says."""
    axes = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
    if not axes or tuple(input.shape[-len(axes):]) != axes:
        raise ValueError(f"normalized_shape is {axes}, but input has {tuple(input.shape)}")
    norm = _norm("layer", estimator, eps, relu, first_normalized_axis=-len(axes),
                 statistics_per_group=statistics_per_group, lambda_=lambda_,
                 effective_fraction=effective_fraction)
    return _of_sample(input, weight, bias, z, norm)


def group_norm(input, num_groups, weight=None, bias=None, eps=1e-5, *, estimator="james_stein",
               z=None, relu=False, lambda_=0.0, effective_fraction=1.0):
    """As torch.nn.functional.group_norm. Shrunk over the groups of a sample."""
    norm = _norm("group", estimator, eps, relu, groups=num_groups, lambda_=lambda_,
                 effective_fraction=effective_fraction)
    return _of_sample(input, weight, bias, z, norm)
