# SPDX-License-Identifier: Apache-2.0
"""jsnorm.numpy: golden files in every layout, arguments of every kind, and what must be refused."""

import gc
import pickle
import random
import resource
import threading
import unittest

import numpy as np
from golden import FILES, Golden, error

import jsnorm
import jsnorm.numpy as jn

LAYOUTS = {
    "packed": lambda a: np.ascontiguousarray(a),
    "channels last": lambda a: np.moveaxis(np.ascontiguousarray(np.moveaxis(a, 1, -1)), -1, 1),
    "reversed": lambda a: a[::-1].copy()[::-1],
    "gaps": lambda a: np.repeat(a, 3, axis=-1)[..., ::3],
}


def data(*shape, seed=1, dtype=np.float32):
    return np.random.default_rng(seed).normal(1, 2, shape).astype(dtype)


class GoldenFiles(unittest.TestCase):
    def test_every_file_agrees_in_every_layout(self):
        self.assertGreater(len(FILES), 20)
        for path in FILES:
            for name, lay_out in LAYOUTS.items():
                golden = Golden(path)
                needs_mask = golden.norm.relu and golden.get("z") is not None
                if needs_mask and name in ("gaps", "reversed"):
                    continue  # a mask needs a dense x
                with self.subTest(path.name, layout=name):
                    self.solve(golden, lay_out)

    def solve(self, golden, lay_out):
        x, gamma, beta = lay_out(golden.get("x")), golden.get("gamma"), golden.get("beta")
        z = golden.get("z")
        running = {name: None if golden.get(name) is None else golden.get(name).copy()
                   for name in ("running_mean", "running_variance")}
        y, saved = jn.forward(golden.norm, x, gamma, beta, z=z, factor=golden.factor, **running)
        found = {"y": y, "mean": saved.mean, "variance": saved.variance}
        found |= {f"{name}_out": array for name, array in running.items() if array is not None}
        if golden.get("y_inference") is not None:
            found["y_inference"] = jn.infer(golden.norm, x, gamma, beta, z=z, **running)
        if golden.get("dy") is not None:
            residual = z is not None
            gradients = jn.backward(golden.norm, lay_out(golden.get("dy")), x, saved, gamma, beta,
                                    residual=residual)
            found |= {"dx": gradients.dx, "dgamma": gradients.dgamma, "dbeta": gradients.dbeta}
            if residual:
                found["dz"] = gradients.dz
        compared = 0
        for name, got in found.items():
            if golden.get(name) is not None:
                self.assertLess(error(golden.get(name), got), 1e-10, name)
                compared += 1
        self.assertGreater(compared, 2)


class Arguments(unittest.TestCase):
    def test_types_agree_with_double(self):
        x, gamma, beta = data(8, 6, 5, 5), data(6, seed=2), data(6, seed=3)
        expected = jn.batch_norm(x.astype(np.float64), gamma.astype(np.float64),
                                 beta.astype(np.float64))
        for dtype, tolerance in ((np.float32, 1e-6), (np.float16, 1e-3)):
            got = jn.batch_norm(x.astype(dtype), gamma, beta)
            self.assertEqual(got.dtype, dtype)
            self.assertLess(error(expected, got), tolerance)

    def test_out_may_be_x(self):
        x = data(4, 3, 7)
        expected = jn.batch_norm(x)
        self.assertIs(jn.batch_norm(x, out=x), x)
        np.testing.assert_array_equal(x, expected)

    def test_output_lies_as_x(self):
        x = LAYOUTS["channels last"](data(2, 8, 3, 3))
        self.assertEqual(jn.batch_norm(x).strides, x.strides)

    def test_arrays_of_others_are_taken_by_dlpack(self):
        class Foreign:
            def __init__(self, array):
                self.array = array

            def __dlpack__(self, **arguments):
                return self.array.__dlpack__(**arguments)

            def __dlpack_device__(self):
                return self.array.__dlpack_device__()

        x = data(4, 3, 7)
        np.testing.assert_array_equal(jn.batch_norm(Foreign(x)), jn.batch_norm(x))

    def test_running_statistics_are_updated_in_place(self):
        x = data(16, 4, 3)
        mean, variance = np.zeros(4, np.float32), np.ones(4, np.float32)
        jn.batch_norm(x, running_mean=mean, running_variance=variance, factor=1, estimator="none")
        np.testing.assert_allclose(mean, x.mean((0, 2)), rtol=1e-5)
        np.testing.assert_allclose(variance, x.var((0, 2), ddof=1), rtol=1e-5)

    def test_ordinary_layers(self):
        x = data(5, 8, 6, dtype=np.float64)

        def ordinary(axes):
            return (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + 1e-5)

        np.testing.assert_allclose(jn.batch_norm(x, estimator="none"), ordinary((0, 2)))
        np.testing.assert_allclose(jn.instance_norm(x, estimator="none"), ordinary(2))
        np.testing.assert_allclose(jn.layer_norm(x, estimator="none"), ordinary(2))
        np.testing.assert_allclose(jn.layer_norm(x, first_axis=1, estimator="none"), ordinary((1, 2)))
        halves = np.concatenate([(h - h.mean((1, 2), keepdims=True)) /
                                 np.sqrt(h.var((1, 2), keepdims=True) + 1e-5)
                                 for h in (x[:, :4], x[:, 4:])], axis=1)
        np.testing.assert_allclose(jn.group_norm(x, 2, estimator="none"), halves)

    def test_threads_have_handles_of_their_own(self):
        x = data(32, 16, 10, 10)
        expected, results = jn.batch_norm(x), [None] * 8

        def work(i):
            for _ in range(20):
                results[i] = jn.batch_norm(x)

        threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for result in results:
            np.testing.assert_array_equal(result, expected)

    def test_settings_are_values(self):
        norm = jsnorm.Norm("layer", ("ridge", "lasso"), 1e-3, lambda_=0.25, first_normalized_axis=-2)
        self.assertEqual(jsnorm.Norm.of_token(norm.token), norm)
        self.assertEqual(pickle.loads(pickle.dumps(norm)), norm)


class Refused(unittest.TestCase):
    def refuses(self, kind, text, function, *arguments, **named):
        with self.assertRaisesRegex(kind, text):
            function(*arguments, **named)

    def test_wrong_arguments_have_the_librarys_text(self):
        x = data(4, 3, 7)
        frozen = np.empty_like(x)
        frozen.flags.writeable = False
        saved = jn.forward(jsnorm.Norm(), x)[1]
        self.refuses(TypeError, "x is int64", jn.batch_norm, np.zeros((4, 3, 7), np.int64))
        self.refuses(TypeError, "x is a list", jn.batch_norm, [1.0, 2.0])
        self.refuses(TypeError, "parameter_desc", jn.batch_norm, x, np.ones(3))
        self.refuses(TypeError, "one type", jn.batch_norm, x, np.ones(3, np.float32), np.ones(3))
        self.refuses(ValueError, "4 entries, but 3", jn.batch_norm, x, np.ones(4, np.float32))
        self.refuses(ValueError, "not packed", jn.batch_norm, x, np.ones(6, np.float32)[::2])
        self.refuses(ValueError, "read-only", jn.batch_norm, x, out=frozen)
        self.refuses(ValueError, "y_desc", jn.batch_norm, x, out=data(4, 3, 6))
        self.refuses(TypeError, "y_desc", jn.batch_norm, x, out=data(4, 3, 7, dtype=np.float64))
        self.refuses(ValueError, "overlap", jn.batch_norm, x[:-1], out=x[1:])
        self.refuses(ValueError, "epsilon", jn.batch_norm, x, epsilon=-1.0)
        self.refuses(ValueError, "estimator is 'stein'", jn.batch_norm, x, estimator="stein")
        self.refuses(ValueError, "factor", jn.batch_norm, x, factor=2.0,
                     running_mean=np.zeros(3, np.float32), running_variance=np.ones(3, np.float32))
        self.refuses(ValueError, "both or none", jn.batch_norm, x, running_mean=np.zeros(3))
        self.refuses(ValueError, "running_mean", jn.batch_norm, x, training=False)
        self.refuses(ValueError, "groups", jn.group_norm, x, 2)
        self.refuses(ValueError, "axis", jn.layer_norm, x, first_axis=5)
        self.refuses(ValueError, "rank", jn.batch_norm, data(3))
        self.refuses(ValueError, "saved", jn.backward, jsnorm.Norm(), x, data(4, 5, 7), saved)
        self.refuses(ValueError, "bytes", jn.batch_norm,
                     np.ndarray((2, 3), np.float32, bytes(64), 0, (14, 4)))

    def test_a_refused_call_leaves_the_handle_usable(self):
        x = data(4, 3, 7)
        expected = jn.batch_norm(x)
        self.refuses(ValueError, "entries", jn.batch_norm, x, np.ones(4, np.float32))
        np.testing.assert_array_equal(jn.batch_norm(x), expected)


class Fuzz(unittest.TestCase):
    """Random calls, valid and invalid, neither crash nor leak."""

    CALLS = 2000

    def array(self, rng, shape):
        dtype = rng.choice([np.float32] * 20 + [np.float64, np.float16, np.int32])
        array = data(*shape, seed=rng.randrange(9), dtype=np.float64).astype(dtype)
        return LAYOUTS[rng.choice(list(LAYOUTS))](array) if len(shape) > 1 else array

    def call(self, rng):
        rank = rng.choice([2, 2, 3, 3, 4, 4, 1, 9])
        shape = [rng.choice([0, 1, 2, 3, 5, 8, 13] if rank < 9 else [1, 2]) for _ in range(rank)]
        near = list(shape)
        if rng.random() < 0.1:
            near[rng.randrange(len(near))] += 1
        norm = jsnorm.Norm(
            rng.choice(["batch", "batch_per_activation", "instance", "layer", "group"]),
            (rng.choice(["none", "james_stein", "lasso", "sampling"]),
             rng.choice(["none", "james_stein", "grand_mean", "ridge"])),
            rng.choice([1e-5, 1e-5, 0.0, rng.choice([-1.0, float("nan")])]), rng.choice(["none", "relu"]),
            lambda_=rng.choice([0.0, 0.1]), groups=rng.choice([1, 1, 2, 0]))
        x = self.array(rng, shape)
        count = x.shape[1] if x.ndim > 1 and rng.random() < 0.8 else rng.randrange(9)
        gamma, beta = (self.array(rng, [count]) if rng.random() < 0.5 else None for _ in range(2))
        z = self.array(rng, near) if rng.random() < 0.3 else None
        out = rng.choice([None, None, None, x, self.array(rng, near)])
        y, saved = jn.forward(norm, x, gamma, beta, z=z, out=out)
        jn.backward(norm, self.array(rng, near), x, saved, gamma, beta, residual=z is not None)
        return y

    def test_random_calls(self):
        rng = random.Random(5)
        succeeded = refused = 0
        for i in range(self.CALLS):
            if i == self.CALLS // 2:
                gc.collect()
                before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            try:
                self.call(rng)
                succeeded += 1
            except (ValueError, TypeError) as reason:
                self.assertTrue(str(reason))
                refused += 1
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        self.assertGreater(succeeded, self.CALLS // 20)
        self.assertGreater(refused, self.CALLS // 20)
        self.assertLess(grown, 16 * 1024, "KiB after the first half")


if __name__ == "__main__":
    unittest.main()
