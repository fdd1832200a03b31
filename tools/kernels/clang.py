# SPDX-License-Identifier: Apache-2.0
"""A second compiler's warnings over the device code: the newest Clang that is installed."""

import glob
import os
import re
from pathlib import Path

from nvcc import ROOT, relative, run, toolkit

OLDEST = 19  # older ones do not get through the headers of CUDA 13

# Warnings are errors; that this Clang has not heard of the newest toolkit is not one. They need no
# code, which would take minutes a source.
FLAGS = ["-x", "cuda", "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Werror",
         "-Wno-unknown-cuda-version", "-ffp-contract=off", "--cuda-device-only", "-I.", "-Iinclude",
         "-include", str(Path(__file__).with_name("clang_intrinsics.h"))]


def find_clang():
    found = []
    for folder in os.environ["PATH"].split(os.pathsep):
        for program in glob.glob(os.path.join(folder, "clang++*")):
            version = re.search(r"clang version (\d+)", run([program, "--version"]).stdout)
            if version and int(version[1]) >= OLDEST:
                found.append((int(version[1]), program))
    return max(found, default=(0, None))


def check(sources, archs):
    version, clang = find_clang()
    if not clang:
        print(f"no clang++ of version {OLDEST} or later: the second compiler was left out")
        return 0
    cuda = toolkit()
    failed = 0
    for source in map(relative, sources):
        for arch in archs:
            result = run([clang, *FLAGS, f"--cuda-path={cuda}", "-isystem",
                          cuda / "include" / "cccl", f"--cuda-gpu-arch={arch}", source],
                         cwd=ROOT)
            if result.returncode == 0:
                print(f"clang {version}: no warnings of {source} for {arch}")
            else:
                print(f"FAILED clang {version}: {source} for {arch}\n{result.stdout}")
                failed += 1
    return 1 if failed else 0
