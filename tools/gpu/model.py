#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A cost model of the kernels that pass over tensors, on an H100: what bytes and instructions cost.

    model.py check              the model beside the hardware counters of the first run
    model.py predict [--write]  docs/gpu/predictions.md: the times of passes that no GPU has run yet

A kernel takes its start, the time of its bytes at the bandwidth of a copy, and the time of its
instructions. Kernels that stream overlap the two and take the longer one; kernels of rows, which hold
a tile while they sum it, take the root of the sum of both squares. A scheduler issues one instruction
of each of its warps every CYCLES cycles, as long as that is below MOST_ISSUE. CYCLES was chosen for
each family so that the counters of the first run come out; everything else was measured or is the
device's. The counters are those of docs/gpu/<first run>/counters.md; instructions per element of the
kernels since then are static counts (tools/kernels/kernels.py steady), upper bounds."""

import argparse
import math
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
COUNTERS = ROOT / "docs/gpu/nvidia-h100-80gb-hbm3-2026-11-27/counters.md"
PREDICTIONS = ROOT / "docs/gpu/predictions.md"

MULTIPROCESSORS = 132
SCHEDULERS = 4  # of a multiprocessor
WARPS = 64  # that fit a multiprocessor
CLOCK = 1.9e9  # Hz, as issue slots and instructions of the first run imply
BANDWIDTH = 2.995e12  # bytes a second, read plus written, of a copy
START = 4e-6  # seconds: a kernel of no work, as ncu times it
# The same of a kernel in a stream behind another one that it overlaps: its launch, and the latency of
# what it loads first. So that the shortest chains of performance.md come out (two kernels 5.6 us, three 9.2).
CHAINED_START = 2.8e-6
MOST_ISSUE = 0.8  # of the cycles of a scheduler
CYCLES = {"columns": 4.5, "rows": 5.5, "fused": 6.5}

# Of whole shapes, as the counters have them.
ELEMENTS = {"B1": 256 * 64 * 112 * 112, "B3": 32 * 64 * 56 * 56, "B4": 64 * 1024 * 14 * 14,
            "B5": 256 * 2048 * 7 * 7, "B6": 32 * 512 * 7 * 7, "B7": 32 * 256 * 56 * 56,
            "B8": 3 * 48 * 128 * 256, "B9": 3 * 720 * 128 * 256, "L2": 16384 * 4096,
            "L5": 1024 * 12288, "L6": 131072 * 128, "L2c": 16384 * 4096}


class Kernel(NamedTuple):
    family: str  # of CYCLES
    elements: int
    bytes: float  # of DRAM
    instructions: float  # of a thread, per element
    warps: float  # of a multiprocessor
    busy: float  # share of the multiprocessors that have a block


def seconds(kernel, start=START):
    by_bytes = kernel.bytes / BANDWIDTH
    issued = min(MOST_ISSUE, kernel.warps / SCHEDULERS / CYCLES[kernel.family])
    warp_instructions = kernel.instructions * kernel.elements / 32
    by_instructions = warp_instructions / (MULTIPROCESSORS * kernel.busy * SCHEDULERS * issued) / CLOCK
    combined = max if kernel.family == "columns" else math.hypot
    return start + combined(by_bytes, by_instructions)


# ---- Against the counters of the first run --------------------------------------------------------

class Counted(NamedTuple):
    shape: str
    name: str
    seconds: float
    kernel: Kernel


def family_of(name):
    """None: a kernel that reads no tensor of x's size."""
    if name.startswith("columns_"):
        return "columns"
    if name.startswith(("rows_forward", "rows_backward")):
        return "fused"
    return "rows" if name.startswith("rows_") else None


def counted(text):
    found = []
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        family = family_of(cells[1]) if len(cells) == 15 else None
        if not family:
            continue
        shape, blocks = cells[0].split()[0], int(cells[8].split()[0])
        kernel = Kernel(family, ELEMENTS[shape], float(cells[3]) * 1e6, float(cells[9]),
                        float(cells[5]) / 100 * WARPS, min(1, blocks / MULTIPROCESSORS))
        found.append(Counted(shape, cells[1], float(cells[2]) * 1e-6, kernel))
    return found


def check():
    for case in counted(COUNTERS.read_text()):
        predicted = seconds(case.kernel)
        print(f"{case.shape:4} {case.name:34} measured {case.seconds * 1e6:6.1f} us, model "
              f"{predicted * 1e6:6.1f}, ratio {predicted / case.seconds:.2f}")
    return 0


# ---- Predictions ----------------------------------------------------------------------------------

class Pass(NamedTuple):
    kernel: str
    tensors: int  # of x's size that it reads and writes
    instructions: dict  # type -> per element, static, sm_90
    warps: dict


COLUMN_PASSES = {
    "forward": (
        Pass("columns_statistics", 1, {"half": 5.6, "float": 4.9}, {"half": 16, "float": 24}),
        Pass("columns_apply_forward", 2, {"half": 6.7, "float": 7.3}, {"half": 16, "float": 24})),
    "backward": (
        Pass("columns_gradient_sums", 2, {"half": 7.9, "float": 7.0}, {"half": 16, "float": 24}),
        Pass("columns_apply_backward", 3, {"half": 8.3, "float": 7.4}, {"half": 16, "float": 16})),
}
# NCHW; warps by registers, as docs/kernels.md has them.
PLANE_PASSES = {
    "forward": (
        Pass("planes_statistics", 1, {"half": 5.3, "float": 5.2}, {"half": 16, "float": 16}),
        Pass("planes_apply_forward", 2, {"half": 4.2, "float": 3.4}, {"half": 24, "float": 24})),
    "backward": (
        Pass("planes_gradient_sums", 2, {"half": 7.7, "float": 7.9}, {"half": 16, "float": 16}),
        Pass("planes_apply_backward", 3, {"half": 6.4, "float": 4.8}, {"half": 16, "float": 16})),
}
# Kernels of plain layers: instructions of an element, and of a lane of a row whatever its length, so
# that together they are the static counts (forward 19.3 an element where a lane has 64, backward 44
# where it has 32); warps of a multiprocessor.
LAYER_FORWARD = {"element": 9.5, "lane": 630}
LAYER_BACKWARD = {"element": 19.5, "lane": 790}
LAYER_FORWARD_WARPS = 20
# What is between the passes of a batch norm, finalize: a cluster of blocks merges partial results, and
# meets once.
CLUSTER = 8  # blocks
MEETING = 0.8e-6  # seconds
L2_BYTES = 64  # a cycle, that a multiprocessor reads
PARTIALS = {"columns": {"half": 264 * 128 * 16, "float": 264 * 64 * 16},  # bytes, at most
            "planes": {"half": 4096 * 16, "float": 4096 * 16}}

# As the report of the first run has them: tensors of at most 256 MB as float.
NHWC = (("B1", "half", 83 * 64 * 112 * 112), ("B2", "half", 83 * 256 * 56 * 56),
        ("B3", "half", ELEMENTS["B3"]), ("B4", "half", ELEMENTS["B4"]),
        ("B5", "half", ELEMENTS["B5"]), ("B6", "half", ELEMENTS["B6"]),
        ("B7", "float", ELEMENTS["B7"]), ("B8", "half", ELEMENTS["B8"]),
        ("B9", "half", 2 * 720 * 128 * 256), ("B10", "half", 3 * 18 * 128 * 256), ("B12", "float", 32 * 512),
        ("B13", "half", 5 * 8 * 112 ** 3))
NCHW = (("B7", "float", ELEMENTS["B7"]), ("B9", "half", 2 * 720 * 128 * 256),
        ("B11", "float", 32 * 1024 * 1024))
# Name, elements of a row, elements of a lane (of half or bfloat16), rows.
LAYERS = (("L1", 768, 24, 16384), ("L1b", 1024, 32, 16384), ("L2", 4096, 32, 16384),
          ("L3", 8192, 64, 8192), ("L4", 16384, 64, 4096), ("L5", 12288, 48, 1024),
          ("L6", 128, 16, 131072))
# Backward, with warps of a multiprocessor and parts of dgamma and dbeta. Longer rows are fused.
LAYERS_BACKWARD = (("L1", 768, 24, 16384, 12, 373), ("L1b", 1024, 32, 16384, 12, 373),
                   ("L2", 4096, 32, 16384, 8, 261), ("L3", 8192, 32, 8192, 8, 131),
                   ("L6", 128, 16, 131072, 12, 391))


def streaming_seconds(of_pass, element, elements):
    size = 4 if element == "float" else 2
    return seconds(Kernel("columns", elements, of_pass.tensors * elements * size,
                          of_pass.instructions[element], of_pass.warps[element], 1), CHAINED_START)


def finalize_seconds(family, element, elements):
    partials = min(PARTIALS[family][element], elements)  # a chunk has 16 elements at least
    return CHAINED_START + MEETING + partials / (CLUSTER * L2_BYTES * CLOCK)


def layer_seconds(columns, of_lane, rows):
    elements = columns * rows
    return seconds(Kernel("rows", elements, 2 * elements * 2,
                          LAYER_FORWARD["element"] + LAYER_FORWARD["lane"] / of_lane,
                          LAYER_FORWARD_WARPS, 1))


def layer_backward_seconds(columns, of_lane, rows, warps, parts):
    """The kernel, and the one that adds up the parts."""
    elements, partials = columns * rows, parts * 2 * columns * 4
    kernel = Kernel("rows", elements, 3 * elements * 2 + partials,
                    LAYER_BACKWARD["element"] + LAYER_BACKWARD["lane"] / of_lane, warps, 1)
    return seconds(kernel) + START + partials / BANDWIDTH


def us(value):
    return f"{value * 1e6:.1f}" if value < 20e-6 else f"{value * 1e6:.0f}"


def batch_norms(cases, family, passes):
    lines = ["| case | forward: sums | between | apply | all | backward: sums | between | apply | all | MB |",
             "| --- | " + " | ".join(["---:"] * 9) + " |"]
    for name, element, elements in cases:
        cells = []
        for kernels in passes.values():
            sums, apply = (streaming_seconds(one, element, elements) for one in kernels)
            between = finalize_seconds(family, element, elements)
            cells += [us(sums), us(between), us(apply), us(sums + between + apply)]
        size = 4 if element == "float" else 2
        lines.append(f"| {name} {element} | " + " | ".join(cells) + f" | {elements * size / 1e6:.0f} |")
    return lines


def document():
    lines = ["# Times that no GPU has run yet", "",
             "Written by `tools/gpu/model.py predict --write` before any GPU saw these kernels: a cost model of",
             "bytes, instructions and launches, which meets the hardware counters of the first run within 30 %",
             "(`tools/gpu/model.py check`). Instructions are static counts and upper bounds; a second read that",
             "comes from the L2 cache counts as one from memory. An H100, microseconds, in a stream or graph.",
             "\"Between\" is the finalize kernel: its launch, a meeting of its cluster, and the partial results.", "",
             "## Batch norm in NHWC", "", *batch_norms(NHWC, "columns", COLUMN_PASSES), "",
             "## Batch norm in NCHW, planes of whole vectors", "", *batch_norms(NCHW, "planes", PLANE_PASSES)]
    lines += ["", "## Layer norm whose rows are statistics by themselves, forward", "",
              "| case | rows | elements of a row | us | of a copy, % |", "| --- | ---: | ---: | ---: | ---: |"]
    for name, columns, of_lane, rows in LAYERS:
        predicted = layer_seconds(columns, of_lane, rows)
        copy = 4 * columns * rows / BANDWIDTH
        lines.append(f"| {name} | {rows} | {columns} | {us(predicted)} | {100 * copy / predicted:.0f} |")
    lines += ["", "## The same, backward, with dgamma and dbeta", "",
              "| case | rows | elements of a row | us | of a copy, % |", "| --- | ---: | ---: | ---: | ---: |"]
    for name, columns, of_lane, rows, warps, parts in LAYERS_BACKWARD:
        predicted = layer_backward_seconds(columns, of_lane, rows, warps, parts)
        copy = 6 * columns * rows / BANDWIDTH
        lines.append(f"| {name} | {rows} | {columns} | {us(predicted)} | {100 * copy / predicted:.0f} |")
    return "\n".join(lines) + "\n"


def predict(write):
    if write:
        PREDICTIONS.write_text(document())
    else:
        print(document(), end="")
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("check")
    commands.add_parser("predict").add_argument("--write", action="store_true")
    options = parser.parse_args()
    return check() if options.command == "check" else predict(options.write)


if __name__ == "__main__":
    sys.exit(main())
