# SPDX-License-Identifier: Apache-2.0
"""What jsnorm.h says in words about its argument structs, as data: how long arrays are, and which
outputs may be inputs. tools/api_json.py writes it into api/jsnorm_api.json, and refuses a pointer of
an argument struct that is not here.

Lengths are formulas over SYMBOLS, in Python's and C's notation alike. A unit is a C type, the name of
the descriptor that holds the type, or "bytes".
"""

from collections import namedtuple

Array = namedtuple("Array", "length unit")
Alias = namedtuple("Alias", "output input not_with")

SYMBOLS = {
    "elements": "the product of dims; for strides with gaps see jsnormGetTensorExtent",
    "G": "groups of jsnormGetStatisticsShape",
    "K": "statistics_per_group of jsnormGetStatisticsShape",
    "P": "parameter_count of jsnormGetStatisticsShape",
    "mask_bytes": "jsnormGetMaskSize of x_desc",
    "record_bytes": "jsnormGetRecordSize for record_format",
    "forward_coefficient_bytes": "jsnormGetForwardCoefficientSize",
    "backward_coefficient_bytes": "jsnormGetBackwardCoefficientSize",
    "workspace_bytes": "the field; at least jsnormGetWorkspaceSize of the operation",
    "record_count": "the field",
}

_PARAMETER = Array("P", "parameter_desc")  # NULL: float, or double where x is double
_STATISTIC = Array("G*K", "double")
_RUNNING = Array("K", "running_desc")  # NULL: the same
_FORWARD = Array("forward_coefficient_bytes", "bytes")
_BACKWARD = Array("backward_coefficient_bytes", "bytes")

# Of the fields of every argument struct, by their names.
ARRAYS = {name: Array("elements", f"{name}_desc") for name in ("x", "y", "z", "dy", "dx", "dz")}
ARRAYS |= {name: _PARAMETER for name in ("gamma", "beta", "dgamma", "dbeta")}
ARRAYS |= {f"{kind}_{of}": _STATISTIC for kind in ("saved", "shrunk") for of in ("mean", "variance")}
ARRAYS |= {
    f"{kind}running_{of}": _RUNNING for kind in ("", "next_") for of in ("mean", "variance")
}
ARRAYS |= {
    "step": Array("1", "int64_t"),
    "total_count": Array("1", "int64_t"),
    "mask": Array("mask_bytes", "bytes"),
    "record": Array("record_bytes", "bytes"),
    "records": Array("record_count*record_bytes", "bytes"),
    "sums": Array("2*K", "double"),
    "local_sums": Array("2*K", "double"),
    "global_sums": Array("max(record_count, 1)*2*K", "double"),
    "coefficients": _FORWARD,
    "forward_coefficients": _FORWARD,
    "backward_coefficients": _BACKWARD,
    "workspace": Array("workspace_bytes", "bytes"),
}
# Of a field that means something else in one struct.
ARRAYS_OF_STRUCT = {("jsnormBackwardFinalizeArgs_t", "coefficients"): _BACKWARD}

# Of arguments that are arrays; every other pointer of a function is to one value.
ARGUMENT_LENGTHS = {
    ("jsnormSetTensorDescriptor", "dims"): "rank",
    ("jsnormSetTensorDescriptor", "strides"): "rank",
    ("jsnormGetTensorDescriptor", "dims"): "JSNORM_MAX_RANK",
    ("jsnormGetTensorDescriptor", "strides"): "JSNORM_MAX_RANK",
    ("jsnormGetPlanDescription", "buffer"): "buffer_bytes",
}

# Which outputs may be which inputs: the same pointer, and for tensors the same strides. not_with: the
# output that may not be that input at the same time.
_Y = [Alias("y", "x", None), Alias("y", "z", None)]
_DX = [Alias("dx", "dy", "dz"), Alias("dz", "dy", "dx")]
_NEXT = [Alias(f"next_running_{of}", f"running_{of}", None) for of in ("mean", "variance")]
ALIASES = {
    "ForwardTraining": _Y + _NEXT,
    "ForwardInference": _Y,
    "Backward": _DX,
    "BackwardFixedStatistics": _DX,
    "ForwardStatistics": [],
    "ForwardFinalize": _NEXT,
    "ForwardApply": _Y,
    "BackwardReduce": [],
    "BackwardFinalize": [],
    "BackwardApply": _DX,
}

# The version that brought a declaration in, where that is not the first one.
FIRST_VERSION = "0.2"
SINCE = {}


def array_of(struct, field):
    return ARRAYS_OF_STRUCT.get((struct, field)) or ARRAYS.get(field)


def since(name):
    return SINCE.get(name, FIRST_VERSION)
