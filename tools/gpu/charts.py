# SPDX-License-Identifier: Apache-2.0
"""Charts of the timings: ours, NONE and the peers, as fractions of the copy of the same run."""

from timings import COPIES, contestant, copy_bandwidth


def available():
    """Why charts cannot be drawn here; empty where they can."""
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        return "matplotlib is not there; later: ./dev gpu report FOLDER"
    return ""


def draw(content, folder):
    """[(title, file name)] of what was drawn."""
    timings = content["stages"].get("timings", {}).get("data", {}).get("results", [])
    drawn = []
    for direction in ("forward", "backward"):
        rows = [row for row in timings
                if row["direction"] == direction and contestant(row, "jsnorm")
                and copy_bandwidth(row)]
        if rows:
            drawn.append((f"{direction} bandwidth, useful, of the copy", f"{direction}.svg"))
            draw_bars(rows, drawn[-1][0], folder / drawn[-1][1])
    return drawn


def draw_bars(rows, title, path):
    import matplotlib
    matplotlib.use("svg")
    from matplotlib import pyplot
    matplotlib.rcParams["svg.hashsalt"] = "jsnorm"  # the same file from the same data
    names = []
    for row in rows:
        names += [one["name"] for one in row["contestants"]
                  if one["name"] not in names + list(COPIES) and "median_seconds" in one]
    figure, axes = pyplot.subplots(figsize=(9, 1 + 0.16 * len(rows) * (len(names) + 1)))
    for place, name in enumerate(names):
        values = [fraction(row, contestant(row, name)) for row in rows]
        axes.barh([index + (place + 0.5) / (len(names) + 1) for index in range(len(rows))], values,
                  height=0.9 / (len(names) + 1), label=name)
    axes.axvline(1, color="black", linewidth=0.8)
    axes.set_yticks([index + 0.4 for index in range(len(rows))],
                    [row["name"].split("/", 1)[1] for row in rows], fontsize=7)
    axes.invert_yaxis()
    axes.set_xlabel("useful bytes a second, 1 is the copy of the same run")
    axes.set_title(title)
    axes.legend(fontsize=7)
    figure.savefig(path, bbox_inches="tight", metadata={"Date": None})
    pyplot.close(figure)


def fraction(row, one):
    if one is None:
        return 0
    return row["useful_bytes"] / one["median_seconds"] / copy_bandwidth(row)
