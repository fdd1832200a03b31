#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds jsnorm_ENGINE.h, libjsnorm_ENGINE.so and ENGINE_exported_symbols.txt against each other.

    engine_check.py mpi --library libjsnorm_mpi.so --core libjsnorm.so
    engine_check.py nccl                                 the header and the committed names alone

The core must need neither the engine nor the library beside it."""

import argparse
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
DECLARATION = re.compile(r"^JSNORM_API [\w \*]*?\b(\w+)\(", re.M)


def declared(engine):
    header = ROOT / f"include/jsnorm/jsnorm_{engine}.h"
    return sorted(DECLARATION.findall(header.read_text()))


def exported(library):
    """Names with their version node, but for the node itself."""
    command = ["nm", "-D", "--defined-only", "--with-symbol-versions", library]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    names = [line.split()[-1].partition("@@") for line in lines]
    return sorted((name, version) for name, _, version in names if not name.startswith("JSNORM_"))


def needed(library):
    output = subprocess.run(["readelf", "-d", library], check=True, capture_output=True, text=True)
    return re.findall(r"\(NEEDED\).*\[(.*)\]", output.stdout)


def version_node(engine):
    text = (ROOT / "include/jsnorm/jsnorm.h").read_text()
    number = {part: re.search(rf"JSNORM_VERSION_{part} (\d+)", text)[1] for part in ("MAJOR", "MINOR")}
    return f"JSNORM_{engine.upper()}_{number['MAJOR']}.{number['MINOR']}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("engine", choices=["mpi", "nccl"])
    parser.add_argument("--library")
    parser.add_argument("--core")
    options = parser.parse_args()
    engine = options.engine
    committed = (HERE / f"{engine}_exported_symbols.txt").read_text().split()
    complaints = []
    if declared(engine) != committed:
        complaints.append(f"the header declares {declared(engine)}, but committed are {committed}")
    version = version_node(engine)
    if version not in (ROOT / f"cmake/jsnorm_{engine}.map").read_text():
        complaints.append(f"cmake/jsnorm_{engine}.map does not name {version}")
    if options.library:
        symbols = exported(options.library)
        if [name for name, _ in symbols] != committed:
            complaints.append(f"the library exports {symbols}, but committed are {committed}")
        complaints += [f"{name} has the version {given!r}, not {version}"
                       for name, given in symbols if given != version]
    if options.core:
        complaints += [f"the core needs {name}" for name in needed(options.core) if engine in name]
    print("\n".join(complaints) if complaints else f"{len(committed)} functions")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
