# SPDX-License-Identifier: Apache-2.0
"""Layers for JAX on the CPU, under jit, grad (reverse mode), vmap and pmap.

    y, mean, variance = jsnorm.jax.batch_norm(x, gamma, beta, mean, variance)     # training
    y = jsnorm.jax.batch_norm(x, gamma, beta, mean, variance, training=False)     # inference
    y = jsnorm.jax.layer_norm(x, gamma, beta)

x is (N, ..., C), as Flax has it; channel_axis=1 is for (N, C, ...). gamma and beta have one entry per
channel (of a layer norm: per element of a row), float32 or the type of x. Everything but arrays is static
under jit. Types: float32, float16, bfloat16, and float64 where JAX has it. Errors are ValueError or
TypeError, at tracing. vmap runs the mapped calls one after another. Devices of pmap and shard_map each
take the statistics of their own part.
"""

from jsnorm.jax import operations
from jsnorm.norm import Norm

__all__ = ["batch_norm", "group_norm", "instance_norm", "layer_norm"]


def _norm(kind, estimator, epsilon, relu, **settings):
    return Norm(kind, estimator, float(epsilon), "relu" if relu else "none", **settings)


def batch_norm(x, gamma=None, beta=None, running_mean=None, running_variance=None, *, training=True,
               factor=0.1, estimator="james_stein", epsilon=1e-5, z=None, relu=False, channel_axis=-1,
               lambda_=0.0, effective_fraction=1.0, norm=None):
    """In training -> y, next running mean and variance (None where none are given), by `factor`, the
    weight of the new values. In inference -> y.

    z: a residual, added before the ReLU. norm: a jsnorm.Norm of kind "batch" or "batch_per_activation",
    instead of estimator, epsilon, relu, lambda_ and effective_fraction.
    """
    norm = norm or _norm("batch", estimator, epsilon, relu, lambda_=lambda_,
                         effective_fraction=effective_fraction)
    if not norm.is_batch:
        raise ValueError(f"norm is of kind {norm.kind!r}, but batch_norm needs a batch kind")
    arrays = x, gamma, beta, z, running_mean, running_variance
    if training:
        if not 0 <= factor <= 1:
            raise ValueError(f"factor is {factor}, but must be from 0 to 1")
        return operations.forward(norm, channel_axis, float(factor), *arrays)
    from_x = 0
    return operations.infer(norm, channel_axis, from_x, *arrays)


def _of_sample(norm, channel_axis, x, gamma, beta, z):
    no_factor = 0.0
    return operations.forward(norm, channel_axis, no_factor, x, gamma, beta, z, None, None)[0]


def instance_norm(x, gamma=None, beta=None, *, estimator="james_stein", epsilon=1e-5, z=None,
                  relu=False, channel_axis=-1, lambda_=0.0, effective_fraction=1.0):
    """Shrunk over the channels of a sample."""
    norm = _norm("instance", estimator, epsilon, relu, lambda_=lambda_,
                 effective_fraction=effective_fraction)
    return _of_sample(norm, channel_axis, x, gamma, beta, z)


def group_norm(x, groups, gamma=None, beta=None, *, estimator="james_stein", epsilon=1e-5, z=None,
               relu=False, channel_axis=-1, lambda_=0.0, effective_fraction=1.0):
    """Shrunk over the groups of a sample."""
    norm = _norm("group", estimator, epsilon, relu, groups=groups, lambda_=lambda_,
                 effective_fraction=effective_fraction)
    return _of_sample(norm, channel_axis, x, gamma, beta, z)


def layer_norm(x, gamma=None, beta=None, *, first_axis=-1, statistics_per_group=0,
               estimator="james_stein", epsilon=1e-5, z=None, relu=False, lambda_=0.0,
               effective_fraction=1.0):
    """Over the axes from first_axis on, shrunk over the rows of a sample (or as many neighbouring rows as
    statistics_per_group says)."""
    norm = _norm("layer", estimator, epsilon, relu, first_normalized_axis=first_axis,
                 statistics_per_group=statistics_per_group, lambda_=lambda_,
                 effective_fraction=effective_fraction)
    return _of_sample(norm, 1, x, gamma, beta, z)
