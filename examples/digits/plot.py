# SPDX-License-Identifier: Apache-2.0
"""Draws what the digits example has measured.

usage: plot.py FOLDER

Reads risk.csv, curves.csv and factors.csv in FOLDER; writes risk (where there is a risk.csv),
learning_curves and shrink_factors there, as SVG and as PNG. Lines of training are means over the seeds, bands reach from
the least to the largest; what is no finite number, as of a run that has diverged, is left out.
"""

import collections
import csv
import math
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
import chart_style  # noqa: E402 (first: it chooses matplotlib's backend)
import matplotlib.pyplot as plt  # noqa: E402
import matplotlib.ticker as ticker  # noqa: E402

ESTIMATORS = {
    "none": ("plain", chart_style.BLUE, "--"),
    "sampling": ("sampling", chart_style.GREEN, "-"),
    "james_stein": ("James-Stein (WACV 2024)", chart_style.VERMILION, "-"),
    "stein_corrected": ("Stein corrected", chart_style.PURPLE, "-."),
    "none_grand_mean": ("means plain, variances grand mean", chart_style.ORANGE, ":"),
}
LARGEST_LOSS = 10  # that is drawn; a network that guesses has ln 10 = 2.3
RISKS = {"means": "means", "variances": "variances", "outputs": "normalized output"}


def read_rows(path):
    with open(path, newline="", encoding="ascii") as file:
        return list(csv.DictReader(file))


def seeds_by_place(rows, line, place, value):
    """{(batch, line): {place: [value of each seed]}}"""
    groups = collections.defaultdict(lambda: collections.defaultdict(list))
    for row in rows:
        if math.isfinite(value(row)):
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
            axis.fill_between(x, least, largest, color=color, alpha=0.2, linewidth=0, rasterized=True)
            lines += axis.plot(x, mean, style, color=color, linewidth=1.4, label=label)
    return lines


def new_figure(batches, title, subtitle, row_labels, x_label):
    rows = len(row_labels)
    figure, axes = plt.subplots(
        rows, len(batches), figsize=(12, 1.2 + 2.1 * rows), sharex="col", sharey="row"
    )
    figure.subplots_adjust(
        left=0.07, right=0.985, top=1 - 0.75 / (1.2 + 2.1 * rows), bottom=0.16 - 0.02 * rows,
        wspace=0.09, hspace=0.12,
    )
    chart_style.heading(figure, title, subtitle)
    for axis, batch in zip(axes[0], batches):
        axis.set_title(f"batch size {batch}")
    for row, label in zip(axes, row_labels):
        row[0].set_ylabel(label)
    for axis in axes[-1]:
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


def largest_xhat(row):
    return float(row["largest_xhat"])


def draw_risk(folder):
    """One row of axes for each norm layer, one column for each kind of error."""
    rows = read_rows(folder / "risk.csv")
    layers = sorted({row["layer"] for row in rows})
    figure, axes = plt.subplots(len(layers), len(RISKS), figsize=(10.5, 6), sharex=True)
    figure.subplots_adjust(left=0.08, right=0.985, top=0.87, bottom=0.14, hspace=0.12, wspace=0.2)
    chart_style.heading(
        figure,
        "Squared error of the statistics of a batch, over that without shrinkage",
        "against the statistics of all training images, before training; below 1 the estimator helps",
    )
    lines = []
    for row, layer in zip(axes, layers):
        for axis, (risk, title) in zip(row, RISKS.items()):
            for name, (label, color, style) in ESTIMATORS.items():
                mine = [r for r in rows if r["layer"] == layer and r["estimator"] == name]
                lines += axis.plot(
                    [int(r["rows"]) for r in mine], [float(r[risk]) for r in mine],
                    style, color=color, linewidth=1.4, label=label,
                )
            axis.set_xscale("log", base=2)
            axis.set_yscale("log")
            axis.xaxis.set_major_formatter(ticker.FormatStrFormatter("%d"))
            if layer == layers[0]:
                axis.set_title(title)
            if layer == layers[-1]:
                axis.set_xlabel("elements of a statistic, R")
        row[0].set_ylabel(f"norm layer {layer}: error ratio")
    save(figure, lines, folder, "risk")


def draw_learning_curves(folder):
    rows = read_rows(folder / "curves.csv")
    batches = sorted({int(row["batch"]) for row in rows})
    seeds = len({row["seed"] for row in rows})
    figure, axes = new_figure(
        batches,
        "Optical digits: batch norm with shrunk statistics",
        f"mean over {seeds} seeds; the band reaches from the lowest to the highest of them; losses above "
        f"{LARGEST_LOSS} leave the picture",
        ("test error (%), log scale", "training loss (nats), log scale"),
        "epoch",
    )
    for row, value in zip(axes, (test_error, training_loss)):
        groups = seeds_by_place(rows, "estimator", "epoch", value)
        lines = draw(row, groups, batches, ESTIMATORS)
        row[0].set_yscale("log")
    axes[1][0].set_ylim(top=LARGEST_LOSS)
    axes[0][0].yaxis.set_major_locator(ticker.LogLocator(subs=(1.0, 2.0, 5.0)))
    axes[0][0].yaxis.set_major_formatter(ticker.FormatStrFormatter("%g"))
    axes[0][0].yaxis.set_minor_formatter(ticker.NullFormatter())
    save(figure, lines, folder, "learning_curves")


def draw_shrink_factors(folder):
    rows = [row for row in read_rows(folder / "factors.csv") if row["layer"] == "1"]
    batches = sorted({int(row["batch"]) for row in rows})
    seeds = len({row["seed"] for row in rows})
    figure, axes = new_figure(
        batches,
        "What estimators do to the statistics of the first norm layer during training",
        "lengths of the shrunk vectors over those of the measured ones, and the largest number after "
        f"standardization; mean over {seeds} seeds, band from the lowest to the highest",
        ("means", "variances", "largest |xhat|, log scale"),
        "training step",
    )
    for row, value in zip(axes, (mean_factor, variance_factor, largest_xhat)):
        lines = draw(row, seeds_by_place(rows, "estimator", "step", value), batches, ESTIMATORS)
    axes[2][0].set_yscale("log")
    save(figure, lines, folder, "shrink_factors")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    with chart_style.style():
        if (folder / "risk.csv").exists():
            draw_risk(folder)
        draw_learning_curves(folder)
        draw_shrink_factors(folder)


if __name__ == "__main__":
    main()
