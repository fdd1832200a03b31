#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the generated part of bindings/rust/jsnorm-sys from api/jsnorm_api.json.

    tools/bindings/rust_bindings.py           writes the files
    tools/bindings/rust_bindings.py --check   fails where a file is not what the JSON says

Enumerations become newtypes with associated constants: a value that this version does not name is
then a number like any other, where a Rust enum would be undefined behaviour. Functions are one call
of the macro functions!, which declares them or looks them up (src/linked.rs, src/loaded.rs).
"""

import argparse
import json
import re
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CRATE = ROOT / "bindings/rust/jsnorm-sys"
HEAD = """// SPDX-License-Identifier: Apache-2.0
// Written by tools/bindings/rust_bindings.py from api/jsnorm_api.json. Do not edit.
"""
SCALARS = {"void": "c_void", "char": "c_char", "double": "f64", "size_t": "usize"}
SCALARS |= {f"int{bits}_t": f"i{bits}" for bits in (32, 64)}
SCALARS |= {f"uint{bits}_t": f"u{bits}" for bits in (32, 64)}
KEYWORDS = {"type", "ref", "in", "move", "box"}


def rust_type(c_type):
    """The Rust type of a C type, as a field or an argument has it."""
    stars = c_type.count("*")
    base = c_type.replace("*", "").strip()
    pointer = "*const " if base.startswith("const ") else "*mut "
    base = base.removeprefix("const ")
    return pointer * stars + SCALARS.get(base, base)


def returns(described):
    c_type = described["returns"]["type"]
    return "" if c_type == "void" else f" -> {rust_type(c_type)}"


def arguments(described):
    return ", ".join(f"{name(a)}: {rust_type(a['type'])}" for a in described["arguments"])


def name(described):
    return described["name"] + "_" * (described["name"] in KEYWORDS)


def doc(comment, indent=""):
    """The comment as lines of documentation; outside of code no character is markup."""
    parts = comment.split("`")
    parts[::2] = [re.sub(r"([\[\]<>*|])", r"\\\1", part) for part in parts[::2]]
    lines = textwrap.wrap("`".join(parts), 96 - len(indent), break_long_words=False,
                          break_on_hyphens=False)
    return "".join(f"{indent}/// {line}\n" for line in lines)


def documented(described, otherwise=""):
    return described["comment"] or otherwise


# ---- types.rs ------------------------------------------------------------------------------------

def macro(described):
    return (doc(documented(described, f"`{described['name']}` of the header."))
            + f"pub const {described['name']}: u32 = {described['value']};\n")


def enumeration(enum):
    """A newtype; values lose the prefix, and the sentinel falls away: it only fixes the size in C."""
    type_name = enum["name"]
    values = [v for v in enum["values"] if not v["name"].endswith("_FORCE_INT32")]
    short = {v["name"]: v["name"].removeprefix(enum["prefix"]) for v in values}
    text = doc(documented(enum, f"`{type_name}` of the header."))
    text += "#[repr(transparent)]\n#[derive(Clone, Copy, PartialEq, Eq, Hash)]\n"
    text += f"pub struct {type_name}(pub i32);\n\nimpl {type_name} {{\n"
    for value in values:
        text += doc(documented(value, f"`{value['name']}` of the header."), "    ")
        text += f"    pub const {short[value['name']]}: Self = Self({value['value']});\n"
    text += "}\n\n"
    text += f"impl fmt::Debug for {type_name} {{\n"
    text += "    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {\n        match *self {\n"
    for value in values:
        text += f"            Self::{short[value['name']]} => f.write_str(\"{value['name']}\"),\n"
    text += f"            Self(other) => write!(f, \"{type_name}({{other}})\"),\n"
    return text + "        }\n    }\n}\n"


def opaque(described):
    struct = described["struct"]
    return (f"/// What {described['name']} points to; only the library looks inside.\n"
            f"#[repr(C)]\npub struct {struct} {{\n    _inside: [u8; 0],\n"
            "    _neither_moved_nor_shared: PhantomData<(*mut u8, PhantomPinned)>,\n}\n\n"
            + doc(described["comment"]) + f"pub type {described['name']} = *mut {struct};\n")


def callback(described):
    return (doc(described["comment"]) + f"pub type {described['name']} =\n    "
            f"Option<unsafe extern \"C\" fn({arguments(described)}){returns(described)}>;\n")


def zero(field, enums):
    c_type = field["type"]
    if field["name"] == "struct_size":
        return "size_of::<Self>()"
    if c_type in enums:
        return f"{c_type}(0)"
    if c_type in SCALARS:
        return "0.0" if c_type == "double" else "0"
    return "ptr::null()" if c_type.startswith("const ") else "ptr::null_mut()"


def struct(described, enums):
    text = doc(described["comment"]) + "#[repr(C)]\n#[derive(Clone, Copy, Debug)]\n"
    text += f"pub struct {described['name']} {{\n"
    for field in described["fields"]:
        text += doc(documented(field, f"`{field['name']}` of the header."), "    ")
        text += f"    pub {name(field)}: {rust_type(field['type'])},\n"
    text += "}\n\n"
    text += f"impl Default for {described['name']} {{\n"
    text += "    /// What its Init function writes: zeros, and the size where there is a field for it.\n"
    text += "    fn default() -> Self {\n        Self {\n"
    for field in described["fields"]:
        text += f"            {name(field)}: {zero(field, enums)},\n"
    return text + "        }\n    }\n}\n"


def types(api):
    enums = {enum["name"] for enum in api["enums"]}
    parts = [HEAD + "\nuse std::ffi::{c_char, c_void};\nuse std::fmt;\n"
             "use std::marker::{PhantomData, PhantomPinned};\nuse std::ptr;\n"]
    parts += ["".join(macro(described) for described in api["macros"])]
    parts += map(enumeration, api["enums"])
    parts += map(opaque, api["opaque_types"])
    parts += map(callback, api["callbacks"])
    parts += [struct(described, enums) for described in api["structs"]]
    return "\n".join(parts)


# ---- functions.rs, layout.rs ---------------------------------------------------------------------

def functions(api):
    text = HEAD + "\nfunctions! {\n"
    for described in api["functions"]:
        text += doc(documented(described, f"`{described['name']}` of the header."), "    ")
        text += f"    fn {described['name']}({arguments(described)}){returns(described)};\n"
    return text + "}\n"


def layout(api):
    """Tests that structs lie in memory as a C compiler laid them."""
    text = HEAD + "//! Structs lie in memory as a C compiler laid them.\n\nuse jsnorm_sys::*;\nuse std::mem::{offset_of, size_of};\n"
    text += "\n#[test]\nfn enumerations_are_four_bytes() {\n"
    for enum in api["enums"]:
        text += f"    assert_eq!(size_of::<{enum['name']}>(), 4);\n"
    text += "}\n"
    for described in api["structs"]:
        snake = re.sub(r"(?<!^)(?=[A-Z])", "_", described["name"].removeprefix("jsnorm")
                       .removesuffix("_t")).lower()
        text += f"\n#[test]\nfn {snake}_lies_as_in_c() {{\n"
        text += f"    assert_eq!(size_of::<{described['name']}>(), {described['size']});\n"
        for field in described["fields"]:
            text += f"    assert_eq!(offset_of!({described['name']}, {name(field)}), {field['offset']});\n"
        text += "}\n"
    return text


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    options = parser.parse_args()
    api = json.loads((ROOT / "api/jsnorm_api.json").read_text(encoding="utf-8"))
    written = {"src/types.rs": types, "src/functions.rs": functions, "tests/layout.rs": layout}
    wrong = 0
    for place, make in written.items():
        path, text = CRATE / place, make(api)
        if not options.check:
            path.write_text(text, encoding="utf-8")
        elif not path.is_file() or path.read_text(encoding="utf-8") != text:
            print(f"{path.relative_to(ROOT)} is not what api/jsnorm_api.json says: "
                  "run tools/bindings/rust_bindings.py")
            wrong = 1
    return wrong


if __name__ == "__main__":
    sys.exit(main())
