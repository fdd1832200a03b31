#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The workers of bench/peers run to their end with a torch that computes nothing (fake_torch):
every mode, layer, type and direction, by the requests that pytorch.cpp makes."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
PEERS = HERE.parents[1] / "bench/peers"
WRITTEN = 0x5A  # fake_torch's
SIZES = {"float": 4, "half": 2, "bfloat16": 2}
DIMS, CHANNELS, ELEMENTS, SPACING, PARAMETERS = "4x6x5", 6, 120, 4096, 4096


class Worker:
    def __init__(self, script, *words, fake=True):
        environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
        if fake:
            environment["PYTHONPATH"] = str(HERE / "fake_torch")
        self.process = subprocess.Popen([sys.executable, PEERS / script, *words], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, env=environment)
        self.greeting = self.process.stdout.readline().strip()

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def end(self):
        """(exit status, stderr)"""
        errors = self.process.communicate(timeout=60)[1]
        return self.process.returncode, errors


class Workers(unittest.TestCase):
    def converse(self, script, *words):
        worker = Worker(script, *words)
        self.assertTrue(worker.greeting.startswith("ready 0.0-fake"),
                        worker.greeting or worker.end()[1])
        cases = [("batch", kind, direction, fused) for kind in SIZES
                 for direction in ("forward", "inference", "backward") for fused in (0, 1)]
        cases += [("layer", kind, direction, 0) for kind in SIZES
                  for direction in ("forward", "backward")]
        for layer, kind, direction, fused in cases:
            with self.subTest(words=words, layer=layer, kind=kind, direction=direction,
                              fused=fused):
                self.compute(worker, layer, kind, direction, fused)
        self.assertEqual(worker.end()[0], 0)

    def compute(self, worker, layer, kind, direction, fused):
        with tempfile.NamedTemporaryFile() as memory:
            memory.write(bytes(5 * SPACING + 6 * PARAMETERS))
            memory.flush()
            dims = DIMS if layer == "batch" else f"{ELEMENTS // CHANNELS}x{CHANNELS}"
            last = int(layer == "batch" and kind != "float")
            self.assertEqual(worker.ask(
                f"prepare layer={layer} dims={dims} channels_last={last} type={kind} "
                f"direction={direction} add_relu={fused} threads=1 sets=3 misalignment=1 "
                f"path={memory.name} spacing={SPACING} parameter_spacing={PARAMETERS}"), "ok")
            self.assertEqual(worker.ask("run"), "ok")
            answer = worker.ask("time calls=5")
            self.assertRegex(answer, r"^ok \d\.\d+e[-+]\d+$")
            self.assertEqual(worker.ask("forget"), "ok")
            written = pathlib.Path(memory.name).read_bytes()
        backward = direction == "backward"
        outputs = [(3 * SPACING, ELEMENTS * SIZES[kind], True),
                   (4 * SPACING, ELEMENTS * SIZES[kind], backward and fused == 1),
                   (5 * SPACING + 4 * PARAMETERS, 4 * CHANNELS, backward),
                   (5 * SPACING + 5 * PARAMETERS, 4 * CHANNELS, backward)]
        for place, size, expected in outputs:
            value = WRITTEN if expected else 0
            self.assertEqual(written[place:place + size], bytes([value]) * size, place)
            self.assertEqual(written[place + size], 0)

    def test_the_one_for_the_cpu(self):
        self.converse("pytorch_worker.py", "pytorch")

    def test_the_one_for_a_gpu_in_each_mode(self):
        for mode in ("cudnn", "native", "compiled"):
            self.converse("pytorch_cuda_worker.py", mode)

    def test_a_refusal_has_the_kind_of_the_error_and_its_words(self):
        worker = Worker("pytorch_worker.py")
        self.assertEqual(worker.ask("run"), "unavailable AttributeError: 'NoneType' object has no "
                                            "attribute 'run'")
        self.assertEqual(worker.end()[0], 0)

    def test_without_torch_the_last_words_say_so(self):
        worker = Worker("pytorch_worker.py", fake=False)
        if worker.greeting:
            self.skipTest("this Python has torch")
        self.assertEqual(worker.greeting, "")
        self.assertIn("No module named 'torch'", worker.end()[1])


if __name__ == "__main__":
    unittest.main()
