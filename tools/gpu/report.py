# SPDX-License-Identifier: Apache-2.0
"""report.md, made of report.json alone: what failed comes first."""

import re

from results import FAILED, NOT_RUN, Result
from timings import contestant, copy_bandwidth, fraction_of_copy, peers, refusals

MOST = 40  # lines of a list of failures


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "| " + " | ".join("---" for _ in head) + " |"]
    lines += ["| " + " | ".join(str(cell).replace("|", "\\|") for cell in row) + " |"
              for row in rows]
    return "\n".join(lines) + "\n"


def listed(items):
    shown = [f"- {item}" for item in items[:MOST]]
    if len(items) > MOST:
        shown.append(f"- and {len(items) - MOST} more, in report.json")
    return "\n".join(shown) + "\n"


def percent(value):
    return "-" if value is None else f"{100 * value:.0f} %"


def microseconds(seconds):
    return f"{seconds * 1e6:.1f}" if seconds < 1e-3 else f"{seconds * 1e6:.0f}"


def render(content, charts=()):
    stages = {name: Result(**stage) for name, stage in content["stages"].items()}
    parts = [heading(content), failures(stages), overview(stages), device(content)]
    for name, section in (("timings", timings_section), ("counters", counters_section),
                          ("sanitizer", sanitizer_section)):
        if name in stages and stages[name].data:
            parts.append(section(stages[name]))
    if charts:
        parts.append("## Charts\n\n" + "\n".join(f"![{title}]({file})\n" for title, file in charts))
    return "\n".join(part for part in parts if part)


def heading(content):
    of = content.get("device") or "no device"
    note = ("\nThis is a rehearsal: programs of the executor and samples of what tools print stand "
            "in for a GPU. No figure in it is a measurement.\n" if content.get("rehearsal") else "")
    return (f"# jsnorm on {of}\n\n{content.get('started', '')}, {content['programs']['version']}, "
            f"commit {content['programs']['commit']}. Generated from report.json by `./dev gpu`.\n"
            f"{note}")


def failures(stages):
    failed = [f"**{name}**: {item}" for name, stage in stages.items() for item in stage.failures]
    missed = [f"**{name}**: {stage.reason}" for name, stage in stages.items()
              if stage.outcome == NOT_RUN]
    missed += [f"**{name}**: {item}" for name, stage in stages.items() for item in stage.unfinished]
    text = "## What failed\n\n" + (listed(failed) if failed else "Nothing.\n")
    if missed:
        text += "\n## What was not run\n\n" + listed(missed)
    return text


def overview(stages):
    rows = []
    for name, stage in stages.items():
        counts = []
        if "passed" in stage.data:
            counts.append(f"{stage.data['passed']} passed")
        if stage.failures:
            counts.append(f"{len(stage.failures)} failed")
        if stage.unfinished:
            counts.append(f"{len(stage.unfinished)} not run")
        rows.append([name, stage.outcome.upper() if stage.outcome == FAILED else stage.outcome,
                     f"{stage.seconds:.0f}", ", ".join(counts)])
    return "## Stages\n\n" + table(["stage", "outcome", "seconds", "checks"], rows)


def device(content):
    facts = content.get("machine") or {}
    rows = [[name, value] for name, value in facts.items()]
    rows.append(["toolkit of the programs", content["programs"]["toolkit"]])
    rows.append(["architectures", ", ".join(content["programs"]["architectures"])])
    return "## The device as found\n\n" + table(["fact", "value"], rows)


def timings_section(stage):
    data = stage.data
    text = "## Bars\n\n"
    bars = sorted(data["bars"], key=lambda bar: bar["met"])
    text += f"{sum(bar['met'] for bar in bars)} of {len(bars)} met.\n\n"
    text += table(["", "bar", "case", "got", "wanted"],
                  [["met" if bar["met"] else "**missed**", bar["bar"], bar["row"],
                    f"{bar['got']:.2f}",
                    f"{'at most' if bar['at_most'] else 'at least'} {bar['wanted']:g}"]
                   for bar in bars])
    text += "\n## Timings\n\n" + software(data) + "\n" + table(
        ["clocks", "before", "after"],
        [[name, value, data["clocks"]["after"].get(name, "-")]
         for name, value in data["clocks"]["before"].items()])
    for direction in ("forward", "backward", "inference"):
        rows = [row for row in data["results"] if row["direction"] == direction]
        if rows:
            text += f"\n### {direction.capitalize()}\n\n" + timings_table(rows)
    absent = refusals(data)
    if absent:
        text += "\n### Not timed\n\n" + table(["contestant", "reason", "cases"], absent[:MOST])
    return text


def software(data):
    lines = [f"- `{one['name']}`: {one['computes']}" +
             (f" ({one['version']})" if one["version"] else "")
             for one in data.get("software", {}).get("contestants", [])]
    return ("Medians of paired runs; the spread is that of ours. Useful bandwidth counts every "
            "tensor once, scheme bandwidth what the plan asks for; a ratio is how many times as "
            "long as `jsnorm` a contestant took.\n\n" + "\n".join(lines) + "\n")


def timings_table(rows):
    names = []
    for row in rows:
        names += [name for name in ["none", *peers(row)] if name not in names]
    head = ["case", "MB", "cache", "us", "spread", "useful GB/s", "scheme GB/s", "copy GB/s",
            "% of copy", *names]
    return table(head, [timings_row(row, names) for row in rows])


def timings_row(row, names):
    name = row["name"].split("/", 1)[1]
    ours, copy = contestant(row, "jsnorm"), copy_bandwidth(row)
    size = f"{row['tensor_bytes'] / 1e6:.1f}"
    if ours is None:
        why = next((one.get("wrong") or one.get("unavailable") or "" for one in row["contestants"]
                    if one["name"] == "jsnorm"), "")
        return [name, size, row["cache"], why] + ["-"] * (5 + len(names))
    seconds = ours["median_seconds"]
    cells = [name, size, row["cache"], microseconds(seconds), percent(ours["spread"]),
             f"{row['useful_bytes'] / seconds / 1e9:.0f}",
             f"{row['scheme_bytes'] / seconds / 1e9:.0f}",
             "-" if copy is None else f"{copy / 1e9:.0f}", percent(fraction_of_copy(row, "scheme"))]
    for peer in names:
        one = contestant(row, peer)
        cells.append(f"{one['ratio']:.2f}" if one else "-")
    return cells


def counters_section(stage):
    text = ("## Counted by the hardware\n\nBytes of DRAM that the kernels of an operation moved, "
            "over those of its plan (a tensor that fits the L2 cache needs fewer) and over each "
            "tensor once; beside them what the kernels ask of memory, counted on the executor for "
            "the shape scaled down.\n\n")
    rows, kernels = [], []
    for row in stage.data["operations"]:
        counted = row["dram_bytes"]
        rows.append([row["shape"], row["dims"], row["layout"], row["type"], row["operation"],
                     f"{row['planned_bytes'] / 1e6:.2f}",
                     "-" if counted is None else f"{counted / 1e6:.2f}",
                     "-" if counted is None else f"{row['of_plan']:.2f}",
                     "-" if row["executor_of_plan"] is None else f"{row['executor_of_plan']:.2f}",
                     "-" if counted is None else f"{row['of_least']:.2f}"])
        for kernel in row["kernels"]:
            kernels.append([row["shape"], row["operation"], short(kernel["kernel"]),
                            *(rounded(kernel.get(key)) for key in
                              ("nanoseconds", "dram_read_bytes", "dram_write_bytes",
                               "l2_hit_percent", "occupancy_percent"))])
    text += table(["shape", "dims", "layout", "type", "operation", "planned MB", "counted MB",
                   "of the plan", "executor, of the plan", "of the least"], rows)
    text += "\n" + table(["shape", "operation", "kernel", "ns", "read", "written", "L2 hits %",
                          "occupancy %"], kernels)
    return text


def short(kernel):
    """Without the type of its result, its namespaces and its arguments."""
    name = re.sub(r"\([^()]*\)$", "", kernel).removeprefix("void ")
    return re.sub(r"\b\w+::", "", name)


def rounded(value):
    return "-" if value is None else f"{value:.0f}"


def sanitizer_section(stage):
    return "## Sanitizer\n\n" + table(["tool and program", "its summary"],
                                      stage.data["tools"].items())
