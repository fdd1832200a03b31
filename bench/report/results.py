# SPDX-License-Identifier: Apache-2.0
"""The JSON of jsnorm_bench as objects: tables, bars and charts are made of these alone."""

import json
import math
import statistics


class Row:
    """A case with what its contestants took."""

    def __init__(self, entry):
        self.__dict__.update({key: entry[key] for key in entry if key != "contestants"})
        self.contestants = {one["name"]: one for one in entry["contestants"]}

    def seconds(self, name="jsnorm"):
        """The median time of a call; None where it was not timed."""
        return self.contestants.get(name, {}).get("median_seconds")

    def ratio(self, name):
        """How many times as long as jsnorm it took, the median over rounds; None: not timed."""
        if self.seconds() is None or self.seconds(name) is None:
            return None
        return self.contestants[name]["ratio"]

    def ratio_quartiles(self, name):
        """The 25th and 75th percentile of the ratio within rounds."""
        rounds = zip(self.contestants[name]["seconds"], self.contestants["jsnorm"]["seconds"])
        ratios = [theirs / ours for theirs, ours in rounds]
        if len(ratios) < 2:
            return ratios[0], ratios[0]
        quartiles = statistics.quantiles(ratios, n=4, method="inclusive")
        return quartiles[0], quartiles[2]

    def spread(self, name="jsnorm"):
        return self.contestants.get(name, {}).get("spread")

    def useful(self, name="jsnorm"):
        """Bytes per second, every tensor counted once."""
        seconds = self.seconds(name)
        bytes_moved = self.copy_bytes if name == "copy" else self.useful_bytes
        return None if seconds is None else bytes_moved / seconds

    def scheme(self):
        return None if self.seconds() is None else self.scheme_bytes / self.seconds()

    def copy_share(self):
        """Scheme bandwidth over that of the copy, within rounds."""
        ratio = self.ratio("copy")
        return None if ratio is None else self.scheme_bytes / self.copy_bytes * ratio

    @property
    def dims_text(self):
        return "x".join(str(dim) for dim in self.dims)

    @property
    def training(self):
        return self.direction in ("forward", "backward")

    @property
    def plain(self):
        return not self.add_relu


class Results:
    def __init__(self, document):
        self.machine = document["machine"]
        self.software = document["software"]
        self.clock = document["clock"]
        self.rows = [Row(entry) for entry in document["results"]]

    @classmethod
    def read(cls, path):
        with open(path, encoding="utf-8") as file:
            return cls(json.load(file))

    def select(self, **wanted):
        """Rows whose attributes are as wanted; a callable says whether a value is."""

        def fits(row):
            for name, want in wanted.items():
                value = getattr(row, name)
                if not (want(value) if callable(want) else value == want):
                    return False
            return True

        return [row for row in self.rows if fits(row)]

    def version(self, name):
        for one in self.software["contestants"]:
            if one["name"] == name:
                return one["version"]
        return ""


def geometric_mean(values):
    return math.exp(statistics.fmean(math.log(value) for value in values))
