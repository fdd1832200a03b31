# SPDX-License-Identifier: Apache-2.0
"""Theoretical occupancy without a device: how many blocks fit one multiprocessor."""

import dataclasses
import re
import subprocess
from pathlib import Path

from nvcc import BUILD, Failure, run, toolkit

HELPER = Path(__file__).with_name("occupancy.cpp")


@dataclasses.dataclass(frozen=True)
class Device:
    name: str
    threads: int  # per multiprocessor
    shared_per_sm: int  # KiB
    shared_per_block: int  # KiB, the most that a kernel may ask for


# What one multiprocessor has, from the compute capability tables of the CUDA programming guide.
# All have 65536 registers; the limits on the number of blocks are those of cuda_occupancy.h.
DEVICES = {
    "sm_80": Device("A100", 2048, 164, 163),
    "sm_90": Device("H100, H200", 2048, 228, 227),
    "sm_100": Device("B200", 2048, 228, 227),
    "sm_120": Device("RTX 5090", 1536, 100, 99),
}


def capability(arch):
    """sm_90a -> (sm_90, 9)"""
    found = re.fullmatch(r"sm_(\d+)(\d)[af]?", arch)
    if not found or f"sm_{found[1]}{found[2]}" not in DEVICES:
        raise Failure(f"{arch}: its limits are not in DEVICES of tools/kernels/occupancy.py")
    return f"sm_{found[1]}{found[2]}", int(found[1])


def device(arch):
    return DEVICES[capability(arch)[0]]


def helper():
    """The calculator, compiled when it is first asked for."""
    program = BUILD / "occupancy"
    if not program.exists() or program.stat().st_mtime < HELPER.stat().st_mtime:
        BUILD.mkdir(parents=True, exist_ok=True)
        result = run(["g++", "-std=c++20", "-O1", "-isystem", toolkit() / "include", HELPER, "-o",
                      program])
        if result.returncode != 0:
            raise Failure(result.stdout)
    return program


def blocks_per_sm(arch, kernels):
    """For each (threads of a block, Resources) the number of blocks; no dynamic shared memory."""
    limits = device(arch)
    questions = "".join(
        f"{capability(arch)[1]} {limits.threads} {limits.shared_per_sm << 10} "
        f"{limits.shared_per_block << 10} {threads} {used.registers} {used.shared} "
        f"{used.barriers}\n" for threads, used in kernels)
    result = subprocess.run([helper()], input=questions, text=True, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE)
    answers = [int(line) for line in result.stdout.split()]
    if result.returncode != 0 or len(answers) != len(kernels):
        raise Failure(f"{arch}: {result.stderr}")
    return answers
