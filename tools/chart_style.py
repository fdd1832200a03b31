# SPDX-License-Identifier: Apache-2.0
"""The look that all charts of the project share. Import it before matplotlib.pyplot."""

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402 (the backend has to be chosen first)

# Okabe and Ito's palette, which the colour-blind can tell apart.
ORANGE, VERMILION, GREEN = "#E69F00", "#D55E00", "#009E73"
BLUE, SKY, PURPLE = "#0072B2", "#56B4E9", "#CC79A7"

STYLE = {
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e3e3e3",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "figure.facecolor": "white",
    "svg.hashsalt": "jsnorm",  # the same picture from the same numbers
}


def style():
    """A context in which figures look alike."""
    return plt.rc_context(STYLE)


def heading(figure, title, subtitle):
    """Two lines above everything, at fixed distances in inches."""
    height = figure.get_size_inches()[1]
    figure.text(0.5, 1 - 0.22 / height, title, ha="center", fontsize=12, fontweight="bold")
    figure.text(0.5, 1 - 0.42 / height, subtitle, ha="center", fontsize=9, color="#444444")


def legend(figure, handles):
    """One line below everything; of handles with the same label, the last."""
    labels = {handle.get_label(): handle for handle in handles}
    figure.legend(list(labels.values()), list(labels), loc="lower center", ncol=len(labels),
                  frameon=False)


def save(figure, *paths):
    for path in paths:
        # Without the date an SVG is the same for the same numbers.
        options = {"metadata": {"Date": None}} if path.suffix == ".svg" else {"dpi": 150}
        figure.savefig(path, **options)
        print(f"Chart: {path}")
    plt.close(figure)
