# SPDX-License-Identifier: Apache-2.0
"""jsnorm.jax: golden files, gradients, agreement with jax.numpy, transformations, what must be refused."""

import os
import unittest

os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ["XLA_FLAGS"] = os.environ.get("XLA_FLAGS", "") + " --xla_force_host_platform_device_count=2"

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402
from golden import FILES, Golden, error  # noqa: E402
from jax.test_util import check_grads  # noqa: E402

import jsnorm  # noqa: E402
import jsnorm.jax as jj  # noqa: E402
import jsnorm.numpy as jn  # noqa: E402
from jsnorm.jax import operations  # noqa: E402
from jsnorm.norm import ESTIMATORS, KINDS  # noqa: E402


def data(*shape, seed=1, dtype=np.float32):
    return jnp.asarray(np.random.default_rng(seed).normal(1, 2, shape), dtype)


class InDouble(unittest.TestCase):
    def setUp(self):
        double = jax.enable_x64(True)
        double.__enter__()
        self.addCleanup(double.__exit__, None, None, None)


class GoldenFiles(InDouble):
    def test_every_file_agrees(self):
        self.assertGreater(len(FILES), 20)
        for path in FILES:
            for last in (False, True):
                golden = Golden(path)
                if last and golden.norm.kind in ("layer", "batch_per_activation"):
                    continue  # parameters of activations are in the order of channels first
                with self.subTest(path.name, channels_last=last):
                    self.solve(golden, last)

    def solve(self, golden, last):
        def give(name):
            array = golden.get(name)
            if array is None:
                return None
            is_tensor = last and name in ("x", "z", "dy")
            return jnp.asarray(np.moveaxis(array, 1, -1) if is_tensor else array)

        axis = -1 if last else 1
        inputs = [give(name) for name in ("x", "gamma", "beta", "z")]
        running = [give(f"running_{name}") for name in ("mean", "variance")]
        run = jax.jit(lambda *inputs: operations.forward(golden.norm, axis, golden.factor, *inputs,
                                                         *running))
        (y, mean, variance), pull = jax.vjp(run, *inputs)
        found = {"y": y, "running_mean_out": mean, "running_variance_out": variance}
        if golden.get("y_inference") is not None and golden.norm.is_batch:
            found["y_inference"] = operations.infer(golden.norm, axis, 0, *inputs, mean, variance)
        if golden.get("dy") is not None:
            zeros = [None if array is None else jnp.zeros_like(array) for array in (mean, variance)]
            found |= zip(("dx", "dgamma", "dbeta", "dz"), pull((give("dy"), *zeros)), strict=True)
        compared = 0
        for name, got in found.items():
            if got is not None and golden.get(name) is not None:
                if last and name in ("y", "y_inference", "dx", "dz"):
                    got = np.moveaxis(np.asarray(got), -1, 1)
                self.assertLess(error(golden.get(name), got), 1e-10, name)
                compared += 1
        self.assertGreater(compared, 2)


class Gradients(InDouble):
    def test_of_every_kind_and_estimator(self):
        x, z = (data(5, 6, 6, seed=seed, dtype=np.float64) for seed in (1, 2))
        for kind in KINDS:
            count = 36 if kind == "batch_per_activation" else 6
            gamma, beta = (data(count, seed=seed, dtype=np.float64) for seed in (3, 4))
            for estimator in ESTIMATORS:
                norm = jsnorm.Norm(kind, estimator, lambda_=0.3, groups=3)
                with self.subTest(kind, estimator=estimator):
                    check_grads(lambda *t, norm=norm: operations.forward(
                        norm, -1, 0.0, *t, None, None)[0], (x, gamma, beta, z), 1, ["rev"])

    def test_with_relu(self):
        x, z = (data(5, 4, 6, seed=seed, dtype=np.float64) for seed in (1, 2))
        gamma, beta = (data(6, seed=seed, dtype=np.float64) for seed in (3, 4))
        check_grads(lambda x, g, b, z: jj.batch_norm(x, g, b, z=z, relu=True)[0],
                    (x, gamma, beta, z), 1, ["rev"], eps=1e-6)

    def test_through_running_statistics(self):
        x, gamma = data(5, 4, 6, dtype=np.float64), data(6, seed=3, dtype=np.float64)
        mean, variance = data(6, seed=4, dtype=np.float64), 1 + data(6, seed=5, dtype=np.float64) ** 2
        for relu in (False, True):
            check_grads(lambda x, g, r=relu: jj.batch_norm(x, g, None, mean, variance, training=False,
                                                           relu=r), (x, gamma), 1, ["rev"], eps=1e-6)


class Agreement(unittest.TestCase):
    """Without doubles in JAX, as programs usually are."""

    def test_results_are_those_of_numpy(self):
        for dtype in (jnp.float32, jnp.float16, jnp.bfloat16):
            x, gamma = data(6, 5, 5, 8, dtype=dtype), data(8, seed=2)
            got = jj.batch_norm(x, gamma, relu=True)[0]
            first = np.moveaxis(np.asarray(x), -1, 1)
            expected = np.moveaxis(jn.batch_norm(first, np.asarray(gamma), relu=True), 1, -1)
            self.assertEqual(got.dtype, dtype)
            np.testing.assert_array_equal(np.asarray(got), expected)

    def test_none_is_the_ordinary_layer(self):
        x = data(6, 5, 8)

        def ordinary(axes):
            return (x - x.mean(axes, keepdims=True)) / jnp.sqrt(x.var(axes, keepdims=True) + 1e-5)

        close = {"rtol": 1e-5, "atol": 1e-5}
        np.testing.assert_allclose(jj.batch_norm(x, estimator="none")[0], ordinary((0, 1)), **close)
        np.testing.assert_allclose(jj.instance_norm(x, estimator="none"), ordinary(1), **close)
        np.testing.assert_allclose(jj.layer_norm(x, estimator="none"), ordinary(2), **close)
        np.testing.assert_allclose(jj.layer_norm(x, first_axis=1, estimator="none"), ordinary((1, 2)),
                                   **close)
        np.testing.assert_allclose(jj.group_norm(x, 1, estimator="none"), ordinary((1, 2)), **close)
        row = x[0, 0]
        np.testing.assert_allclose(jj.layer_norm(row, estimator="none"),
                                   (row - row.mean()) / jnp.sqrt(row.var() + 1e-5), **close)

    def test_settings_reach_every_function(self):
        x = data(6, 7, 8)
        given = {"estimator": ("ridge", "sampling"), "lambda_": 0.5, "effective_fraction": 0.25}
        first = np.moveaxis(np.asarray(x), -1, 1)
        for kind, got in (("batch", jj.batch_norm(x, **given)[0]),
                          ("instance", jj.instance_norm(x, **given)),
                          ("group", jj.group_norm(x, 4, **given)),
                          ("layer", jj.layer_norm(x, **given))):
            norm = jsnorm.Norm(kind, groups=4, **given)
            if kind == "layer":
                expected = jn.forward(norm, np.asarray(x))[0]
            else:
                expected = np.moveaxis(jn.forward(norm, first)[0], 1, -1)
            np.testing.assert_array_equal(np.asarray(got), expected, kind)

    def test_running_statistics(self):
        x = data(16, 3, 4)
        _, mean, variance = jj.batch_norm(x, None, None, jnp.zeros(4), jnp.ones(4), factor=1.0,
                                          estimator="none")
        np.testing.assert_allclose(mean, x.mean((0, 1)), rtol=1e-5)
        np.testing.assert_allclose(variance, x.var((0, 1), ddof=1), rtol=1e-5)

    def test_large_tensors_share_xlas_threads(self):
        x = data(64, 14, 14, 64)
        run = jax.jit(lambda x: jj.batch_norm(x)[0] + jj.batch_norm(2 * x)[0])
        first = run(x)
        for _ in range(5):
            np.testing.assert_array_equal(run(x), first)

    def test_empty_batch(self):
        y, mean, _ = jj.batch_norm(jnp.zeros((0, 3, 4)), None, None, jnp.ones(4), jnp.ones(4))
        self.assertEqual(y.shape, (0, 3, 4))
        np.testing.assert_array_equal(mean, np.ones(4))


class Transformations(unittest.TestCase):
    def loss(self, x, gamma):
        return (jj.batch_norm(x, gamma, relu=True)[0] ** 2).sum()

    def test_jit_and_grad(self):
        x, gamma = data(6, 5, 8), data(8, seed=2)
        expected = jax.grad(self.loss, (0, 1))(x, gamma)
        got = jax.jit(jax.grad(self.loss, (0, 1)))(x, gamma)
        for right, one in zip(expected, got, strict=True):
            np.testing.assert_array_equal(right, one)

    def test_vmap(self):
        x, gamma = data(3, 6, 5, 8), data(8, seed=2)
        got = jax.vmap(jax.grad(self.loss), (0, None))(x, gamma)
        for i in range(3):
            np.testing.assert_array_equal(got[i], jax.grad(self.loss)(x[i], gamma))

    def test_pmap_takes_each_part_alone(self):
        x = data(2, 6, 5, 8)
        got = jax.pmap(lambda x: jj.batch_norm(x)[0])(x)
        for i in range(2):
            np.testing.assert_array_equal(got[i], jj.batch_norm(x[i])[0])

    def test_in_a_loop_that_trains(self):
        x = data(32, 8)
        target = x @ data(8, 2, seed=3)
        weights = {"gamma": jnp.ones(8), "w": jnp.zeros((8, 2))}

        def loss(weights):
            return ((jj.batch_norm(x, weights["gamma"], estimator="sampling")[0] @ weights["w"] -
                     target) ** 2).mean()

        def step(weights, _):
            value, gradients = jax.value_and_grad(loss)(weights)
            return jax.tree.map(lambda w, g: w - 0.05 * g, weights, gradients), value

        _, losses = jax.lax.scan(step, weights, None, 200)
        self.assertLess(losses[-1], losses[0] / 3)


class Refused(unittest.TestCase):
    def refuses(self, kind, text, function, x, *arguments, **named):
        def call(x):
            return function(x, *arguments, **named)

        for run in (call, jax.jit(call)):
            with self.assertRaisesRegex(kind, text):
                run(x)

    def test_wrong_arguments(self):
        x = data(4, 7, 3)
        self.refuses(TypeError, "x is int32", jj.batch_norm, jnp.zeros((4, 3), jnp.int32))
        self.refuses(ValueError, r"gamma has the shape \(4,\)", jj.batch_norm, x, jnp.ones(4))
        self.refuses(TypeError, "gamma is bfloat16", jj.batch_norm, x, jnp.ones(3, jnp.bfloat16))
        self.refuses(TypeError, "of one type", jj.batch_norm, x.astype(jnp.float16), jnp.ones(3),
                     jnp.ones(3, jnp.float16))
        self.refuses(ValueError, "z is", jj.batch_norm, x, z=data(4, 7, 4))
        self.refuses(TypeError, "z is", jj.batch_norm, x, z=x.astype(jnp.float16))
        self.refuses(ValueError, "both or none", jj.batch_norm, x, None, None, jnp.ones(3))
        self.refuses(ValueError, "needed in inference", jj.batch_norm, x, training=False)
        self.refuses(ValueError, "channel_axis", jj.batch_norm, x, channel_axis=0)
        self.refuses(ValueError, "epsilon", jj.batch_norm, x, epsilon=-1)
        self.refuses(ValueError, "groups", jj.group_norm, x, 2)
        self.refuses(ValueError, "axis", jj.layer_norm, x, first_axis=5)
        self.refuses(ValueError, "rank", jj.batch_norm, jnp.ones(3))
        self.refuses(ValueError, "factor", jj.batch_norm, x, None, None, jnp.ones(3), jnp.ones(3),
                     factor=2)
        self.refuses(ValueError, "batch kind", jj.batch_norm, x, norm=jsnorm.Norm("layer"))

    def test_handlers_check_what_they_are_given(self):
        jj.batch_norm(data(4, 3))  # registers them
        call = jax.ffi.ffi_call("jsnorm_forward", jax.ShapeDtypeStruct((4, 3), np.float32))
        for operands, text in (("x,gamma", "fewer buffers than names"), ("", "more buffers than names"),
                               ("x", "no attribute kind")):
            with self.assertRaisesRegex(jax.errors.JaxRuntimeError, text):
                jax.block_until_ready(call(data(4, 3), operands=operands, results="y",
                                           channel_axis=np.int64(1)))


if __name__ == "__main__":
    unittest.main()
