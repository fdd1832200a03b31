# SPDX-License-Identifier: Apache-2.0
"""Reads what ptxas -v says and what PTX declares, and gives kernels readable names."""

import dataclasses
import math
import re
import subprocess

TYPES = {"Half": "half", "BFloat16": "bfloat16"}  # as the rest of the project calls them


@dataclasses.dataclass
class Resources:
    """What one kernel takes; memory in bytes."""

    registers: int = 0
    barriers: int = 0
    shared: int = 0  # static
    constant: int = 0  # ptxas does not count it for sm_90 and later
    stack: int = 0
    local: int = 0
    spill_stores: int = 0
    spill_loads: int = 0


@dataclasses.dataclass
class Log:
    kernels: dict  # mangled name -> Resources
    functions: dict  # the same of device functions that were not inlined: stack and spills alone
    warnings: list


@dataclasses.dataclass
class Entry:
    """A kernel of a PTX file. Bounds that it does not declare are None."""

    text: str
    max_threads: int | None
    min_blocks: int | None


def parse_ptxas(text):
    log = Log({}, {}, [])
    kernel = function = Resources()
    for line in text.splitlines():
        if found := re.search(r"Compiling entry function '(\S+)' for", line):
            kernel = log.kernels.setdefault(found[1], Resources())
        elif found := re.search(r"Function properties for (\S+)", line):
            function = log.kernels.get(found[1]) or log.functions.setdefault(found[1], Resources())
        elif found := re.search(r"(\d+) bytes stack frame, (\d+) bytes spill stores, "
                                r"(\d+) bytes spill loads", line):
            function.stack, function.spill_stores, function.spill_loads = map(int, found.groups())
        elif found := re.search(r"Used (\d+) registers", line):
            kernel.registers = int(found[1])
            kernel.barriers = sum(map(int, re.findall(r"used (\d+) barriers", line)))
            kernel.shared = sum(map(int, re.findall(r"(\d+)(?:\+\d+)? bytes smem", line)))
            kernel.local = sum(map(int, re.findall(r"(\d+)(?:\+\d+)? bytes lmem", line)))
            kernel.constant = sum(map(int, re.findall(r"(\d+) bytes cmem", line)))
        elif re.search(r"\bwarning\b", line):
            log.warnings.append(line.strip())
    return log


def parse_ptx(text):
    """Mangled name -> Entry. A kernel ends where the next function begins: braces do not tell,
    because assembly in a kernel may have its own."""
    entries = {}
    starts = [found.start() for found in re.finditer(r"^(?:\.\w+ )*\.(?:entry|func)\b", text, re.M)]
    for start, end in zip(starts, [*starts[1:], len(text)]):
        part = text[start:end]
        if found := re.match(r"(?:\.\w+ )*\.entry (\w+)", part):
            threads = re.search(r"^\.(?:max|req)ntid (\d+(?:, *\d+)*)", part, re.M)
            blocks = re.search(r"^\.minnctapersm (\d+)", part, re.M)
            entries[found[1]] = Entry(part, threads and math.prod(map(int, threads[1].split(","))),
                                      blocks and int(blocks[1]))
    return entries


def demangle(names):
    """Names without the types of their arguments, as c++filt gives them."""
    result = subprocess.run(["c++filt", "-p"], input="\n".join(names), check=True, text=True,
                            stdout=subprocess.PIPE)
    return result.stdout.splitlines()


def shorten(name):
    """jsnorm::gpu::f<jsnorm::Half, 8u, (jsnorm::gpu::Scope)1> -> f<half, 8, Scope(1)>"""
    name = name.replace("(anonymous namespace)", "anonymous")
    name = re.sub(r"\b\w+::", "", name)
    name = re.sub(r"\((\w[\w ]*)\)(-?\d+)", r"\1(\2)", name)  # the value of an enumeration
    name = re.sub(r"\b(\d+)(?:u|l|ul|ll|ull)\b", r"\1", name)
    for c_type, type_name in TYPES.items():
        name = re.sub(rf"\b{c_type}\b", type_name, name)
    return name.replace("> >", ">>")


def short_names(mangled):
    """Mangled name -> short name. Overloads would share one; they are told apart by a number."""
    names, uses = {}, {}
    for symbol, name in zip(mangled, demangle(mangled)):
        short = shorten(name)
        uses[short] = uses.get(short, 0) + 1
        names[symbol] = short if uses[short] == 1 else f"{short} #{uses[short]}"
    return names
