# SPDX-License-Identifier: Apache-2.0
"""The steady state of kernels, read from their machine code: instructions per element of x of the
loop that walks over the tensors, 16-byte loads in flight, barriers in that loop, and what follows
from them for a multiprocessor.

The loop is the innermost one with 16-byte accesses to global memory, of several the one with the
most; of a kernel without such a loop, its whole code. Of the ways through it, one is counted: the
most such accesses, then the fewest other ones (which are of rare cases), then the most arithmetic,
then the fewest instructions. So rare corrections that branch off in the loop are in the figure: it
is an upper bound. Loops inside it (shuffles over lanes) are counted as one pass."""

import dataclasses
import re

from nvcc import Failure, compile_all, run
from occupancy import blocks_per_sm, device
from parse import parse_ptx, parse_ptxas, short_names
from sass import disassembler

# What a kernel does once for 16 bytes of x: how many accesses of which kind, on its plain path.
ACCESSES = {"apply_forward": ("STG", 1), "layer_forward": ("STG", 1),
            "layer_backward": ("STG", 1), "statistics": ("LDG", 1),
            "gradient_sums": ("LDG", 2), "apply_backward": ("LDG", 2)}
ARITHMETIC = re.compile(r"(FADD|FMUL|FFMA|FMNMX|FSEL|HADD2|DADD|DMUL|DFMA)\b")
MEMORY = ("LDG", "STG")
ELEMENT_BYTES = {"half": 2, "bfloat16": 2, "float": 4, "double": 8}


@dataclasses.dataclass(frozen=True)
class Instruction:
    address: int
    predicate: str  # "" where it always acts
    opcode: str  # with its suffixes
    operands: str

    def is_wide(self, kind):
        """An access of 16 bytes to global memory: kind is LDG, STG or both."""
        return self.opcode.startswith(kind) and ".128" in self.opcode

    def is_narrow(self):
        return self.opcode.startswith(MEMORY) and ".128" not in self.opcode

    def target(self):
        """Where a branch leads; None for what is no branch. A warp that diverges (BRA.DIV) and
        subroutines (CALL: rare cases of a division) are not followed."""
        if not self.opcode.startswith("BRA") or self.opcode.startswith("BRA.DIV"):
            return None
        return int(re.search(r"0x([0-9a-f]+)$", self.operands)[1], 16)

    def falls_through(self):
        always = not self.predicate and not re.match(r"!?U?P\d", self.operands)
        return not (always and self.opcode.split(".")[0] in ("BRA", "EXIT", "RET"))


@dataclasses.dataclass(frozen=True)
class Steady:
    instructions: int  # of a pass
    accesses: int  # counted ones of a pass
    in_flight: int  # 16-byte loads of a thread
    barriers: int  # of a pass
    looping: bool


def parse_sass(listing):
    """The instructions of one kernel."""
    found = re.finditer(r"^\s*/\*([0-9a-f]{4,})\*/\s+(?:(@!?U?P\w+)\s+)?([A-Z][\w.]*)\s*([^;\n]*);",
                        listing, re.M)
    return [Instruction(int(line[1], 16), line[2] or "", line[3], line[4].strip())
            for line in found]


def loops(code):
    """(first, last) index of each loop: a branch back, and where it leads."""
    index = {instruction.address: i for i, instruction in enumerate(code)}
    found = {}
    for i, instruction in enumerate(code):
        target = instruction.target()
        if target is not None and target in index and index[target] < i:
            found[index[target]] = max(i, found.get(index[target], 0))
    return sorted(found.items())


def worth(instruction):
    """What is summed over a way; the largest sum, component by component, is counted."""
    return (instruction.is_wide(MEMORY), -instruction.is_narrow(),
            bool(ARITHMETIC.match(instruction.opcode)), -1)


def best_path(code, first, last):
    """Indices from `first` to `last` inclusive. Branches back and out of the range are not taken."""
    index = {code[i].address: i for i in range(first, last + 1)}
    best = {first: ((0, 0, 0, 0), None)}  # the sum before it, and whence
    for i in range(first, last + 1):
        if i not in best:
            continue
        total = tuple(map(sum, zip(best[i][0], worth(code[i]))))
        following = [i + 1] if i < last and code[i].falls_through() else []
        target = code[i].target()
        if target is not None and index.get(target, -1) > i:
            following.append(index[target])
        for j in following:
            if j not in best or total > best[j][0]:
                best[j] = (total, i)
    if last not in best:
        return None
    path, i = [], last
    while i is not None:
        path.append(i)
        i = best[i][1]
    return path[::-1]


def registers(operands):
    """The numbers of the general registers that a text names."""
    return {int(number) for number in re.findall(r"\bR(\d+)", operands)}


def loads_in_flight(path):
    """The most 16-byte loads that are under way before the oldest of them is needed."""
    waiting, most = [], 0
    for instruction in path:
        used = registers(instruction.operands)
        if instruction.is_wide("LDG"):
            first = int(re.match(r"R(\d+)", instruction.operands)[1])
            used |= set(range(first, first + 4))
        needed = [n for n, load in enumerate(waiting) if load & used]
        if needed:
            waiting = waiting[max(needed) + 1:]  # loads come back in order
        if instruction.is_wide("LDG"):
            waiting.append(set(range(first, first + 4)))
            most = max(most, len(waiting))
    return most


def accesses_of(code, path, kind):
    return sum(code[i].is_wide(kind) for i in path)


def examine(code, kind):
    """The steady state of a kernel, or None where it makes no counted access."""
    def ways(ranges):
        paths = (best_path(code, first, last) for first, last in ranges)
        return [path for path in paths if path and accesses_of(code, path, kind)]

    looping = ways(loops(code))
    looping = [path for path in looping if not any(other is not path and path[0] <= other[0] and
                                                   other[-1] <= path[-1] for other in looping)]
    exits = [i for i, instruction in enumerate(code) if instruction.opcode == "EXIT"]
    paths = looping or ways((0, last) for last in exits)
    if not paths:
        return None
    path = max(paths, key=lambda path: (accesses_of(code, path, kind), -len(path)))
    taken = [code[i] for i in path]
    barriers = sum(instruction.opcode.startswith("BAR") for instruction in taken)
    # A loop that loads ahead has loads under way across its end.
    in_flight = loads_in_flight(taken * 2 if looping else taken)
    return Steady(len(taken), accesses_of(code, path, kind), in_flight, barriers, bool(looping))


def counted(name):
    """(kind, accesses for 16 bytes of x, elements in 16 bytes) of a variant, or None."""
    for ending, (kind, accesses) in ACCESSES.items():
        found = re.match(rf"\w+_{ending}\w*<(\w+)", name)
        if found and found[1] in ELEMENT_BYTES:
            return kind, accesses, 16 // ELEMENT_BYTES[found[1]]
    return None


def disassemble(cubin):
    """Mangled name -> listing."""
    program, environment = disassembler()
    result = run([program, "-sass", cubin], env=environment)
    if result.returncode != 0:
        raise Failure(result.stdout)
    parts = re.split(r"^\s*Function : (\S+)\n", result.stdout, flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


# The most instructions per element of x that a plain kernel may take, (16-bit types, float): a copy
# has room for about 12 on an H100. Where a pass takes more today, its number is the limit.
LIMITS = {r"(columns|planes)_statistics": (8, 6), r"(columns|planes)_gradient_sums": (12, 8),
          r"planes_apply_forward": (8, 6), r"columns_apply_forward": (8, 8),
          r"(columns|planes)_apply_backward": (12, 8)}
PLAIN_COLUMNS = "ColumnPath(0)"


def limit_of(name):
    """Of a variant; None for one that has options or is double."""
    found = re.match(r"(\w+)<(half|bfloat16|float)\b", name)
    if not found or (found[1].startswith("columns") and PLAIN_COLUMNS not in name):
        return None
    for pattern, limits in LIMITS.items():
        if re.fullmatch(pattern, found[1]):
            return limits[found[2] == "float"]
    return None


TITLES = ("inst/elem", "in flight", "barriers", "registers", "warps", "bytes in flight", "loop")


def row_of(arch, name, steady, used, threads, blocks):
    _, accesses, width = counted(name)
    elements = steady.accesses / accesses * width
    return (f"{steady.instructions / elements:.2f}", steady.in_flight, steady.barriers,
            used.registers, blocks * threads // 32,
            f"{16 * steady.in_flight * threads * blocks / 1024:.0f} KiB",
            "yes" if steady.looping else "no")


def rows_of(compiled, wanted):
    """(name, figures) of the variants of one compilation that have a steady state."""
    log, entries = parse_ptxas(compiled.log), parse_ptx(compiled.ptx.read_text())
    names = short_names(log.kernels)
    chosen = [symbol for symbol, name in names.items()
              if counted(name) and re.search(wanted, name)]
    if not chosen:
        return []
    listings = disassemble(compiled.cubin)
    bounded = [(entries[symbol].max_threads or 1024, log.kernels[symbol]) for symbol in chosen]
    rows = []
    for symbol, (threads, used), blocks in zip(chosen, bounded,
                                               blocks_per_sm(compiled.arch, bounded)):
        steady = examine(parse_sass(listings[symbol]), counted(names[symbol])[0])
        if steady:
            rows.append((names[symbol],
                         row_of(compiled.arch, names[symbol], steady, used, threads, blocks)))
    return rows


def over_limit(sources, archs):
    """What takes more instructions than it may, and how many variants were judged."""
    problems, judged = [], 0
    wanted = "|".join(LIMITS)
    for arch in archs:
        for compiled in compile_all(sources, [arch]):
            for name, figures in rows_of(compiled, wanted):
                limit = limit_of(name)
                if limit is None:
                    continue
                judged += 1
                if float(figures[0]) > limit:
                    problems.append(f"{arch} {name}: {figures[0]} instructions per element, "
                                    f"at most {limit}")
    return problems, judged


def show(sources, archs, wanted=""):
    for arch in archs:
        rows = sorted(row for compiled in compile_all(sources, [arch])
                      for row in rows_of(compiled, wanted))
        width = max([len(name) for name, _ in rows] + [len(arch)])
        print(f"{arch}: for one multiprocessor of {device(arch).name}, without dynamic shared memory")
        print(f"{'':{width}}  " + "  ".join(TITLES))
        for name, figures in rows:
            cells = (f"{figure!s:>{len(title)}}" for title, figure in zip(TITLES, figures))
            print(f"{name:{width}}  " + "  ".join(cells))
        print()
    return 0
