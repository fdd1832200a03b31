# SPDX-License-Identifier: Apache-2.0
"""Finds and opens libjsnorm: the file that JSNORM_LIBRARY names, else the one of this package, else the
system's. Its version must be that of these bindings."""

import ctypes
import ctypes.util
import functools
import os
import pathlib

from jsnorm import _api
from jsnorm.errors import of_status

_PACKAGE = pathlib.Path(__file__).resolve().parent


def library_path():
    """The file that is, or will be, opened; a bare name is left to the system's search."""
    named = os.environ.get("JSNORM_LIBRARY")
    if named:
        return named
    bundled = sorted((_PACKAGE / "lib").glob("libjsnorm.so.*"))
    if bundled:
        return str(bundled[0])
    return ctypes.util.find_library("jsnorm") or f"libjsnorm.so.{_version_text(_api.VERSION)}"


def _version_text(version):
    return f"{version // 10000}.{version // 100 % 100}"


@functools.lru_cache(maxsize=None)
def library():
    """The opened library, every function with its signature. ImportError where there is none, or one
    of another version."""
    path = library_path()
    try:
        opened = ctypes.CDLL(path)
    except OSError as reason:
        raise ImportError(f"jsnorm: {path} cannot be opened ({reason}). Set JSNORM_LIBRARY to the "
                          "path of libjsnorm.so") from None
    for name, result, arguments in _api.FUNCTIONS:
        try:
            function = getattr(opened, name)
        except AttributeError:
            raise ImportError(f"jsnorm: {path} has no function {name}") from None
        function.restype, function.argtypes = result, arguments
    found, wanted = (_version_text(v) for v in (opened.jsnormGetVersion(), _api.VERSION))
    if found != wanted:
        raise ImportError(f"jsnorm: {path} is version {found}, but these bindings are for {wanted}")
    return opened


def check(status):
    """Raises what the last call on this thread failed with."""
    if status != 0:
        raise of_status(status, library().jsnormGetLastErrorString().decode())


def query(name, *arguments):
    """The size that a function gives back through its last pointer."""
    value = ctypes.c_size_t()
    check(getattr(library(), name)(*arguments, ctypes.byref(value)))
    return value.value


def create(name, *arguments):
    """The object that a function gives back through its first pointer."""
    value = ctypes.c_void_p()
    check(getattr(library(), name)(ctypes.byref(value), *arguments))
    return value.value
