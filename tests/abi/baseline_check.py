#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The ABI of today against the committed one of the last version that changed it: later versions only
append, so that a program that was linked against the baseline runs with the library of the day.

    baseline_check.py rules                        jsnorm_api.json against baseline/*.json: no function,
                                                   field, enumerator or macro went, moved or changed
    baseline_check.py abidiff --cc gcc --work DIR  the header as a compiler sees it against baseline/*.abi,
                                                   by libabigail; suppressions in baseline/suppressions.ini
    baseline_check.py write --cc gcc --work DIR    makes today's ABI the baseline: for a new minor version
"""

import argparse
import json
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
API = ROOT / "api/jsnorm_api.json"
BASELINE = HERE / "baseline"
ABIDIFF_ERRORS = 1 | 2  # of its own, or of its usage
ABIDIFF_CHANGE = 4


def facts(api):
    """What programs depend on, as name -> value; order within a struct is in the offsets."""
    known = {}
    for macro in api["macros"]:
        if not macro["name"].startswith("JSNORM_VERSION"):
            known[macro["name"]] = macro["value"]
    for enum in api["enums"]:
        known |= {value["name"]: value["value"] for value in enum["values"]}
    for struct in api["structs"]:
        for field in struct["fields"]:
            known[f"{struct['name']}.{field['name']}"] = [field["type"], field["offset"],
                                                          field["size"]]
    for opaque in api["opaque_types"]:
        known[opaque["name"]] = opaque["struct"]
    for function in api["functions"] + api["callbacks"]:
        known[function["name"]] = [function["returns"]["type"],
                                   *(argument["type"] for argument in function["arguments"])]
    return known


def version_of(api):
    return f"{api['version']['major']}.{api['version']['minor']}"


def the_baseline(pattern):
    (path,) = BASELINE.glob(pattern)
    return path


def check_rules(_):
    before = json.loads(the_baseline("*.json").read_text())
    now = facts(json.loads(API.read_text()))
    complaints = [f"{name} was {value} and is {now.get(name, 'not there')}"
                  for name, value in before.items() if now.get(name) != value]
    print(f"{len(before)} facts of {the_baseline('*.json').name}, {len(now)} today")
    print("\n".join(complaints), end="\n" if complaints else "")
    return 1 if complaints else 0


def build_probe(options):
    """A library whose debug information has every type of the header: a pointer to each function."""
    functions = [function["name"] for function in json.loads(API.read_text())["functions"]]
    lines = ["#include <jsnorm/jsnorm.h>"]
    lines += [f"__typeof__({name}) *abi_{name};" for name in functions]
    work = pathlib.Path(options.work)
    work.mkdir(parents=True, exist_ok=True)
    library = work / "abi_probe.so"
    (work / "abi_probe.c").write_text("\n".join(lines) + "\n")
    # A relative path, and the folder of the work under another name: the baseline names no machine.
    subprocess.run([options.cc, "-g", "-shared", "-fPIC", f"-I{ROOT / 'include'}",
                    f"-ffile-prefix-map={work.resolve()}=.", f"-ffile-prefix-map={ROOT}=.",
                    "abi_probe.c", "-o", library.name], cwd=work, check=True)
    return library


def check_abidiff(options):
    probe = build_probe(options)
    result = subprocess.run(
        ["abidiff", "--suppressions", str(BASELINE / "suppressions.ini"),
         str(the_baseline("*.abi")), str(probe)], capture_output=True, text=True)
    print(result.stdout + result.stderr, end="")
    if result.returncode & ABIDIFF_ERRORS:
        return 1
    # A change is an addition if the rules hold, and wants a new version.
    version = version_of(json.loads(API.read_text()))
    if result.returncode & ABIDIFF_CHANGE and the_baseline("*.abi").stem == f"jsnorm_{version}":
        print(f"The ABI changed, but the version is still {version}")
        return 1
    return 0


def write(options):
    api = json.loads(API.read_text())
    for old in [*BASELINE.glob("*.json"), *BASELINE.glob("*.abi")]:
        old.unlink()
    name = BASELINE / f"jsnorm_{version_of(api)}"
    lines = (f" {json.dumps(key)}: {json.dumps(value)}" for key, value in facts(api).items())
    name.with_name(name.name + ".json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
    subprocess.run(["abidw", "--no-corpus-path", "--no-comp-dir-path", "--no-show-locs",
                    "--no-elf-needed", "--out-file", f"{name}.abi", str(build_probe(options))],
                   check=True)
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    commands = {"rules": check_rules, "abidiff": check_abidiff, "write": write}
    parser.add_argument("command", choices=commands)
    parser.add_argument("--cc", default="cc")
    parser.add_argument("--work", default="build/abi")
    options = parser.parse_args()
    return commands[options.command](options)


if __name__ == "__main__":
    sys.exit(main())
