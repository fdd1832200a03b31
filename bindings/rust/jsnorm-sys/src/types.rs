// SPDX-License-Identifier: Apache-2.0
// Written by tools/bindings/rust_bindings.py from api/jsnorm_api.json. Do not edit.

use std::ffi::{c_char, c_void};
use std::fmt;
use std::marker::{PhantomData, PhantomPinned};
use std::ptr;

/// `JSNORM_VERSION_MAJOR` of the header.
pub const JSNORM_VERSION_MAJOR: u32 = 0;
/// `JSNORM_VERSION_MINOR` of the header.
pub const JSNORM_VERSION_MINOR: u32 = 2;
/// `JSNORM_VERSION_PATCH` of the header.
pub const JSNORM_VERSION_PATCH: u32 = 0;
/// MAJOR\*10000 + MINOR\*100 + PATCH
pub const JSNORM_VERSION: u32 = 200;
/// `JSNORM_MAX_RANK` of the header.
pub const JSNORM_MAX_RANK: u32 = 8;
/// z, or dz
pub const JSNORM_TRAFFIC_RESIDUAL: u32 = 1;
/// the ReLU mask
pub const JSNORM_TRAFFIC_MASK: u32 = 2;

/// Values never change their meaning; new ones may be added. The category is the value rounded down
/// to a multiple of 1000.
#[repr(transparent)]
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct jsnormStatus_t(pub i32);

impl jsnormStatus_t {
    /// `JSNORM_STATUS_SUCCESS` of the header.
    pub const SUCCESS: Self = Self(0);
    /// not a handle or descriptor, or one that was destroyed
    pub const NOT_INITIALIZED: Self = Self(1001);
    /// a value out of its documented range
    pub const BAD_PARAM: Self = Self(2000);
    /// a required pointer is NULL
    pub const BAD_PARAM_NULL_POINTER: Self = Self(2002);
    /// a pointer not aligned to its element type
    pub const BAD_PARAM_MISALIGNED_POINTER: Self = Self(2003);
    /// an index, rank or size out of bounds
    pub const BAD_PARAM_OUT_OF_BOUND: Self = Self(2005);
    /// a workspace or struct that is too small
    pub const BAD_PARAM_SIZE_INSUFFICIENT: Self = Self(2006);
    /// descriptors whose shapes do not fit together
    pub const BAD_PARAM_SHAPE_MISMATCH: Self = Self(2008);
    /// descriptors whose types do not fit together
    pub const BAD_PARAM_DATA_TYPE_MISMATCH: Self = Self(2009);
    /// setting a norm descriptor that has been used
    pub const BAD_PARAM_NOT_MUTABLE: Self = Self(2010);
    /// memory that the handle's device cannot reach
    pub const BAD_PARAM_DEVICE_MISMATCH: Self = Self(2011);
    /// an output overlaps another tensor in a way not allowed
    pub const BAD_PARAM_ALIASING: Self = Self(2012);
    /// a valid request that this library does not serve
    pub const NOT_SUPPORTED: Self = Self(3000);
    /// sizes or offsets beyond 64 bits
    pub const NOT_SUPPORTED_SHAPE: Self = Self(3002);
    /// `JSNORM_STATUS_NOT_SUPPORTED_DATA_TYPE` of the header.
    pub const NOT_SUPPORTED_DATA_TYPE: Self = Self(3003);
    /// e.g. a mask for a tensor that is not dense
    pub const NOT_SUPPORTED_LAYOUT: Self = Self(3004);
    /// a device that this build has no code for
    pub const NOT_SUPPORTED_ARCHITECTURE: Self = Self(3007);
    /// a backend that this build or machine does not have
    pub const NOT_SUPPORTED_BACKEND: Self = Self(3008);
    /// `JSNORM_STATUS_INTERNAL_ERROR` of the header.
    pub const INTERNAL_ERROR: Self = Self(4000);
    /// no side effect: the same call may be repeated
    pub const INTERNAL_ERROR_HOST_ALLOCATION_FAILED: Self = Self(4003);
    /// `JSNORM_STATUS_EXECUTION_FAILED` of the header.
    pub const EXECUTION_FAILED: Self = Self(5000);
    /// a CUDA call failed
    pub const EXECUTION_FAILED_CUDA: Self = Self(5003);
    /// the device context is broken; only destroying still works
    pub const EXECUTION_FAILED_DEVICE_LOST: Self = Self(5004);
}

impl fmt::Debug for jsnormStatus_t {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::SUCCESS => f.write_str("JSNORM_STATUS_SUCCESS"),
            Self::NOT_INITIALIZED => f.write_str("JSNORM_STATUS_NOT_INITIALIZED"),
            Self::BAD_PARAM => f.write_str("JSNORM_STATUS_BAD_PARAM"),
            Self::BAD_PARAM_NULL_POINTER => f.write_str("JSNORM_STATUS_BAD_PARAM_NULL_POINTER"),
            Self::BAD_PARAM_MISALIGNED_POINTER => f.write_str("JSNORM_STATUS_BAD_PARAM_MISALIGNED_POINTER"),
            Self::BAD_PARAM_OUT_OF_BOUND => f.write_str("JSNORM_STATUS_BAD_PARAM_OUT_OF_BOUND"),
            Self::BAD_PARAM_SIZE_INSUFFICIENT => f.write_str("JSNORM_STATUS_BAD_PARAM_SIZE_INSUFFICIENT"),
            Self::BAD_PARAM_SHAPE_MISMATCH => f.write_str("JSNORM_STATUS_BAD_PARAM_SHAPE_MISMATCH"),
            Self::BAD_PARAM_DATA_TYPE_MISMATCH => f.write_str("JSNORM_STATUS_BAD_PARAM_DATA_TYPE_MISMATCH"),
            Self::BAD_PARAM_NOT_MUTABLE => f.write_str("JSNORM_STATUS_BAD_PARAM_NOT_MUTABLE"),
            Self::BAD_PARAM_DEVICE_MISMATCH => f.write_str("JSNORM_STATUS_BAD_PARAM_DEVICE_MISMATCH"),
            Self::BAD_PARAM_ALIASING => f.write_str("JSNORM_STATUS_BAD_PARAM_ALIASING"),
            Self::NOT_SUPPORTED => f.write_str("JSNORM_STATUS_NOT_SUPPORTED"),
            Self::NOT_SUPPORTED_SHAPE => f.write_str("JSNORM_STATUS_NOT_SUPPORTED_SHAPE"),
            Self::NOT_SUPPORTED_DATA_TYPE => f.write_str("JSNORM_STATUS_NOT_SUPPORTED_DATA_TYPE"),
            Self::NOT_SUPPORTED_LAYOUT => f.write_str("JSNORM_STATUS_NOT_SUPPORTED_LAYOUT"),
            Self::NOT_SUPPORTED_ARCHITECTURE => f.write_str("JSNORM_STATUS_NOT_SUPPORTED_ARCHITECTURE"),
            Self::NOT_SUPPORTED_BACKEND => f.write_str("JSNORM_STATUS_NOT_SUPPORTED_BACKEND"),
            Self::INTERNAL_ERROR => f.write_str("JSNORM_STATUS_INTERNAL_ERROR"),
            Self::INTERNAL_ERROR_HOST_ALLOCATION_FAILED => f.write_str("JSNORM_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED"),
            Self::EXECUTION_FAILED => f.write_str("JSNORM_STATUS_EXECUTION_FAILED"),
            Self::EXECUTION_FAILED_CUDA => f.write_str("JSNORM_STATUS_EXECUTION_FAILED_CUDA"),
            Self::EXECUTION_FAILED_DEVICE_LOST => f.write_str("JSNORM_STATUS_EXECUTION_FAILED_DEVICE_LOST"),
            Self(other) => write!(f, "jsnormStatus_t({other})"),
        }
    }
}

/// `jsnormLogLevel_t` of the header.
#[repr(transparent)]
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct jsnormLogLevel_t(pub i32);

impl jsnormLogLevel_t {
    /// `JSNORM_LOG_OFF` of the header.
    pub const OFF: Self = Self(0);
    /// every failed call, with its message
    pub const ERROR: Self = Self(1);
    /// `JSNORM_LOG_WARN` of the header.
    pub const WARN: Self = Self(2);
    /// every operation, with its problem and plan
    pub const INFO: Self = Self(3);
    /// every call
    pub const TRACE: Self = Self(4);
}

impl fmt::Debug for jsnormLogLevel_t {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::OFF => f.write_str("JSNORM_LOG_OFF"),
            Self::ERROR => f.write_str("JSNORM_LOG_ERROR"),
            Self::WARN => f.write_str("JSNORM_LOG_WARN"),
            Self::INFO => f.write_str("JSNORM_LOG_INFO"),
            Self::TRACE => f.write_str("JSNORM_LOG_TRACE"),
            Self(other) => write!(f, "jsnormLogLevel_t({other})"),
        }
    }
}

/// `jsnormBackend_t` of the header.
#[repr(transparent)]
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct jsnormBackend_t(pub i32);

impl jsnormBackend_t {
    /// CUDA if a device and driver are found, else CPU; jsnormGetBackend tells which
    pub const AUTO: Self = Self(0);
    /// \[device\] pointers are host memory; calls return when the work is done
    pub const CPU: Self = Self(1);
    /// \[device\] pointers are memory of the device that is current at creation
    pub const CUDA: Self = Self(2);
}

impl fmt::Debug for jsnormBackend_t {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::AUTO => f.write_str("JSNORM_BACKEND_AUTO"),
            Self::CPU => f.write_str("JSNORM_BACKEND_CPU"),
            Self::CUDA => f.write_str("JSNORM_BACKEND_CUDA"),
            Self(other) => write!(f, "jsnormBackend_t({other})"),
        }
    }
}

/// `jsnormDataType_t` of the header.
#[repr(transparent)]
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct jsnormDataType_t(pub i32);

impl jsnormDataType_t {
    /// `JSNORM_FLOAT` of the header.
    pub const FLOAT: Self = Self(0);
    /// `JSNORM_DOUBLE` of the header.
    pub const DOUBLE: Self = Self(1);
    /// IEEE binary16
    pub const HALF: Self = Self(2);
    /// `JSNORM_BFLOAT16` of the header.
    pub const BFLOAT16: Self = Self(3);
}

impl fmt::Debug for jsnormDataType_t {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::FLOAT => f.write_str("JSNORM_FLOAT"),
            Self::DOUBLE => f.write_str("JSNORM_DOUBLE"),
            Self::HALF => f.write_str("JSNORM_HALF"),
            Self::BFLOAT16 => f.write_str("JSNORM_BFLOAT16"),
            Self(other) => write!(f, "jsnormDataType_t({other})"),
        }
    }
}

/// `jsnormNormKind_t` of the header.
#[repr(transparent)]
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct jsnormNormKind_t(pub i32);

impl jsnormNormKind_t {
    /// statistics per channel, over the batch and the spatial axes
    pub const BATCH_NORM: Self = Self(0);
    /// statistics per activation, over the batch
    pub const BATCH_NORM_PER_ACTIVATION: Self = Self(1);
    /// statistics per sample and channel, over the spatial axes; shrunk over the channels of a
    /// sample. This is the layer norm of the James-Stein paper.
    pub const INSTANCE_NORM: Self = Self(2);
    /// the layer norm of frameworks: statistics per row, over the last axes; shrunk over the rows
    /// of a sample. A row then depends on the other rows of its sample: not for causal models, and
    /// padding rows count. With fewer than 3 rows in a group (one decoded token, a 2-D tensor)
    /// James-Stein does not shrink. See jsnormSetNormStatisticsPerGroup.
    pub const LAYER_NORM: Self = Self(3);
    /// statistics per sample and group of channels; shrunk over the groups of a sample
    pub const GROUP_NORM: Self = Self(4);
}

impl fmt::Debug for jsnormNormKind_t {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::BATCH_NORM => f.write_str("JSNORM_BATCH_NORM"),
            Self::BATCH_NORM_PER_ACTIVATION => f.write_str("JSNORM_BATCH_NORM_PER_ACTIVATION"),
            Self::INSTANCE_NORM => f.write_str("JSNORM_INSTANCE_NORM"),
            Self::LAYER_NORM => f.write_str("JSNORM_LAYER_NORM"),
            Self::GROUP_NORM => f.write_str("JSNORM_GROUP_NORM"),
            Self(other) => write!(f, "jsnormNormKind_t({other})"),
        }
    }
}

/// How a vector theta of K statistics is estimated from the measured one (docs/math.md, section 5).
#[repr(transparent)]
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct jsnormEstimator_t(pub i32);

impl jsnormEstimator_t {
    /// theta as measured: the ordinary layer
    pub const NONE: Self = Self(0);
    /// towards 0 (WACV 2024); equals NONE for K \< 3. The default. Its factor takes the variance
    /// between the K statistics for their noise and does not depend on R. Means of both signs are
    /// hardly subtracted, and a small variance is divided by: with few elements (R below 16)
    /// training needs an epsilon of 1e-2, or another estimator.
    pub const JAMES_STEIN: Self = Self(1);
    /// Efron and Morris: towards the mean of the vector; equals NONE for K \< 4
    pub const GRAND_MEAN: Self = Self(2);
    /// arXiv 2507.08261: the mean as JAMES_STEIN with (K-2)K/(K+1) (equals NONE for K \< 3), the
    /// variance towards the geometric mean
    pub const STEIN_CORRECTED: Self = Self(3);
    /// mean \* R/(R+lambda), variance / (1+lambda)
    pub const RIDGE: Self = Self(4);
    /// soft threshold: lambda/(2R) for the mean, lambda/2 for the variance
    pub const LASSO: Self = Self(5);
    /// James and Stein's, with the sampling variance of a statistic for the noise: towards the mean
    /// of the vector, the less the larger R. Recommended where shrinkage is to reduce the error of
    /// the statistics. Equals NONE for K \< 4 and for R \< 2. The shrunk means depend on the
    /// variances too. See jsnormSetNormEffectiveFraction.
    pub const SAMPLING: Self = Self(6);
}

impl fmt::Debug for jsnormEstimator_t {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::NONE => f.write_str("JSNORM_ESTIMATOR_NONE"),
            Self::JAMES_STEIN => f.write_str("JSNORM_ESTIMATOR_JAMES_STEIN"),
            Self::GRAND_MEAN => f.write_str("JSNORM_ESTIMATOR_GRAND_MEAN"),
            Self::STEIN_CORRECTED => f.write_str("JSNORM_ESTIMATOR_STEIN_CORRECTED"),
            Self::RIDGE => f.write_str("JSNORM_ESTIMATOR_RIDGE"),
            Self::LASSO => f.write_str("JSNORM_ESTIMATOR_LASSO"),
            Self::SAMPLING => f.write_str("JSNORM_ESTIMATOR_SAMPLING"),
            Self(other) => write!(f, "jsnormEstimator_t({other})"),
        }
    }
}

/// `jsnormActivation_t` of the header.
#[repr(transparent)]
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct jsnormActivation_t(pub i32);

impl jsnormActivation_t {
    /// `JSNORM_ACTIVATION_NONE` of the header.
    pub const NONE: Self = Self(0);
    /// `JSNORM_ACTIVATION_RELU` of the header.
    pub const RELU: Self = Self(1);
}

impl fmt::Debug for jsnormActivation_t {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::NONE => f.write_str("JSNORM_ACTIVATION_NONE"),
            Self::RELU => f.write_str("JSNORM_ACTIVATION_RELU"),
            Self(other) => write!(f, "jsnormActivation_t({other})"),
        }
    }
}

/// `jsnormRunningMode_t` of the header.
#[repr(transparent)]
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct jsnormRunningMode_t(pub i32);

impl jsnormRunningMode_t {
    /// running statistics accumulate shrunk statistics; inference uses them as they are
    pub const SHRUNK: Self = Self(0);
    /// they accumulate raw statistics; inference shrinks them
    pub const RAW: Self = Self(1);
}

impl fmt::Debug for jsnormRunningMode_t {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::SHRUNK => f.write_str("JSNORM_RUNNING_SHRUNK"),
            Self::RAW => f.write_str("JSNORM_RUNNING_RAW"),
            Self(other) => write!(f, "jsnormRunningMode_t({other})"),
        }
    }
}

/// `jsnormRunningVariance_t` of the header.
#[repr(transparent)]
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct jsnormRunningVariance_t(pub i32);

impl jsnormRunningVariance_t {
    /// NONE, JAMES_STEIN, GRAND_MEAN and SAMPLING: the running variance takes R/max(R-1,1) times
    /// the variance, as in cuDNN and PyTorch. The other estimators of the variance set its scale
    /// themselves and are never multiplied
    pub const CORRECTED: Self = Self(0);
    /// as it is
    pub const BIASED: Self = Self(1);
}

impl fmt::Debug for jsnormRunningVariance_t {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::CORRECTED => f.write_str("JSNORM_RUNNING_VARIANCE_CORRECTED"),
            Self::BIASED => f.write_str("JSNORM_RUNNING_VARIANCE_BIASED"),
            Self(other) => write!(f, "jsnormRunningVariance_t({other})"),
        }
    }
}

/// `jsnormParameterGradientScope_t` of the header.
#[repr(transparent)]
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct jsnormParameterGradientScope_t(pub i32);

impl jsnormParameterGradientScope_t {
    /// dgamma, dbeta of this process's data; data-parallel training then averages them
    pub const LOCAL: Self = Self(0);
    /// of the data of all processes
    pub const GLOBAL: Self = Self(1);
}

impl fmt::Debug for jsnormParameterGradientScope_t {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::LOCAL => f.write_str("JSNORM_PARAMETER_GRADIENT_LOCAL"),
            Self::GLOBAL => f.write_str("JSNORM_PARAMETER_GRADIENT_GLOBAL"),
            Self(other) => write!(f, "jsnormParameterGradientScope_t({other})"),
        }
    }
}

/// `jsnormOperation_t` of the header.
#[repr(transparent)]
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct jsnormOperation_t(pub i32);

impl jsnormOperation_t {
    /// `JSNORM_FORWARD_TRAINING` of the header.
    pub const FORWARD_TRAINING: Self = Self(0);
    /// `JSNORM_FORWARD_INFERENCE` of the header.
    pub const FORWARD_INFERENCE: Self = Self(1);
    /// `JSNORM_BACKWARD` of the header.
    pub const BACKWARD: Self = Self(2);
    /// `JSNORM_BACKWARD_FIXED_STATISTICS` of the header.
    pub const BACKWARD_FIXED_STATISTICS: Self = Self(3);
    /// `JSNORM_FORWARD_STATISTICS` of the header.
    pub const FORWARD_STATISTICS: Self = Self(4);
    /// `JSNORM_FORWARD_FINALIZE` of the header.
    pub const FORWARD_FINALIZE: Self = Self(5);
    /// `JSNORM_FORWARD_APPLY` of the header.
    pub const FORWARD_APPLY: Self = Self(6);
    /// `JSNORM_BACKWARD_REDUCE` of the header.
    pub const BACKWARD_REDUCE: Self = Self(7);
    /// `JSNORM_BACKWARD_FINALIZE` of the header.
    pub const BACKWARD_FINALIZE: Self = Self(8);
    /// `JSNORM_BACKWARD_APPLY` of the header.
    pub const BACKWARD_APPLY: Self = Self(9);
}

impl fmt::Debug for jsnormOperation_t {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::FORWARD_TRAINING => f.write_str("JSNORM_FORWARD_TRAINING"),
            Self::FORWARD_INFERENCE => f.write_str("JSNORM_FORWARD_INFERENCE"),
            Self::BACKWARD => f.write_str("JSNORM_BACKWARD"),
            Self::BACKWARD_FIXED_STATISTICS => f.write_str("JSNORM_BACKWARD_FIXED_STATISTICS"),
            Self::FORWARD_STATISTICS => f.write_str("JSNORM_FORWARD_STATISTICS"),
            Self::FORWARD_FINALIZE => f.write_str("JSNORM_FORWARD_FINALIZE"),
            Self::FORWARD_APPLY => f.write_str("JSNORM_FORWARD_APPLY"),
            Self::BACKWARD_REDUCE => f.write_str("JSNORM_BACKWARD_REDUCE"),
            Self::BACKWARD_FINALIZE => f.write_str("JSNORM_BACKWARD_FINALIZE"),
            Self::BACKWARD_APPLY => f.write_str("JSNORM_BACKWARD_APPLY"),
            Self(other) => write!(f, "jsnormOperation_t({other})"),
        }
    }
}

/// `jsnormRecordFormat_t` of the header.
#[repr(transparent)]
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct jsnormRecordFormat_t(pub i32);

impl jsnormRecordFormat_t {
    /// header, double mean\[K\], double M2\[K\] (sum of squared deviations from the mean)
    pub const MOMENTS: Self = Self(0);
    /// header, double sum\[K\], double sum_of_squares\[K\]. An all-reduce(sum) of the doubles, and
    /// another of the int64 count, merges them. The variance suffers cancellation: it loses
    /// 2\*log10(mean/deviation) of 16 digits. MOMENTS loses none.
    pub const SUMS: Self = Self(1);
    /// header, float sum\[K\], float sum_of_squares\[K\], as convolution epilogues emit them; input
    /// only. The variance loses as many of 7 digits.
    pub const SUMS_FLOAT: Self = Self(2);
}

impl fmt::Debug for jsnormRecordFormat_t {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::MOMENTS => f.write_str("JSNORM_RECORD_MOMENTS"),
            Self::SUMS => f.write_str("JSNORM_RECORD_SUMS"),
            Self::SUMS_FLOAT => f.write_str("JSNORM_RECORD_SUMS_FLOAT"),
            Self(other) => write!(f, "jsnormRecordFormat_t({other})"),
        }
    }
}

/// What jsnormHandle_t points to; only the library looks inside.
#[repr(C)]
pub struct jsnormHandleStruct {
    _inside: [u8; 0],
    _neither_moved_nor_shared: PhantomData<(*mut u8, PhantomPinned)>,
}

/// The context of a backend. One thread at a time may use a handle; it may move between threads. A
/// CUDA handle belongs to the device that was current when it was created: every operation makes
/// that device current while it enqueues, and then the caller's again.
pub type jsnormHandle_t = *mut jsnormHandleStruct;

/// What jsnormStream_t points to; only the library looks inside.
#[repr(C)]
pub struct CUstream_st {
    _inside: [u8; 0],
    _neither_moved_nor_shared: PhantomData<(*mut u8, PhantomPinned)>,
}

/// A CUDA stream; the same type as cudaStream_t.
pub type jsnormStream_t = *mut CUstream_st;

/// What jsnormTensorDescriptor_t points to; only the library looks inside.
#[repr(C)]
pub struct jsnormTensorDescriptorStruct {
    _inside: [u8; 0],
    _neither_moved_nor_shared: PhantomData<(*mut u8, PhantomPinned)>,
}

/// Type, dimensions and strides of a tensor. May be set again between calls. Threads may share it
/// while none sets it.
pub type jsnormTensorDescriptor_t = *mut jsnormTensorDescriptorStruct;

/// What jsnormNormDescriptor_t points to; only the library looks inside.
#[repr(C)]
pub struct jsnormNormDescriptorStruct {
    _inside: [u8; 0],
    _neither_moved_nor_shared: PhantomData<(*mut u8, PhantomPinned)>,
}

/// What is computed. Set it up, then use it. It freezes at its first use in an operation or a query
/// that succeeds, or by jsnormFinalizeNormDescriptor; every setter then returns
/// BAD_PARAM_NOT_MUTABLE. Threads may share a frozen descriptor, and a descriptor that no thread
/// sets any more, whichever uses it first. jsnormCloneNormDescriptor makes a copy that can be set.
pub type jsnormNormDescriptor_t = *mut jsnormNormDescriptorStruct;

/// message: \[host\] one line, valid during the call. user_data: \[host\]? as given. Called from
/// any thread that calls jsnorm. A callback must not call jsnorm.
pub type jsnormLogCallback_t =
    Option<unsafe extern "C" fn(level: jsnormLogLevel_t, message: *const c_char, user_data: *mut c_void)>;

/// A piece of a loop. index: which one. task_data: \[host\] as the library gave it.
pub type jsnormTask_t =
    Option<unsafe extern "C" fn(index: i64, task_data: *mut c_void)>;

/// Runs a loop of the CPU backend on the caller's threads: calls task(i, task_data) exactly once
/// for every i from 0 to count-1, on any threads, in any order, at the same time or one after
/// another, and returns when all calls have. What they wrote must then be visible to the thread
/// that called. Must not throw, and must not call an operation of the same handle. task_data:
/// \[host\] for the task. user_data: \[host\]? as given to jsnormSetTaskRunner.
pub type jsnormParallelFor_t =
    Option<unsafe extern "C" fn(count: i64, task: jsnormTask_t, task_data: *mut c_void, user_data: *mut c_void)>;

/// The bytes that an operation moves, so that everyone computes a percentage of peak in the same
/// way.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct jsnormMemoryTraffic_t {
    /// as jsnormMemoryTrafficInit set it
    pub struct_size: usize,
    /// every tensor read or written once
    pub least_tensor_bytes: u64,
    /// what this library asks for: tensors that stay on chip count once, others every time
    pub planned_tensor_bytes: u64,
    /// the caller's gamma, beta, statistics, running statistics, coefficients, dgamma, dbeta, each
    /// once: the same on every backend
    pub parameter_bytes: u64,
    /// workspace, written and read
    pub partial_sum_bytes: u64,
}

impl Default for jsnormMemoryTraffic_t {
    /// What its Init function writes: zeros, and the size where there is a field for it.
    fn default() -> Self {
        Self {
            struct_size: size_of::<Self>(),
            least_tensor_bytes: 0,
            planned_tensor_bytes: 0,
            parameter_bytes: 0,
            partial_sum_bytes: 0,
        }
    }
}

/// x -\> y with the statistics of x (docs/math.md, section 2). y may be x, or z.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct jsnormForwardTrainingArgs_t {
    /// as Init set it. Below 8: SIZE_INSUFFICIENT. Above 65536, or with bytes set that this version
    /// does not know: BAD_PARAM.
    pub struct_size: usize,
    /// \[host\] same dims and type, any strides each. A descriptor is needed where its pointer is
    /// given. Outputs must not overlap themselves.
    pub x_desc: jsnormTensorDescriptor_t,
    /// \[device\]
    pub x: *const c_void,
    /// \[host\] same dims and type, any strides each. A descriptor is needed where its pointer is
    /// given. Outputs must not overlap themselves.
    pub z_desc: jsnormTensorDescriptor_t,
    /// \[device\]? residual, added before the activation
    pub z: *const c_void,
    /// \[host\] same dims and type, any strides each. A descriptor is needed where its pointer is
    /// given. Outputs must not overlap themselves.
    pub y_desc: jsnormTensorDescriptor_t,
    /// \[device\]
    pub y: *mut c_void,
    /// \[host\]? describes gamma, beta, dgamma and dbeta: packed, P elements in any shape, float or
    /// the type of x. NULL: float (double where x is double).
    pub parameter_desc: jsnormTensorDescriptor_t,
    /// \[device\]? P entries; NULL: 1
    pub gamma: *const c_void,
    /// \[device\]? P entries; NULL: 0
    pub beta: *const c_void,
    /// \[device\]? G\*K raw means, for backward
    pub saved_mean: *mut f64,
    /// \[device\]? G\*K raw biased variances, for backward
    pub saved_variance: *mut f64,
    /// \[device\]? G\*K means after shrinkage, for monitoring
    pub shrunk_mean: *mut f64,
    /// \[device\]? G\*K variances after shrinkage, for monitoring
    pub shrunk_variance: *mut f64,
    /// \[host\]? describes the running statistics: packed, K elements, of any type. NULL: float
    /// (double where x is double), whatever parameter_desc says. Float running statistics hold 24
    /// bits: at mean 1e4 and deviation 1e-2 inference needs double ones. Those in half hold 11 bits
    /// and in bfloat16 8, for models that were converted as a whole: good for inference, but a step
    /// of an average that is smaller than half a unit of the last place (factor below 2^-11 or
    /// 2^-8, roughly) is lost in the rounding.
    pub running_desc: jsnormTensorDescriptor_t,
    /// \[device\]? K previous running means; batch kinds only; needed with next_running_mean unless
    /// factor is 1
    pub running_mean: *const c_void,
    /// \[device\]?
    pub running_variance: *const c_void,
    /// \[device\]? K; may be running_mean. next = (1-factor)\*previous + factor\*new. If x has no
    /// elements: the previous value, or untouched if none is given
    pub next_running_mean: *mut c_void,
    /// \[device\]?
    pub next_running_variance: *mut c_void,
    /// exponential average factor in \[0,1\], the weight of the new value. At 1 the previous value
    /// is not read; at 0, as after Init, running statistics keep their bits, whatever x holds
    pub factor: f64,
    /// \[device\]? updates before this one: factor = 1/(1 + \*step) instead. At 0, and below, the
    /// previous value is not read, but its pointer is needed
    pub step: *const i64,
    /// \[device\]? written where the activation is ReLU; backward needs it where z was given;
    /// \[device\] see jsnormGetMaskSize. x must be dense, and the mask is in its memory order; the
    /// other tensors may have any strides.
    pub mask: *mut u32,
    /// \[device\]?; \[device\]? workspace_bytes bytes, at least jsnormGetWorkspaceSize's, at any
    /// address. One workspace serves operations that follow each other; operations at the same time
    /// need one each.
    pub workspace: *mut c_void,
    /// `workspace_bytes` of the header.
    pub workspace_bytes: usize,
}

impl Default for jsnormForwardTrainingArgs_t {
    /// What its Init function writes: zeros, and the size where there is a field for it.
    fn default() -> Self {
        Self {
            struct_size: size_of::<Self>(),
            x_desc: ptr::null_mut(),
            x: ptr::null(),
            z_desc: ptr::null_mut(),
            z: ptr::null(),
            y_desc: ptr::null_mut(),
            y: ptr::null_mut(),
            parameter_desc: ptr::null_mut(),
            gamma: ptr::null(),
            beta: ptr::null(),
            saved_mean: ptr::null_mut(),
            saved_variance: ptr::null_mut(),
            shrunk_mean: ptr::null_mut(),
            shrunk_variance: ptr::null_mut(),
            running_desc: ptr::null_mut(),
            running_mean: ptr::null(),
            running_variance: ptr::null(),
            next_running_mean: ptr::null_mut(),
            next_running_variance: ptr::null_mut(),
            factor: 0.0,
            step: ptr::null(),
            mask: ptr::null_mut(),
            workspace: ptr::null_mut(),
            workspace_bytes: 0,
        }
    }
}

/// x -\> y with given statistics (batch kinds; RAW ones are shrunk first), docs/math.md, section 4.
/// For the other kinds the statistics come from the sample, as in training, and the running
/// pointers must be NULL. y may be x, or z.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct jsnormForwardInferenceArgs_t {
    /// as Init set it. Below 8: SIZE_INSUFFICIENT. Above 65536, or with bytes set that this version
    /// does not know: BAD_PARAM.
    pub struct_size: usize,
    /// \[host\] same dims and type, any strides each. A descriptor is needed where its pointer is
    /// given. Outputs must not overlap themselves.
    pub x_desc: jsnormTensorDescriptor_t,
    /// \[device\]
    pub x: *const c_void,
    /// \[host\] same dims and type, any strides each. A descriptor is needed where its pointer is
    /// given. Outputs must not overlap themselves.
    pub z_desc: jsnormTensorDescriptor_t,
    /// \[device\]?
    pub z: *const c_void,
    /// \[host\] same dims and type, any strides each. A descriptor is needed where its pointer is
    /// given. Outputs must not overlap themselves.
    pub y_desc: jsnormTensorDescriptor_t,
    /// \[device\]
    pub y: *mut c_void,
    /// \[host\]? describes gamma, beta, dgamma and dbeta: packed, P elements in any shape, float or
    /// the type of x. NULL: float (double where x is double).
    pub parameter_desc: jsnormTensorDescriptor_t,
    /// \[device\]?
    pub gamma: *const c_void,
    /// \[device\]?
    pub beta: *const c_void,
    /// \[host\]? describes the running statistics: packed, K elements, of any type. NULL: float
    /// (double where x is double), whatever parameter_desc says. Float running statistics hold 24
    /// bits: at mean 1e4 and deviation 1e-2 inference needs double ones. Those in half hold 11 bits
    /// and in bfloat16 8, for models that were converted as a whole: good for inference, but a step
    /// of an average that is smaller than half a unit of the last place (factor below 2^-11 or
    /// 2^-8, roughly) is lost in the rounding.
    pub running_desc: jsnormTensorDescriptor_t,
    /// \[device\]? K; batch kinds need it, the others must not have it
    pub running_mean: *const c_void,
    /// \[device\]? K; likewise
    pub running_variance: *const c_void,
    /// for RAW and an estimator that depends on R (STEIN_CORRECTED, RIDGE, LASSO, SAMPLING): the R
    /// of training. 0: the R of this x; the result then depends on the batch size
    pub running_element_count: i64,
    /// \[device\]? written where the activation is ReLU; jsnormBackwardFixedStatistics needs it
    /// where z was given; \[device\] see jsnormGetMaskSize. x must be dense, and the mask is in its
    /// memory order; the other tensors may have any strides.
    pub mask: *mut u32,
    /// \[device\]?; \[device\]? workspace_bytes bytes, at least jsnormGetWorkspaceSize's, at any
    /// address. One workspace serves operations that follow each other; operations at the same time
    /// need one each.
    pub workspace: *mut c_void,
    /// `workspace_bytes` of the header.
    pub workspace_bytes: usize,
}

impl Default for jsnormForwardInferenceArgs_t {
    /// What its Init function writes: zeros, and the size where there is a field for it.
    fn default() -> Self {
        Self {
            struct_size: size_of::<Self>(),
            x_desc: ptr::null_mut(),
            x: ptr::null(),
            z_desc: ptr::null_mut(),
            z: ptr::null(),
            y_desc: ptr::null_mut(),
            y: ptr::null_mut(),
            parameter_desc: ptr::null_mut(),
            gamma: ptr::null(),
            beta: ptr::null(),
            running_desc: ptr::null_mut(),
            running_mean: ptr::null(),
            running_variance: ptr::null(),
            running_element_count: 0,
            mask: ptr::null_mut(),
            workspace: ptr::null_mut(),
            workspace_bytes: 0,
        }
    }
}

/// The gradient of jsnormForwardTraining (docs/math.md, section 3), through the statistics and
/// their shrinkage. dx may be dy, or dz may be dy (not both). ReLU's gradient comes from the mask.
/// Without a mask its sign is recomputed from x and beta, which is right only if forward had no z;
/// dz therefore needs the mask.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct jsnormBackwardArgs_t {
    /// as Init set it. Below 8: SIZE_INSUFFICIENT. Above 65536, or with bytes set that this version
    /// does not know: BAD_PARAM.
    pub struct_size: usize,
    /// \[host\] same dims and type, any strides each. A descriptor is needed where its pointer is
    /// given. Outputs must not overlap themselves.
    pub x_desc: jsnormTensorDescriptor_t,
    /// \[device\] as in forward
    pub x: *const c_void,
    /// \[host\] same dims and type, any strides each. A descriptor is needed where its pointer is
    /// given. Outputs must not overlap themselves.
    pub dy_desc: jsnormTensorDescriptor_t,
    /// \[device\] gradient of y
    pub dy: *const c_void,
    /// \[host\]? describes gamma, beta, dgamma and dbeta: packed, P elements in any shape, float or
    /// the type of x. NULL: float (double where x is double).
    pub parameter_desc: jsnormTensorDescriptor_t,
    /// \[device\]? as in forward
    pub gamma: *const c_void,
    /// \[device\]? as in forward; read only with ReLU and no mask
    pub beta: *const c_void,
    /// \[device\] G\*K
    pub saved_mean: *const f64,
    /// \[device\] G\*K
    pub saved_variance: *const f64,
    /// \[device\]?; \[device\] see jsnormGetMaskSize. x must be dense, and the mask is in its
    /// memory order; the other tensors may have any strides.
    pub mask: *const u32,
    /// \[host\] same dims and type, any strides each. A descriptor is needed where its pointer is
    /// given. Outputs must not overlap themselves.
    pub dx_desc: jsnormTensorDescriptor_t,
    /// \[device\]?
    pub dx: *mut c_void,
    /// \[device\]? P
    pub dgamma: *mut c_void,
    /// \[device\]? P
    pub dbeta: *mut c_void,
    /// \[host\] same dims and type, any strides each. A descriptor is needed where its pointer is
    /// given. Outputs must not overlap themselves.
    pub dz_desc: jsnormTensorDescriptor_t,
    /// \[device\]?
    pub dz: *mut c_void,
    /// \[device\]?; \[device\]? workspace_bytes bytes, at least jsnormGetWorkspaceSize's, at any
    /// address. One workspace serves operations that follow each other; operations at the same time
    /// need one each.
    pub workspace: *mut c_void,
    /// `workspace_bytes` of the header.
    pub workspace_bytes: usize,
}

impl Default for jsnormBackwardArgs_t {
    /// What its Init function writes: zeros, and the size where there is a field for it.
    fn default() -> Self {
        Self {
            struct_size: size_of::<Self>(),
            x_desc: ptr::null_mut(),
            x: ptr::null(),
            dy_desc: ptr::null_mut(),
            dy: ptr::null(),
            parameter_desc: ptr::null_mut(),
            gamma: ptr::null(),
            beta: ptr::null(),
            saved_mean: ptr::null(),
            saved_variance: ptr::null(),
            mask: ptr::null(),
            dx_desc: ptr::null_mut(),
            dx: ptr::null_mut(),
            dgamma: ptr::null_mut(),
            dbeta: ptr::null_mut(),
            dz_desc: ptr::null_mut(),
            dz: ptr::null_mut(),
            workspace: ptr::null_mut(),
            workspace_bytes: 0,
        }
    }
}

/// The gradient of jsnormForwardInference of a batch kind: the statistics are constants
/// (docs/math.md, section 3, last formula). Other kinds: NOT_SUPPORTED, use jsnormBackward.
/// Aliasing and ReLU as for jsnormBackward; the mask is that of jsnormForwardInference.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct jsnormBackwardFixedStatisticsArgs_t {
    /// as Init set it. Below 8: SIZE_INSUFFICIENT. Above 65536, or with bytes set that this version
    /// does not know: BAD_PARAM.
    pub struct_size: usize,
    /// \[host\] same dims and type, any strides each. A descriptor is needed where its pointer is
    /// given. Outputs must not overlap themselves.
    pub x_desc: jsnormTensorDescriptor_t,
    /// \[device\]
    pub x: *const c_void,
    /// \[host\] same dims and type, any strides each. A descriptor is needed where its pointer is
    /// given. Outputs must not overlap themselves.
    pub dy_desc: jsnormTensorDescriptor_t,
    /// \[device\]
    pub dy: *const c_void,
    /// \[host\]? describes gamma, beta, dgamma and dbeta: packed, P elements in any shape, float or
    /// the type of x. NULL: float (double where x is double).
    pub parameter_desc: jsnormTensorDescriptor_t,
    /// \[device\]?
    pub gamma: *const c_void,
    /// \[device\]?
    pub beta: *const c_void,
    /// \[host\]? describes the running statistics: packed, K elements, of any type. NULL: float
    /// (double where x is double), whatever parameter_desc says. Float running statistics hold 24
    /// bits: at mean 1e4 and deviation 1e-2 inference needs double ones. Those in half hold 11 bits
    /// and in bfloat16 8, for models that were converted as a whole: good for inference, but a step
    /// of an average that is smaller than half a unit of the last place (factor below 2^-11 or
    /// 2^-8, roughly) is lost in the rounding.
    pub running_desc: jsnormTensorDescriptor_t,
    /// \[device\] K
    pub running_mean: *const c_void,
    /// \[device\] K
    pub running_variance: *const c_void,
    /// as in jsnormForwardInferenceArgs_t
    pub running_element_count: i64,
    /// \[device\]?; \[device\] see jsnormGetMaskSize. x must be dense, and the mask is in its
    /// memory order; the other tensors may have any strides.
    pub mask: *const u32,
    /// \[host\] same dims and type, any strides each. A descriptor is needed where its pointer is
    /// given. Outputs must not overlap themselves.
    pub dx_desc: jsnormTensorDescriptor_t,
    /// \[device\]?
    pub dx: *mut c_void,
    /// \[device\]? P
    pub dgamma: *mut c_void,
    /// \[device\]? P
    pub dbeta: *mut c_void,
    /// \[host\] same dims and type, any strides each. A descriptor is needed where its pointer is
    /// given. Outputs must not overlap themselves.
    pub dz_desc: jsnormTensorDescriptor_t,
    /// \[device\]?
    pub dz: *mut c_void,
    /// \[device\]?; \[device\]? workspace_bytes bytes, at least jsnormGetWorkspaceSize's, at any
    /// address. One workspace serves operations that follow each other; operations at the same time
    /// need one each.
    pub workspace: *mut c_void,
    /// `workspace_bytes` of the header.
    pub workspace_bytes: usize,
}

impl Default for jsnormBackwardFixedStatisticsArgs_t {
    /// What its Init function writes: zeros, and the size where there is a field for it.
    fn default() -> Self {
        Self {
            struct_size: size_of::<Self>(),
            x_desc: ptr::null_mut(),
            x: ptr::null(),
            dy_desc: ptr::null_mut(),
            dy: ptr::null(),
            parameter_desc: ptr::null_mut(),
            gamma: ptr::null(),
            beta: ptr::null(),
            running_desc: ptr::null_mut(),
            running_mean: ptr::null(),
            running_variance: ptr::null(),
            running_element_count: 0,
            mask: ptr::null(),
            dx_desc: ptr::null_mut(),
            dx: ptr::null_mut(),
            dgamma: ptr::null_mut(),
            dbeta: ptr::null_mut(),
            dz_desc: ptr::null_mut(),
            dz: ptr::null_mut(),
            workspace: ptr::null_mut(),
            workspace_bytes: 0,
        }
    }
}

/// The first 16 bytes of a record. Records are trivially copyable, aligned to 16 and padded to a
/// multiple of 16 bytes.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct jsnormRecordHeader_t {
    /// elements per statistic in this part, R; may be 0
    pub count: i64,
    /// jsnormRecordFormat_t
    pub format: i32,
    /// K
    pub statistics_per_group: i32,
}

impl Default for jsnormRecordHeader_t {
    /// What its Init function writes: zeros, and the size where there is a field for it.
    fn default() -> Self {
        Self {
            count: 0,
            format: 0,
            statistics_per_group: 0,
        }
    }
}

/// x -\> a record of its statistics.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct jsnormForwardStatisticsArgs_t {
    /// as Init set it. Below 8: SIZE_INSUFFICIENT. Above 65536, or with bytes set that this version
    /// does not know: BAD_PARAM.
    pub struct_size: usize,
    /// \[host\] same dims and type, any strides each. A descriptor is needed where its pointer is
    /// given. Outputs must not overlap themselves.
    pub x_desc: jsnormTensorDescriptor_t,
    /// \[device\]
    pub x: *const c_void,
    /// \[device\] one record, aligned to 16
    pub record: *mut c_void,
    /// MOMENTS or SUMS
    pub record_format: jsnormRecordFormat_t,
    /// 0
    pub reserved: i32,
    /// \[device\]?; \[device\]? workspace_bytes bytes, at least jsnormGetWorkspaceSize's, at any
    /// address. One workspace serves operations that follow each other; operations at the same time
    /// need one each.
    pub workspace: *mut c_void,
    /// `workspace_bytes` of the header.
    pub workspace_bytes: usize,
}

impl Default for jsnormForwardStatisticsArgs_t {
    /// What its Init function writes: zeros, and the size where there is a field for it.
    fn default() -> Self {
        Self {
            struct_size: size_of::<Self>(),
            x_desc: ptr::null_mut(),
            x: ptr::null(),
            record: ptr::null_mut(),
            record_format: jsnormRecordFormat_t(0),
            reserved: 0,
            workspace: ptr::null_mut(),
            workspace_bytes: 0,
        }
    }
}

/// Records -\> the statistics of all parts, shrunk; coefficients; running statistics. The headers
/// must agree with record_format and K, and no count may be negative: else a CPU handle returns
/// BAD_PARAM, SHAPE_MISMATCH or OUT_OF_BOUND; on CUDA, where the host cannot read them, every
/// statistic, coefficient and running statistic becomes NaN and total_count -1.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct jsnormForwardFinalizeArgs_t {
    /// as Init set it. Below 8: SIZE_INSUFFICIENT. Above 65536, or with bytes set that this version
    /// does not know: BAD_PARAM.
    pub struct_size: usize,
    /// for K and the type; its batch size does not matter; \[host\] same dims and type, any strides
    /// each. A descriptor is needed where its pointer is given. Outputs must not overlap
    /// themselves.
    pub x_desc: jsnormTensorDescriptor_t,
    /// \[device\] record_count records, one after another, aligned to 16
    pub records: *const c_void,
    /// 1 or more
    pub record_count: i64,
    /// of all records
    pub record_format: jsnormRecordFormat_t,
    /// 0
    pub reserved: i32,
    /// \[device\]? K raw means of all parts
    pub saved_mean: *mut f64,
    /// \[device\]? K
    pub saved_variance: *mut f64,
    /// \[device\]? K
    pub shrunk_mean: *mut f64,
    /// \[device\]? K
    pub shrunk_variance: *mut f64,
    /// \[device\]? elements per statistic in all parts, for BackwardFinalize
    pub total_count: *mut i64,
    /// \[host\]? describes the running statistics: packed, K elements, of any type. NULL: float
    /// (double where x is double), whatever parameter_desc says. Float running statistics hold 24
    /// bits: at mean 1e4 and deviation 1e-2 inference needs double ones. Those in half hold 11 bits
    /// and in bfloat16 8, for models that were converted as a whole: good for inference, but a step
    /// of an average that is smaller than half a unit of the last place (factor below 2^-11 or
    /// 2^-8, roughly) is lost in the rounding.
    pub running_desc: jsnormTensorDescriptor_t,
    /// \[device\]? as in jsnormForwardTrainingArgs_t
    pub running_mean: *const c_void,
    /// \[device\]?
    pub running_variance: *const c_void,
    /// \[device\]?
    pub next_running_mean: *mut c_void,
    /// \[device\]?
    pub next_running_variance: *mut c_void,
    /// `factor` of the header.
    pub factor: f64,
    /// \[device\]?
    pub step: *const i64,
    /// \[device\] forward coefficients, aligned to 16
    pub coefficients: *mut c_void,
    /// \[device\]?; \[device\]? workspace_bytes bytes, at least jsnormGetWorkspaceSize's, at any
    /// address. One workspace serves operations that follow each other; operations at the same time
    /// need one each.
    pub workspace: *mut c_void,
    /// `workspace_bytes` of the header.
    pub workspace_bytes: usize,
}

impl Default for jsnormForwardFinalizeArgs_t {
    /// What its Init function writes: zeros, and the size where there is a field for it.
    fn default() -> Self {
        Self {
            struct_size: size_of::<Self>(),
            x_desc: ptr::null_mut(),
            records: ptr::null(),
            record_count: 0,
            record_format: jsnormRecordFormat_t(0),
            reserved: 0,
            saved_mean: ptr::null_mut(),
            saved_variance: ptr::null_mut(),
            shrunk_mean: ptr::null_mut(),
            shrunk_variance: ptr::null_mut(),
            total_count: ptr::null_mut(),
            running_desc: ptr::null_mut(),
            running_mean: ptr::null(),
            running_variance: ptr::null(),
            next_running_mean: ptr::null_mut(),
            next_running_variance: ptr::null_mut(),
            factor: 0.0,
            step: ptr::null(),
            coefficients: ptr::null_mut(),
            workspace: ptr::null_mut(),
            workspace_bytes: 0,
        }
    }
}

/// x -\> y by coefficients. y may be x, or z.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct jsnormForwardApplyArgs_t {
    /// as Init set it. Below 8: SIZE_INSUFFICIENT. Above 65536, or with bytes set that this version
    /// does not know: BAD_PARAM.
    pub struct_size: usize,
    /// \[host\] same dims and type, any strides each. A descriptor is needed where its pointer is
    /// given. Outputs must not overlap themselves.
    pub x_desc: jsnormTensorDescriptor_t,
    /// \[device\]
    pub x: *const c_void,
    /// \[host\] same dims and type, any strides each. A descriptor is needed where its pointer is
    /// given. Outputs must not overlap themselves.
    pub z_desc: jsnormTensorDescriptor_t,
    /// \[device\]?
    pub z: *const c_void,
    /// \[host\] same dims and type, any strides each. A descriptor is needed where its pointer is
    /// given. Outputs must not overlap themselves.
    pub y_desc: jsnormTensorDescriptor_t,
    /// \[device\]
    pub y: *mut c_void,
    /// \[host\]? describes gamma, beta, dgamma and dbeta: packed, P elements in any shape, float or
    /// the type of x. NULL: float (double where x is double).
    pub parameter_desc: jsnormTensorDescriptor_t,
    /// \[device\]?
    pub gamma: *const c_void,
    /// \[device\]?
    pub beta: *const c_void,
    /// \[device\] forward coefficients
    pub coefficients: *const c_void,
    /// \[device\]?; \[device\] see jsnormGetMaskSize. x must be dense, and the mask is in its
    /// memory order; the other tensors may have any strides.
    pub mask: *mut u32,
    /// \[device\]?; \[device\]? workspace_bytes bytes, at least jsnormGetWorkspaceSize's, at any
    /// address. One workspace serves operations that follow each other; operations at the same time
    /// need one each.
    pub workspace: *mut c_void,
    /// `workspace_bytes` of the header.
    pub workspace_bytes: usize,
}

impl Default for jsnormForwardApplyArgs_t {
    /// What its Init function writes: zeros, and the size where there is a field for it.
    fn default() -> Self {
        Self {
            struct_size: size_of::<Self>(),
            x_desc: ptr::null_mut(),
            x: ptr::null(),
            z_desc: ptr::null_mut(),
            z: ptr::null(),
            y_desc: ptr::null_mut(),
            y: ptr::null_mut(),
            parameter_desc: ptr::null_mut(),
            gamma: ptr::null(),
            beta: ptr::null(),
            coefficients: ptr::null(),
            mask: ptr::null_mut(),
            workspace: ptr::null_mut(),
            workspace_bytes: 0,
        }
    }
}

/// dy, x -\> double sums\[2K\]: sum dy and sum dy\*(x - mean) of this part, dy after the
/// activation's gradient.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct jsnormBackwardReduceArgs_t {
    /// as Init set it. Below 8: SIZE_INSUFFICIENT. Above 65536, or with bytes set that this version
    /// does not know: BAD_PARAM.
    pub struct_size: usize,
    /// \[host\] same dims and type, any strides each. A descriptor is needed where its pointer is
    /// given. Outputs must not overlap themselves.
    pub x_desc: jsnormTensorDescriptor_t,
    /// \[device\]
    pub x: *const c_void,
    /// \[host\] same dims and type, any strides each. A descriptor is needed where its pointer is
    /// given. Outputs must not overlap themselves.
    pub dy_desc: jsnormTensorDescriptor_t,
    /// \[device\]
    pub dy: *const c_void,
    /// \[host\]? describes gamma, beta, dgamma and dbeta: packed, P elements in any shape, float or
    /// the type of x. NULL: float (double where x is double).
    pub parameter_desc: jsnormTensorDescriptor_t,
    /// \[device\]? read only with ReLU and no mask, like beta and coefficients
    pub gamma: *const c_void,
    /// \[device\]?
    pub beta: *const c_void,
    /// \[device\] K raw means of all parts
    pub saved_mean: *const f64,
    /// \[device\]? forward coefficients; needed with ReLU and no mask
    pub coefficients: *const c_void,
    /// \[device\]?; \[device\] see jsnormGetMaskSize. x must be dense, and the mask is in its
    /// memory order; the other tensors may have any strides.
    pub mask: *const u32,
    /// \[device\] 2K
    pub sums: *mut f64,
    /// \[device\]?; \[device\]? workspace_bytes bytes, at least jsnormGetWorkspaceSize's, at any
    /// address. One workspace serves operations that follow each other; operations at the same time
    /// need one each.
    pub workspace: *mut c_void,
    /// `workspace_bytes` of the header.
    pub workspace_bytes: usize,
}

impl Default for jsnormBackwardReduceArgs_t {
    /// What its Init function writes: zeros, and the size where there is a field for it.
    fn default() -> Self {
        Self {
            struct_size: size_of::<Self>(),
            x_desc: ptr::null_mut(),
            x: ptr::null(),
            dy_desc: ptr::null_mut(),
            dy: ptr::null(),
            parameter_desc: ptr::null_mut(),
            gamma: ptr::null(),
            beta: ptr::null(),
            saved_mean: ptr::null(),
            coefficients: ptr::null(),
            mask: ptr::null(),
            sums: ptr::null_mut(),
            workspace: ptr::null_mut(),
            workspace_bytes: 0,
        }
    }
}

/// Sums -\> backward coefficients, dgamma, dbeta.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct jsnormBackwardFinalizeArgs_t {
    /// as Init set it. Below 8: SIZE_INSUFFICIENT. Above 65536, or with bytes set that this version
    /// does not know: BAD_PARAM.
    pub struct_size: usize,
    /// for K and the type; its batch size does not matter; \[host\] same dims and type, any strides
    /// each. A descriptor is needed where its pointer is given. Outputs must not overlap
    /// themselves.
    pub x_desc: jsnormTensorDescriptor_t,
    /// \[device\]? 2K of this part; needed for dgamma and dbeta of LOCAL scope
    pub local_sums: *const f64,
    /// \[device\] the sums of record_count parts, 2K each, one after another, as an all-gather
    /// leaves them; may be local_sums
    pub global_sums: *const f64,
    /// parts in global_sums, added in their order, in double: every process gets the same bits. 0,
    /// as after Init, is 1: the sums of all parts, added before
    pub record_count: i64,
    /// \[device\] from ForwardFinalize
    pub total_count: *const i64,
    /// \[host\]? describes gamma, beta, dgamma and dbeta: packed, P elements in any shape, float or
    /// the type of x. NULL: float (double where x is double).
    pub parameter_desc: jsnormTensorDescriptor_t,
    /// \[device\]?
    pub gamma: *const c_void,
    /// \[device\] K
    pub saved_mean: *const f64,
    /// \[device\] K
    pub saved_variance: *const f64,
    /// \[device\]? P
    pub dgamma: *mut c_void,
    /// \[device\]? P
    pub dbeta: *mut c_void,
    /// \[device\] backward coefficients, aligned to 16
    pub coefficients: *mut c_void,
    /// \[device\]?; \[device\]? workspace_bytes bytes, at least jsnormGetWorkspaceSize's, at any
    /// address. One workspace serves operations that follow each other; operations at the same time
    /// need one each.
    pub workspace: *mut c_void,
    /// `workspace_bytes` of the header.
    pub workspace_bytes: usize,
}

impl Default for jsnormBackwardFinalizeArgs_t {
    /// What its Init function writes: zeros, and the size where there is a field for it.
    fn default() -> Self {
        Self {
            struct_size: size_of::<Self>(),
            x_desc: ptr::null_mut(),
            local_sums: ptr::null(),
            global_sums: ptr::null(),
            record_count: 0,
            total_count: ptr::null(),
            parameter_desc: ptr::null_mut(),
            gamma: ptr::null(),
            saved_mean: ptr::null(),
            saved_variance: ptr::null(),
            dgamma: ptr::null_mut(),
            dbeta: ptr::null_mut(),
            coefficients: ptr::null_mut(),
            workspace: ptr::null_mut(),
            workspace_bytes: 0,
        }
    }
}

/// dy, x -\> dx, dz by coefficients. dx may be dy, dz may be dy (not both).
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct jsnormBackwardApplyArgs_t {
    /// as Init set it. Below 8: SIZE_INSUFFICIENT. Above 65536, or with bytes set that this version
    /// does not know: BAD_PARAM.
    pub struct_size: usize,
    /// \[host\] same dims and type, any strides each. A descriptor is needed where its pointer is
    /// given. Outputs must not overlap themselves.
    pub x_desc: jsnormTensorDescriptor_t,
    /// \[device\]
    pub x: *const c_void,
    /// \[host\] same dims and type, any strides each. A descriptor is needed where its pointer is
    /// given. Outputs must not overlap themselves.
    pub dy_desc: jsnormTensorDescriptor_t,
    /// \[device\]
    pub dy: *const c_void,
    /// \[host\]? describes gamma, beta, dgamma and dbeta: packed, P elements in any shape, float or
    /// the type of x. NULL: float (double where x is double).
    pub parameter_desc: jsnormTensorDescriptor_t,
    /// \[device\]?
    pub gamma: *const c_void,
    /// \[device\]? read only with ReLU and no mask
    pub beta: *const c_void,
    /// \[device\]? needed with ReLU and no mask
    pub forward_coefficients: *const c_void,
    /// \[device\]
    pub backward_coefficients: *const c_void,
    /// \[device\]?; \[device\] see jsnormGetMaskSize. x must be dense, and the mask is in its
    /// memory order; the other tensors may have any strides.
    pub mask: *const u32,
    /// \[host\] same dims and type, any strides each. A descriptor is needed where its pointer is
    /// given. Outputs must not overlap themselves.
    pub dx_desc: jsnormTensorDescriptor_t,
    /// \[device\]?
    pub dx: *mut c_void,
    /// \[host\] same dims and type, any strides each. A descriptor is needed where its pointer is
    /// given. Outputs must not overlap themselves.
    pub dz_desc: jsnormTensorDescriptor_t,
    /// \[device\]?
    pub dz: *mut c_void,
    /// \[device\]?; \[device\]? workspace_bytes bytes, at least jsnormGetWorkspaceSize's, at any
    /// address. One workspace serves operations that follow each other; operations at the same time
    /// need one each.
    pub workspace: *mut c_void,
    /// `workspace_bytes` of the header.
    pub workspace_bytes: usize,
}

impl Default for jsnormBackwardApplyArgs_t {
    /// What its Init function writes: zeros, and the size where there is a field for it.
    fn default() -> Self {
        Self {
            struct_size: size_of::<Self>(),
            x_desc: ptr::null_mut(),
            x: ptr::null(),
            dy_desc: ptr::null_mut(),
            dy: ptr::null(),
            parameter_desc: ptr::null_mut(),
            gamma: ptr::null(),
            beta: ptr::null(),
            forward_coefficients: ptr::null(),
            backward_coefficients: ptr::null(),
            mask: ptr::null(),
            dx_desc: ptr::null_mut(),
            dx: ptr::null_mut(),
            dz_desc: ptr::null_mut(),
            dz: ptr::null_mut(),
            workspace: ptr::null_mut(),
            workspace_bytes: 0,
        }
    }
}
