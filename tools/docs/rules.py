# SPDX-License-Identifier: Apache-2.0
"""What must hold of the layout of the repository and of the documents that lead through it.

Every rule is a function of file names and texts, and returns a list of what is wrong."""

import fnmatch
import posixpath
import re

FOLDERS = ("api", "bench", "bindings", "cmake", "docs", "examples", "include", "kernels", "src",
           "tests", "tools")
FAMILIES = ("columns", "rows", "planes", "finalize")

# What somebody has to read for forward of a batch norm in NHWC, of finalize_forward the steps that
# it takes, and how many files that may be.
NHWC_FORWARD = ("kernels/columns/statistics.cuh", "kernels/columns/apply_forward.cuh",
                "kernels/finalize/merge_moments.cuh", "kernels/finalize/estimates.cuh")
MOST_FILES = 28

QUOTED = re.compile(r"`([^`\s]+)`")
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)
VARIANT = re.compile(r"^\s+X\((\w+), \w+\)", re.M)
KERNEL = re.compile(r"^JSNORM_KERNEL\(.*?\)\s+(\w+)\(", re.M)


# ---- Paths in documents --------------------------------------------------------------------------

def exists(path, paths):
    path = re.sub(r"<\w+>", "*", path)
    return path.rstrip("/") in paths or ("*" in path and bool(fnmatch.filter(paths, path)))


def finder_rows(text):
    """(first cell, second cell) of the rows of the table under "Where do I find"."""
    section = text.split("## Where do I find", 1)[1].split("\n## ", 1)[0]
    rows = [line.strip().strip("|").split("|") for line in section.splitlines()
            if line.startswith("|")]
    return [(row[0].strip(), row[1].strip()) for row in rows[2:]]


def finder_paths(text, paths):
    """(first cell, path) for every path of the table. Every word in backticks of the second column
    is a path: with a slash from the root of the repository; without one in the folder of the path
    before it in the same cell, which may be that folder itself."""
    found = []
    for what, cell in finder_rows(text):
        folder = ""
        for word in QUOTED.findall(cell):
            path = word.rstrip("/") if "/" in word else posixpath.join(folder, word)
            if "/" in word:
                is_folder = any(other.startswith(path + "/") for other in paths)
                folder = path if is_folder else posixpath.dirname(path)
            found.append((what, path))
    return found


def missing_in_finder(text, paths):
    return [f"'{what}': there is no {path}" for what, path in finder_paths(text, paths)
            if not exists(path, paths)]


def missing_in_documents(documents, paths):
    """Words in backticks that begin with a folder of the repository are paths of it; `<name>` in
    a path stands for anything."""
    return [f"{name}: there is no {word}" for name, text in documents.items()
            for word in QUOTED.findall(text)
            if word.split("/")[0] in FOLDERS and "/" in word and not exists(word, paths)]


# ---- Kernels -------------------------------------------------------------------------------------

def file_of(kernel):
    family, _, name = kernel.partition("_")
    return f"kernels/{family}/{name}.cuh"


def misplaced_kernels(variants, files):
    """Kernel F_K of the list is defined in kernels/F/K.cuh, and no kernel is missing there."""
    listed = VARIANT.findall(variants)
    problems = [] if listed else ["the list of variants is empty"]
    for kernel in listed:
        path = file_of(kernel)
        if path not in files:
            problems.append(f"{kernel}: there is no {path}")
        elif kernel not in KERNEL.findall(files[path]):
            problems.append(f"{kernel}: {path} does not define it")
    problems += [f"{path}: {kernel} is not in the list of variants"
                 for path, text in files.items() if path.startswith("kernels/")
                 for kernel in KERNEL.findall(text) if kernel not in listed]
    return problems


def unnamed_kernels(variants, design, readme, paths):
    """Kernels that neither the finder table nor kernels/README.md names."""
    found = {path for _, path in finder_paths(design, paths)}
    named = set(QUOTED.findall(readme))
    return [f"{kernel}: in neither table" for kernel in VARIANT.findall(variants)
            if kernel not in named and file_of(kernel) not in found]


# ---- Includes ------------------------------------------------------------------------------------

def family_of(path):
    parts = path.split("/")
    return parts[1] if parts[0] == "kernels" and len(parts) > 2 and parts[1] in FAMILIES else None


def forbidden_includes(files):
    """Includes against the order of the layers."""
    problems = []
    for path, text in files.items():
        for name in INCLUDE.findall(text):
            family, other = family_of(path), family_of(name)
            if path.startswith(("kernels/", "src/")) and name.startswith("tests/"):
                problems.append(f"{path} includes {name}: the library includes no test")
            if path.startswith("src/core/") and name.startswith("src/api/"):
                problems.append(f"{path} includes {name}: the core includes no API")
            if family and other and family != other:
                problems.append(f"{path} includes {name}: a family includes no sibling")
    return problems


def closure(starts, files):
    """The files of the repository that nvcc reads for `starts`: those of the executor, which stand
    in for CUDA, are not among them."""
    seen = set()
    waiting = list(starts)
    while waiting:
        path = waiting.pop()
        path = path if path in files else f"include/{path}"
        if path in seen or path not in files or path.startswith("src/simt/"):
            continue
        seen.add(path)
        waiting += INCLUDE.findall(files[path])
    return sorted(seen)


def too_many_files(starts, files, most):
    problems = [f"there is no {start}" for start in starts if start not in files]
    needed = [name for name in closure(starts, files) if name.startswith("kernels/")]
    if len(needed) > most:
        problems.append(f"{len(needed)} files, at most {most}:\n  " + "\n  ".join(needed))
    return problems
