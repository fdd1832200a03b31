# SPDX-License-Identifier: Apache-2.0
"""Builds the programs of the battery, and packs them to be carried to another machine."""

import json
import os
import re
import shutil
import subprocess
import tarfile
import time

import programs

MOST_BYTES = 40 << 20
TARGETS = ["jsnorm_gpu_battery", "jsnorm_simt_layers"]
COUNTED_ELEMENTS = 100_000  # of a shape, on the executor


def say(text):
    print(f"==== {text}", flush=True)


def build(architectures):
    """Builds the preset cuda; the folder of the programs."""
    root, folder = programs.ROOT, programs.ROOT / programs.BUILD
    jobs = os.environ.get("JSNORM_JOBS") or str(os.cpu_count() or 1)
    real = [name + "-real" for name in architectures]
    fresh = [] if (folder / "CMakeCache.txt").exists() or not shutil.which("ninja") else ["-G",
                                                                                      "Ninja"]
    for command in (["cmake", "--preset", "cuda", *fresh,
                     "-DJSNORM_CUDA_ARCHITECTURES=" + ";".join(real)],
                    ["cmake", "--build", str(folder), "--parallel", jobs, "--target",
                     *TARGETS]):
        if subprocess.run(command, cwd=root, check=False).returncode != 0:
            raise ValueError("could not be built: " + " ".join(command))
    (folder / "pack.json").write_text(json.dumps(manifest(folder, real), indent=1) + "\n")
    counted = subprocess.run([folder / "tests/gpu/jsnorm_simt_layers", "--most-elements",
                              str(COUNTED_ELEMENTS)], stdout=subprocess.PIPE, check=True)
    (folder / "bin/executor.jsonl").write_bytes(counted.stdout)
    return folder / "bin"


def build_in_place():
    """Where nothing was packed or built before: for the device at hand."""
    for tool in ("cmake", "nvidia-smi"):
        if shutil.which(tool) is None:
            raise ValueError(f"there are no programs yet, and no {tool} to build them for this "
                             "device: ./dev gpu pack")
    say("building the programs of the battery")
    told = subprocess.run(["nvidia-smi", "--query-gpu=compute_cap", "--format=csv,noheader"],
                          capture_output=True, text=True, check=False).stdout.split()
    build([told[0].replace(".", "")] if told else ["90a"])
    return programs.built()


def manifest(folder, architectures):
    cache = (folder / "CMakeCache.txt").read_text()
    compiler = re.search(r"^CMAKE_CUDA_COMPILER:\w+=(.*)$", cache, re.MULTILINE)
    nvcc = compiler[1] if compiler else "/usr/local/cuda/bin/nvcc"
    told = subprocess.run([nvcc, "--version"], capture_output=True, text=True, check=False).stdout
    toolkit = re.search(r"release ([0-9.]+)", told)
    return {"version": version(), "commit": commit(),
            "toolkit": toolkit[1] if toolkit else "unknown", "architectures": architectures}


def version():
    header = (programs.ROOT / "include/jsnorm/jsnorm.h").read_text()
    return "jsnorm " + ".".join(re.search(rf"JSNORM_VERSION_{part} (\d+)", header)[1]
                                for part in ("MAJOR", "MINOR", "PATCH"))


def commit():
    """The commit of the sources, marked where files differ from it; "unknown" without git."""
    if shutil.which("git") is None:
        return "unknown"
    told = subprocess.run(["git", "describe", "--always", "--dirty", "--abbrev=12",
                           "--exclude=*"], cwd=programs.ROOT, capture_output=True, text=True,
                          check=False)
    return told.stdout.strip() or "unknown"


def libraries(program):
    """What the dynamic linker finds for it: {name: path}."""
    told = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    return dict(re.findall(r"^\s*(\S+) => (\S+) ", told, re.MULTILINE))


# The C library and what belongs to it are every machine's own.
OF_THE_SYSTEM = re.compile(r"^(libc|libm|libdl|librt|libpthread|ld-linux[^.]*|linux-vdso)\.so")


def pack(architectures):
    begin = time.monotonic()
    binaries = build(architectures)
    folder = programs.ROOT / programs.PACK
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "golden").mkdir(parents=True)
    for program in sorted(path for path in binaries.iterdir() if os.access(path, os.X_OK)):
        copy(program, folder)
        for name, path in libraries(program).items():
            if not OF_THE_SYSTEM.match(name) and not (folder / name).exists():
                copy(path, folder / name)
    for file in (programs.ROOT / "tests/golden").glob("*.txt"):
        shutil.copy(file, folder / "golden")
    peers = programs.ROOT / "bench/peers"
    for file in peers.glob("*.py"):
        shutil.copy(file, folder)
    shutil.copy(programs.ROOT / programs.BUILD / "pack.json", folder)
    shutil.copy(binaries / "executor.jsonl", folder)
    archive = archived(folder)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    say(f"{folder}: {size / 2**20:.1f} MiB; {archive.name}: "
        f"{archive.stat().st_size / 2**20:.1f} MiB; built in {time.monotonic() - begin:.0f} s")
    if size > MOST_BYTES:
        raise ValueError(f"{folder} is larger than {MOST_BYTES >> 20} MiB")
    return 0


def copy(source, target):
    """Without symbols; lines of kernels stay."""
    made = shutil.copy(source, target)
    subprocess.run(["strip", "--strip-debug", "--strip-unneeded", made], check=True)


def archived(folder):
    path = folder.with_suffix(".tar.xz")
    with tarfile.open(path, "w:xz") as archive:
        archive.add(folder, arcname=str(programs.PACK))
        for name in ("dev", "tools/gpu", "include/jsnorm/jsnorm.h"):
            archive.add(programs.ROOT / name, arcname=name,
                        filter=lambda entry: None if "__pycache__" in entry.name else entry)
    return path
