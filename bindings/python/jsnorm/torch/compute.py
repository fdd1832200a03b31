# SPDX-License-Identifier: Apache-2.0
"""The operations on tensors that have memory. x may be anything; where ReLU needs a mask, x is taken
without gaps, because the mask is in the order of its memory."""

import torch

from jsnorm import _api, calls
from jsnorm.torch.tensors import (Scratch, dense, handle_for, mask_words, parameter_count,
                                  parameter_type, placed, statistics_shape, vectors)


def forget(_call):
    """Of a call that does not run again."""


def _check_counts(expected, vectors):
    for name, vector in vectors.items():
        if vector is not None and vector.numel() != expected:
            raise ValueError(f"{name} has {vector.numel()} entries, but {expected} are needed")


def _check_vectors(norm, x, gamma, beta, running):
    _check_counts(parameter_count(norm, x), {"weight": gamma, "bias": beta})
    _check_counts(statistics_shape(norm, x)[1], running)


def new_forward_outputs(norm, x):
    """y, mean and variance (G, K), mask."""
    shape = statistics_shape(norm, x)
    return (torch.empty_like(x), x.new_empty(shape, dtype=torch.float64),
            x.new_empty(shape, dtype=torch.float64),
            x.new_empty(mask_words(norm, x), dtype=torch.int32))


def new_gradients(norm, x, gamma, residual):
    """dx, dgamma, dbeta, dz; dz is empty without a residual."""
    count, dtype = parameter_count(norm, x), parameter_type(x, gamma)
    return (torch.empty_like(x), x.new_empty(count, dtype=dtype), x.new_empty(count, dtype=dtype),
            torch.empty_like(x) if residual else x.new_empty(0))


def forward(norm, x, gamma, beta, z, running_mean, running_variance, following, factor,
            keep=forget):
    """With the statistics of x. following: where the next running mean and variance go. keep: receives
    the call, after it has run."""
    outputs = y, mean, variance, mask = new_forward_outputs(norm, x)
    given = dense(x) if norm.relu else x
    before = {"running_mean": running_mean, "running_variance": running_variance}
    _check_vectors(norm, x, gamma, beta, before)
    pointers, parameters, alive = vectors("weight and bias", {"gamma": gamma, "beta": beta})
    previous, running, also_alive = vectors("running statistics", before)
    pointers |= previous
    pointers["saved_mean"], pointers["saved_variance"] = mean.data_ptr(), variance.data_ptr()
    if previous:
        pointers["next_running_mean"] = following[0].data_ptr()
        pointers["next_running_variance"] = following[1].data_ptr()
    if norm.relu:
        pointers["mask"] = mask.data_ptr()
    with handle_for(x, z, *alive, *also_alive) as handle:
        tensors = {"x": placed("input", given), "z": placed("z", z), "y": placed("output", y)}
        keep(calls.run(_api.Operation.FORWARD_TRAINING, handle, norm, tensors,
                       allocate=Scratch(x), pointers=pointers, parameters=parameters,
                       running=running, factor=factor))
    return outputs


def infer(norm, x, gamma, beta, z, running_mean, running_variance, keep=forget):
    """With running statistics: y, mask."""
    y = torch.empty_like(x)
    mask = x.new_empty(mask_words(norm, x), dtype=torch.int32)
    given = dense(x) if norm.relu else x
    of_training = {"running_mean": running_mean, "running_variance": running_variance}
    _check_vectors(norm, x, gamma, beta, of_training)
    pointers, parameters, alive = vectors("weight and bias", {"gamma": gamma, "beta": beta})
    statistics, running, also_alive = vectors("running statistics", of_training)
    if norm.relu:
        pointers["mask"] = mask.data_ptr()
    with handle_for(x, z, *alive, *also_alive) as handle:
        tensors = {"x": placed("input", given), "z": placed("z", z), "y": placed("output", y)}
        keep(calls.run(_api.Operation.FORWARD_INFERENCE, handle, norm, tensors,
                       allocate=Scratch(x), pointers=pointers | statistics,
                       parameters=parameters, running=running))
    return y, mask


def backward(norm, dy, x, gamma, mean, variance, mask, residual, keep=forget):
    """The gradients of forward()."""
    pointers = {"saved_mean": mean.data_ptr(), "saved_variance": variance.data_ptr()}
    return _differentiate(_api.Operation.BACKWARD, norm, dy, x, gamma, mask, residual, pointers,
                          None, keep)


def backward_fixed_statistics(norm, dy, x, gamma, running_mean, running_variance, mask, residual):
    """The gradients of infer()."""
    pointers, running, _alive = vectors(
        "running statistics", {"running_mean": running_mean, "running_variance": running_variance})
    return _differentiate(_api.Operation.BACKWARD_FIXED_STATISTICS, norm, dy, x, gamma, mask,
                          residual, pointers, running, forget)


def _differentiate(operation, norm, dy, x, gamma, mask, residual, pointers, running, keep):
    outputs = dx, dgamma, dbeta, dz = new_gradients(norm, x, gamma, residual)
    given = dense(x) if norm.relu else x
    addresses, parameters, alive = vectors("weight and its gradients",
                                           {"gamma": gamma, "dgamma": dgamma, "dbeta": dbeta})
    pointers = pointers | addresses
    if norm.relu:
        pointers["mask"] = mask.data_ptr()
    with handle_for(x, dy, *alive) as handle:
        tensors = {"x": placed("input", given), "dy": placed("gradient", dy),
                   "dx": placed("dx", dx), "dz": placed("dz", dz) if residual else None}
        keep(calls.run(operation, handle, norm, tensors, allocate=Scratch(x), pointers=pointers,
                       parameters=parameters, running=running))
    return outputs
