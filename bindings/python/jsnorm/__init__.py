# SPDX-License-Identifier: Apache-2.0
"""Normalization layers with James-Stein shrinkage.

    import jsnorm, jsnorm.numpy
    y = jsnorm.numpy.batch_norm(x, gamma, beta)

Norm describes a layer; jsnorm.numpy, jsnorm.torch, jsnorm.jax and their functions compute it. The C API is
in jsnorm._api, as ctypes declarations.
"""

import importlib
import pathlib

from jsnorm import _api
from jsnorm._library import library as _library
from jsnorm._library import library_path
from jsnorm.errors import ArgumentError, DataTypeError, Error
from jsnorm.norm import Norm

__all__ = ["ArgumentError", "DataTypeError", "Error", "Norm", "get_include", "jax",
           "library_path", "library_version", "numpy", "torch"]
__version__ = f"{_api.VERSION_MAJOR}.{_api.VERSION_MINOR}.{_api.VERSION_PATCH}"


def library_version():
    """The version of the library that was opened, and what was built in."""
    return _library().jsnormGetVersionString().decode()


def get_include():
    """The folder of the C headers, to be given to a compiler: #include <jsnorm/jsnorm.h>."""
    return str(pathlib.Path(__file__).resolve().parent / "include")


def __getattr__(name):
    if name in ("jax", "numpy", "torch"):  # only where they are used: they import the framework
        return importlib.import_module(f"jsnorm.{name}")
    raise AttributeError(f"module 'jsnorm' has no attribute {name!r}")
