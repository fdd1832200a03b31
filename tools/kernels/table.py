# SPDX-License-Identifier: Apache-2.0
"""The committed table of all variants, in Markdown: written, read back, and compared."""

import dataclasses
import re

from occupancy import device

INTRODUCTION = """\
# Compiled kernels

One row for each compiled variant of a kernel, one column for each architecture. An entry gives the registers of
a thread, the bytes of static shared memory of a block, and the blocks that fit one multiprocessor (with the
theoretical occupancy; dynamic shared memory is not counted). `-`: the variant is not compiled for the
architecture. No variant may spill or use local memory. Each architecture has at most 200 variants. What the
kernels do is in [kernels/README.md](../kernels/README.md).

Written by `tools/kernels/kernels.py table --write docs/kernels.md` with CUDA {version}; `--check`
fails if the registers of a variant grew by more than 10 % and by more than 4, or if a variant is new or gone.
"""


@dataclasses.dataclass(frozen=True)
class Row:
    registers: int
    shared: int
    blocks: int
    occupancy: int  # percent

    def __str__(self):
        return f"{self.registers}, {self.shared}, {self.blocks} ({self.occupancy} %)"


def row_of(arch, variant):
    return Row(variant.used.registers, variant.used.shared, variant.blocks,
               variant.occupancy(arch))


def rows_of(measured):
    """What report.measure() found, as {arch: {name: Row}}."""
    return {arch: {name: row_of(arch, variant) for name, variant in variants.items()}
            for arch, variants in measured.items()}


def render(measured, version):
    rows = rows_of(measured)
    threads = {name: variant.threads
               for variants in measured.values() for name, variant in variants.items()}
    titles = ["variant", "threads", *(f"{arch} ({device(arch).name})" for arch in rows)]
    lines = [INTRODUCTION.format(version=version), "| " + " | ".join(titles) + " |",
             "| --- | ---: |" + " ---: |" * len(rows)]
    for name in sorted(threads):
        cells = [f"`{name}`", str(threads[name])]
        cells += [str(rows[arch].get(name, "-")) for arch in rows]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def parse(text):
    """{arch: {name: Row}} of a rendered table."""
    lines = [[cell.strip() for cell in line.strip("|\n").split("|")]
             for line in text.splitlines() if line.startswith("| ")]
    titles = lines[0] if lines else []
    archs = [title.split()[0] for title in titles[2:]]
    table = {arch: {} for arch in archs}
    for name, _, *cells in lines[2:]:
        for arch, cell in zip(archs, cells):
            if found := re.fullmatch(r"(\d+), (\d+), (\d+) \((\d+) %\)", cell):
                table[arch][name.strip("`")] = Row(*map(int, found.groups()))
    return table


def grew(before, after):
    return after > 1.1 * before and after > before + 4


def compare(committed, fresh):
    """Of the architectures of the fresh table: what fails, and what is only worth knowing."""
    problems, notes = [], []
    for arch, variants in fresh.items():
        if arch not in committed:
            problems.append(f"{arch}: not in the table")
            continue
        known = committed[arch]
        problems += [f"{arch}: {name}: not in the table" for name in variants if name not in known]
        problems += [f"{arch}: {name}: in the table, not compiled"
                     for name in known if name not in variants]
        for name in sorted(set(variants) & set(known)):
            before, after = known[name], variants[name]
            if grew(before.registers, after.registers):
                problems.append(f"{arch}: {name}: {after.registers} registers, "
                                f"{before.registers} in the table")
            elif before != after:
                notes.append(f"{arch}: {name}: {after}; in the table {before}")
    return problems, notes
