#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds jsnorm_mpi.h, libjsnorm_mpi.so and mpi_exported_symbols.txt against each other.

    mpi_check.py --library libjsnorm_mpi.so --core libjsnorm.so

The core must not need MPI, nor libjsnorm_mpi."""

import argparse
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
DECLARATION = re.compile(r"^JSNORM_API [\w \*]*?\b(\w+)\(", re.M)


def declared():
    return sorted(DECLARATION.findall((ROOT / "include/jsnorm/jsnorm_mpi.h").read_text()))


def exported(library):
    """Names with their version node, but for the node itself."""
    command = ["nm", "-D", "--defined-only", "--with-symbol-versions", library]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    names = [line.split()[-1].partition("@@") for line in lines]
    return sorted((name, version) for name, _, version in names if not name.startswith("JSNORM_"))


def needed(library):
    output = subprocess.run(["readelf", "-d", library], check=True, capture_output=True, text=True)
    return re.findall(r"\(NEEDED\).*\[(.*)\]", output.stdout)


def version_node():
    text = (ROOT / "include/jsnorm/jsnorm.h").read_text()
    number = {part: re.search(rf"JSNORM_VERSION_{part} (\d+)", text)[1] for part in ("MAJOR", "MINOR")}
    return f"JSNORM_MPI_{number['MAJOR']}.{number['MINOR']}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--library", required=True)
    parser.add_argument("--core", required=True)
    options = parser.parse_args()
    committed = (HERE / "mpi_exported_symbols.txt").read_text().split()
    symbols = exported(options.library)
    complaints = []
    if [name for name, _ in symbols] != committed:
        complaints.append(f"the library exports {symbols}, but committed are {committed}")
    if declared() != committed:
        complaints.append(f"the header declares {declared()}, but committed are {committed}")
    complaints += [f"{name} has the version {version!r}, not {version_node()}"
                   for name, version in symbols if version != version_node()]
    complaints += [f"the core needs {name}" for name in needed(options.core) if "mpi" in name]
    print("\n".join(complaints) if complaints else f"{len(symbols)} exported functions")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
