# SPDX-License-Identifier: Apache-2.0
# Written by tools/bindings/python_bindings.py from api/jsnorm_api.json: change it there.
"""The C API for ctypes. Docstrings and comments are those of jsnorm.h, which explains every word."""

from ctypes import (CFUNCTYPE, Structure, c_char_p, c_double, c_int32, c_int64, c_size_t, c_uint32,
                    c_uint64, c_void_p)
from enum import IntEnum

VERSION_MAJOR = 0
VERSION_MINOR = 2
VERSION_PATCH = 0
VERSION = 200
MAX_RANK = 8
TRAFFIC_RESIDUAL = 1
TRAFFIC_MASK = 2


class Status(IntEnum):
    """Values never change their meaning; new ones may be added. The category is the value rounded down
    to a multiple of 1000.
    """

    SUCCESS = 0
    # not a handle or descriptor, or one that was destroyed
    NOT_INITIALIZED = 1001
    # a value out of its documented range
    BAD_PARAM = 2000
    # a required pointer is NULL
    BAD_PARAM_NULL_POINTER = 2002
    # a pointer not aligned to its element type
    BAD_PARAM_MISALIGNED_POINTER = 2003
    # an index, rank or size out of bounds
    BAD_PARAM_OUT_OF_BOUND = 2005
    # a workspace or struct that is too small
    BAD_PARAM_SIZE_INSUFFICIENT = 2006
    # descriptors whose shapes do not fit together
    BAD_PARAM_SHAPE_MISMATCH = 2008
    # descriptors whose types do not fit together
    BAD_PARAM_DATA_TYPE_MISMATCH = 2009
    # setting a norm descriptor that has been used
    BAD_PARAM_NOT_MUTABLE = 2010
    # memory that the handle's device cannot reach
    BAD_PARAM_DEVICE_MISMATCH = 2011
    # an output overlaps another tensor in a way not allowed
    BAD_PARAM_ALIASING = 2012
    # a valid request that this library does not serve
    NOT_SUPPORTED = 3000
    # sizes or offsets beyond 64 bits
    NOT_SUPPORTED_SHAPE = 3002
    NOT_SUPPORTED_DATA_TYPE = 3003
    # e.g. a mask for a tensor that is not dense
    NOT_SUPPORTED_LAYOUT = 3004
    # a device that this build has no code for
    NOT_SUPPORTED_ARCHITECTURE = 3007
    # a backend that this build or machine does not have
    NOT_SUPPORTED_BACKEND = 3008
    INTERNAL_ERROR = 4000
    # no side effect: the same call may be repeated
    INTERNAL_ERROR_HOST_ALLOCATION_FAILED = 4003
    EXECUTION_FAILED = 5000
    # a CUDA call failed
    EXECUTION_FAILED_CUDA = 5003
    # the device context is broken; only destroying still works
    EXECUTION_FAILED_DEVICE_LOST = 5004


class LogLevel(IntEnum):

    OFF = 0
    # every failed call, with its message
    ERROR = 1
    WARN = 2
    # every operation, with its problem and plan
    INFO = 3
    # every call
    TRACE = 4


class Backend(IntEnum):

    # CUDA if a device and driver are found, else CPU; jsnormGetBackend tells which
    AUTO = 0
    # [device] pointers are host memory; calls return when the work is done
    CPU = 1
    # [device] pointers are memory of the device that is current at creation
    CUDA = 2


class DataType(IntEnum):

    FLOAT = 0
    DOUBLE = 1
    # IEEE binary16
    HALF = 2
    BFLOAT16 = 3


class NormKind(IntEnum):

    # statistics per channel, over the batch and the spatial axes
    BATCH_NORM = 0
    # statistics per activation, over the batch
    BATCH_NORM_PER_ACTIVATION = 1
    # statistics per sample and channel, over the spatial axes; shrunk over the channels of a
    # sample. This is the layer norm of the James-Stein paper.
    INSTANCE_NORM = 2
    # the layer norm of frameworks: statistics per row, over the last axes; shrunk over the rows of
    # a sample. A row then depends on the other rows of its sample: not for causal models, and
    # padding rows count. With fewer than 3 rows in a group (one decoded token, a 2-D tensor)
    # James-Stein does not shrink. See jsnormSetNormStatisticsPerGroup.
    LAYER_NORM = 3
    # statistics per sample and group of channels; shrunk over the groups of a sample
    GROUP_NORM = 4


class Estimator(IntEnum):
    """How a vector theta of K statistics is estimated from the measured one (docs/math.md, section 5).
    """

    # theta as measured: the ordinary layer
    NONE = 0
    # towards 0 (WACV 2024); equals NONE for K < 3. The default. Its factor takes the variance
    # between the K statistics for their noise and does not depend on R. Means of both signs are
    # hardly subtracted, and a small variance is divided by: with few elements (R below 16) training
    # needs an epsilon of 1e-2, or another estimator.
    JAMES_STEIN = 1
    # Efron and Morris: towards the mean of the vector; equals NONE for K < 4
    GRAND_MEAN = 2
    # arXiv 2507.08261: the mean as JAMES_STEIN with (K-2)K/(K+1) (equals NONE for K < 3), the
    # variance towards the geometric mean
    STEIN_CORRECTED = 3
    # mean * R/(R+lambda), variance / (1+lambda)
    RIDGE = 4
    # soft threshold: lambda/(2R) for the mean, lambda/2 for the variance
    LASSO = 5
    # James and Stein's, with the sampling variance of a statistic for the noise: towards the mean
    # of the vector, the less the larger R. Recommended where shrinkage is to reduce the error of
    # the statistics. Equals NONE for K < 4 and for R < 2. The shrunk means depend on the variances
    # too. See jsnormSetNormEffectiveFraction.
    SAMPLING = 6


class Activation(IntEnum):

    NONE = 0
    RELU = 1


class RunningMode(IntEnum):

    # running statistics accumulate shrunk statistics; inference uses them as they are
    SHRUNK = 0
    # they accumulate raw statistics; inference shrinks them
    RAW = 1


class RunningVariance(IntEnum):

    # NONE, JAMES_STEIN, GRAND_MEAN and SAMPLING: the running variance takes R/max(R-1,1) times the
    # variance, as in cuDNN and PyTorch. The other estimators of the variance set its scale
    # themselves and are never multiplied
    CORRECTED = 0
    # as it is
    BIASED = 1


class ParameterGradientScope(IntEnum):

    # dgamma, dbeta of this process's data; data-parallel training then averages them
    LOCAL = 0
    # of the data of all processes
    GLOBAL = 1


class Operation(IntEnum):

    FORWARD_TRAINING = 0
    FORWARD_INFERENCE = 1
    BACKWARD = 2
    BACKWARD_FIXED_STATISTICS = 3
    FORWARD_STATISTICS = 4
    FORWARD_FINALIZE = 5
    FORWARD_APPLY = 6
    BACKWARD_REDUCE = 7
    BACKWARD_FINALIZE = 8
    BACKWARD_APPLY = 9


class RecordFormat(IntEnum):

    # header, double mean[K], double M2[K] (sum of squared deviations from the mean)
    MOMENTS = 0
    # header, double sum[K], double sum_of_squares[K]. An all-reduce(sum) of the doubles, and
    # another of the int64 count, merges them. The variance suffers cancellation: it loses
    # 2*log10(mean/deviation) of 16 digits. MOMENTS loses none.
    SUMS = 1
    # header, float sum[K], float sum_of_squares[K], as convolution epilogues emit them; input only.
    # The variance loses as many of 7 digits.
    SUMS_FLOAT = 2


# message: [host] one line, valid during the call. user_data: [host]? as given. Called from any
# thread that calls jsnorm. A callback must not call jsnorm.
LogCallback = CFUNCTYPE(None, c_int32, c_char_p, c_void_p)


# A piece of a loop. index: which one. task_data: [host] as the library gave it.
Task = CFUNCTYPE(None, c_int64, c_void_p)


# Runs a loop of the CPU backend on the caller's threads: calls task(i, task_data) exactly once for
# every i from 0 to count-1, on any threads, in any order, at the same time or one after another,
# and returns when all calls have. What they wrote must then be visible to the thread that called.
# Must not throw, and must not call an operation of the same handle. task_data: [host] for the task.
# user_data: [host]? as given to jsnormSetTaskRunner.
ParallelFor = CFUNCTYPE(None, c_int64, c_void_p, c_void_p, c_void_p)


class MemoryTraffic(Structure):
    """The bytes that an operation moves, so that everyone computes a percentage of peak in the same
    way.
    """

    SIZE = 40  # bytes
    _fields_ = [
        # as jsnormMemoryTrafficInit set it
        ("struct_size", c_size_t),
        # every tensor read or written once
        ("least_tensor_bytes", c_uint64),
        # what this library asks for: tensors that stay on chip count once, others every time
        ("planned_tensor_bytes", c_uint64),
        # the caller's gamma, beta, statistics, running statistics, coefficients, dgamma, dbeta,
        # each once: the same on every backend
        ("parameter_bytes", c_uint64),
        # workspace, written and read
        ("partial_sum_bytes", c_uint64),
    ]


class ForwardTrainingArgs(Structure):
    """x -> y with the statistics of x (docs/math.md, section 2). y may be x, or z."""

    SIZE = 192  # bytes
    _fields_ = [
        # as Init set it. Below 8: SIZE_INSUFFICIENT. Above 65536, or with bytes set that this
        # version does not know: BAD_PARAM.
        ("struct_size", c_size_t),
        # [host] same dims and type, any strides each. A descriptor is needed where its pointer is
        # given. Outputs must not overlap themselves.
        ("x_desc", c_void_p),
        # [device]
        ("x", c_void_p),
        # [host] same dims and type, any strides each. A descriptor is needed where its pointer is
        # given. Outputs must not overlap themselves.
        ("z_desc", c_void_p),
        # [device]? residual, added before the activation
        ("z", c_void_p),
        # [host] same dims and type, any strides each. A descriptor is needed where its pointer is
        # given. Outputs must not overlap themselves.
        ("y_desc", c_void_p),
        # [device]
        ("y", c_void_p),
        # [host]? describes gamma, beta, dgamma and dbeta: packed, P elements in any shape, float or
        # the type of x. NULL: float (double where x is double).
        ("parameter_desc", c_void_p),
        # [device]? P entries; NULL: 1
        ("gamma", c_void_p),
        # [device]? P entries; NULL: 0
        ("beta", c_void_p),
        # [device]? G*K raw means, for backward
        ("saved_mean", c_void_p),
        # [device]? G*K raw biased variances, for backward
        ("saved_variance", c_void_p),
        # [device]? G*K means after shrinkage, for monitoring
        ("shrunk_mean", c_void_p),
        # [device]? G*K variances after shrinkage, for monitoring
        ("shrunk_variance", c_void_p),
        # [host]? describes the running statistics: packed, K elements, of any type. NULL: float
        # (double where x is double), whatever parameter_desc says. Float running statistics hold 24
        # bits: at mean 1e4 and deviation 1e-2 inference needs double ones. Those in half hold 11
        # bits and in bfloat16 8, for models that were converted as a whole: good for inference, but
        # a step of an average that is smaller than half a unit of the last place (factor below
        # 2^-11 or 2^-8, roughly) is lost in the rounding.
        ("running_desc", c_void_p),
        # [device]? K previous running means; batch kinds only; needed with next_running_mean unless
        # factor is 1
        ("running_mean", c_void_p),
        # [device]?
        ("running_variance", c_void_p),
        # [device]? K; may be running_mean. next = (1-factor)*previous + factor*new. If x has no
        # elements: the previous value, or untouched if none is given
        ("next_running_mean", c_void_p),
        # [device]?
        ("next_running_variance", c_void_p),
        # exponential average factor in [0,1], the weight of the new value. At 1 the previous value
        # is not read; at 0, as after Init, running statistics keep their bits, whatever x holds
        ("factor", c_double),
        # [device]? updates before this one: factor = 1/(1 + *step) instead. At 0, and below, the
        # previous value is not read, but its pointer is needed
        ("step", c_void_p),
        # [device]? written where the activation is ReLU; backward needs it where z was given;
        # [device] see jsnormGetMaskSize. x must be dense, and the mask is in its memory order; the
        # other tensors may have any strides.
        ("mask", c_void_p),
        # [device]?; [device]? workspace_bytes bytes, at least jsnormGetWorkspaceSize's, at any
        # address. One workspace serves operations that follow each other; operations at the same
        # time need one each.
        ("workspace", c_void_p),
        ("workspace_bytes", c_size_t),
    ]


class ForwardInferenceArgs(Structure):
    """x -> y with given statistics (batch kinds; RAW ones are shrunk first), docs/math.md, section 4.
    For the other kinds the statistics come from the sample, as in training, and the running
    pointers must be NULL. y may be x, or z.
    """

    SIZE = 136  # bytes
    _fields_ = [
        # as Init set it. Below 8: SIZE_INSUFFICIENT. Above 65536, or with bytes set that this
        # version does not know: BAD_PARAM.
        ("struct_size", c_size_t),
        # [host] same dims and type, any strides each. A descriptor is needed where its pointer is
        # given. Outputs must not overlap themselves.
        ("x_desc", c_void_p),
        # [device]
        ("x", c_void_p),
        # [host] same dims and type, any strides each. A descriptor is needed where its pointer is
        # given. Outputs must not overlap themselves.
        ("z_desc", c_void_p),
        # [device]?
        ("z", c_void_p),
        # [host] same dims and type, any strides each. A descriptor is needed where its pointer is
        # given. Outputs must not overlap themselves.
        ("y_desc", c_void_p),
        # [device]
        ("y", c_void_p),
        # [host]? describes gamma, beta, dgamma and dbeta: packed, P elements in any shape, float or
        # the type of x. NULL: float (double where x is double).
        ("parameter_desc", c_void_p),
        # [device]?
        ("gamma", c_void_p),
        # [device]?
        ("beta", c_void_p),
        # [host]? describes the running statistics: packed, K elements, of any type. NULL: float
        # (double where x is double), whatever parameter_desc says. Float running statistics hold 24
        # bits: at mean 1e4 and deviation 1e-2 inference needs double ones. Those in half hold 11
        # bits and in bfloat16 8, for models that were converted as a whole: good for inference, but
        # a step of an average that is smaller than half a unit of the last place (factor below
        # 2^-11 or 2^-8, roughly) is lost in the rounding.
        ("running_desc", c_void_p),
        # [device]? K; batch kinds need it, the others must not have it
        ("running_mean", c_void_p),
        # [device]? K; likewise
        ("running_variance", c_void_p),
        # for RAW and an estimator that depends on R (STEIN_CORRECTED, RIDGE, LASSO, SAMPLING): the
        # R of training. 0: the R of this x; the result then depends on the batch size
        ("running_element_count", c_int64),
        # [device]? written where the activation is ReLU; jsnormBackwardFixedStatistics needs it
        # where z was given; [device] see jsnormGetMaskSize. x must be dense, and the mask is in its
        # memory order; the other tensors may have any strides.
        ("mask", c_void_p),
        # [device]?; [device]? workspace_bytes bytes, at least jsnormGetWorkspaceSize's, at any
        # address. One workspace serves operations that follow each other; operations at the same
        # time need one each.
        ("workspace", c_void_p),
        ("workspace_bytes", c_size_t),
    ]


class BackwardArgs(Structure):
    """The gradient of jsnormForwardTraining (docs/math.md, section 3), through the statistics and
    their shrinkage. dx may be dy, or dz may be dy (not both). ReLU's gradient comes from the mask.
    Without a mask its sign is recomputed from x and beta, which is right only if forward had no z;
    dz therefore needs the mask.
    """

    SIZE = 152  # bytes
    _fields_ = [
        # as Init set it. Below 8: SIZE_INSUFFICIENT. Above 65536, or with bytes set that this
        # version does not know: BAD_PARAM.
        ("struct_size", c_size_t),
        # [host] same dims and type, any strides each. A descriptor is needed where its pointer is
        # given. Outputs must not overlap themselves.
        ("x_desc", c_void_p),
        # [device] as in forward
        ("x", c_void_p),
        # [host] same dims and type, any strides each. A descriptor is needed where its pointer is
        # given. Outputs must not overlap themselves.
        ("dy_desc", c_void_p),
        # [device] gradient of y
        ("dy", c_void_p),
        # [host]? describes gamma, beta, dgamma and dbeta: packed, P elements in any shape, float or
        # the type of x. NULL: float (double where x is double).
        ("parameter_desc", c_void_p),
        # [device]? as in forward
        ("gamma", c_void_p),
        # [device]? as in forward; read only with ReLU and no mask
        ("beta", c_void_p),
        # [device] G*K
        ("saved_mean", c_void_p),
        # [device] G*K
        ("saved_variance", c_void_p),
        # [device]?; [device] see jsnormGetMaskSize. x must be dense, and the mask is in its memory
        # order; the other tensors may have any strides.
        ("mask", c_void_p),
        # [host] same dims and type, any strides each. A descriptor is needed where its pointer is
        # given. Outputs must not overlap themselves.
        ("dx_desc", c_void_p),
        # [device]?
        ("dx", c_void_p),
        # [device]? P
        ("dgamma", c_void_p),
        # [device]? P
        ("dbeta", c_void_p),
        # [host] same dims and type, any strides each. A descriptor is needed where its pointer is
        # given. Outputs must not overlap themselves.
        ("dz_desc", c_void_p),
        # [device]?
        ("dz", c_void_p),
        # [device]?; [device]? workspace_bytes bytes, at least jsnormGetWorkspaceSize's, at any
        # address. One workspace serves operations that follow each other; operations at the same
        # time need one each.
        ("workspace", c_void_p),
        ("workspace_bytes", c_size_t),
    ]


class BackwardFixedStatisticsArgs(Structure):
    """The gradient of jsnormForwardInference of a batch kind: the statistics are constants
    (docs/math.md, section 3, last formula). Other kinds: NOT_SUPPORTED, use jsnormBackward.
    Aliasing and ReLU as for jsnormBackward; the mask is that of jsnormForwardInference.
    """

    SIZE = 168  # bytes
    _fields_ = [
        # as Init set it. Below 8: SIZE_INSUFFICIENT. Above 65536, or with bytes set that this
        # version does not know: BAD_PARAM.
        ("struct_size", c_size_t),
        # [host] same dims and type, any strides each. A descriptor is needed where its pointer is
        # given. Outputs must not overlap themselves.
        ("x_desc", c_void_p),
        # [device]
        ("x", c_void_p),
        # [host] same dims and type, any strides each. A descriptor is needed where its pointer is
        # given. Outputs must not overlap themselves.
        ("dy_desc", c_void_p),
        # [device]
        ("dy", c_void_p),
        # [host]? describes gamma, beta, dgamma and dbeta: packed, P elements in any shape, float or
        # the type of x. NULL: float (double where x is double).
        ("parameter_desc", c_void_p),
        # [device]?
        ("gamma", c_void_p),
        # [device]?
        ("beta", c_void_p),
        # [host]? describes the running statistics: packed, K elements, of any type. NULL: float
        # (double where x is double), whatever parameter_desc says. Float running statistics hold 24
        # bits: at mean 1e4 and deviation 1e-2 inference needs double ones. Those in half hold 11
        # bits and in bfloat16 8, for models that were converted as a whole: good for inference, but
        # a step of an average that is smaller than half a unit of the last place (factor below
        # 2^-11 or 2^-8, roughly) is lost in the rounding.
        ("running_desc", c_void_p),
        # [device] K
        ("running_mean", c_void_p),
        # [device] K
        ("running_variance", c_void_p),
        # as in jsnormForwardInferenceArgs_t
        ("running_element_count", c_int64),
        # [device]?; [device] see jsnormGetMaskSize. x must be dense, and the mask is in its memory
        # order; the other tensors may have any strides.
        ("mask", c_void_p),
        # [host] same dims and type, any strides each. A descriptor is needed where its pointer is
        # given. Outputs must not overlap themselves.
        ("dx_desc", c_void_p),
        # [device]?
        ("dx", c_void_p),
        # [device]? P
        ("dgamma", c_void_p),
        # [device]? P
        ("dbeta", c_void_p),
        # [host] same dims and type, any strides each. A descriptor is needed where its pointer is
        # given. Outputs must not overlap themselves.
        ("dz_desc", c_void_p),
        # [device]?
        ("dz", c_void_p),
        # [device]?; [device]? workspace_bytes bytes, at least jsnormGetWorkspaceSize's, at any
        # address. One workspace serves operations that follow each other; operations at the same
        # time need one each.
        ("workspace", c_void_p),
        ("workspace_bytes", c_size_t),
    ]


class RecordHeader(Structure):
    """The first 16 bytes of a record. Records are trivially copyable, aligned to 16 and padded to a
    multiple of 16 bytes.
    """

    SIZE = 16  # bytes
    _fields_ = [
        # elements per statistic in this part, R; may be 0
        ("count", c_int64),
        # jsnormRecordFormat_t
        ("format", c_int32),
        # K
        ("statistics_per_group", c_int32),
    ]


class ForwardStatisticsArgs(Structure):
    """x -> a record of its statistics."""

    SIZE = 56  # bytes
    _fields_ = [
        # as Init set it. Below 8: SIZE_INSUFFICIENT. Above 65536, or with bytes set that this
        # version does not know: BAD_PARAM.
        ("struct_size", c_size_t),
        # [host] same dims and type, any strides each. A descriptor is needed where its pointer is
        # given. Outputs must not overlap themselves.
        ("x_desc", c_void_p),
        # [device]
        ("x", c_void_p),
        # [device] one record, aligned to 16
        ("record", c_void_p),
        # MOMENTS or SUMS
        ("record_format", c_int32),
        # 0
        ("reserved", c_int32),
        # [device]?; [device]? workspace_bytes bytes, at least jsnormGetWorkspaceSize's, at any
        # address. One workspace serves operations that follow each other; operations at the same
        # time need one each.
        ("workspace", c_void_p),
        ("workspace_bytes", c_size_t),
    ]


class ForwardFinalizeArgs(Structure):
    """Records -> the statistics of all parts, shrunk; coefficients; running statistics. The headers
    must agree with record_format and K, and no count may be negative: else a CPU handle returns
    BAD_PARAM, SHAPE_MISMATCH or OUT_OF_BOUND; on CUDA, where the host cannot read them, every
    statistic, coefficient and running statistic becomes NaN and total_count -1.
    """

    SIZE = 160  # bytes
    _fields_ = [
        # as Init set it. Below 8: SIZE_INSUFFICIENT. Above 65536, or with bytes set that this
        # version does not know: BAD_PARAM.
        ("struct_size", c_size_t),
        # for K and the type; its batch size does not matter; [host] same dims and type, any strides
        # each. A descriptor is needed where its pointer is given. Outputs must not overlap
        # themselves.
        ("x_desc", c_void_p),
        # [device] record_count records, one after another, aligned to 16
        ("records", c_void_p),
        # 1 or more
        ("record_count", c_int64),
        # of all records
        ("record_format", c_int32),
        # 0
        ("reserved", c_int32),
        # [device]? K raw means of all parts
        ("saved_mean", c_void_p),
        # [device]? K
        ("saved_variance", c_void_p),
        # [device]? K
        ("shrunk_mean", c_void_p),
        # [device]? K
        ("shrunk_variance", c_void_p),
        # [device]? elements per statistic in all parts, for BackwardFinalize
        ("total_count", c_void_p),
        # [host]? describes the running statistics: packed, K elements, of any type. NULL: float
        # (double where x is double), whatever parameter_desc says. Float running statistics hold 24
        # bits: at mean 1e4 and deviation 1e-2 inference needs double ones. Those in half hold 11
        # bits and in bfloat16 8, for models that were converted as a whole: good for inference, but
        # a step of an average that is smaller than half a unit of the last place (factor below
        # 2^-11 or 2^-8, roughly) is lost in the rounding.
        ("running_desc", c_void_p),
        # [device]? as in jsnormForwardTrainingArgs_t
        ("running_mean", c_void_p),
        # [device]?
        ("running_variance", c_void_p),
        # [device]?
        ("next_running_mean", c_void_p),
        # [device]?
        ("next_running_variance", c_void_p),
        ("factor", c_double),
        # [device]?
        ("step", c_void_p),
        # [device] forward coefficients, aligned to 16
        ("coefficients", c_void_p),
        # [device]?; [device]? workspace_bytes bytes, at least jsnormGetWorkspaceSize's, at any
        # address. One workspace serves operations that follow each other; operations at the same
        # time need one each.
        ("workspace", c_void_p),
        ("workspace_bytes", c_size_t),
    ]


class ForwardApplyArgs(Structure):
    """x -> y by coefficients. y may be x, or z."""

    SIZE = 112  # bytes
    _fields_ = [
        # as Init set it. Below 8: SIZE_INSUFFICIENT. Above 65536, or with bytes set that this
        # version does not know: BAD_PARAM.
        ("struct_size", c_size_t),
        # [host] same dims and type, any strides each. A descriptor is needed where its pointer is
        # given. Outputs must not overlap themselves.
        ("x_desc", c_void_p),
        # [device]
        ("x", c_void_p),
        # [host] same dims and type, any strides each. A descriptor is needed where its pointer is
        # given. Outputs must not overlap themselves.
        ("z_desc", c_void_p),
        # [device]?
        ("z", c_void_p),
        # [host] same dims and type, any strides each. A descriptor is needed where its pointer is
        # given. Outputs must not overlap themselves.
        ("y_desc", c_void_p),
        # [device]
        ("y", c_void_p),
        # [host]? describes gamma, beta, dgamma and dbeta: packed, P elements in any shape, float or
        # the type of x. NULL: float (double where x is double).
        ("parameter_desc", c_void_p),
        # [device]?
        ("gamma", c_void_p),
        # [device]?
        ("beta", c_void_p),
        # [device] forward coefficients
        ("coefficients", c_void_p),
        # [device]?; [device] see jsnormGetMaskSize. x must be dense, and the mask is in its memory
        # order; the other tensors may have any strides.
        ("mask", c_void_p),
        # [device]?; [device]? workspace_bytes bytes, at least jsnormGetWorkspaceSize's, at any
        # address. One workspace serves operations that follow each other; operations at the same
        # time need one each.
        ("workspace", c_void_p),
        ("workspace_bytes", c_size_t),
    ]


class BackwardReduceArgs(Structure):
    """dy, x -> double sums[2K]: sum dy and sum dy*(x - mean) of this part, dy after the activation's
    gradient.
    """

    SIZE = 112  # bytes
    _fields_ = [
        # as Init set it. Below 8: SIZE_INSUFFICIENT. Above 65536, or with bytes set that this
        # version does not know: BAD_PARAM.
        ("struct_size", c_size_t),
        # [host] same dims and type, any strides each. A descriptor is needed where its pointer is
        # given. Outputs must not overlap themselves.
        ("x_desc", c_void_p),
        # [device]
        ("x", c_void_p),
        # [host] same dims and type, any strides each. A descriptor is needed where its pointer is
        # given. Outputs must not overlap themselves.
        ("dy_desc", c_void_p),
        # [device]
        ("dy", c_void_p),
        # [host]? describes gamma, beta, dgamma and dbeta: packed, P elements in any shape, float or
        # the type of x. NULL: float (double where x is double).
        ("parameter_desc", c_void_p),
        # [device]? read only with ReLU and no mask, like beta and coefficients
        ("gamma", c_void_p),
        # [device]?
        ("beta", c_void_p),
        # [device] K raw means of all parts
        ("saved_mean", c_void_p),
        # [device]? forward coefficients; needed with ReLU and no mask
        ("coefficients", c_void_p),
        # [device]?; [device] see jsnormGetMaskSize. x must be dense, and the mask is in its memory
        # order; the other tensors may have any strides.
        ("mask", c_void_p),
        # [device] 2K
        ("sums", c_void_p),
        # [device]?; [device]? workspace_bytes bytes, at least jsnormGetWorkspaceSize's, at any
        # address. One workspace serves operations that follow each other; operations at the same
        # time need one each.
        ("workspace", c_void_p),
        ("workspace_bytes", c_size_t),
    ]


class BackwardFinalizeArgs(Structure):
    """Sums -> backward coefficients, dgamma, dbeta."""

    SIZE = 120  # bytes
    _fields_ = [
        # as Init set it. Below 8: SIZE_INSUFFICIENT. Above 65536, or with bytes set that this
        # version does not know: BAD_PARAM.
        ("struct_size", c_size_t),
        # for K and the type; its batch size does not matter; [host] same dims and type, any strides
        # each. A descriptor is needed where its pointer is given. Outputs must not overlap
        # themselves.
        ("x_desc", c_void_p),
        # [device]? 2K of this part; needed for dgamma and dbeta of LOCAL scope
        ("local_sums", c_void_p),
        # [device] the sums of record_count parts, 2K each, one after another, as an all-gather
        # leaves them; may be local_sums
        ("global_sums", c_void_p),
        # parts in global_sums, added in their order, in double: every process gets the same bits.
        # 0, as after Init, is 1: the sums of all parts, added before
        ("record_count", c_int64),
        # [device] from ForwardFinalize
        ("total_count", c_void_p),
        # [host]? describes gamma, beta, dgamma and dbeta: packed, P elements in any shape, float or
        # the type of x. NULL: float (double where x is double).
        ("parameter_desc", c_void_p),
        # [device]?
        ("gamma", c_void_p),
        # [device] K
        ("saved_mean", c_void_p),
        # [device] K
        ("saved_variance", c_void_p),
        # [device]? P
        ("dgamma", c_void_p),
        # [device]? P
        ("dbeta", c_void_p),
        # [device] backward coefficients, aligned to 16
        ("coefficients", c_void_p),
        # [device]?; [device]? workspace_bytes bytes, at least jsnormGetWorkspaceSize's, at any
        # address. One workspace serves operations that follow each other; operations at the same
        # time need one each.
        ("workspace", c_void_p),
        ("workspace_bytes", c_size_t),
    ]


class BackwardApplyArgs(Structure):
    """dy, x -> dx, dz by coefficients. dx may be dy, dz may be dy (not both)."""

    SIZE = 136  # bytes
    _fields_ = [
        # as Init set it. Below 8: SIZE_INSUFFICIENT. Above 65536, or with bytes set that this
        # version does not know: BAD_PARAM.
        ("struct_size", c_size_t),
        # [host] same dims and type, any strides each. A descriptor is needed where its pointer is
        # given. Outputs must not overlap themselves.
        ("x_desc", c_void_p),
        # [device]
        ("x", c_void_p),
        # [host] same dims and type, any strides each. A descriptor is needed where its pointer is
        # given. Outputs must not overlap themselves.
        ("dy_desc", c_void_p),
        # [device]
        ("dy", c_void_p),
        # [host]? describes gamma, beta, dgamma and dbeta: packed, P elements in any shape, float or
        # the type of x. NULL: float (double where x is double).
        ("parameter_desc", c_void_p),
        # [device]?
        ("gamma", c_void_p),
        # [device]? read only with ReLU and no mask
        ("beta", c_void_p),
        # [device]? needed with ReLU and no mask
        ("forward_coefficients", c_void_p),
        # [device]
        ("backward_coefficients", c_void_p),
        # [device]?; [device] see jsnormGetMaskSize. x must be dense, and the mask is in its memory
        # order; the other tensors may have any strides.
        ("mask", c_void_p),
        # [host] same dims and type, any strides each. A descriptor is needed where its pointer is
        # given. Outputs must not overlap themselves.
        ("dx_desc", c_void_p),
        # [device]?
        ("dx", c_void_p),
        # [host] same dims and type, any strides each. A descriptor is needed where its pointer is
        # given. Outputs must not overlap themselves.
        ("dz_desc", c_void_p),
        # [device]?
        ("dz", c_void_p),
        # [device]?; [device]? workspace_bytes bytes, at least jsnormGetWorkspaceSize's, at any
        # address. One workspace serves operations that follow each other; operations at the same
        # time need one each.
        ("workspace", c_void_p),
        ("workspace_bytes", c_size_t),
    ]


# Name, result, arguments.
FUNCTIONS = [
    ("jsnormGetVersion", c_uint32, []),
    ("jsnormGetVersionString", c_char_p, []),
    ("jsnormGetStatusString", c_char_p, [c_int32]),
    ("jsnormGetLastErrorString", c_char_p, []),
    ("jsnormSetLogCallback", c_int32, [c_int32, c_void_p, c_void_p]),
    ("jsnormCreate", c_int32, [c_void_p, c_int32]),
    ("jsnormDestroy", c_int32, [c_void_p]),
    ("jsnormGetBackend", c_int32, [c_void_p, c_void_p]),
    ("jsnormSetStream", c_int32, [c_void_p, c_void_p]),
    ("jsnormGetStream", c_int32, [c_void_p, c_void_p]),
    ("jsnormSetThreadCount", c_int32, [c_void_p, c_int32]),
    ("jsnormGetThreadCount", c_int32, [c_void_p, c_void_p]),
    ("jsnormSetTaskRunner", c_int32, [c_void_p, c_void_p, c_void_p]),
    ("jsnormGetTaskRunner", c_int32, [c_void_p, c_void_p, c_void_p]),
    ("jsnormSetSmCountTarget", c_int32, [c_void_p, c_int32]),
    ("jsnormGetSmCountTarget", c_int32, [c_void_p, c_void_p]),
    ("jsnormSetPointerChecks", c_int32, [c_void_p, c_int32]),
    ("jsnormGetPointerChecks", c_int32, [c_void_p, c_void_p]),
    ("jsnormWarmup", c_int32, [c_void_p]),
    ("jsnormCreateTensorDescriptor", c_int32, [c_void_p]),
    ("jsnormDestroyTensorDescriptor", c_int32, [c_void_p]),
    ("jsnormSetTensorDescriptor", c_int32, [c_void_p, c_int32, c_int32, c_void_p, c_void_p]),
    ("jsnormGetTensorDescriptor", c_int32, [c_void_p, c_void_p, c_void_p, c_void_p, c_void_p]),
    ("jsnormGetTensorExtent", c_int32, [c_void_p, c_void_p, c_void_p, c_void_p]),
    ("jsnormCreateNormDescriptor", c_int32, [c_void_p, c_int32]),
    ("jsnormDestroyNormDescriptor", c_int32, [c_void_p]),
    ("jsnormFinalizeNormDescriptor", c_int32, [c_void_p]),
    ("jsnormCloneNormDescriptor", c_int32, [c_void_p, c_void_p]),
    ("jsnormGetNormKind", c_int32, [c_void_p, c_void_p]),
    ("jsnormSetNormEstimators", c_int32, [c_void_p, c_int32, c_int32]),
    ("jsnormGetNormEstimators", c_int32, [c_void_p, c_void_p, c_void_p]),
    ("jsnormSetNormLambda", c_int32, [c_void_p, c_double]),
    ("jsnormGetNormLambda", c_int32, [c_void_p, c_void_p]),
    ("jsnormSetNormEpsilon", c_int32, [c_void_p, c_double]),
    ("jsnormGetNormEpsilon", c_int32, [c_void_p, c_void_p]),
    ("jsnormSetNormEffectiveFraction", c_int32, [c_void_p, c_double]),
    ("jsnormGetNormEffectiveFraction", c_int32, [c_void_p, c_void_p]),
    ("jsnormSetNormActivation", c_int32, [c_void_p, c_int32]),
    ("jsnormGetNormActivation", c_int32, [c_void_p, c_void_p]),
    ("jsnormSetNormFirstNormalizedAxis", c_int32, [c_void_p, c_int32]),
    ("jsnormGetNormFirstNormalizedAxis", c_int32, [c_void_p, c_void_p]),
    ("jsnormSetNormStatisticsPerGroup", c_int32, [c_void_p, c_int64]),
    ("jsnormGetNormStatisticsPerGroup", c_int32, [c_void_p, c_void_p]),
    ("jsnormSetNormGroupCount", c_int32, [c_void_p, c_int64]),
    ("jsnormGetNormGroupCount", c_int32, [c_void_p, c_void_p]),
    ("jsnormSetNormRunningStatistics", c_int32, [c_void_p, c_int32, c_int32]),
    ("jsnormGetNormRunningStatistics", c_int32, [c_void_p, c_void_p, c_void_p]),
    ("jsnormSetNormParameterGradientScope", c_int32, [c_void_p, c_int32]),
    ("jsnormGetNormParameterGradientScope", c_int32, [c_void_p, c_void_p]),
    ("jsnormGetStatisticsShape", c_int32,
     [c_void_p, c_void_p, c_void_p, c_void_p, c_void_p, c_void_p]),
    ("jsnormGetWorkspaceSize", c_int32, [c_void_p, c_void_p, c_void_p, c_int32, c_void_p]),
    ("jsnormGetWorkspaceUpperBound", c_int32, [c_void_p, c_void_p, c_int32, c_void_p]),
    ("jsnormGetMaskSize", c_int32, [c_void_p, c_void_p]),
    ("jsnormMemoryTrafficInit", c_int32, [c_void_p, c_size_t]),
    ("jsnormGetMemoryTraffic", c_int32,
     [c_void_p, c_void_p, c_void_p, c_int32, c_uint32, c_void_p]),
    ("jsnormGetPlanDescription", c_int32,
     [c_void_p, c_void_p, c_int32, c_void_p, c_void_p, c_size_t, c_void_p]),
    ("jsnormForwardTrainingArgsInit", c_int32, [c_void_p, c_size_t]),
    ("jsnormForwardInferenceArgsInit", c_int32, [c_void_p, c_size_t]),
    ("jsnormBackwardArgsInit", c_int32, [c_void_p, c_size_t]),
    ("jsnormBackwardFixedStatisticsArgsInit", c_int32, [c_void_p, c_size_t]),
    ("jsnormForwardTraining", c_int32, [c_void_p, c_void_p, c_void_p]),
    ("jsnormForwardInference", c_int32, [c_void_p, c_void_p, c_void_p]),
    ("jsnormBackward", c_int32, [c_void_p, c_void_p, c_void_p]),
    ("jsnormBackwardFixedStatistics", c_int32, [c_void_p, c_void_p, c_void_p]),
    ("jsnormGetRecordSize", c_int32, [c_void_p, c_void_p, c_int32, c_void_p]),
    ("jsnormGetForwardCoefficientSize", c_int32, [c_void_p, c_void_p, c_void_p]),
    ("jsnormGetBackwardCoefficientSize", c_int32, [c_void_p, c_void_p, c_void_p]),
    ("jsnormForwardStatisticsArgsInit", c_int32, [c_void_p, c_size_t]),
    ("jsnormForwardFinalizeArgsInit", c_int32, [c_void_p, c_size_t]),
    ("jsnormForwardApplyArgsInit", c_int32, [c_void_p, c_size_t]),
    ("jsnormBackwardReduceArgsInit", c_int32, [c_void_p, c_size_t]),
    ("jsnormBackwardFinalizeArgsInit", c_int32, [c_void_p, c_size_t]),
    ("jsnormBackwardApplyArgsInit", c_int32, [c_void_p, c_size_t]),
    ("jsnormForwardStatistics", c_int32, [c_void_p, c_void_p, c_void_p]),
    ("jsnormForwardFinalize", c_int32, [c_void_p, c_void_p, c_void_p]),
    ("jsnormForwardApply", c_int32, [c_void_p, c_void_p, c_void_p]),
    ("jsnormBackwardReduce", c_int32, [c_void_p, c_void_p, c_void_p]),
    ("jsnormBackwardFinalize", c_int32, [c_void_p, c_void_p, c_void_p]),
    ("jsnormBackwardApply", c_int32, [c_void_p, c_void_p, c_void_p]),
]


# The argument struct of every operation, by its enumerator.
OPERATIONS = {
    Operation.FORWARD_TRAINING: ("jsnormForwardTraining", ForwardTrainingArgs),
    Operation.FORWARD_INFERENCE: ("jsnormForwardInference", ForwardInferenceArgs),
    Operation.BACKWARD: ("jsnormBackward", BackwardArgs),
    Operation.BACKWARD_FIXED_STATISTICS: ("jsnormBackwardFixedStatistics", BackwardFixedStatisticsArgs),
    Operation.FORWARD_STATISTICS: ("jsnormForwardStatistics", ForwardStatisticsArgs),
    Operation.FORWARD_FINALIZE: ("jsnormForwardFinalize", ForwardFinalizeArgs),
    Operation.FORWARD_APPLY: ("jsnormForwardApply", ForwardApplyArgs),
    Operation.BACKWARD_REDUCE: ("jsnormBackwardReduce", BackwardReduceArgs),
    Operation.BACKWARD_FINALIZE: ("jsnormBackwardFinalize", BackwardFinalizeArgs),
    Operation.BACKWARD_APPLY: ("jsnormBackwardApply", BackwardApplyArgs),
}
