# SPDX-License-Identifier: Apache-2.0
"""Does every wrapper of kernels/device compile to the instruction that it is there for?

wrappers.cu holds one kernel for each; the comments above a kernel are its promises:

    // PTX: st\\.global\\.v4\\.\\w+          a regular expression that its PTX must match
    // PTX sm_90: griddepcontrol\\.wait    the same, for one architecture alone
    // no PTX sm_80: griddepcontrol        one that it must not match
"""

import dataclasses
import re
from pathlib import Path

from nvcc import ROOT, compile_all
from parse import parse_ptx

WRAPPERS = Path(__file__).with_name("wrappers.cu")
DEVICE = sorted((ROOT / "kernels" / "device").glob("*.cuh"))


@dataclasses.dataclass(frozen=True)
class Promise:
    kernel: str
    pattern: str
    arch: str | None  # None: all
    wanted: bool


def parse_promises(text):
    """Every promise, and the names of kernels that make none."""
    promises, silent, pending = [], [], []
    for line in text.splitlines():
        if found := re.match(r"// (no )?PTX(?: (sm_\w+))?: (.*\S)", line):
            pending.append((found[3], found[2], not found[1]))
        elif found := re.match(r'extern "C" JSNORM_KERNEL\([^)]*\)\s*(\w+)', line):
            promises += [Promise(found[1], *promise) for promise in pending]
            if not pending:
                silent.append(found[1])
            pending = []
    return promises, silent


def judge(promises, arch, entries):
    """The promises that the PTX of an architecture does not keep."""
    problems = []
    for promise in promises:
        if promise.arch not in (None, arch):
            continue
        if promise.kernel not in entries:
            problems.append(f"{arch}: {promise.kernel}: not in the PTX")
        elif bool(re.search(promise.pattern, entries[promise.kernel].text)) != promise.wanted:
            verb = "lacks" if promise.wanted else "has"
            problems.append(f"{arch}: {promise.kernel}: {verb} {promise.pattern}")
    return problems


def wrappers_of(header):
    """The functions that kernels may call, by what precedes their names."""
    header = re.sub(r"^namespace detail \{.*?^\}  // namespace detail", "", header,
                    flags=re.M | re.S)
    return sorted(set(re.findall(r"^JSNORM_DEVICE [^\n(]*?\b(\w+)\(", header, re.M)))


def calls(text, name):
    return re.search(rf"\b{name}(?:<[^>]*>)?\(", text)


def broken(archs):
    text = WRAPPERS.read_text()
    promises, silent = parse_promises(text)
    problems = [f"{kernel}: promises nothing" for kernel in silent]
    problems += [f"{name}: in kernels/device, not in wrappers.cu"
                 for name in wrappers_of("".join(part.read_text() for part in DEVICE)) if not calls(text, name)]
    for compiled in compile_all([WRAPPERS], archs):
        problems += judge(promises, compiled.arch, parse_ptx(compiled.ptx.read_text()))
    return problems
