# SPDX-License-Identifier: Apache-2.0
"""What every compiled kernel takes of every architecture, and what none of them may do."""

import dataclasses

from nvcc import compile_all
from occupancy import blocks_per_sm, device
from parse import Resources, parse_ptx, parse_ptxas, short_names

MOST_VARIANTS = 200  # for each architecture: size of the library, time to compile it

# Consumer parts hold fewer threads than the blocks that data-centre parts are asked to hold; there
# ptxas ignores the request and says so.
HARMLESS = ".minnctapersm will be ignored"


@dataclasses.dataclass(frozen=True)
class Variant:
    name: str
    source: str
    threads: int  # of the largest block, which is how the library launches it
    used: Resources
    blocks: int  # per multiprocessor

    def occupancy(self, arch):
        return round(100 * self.blocks * self.threads / device(arch).threads)


def excess(name, used):
    """What a kernel or function does with memory that it should keep in registers."""
    amounts = (("stack frame", used.stack), ("local memory", used.local),
               ("spill stores", used.spill_stores), ("spill loads", used.spill_loads))
    return [f"{name}: {amount} bytes of {what}" for what, amount in amounts if amount]


def variants_of(compiled):
    """The variants of one finished compilation, and what is wrong with them."""
    log, entries = parse_ptxas(compiled.log), parse_ptx(compiled.ptx.read_text())
    names = short_names([*log.kernels, *log.functions])
    problems = [line for line in log.warnings if HARMLESS not in line]
    for symbol, used in {**log.kernels, **log.functions}.items():
        problems += excess(names[symbol], used)
    bounded = {}
    for symbol, used in log.kernels.items():
        threads = entries[symbol].max_threads
        if threads is None:
            problems.append(f"{names[symbol]}: no launch bounds")
        bounded[symbol] = (threads or 1024, used)
    blocks = blocks_per_sm(compiled.arch, list(bounded.values()))
    return [Variant(names[symbol], compiled.source, *kernel, count)
            for (symbol, kernel), count in zip(bounded.items(), blocks)], problems


def find_clashes(variants):
    """Kernels of one name: the same template instantiated in two sources is compiled twice."""
    problems, seen = [], {}
    for variant in variants:
        first = seen.setdefault(variant.name, variant)
        if first is not variant:
            problems.append(f"{variant.name}: both in {first.source} and in {variant.source}")
    if len(variants) > MOST_VARIANTS:
        problems.append(f"{len(variants)} variants, more than {MOST_VARIANTS}")
    return problems


def measure(sources, archs):
    """The variants of each architecture by name, and everything that is wrong with them."""
    found = {arch: [] for arch in archs}
    problems = []
    for compiled in compile_all(sources, archs):
        variants, wrong = variants_of(compiled)
        found[compiled.arch] += variants
        problems += [f"{compiled.arch}: {line}" for line in wrong]
    for arch, variants in found.items():
        problems += [f"{arch}: {line}" for line in find_clashes(variants)]
    return {arch: {variant.name: variant for variant in sorted(variants, key=lambda v: v.name)}
            for arch, variants in found.items()}, problems


def describe(arch, variants):
    """The table of one architecture, for a terminal."""
    titles = ("threads", "registers", "shared", "constant", "stack", "spills", "blocks",
              "occupancy")
    width = max([len(name) for name in variants] + [len(arch)])
    lines = [f"{arch}: {len(variants)} variants; blocks per multiprocessor of {device(arch).name}",
             f"{'':{width}}  " + "  ".join(titles)]
    for name, variant in variants.items():
        used = variant.used
        values = (variant.threads, used.registers, used.shared, used.constant,
                  max(used.stack, used.local), used.spill_stores + used.spill_loads,
                  variant.blocks, f"{variant.occupancy(arch)} %")
        cells = (f"{value:>{len(title)}}" for title, value in zip(titles, values))
        lines.append(f"{name:{width}}  " + "  ".join(cells))
    return "\n".join(lines)
