#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The documents lead to files that exist, kernels are where their names say, and includes keep to
the layers. Every rule must also notice a seeded mistake."""

import pathlib
import re
import sys
import unittest

sys.dont_write_bytecode = True
import rules  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCES = {".c", ".cpp", ".cu", ".cuh", ".h", ".hpp"}


def all_paths():
    found = set()
    for folder in rules.FOLDERS:
        found.add(folder)
        found |= {path.relative_to(ROOT).as_posix() for path in (ROOT / folder).rglob("*")
                  if "__pycache__" not in path.parts}
    return found


def read(path):
    return (ROOT / path).read_text(encoding="utf-8")


class Repository(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.paths = all_paths()
        cls.files = {path: read(path) for path in sorted(cls.paths)
                     if pathlib.PurePath(path).suffix in SOURCES
                     and path.startswith(("kernels/", "src/", "include/"))}
        cls.design = read("docs/design.md")
        cls.readme = read("kernels/README.md")
        cls.variants = cls.files["src/cuda/launch/variants.hpp"]

    def holds(self, problems):
        if problems:
            self.fail("\n" + "\n".join(problems))

    def test_every_path_of_the_finder_exists(self):
        self.assertGreater(len(rules.finder_paths(self.design, self.paths)), 40)
        self.holds(rules.missing_in_finder(self.design, self.paths))

    def test_every_path_in_a_document_exists(self):
        names = [path.relative_to(ROOT).as_posix() for path in ROOT.glob("*.md")]
        names += [path for path in self.paths if path.endswith(".md")]
        self.holds(rules.missing_in_documents({name: read(name) for name in names}, self.paths))

    def test_every_page_of_the_list_for_tools_exists(self):
        links = re.findall(r"^- \[.+?\]\((.+?)\): ", read("docs/llms.txt"), re.M)
        self.assertGreater(len(links), 15)
        self.holds([link for link in links if not (ROOT / "docs" / link).is_file()])

    def test_every_kernel_is_in_the_file_of_its_name(self):
        self.holds(rules.misplaced_kernels(self.variants, self.files))

    def test_every_kernel_is_in_a_table(self):
        self.holds(rules.unnamed_kernels(self.variants, self.design, self.readme, self.paths))

    def test_includes_keep_to_the_layers(self):
        self.holds(rules.forbidden_includes(self.files))

    def test_nhwc_forward_needs_few_files(self):
        self.holds(rules.too_many_files(rules.NHWC_FORWARD, self.files, rules.MOST_FILES))


TABLE = """\
# Design

| of another table | `src/gone.cpp` |

## Where do I find

| | |
| --- | --- |
| a view, `make_view` | `src/core/view.cpp`; its header: `view.hpp` |
| a family | `kernels/rows`, `tiles.cuh` |

## Afterwards
"""

PATHS = {"kernels", "kernels/rows", "kernels/rows/tiles.cuh", "kernels/rows/apply.cuh", "src",
         "src/core", "src/core/view.cpp", "src/core/view.hpp", "tests/a_test.cpp"}

VARIANTS = """\
// X(kernel, its arguments)
#define JSNORM_ROWS_KERNELS(X) \\
    X(rows_apply, RowsApply)   \\
    X(rows_fused_forward, RowsFusedForward)
#define JSNORM_TYPES(X) X(float) X(double)
"""

KERNELS = {
    "kernels/rows/apply.cuh": "JSNORM_KERNEL(kRowThreads<kLanes>, 1)\nrows_apply(Args args) {}\n",
    "kernels/rows/fused_forward.cuh": "JSNORM_KERNEL(256, 1) rows_fused_forward(Args args) {}\n",
}


class SeededPaths(unittest.TestCase):
    def test_words_without_a_slash_are_in_the_folder_of_the_path_before(self):
        self.assertEqual([path for _, path in rules.finder_paths(TABLE, PATHS)],
                         ["src/core/view.cpp", "src/core/view.hpp", "kernels/rows",
                          "kernels/rows/tiles.cuh"])
        self.assertEqual(rules.missing_in_finder(TABLE, PATHS), [])

    def test_a_file_that_moved_is_missed(self):
        for gone in ("src/core/view.cpp", "src/core/view.hpp", "kernels/rows/tiles.cuh"):
            problems = rules.missing_in_finder(TABLE, PATHS - {gone})
            self.assertEqual(len(problems), 1)
            self.assertIn(gone, problems[0])

    def test_a_word_without_a_folder_before_it_is_missed(self):
        text = TABLE.replace("`kernels/rows`, ", "")
        self.assertEqual(rules.missing_in_finder(text, PATHS),
                         ["'a family': there is no tiles.cuh"])

    def test_documents_are_read_outside_of_the_table_too(self):
        documents = {"docs/design.md": TABLE, "README.md": "`tests/*_test.cpp`, `std/x`, `src/a b`"}
        self.assertEqual(rules.missing_in_documents(documents, PATHS),
                         ["docs/design.md: there is no src/gone.cpp"])
        documents = {"README.md": "`tests/*_test.py`"}
        self.assertEqual(len(rules.missing_in_documents(documents, PATHS)), 1)


class SeededKernels(unittest.TestCase):
    def test_kernels_at_home_pass(self):
        self.assertEqual(rules.misplaced_kernels(VARIANTS, KERNELS), [])

    def test_a_kernel_without_its_file_is_found(self):
        files = {"kernels/rows/apply.cuh": "".join(KERNELS.values())}
        self.assertEqual(rules.misplaced_kernels(VARIANTS, files),
                         ["rows_fused_forward: there is no kernels/rows/fused_forward.cuh"])

    def test_a_kernel_of_another_name_is_found(self):
        files = {**KERNELS, "kernels/rows/apply.cuh": "JSNORM_KERNEL(256, 1)\nrows_applied() {}\n"}
        self.assertEqual(rules.misplaced_kernels(VARIANTS, files),
                         ["rows_apply: kernels/rows/apply.cuh does not define it",
                          "kernels/rows/apply.cuh: rows_applied is not in the list of variants"])

    def test_a_call_is_no_definition(self):
        files = {**KERNELS, "kernels/rows/apply.cuh": "void f() { rows_apply(args); }\n"}
        self.assertEqual(len(rules.misplaced_kernels(VARIANTS, files)), 1)

    def test_a_list_that_cannot_be_read_is_no_pass(self):
        self.assertEqual(rules.misplaced_kernels("", {}), ["the list of variants is empty"])

    def test_a_kernel_in_neither_table_is_found(self):
        readme = "| `rows_fused_forward` | x -> y |\n"
        unnamed = ["rows_apply: in neither table"]
        self.assertEqual(rules.unnamed_kernels(VARIANTS, TABLE, readme, PATHS), unnamed)
        design = TABLE.replace("`tiles.cuh`", "`tiles.cuh`, `apply.cuh`")
        self.assertEqual(rules.unnamed_kernels(VARIANTS, design, readme, PATHS), [])


class SeededIncludes(unittest.TestCase):
    def test_downwards_is_allowed(self):
        own = '#include "kernels/rows/b.cuh"\n#include "kernels/math/m.cuh"'
        files = {"kernels/rows/a.cuh": own, "src/api/a.cpp": '#include "src/core/b.hpp"',
                 "tests/a.cpp": '#include "tests/b.hpp"'}
        self.assertEqual(rules.forbidden_includes(files), [])

    def test_against_the_layers_is_found(self):
        for path, name in (("kernels/math/a.cuh", "tests/support/b.hpp"),
                           ("src/cpu/a.cpp", "tests/support/b.hpp"),
                           ("src/core/a.hpp", "src/api/b.hpp"),
                           ("kernels/rows/a.cuh", "kernels/columns/b.cuh"),
                           ("kernels/finalize/a.cuh", "kernels/rows/b.cuh"),
                           ("kernels/planes/a.cuh", "kernels/rows/b.cuh")):
            problems = rules.forbidden_includes({path: f'#pragma once\n  # include "{name}"\n'})
            self.assertEqual(len(problems), 1, (path, name))
            self.assertIn(f"{path} includes {name}", problems[0])

    def test_the_closure_is_counted(self):
        files = {"kernels/a.cuh": '#include "kernels/b.cuh"\n#include <bit>\n#include "j/j.h"',
                 "kernels/b.cuh": '#include "kernels/a.cuh"\n#include "src/simt/executor.hpp"',
                 "include/j/j.h": "", "src/simt/executor.hpp": '#include "src/simt/launch.hpp"',
                 "kernels/c.cuh": ""}
        self.assertEqual(rules.closure(["kernels/a.cuh"], files),
                         ["include/j/j.h", "kernels/a.cuh", "kernels/b.cuh"])
        self.assertEqual(rules.too_many_files(["kernels/a.cuh"], files, 2), [])
        self.assertIn("2 files, at most 1", rules.too_many_files(["kernels/a.cuh"], files, 1)[0])
        self.assertEqual(rules.too_many_files(["kernels/d.cuh"], files, 3),
                         ["there is no kernels/d.cuh"])


if __name__ == "__main__":
    unittest.main()
