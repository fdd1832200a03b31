#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes api/jsnorm_api.json: what include/jsnorm/jsnorm.h declares, for generators of bindings.

    tools/api_json.py           writes the file
    tools/api_json.py --check   fails where the file is not what the header says

Of every pointer it tells what a C type cannot: whose memory it is (space), whether it may be NULL
(nullable), and whether the library reads or writes it (direction).
"""

import argparse
import json
import sys
from pathlib import Path

sys.dont_write_bytecode = True
from c_header import Header, HeaderError  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
SCALARS = {"void", "char", "double", "size_t"}
SCALARS |= {f"{sign}int{bits}_t" for sign in ("", "u") for bits in (32, 64)}

# Pointers that const does not describe: scratch memory, and a value that is only handed back.
DIRECTIONS = {"workspace": "scratch", "user_data": "opaque", "task_data": "opaque"}


class Describer:
    """Describes fields and arguments, and collects those whose comment says too little."""

    def __init__(self, header):
        self.handles = {opaque.name for opaque in header.opaques}
        self.callbacks = {callback.name for callback in header.callbacks}
        self.values = {enum.name for enum in header.enums} | {s.name for s in header.structs}
        self.untagged = []

    def variable(self, owner, variable, siblings=()):
        name, c_type, tag = variable
        base = c_type.removeprefix("const ").rstrip("* ")
        if base not in SCALARS | self.handles | self.callbacks | self.values:
            raise HeaderError(f"{owner}: {name}: the type {c_type!r} is not declared")
        described = {"name": name, "type": c_type}
        if c_type.endswith("*"):
            if not tag:
                self.untagged.append(f"{owner}: {c_type} {name}")
                return described
            direction = "in" if c_type.startswith("const ") else "out"
            described["space"] = tag.space
            described["nullable"] = tag.nullable
            special = None if c_type.endswith("**") else DIRECTIONS.get(name)
            described["direction"] = special or direction
        elif c_type in self.handles | self.callbacks:
            # An object of the library: always on the host. A descriptor is needed where its tensor is.
            tensor = next((s for s in siblings if s.name + "_desc" == name), None)
            optional = bool(tensor and tensor.tag and tensor.tag.nullable)
            described["space"] = "host"
            described["nullable"] = bool(tag and tag.nullable) or optional
            described["direction"] = "in"
        return described

    def variables(self, owner, variables):
        return [self.variable(owner, variable, variables) for variable in variables]

    def returned(self, function):
        described = {"type": function.returns}
        if function.returns.endswith("*"):
            if function.returns_tag:
                described["space"] = function.returns_tag.space
                described["nullable"] = function.returns_tag.nullable
            else:
                self.untagged.append(f"{function.name}: the returned {function.returns}")
        return described


def describe(header):
    macros = {macro.name: macro.value for macro in header.macros}
    describer = Describer(header)
    api = {
        "version": {
            part: macros[f"JSNORM_VERSION_{part.upper()}"] for part in ("major", "minor", "patch")
        },
        "macros": [macro._asdict() for macro in header.macros],
        "enums": [
            {"name": e.name, "values": [{"name": n, "value": v} for n, v in e.values]}
            for e in header.enums
        ],
        "opaque_types": [opaque._asdict() for opaque in header.opaques],
        "callbacks": [
            {
                "name": callback.name,
                "returns": {"type": callback.returns},
                "arguments": describer.variables(callback.name, callback.arguments),
            }
            for callback in header.callbacks
        ],
        "structs": [
            {"name": struct.name, "fields": describer.variables(struct.name, struct.fields)}
            for struct in header.structs
        ],
        "functions": [
            {
                "name": function.name,
                "returns": describer.returned(function),
                "arguments": describer.variables(function.name, function.arguments),
            }
            for function in header.functions
        ],
    }
    if describer.untagged:
        untagged = "\n  ".join(describer.untagged)
        raise HeaderError(f"pointers without [device] or [host]:\n  {untagged}")
    return api


def layout(value, indent=""):
    """JSON with a line for every entry that holds no list."""
    deeper = indent + "  "
    if isinstance(value, list) and value:
        lines = [deeper + layout(entry, deeper) for entry in value]
        return "[\n" + ",\n".join(lines) + f"\n{indent}]"
    if isinstance(value, dict) and any(isinstance(entry, list) for entry in value.values()):
        lines = [f"{deeper}{json.dumps(key)}: {layout(v, deeper)}" for key, v in value.items()]
        return "{\n" + ",\n".join(lines) + f"\n{indent}}}"
    return json.dumps(value)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    parser.add_argument("--header", type=Path, default=ROOT / "include/jsnorm/jsnorm.h")
    parser.add_argument("--output", type=Path, default=ROOT / "api/jsnorm_api.json")
    options = parser.parse_args()
    try:
        api = describe(Header(options.header.read_text()))
    except HeaderError as error:
        return f"{options.header.name}: {error}"
    text = layout(api) + "\n"
    if not options.check:
        options.output.write_text(text)
    elif not options.output.exists() or options.output.read_text() != text:
        return f"{options.output.name} is not what the header says; run tools/api_json.py"
    counts = {kind: len(entries) for kind, entries in api.items() if isinstance(entries, list)}
    print(", ".join(f"{count} {kind}" for kind, count in counts.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
