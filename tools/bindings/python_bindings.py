#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes bindings/python/jsnorm/_api.py from api/jsnorm_api.json: enumerations, argument structs and the
signature of every function, for ctypes.

    python_bindings.py            writes the file
    python_bindings.py --check    fails if it is not what would be written
"""

import argparse
import json
import pathlib
import re
import sys
import textwrap

ROOT = pathlib.Path(__file__).resolve().parents[2]
API = ROOT / "api/jsnorm_api.json"
TARGET = ROOT / "bindings/python/jsnorm/_api.py"
SCALARS = {f"{name}_t": f"c_{name}" for name in ("int32", "uint32", "int64", "uint64")}
SCALARS |= {"size_t": "c_size_t", "double": "c_double", "void": "None"}
HEADER = '''# SPDX-License-Identifier: Apache-2.0
# Written by tools/bindings/python_bindings.py from api/jsnorm_api.json: change it there.
"""The C API for ctypes. Docstrings and comments are those of jsnorm.h, which explains every word."""

from ctypes import (CFUNCTYPE, Structure, c_char_p, c_double, c_int32, c_int64, c_size_t, c_uint32,
                    c_uint64, c_void_p)
from enum import IntEnum
'''


def class_name(c_name):
    """jsnormForwardTrainingArgs_t -> ForwardTrainingArgs."""
    return c_name.removeprefix("jsnorm").removesuffix("_t")


def wrapped(text, indent, width=100):
    return textwrap.fill(text, width, initial_indent=indent, subsequent_indent=indent,
                         break_long_words=False, break_on_hyphens=False)


def commented(text, indent):
    return wrapped(text, f"{indent}# ", 100) + "\n" if text else ""


def docstring(text, indent):
    if not text:
        return ""
    text = text.replace("\\", "\\\\")
    if len(text) + len(indent) + 6 <= 100:
        return f'{indent}"""{text}"""\n'
    lines = wrapped(text, indent).removeprefix(indent)
    return f'{indent}"""{lines}\n{indent}"""\n'


class Writer:
    def __init__(self, api):
        self.api = api
        self.opaque = {entry["name"] for entry in api["opaque_types"]}
        self.callbacks = {entry["name"] for entry in api["callbacks"]}
        self.enums = {entry["name"] for entry in api["enums"]}

    def type_of(self, c_type, text="c_void_p"):
        c_type = c_type.strip()
        if c_type.endswith("*"):
            return text if c_type == "const char *" else "c_void_p"
        if c_type in self.enums:
            return "c_int32"
        if c_type in self.opaque or c_type in self.callbacks:
            return "c_void_p"
        return SCALARS[c_type]

    def macros(self):
        for macro in self.api["macros"]:
            name = macro["name"].removeprefix("JSNORM_")
            yield f"{name} = {macro['value']}\n"

    def enum(self, enum):
        yield f"\n\nclass {class_name(enum['name'])}(IntEnum):\n"
        yield docstring(enum.get("comment", ""), "    ")
        yield "\n"
        for value in enum["values"]:
            if value["name"] == enum["sentinel"]:
                continue
            yield commented(value.get("comment", ""), "    ")
            yield f"    {value['name'].removeprefix(enum['prefix'])} = {value['value']}\n"

    def callback(self, callback):
        types = [self.type_of(callback["returns"]["type"])]
        types += [self.type_of(a["type"], "c_char_p") for a in callback["arguments"]]
        yield "\n\n" + commented(callback.get("comment", ""), "")
        yield f"{class_name(callback['name'])} = CFUNCTYPE({', '.join(types)})\n"

    def struct(self, struct):
        yield f"\n\nclass {class_name(struct['name'])}(Structure):\n"
        yield docstring(struct.get("comment", ""), "    ")
        yield "\n    SIZE = %d  # bytes\n    _fields_ = [\n" % struct["size"]
        for field in struct["fields"]:
            yield commented(field.get("comment", ""), "        ")
            yield f"        (\"{field['name']}\", {self.type_of(field['type'])}),\n"
        yield "    ]\n"

    def functions(self):
        yield "\n\n# Name, result, arguments.\nFUNCTIONS = [\n"
        for function in self.api["functions"]:
            result = self.type_of(function["returns"]["type"], "c_char_p")
            arguments = ", ".join(self.type_of(a["type"]) for a in function["arguments"])
            line = f"    (\"{function['name']}\", {result}, [{arguments}]),"
            if len(line) > 100:
                line = line.replace(", [", ",\n     [", 1)
            yield line + "\n"
        yield "]\n"

    def operations(self):
        yield "\n\n# The argument struct of every operation, by its enumerator.\nOPERATIONS = {\n"
        for operation in self.api["operations"]:
            name = operation["operation"].removeprefix("JSNORM_")
            yield (f"    Operation.{name}: (\"{operation['function']}\", "
                   f"{class_name(operation['args'])}),\n")
        yield "}\n"

    def text(self):
        parts = [HEADER, "\n", *self.macros()]
        for enum in self.api["enums"]:
            parts += self.enum(enum)
        for callback in self.api["callbacks"]:
            parts += self.callback(callback)
        for struct in self.api["structs"]:
            parts += self.struct(struct)
        parts += self.functions()
        parts += self.operations()
        return re.sub(r"[ \t]+\n", "\n", "".join(parts))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    text = Writer(json.loads(API.read_text())).text()
    if not options.check:
        TARGET.write_text(text)
        return 0
    if TARGET.read_text() == text:
        return 0
    print(f"{TARGET.relative_to(ROOT)} is not what tools/bindings/python_bindings.py writes: run it")
    return 1


if __name__ == "__main__":
    sys.exit(main())
