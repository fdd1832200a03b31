# SPDX-License-Identifier: Apache-2.0
"""The operations with their gradients (reverse mode). A Norm and numbers are static: JAX compiles anew
where they change."""

import functools

import jax
import jax.numpy as jnp

from jsnorm.jax.handlers import call
from jsnorm.jax.view import View


def _wanted(array, result):
    return None if array is None else result


def _gradients(target, norm, view, operands, dy, gamma, beta, z):
    """-> of x, gamma, beta, z. Without ReLU that of z is dy itself."""
    of_parameters = view.parameters, view.parameter_type(gamma, beta)
    gated = z is not None and norm.relu
    found = call(target, norm, view, {"dy": dy, "gamma": gamma, "beta": beta} | operands, {
        "dx": view.tensor, "dgamma": _wanted(gamma, of_parameters),
        "dbeta": _wanted(beta, of_parameters), "dz": view.tensor if gated else None})
    of_z = found.get("dz") if gated else _wanted(z, dy)
    return found["dx"], found.get("dgamma"), found.get("dbeta"), of_z


# ---- With the statistics of x --------------------------------------------------------------------

@functools.partial(jax.custom_vjp, nondiff_argnums=(0, 1, 2))
def forward(norm, channel_axis, factor, x, gamma, beta, z, running_mean, running_variance):
    """-> y, next running mean and variance (None without running statistics)."""
    return _forward(norm, channel_axis, factor, x, gamma, beta, z, running_mean,
                    running_variance)[0]


def _forward(norm, channel_axis, factor, x, gamma, beta, z, running_mean, running_variance):
    view = View(norm, x, channel_axis)
    view.check_parameters(gamma, beta)
    view.check_tensor("z", z)
    running = {"running_mean": running_mean, "running_variance": running_variance}
    view.check_vectors(view.running, running)
    if (running_mean is None) != (running_variance is None):
        raise ValueError("running_mean and running_variance: give both or none")
    following = {f"next_{name}": _wanted(array, (view.running, array is not None and array.dtype))
                 for name, array in running.items()}
    found = call("forward", norm, view, {"x": x, "gamma": gamma, "beta": beta, "z": z} | running, {
        "y": view.tensor, "saved_mean": view.saved, "saved_variance": view.saved,
        "mask": view.mask if norm.relu else None} | following, factor=factor)
    saved = {name: found.get(name) for name in ("saved_mean", "saved_variance", "mask")}
    results = (found["y"], *(found.get(name) for name in following))
    return results, (x, gamma, beta, z, saved)


def _backward(norm, channel_axis, factor, left, cotangents):
    x, gamma, beta, z, saved = left
    dy = cotangents[0]  # running statistics are no function to differentiate, as everywhere
    gradients = _gradients("backward", norm, View(norm, x, channel_axis), {"x": x} | saved, dy,
                           gamma, beta, z)
    return (*gradients, None, None)


forward.defvjp(_forward, _backward)


# ---- With running statistics ---------------------------------------------------------------------

@functools.partial(jax.custom_vjp, nondiff_argnums=(0, 1, 2))
def infer(norm, channel_axis, element_count, x, gamma, beta, z, running_mean, running_variance):
    """-> y. Batch kinds."""
    return _infer(norm, channel_axis, element_count, x, gamma, beta, z, running_mean,
                  running_variance)[0]


def _infer(norm, channel_axis, element_count, x, gamma, beta, z, running_mean, running_variance):
    if running_mean is None or running_variance is None:
        raise ValueError("running_mean and running_variance are needed in inference")
    view = View(norm, x, channel_axis)
    view.check_parameters(gamma, beta)
    view.check_tensor("z", z)
    running = {"running_mean": running_mean, "running_variance": running_variance}
    view.check_vectors(view.running, running)
    found = call("infer", norm, view, {"x": x, "gamma": gamma, "beta": beta, "z": z} | running,
                 {"y": view.tensor, "mask": view.mask if norm.relu else None},
                 element_count=element_count)
    return found["y"], (x, gamma, beta, z, running | {"mask": found.get("mask")})


def _backward_fixed_statistics(norm, channel_axis, element_count, left, dy):
    x, gamma, beta, z, fixed = left
    found = _gradients("backward_fixed_statistics", norm, View(norm, x, channel_axis),
                       {"x": x} | fixed, dy, gamma, beta, z)
    return (*found, jnp.zeros_like(fixed["running_mean"]),
            jnp.zeros_like(fixed["running_variance"]))


infer.defvjp(_infer, _backward_fixed_statistics)
