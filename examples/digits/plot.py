# SPDX-License-Identifier: Apache-2.0
"""Draws the learning curves and the shrink factors of the digits example.

usage: plot.py FOLDER

Reads curves.csv and factors.csv in FOLDER; writes learning_curves and shrink_factors there, as SVG
and as PNG. Lines are means over the seeds, bands reach from the least to the largest.
"""

import collections
import csv
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
import chart_style  # noqa: E402 (first: it chooses matplotlib's backend)
import matplotlib.pyplot as plt  # noqa: E402
import matplotlib.ticker as ticker  # noqa: E402

ESTIMATORS = {
    "none": ("plain batch norm", chart_style.BLUE, "--"),
    "james_stein": ("James-Stein", chart_style.VERMILION, "-"),
}
LAYERS = {
    "1": ("first norm layer", chart_style.GREEN, "-"),
    "2": ("second norm layer", chart_style.PURPLE, "-"),
}


def read_rows(path):
    with open(path, newline="", encoding="ascii") as file:
        return list(csv.DictReader(file))


def seeds_by_place(rows, line, place, value):
    """{(batch, line): {place: [value of each seed]}}"""
    groups = collections.defaultdict(lambda: collections.defaultdict(list))
    for row in rows:
        groups[int(row["batch"]), row[line]][int(row[place])].append(value(row))
    return groups


def draw(axes, groups, batches, looks):
    """One line and one band for each look in each batch size's axes. Returns all lines."""
    lines = []
    for axis, batch in zip(axes, batches):
        for name, (label, color, style) in looks.items():
            places = groups[batch, name]
            x = sorted(places)
            mean = [sum(places[i]) / len(places[i]) for i in x]
            least = [min(places[i]) for i in x]
            largest = [max(places[i]) for i in x]
            axis.fill_between(x, least, largest, color=color, alpha=0.2, linewidth=0)
            lines += axis.plot(x, mean, style, color=color, linewidth=1.4, label=label)
    return lines


def new_figure(batches, title, subtitle, row_labels, x_label):
    figure, axes = plt.subplots(2, len(batches), figsize=(10.5, 5.4), sharex="col", sharey="row")
    figure.subplots_adjust(
        left=0.07, right=0.985, top=0.86, bottom=0.145, wspace=0.09, hspace=0.12
    )
    chart_style.heading(figure, title, subtitle)
    for axis, batch in zip(axes[0], batches):
        axis.set_title(f"batch size {batch}")
    for row, label in zip(axes, row_labels):
        row[0].set_ylabel(label)
    for axis in axes[1]:
        axis.set_xlabel(x_label)
    return figure, axes


def save(figure, lines, folder, name):
    chart_style.legend(figure, lines)
    chart_style.save(figure, folder / f"{name}.svg", folder / f"{name}.png")


def test_error(row):
    return 100.0 * (1.0 - float(row["test_accuracy"]))


def training_loss(row):
    return float(row["train_loss"])


def mean_factor(row):
    return float(row["mean_factor"])


def variance_factor(row):
    return float(row["variance_factor"])


def draw_learning_curves(folder):
    rows = read_rows(folder / "curves.csv")
    batches = sorted({int(row["batch"]) for row in rows})
    seeds = len({row["seed"] for row in rows})
    figure, axes = new_figure(
        batches,
        "Optical digits: plain and James-Stein batch norm",
        f"mean over {seeds} seeds; the band reaches from the lowest to the highest of them",
        ("test error (%), log scale", "training loss (nats), log scale"),
        "epoch",
    )
    for row, value in zip(axes, (test_error, training_loss)):
        groups = seeds_by_place(rows, "estimator", "epoch", value)
        lines = draw(row, groups, batches, ESTIMATORS)
        row[0].set_yscale("log")
    axes[0][0].yaxis.set_major_locator(ticker.LogLocator(subs=(1.0, 2.0, 5.0)))
    axes[0][0].yaxis.set_major_formatter(ticker.FormatStrFormatter("%g"))
    axes[0][0].yaxis.set_minor_formatter(ticker.NullFormatter())
    save(figure, lines, folder, "learning_curves")


def draw_shrink_factors(folder):
    rows = read_rows(folder / "factors.csv")
    batches = sorted({int(row["batch"]) for row in rows})
    seeds = len({row["seed"] for row in rows})
    figure, axes = new_figure(
        batches,
        "What James-Stein multiplies the statistics by during training",
        f"1 is no shrinkage; mean over {seeds} seeds; "
        "the band reaches from the lowest to the highest of them",
        ("factor of the means", "factor of the variances"),
        "training step",
    )
    for row, value in zip(axes, (mean_factor, variance_factor)):
        lines = draw(row, seeds_by_place(rows, "layer", "step", value), batches, LAYERS)
        row[0].set_ylim(0.0, 1.0)
    save(figure, lines, folder, "shrink_factors")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    with chart_style.style():
        draw_learning_curves(folder)
        draw_shrink_factors(folder)


if __name__ == "__main__":
    main()
