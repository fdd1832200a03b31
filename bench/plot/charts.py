#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Draws the charts of the benchmarks from their JSON alone.

usage: charts.py RESULTS.json FOLDER

Writes bench_batch_norm, bench_layer_norm, bench_sizes, bench_channels and bench_threads there, as
SVG; a chart of which nothing was measured is left out.
"""

import pathlib
import sys

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "bench/report")]
import chart_style  # noqa: E402 (first: it chooses matplotlib's backend)
import matplotlib.patches as patches  # noqa: E402
import matplotlib.pyplot as plt  # noqa: E402
import matplotlib.ticker as ticker  # noqa: E402
from results import Results  # noqa: E402

LOOKS = {
    "jsnorm": ("jsnorm, James-Stein", chart_style.VERMILION),
    "none": ("jsnorm, NONE", chart_style.ORANGE),
    "onednn": ("oneDNN", chart_style.BLUE),
    "pytorch": ("PyTorch", chart_style.SKY),
}
CEILING, SCHEME = "#222222", "#8a8a8a"


def giga(value):
    return 0.0 if value is None else value * 1e-9


def describe(results):
    machine = results.machine
    peers = [results.version(name) for name in ("onednn", "pytorch")]
    known = [version for version in peers if version and "not" not in version]
    cores = f"{machine['threads']} threads, {machine['instruction_set']}"
    copy = f"copy {machine['copy_bytes_per_second'] * 1e-9:.0f} GB/s"
    return "; ".join([cores, copy, *known])


def save(figure, handles, path):
    chart_style.legend(figure, handles)
    chart_style.save(figure, path)


def bars(axes, rows):
    """Ours beside peers, shape by shape, below what a copy reaches."""
    names = [name for name in ("jsnorm", "onednn", "pytorch")
             if any(row.seconds(name) for row in rows)]
    width = 0.8 / max(1, len(names))
    handles = [patches.Patch(facecolor="#bbbbbb", hatch="////", edgecolor="white",
                             label="spread above 10 %")]
    for place, name in enumerate(names):
        label, color = LOOKS[name]
        left = [i + (place - (len(names) - 1) / 2) * width for i in range(len(rows))]
        heights = [giga(row.useful(name)) for row in rows]
        noisy = [(row.spread(name) or 0) > 0.1 for row in rows]
        drawn = axes.bar(left, heights, width, label=label, color=color)
        for bar, hatch in zip(drawn, noisy):
            if hatch:
                bar.set_hatch("////")
                bar.set_edgecolor("white")
        handles.append(patches.Patch(color=color, label=label))
    for i, row in enumerate(rows):
        copy = giga(row.useful("copy"))
        scheme = copy * row.useful_bytes / row.scheme_bytes
        handles.append(axes.hlines(copy, i - 0.45, i + 0.45, CEILING, linewidth=1.4,
                                   label="copy of the same run"))
        if scheme < 0.99 * copy:
            handles.append(axes.hlines(scheme, i - 0.45, i + 0.45, SCHEME, linewidth=1.1,
                                       linestyles=(0, (2, 1)),
                                       label="what x read twice can reach"))
    axes.set_xticks(range(len(rows)), [row.shape + "*" * (row.cache == "warm") for row in rows])
    axes.grid(axis="x", visible=False)
    axes.margins(x=0.01)
    # A tensor in cache would dwarf the others: it is cut and its height is written.
    cold = [giga(row.useful(name)) for row in rows if row.cache != "warm"
            for name in (*names, "copy")]
    most = 1.15 * max(cold) if cold else None
    axes.set_ylim(0, most)
    return handles[1:] + handles[:1]


def draw_bars(results, layer, panels, heading, path):
    wanted = {"group": "shapes", "layer": layer, "type": "float", "add_relu": False}
    panels = [(label, results.select(**wanted, **more)) for label, more in panels]
    panels = [(label, rows) for label, rows in panels if rows]
    if not panels:
        return
    height = 1.9 * len(panels) + 1.2
    figure, all_axes = plt.subplots(len(panels), 1, figsize=(10.5, height), squeeze=False)
    figure.subplots_adjust(left=0.07, right=0.985, top=1 - 0.75 / height, bottom=0.62 / height,
                           hspace=0.42)
    chart_style.heading(figure, heading, describe(results))
    handles = []
    for axes, (label, rows) in zip(all_axes[:, 0], panels):
        handles += bars(axes, rows)
        axes.set_title(label, loc="left")
        axes.set_ylabel("useful GB/s")
    save(figure, handles, path)


def draw_curves(results, group, panels, heading, x_label, path, scale=2):
    panels = [(label, results.select(group=group, **more)) for label, more in panels]
    panels = [(label, sorted(rows, key=lambda row: row.x)) for label, rows in panels if rows]
    if not panels:
        return
    columns = 2
    lines = (len(panels) + 1) // columns
    height = 2.3 * lines + 1.1
    figure, all_axes = plt.subplots(lines, columns, figsize=(10.5, height), squeeze=False)
    figure.subplots_adjust(left=0.07, right=0.985, top=1 - 0.78 / height, bottom=0.9 / height,
                           hspace=0.4, wspace=0.14)
    chart_style.heading(figure, heading, describe(results))
    handles = []
    flat = list(all_axes.flat)
    for axes, (label, rows) in zip(flat, panels):
        for name, (text, color) in LOOKS.items():
            points = [(row.x, giga(row.useful(name))) for row in rows if row.seconds(name)]
            if points:
                handles += axes.plot(*zip(*points), "o-", markersize=2.8, linewidth=1.3,
                                     color=color, label=text)
        points = [(row.x, giga(row.useful("copy"))) for row in rows if row.seconds("copy")]
        if points:
            handles += axes.plot(*zip(*points), "--", linewidth=1.2, color=CEILING,
                                 label="copy of the same run")
        axes.set_title(label, loc="left")
        axes.set_ylabel("useful GB/s")
        axes.set_ylim(0)
        if scale:
            axes.set_xscale("log", base=scale)
        if group == "sizes":
            axes.set_yscale("log")
            axes.set_ylim(0.1)
            axes.xaxis.set_major_formatter(ticker.FuncFormatter(size_text))
            axes.yaxis.set_major_formatter(ticker.FormatStrFormatter("%g"))
        else:
            axes.xaxis.set_major_formatter(ticker.FormatStrFormatter("%d"))
            axes.set_xticks(sorted({row.x for row in rows})
                            if group == "threads" else [4**i for i in range(7)])
        axes.xaxis.set_minor_locator(ticker.NullLocator())
    for axes in flat[len(panels):]:
        axes.set_visible(False)
    for axes in flat[max(0, len(panels) - columns):len(panels)]:
        axes.set_xlabel(x_label)
    save(figure, handles, path)


def size_text(value, _):
    if value >= 1 << 20:
        return f"{value / (1 << 20):.0f} MiB"
    return f"{value / (1 << 10):.0f} KiB"


def directions(label, **more):
    return [(f"{label}, {direction}", {"direction": direction, **more})
            for direction in ("forward", "backward")]


def draw_all(results, folder):
    draw_bars(results, "batch",
              directions("channels last (NHWC)", channels_last=True)
              + directions("channels first (NCHW)", channels_last=False),
              "Batch norm, float: what is moved usefully, beside peers and the ceiling",
              folder / "bench_batch_norm.svg")
    draw_bars(results, "layer",
              directions("rows that nothing couples", coupled=False)
              + directions("rows shrunk together over a sample (jsnorm alone does this)",
                           coupled=True),
              "Layer norm, float: what is moved usefully, beside peers and the ceiling",
              folder / "bench_layer_norm.svg")
    draw_curves(results, "sizes",
                directions("batch norm, NHWC", layer="batch")
                + directions("layer norm, rows", layer="layer"),
                "Size of the tensor, float, the same buffers again and again", "bytes of x",
                folder / "bench_sizes.svg")
    draw_curves(results, "channels",
                directions("NHWC", channels_last=True) + directions("NCHW", channels_last=False),
                "Number of channels of a batch norm, float, the same number of elements",
                "channels", folder / "bench_channels.svg")
    draw_curves(results, "threads",
                [panel for label, more in (
                    ("batch norm, NHWC", {"layer": "batch", "channels_last": True}),
                    ("batch norm, NCHW", {"layer": "batch", "channels_last": False}),
                    ("layer norm, rows", {"layer": "layer", "coupled": False}),
                    ("layer norm, coupled", {"layer": "layer", "coupled": True}),
                ) for panel in directions(label, **more)],
                "Threads, float, tensors beyond the last-level cache", "threads",
                folder / "bench_threads.svg", scale=None)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    with chart_style.style():
        draw_all(Results.read(sys.argv[1]), folder)


if __name__ == "__main__":
    main()
