#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the header, the shared library and the committed lists of this folder against each other.

    abi_check.py symbols --library libjsnorm.so   exports = exported_symbols.txt = declarations
    abi_check.py enums                            enumerators of the header = enum_values.txt
    abi_check.py link --library libjsnorm.so      a C program that names everything links and runs; sizes
                                                  and offsets are those of jsnorm_api.json
    abi_check.py write                            rewrites both lists from the header

A line that disappears from a list, or a value that changes in it, breaks programs that exist.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "tools"))
from c_header import Header  # noqa: E402
from layout_check import API, assertions  # noqa: E402

SYMBOLS = HERE / "exported_symbols.txt"
ENUMS = HERE / "enum_values.txt"


def declared_symbols(header):
    return sorted(function.name for function in header.functions)


def declared_enums(header):
    return [f"{name} {value}" for enum in header.enums for name, value in enum.values]


def version_node(header):
    macros = {macro.name: macro.value for macro in header.macros}
    return f"JSNORM_{macros['JSNORM_VERSION_MAJOR']}.{macros['JSNORM_VERSION_MINOR']}"


def differences(left_name, left, right_name, right):
    lines = [f"only in {left_name}: {entry}" for entry in left if entry not in right]
    lines += [f"only in {right_name}: {entry}" for entry in right if entry not in left]
    return lines


def exported_symbols(library, nm, node):
    """The exports, and complaints about those that lack the version node."""
    command = [nm, "-D", "--defined-only", "--with-symbol-versions", library]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    symbols, complaints = [], []
    for line in output.splitlines():
        name, _, version = line.split()[-1].partition("@@")
        if name == node:  # the version node itself
            continue
        symbols.append(name)
        if version != node:
            complaints.append(f"{name} has the version {version!r}, not {node}")
    return sorted(symbols), complaints


def check_symbols(header, options):
    committed = SYMBOLS.read_text().split()
    exported, complaints = exported_symbols(options.library, options.nm, version_node(header))
    if committed != sorted(set(committed)):
        complaints.append(f"{SYMBOLS.name} is not sorted")
    complaints += differences("the library", exported, SYMBOLS.name, committed)
    complaints += differences("the header", declared_symbols(header), SYMBOLS.name, committed)
    return complaints, f"{len(exported)} exported functions"


def check_enums(header, _):
    committed = ENUMS.read_text().splitlines()
    declared = declared_enums(header)
    complaints = differences("the header", declared, ENUMS.name, committed)
    return complaints, f"{len(declared)} enumerators"


def program(header):
    """C source in which the compiler and the linker confirm what the scripts have read."""
    lines = ["#include <jsnorm/jsnorm.h>", "#include <stddef.h>", "#include <stdio.h>", ""]
    for entry in ENUMS.read_text().splitlines():
        name, value = entry.split()
        lines.append(f'_Static_assert({name} == {value}, "{name} is not {value}");')
    lines += assertions(json.loads(API.read_text()), "_Static_assert", bits=64)
    lines += ["", "typedef void (*Function)(void);", "static const Function functions[] = {"]
    lines += [f"    (Function){name}," for name in declared_symbols(header)]
    lines += ["};", "", "int main(void) {"]
    lines += ["    size_t missing = 0, count = sizeof functions / sizeof *functions;"]
    lines += ["    for (size_t i = 0; i < count; i++) missing += functions[i] == NULL;"]
    lines += ['    printf("%zu functions, %zu missing\\n", count, missing);']
    lines += ["    return missing != 0 || jsnormGetVersion() != JSNORM_VERSION;", "}", ""]
    return "\n".join(lines)


def check_link(header, options):
    source = options.work / "every_declared_function.c"
    source.write_text(program(header))
    library = Path(options.library).resolve()
    executable = source.with_suffix("")
    compile_command = [options.cc, "-std=c11", "-pedantic", "-Wall", "-Wextra", "-Werror"]
    compile_command += [f"-I{ROOT / 'include'}", str(source), "-o", str(executable)]
    compile_command += [str(library), f"-Wl,-rpath,{library.parent}"]
    for command in (compile_command, [str(executable)]):
        if (code := subprocess.run(command).returncode) != 0:
            return [f"{Path(command[0]).name} ended with {code}"], ""
    return [], "linked and ran"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("check", choices=["symbols", "enums", "link", "write"])
    parser.add_argument("--library")
    parser.add_argument("--nm", default="nm")
    parser.add_argument("--cc", default="cc")
    parser.add_argument("--work", type=Path, default=Path("."))
    options = parser.parse_args()
    header = Header((ROOT / "include/jsnorm/jsnorm.h").read_text())
    if options.check == "write":
        SYMBOLS.write_text("\n".join(declared_symbols(header)) + "\n")
        ENUMS.write_text("\n".join(declared_enums(header)) + "\n")
        return 0
    check = {"symbols": check_symbols, "enums": check_enums, "link": check_link}[options.check]
    complaints, summary = check(header, options)
    print("\n".join(complaints) if complaints else summary)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
