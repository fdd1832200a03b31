# SPDX-License-Identifier: Apache-2.0
"""Golden files (share/jsnorm/conformance, or tests/golden in the source) as settings and arrays."""

import os
import pathlib

import numpy as np

from jsnorm import Norm

FOLDER = pathlib.Path(os.environ.get("JSNORM_GOLDEN",
                                     pathlib.Path(__file__).parents[3] / "tests/golden"))
FILES = sorted(FOLDER.glob("[0-9]*.txt"))
KINDS = {"batch": "batch", "batch_per_activation": "batch_per_activation",
         "layer_spatial": "instance", "layer_token": "layer", "group": "group"}
TENSORS = ("x", "z", "dy", "y", "dx", "dz", "y_inference")


class Golden:
    """values: every array of the file by its name. norm: its Norm."""

    def __init__(self, path):
        lines = [line.split() for line in path.read_text().splitlines()
                 if line.strip() and not line.startswith("#")]
        words = {key: given for key, *given in lines}
        dims = [int(size) for size in words.pop("shape")]

        def word(name, default):
            return words.pop(name, [default])[0]

        self.norm = Norm(
            KINDS[word("kind", None)],
            (word("mean_estimator", "JAMES_STEIN").lower(),
             word("variance_estimator", "JAMES_STEIN").lower()),
            epsilon=float(word("epsilon", 1e-5)), activation=word("activation", "none"),
            lambda_=float(word("lambda", 0)),
            effective_fraction=float(word("effective_fraction", 1)),
            groups=int(word("groups", 1)))
        self.factor = float(word("factor", 0.1))
        self.values = {name: np.array(given, dtype=np.float64) for name, given in words.items()}
        for name in TENSORS:
            if name in self.values:
                self.values[name] = self.values[name].reshape(dims)

    def get(self, name):
        return self.values.get(name)


def error(expected, got):
    """The largest error, by the largest entry."""
    expected, got = np.asarray(expected).ravel(), np.asarray(got, dtype=np.float64).ravel()
    assert expected.shape == got.shape
    return np.max(np.abs(expected - got)) / (np.max(np.abs(expected)) or 1)
