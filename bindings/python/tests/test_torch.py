# SPDX-License-Identifier: Apache-2.0
"""jsnorm.torch: golden files, gradients, agreement with PyTorch's own layers, operators, modules."""

import copy
import unittest

import torch
from golden import FILES, Golden, error
from torch import nn
from torch.nn import functional as F

import jsnorm.torch as jt
from jsnorm.norm import ESTIMATORS
from jsnorm.torch import ops, prepared

TYPES = {torch.float64: 1e-12, torch.float32: 2e-6, torch.float16: 4e-3, torch.bfloat16: 3e-2}


def data(*shape, seed=1, dtype=torch.float32, grad=False):
    generator = torch.Generator().manual_seed(seed)
    values = torch.randn(*shape, generator=generator, dtype=torch.float64)
    return values.to(dtype).requires_grad_(grad)


def relative_error(expected, got):
    expected, got = expected.detach().double(), got.detach().double()
    return ((expected - got).abs().max() / expected.abs().max().clamp(min=1)).item()


class GoldenFiles(unittest.TestCase):
    def test_every_file_agrees(self):
        self.assertGreater(len(FILES), 20)
        for path in FILES:
            with self.subTest(path.name):
                self.solve(Golden(path))

    def solve(self, golden):
        given = {name: torch.tensor(array) for name, array in golden.values.items()}
        names = [name for name in ("x", "gamma", "beta", "z") if name in given]
        leaves = {name: given[name].clone().requires_grad_() for name in names}
        inputs = [leaves.get(name) for name in ("x", "gamma", "beta", "z")]
        running = [given.get(f"running_{name}") for name in ("mean", "variance")]
        y, mean, variance, _, next_mean, next_variance = ops.forward(
            *inputs, *running, golden.factor, golden.norm.token)
        found = {"y": y, "mean": mean, "variance": variance, "running_mean_out": next_mean,
                 "running_variance_out": next_variance}
        if "y_inference" in given and golden.norm.is_batch:
            found["y_inference"] = ops.infer(*inputs, next_mean, next_variance,
                                             golden.norm.token)[0]
        if "dy" in given:
            y.backward(given["dy"])
            found |= {"dx": leaves["x"].grad}
            found |= {f"d{name}": leaf.grad for name, leaf in leaves.items() if name != "x"}
        compared = 0
        for name, got in found.items():
            if golden.get(name) is not None:
                self.assertLess(error(golden.get(name), got.detach()), 1e-10, name)
                compared += 1
        self.assertGreater(compared, 2)


class Gradients(unittest.TestCase):
    CALLS = {
        "batch": lambda x, g, b, z, **s: jt.batch_norm(x, None, None, g, b, True, z=z, **s),
        "instance": lambda x, g, b, z, **s: jt.instance_norm(x, None, None, g, b, z=z, **s),
        "group": lambda x, g, b, z, **s: jt.group_norm(x, 3, g, b, z=z, **s),
        "layer": lambda x, g, b, z, **s: jt.layer_norm(x, (4,), g, b, z=z, **s),
    }

    def test_of_every_kind_and_estimator(self):
        for kind, call in self.CALLS.items():
            count = 4 if kind == "layer" else 6
            x, z = data(5, 6, 4, dtype=torch.float64, grad=True), None
            gamma = data(count, seed=2, dtype=torch.float64, grad=True)
            beta = data(count, seed=3, dtype=torch.float64, grad=True)
            for estimator in ESTIMATORS:
                with self.subTest(kind, estimator=estimator):
                    self.assertTrue(torch.autograd.gradcheck(
                        lambda *t: call(*t, z, estimator=estimator, lambda_=0.3,
                                        effective_fraction=0.5), (x, gamma, beta),
                        fast_mode=True))

    def test_with_a_residual_and_relu(self):
        x, z = (data(6, 5, 3, seed=seed, dtype=torch.float64, grad=True) for seed in (1, 2))
        gamma, beta = (data(5, seed=seed, dtype=torch.float64, grad=True) for seed in (3, 4))
        for relu in (False, True):
            self.assertTrue(torch.autograd.gradcheck(
                lambda x, g, b, z: self.CALLS["batch"](x, g, b, z, relu=relu), (x, gamma, beta, z)))

    def test_through_running_statistics(self):
        x = data(6, 5, 3, dtype=torch.float64, grad=True)
        gamma, beta = (data(5, seed=seed, dtype=torch.float64, grad=True) for seed in (3, 4))
        mean, variance = data(5, dtype=torch.float64), data(5, dtype=torch.float64).exp()
        self.assertTrue(torch.autograd.gradcheck(
            lambda x, g, b: jt.batch_norm(x, mean, variance, g, b, relu=True), (x, gamma, beta)))

    def test_of_an_expanded_gradient_and_of_parts_of_the_inputs(self):
        x, gamma = data(4, 3, 2), data(3, grad=True)
        y = jt.batch_norm(x, None, None, gamma, None, True)
        y.sum().backward()  # dy has strides of 0
        self.assertEqual(gamma.grad.shape, (3,))

    def test_cannot_be_differentiated_again(self):
        x = data(4, 3, 2, grad=True)
        y = jt.batch_norm(x, None, None, training=True)
        (dx,) = torch.autograd.grad(y.square().sum(), x, create_graph=True)
        with self.assertRaises(RuntimeError):
            dx.sum().backward()


class Agreement(unittest.TestCase):
    """NONE is PyTorch's own layer."""

    def agree(self, ours, theirs, *shape, parameters=None):
        for dtype, tolerance in TYPES.items():
            x = data(*shape, dtype=dtype, grad=True)
            reference = x.detach().double().requires_grad_()
            dy = data(*shape, seed=7, dtype=dtype)
            count = parameters or shape[1]
            gamma, beta = (data(count, seed=s, dtype=dtype, grad=True) for s in (2, 3))
            wide = [p.detach().double().requires_grad_() for p in (gamma, beta)]
            y, expected = ours(x, gamma, beta), theirs(reference, *wide)
            y.backward(dy)
            expected.backward(dy.double())
            for name, right, got in (("y", expected, y), ("dx", reference.grad, x.grad),
                                     ("dgamma", wide[0].grad, gamma.grad),
                                     ("dbeta", wide[1].grad, beta.grad)):
                self.assertLess(relative_error(right, got), tolerance, f"{name}, {dtype}")

    def test_batch_norm(self):
        self.agree(lambda x, g, b: jt.batch_norm(x, None, None, g, b, True, estimator="none"),
                   lambda x, g, b: F.batch_norm(x, None, None, g, b, True), 16, 6, 5, 5)

    def test_instance_norm(self):
        self.agree(lambda x, g, b: jt.instance_norm(x, None, None, g, b, estimator="none"),
                   lambda x, g, b: F.instance_norm(x, None, None, g, b), 3, 6, 7, 5)

    def test_group_norm(self):
        self.agree(lambda x, g, b: jt.group_norm(x, 2, g, b, estimator="none"),
                   lambda x, g, b: F.group_norm(x, 2, g, b), 3, 6, 7, 5)

    def test_layer_norm(self):
        self.agree(lambda x, g, b: jt.layer_norm(x, (9,), g, b, estimator="none"),
                   lambda x, g, b: F.layer_norm(x, (9,), g, b), 4, 5, 9, parameters=9)

    def test_parameters_in_float_with_16_bit_tensors(self):
        x = data(8, 4, 6, dtype=torch.bfloat16)
        gamma = data(4)
        y = jt.batch_norm(x, None, None, gamma, None, True, estimator="none")
        expected = F.batch_norm(x.double(), None, None, gamma.double(), None, True)
        self.assertLess(relative_error(expected, y), TYPES[torch.bfloat16])


class Operators(unittest.TestCase):
    def arguments(self):
        x = data(6, 4, 5, grad=True)
        gamma, beta = data(4, seed=2, grad=True), data(4, seed=3, grad=True)
        return x, gamma, beta, data(6, 4, 5, seed=4, grad=True), torch.zeros(4), torch.ones(4)

    def test_keep_their_contracts(self):
        norm = jt.functional._norm("batch", "james_stein", 1e-5, True)
        torch.library.opcheck(ops.forward, (*self.arguments(), 0.1, norm))
        torch.library.opcheck(ops.infer, (*self.arguments(), norm))

    def test_compile_to_one_graph(self):
        def model(x, gamma, beta, z, mean, variance):
            y = jt.batch_norm(x * 2, mean, variance, gamma, beta, True, z=z, relu=True)
            return jt.layer_norm(y + 1, (5,))

        arguments = self.arguments()
        again = [t.detach().clone().requires_grad_(t.requires_grad) for t in arguments]
        expected = model(*arguments)
        got = torch.compile(model, fullgraph=True, backend="aot_eager")(*again)
        torch.testing.assert_close(got, expected, rtol=0, atol=0)
        torch.testing.assert_close(again[4], arguments[4], rtol=0, atol=0)
        for output in (expected, got):
            output.square().sum().backward()
        torch.testing.assert_close(again[0].grad, arguments[0].grad, rtol=0, atol=0)

    def test_map_one_by_one(self):
        x = data(3, 6, 4, 5)
        got = torch.vmap(lambda x: jt.batch_norm(x, None, None, training=True))(x)
        expected = torch.stack([jt.batch_norm(one, None, None, training=True) for one in x])
        torch.testing.assert_close(got, expected, rtol=0, atol=0)

    def test_autocast_takes_what_it_is_given(self):
        layer, linear = jt.JSBatchNorm1d(8), nn.Linear(8, 8)
        with torch.autocast("cpu", torch.bfloat16):
            y = layer(linear(data(16, 8)))
        self.assertEqual(y.dtype, torch.bfloat16)
        y.float().sum().backward()
        self.assertEqual(layer.weight.grad.dtype, torch.float32)


class Threads(unittest.TestCase):
    def test_one_runtime_of_openmp(self):
        """PyTorch's wheel brings a libgomp, and the library needs one: the loader keeps the first."""
        jt.JSBatchNorm2d(8)(data(64, 8, 16, 16))
        with open("/proc/self/maps", encoding="utf-8") as maps:
            found = {line.split()[-1] for line in maps if "libgomp" in line}
        self.assertEqual(len(found), 1, found)


class Prepared(unittest.TestCase):
    """A second call with the same types, shapes and strides takes a shorter way (prepared.py)."""

    def solve(self, x, gamma, beta, z, mean, variance, relu):
        leaves = [t.clone().requires_grad_() for t in (x, gamma, beta, z)]
        running = mean.clone(), variance.clone()
        y = jt.batch_norm(leaves[0], *running, *leaves[1:3], True, z=leaves[3], relu=relu)
        y.backward(data(*x.shape, seed=9))
        evaluated = jt.batch_norm(x, *running, gamma, beta, z=z, relu=relu)
        return [y, *running, evaluated, *(leaf.grad for leaf in leaves)]

    def test_has_the_bits_of_the_first(self):
        mean, variance = torch.zeros(5), torch.ones(5)
        for relu in (False, True):
            for seed in range(3):  # other addresses and values each time
                arguments = (data(6, 5, 4, seed=seed), data(5, seed=seed + 10), data(5, seed=seed + 20),
                             data(6, 5, 4, seed=seed + 30), mean, variance, relu)
                again = self.solve(*arguments)
                prepared._thread.calls.clear()
                for right, got in zip(self.solve(*arguments), again, strict=True):
                    torch.testing.assert_close(got, right, rtol=0, atol=0)

    def test_is_taken_for_nothing_else(self):
        x, gamma = data(6, 5, 4), data(5)
        right = jt.batch_norm(x, None, None, gamma, None, True)
        for other in (gamma.double().requires_grad_(), gamma.to("meta"), data(6)):
            for _ in range(2):
                with self.assertRaises((TypeError, ValueError)):
                    jt.batch_norm(x, None, None, other, None, True)
        strided = torch.stack((gamma, -gamma), 1)[:, 0]
        for _ in range(2):
            got = jt.batch_norm(x, None, None, strided, None, True)
            torch.testing.assert_close(got, right, rtol=0, atol=0)
        sparse = torch.stack((x, -x), -1)[..., 0]
        for _ in range(2):
            got = jt.batch_norm(sparse, None, None, gamma, None, True, relu=True)
            torch.testing.assert_close(got, right.relu(), rtol=0, atol=0)

    def test_refusals_do_not_stay(self):
        x, running = data(6, 5, 4), (torch.zeros(5), torch.ones(5))
        right = jt.batch_norm(x, *running, None, None, True)
        with self.assertRaisesRegex(ValueError, "factor"):
            jt.batch_norm(x, *running, None, None, True, momentum=2.0)
        torch.testing.assert_close(jt.batch_norm(x, *running, None, None, True), right, rtol=0, atol=0)

    def test_forgets_shapes_that_never_come_again(self):
        for n in range(prepared._MOST + 2):
            jt.batch_norm(data(2 + n, 2), None, None, training=True)
        self.assertLessEqual(len(prepared._thread.calls), prepared._MOST)


class Modules(unittest.TestCase):
    def pair(self, theirs, ours, *arguments, **named):
        theirs = theirs(*arguments, **named)
        ours = ours(*arguments, **named, estimator="none")
        ours.load_state_dict(theirs.state_dict())
        theirs.load_state_dict(ours.state_dict())
        return theirs, ours

    def test_hand_on_their_settings(self):
        x = data(6, 5, 4)
        for name, value in (("ridge", {"lambda_": 0.5}), ("sampling", {"effective_fraction": 0.25})):
            layer = jt.convert_batchnorm(nn.BatchNorm1d(5), estimator=name, **value)
            expected = jt.batch_norm(x, None, None, training=True, estimator=name, **value)
            torch.testing.assert_close(layer(x), expected)
            self.assertGreater((expected - jt.batch_norm(x, None, None, training=True,
                                                         estimator=name)).abs().max(), 1e-3)
            (key, number), = value.items()
            self.assertIn(f"estimator='{name}', {key}={number}", repr(layer))

    def test_are_pytorchs_with_none(self):
        for named in ({}, {"affine": False}, {"track_running_stats": False}, {"momentum": None}):
            theirs, ours = self.pair(nn.BatchNorm2d, jt.JSBatchNorm2d, 6, **named)
            for step in range(3):
                x = data(4, 6, 5, 5, seed=step)
                torch.testing.assert_close(ours(x), theirs(x), rtol=1e-5, atol=1e-5)
            for name, value in theirs.state_dict().items():
                torch.testing.assert_close(ours.state_dict()[name], value, rtol=1e-5, atol=1e-6)
            ours.eval(), theirs.eval()
            torch.testing.assert_close(ours(x), theirs(x), rtol=1e-5, atol=1e-5)

    def test_of_the_other_kinds(self):
        x = data(3, 6, 5, 4)
        for theirs, ours in (self.pair(nn.GroupNorm, jt.JSGroupNorm, 2, 6),
                             self.pair(nn.LayerNorm, jt.JSLayerNorm, (5, 4)),
                             self.pair(nn.InstanceNorm2d, jt.JSInstanceNorm2d, 6, affine=True)):
            torch.testing.assert_close(ours(x), theirs(x), rtol=1e-5, atol=1e-5)
        self.assertEqual(jt.JSInstanceNorm2d(6)(x[0]).shape, x[0].shape)

    def test_keep_channels_last(self):
        x = data(4, 6, 5, 5).to(memory_format=torch.channels_last)
        layer = jt.JSBatchNorm2d(6, relu=True)
        y = layer(x)
        self.assertTrue(y.is_contiguous(memory_format=torch.channels_last))
        torch.testing.assert_close(y, jt.JSBatchNorm2d(6, relu=True)(x.contiguous()))

    def test_running_buffers_follow_the_type_of_the_module(self):
        layer = jt.JSBatchNorm1d(4).bfloat16()
        layer(data(8, 4, dtype=torch.bfloat16))
        self.assertEqual(layer.running_mean.dtype, torch.bfloat16)

    def network(self):
        torch.manual_seed(1)
        return nn.Sequential(nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(),
                             nn.Linear(8 * 36, 10), nn.BatchNorm1d(10))

    def test_networks_are_converted_and_back(self):
        network = self.network()
        converted = jt.convert_batchnorm(copy.deepcopy(network), estimator="none")
        self.assertIsInstance(converted[1], jt.JSBatchNorm2d)
        self.assertIsInstance(converted[5], jt.JSBatchNorm1d)
        x = data(16, 1, 8, 8)
        torch.testing.assert_close(converted(x), network(x), rtol=1e-4, atol=1e-5)
        again = jt.revert_batchnorm(converted)
        self.assertIs(type(again[1]), nn.BatchNorm2d)
        again.load_state_dict(network.state_dict())
        self.assertIsInstance(jt.convert_batchnorm(nn.BatchNorm1d(3)), jt.JSBatchNorm1d)
        with self.assertRaisesRegex(ValueError, "ReLU"):
            jt.revert_batchnorm(nn.Sequential(jt.JSBatchNorm1d(3, relu=True)))

    def test_shared_layers_stay_shared(self):
        norm = nn.BatchNorm1d(3)
        network = jt.convert_batchnorm(nn.Sequential(norm, norm, nn.Sequential(norm)))
        self.assertIsInstance(network[0], jt.JSBatchNorm1d)
        self.assertIs(network[1], network[0])
        self.assertIs(network[2][0], network[0])
        again = jt.revert_batchnorm(network)
        self.assertIs(type(again[1]), nn.BatchNorm1d)
        self.assertIs(again[2][0], again[1])

    def test_a_converted_network_learns(self):
        network = jt.convert_batchnorm(self.network(), estimator="sampling")
        optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
        labels = torch.arange(64) % 10
        x = data(64, 1, 8, 8) + 2 * F.one_hot(labels, 64).view(64, 1, 8, 8)
        losses = []
        for _ in range(20):
            loss = F.cross_entropy(network(x), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        self.assertLess(losses[-1], losses[0] / 3)


class Refused(unittest.TestCase):
    def refuses(self, kind, text, function, *arguments, **named):
        with self.assertRaisesRegex(kind, text):
            function(*arguments, **named)

    def test_wrong_arguments(self):
        x = data(4, 3, 5)
        self.refuses(ValueError, "needed where training is False", jt.batch_norm, x, None, None)
        self.refuses(ValueError, "weight has 4 entries, but 3", jt.batch_norm, x, None, None,
                     torch.ones(4), training=True)
        self.refuses(ValueError, "running_mean has 2", jt.batch_norm, x, torch.zeros(2),
                     torch.ones(2), training=True)
        self.refuses(TypeError, "one type", jt.batch_norm, x, None, None, torch.ones(3),
                     torch.ones(3).double(), True)
        self.refuses(TypeError, "input is torch.int64", jt.batch_norm, torch.zeros(4, 3).long(),
                     None, None, training=True)
        self.refuses(TypeError, "parameter_desc", jt.batch_norm, x, None, None,
                     torch.ones(3).double(), training=True)
        self.refuses(ValueError, "normalized_shape", jt.layer_norm, x, (4,))
        self.refuses(ValueError, "groups", jt.group_norm, x, 2)
        self.refuses(ValueError, "z_desc", jt.batch_norm, x, None, None, training=True,
                     z=data(4, 3, 6))
        self.refuses(TypeError, "meta", jt.batch_norm, x.to("meta"), None, None, training=True)
        self.refuses(NotImplementedError, "running", jt.JSInstanceNorm1d, 3,
                     track_running_stats=True)


if __name__ == "__main__":
    unittest.main()
