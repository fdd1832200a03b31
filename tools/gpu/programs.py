# SPDX-License-Identifier: Apache-2.0
"""Where the programs of the battery are, and how much each stage makes of them."""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACK = Path("build/gpu-pack")
BUILD = Path("build/cuda")

# What is said of threads, host pages and host allocations is of the CPU backend.
API_FILTER = "-OutOfMemory*:HandleSettings*:*OnTheCpu:*PointerChecks*"
# Strides of 2^32 elements are of memory that a host reserves without having it; a GPU has all of
# it or none. Large tensors are tests of their own.
OPS_FILTER = "-*LargeOffset*"


MOST_SHARDS = 32  # each has a context in the device's memory


def cores():
    return min(len(os.sched_getaffinity(0)), MOST_SHARDS)


@dataclass
class Plan:
    """What the stages run. Times are seconds."""

    golden_types: list = field(default_factory=lambda: ["double", "float", "half", "bfloat16"])
    golden_layouts: list = field(default_factory=lambda: ["nchw", "nhwc"])
    smoke_filter: str = "*SmallShapes.AgreeForEveryKind*:*Phases.OfOnePartAreTheFused*Bit/*"
    ops_filter: str = OPS_FILTER
    api_filter: str = API_FILTER
    shards: int = field(default_factory=cores)  # the oracle runs on the host
    # Fewer tests than the suite has, because a checker makes each 10 to 100 times slower: every
    # operation and type, sizes around the blocks of the kernels. Tests of a list cost about the
    # same, so that one tells what the others cost; of a list that is too long a sample is run.
    checked_ops: tuple = ("*Golden*", "*Mask.*Tail*", "*Phases.OfOnePart*Bit/*", "*StructureSizes*")
    checked_elements: int = 200_000
    streams_filter: str = "*"
    nccl_filter: str = "*NcclLayer*"
    layers: list = field(default_factory=list)  # none: all
    layer_arguments: list = field(default_factory=list)
    timings_cases: str = "."  # a regular expression
    timings_arguments: list = field(default_factory=list)


# The same mechanics in seconds.
REHEARSAL = Plan(
    golden_types=["float"], golden_layouts=["nhwc"], smoke_filter="*Golden*halfNhwc*",
    ops_filter="*Golden*float*:*RangeOfDouble*", api_filter="*StatusString*:*ZeroSize*Empty*",
    shards=2, checked_ops=("*Golden*floatNchw*",), checked_elements=2000,
    nccl_filter="NcclLayer.*",
    streams_filter="*Graphs*Forward*:*UnderLoad*Rows*:*LargeTensor*Rows*",
    layers=["B3", "L1"], layer_arguments=["--most-elements", "4000"],
    timings_cases="^shapes/(B6|B12|L1)/.*float/(forward|backward)$",
    timings_arguments=["--tensor-bytes=65536", "--rounds=3", "--turn=0.0002",
                       "--contestants=jsnorm,none,copy"])


class Programs:
    def __init__(self, folders, prefix, manifest, plan, rehearsal=False):
        self.folders = folders
        self.prefix = prefix
        self.manifest = manifest  # toolkit, architectures, version, commit
        self.plan = plan
        self.rehearsal = rehearsal

    def path(self, name):
        """The program of that name, or None. The CPU's benchmarks stand in for the device's."""
        own = "jsnorm_bench" if self.rehearsal and name == "bench" else self.prefix + name
        for folder in self.folders:
            path = folder / own
            if path.is_file() and os.access(path, os.X_OK):
                return path
        return None

    def golden_files(self):
        for folder in (self.folders[0] / "golden", ROOT / PACK / "golden", ROOT / "tests/golden"):
            files = sorted(folder.glob("*.txt"))
            if files:
                return files
        return []

    @property
    def environment(self):
        files = self.golden_files()
        return {"JSNORM_GOLDEN_DIR": str(files[0].parent)} if files else {}


def packed(root=ROOT):
    folder = root / PACK
    manifest = folder / "pack.json"
    if not manifest.is_file():
        return None
    return Programs([folder], "jsnorm_cuda_", json.loads(manifest.read_text()), Plan())


def built(root=ROOT):
    manifest = root / BUILD / "pack.json"
    if not manifest.is_file():
        return None
    return Programs([root / BUILD / "bin"], "jsnorm_cuda_", json.loads(manifest.read_text()),
                    Plan())


def rehearsed(tests, root=ROOT):
    """The programs of the executor, in the folder `tests` of a build."""
    folders = [tests / "gpu", tests / "simt_device", tests / "distributed",
               tests.parent / "bench"]
    manifest = {"version": "rehearsal", "commit": "rehearsal", "toolkit": "13.0",
                "architectures": ["90a-real"]}
    return Programs(folders, "jsnorm_simt_", manifest, REHEARSAL, rehearsal=True)
