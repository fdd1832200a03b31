#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes what was measured into the documents, between their markers.

usage: document.py RESULTS.json FILE...

<!-- bench:NAME --> and <!-- /bench:NAME --> stay; what is between them is replaced. NAME is one of
machine, shapes, narrow, fused, calls, bars and headline.
"""

import pathlib
import re
import sys

sys.dont_write_bytecode = True
from bars import all_bars, render  # noqa: E402
from results import Results, geometric_mean  # noqa: E402

PEERS = (("onednn", "oneDNN"), ("pytorch", "PyTorch"))


def bytes_text(size):
    for unit, name in ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")):
        if size >= unit:
            return f"{size / unit:.0f} {name}"
    return f"{size} bytes"


def time_text(seconds):
    if seconds is None:
        return ""
    return f"{seconds * 1e6:.1f} µs" if seconds < 1e-3 else f"{seconds * 1e3:.2f} ms"


def number(value, form):
    return "" if value is None else format(value, form)


def ratio_text(row, name):
    if "wrong" in row.contestants.get(name, {}):
        return "wrong"
    ratio = row.ratio(name)
    if ratio is None:
        return ""
    return ("~" if row.spread(name) > 0.1 else "") + f"{ratio:.2f}"


def copy_range(results):
    """How much the ceiling itself moved in the course of the run."""
    rates = sorted(row.useful("copy") * 1e-9 for row in results.select(cache="cold")
                   if row.useful("copy") and row.threads == results.machine["threads"])
    if len(rates) < 10:
        return ""
    tenth = len(rates) // 10
    return (f" (the median over the cold rows; from {rates[tenth]:.0f} to {rates[-1 - tenth]:.0f} "
            "between their tenth and their ninetieth percentile)")


def machine(results):
    facts = results.machine
    disturbed = sum(row.foreign_load > 0.1 for row in results.rows)
    caches = ", ".join(bytes_text(size) for size in facts["cache_bytes"])
    lines = [
        f"{facts['processors']} processors, {facts['instruction_set']}; data caches of {caches}; "
        f"{bytes_text(facts['memory_bytes'])} of memory; a copy by {facts['threads']} threads moves "
        f"{facts['copy_bytes_per_second'] * 1e-9:.0f} GB/s beyond the caches, read and written "
        f"together{copy_range(results)}.",
        "",
        f"Library at `{results.software['revision']}`, compiler {results.software['compiler']}, "
        f"flags `{results.software['flags']}`; {results.clock['rounds']} rounds. Other programs used "
        f"more than 10 % of the processors in {disturbed} of {len(results.rows)} rows.",
        "",
        "| contestant | version | computes |",
        "| --- | --- | --- |",
    ]
    lines += [f"| {one['name']} | {one['version']} | {one['computes']} |"
              for one in results.software["contestants"]]
    return lines


def table(rows):
    lines = [
        "| shape | x | cache | | time | spread | useful GB/s | scheme GB/s | % of copy | NONE "
        "| oneDNN | PyTorch |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        what = f"{row.layout} {row.type} {row.direction}" + " + add, ReLU" * row.add_relu
        spread = row.spread()
        noise = "" if spread is None else ("~" if spread > 0.1 else "") + f"{spread:.0%}"
        share = row.copy_share()
        same = "= " if row.none_has_same_scheme else ""
        useful, scheme = row.useful(), row.scheme()
        cells = [
            row.shape,
            row.dims_text + ("*" if row.whole_batch else ""),
            row.cache,
            what,
            time_text(row.seconds()),
            noise,
            number(useful and useful * 1e-9, ".1f"),
            number(scheme and scheme * 1e-9, ".1f"),
            number(share and share * 100, ".0f"),
            same + ratio_text(row, "none"),
            ratio_text(row, "onednn"),
            ratio_text(row, "pytorch"),
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def shapes(results):
    return table(results.select(group="shapes", type="float", add_relu=False))


def narrow(results):
    return table(results.select(group="shapes", type=lambda name: name != "float", add_relu=False))


def fused(results):
    return table(results.select(group="shapes", add_relu=True))


def calls(results):
    lines = ["| x | | time of a call | bare loops | difference |",
             "| --- | --- | --- | --- | --- |"]
    for row in results.select(group="calls"):
        loops = row.seconds("loops")
        if loops and row.seconds():
            lines.append(f"| {row.dims_text} | {row.layer} norm, {row.direction} "
                         f"| {time_text(row.seconds())} | {time_text(loops)} "
                         f"| {(row.seconds() - loops) * 1e6:.2f} µs |")
    return lines


def bars(results):
    return ["```", render(list(all_bars(results))), "```"]


def headline(results):
    """Geometric means of the ratios, and the least: where a peer is faster, it shows."""
    groups = (("batch norm, NHWC", {"layer": "batch", "channels_last": True}),
              ("batch norm, NCHW", {"layer": "batch", "channels_last": False}),
              ("layer norm, uncoupled", {"layer": "layer", "coupled": False}),
              ("layer norm, coupled", {"layer": "layer", "coupled": True}))
    lines = ["| float | direction | shapes | " +
             " | ".join(f"{title}: mean | least" for _, title in PEERS) + " |",
             "| --- | --- | --- | --- | --- | --- | --- |"]
    for label, wanted in groups:
        for direction in ("forward", "backward"):
            rows = results.select(group="shapes", type="float", add_relu=False,
                                  direction=direction, **wanted)
            cells = []
            for name, _ in PEERS:
                ratios = [row.ratio(name) for row in rows if row.ratio(name) is not None]
                cells += ([f"{geometric_mean(ratios):.2f}", f"{min(ratios):.2f}"] if ratios
                          else ["", ""])
            if rows:
                lines.append(f"| {label} | {direction} | {len(rows)} | " + " | ".join(cells) + " |")
    return lines


SECTIONS = {function.__name__: function
            for function in (machine, shapes, narrow, fused, calls, bars, headline)}


def rewrite(text, results):
    def replace(match):
        name = match[1]
        if name not in SECTIONS:
            raise SystemExit(f"document.py: there is no section '{name}'")
        body = "\n".join(SECTIONS[name](results))
        return f"<!-- bench:{name} -->\n{body}\n<!-- /bench:{name} -->"

    return re.sub(r"<!-- bench:(\w+) -->\n.*?<!-- /bench:\1 -->", replace, text, flags=re.DOTALL)


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    results = Results.read(sys.argv[1])
    for name in sys.argv[2:]:
        path = pathlib.Path(name)
        path.write_text(rewrite(path.read_text(encoding="utf-8"), results), encoding="utf-8")
        print(f"Written: {path}")


if __name__ == "__main__":
    main()
