# SPDX-License-Identifier: Apache-2.0
"""Machine code of one variant, by NVIDIA's disassembler, which a toolkit may lack and PyPI has."""

import os
import re
import shutil
import sys
from pathlib import Path

from nvcc import ROOT, Failure, compile_all, run, toolkit
from parse import parse_ptxas, short_names

VENV = ROOT / "build" / "venv"
PROGRAMS = ("cuobjdump", "nvdisasm")


def installed():
    """The folders of the programs that are there: in PATH, the toolkit, or the environment."""
    folders = [toolkit() / "bin", *VENV.glob("lib/python*/site-packages/nvidia/*/bin")]
    path = os.pathsep.join([os.environ["PATH"], *map(str, folders)])
    found = {name: shutil.which(name, path=path) for name in PROGRAMS}
    return {name: Path(program).parent for name, program in found.items() if program}


def install():
    if not (VENV / "bin" / "python").exists():
        run([sys.executable, "-m", "venv", VENV])
    packages = [f"nvidia-cuda-{name}" for name in PROGRAMS]
    result = run([VENV / "bin" / "python", "-m", "pip", "install", "--quiet", *packages])
    if result.returncode != 0:
        raise Failure(result.stdout)


def disassembler():
    """cuobjdump, and the environment in which it finds nvdisasm."""
    if len(installed()) < len(PROGRAMS):
        install()
    folders = installed()
    if len(folders) < len(PROGRAMS):
        raise Failure("cuobjdump and nvdisasm could not be installed")
    path = os.pathsep.join([*map(str, folders.values()), os.environ["PATH"]])
    return folders["cuobjdump"] / "cuobjdump", {**os.environ, "PATH": path}


def readable(listing):
    """Instructions without their encodings."""
    listing = re.sub(r"\s*/\* 0x[0-9a-f]{16} \*/", "", listing)
    return re.sub(r"[ \t]+;$", ";", listing, flags=re.M)


def show(variant, sources, archs):
    known = []
    shown = 0
    for compiled in compile_all(sources, archs):
        for symbol, name in short_names(parse_ptxas(compiled.log).kernels).items():
            known.append(f"{compiled.arch} {name}")
            if variant not in (name, symbol):
                continue
            program, environment = disassembler()
            result = run([program, "-sass", "-fun", symbol, compiled.cubin], env=environment)
            if result.returncode != 0:
                raise Failure(result.stdout)
            print(f"{compiled.arch} {name}\n{readable(result.stdout)}")
            shown += 1
    if not shown:
        raise Failure(f"{variant}: not one of\n  " + "\n  ".join(known))
    return 0
