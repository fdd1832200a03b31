#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compiles and runs an example of the documentation, exactly as it is printed there.

    example_test.py readme ...   the first C block of README.md
    example_test.py header ...   the program in the introduction of jsnorm.h
    example_test.py cpp_header ...   that of jsnorm.hpp
"""

import argparse
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def readme_example():
    match = re.search(r"^```c\n(.*?)^```$", (ROOT / "README.md").read_text(), re.M | re.S)
    return match[1] if match else sys.exit("README.md holds no C block")


def header_example(name):
    """From the first #include to the brace in the first column, without the comment's margin."""
    margin = " *     "
    program = []
    for line in (ROOT / "include/jsnorm" / name).read_text().splitlines():
        if program or line == f"{margin}#include <jsnorm/{name}>":
            program.append(line.removeprefix(margin) if line.startswith(margin) else "")
            if program[-1] == "}":
                return "\n".join(program) + "\n"
    return sys.exit(f"the introduction of {name} holds no complete program")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("which", choices=["readme", "header", "cpp_header"])
    parser.add_argument("--library", type=Path, required=True)
    parser.add_argument("--cc", default="cc")
    parser.add_argument("--cxx", default="c++")
    parser.add_argument("--work", type=Path, default=Path("."))
    options = parser.parse_args()
    text = {"readme": readme_example, "header": lambda: header_example("jsnorm.h"),
            "cpp_header": lambda: header_example("jsnorm.hpp")}[options.which]()
    cpp = options.which == "cpp_header"
    options.work.mkdir(parents=True, exist_ok=True)
    source = options.work / f"{options.which}_example.{'cpp' if cpp else 'c'}"
    source.write_text(text)
    executable = source.with_suffix("")
    library = options.library.resolve()
    command = [options.cxx, "-std=c++17"] if cpp else [options.cc, "-std=c11"]
    command += ["-Wall", "-Wextra", "-Werror", f"-I{ROOT / 'include'}"]
    command += [str(source), "-o", str(executable), str(library), f"-Wl,-rpath,{library.parent}"]
    subprocess.run(command + ["-lm"], check=True)
    code = subprocess.run([str(executable)]).returncode
    print(f"{source.name} ended with {code}")
    return code


if __name__ == "__main__":
    sys.exit(main())
