# SPDX-License-Identifier: Apache-2.0
"""Compiles CUDA sources to cubins, each source once for each architecture, and keeps the results
in build/kernels for as long as the preprocessed source stays what it was."""

import concurrent.futures
import dataclasses
import functools
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "kernels"
ARCHS = ("sm_80", "sm_90", "sm_100", "sm_120")

# How kernels are compiled here. Contraction is off because kernels say fmaf where they mean it.
LANGUAGE = ["-std=c++20", "--expt-relaxed-constexpr", "-fmad=false", "-I.", "-Iinclude"]
COMPILE = [*LANGUAGE, "-O3", "-lineinfo", "-cubin", "-Xptxas", "-v"]


class Failure(Exception):
    """What the user is to be told; the gate did not pass."""


@dataclasses.dataclass(frozen=True)
class Compiled:
    source: str  # relative to the root of the repository where it lies below it
    arch: str
    cubin: Path
    ptx: Path
    log: str  # what nvcc and ptxas said


def run(command, **options):
    """The finished process; its two outputs are one text."""
    return subprocess.run([str(part) for part in command], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, **options)


@functools.cache
def find_nvcc():
    for name in (os.environ.get("CUDACXX"), "nvcc", "/usr/local/cuda/bin/nvcc"):
        found = name and shutil.which(name)
        if found:
            return Path(found).resolve()
    raise Failure("nvcc is needed, and is neither in PATH nor named by CUDACXX")


def toolkit():
    """The folder of the CUDA toolkit."""
    return find_nvcc().parents[1]


@functools.cache
def version():
    return re.search(r"release .*", run([find_nvcc(), "--version"]).stdout).group()


def jobs():
    return int(os.environ.get("JSNORM_JOBS") or os.cpu_count() or 1)


def relative(source):
    path = Path(source).resolve()
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def digest(source, arch):
    """Names the code that the compiler gets to see. Lines do not count, so that a change to a
    comment is none: a kept cubin may therefore name lines that have moved since."""
    command = [find_nvcc(), *LANGUAGE, f"-arch={arch}", "-E", source]
    preprocessed = run(command, cwd=ROOT)
    if preprocessed.returncode != 0:
        raise Failure(f"{source} for {arch}:\n{preprocessed.stdout}")
    lines = (line.strip() for line in preprocessed.stdout.splitlines())
    code = [line for line in lines if line and not re.match(r"# \d", line)]
    return hashlib.sha256("\n".join([version(), *COMPILE, arch, *code]).encode()).hexdigest()[:16]


def compile_one(source, arch):
    folder = BUILD / arch
    folder.mkdir(parents=True, exist_ok=True)
    stem = source.strip("/").replace("/", "+")
    kept = folder / f"{stem}-{digest(source, arch)}"
    cubin, ptx, log = (kept.with_name(kept.name + end) for end in (".cubin", ".ptx", ".log"))
    if not log.exists():
        for old in folder.glob(f"{stem}-*"):
            old.unlink(missing_ok=True)
        with tempfile.TemporaryDirectory(dir=BUILD) as scratch:
            command = [find_nvcc(), *COMPILE, f"-arch={arch}", "--keep", "--keep-dir", scratch]
            result = run([*command, source, "-o", cubin], cwd=ROOT)
            if result.returncode != 0:
                raise Failure(f"{source} for {arch}:\n{result.stdout}")
            shutil.copy(Path(scratch, Path(source).stem + ".ptx"), ptx)
            log.write_text(result.stdout)  # last: what has a log is complete
    return Compiled(source, arch, cubin, ptx, log.read_text())


def compile_all(sources, archs):
    """Everything compiled, in the order of the architectures and, within, of the sources."""
    find_nvcc()
    sources = sorted({relative(source) for source in sources})
    missing = [source for source in sources if not (ROOT / source).is_file()]
    if missing or not sources:
        raise Failure("no such source: " + ", ".join(missing) if missing else "no sources")
    with concurrent.futures.ThreadPoolExecutor(jobs()) as pool:
        tasks = [pool.submit(compile_one, source, arch) for arch in archs for source in sources]
        try:
            return [task.result() for task in tasks]
        except Failure:
            pool.shutdown(cancel_futures=True)
            raise
