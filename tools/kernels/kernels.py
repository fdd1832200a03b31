#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What can be said of the CUDA kernels without a GPU.

    kernels.py report                         registers, memory and occupancy of every variant;
                                              fails on spills, stack frames and local memory
    kernels.py table --write docs/kernels.md  the same, as a table to commit
    kernels.py table --check docs/kernels.md  fails where a variant is new, gone or has grown
    kernels.py ptx                            every wrapper of kernels/device compiles to the
                                              instruction that wrappers.cu promises
    kernels.py clang                          warnings of a second compiler over the device code
    kernels.py host                           the host side of the backend compiles without warnings
    kernels.py sass VARIANT                   the machine code of one variant
    kernels.py steady [REGEX]                 instructions per element, loads in flight and barriers
                                              of the loops over tensors, from the machine code
    kernels.py steady --check                 fails where a plain kernel takes more instructions per
                                              element than its limit

Options: --arch sm_90 (may be repeated; default: all of sm_80, sm_90, sm_100 and sm_120),
--sources FILE... (default: every .cu of src/cuda; for host those
of src/distributed, too). Needs nvcc; results are kept in build/kernels.
JSNORM_JOBS sets the number of parallel compilations (default: one for each processor).
"""

import argparse
import signal
import sys
from pathlib import Path

sys.dont_write_bytecode = True
import nvcc  # noqa: E402
import report  # noqa: E402
import table  # noqa: E402


def tell(problems, good):
    for problem in problems:
        print(f"FAILED {problem}")
    if not problems:
        print(good)
    return 1 if problems else 0


def run_report(options):
    measured, problems = report.measure(options.sources, options.arch)
    for arch, variants in measured.items():
        print(report.describe(arch, variants), end="\n\n")
    return tell(problems, "no spills, no stack frames, no local memory")


def run_table(options):
    measured, problems = report.measure(options.sources, options.arch)
    if options.write:
        options.write.write_text(table.render(measured, nvcc.version()))
        return tell(problems, f"{options.write}: written")
    changes, notes = table.compare(table.parse(options.check.read_text()), table.rows_of(measured))
    for note in notes:
        print(f"changed {note}")
    return tell(problems + changes, f"{options.check}: every variant is within its bounds")


def run_ptx(options):
    import promises
    return tell(promises.broken(options.arch), "every wrapper compiles to what it promises")


def run_clang(options):
    import clang
    return clang.check(options.sources, options.arch)


def run_host(options):
    import host
    problems, count = host.broken(options.sources, options.arch[0])
    return tell(problems, f"{count} sources compile on the host side")


def run_sass(options):
    import sass
    return sass.show(options.variant, options.sources, options.arch)


def run_steady(options):
    import steady
    if not options.check:
        return steady.show(options.sources, options.arch, options.variants)
    try:
        steady.disassembler()
    except (nvcc.Failure, OSError) as failure:  # no environment, or no package
        print(f"Instructions per element are not checked: {str(failure).strip().splitlines()[-1]}")
        return 0
    problems, judged = steady.over_limit(options.sources, options.arch)
    if judged == 0:
        problems.append("no kernel has a limit: has the list of variants changed?")
    return tell(problems, f"{judged} variants keep to their limits of instructions per element")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name, function, archs):
        added = commands.add_parser(name)
        added.set_defaults(function=function, archs=archs)
        added.add_argument("--arch", action="append", metavar="sm_NN")
        added.add_argument("--sources", nargs="+", metavar="FILE",
                           default=sorted((nvcc.ROOT / "src" / "cuda").rglob("*.cu")))
        return added

    command("report", run_report, nvcc.ARCHS)
    one_of = command("table", run_table, nvcc.ARCHS).add_mutually_exclusive_group(required=True)
    one_of.add_argument("--write", type=Path, metavar="FILE")
    one_of.add_argument("--check", type=Path, metavar="FILE")
    command("ptx", run_ptx, ["sm_80", "sm_90"])
    command("clang", run_clang, ["sm_90"])
    host = command("host", run_host, ["sm_90"])
    host.set_defaults(sources=host.get_default("sources") +
                      sorted((nvcc.ROOT / "src" / "distributed").rglob("*.cu")))
    command("sass", run_sass, ["sm_90"]).add_argument("variant", metavar="VARIANT")
    steady = command("steady", run_steady, ["sm_80", "sm_90"])
    steady.add_argument("variants", nargs="?", default="", metavar="REGEX")
    steady.add_argument("--check", action="store_true")
    options = parser.parse_args()
    options.arch = options.arch or list(options.archs)
    return options


def main():
    options = parse_arguments()
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # of a reader that has seen enough, as with head
    try:
        return options.function(options)
    except nvcc.Failure as failure:
        print(f"kernels.py: {failure}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
