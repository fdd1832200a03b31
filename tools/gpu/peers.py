# SPDX-License-Identifier: Apache-2.0
"""Where the peers of the benchmarks are: a Python with torch, and the cuDNN that came with it."""

import json
import os

# Every folder that an nvidia-... package put a library into.
ASK = """
import glob, json, os, sys
found = []
for folder in sys.path:
    found += sorted(glob.glob(os.path.join(folder, "nvidia", "*", "lib")))
print(json.dumps(found))
"""


def library_folders(session, python):
    finished = session.execute([python, "-c", ASK], 60)
    if finished.code != 0:
        return []
    return json.loads(finished.output.strip().splitlines()[-1])


def environment(session):
    """For the benchmark programme: variables that name what was found."""
    python = os.environ.get("JSNORM_PYTHON") or session.tool("python3")
    variables = {}
    packed = session.programs.folders[0] / "pytorch_worker.py"
    if packed.exists():
        variables["JSNORM_BENCH_PEERS"] = str(packed.parent)
    if python is None:
        return variables
    variables["JSNORM_PYTHON"] = python
    folders = library_folders(session, python)
    if "JSNORM_CUDNN" not in os.environ:
        for folder in folders:
            for name in ("libcudnn.so.9", "libcudnn.so"):
                path = os.path.join(folder, name)
                if os.path.exists(path):
                    variables.setdefault("JSNORM_CUDNN", path)
    if folders:  # cuDNN loads its parts, and they load others, by name
        given = os.environ.get("LD_LIBRARY_PATH")
        variables["LD_LIBRARY_PATH"] = os.pathsep.join(folders + ([given] if given else []))
    return variables
