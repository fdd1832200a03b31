#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes api/jsnorm_api.json: what include/jsnorm/jsnorm.h declares, for generators of bindings.

    tools/api_json.py           writes the file
    tools/api_json.py --check   fails where the file is not what the header says

Of every pointer it tells what a C type cannot: whose memory it is (space), whether it may be NULL
(nullable), whether the library reads or writes it (direction), and how much of it (length, unit). Of
every field it tells offset and size on 64-bit machines, of every operation which outputs may be
inputs. Comments are those of the header, a paragraph each.
"""

import argparse
import json
import sys
from os.path import commonprefix
from pathlib import Path

sys.dont_write_bytecode = True
import api_facts  # noqa: E402
from c_header import Header, HeaderError  # noqa: E402

since = api_facts.since
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
        name, c_type, tag, comment = variable
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

    def arguments(self, owner, variables):
        described = [self.variable(owner, variable) for variable in variables]
        for argument in described:
            if "direction" in argument and argument["type"].endswith("*"):
                length = api_facts.ARGUMENT_LENGTHS.get((owner, argument["name"]))
                if length:
                    argument["length"] = length
        return described

    def fields(self, struct):
        """With offsets, sizes and lengths."""
        described, end = [], 0
        for variable in struct.fields:
            field = self.variable(struct.name, variable, struct.fields)
            size = self.size(variable.type)
            offset = -(-end // size) * size  # every field is aligned to its size
            end = offset + size
            field |= {"offset": offset, "size": size}
            if variable.type.endswith("*"):
                array = api_facts.array_of(struct.name, variable.name)
                if array is None:
                    raise HeaderError(f"{struct.name}: {variable.name} is not in api_facts.py")
                field |= array._asdict()
            described.append(field | {"comment": variable.comment})
        return described, -(-end // 8) * 8

    def size(self, c_type):
        if c_type.endswith("*") or c_type in self.handles or c_type in self.callbacks:
            return 8
        return {"double": 8, "size_t": 8, "int64_t": 8, "uint64_t": 8}.get(c_type, 4)

    def returned(self, function):
        described = {"type": function.returns}
        if function.returns.endswith("*"):
            if function.returns_tag:
                described["space"] = function.returns_tag.space
                described["nullable"] = function.returns_tag.nullable
            else:
                self.untagged.append(f"{function.name}: the returned {function.returns}")
        return described


def enumeration(enum):
    """prefix: what all enumerators begin with; sentinel: the one that is no value."""
    names = [name for name, _ in enum.values]
    sentinel = next(name for name in names if name.endswith("FORCE_INT32"))
    prefix = commonprefix([name for name in names if name != sentinel])
    prefix = prefix[: prefix.rindex("_") + 1]
    values = [
        {"name": name, "value": value, "comment": enum.comments.get(name, "")}
        for name, value in enum.values
    ]
    return {
        "name": enum.name,
        "prefix": prefix,
        "sentinel": sentinel,
        "values": values,
        "comment": enum.comment,
        "since": since(enum.name),
    }


def structure(struct, describer):
    fields, size = describer.fields(struct)
    return {
        "name": struct.name,
        "size": size,
        "fields": fields,
        "comment": struct.comment,
        "since": since(struct.name),
    }


def operations(header):
    """Each operation with its function, its struct, and the outputs that may be inputs."""
    values = next(enum.values for enum in header.enums if enum.name == "jsnormOperation_t")
    described = []
    for (enumerator, _), (name, aliases) in zip(values[:-1], api_facts.ALIASES.items(), strict=True):
        if enumerator.replace("_", "") != f"JSNORM{name.upper()}":
            raise HeaderError(f"{enumerator} is not {name} of api_facts.py")
        described.append(
            {
                "operation": enumerator,
                "function": f"jsnorm{name}",
                "args": f"jsnorm{name}Args_t",
                "init": f"jsnorm{name}ArgsInit",
                "aliases": [alias._asdict() for alias in aliases],
            }
        )
    return described


def describe(header):
    macros = {macro.name: macro.value for macro in header.macros}
    describer = Describer(header)
    api = {
        "version": {
            part: macros[f"JSNORM_VERSION_{part.upper()}"] for part in ("major", "minor", "patch")
        },
        "macros": [macro._asdict() | {"since": since(macro.name)} for macro in header.macros],
        "enums": [enumeration(enum) for enum in header.enums],
        "opaque_types": [opaque._asdict() | {"since": since(opaque.name)} for opaque in header.opaques],
        "callbacks": [
            {
                "name": callback.name,
                "returns": {"type": callback.returns},
                "arguments": describer.arguments(callback.name, callback.arguments),
                "comment": callback.comment,
                "since": since(callback.name),
            }
            for callback in header.callbacks
        ],
        "structs": [structure(struct, describer) for struct in header.structs],
        "symbols": api_facts.SYMBOLS,
        "operations": operations(header),
        "functions": [
            {
                "name": function.name,
                "returns": describer.returned(function),
                "arguments": describer.arguments(function.name, function.arguments),
                "comment": function.comment,
                "since": since(function.name),
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
