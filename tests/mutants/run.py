#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Does the suite notice seeded defects? Each mutant of mutants.py changes one place of a copy of the library; the tests that it
names must then fail. Without arguments all are tried. Test programs are those of a finished build, relinked with the mutant."""

import argparse
import concurrent.futures
import contextlib
import fcntl
import functools
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import time

from mutants import MUTANTS

ROOT = pathlib.Path(__file__).resolve().parents[2]
TIMEOUT = 240  # seconds for the tests of one mutant; one that hangs is dead
LAUNCHER = shlex.split(os.environ.get("CMAKE_CXX_COMPILER_LAUNCHER", ""))  # e.g. ccache
QUICKLY = ["-Wno-error", "-O1", "-g0"]  # half the time of a unit of kernels; the rules of arithmetic stay
# A third of the time of a unit of kernels; for what is not about vectors, whose width matters.
ONE_SET = ["-DJSNORM_BASELINE_ONLY"]


def run(command, **options):
    return subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          **options)


def require(command):
    result = run(command)
    if result.returncode != 0:
        sys.exit(f"{shlex.join(map(str, command))} failed:\n{result.stdout[-4000:]}")


@functools.cache
def includes_of(file):
    """The project's files that a file includes, itself among them, by their paths below the root."""
    found = {file}
    for name in re.findall(r'^#include "([^"]+)"', (ROOT / file).read_text(), re.M):
        if (ROOT / name).exists():
            found |= includes_of(name)
    return found


@contextlib.contextmanager
def locked(folder):
    """An empty folder of this process alone. Always the same one: ccache then knows the mutants of an earlier run."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(folder.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        shutil.rmtree(folder, ignore_errors=True)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


class Workshop:
    """A copy of the library's sources, and programs made of its objects and the tests' of a finished build."""

    def __init__(self, folder, build):
        self.copy = folder / "copy"
        self.objects = folder / "objects"
        self.build = build
        for name in ("include", "kernels", "src"):
            shutil.copytree(ROOT / name, self.copy / name)
        self.units = {}  # source -> (compiler's command without output, finished object)
        for entry in json.loads((build / "compile_commands.json").read_text()):
            source = os.path.relpath(entry["file"], ROOT)
            if source.startswith(("src" + os.sep, "tests" + os.sep)):
                command = shlex.split(entry["command"])
                out = command.index("-o")
                finished = pathlib.Path(entry["directory"]) / command[out + 1]
                self.units[source] = (command[:out], finished)

    def compile(self, source, more):
        command, _ = self.units[source]
        first = [f"-I{self.copy}", f"-I{self.copy}/include"]  # before the folders that were copied
        target = self.objects / (source + ".o")
        target.parent.mkdir(parents=True, exist_ok=True)
        original = (self.copy if source.startswith("src") else ROOT) / source
        require([*LAUNCHER, command[0], *first, *command[1:], *QUICKLY, *more, "-o", target, "-c", original])
        return target

    def program(self, suite, changed, more=()):
        """The test program of a suite, with the objects that see the changed file compiled again, with more options."""
        if suite == "simt_device":
            return self.program_on_executor(changed)
        if suite in ("distributed", "nccl"):
            return self.program_over_ranks(suite == "nccl", changed)
        mine = ("src/api/", "src/core/", "src/cpu/", f"tests/{suite}/", "tests/support/", "tests/backends/cpu.cpp")
        linked = [s for s in self.units if s.startswith(mine)]
        stale = [source for source in linked if changed and changed in includes_of(source)]
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            fresh = dict(zip(stale, pool.map(lambda source: self.compile(source, more), stale)))
        objects = [fresh.get(source, self.units[source][1]) for source in linked]
        target = self.objects.parent / f"{suite}_tests"
        require([self.units[linked[0]][0][0], "-fopenmp", *objects,
                 "-lgtest_main", "-lgtest", "-lpthread", "-o", target])
        return target

    def program_on_executor(self, changed):
        """The same of the tests of the CUDA backend: one unit has the kernels of a family, and the linker takes it before the archive's."""
        mine = ("tests/simt_device/", "tests/support/", "tests/backends/simt.cpp")
        objects = [self.units[s][1] for s in self.units if s.startswith(mine) and not s.endswith(("/traffic.cpp", "/host_time.cpp", "/digits_test.cpp"))]
        if changed:
            family = "planes" if changed.startswith("kernels/planes/") else "finalize"
            objects.insert(0, self.compile(f"src/cuda/launch/{family}.cu", ()))
        target = self.objects.parent / "simt_device_tests"
        archives = [self.build / "src/simt" / name for name in ("libjsnorm_simt.a", "libjsnorm_simt_executor.a")]
        require(["c++", *objects, *archives, "-fopenmp", "-lgtest_main", "-lgtest", "-lpthread", "-ldl", "-o", target])
        return target

    def program_over_ranks(self, nccl, changed):
        """The same of the libraries beside the core: over threads; or libjsnorm_nccl on the executor, with the stand-in for NCCL."""
        tests = ["tests/distributed/shared_layer.cpp"]
        if nccl:
            tests += [s for s in self.units if s.startswith(("tests/distributed/nccl_", "tests/support/")) and "/nccl_stand_in/" not in s]
            tests += ["tests/backends/simt.cpp"]
            archives = [self.build / "src/simt" / name for name in ("libjsnorm_simt.a", "libjsnorm_simt_executor.a")]
            folder = self.build / "tests/distributed"
            archives += [f"-L{folder}", "-ljsnorm_nccl_stand_in", f"-Wl,-rpath,{folder}"]
        else:
            tests += [f"tests/distributed/{name}_test.cpp" for name in ("bad_input", "exchange_plan", "operations")]
            archives = [self.build / "libjsnorm.a"]
        library = [s for s in self.units if s.startswith("src/distributed/") and "/mpi/" not in s and (nccl or "/nccl/" not in s)]
        linked = library + tests
        objects = [self.compile(s, ()) if changed and changed in includes_of(s) else self.units[s][1] for s in linked]
        target = self.objects.parent / "ranks_tests"
        require(["c++", *objects, *archives, "-fopenmp", "-lgtest_main", "-lgtest", "-lpthread", "-ldl", "-o", target])
        return target

    def passes(self, program, tests):
        try:
            # Threads that spin while they wait starve each other on a busy machine.
            result = run([program, f"--gtest_filter={tests}", "--gtest_brief=1", "--gtest_fail_fast"],
                         timeout=TIMEOUT,
                         env={**os.environ, "OMP_WAIT_POLICY": "passive"})
        except subprocess.TimeoutExpired:
            return False
        if re.search(r"Running 0 tests|\b0 tests from", result.stdout):
            sys.exit(f"{tests}: no test of that name")
        return result.returncode == 0

    def kills(self, mutant):
        path = self.copy / mutant.file
        original = path.read_text()
        if original.count(mutant.old) != 1:
            sys.exit(f"{mutant.name}: {original.count(mutant.old)} places in {mutant.file} match, one must")
        path.write_text(original.replace(mutant.old, mutant.new))
        try:
            in_vectors = mutant.file.startswith("src/cpu/simd/") or "InstructionSets" in mutant.tests
            more = () if in_vectors else ONE_SET
            return not self.passes(self.program(mutant.suite, mutant.file, more), mutant.tests)
        finally:
            path.write_text(original)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these mutants")
    parser.add_argument("--sample", action="store_true", help="only a few, one of each part of the library")
    parser.add_argument("--suite-passed", action="store_true",
                        help="the tests of the build have just passed: not run again without a mutant")
    parser.add_argument("--list", action="store_true", help="name the mutants and what kills them")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/dev", help="a finished build (build/dev)")
    arguments = parser.parse_args()
    unknown = set(arguments.names) - {mutant.name for mutant in MUTANTS}
    if unknown:
        parser.error(f"no such mutant: {', '.join(sorted(unknown))}")
    chosen = [m for m in MUTANTS if (m.name in arguments.names if arguments.names else m.sample or not arguments.sample)]
    if arguments.list:
        for mutant in chosen:
            print(f"{mutant.name:32} {mutant.file:34} {mutant.suite}: {mutant.tests}")
        return 0

    alive = []
    with locked(ROOT / "build/mutants") as folder:
        workshop = Workshop(folder, arguments.build.resolve())
        if not any(source.startswith("src/distributed/nccl/") for source in workshop.units):
            print("mutants of libjsnorm_nccl are left out: the build has found no nccl.h")
            chosen = [mutant for mutant in chosen if mutant.suite != "nccl"]
        for suite in sorted({mutant.suite for mutant in chosen} if not arguments.suite_passed else ()):
            program = workshop.program(suite, None)
            for tests in sorted({mutant.tests for mutant in chosen if mutant.suite == suite}):
                if not workshop.passes(program, tests):
                    sys.exit(f"{tests} fails without any mutant")
        for number, mutant in enumerate(chosen, 1):
            begin = time.monotonic()
            killed = workshop.kills(mutant)
            if not killed:
                alive.append(mutant.name)
            print(f"{number:3}/{len(chosen)} {'killed' if killed else 'ALIVE '} {mutant.name} by {mutant.tests} "
                  f"({time.monotonic() - begin:.0f} s)", flush=True)
    print(f"{len(chosen) - len(alive)} of {len(chosen)} mutants killed")
    return 1 if alive else 0


if __name__ == "__main__":
    sys.exit(main())
