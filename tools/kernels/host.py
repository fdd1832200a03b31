# SPDX-License-Identifier: Apache-2.0
"""Whether the host side of the CUDA backend compiles. nvcc rewrites it before the host's compiler
sees it, and does not take all that the compiler takes; cubins are made without it."""

import concurrent.futures
import tempfile
from pathlib import Path

from nvcc import LANGUAGE, ROOT, Failure, find_nvcc, jobs, relative, run

WARNINGS = ["-Xcompiler=-Wall,-Wextra,-Wno-format-truncation"]


def has_kernels(source):
    """Launchers of families: much to compile, and no more than a launch on the host."""
    return "launch" in Path(source).parts and Path(source).stem not in ("queue", "runtime_cuda")


def compile_host(source, arch, folder):
    target = Path(folder, source.replace("/", "+") + ".o")
    result = run([find_nvcc(), *LANGUAGE, *WARNINGS, f"-arch={arch}", "-c", source, "-o", target],
                 cwd=ROOT)
    clean = result.returncode == 0 and "warning" not in result.stdout
    return None if clean else f"{source}:\n{result.stdout}"


def broken(sources, arch):
    """(what is wrong, how many sources were compiled)."""
    chosen = sorted(relative(source) for source in sources if not has_kernels(source))
    if not chosen:
        raise Failure("no sources")
    with tempfile.TemporaryDirectory() as folder, \
            concurrent.futures.ThreadPoolExecutor(jobs()) as pool:
        results = pool.map(lambda source: compile_host(source, arch, folder), chosen)
        return [problem for problem in results if problem], len(chosen)
