# SPDX-License-Identifier: Apache-2.0
"""Statuses of the library as exceptions. The text is the library's: function, argument and values."""

from jsnorm import _api


class Error(RuntimeError):
    """A call that the library refused, or that failed. status: which of _api.Status, as an int."""

    def __init__(self, status, text):
        super().__init__(text)
        self.status = status


class ArgumentError(Error, ValueError):
    """A shape, size, value or layout that does not fit, or that the library does not serve."""


class DataTypeError(Error, TypeError):
    """A type that does not fit the others, or that the library does not serve."""


_TYPES = (_api.Status.BAD_PARAM_DATA_TYPE_MISMATCH, _api.Status.NOT_SUPPORTED_DATA_TYPE)
_OF_ARGUMENTS = range(2000, 4000)


def of_status(status, text):
    """The exception for a status other than SUCCESS."""
    if status in _TYPES:
        return DataTypeError(status, text)
    return (ArgumentError if status in _OF_ARGUMENTS else Error)(status, text)
