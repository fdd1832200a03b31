#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The bars of the CPU backend: what must hold, what was measured, met or missed.

usage: bars.py RESULTS.json [--rows]

With --rows every row behind a bar is listed, the worst first. A bar of which nothing was measured
is left out of the count. "Clearly" misses a row whose better quartile over the rounds misses too; a bar that no row misses
clearly is unsure, and more rounds may tell.
"""

import argparse
import dataclasses
import sys

sys.dont_write_bytecode = True
from results import Results, geometric_mean  # noqa: E402


@dataclasses.dataclass
class Bar:
    """`values`: (row name, value, value of the better quartile), better when larger, or smaller
    where at_most."""

    name: str
    limit: float
    values: list
    mean: bool = False
    at_most: bool = False
    unit: str = "x"

    @property
    def measured(self):
        numbers = [value for _, value, _ in self.values]
        if self.mean:
            return geometric_mean(numbers)
        return max(numbers) if self.at_most else min(numbers)

    def holds(self, value):
        return value <= self.limit if self.at_most else value >= self.limit

    @property
    def met(self):
        return self.holds(self.measured)

    def missing(self):
        """How many rows are on the wrong side, and how many of them clearly."""
        return (sum(not self.holds(value) for _, value, _ in self.values),
                sum(not self.holds(better) for _, _, better in self.values))

    def ordered(self):
        return sorted(self.values, key=lambda item: item[1], reverse=self.at_most)


def ratios(rows, name):
    return [(row.name, row.ratio(name), row.ratio_quartiles(name)[1]) for row in rows
            if row.ratio(name) is not None]


def exactly(name, value):
    """Of a value that has no rounds of its own."""
    return name, value, value


def against_onednn(results):
    def of(layer, direction, **more):
        rows = results.select(group="shapes", layer=layer, direction=direction, type="float",
                              add_relu=False, **more)
        return ratios(rows, "onednn")

    for direction, limit in (("forward", 3.0), ("backward", 2.5)):
        yield Bar(f"oneDNN, NCHW, {direction}", limit, of("batch", direction, channels_last=False))
    for direction in ("forward", "backward"):
        values = of("batch", direction, channels_last=True)
        yield Bar(f"oneDNN, NHWC, {direction}, each", 0.95, values)
        yield Bar(f"oneDNN, NHWC, {direction}, mean", 1.4, values, mean=True)
    for direction in ("forward", "backward"):
        values = of("layer", direction, coupled=False)
        yield Bar(f"oneDNN, layer norm uncoupled, {direction}, each", 0.95, values)
        yield Bar(f"oneDNN, layer norm uncoupled, {direction}, mean", 1.2, values, mean=True)
        yield Bar(f"oneDNN, layer norm coupled, {direction}, each", 0.65,
                  of("layer", direction, coupled=True))


def against_pytorch(results):
    for layer in ("batch", "layer"):
        for direction in ("forward", "backward"):
            rows = results.select(group="shapes", layer=layer, direction=direction, type="float",
                                  add_relu=False)
            yield Bar(f"PyTorch, {layer} norm, {direction}, each", 1.0, ratios(rows, "pytorch"))


def of_the_copy(results):
    rows = results.select(group="shapes", cache="cold",
                          tensor_bytes=lambda size: size >= results.machine["cache_bytes"][-1])
    shares = [(row.name, row.copy_share(),
               row.scheme_bytes / row.copy_bytes * row.ratio_quartiles("copy")[1])
              for row in rows if row.copy_share() is not None]
    yield Bar("copy ceiling, scheme bytes, beyond the last-level cache", 0.8, shares)


def shrinkage(results):
    rows = results.select(group="shapes", none_has_same_scheme=True,
                          tensor_bytes=lambda size: size > 1 << 20)
    costs = [(name, 1 / ratio, 1 / better) for name, ratio, better in ratios(rows, "none")]
    yield Bar("James-Stein over NONE, same scheme, each, beyond 1 MB", 1.02, costs, at_most=True)
    yield Bar("James-Stein over NONE, same scheme, mean, beyond 1 MB", 1.02, costs, mean=True,
              at_most=True)


def narrow_types(results):
    for narrow in ("half", "bfloat16"):
        values = []
        for row in results.select(group="shapes", type=narrow):
            wide = results.select(name=row.name.replace(f"/{narrow}/", "/float/"))
            if wide and wide[0].seconds() and row.seconds():
                values.append(exactly(row.name, row.seconds() / wide[0].seconds()))
        yield Bar(f"{narrow}: time over that of float", 1.0, values, at_most=True)


def threads(results):
    """Two threads over one, where one thread is below 60 % of its own copy."""
    values = []
    for one in results.select(group="threads", threads=1):
        two = results.select(name=one.name.replace("threads:1", "threads:2"))
        share = one.copy_share()
        if two and two[0].seconds() and share is not None and share < 0.6:
            values.append(exactly(two[0].name, one.seconds() / two[0].seconds()))
    yield Bar("two threads over one, where one is below 60 % of its copy", 1.7, values)


def calls(results):
    for layer in ("batch", "layer"):
        rows = results.select(group="calls", layer=layer, dims=[32, 512])
        costs = [exactly(row.name, 1e6 * (row.seconds() - row.seconds("loops"))) for row in rows
                 if row.seconds() and row.seconds("loops")]
        yield Bar(f"32x512 {layer} norm: a call minus bare loops", 5.0, costs, at_most=True,
                  unit=" us")


def all_bars(results):
    for group in (against_onednn, against_pytorch, of_the_copy, shrinkage, narrow_types, threads,
                  calls):
        yield from (bar for bar in group(results) if bar.values)


def render(bars, rows=False):
    lines = []
    for bar in bars:
        sign = "<=" if bar.at_most else ">="
        worst = bar.ordered()[0][0]
        missing, clearly = bar.missing()
        verdict = "met" if bar.met else "MISSED" if bar.mean or clearly else "unsure"
        tail = f"mean of {len(bar.values)}" if bar.mean else (
            f"{missing} of {len(bar.values)} miss, {clearly} clearly; worst {worst}")
        lines.append(f"{verdict:<6} {bar.name:<58} {sign} {bar.limit:<5g}"
                     f"{bar.measured:7.2f}{bar.unit:<4} {tail}")
        if rows:
            lines += [f"           {value:8.2f}{bar.unit:<4} {name}"
                      for name, value, _ in bar.ordered()]
    met = sum(bar.met for bar in bars)
    lines.append(f"{met} of {len(bars)} bars met")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results")
    parser.add_argument("--rows", action="store_true", help="list every row behind a bar")
    arguments = parser.parse_args()
    results = Results.read(arguments.results)
    wrong = [(row.name, one) for row in results.rows for one in row.contestants.values()
             if "wrong" in one]
    for name, one in wrong:
        print(f"WRONG  {name}: {one['name']}: {one['wrong']}")
    disturbed = sum(row.foreign_load > 0.1 for row in results.rows)
    if disturbed:
        print(f"DISTURBED  {disturbed} of {len(results.rows)} rows were measured while other "
              "programs used more than 10 % of the processors")
    print(render(list(all_bars(results)), arguments.rows))


if __name__ == "__main__":
    main()
