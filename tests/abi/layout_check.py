#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What api/jsnorm_api.json says of structs and enumerations, as assertions that a compiler checks.

    layout_check.py --cc gcc --language c|c++ [--bits 32]

With --bits 32 pointers and size_t are 4 bytes: sizes and offsets of structs differ then, and only the
values and sizes of enumerations and the order of fields are checked.
"""

import argparse
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
API = ROOT / "api/jsnorm_api.json"


def assertions(api, check, bits):
    for enum in api["enums"]:
        yield f'{check}(sizeof({enum["name"]}) == 4, "{enum["name"]}");'
        for value in enum["values"]:
            yield f'{check}({value["name"]} == {value["value"]}, "{value["name"]}");'
    for macro in api["macros"]:
        yield f'{check}({macro["name"]} == {macro["value"]}, "{macro["name"]}");'
    for struct in api["structs"]:
        name, before = struct["name"], None
        for field in struct["fields"]:
            place = f'offsetof({name}, {field["name"]})'
            if bits == 64:
                yield f'{check}({place} == {field["offset"]}, "{name}.{field["name"]}");'
                yield (f'{check}(sizeof((({name} *)0)->{field["name"]}) == {field["size"]}, '
                       f'"{name}.{field["name"]}");')
            elif before:
                yield f'{check}({place} > offsetof({name}, {before}), "{name}.{field["name"]}");'
            before = field["name"]
        if bits == 64:
            yield f'{check}(sizeof({name}) == {struct["size"]}, "{name}");'


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--cc", required=True)
    parser.add_argument("--language", choices=("c", "c++"), required=True)
    parser.add_argument("--bits", type=int, choices=(32, 64), default=64)
    options = parser.parse_args()
    check = "_Static_assert" if options.language == "c" else "static_assert"
    lines = list(assertions(json.loads(API.read_text()), check, options.bits))
    source = "\n".join(["#include <jsnorm/jsnorm.h>", *lines, ""])
    standard = {"c": "c11", "c++": "c++17"}[options.language]
    # Freestanding: the headers of the compiler itself do, so that no 32-bit C library is needed.
    command = [options.cc, "-x", options.language, f"-std={standard}", f"-m{options.bits}",
               "-ffreestanding", "-fsyntax-only", "-Wall", "-Wextra", "-Werror",
               f"-I{ROOT / 'include'}", "-"]
    print(f"{len(lines)} assertions")
    return subprocess.run(command, input=source, text=True).returncode


if __name__ == "__main__":
    sys.exit(main())
