#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of the cost model: against the hardware counters of the first run, and of what it says of
kernels that are all bytes or all instructions."""

import sys
import unittest

sys.dont_write_bytecode = True
import model  # noqa: E402


def kernel(**changed):
    usual = dict(family="columns", elements=10 ** 8, bytes=4e8, instructions=5.0, warps=16, busy=1)
    return model.Kernel(**{**usual, **changed})


class Model(unittest.TestCase):
    def test_meets_every_counted_kernel_within_30_percent(self):
        cases = model.counted(model.COUNTERS.read_text())
        self.assertEqual(len(cases), 30)
        for case in cases:
            with self.subTest(shape=case.shape, kernel=case.name):
                ratio = model.seconds(case.kernel) / case.seconds
                self.assertLess(0.7, ratio)
                self.assertLess(ratio, 1.3)

    def test_a_kernel_of_few_instructions_takes_the_time_of_its_bytes(self):
        self.assertAlmostEqual(model.seconds(kernel(instructions=0.1)), model.START + 4e8 / model.BANDWIDTH)

    def test_a_kernel_of_many_takes_theirs_which_halves_with_twice_the_warps(self):
        few, many = (model.seconds(kernel(instructions=50, warps=warps)) - model.START for warps in (4, 8))
        self.assertAlmostEqual(few / many, 2)

    def test_a_grid_of_half_the_multiprocessors_takes_twice_as_long(self):
        whole, half = (model.seconds(kernel(instructions=50, busy=busy)) - model.START for busy in (1, 0.5))
        self.assertAlmostEqual(half / whole, 2)

    def test_the_committed_predictions_are_those_of_the_model(self):
        self.assertEqual(model.PREDICTIONS.read_text(), model.document())


if __name__ == "__main__":
    unittest.main()
