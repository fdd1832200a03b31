// SPDX-License-Identifier: Apache-2.0
// Written by tools/bindings/rust_bindings.py from api/jsnorm_api.json. Do not edit.

functions! {
    /// The version of the library that was linked, in the form of JSNORM_VERSION.
    fn jsnormGetVersion() -> u32;
    /// \[host\] The version and what was built in, e.g. "jsnorm 0.2.0 (cpu; openmp; nvtx)". Static
    /// storage.
    fn jsnormGetVersionString() -> *const c_char;
    /// \[host\] The name of a status, e.g. "JSNORM_STATUS_BAD_PARAM". Never NULL;
    /// "JSNORM_STATUS_UNKNOWN" for any other value.
    fn jsnormGetStatusString(status: jsnormStatus_t) -> *const c_char;
    /// \[host\] What went wrong in the last failed call on this thread: function, argument and
    /// values, in one line. Empty before the first failure; kept until the next failure on this
    /// thread.
    fn jsnormGetLastErrorString() -> *const c_char;
    /// Sends messages of up to `level` to `callback`. If callback is NULL, `level` is ignored and
    /// the default is restored: stderr, at the level that the environment variable JSNORM_LOG_LEVEL
    /// names (off, error, warn, info, trace; read once), off without it. callback: \[host\]?
    /// user_data: \[host\]? passed back as it is. Process-wide, safe to call from any thread.
    fn jsnormSetLogCallback(level: jsnormLogLevel_t, callback: jsnormLogCallback_t, user_data: *mut c_void) -> jsnormStatus_t;
    /// Creates a handle. handle: \[host\] receives it; untouched on failure. The CPU backend uses
    /// the best instruction set of the processor. The environment variable JSNORM_MAX_CPU_ISA
    /// limits it (BASELINE, AVX2 or AVX512; read once). Every instruction set gives the same bits.
    /// It stores outputs past the caches where they would not stay there. JSNORM_CPU_CACHE says how
    /// many bytes of the last-level cache this process has (a number, or with K, M or G behind it;
    /// read once), in place of what follows from the system; jsnormGetPlanDescription prints what
    /// was taken. No bit of a result depends on it. Creating a CPU handle starts no thread;
    /// jsnormWarmup and operations do (or see jsnormSetTaskRunner). fork(): threads do not survive
    /// it. A child whose parent had run an operation on several threads computes on one thread,
    /// with the same bits; handles of the parent may be used there. An operation takes up to 512
    /// KiB of the stack of each of its threads: more than the default of some C libraries.
    /// NOT_SUPPORTED_BACKEND if the build or the machine lacks the backend;
    /// INTERNAL_ERROR_HOST_ALLOCATION_FAILED.
    fn jsnormCreate(handle: *mut jsnormHandle_t, backend: jsnormBackend_t) -> jsnormStatus_t;
    /// Destroys a handle. handle: \[host\]? NULL does nothing.
    fn jsnormDestroy(handle: jsnormHandle_t) -> jsnormStatus_t;
    /// The backend in use: CPU or CUDA, never AUTO. backend: \[host\].
    fn jsnormGetBackend(handle: jsnormHandle_t, backend: *mut jsnormBackend_t) -> jsnormStatus_t;
    /// The stream that operations are enqueued on. NULL, the initial value, is CUDA's default
    /// stream. stream: \[host\]? an opaque CUDA stream. A CPU handle accepts NULL only: else
    /// NOT_SUPPORTED_BACKEND.
    fn jsnormSetStream(handle: jsnormHandle_t, stream: jsnormStream_t) -> jsnormStatus_t;
    /// The stream that operations are enqueued on. NULL, the initial value, is CUDA's default
    /// stream. stream: \[host\]? an opaque CUDA stream. A CPU handle accepts NULL only: else
    /// NOT_SUPPORTED_BACKEND.
    fn jsnormGetStream(handle: jsnormHandle_t, stream: *mut jsnormStream_t) -> jsnormStatus_t;
    /// The most threads that the CPU backend uses. 0, the default, is OpenMP's own number, or with
    /// a task runner the number of processors. Never changes a result. Get: thread_count: \[host\].
    /// NOT_SUPPORTED_BACKEND on a CUDA handle; OUT_OF_BOUND below 0 or above 4096.
    fn jsnormSetThreadCount(handle: jsnormHandle_t, thread_count: i32) -> jsnormStatus_t;
    /// The most threads that the CPU backend uses. 0, the default, is OpenMP's own number, or with
    /// a task runner the number of processors. Never changes a result. Get: thread_count: \[host\].
    /// NOT_SUPPORTED_BACKEND on a CUDA handle; OUT_OF_BOUND below 0 or above 4096.
    fn jsnormGetThreadCount(handle: jsnormHandle_t, thread_count: *mut i32) -> jsnormStatus_t;
    /// Lends the CPU backend threads, as a framework's pool has them: operations of this handle
    /// hand their loops to parallel_for and use no thread of OpenMP, nor does jsnormWarmup. A loop
    /// has at most jsnormSetThreadCount's number of tasks (0: one a processor); small loops stay on
    /// the calling thread. Never changes a result. NULL, the initial value, brings OpenMP's threads
    /// back. parallel_for: \[host\]? user_data: \[host\]? passed back as it is. Set:
    /// NOT_SUPPORTED_BACKEND on a CUDA handle, unless parallel_for is NULL.
    fn jsnormSetTaskRunner(handle: jsnormHandle_t, parallel_for: jsnormParallelFor_t, user_data: *mut c_void) -> jsnormStatus_t;
    /// parallel_for, user_data: \[host\]? receive what was set.
    fn jsnormGetTaskRunner(handle: jsnormHandle_t, parallel_for: *mut jsnormParallelFor_t, user_data: *mut *mut c_void) -> jsnormStatus_t;
    /// How many multiprocessors the CUDA backend plans for; 0, the default, is all. Ask for
    /// workspace sizes after setting it. Set: NOT_SUPPORTED_BACKEND on a CPU handle; OUT_OF_BOUND
    /// below 0. Get: sm_count: \[host\].
    fn jsnormSetSmCountTarget(handle: jsnormHandle_t, sm_count: i32) -> jsnormStatus_t;
    /// How many multiprocessors the CUDA backend plans for; 0, the default, is all. Ask for
    /// workspace sizes after setting it. Set: NOT_SUPPORTED_BACKEND on a CPU handle; OUT_OF_BOUND
    /// below 0. Get: sm_count: \[host\].
    fn jsnormGetSmCountTarget(handle: jsnormHandle_t, sm_count: *mut i32) -> jsnormStatus_t;
    /// For debugging. 1: every operation checks that the handle's device can reach each \[device\]
    /// pointer, else it returns BAD_PARAM_DEVICE_MISMATCH (a CPU handle probes whether the first
    /// and last byte of each buffer are mapped). 0, the default: no checks. Set: BAD_PARAM for an
    /// `enabled` other than 0 or 1. Get: enabled: \[host\].
    fn jsnormSetPointerChecks(handle: jsnormHandle_t, enabled: i32) -> jsnormStatus_t;
    /// For debugging. 1: every operation checks that the handle's device can reach each \[device\]
    /// pointer, else it returns BAD_PARAM_DEVICE_MISMATCH (a CPU handle probes whether the first
    /// and last byte of each buffer are mapped). 0, the default: no checks. Set: BAD_PARAM for an
    /// `enabled` other than 0 or 1. Get: enabled: \[host\].
    fn jsnormGetPointerChecks(handle: jsnormHandle_t, enabled: *mut i32) -> jsnormStatus_t;
    /// Does now what first calls would do once (loading code, starting threads). Every later
    /// operation can then be captured in a CUDA graph, and none is slow for being the first.
    fn jsnormWarmup(handle: jsnormHandle_t) -> jsnormStatus_t;
    /// desc: \[host\] receives an unset descriptor; untouched on failure.
    fn jsnormCreateTensorDescriptor(desc: *mut jsnormTensorDescriptor_t) -> jsnormStatus_t;
    /// desc: \[host\]? NULL does nothing.
    fn jsnormDestroyTensorDescriptor(desc: jsnormTensorDescriptor_t) -> jsnormStatus_t;
    /// rank: 1 to JSNORM_MAX_RANK (normalized tensors need 2 or more: N, C, spatial..., or N, ...,
    /// D; layer norms 1). dims: \[host\] `rank` sizes, each 0 or more, outermost first. strides:
    /// \[host\]? `rank` strides in elements, of either sign (the tensor's pointer points to element
    /// 0); the strides of axes of size 1 are ignored; NULL: packed, row-major. NHWC is dims N, C,
    /// H, W with strides H\*W\*C, 1, W\*C, C. OUT_OF_BOUND for a wrong rank or a negative size;
    /// NOT_SUPPORTED_SHAPE if the number of elements or a byte offset overflows 64 bits. On failure
    /// the descriptor keeps its value.
    fn jsnormSetTensorDescriptor(desc: jsnormTensorDescriptor_t, data_type: jsnormDataType_t, rank: i32, dims: *const i64, strides: *const i64) -> jsnormStatus_t;
    /// Reads a descriptor back. data_type, rank: \[host\]?; dims, strides: \[host\]? room for
    /// JSNORM_MAX_RANK entries each.
    fn jsnormGetTensorDescriptor(desc: jsnormTensorDescriptor_t, data_type: *mut jsnormDataType_t, rank: *mut i32, dims: *mut i64, strides: *mut i64) -> jsnormStatus_t;
    /// Which bytes a tensor of these dims and strides spans, for whoever must hold them against an
    /// allocation. first_byte: \[host\]? the offset of its lowest byte from the tensor's pointer:
    /// 0, or negative where strides are. end_byte: \[host\]? one past its highest byte. An empty
    /// tensor spans nothing: 0 and 0. Without gaps, end_byte - first_byte is the number of elements
    /// times their size. overlaps_itself: \[host\]? 1 if two elements lie at one place: such a
    /// tensor is an input only (outputs: BAD_PARAM_ALIASING). Else 0. For strides that are neither
    /// nested nor nearly so, a search decides; where it takes too long the answer is 1.
    fn jsnormGetTensorExtent(desc: jsnormTensorDescriptor_t, first_byte: *mut i64, end_byte: *mut i64, overlaps_itself: *mut i32) -> jsnormStatus_t;
    /// desc: \[host\] receives a descriptor with JAMES_STEIN for mean and variance, epsilon 1e-5,
    /// no activation, lambda 0, running statistics SHRUNK and CORRECTED, parameter gradients LOCAL;
    /// a layer norm normalizes the last axis; a group norm has 1 group.
    fn jsnormCreateNormDescriptor(desc: *mut jsnormNormDescriptor_t, kind: jsnormNormKind_t) -> jsnormStatus_t;
    /// desc: \[host\]? NULL does nothing.
    fn jsnormDestroyNormDescriptor(desc: jsnormNormDescriptor_t) -> jsnormStatus_t;
    /// Freezes a descriptor on purpose: from now on every setter returns BAD_PARAM_NOT_MUTABLE.
    /// Again does nothing. The settings are not checked against a tensor: that is done when the
    /// descriptor is used.
    fn jsnormFinalizeNormDescriptor(desc: jsnormNormDescriptor_t) -> jsnormStatus_t;
    /// A new descriptor with the settings of desc, frozen or not, that can be set. clone: \[host\]
    /// receives it; untouched on failure.
    fn jsnormCloneNormDescriptor(desc: jsnormNormDescriptor_t, clone: *mut jsnormNormDescriptor_t) -> jsnormStatus_t;
    /// The kind that the descriptor was created with. kind: \[host\].
    fn jsnormGetNormKind(desc: jsnormNormDescriptor_t, kind: *mut jsnormNormKind_t) -> jsnormStatus_t;
    /// The estimators of the vector of means and of the vector of variances. Get: mean_estimator,
    /// variance_estimator: \[host\]?.
    fn jsnormSetNormEstimators(desc: jsnormNormDescriptor_t, mean_estimator: jsnormEstimator_t, variance_estimator: jsnormEstimator_t) -> jsnormStatus_t;
    /// The estimators of the vector of means and of the vector of variances. Get: mean_estimator,
    /// variance_estimator: \[host\]?.
    fn jsnormGetNormEstimators(desc: jsnormNormDescriptor_t, mean_estimator: *mut jsnormEstimator_t, variance_estimator: *mut jsnormEstimator_t) -> jsnormStatus_t;
    /// lambda of RIDGE and LASSO, for mean and variance alike: finite, 0 or more. Get: lambda:
    /// \[host\].
    fn jsnormSetNormLambda(desc: jsnormNormDescriptor_t, lambda: f64) -> jsnormStatus_t;
    /// lambda of RIDGE and LASSO, for mean and variance alike: finite, 0 or more. Get: lambda:
    /// \[host\].
    fn jsnormGetNormLambda(desc: jsnormNormDescriptor_t, lambda: *mut f64) -> jsnormStatus_t;
    /// epsilon: finite, 0 or more, added to the shrunk variance under the root. If the sum is 0
    /// (equal elements and epsilon 0), xhat and dx of the statistic's elements are 0 by definition.
    /// Get: epsilon: \[host\].
    fn jsnormSetNormEpsilon(desc: jsnormNormDescriptor_t, epsilon: f64) -> jsnormStatus_t;
    /// epsilon: finite, 0 or more, added to the shrunk variance under the root. If the sum is 0
    /// (equal elements and epsilon 0), xhat and dx of the statistic's elements are 0 by definition.
    /// Get: epsilon: \[host\].
    fn jsnormGetNormEpsilon(desc: jsnormNormDescriptor_t, epsilon: *mut f64) -> jsnormStatus_t;
    /// Of SAMPLING: how many of the R elements of a statistic count as independent, as a fraction
    /// in (0, 1\]; 1 by default. Neighbouring pixels, for example, resemble each other, so that
    /// their mean is noisier than that of as many independent ones; a smaller fraction shrinks
    /// more. BAD_PARAM if it is not finite or outside. Get: fraction: \[host\].
    fn jsnormSetNormEffectiveFraction(desc: jsnormNormDescriptor_t, fraction: f64) -> jsnormStatus_t;
    /// Of SAMPLING: how many of the R elements of a statistic count as independent, as a fraction
    /// in (0, 1\]; 1 by default. Neighbouring pixels, for example, resemble each other, so that
    /// their mean is noisier than that of as many independent ones; a smaller fraction shrinks
    /// more. BAD_PARAM if it is not finite or outside. Get: fraction: \[host\].
    fn jsnormGetNormEffectiveFraction(desc: jsnormNormDescriptor_t, fraction: *mut f64) -> jsnormStatus_t;
    /// The activation, applied after z is added. Get: activation: \[host\].
    fn jsnormSetNormActivation(desc: jsnormNormDescriptor_t, activation: jsnormActivation_t) -> jsnormStatus_t;
    /// The activation, applied after z is added. Get: activation: \[host\].
    fn jsnormGetNormActivation(desc: jsnormNormDescriptor_t, activation: *mut jsnormActivation_t) -> jsnormStatus_t;
    /// LAYER_NORM only: the axis at which the normalized axes begin, 0 to rank-1; or counted from
    /// the end, where -1, the default, is the last axis. From axis 0 on the whole tensor is one
    /// row: G = K = 1, and P = R is the number of elements. The rank is checked when the descriptor
    /// is used. Get: axis: \[host\] as it was set.
    fn jsnormSetNormFirstNormalizedAxis(desc: jsnormNormDescriptor_t, axis: i32) -> jsnormStatus_t;
    /// LAYER_NORM only: the axis at which the normalized axes begin, 0 to rank-1; or counted from
    /// the end, where -1, the default, is the last axis. From axis 0 on the whole tensor is one
    /// row: G = K = 1, and P = R is the number of elements. The rank is checked when the descriptor
    /// is used. Get: axis: \[host\] as it was set.
    fn jsnormGetNormFirstNormalizedAxis(desc: jsnormNormDescriptor_t, axis: *mut i32) -> jsnormStatus_t;
    /// LAYER_NORM only: how many consecutive rows (row-major over the axes before the normalized
    /// ones) are shrunk together. 0, the default, is all rows of one sample (index of axis 0). The
    /// number of rows must be a multiple of it (SHAPE_MISMATCH at use). Get: statistics_per_group:
    /// \[host\].
    fn jsnormSetNormStatisticsPerGroup(desc: jsnormNormDescriptor_t, statistics_per_group: i64) -> jsnormStatus_t;
    /// LAYER_NORM only: how many consecutive rows (row-major over the axes before the normalized
    /// ones) are shrunk together. 0, the default, is all rows of one sample (index of axis 0). The
    /// number of rows must be a multiple of it (SHAPE_MISMATCH at use). Get: statistics_per_group:
    /// \[host\].
    fn jsnormGetNormStatisticsPerGroup(desc: jsnormNormDescriptor_t, statistics_per_group: *mut i64) -> jsnormStatus_t;
    /// GROUP_NORM only: the number of groups, 1 or more. The number of channels must be a multiple
    /// of it (SHAPE_MISMATCH at use). Get: group_count: \[host\].
    fn jsnormSetNormGroupCount(desc: jsnormNormDescriptor_t, group_count: i64) -> jsnormStatus_t;
    /// GROUP_NORM only: the number of groups, 1 or more. The number of channels must be a multiple
    /// of it (SHAPE_MISMATCH at use). Get: group_count: \[host\].
    fn jsnormGetNormGroupCount(desc: jsnormNormDescriptor_t, group_count: *mut i64) -> jsnormStatus_t;
    /// Batch kinds only: what running statistics hold. Get: mode, variance: \[host\]?.
    fn jsnormSetNormRunningStatistics(desc: jsnormNormDescriptor_t, mode: jsnormRunningMode_t, variance: jsnormRunningVariance_t) -> jsnormStatus_t;
    /// Batch kinds only: what running statistics hold. Get: mode, variance: \[host\]?.
    fn jsnormGetNormRunningStatistics(desc: jsnormNormDescriptor_t, mode: *mut jsnormRunningMode_t, variance: *mut jsnormRunningVariance_t) -> jsnormStatus_t;
    /// Batch kinds only: which data dgamma and dbeta of jsnormBackwardFinalize cover. Get: scope:
    /// \[host\].
    fn jsnormSetNormParameterGradientScope(desc: jsnormNormDescriptor_t, scope: jsnormParameterGradientScope_t) -> jsnormStatus_t;
    /// Batch kinds only: which data dgamma and dbeta of jsnormBackwardFinalize cover. Get: scope:
    /// \[host\].
    fn jsnormGetNormParameterGradientScope(desc: jsnormNormDescriptor_t, scope: *mut jsnormParameterGradientScope_t) -> jsnormStatus_t;
    /// The view of x: G, K, R and the number of parameters (see THE VIEW). saved_mean and
    /// saved_variance hold G\*K entries, in the order of x's axes. groups, statistics_per_group,
    /// elements_per_statistic, parameter_count: \[host\]?.
    fn jsnormGetStatisticsShape(norm: jsnormNormDescriptor_t, x_desc: jsnormTensorDescriptor_t, groups: *mut i64, statistics_per_group: *mut i64, elements_per_statistic: *mut i64, parameter_count: *mut i64) -> jsnormStatus_t;
    /// Bytes of scratch memory that an operation needs, for x of this shape in any strides. bytes:
    /// \[host\]. If 0, workspace may be NULL. A larger workspace is accepted, at any address: the
    /// size has room for the library to align it. It need not be initialised, and its contents mean
    /// nothing afterwards. The size does not shrink when the batch grows. NOT_SUPPORTED for an
    /// operation that the kind does not have (phases and fixed statistics: batch kinds only).
    fn jsnormGetWorkspaceSize(handle: jsnormHandle_t, norm: jsnormNormDescriptor_t, x_desc: jsnormTensorDescriptor_t, operation: jsnormOperation_t, bytes: *mut usize) -> jsnormStatus_t;
    /// The same without a handle: enough for every supported backend and device. bytes: \[host\].
    fn jsnormGetWorkspaceUpperBound(norm: jsnormNormDescriptor_t, x_desc: jsnormTensorDescriptor_t, operation: jsnormOperation_t, bytes: *mut usize) -> jsnormStatus_t;
    /// Bytes of the ReLU mask of x: bit e%32 of 32-bit word e/32 tells whether element e (in x's
    /// memory order) was positive before the activation; unused bits of the last word are 0. bytes:
    /// \[host\]. NOT_SUPPORTED_LAYOUT unless x is dense: a packed tensor, possibly with its axes
    /// permuted.
    fn jsnormGetMaskSize(x_desc: jsnormTensorDescriptor_t, bytes: *mut usize) -> jsnormStatus_t;
    /// Fills \*traffic with zeros and sets struct_size. traffic: \[host\]. struct_size: sizeof
    /// \*traffic. SIZE_INSUFFICIENT below 8.
    fn jsnormMemoryTrafficInit(traffic: *mut jsnormMemoryTraffic_t, struct_size: usize) -> jsnormStatus_t;
    /// tensors: JSNORM_TRAFFIC_\* or-ed together. traffic: \[host\] as Init left it; receives the
    /// fields that its struct_size has room for (a field that this version does not know becomes
    /// 0). SIZE_INSUFFICIENT for a struct_size below 8, BAD_PARAM above 65536.
    fn jsnormGetMemoryTraffic(handle: jsnormHandle_t, norm: jsnormNormDescriptor_t, x_desc: jsnormTensorDescriptor_t, operation: jsnormOperation_t, tensors: u32, traffic: *mut jsnormMemoryTraffic_t) -> jsnormStatus_t;
    /// How the handle's backend would run this very call, as text of several lines: norm and shape,
    /// how each tensor lies, which passes read and write the tensors and how, workspace. The
    /// wording may change between versions: it is for people and logs (JSNORM_LOG_LEVEL=info prints
    /// it with every operation). Affects nothing; no \[device\] pointer is followed. args: \[host\]
    /// the argument struct of the operation (jsnormForwardTrainingArgs_t for
    /// JSNORM_FORWARD_TRAINING, ...), checked as the operation would check it, except that
    /// workspace may be missing. buffer: \[host\]? receives the text and a terminator, cut off at
    /// buffer_bytes. NULL with buffer_bytes 0 asks for the length. length: \[host\]? receives the
    /// length of the whole text without the terminator, as snprintf returns it: the text was cut
    /// off if length is buffer_bytes or more. NULL_POINTER if buffer and length are both NULL, or
    /// buffer is NULL and buffer_bytes is not 0.
    fn jsnormGetPlanDescription(handle: jsnormHandle_t, norm: jsnormNormDescriptor_t, operation: jsnormOperation_t, args: *const c_void, buffer: *mut c_char, buffer_bytes: usize, length: *mut usize) -> jsnormStatus_t;
    /// Fill \*args with zeros and set struct_size. args: \[host\]. struct_size: sizeof \*args.
    /// SIZE_INSUFFICIENT below 8.
    fn jsnormForwardTrainingArgsInit(args: *mut jsnormForwardTrainingArgs_t, struct_size: usize) -> jsnormStatus_t;
    /// Fill \*args with zeros and set struct_size. args: \[host\]. struct_size: sizeof \*args.
    /// SIZE_INSUFFICIENT below 8.
    fn jsnormForwardInferenceArgsInit(args: *mut jsnormForwardInferenceArgs_t, struct_size: usize) -> jsnormStatus_t;
    /// Fill \*args with zeros and set struct_size. args: \[host\]. struct_size: sizeof \*args.
    /// SIZE_INSUFFICIENT below 8.
    fn jsnormBackwardArgsInit(args: *mut jsnormBackwardArgs_t, struct_size: usize) -> jsnormStatus_t;
    /// Fill \*args with zeros and set struct_size. args: \[host\]. struct_size: sizeof \*args.
    /// SIZE_INSUFFICIENT below 8.
    fn jsnormBackwardFixedStatisticsArgsInit(args: *mut jsnormBackwardFixedStatisticsArgs_t, struct_size: usize) -> jsnormStatus_t;
    /// Each does what stands above its argument struct. args: \[host\], and need not outlive the
    /// call.
    fn jsnormForwardTraining(handle: jsnormHandle_t, norm: jsnormNormDescriptor_t, args: *const jsnormForwardTrainingArgs_t) -> jsnormStatus_t;
    /// Each does what stands above its argument struct. args: \[host\], and need not outlive the
    /// call.
    fn jsnormForwardInference(handle: jsnormHandle_t, norm: jsnormNormDescriptor_t, args: *const jsnormForwardInferenceArgs_t) -> jsnormStatus_t;
    /// Each does what stands above its argument struct. args: \[host\], and need not outlive the
    /// call.
    fn jsnormBackward(handle: jsnormHandle_t, norm: jsnormNormDescriptor_t, args: *const jsnormBackwardArgs_t) -> jsnormStatus_t;
    /// Each does what stands above its argument struct. args: \[host\], and need not outlive the
    /// call.
    fn jsnormBackwardFixedStatistics(handle: jsnormHandle_t, norm: jsnormNormDescriptor_t, args: *const jsnormBackwardFixedStatisticsArgs_t) -> jsnormStatus_t;
    /// Bytes of one record. bytes: \[host\]. NOT_SUPPORTED_SHAPE if K exceeds 2^31-1.
    fn jsnormGetRecordSize(norm: jsnormNormDescriptor_t, x_desc: jsnormTensorDescriptor_t, format: jsnormRecordFormat_t, bytes: *mut usize) -> jsnormStatus_t;
    /// Bytes of the coefficients that ForwardFinalize and BackwardFinalize write. T is float
    /// (double where x is double). The arrays lie one after another, K entries each. Forward: T
    /// P\[K\], E\[K\], rstd\[K\], where xhat = ((x - P) - E) \* rstd. Backward: T p\[K\], e\[K\],
    /// rstd\[K\], b\[K\], t\[K\], where dx = rstd \* (gamma\*dy + b + t \* ((x - p) - e) \* rstd).
    /// bytes: \[host\].
    fn jsnormGetForwardCoefficientSize(norm: jsnormNormDescriptor_t, x_desc: jsnormTensorDescriptor_t, bytes: *mut usize) -> jsnormStatus_t;
    /// Bytes of the coefficients that ForwardFinalize and BackwardFinalize write. T is float
    /// (double where x is double). The arrays lie one after another, K entries each. Forward: T
    /// P\[K\], E\[K\], rstd\[K\], where xhat = ((x - P) - E) \* rstd. Backward: T p\[K\], e\[K\],
    /// rstd\[K\], b\[K\], t\[K\], where dx = rstd \* (gamma\*dy + b + t \* ((x - p) - e) \* rstd).
    /// bytes: \[host\].
    fn jsnormGetBackwardCoefficientSize(norm: jsnormNormDescriptor_t, x_desc: jsnormTensorDescriptor_t, bytes: *mut usize) -> jsnormStatus_t;
    /// Fill \*args with zeros and set struct_size. args: \[host\]. struct_size: sizeof \*args.
    /// SIZE_INSUFFICIENT below 8.
    fn jsnormForwardStatisticsArgsInit(args: *mut jsnormForwardStatisticsArgs_t, struct_size: usize) -> jsnormStatus_t;
    /// Fill \*args with zeros and set struct_size. args: \[host\]. struct_size: sizeof \*args.
    /// SIZE_INSUFFICIENT below 8.
    fn jsnormForwardFinalizeArgsInit(args: *mut jsnormForwardFinalizeArgs_t, struct_size: usize) -> jsnormStatus_t;
    /// Fill \*args with zeros and set struct_size. args: \[host\]. struct_size: sizeof \*args.
    /// SIZE_INSUFFICIENT below 8.
    fn jsnormForwardApplyArgsInit(args: *mut jsnormForwardApplyArgs_t, struct_size: usize) -> jsnormStatus_t;
    /// Fill \*args with zeros and set struct_size. args: \[host\]. struct_size: sizeof \*args.
    /// SIZE_INSUFFICIENT below 8.
    fn jsnormBackwardReduceArgsInit(args: *mut jsnormBackwardReduceArgs_t, struct_size: usize) -> jsnormStatus_t;
    /// Fill \*args with zeros and set struct_size. args: \[host\]. struct_size: sizeof \*args.
    /// SIZE_INSUFFICIENT below 8.
    fn jsnormBackwardFinalizeArgsInit(args: *mut jsnormBackwardFinalizeArgs_t, struct_size: usize) -> jsnormStatus_t;
    /// Fill \*args with zeros and set struct_size. args: \[host\]. struct_size: sizeof \*args.
    /// SIZE_INSUFFICIENT below 8.
    fn jsnormBackwardApplyArgsInit(args: *mut jsnormBackwardApplyArgs_t, struct_size: usize) -> jsnormStatus_t;
    /// Each does what stands above its argument struct. args: \[host\], and need not outlive the
    /// call.
    fn jsnormForwardStatistics(handle: jsnormHandle_t, norm: jsnormNormDescriptor_t, args: *const jsnormForwardStatisticsArgs_t) -> jsnormStatus_t;
    /// Each does what stands above its argument struct. args: \[host\], and need not outlive the
    /// call.
    fn jsnormForwardFinalize(handle: jsnormHandle_t, norm: jsnormNormDescriptor_t, args: *const jsnormForwardFinalizeArgs_t) -> jsnormStatus_t;
    /// Each does what stands above its argument struct. args: \[host\], and need not outlive the
    /// call.
    fn jsnormForwardApply(handle: jsnormHandle_t, norm: jsnormNormDescriptor_t, args: *const jsnormForwardApplyArgs_t) -> jsnormStatus_t;
    /// Each does what stands above its argument struct. args: \[host\], and need not outlive the
    /// call.
    fn jsnormBackwardReduce(handle: jsnormHandle_t, norm: jsnormNormDescriptor_t, args: *const jsnormBackwardReduceArgs_t) -> jsnormStatus_t;
    /// Each does what stands above its argument struct. args: \[host\], and need not outlive the
    /// call.
    fn jsnormBackwardFinalize(handle: jsnormHandle_t, norm: jsnormNormDescriptor_t, args: *const jsnormBackwardFinalizeArgs_t) -> jsnormStatus_t;
    /// Each does what stands above its argument struct. args: \[host\], and need not outlive the
    /// call.
    fn jsnormBackwardApply(handle: jsnormHandle_t, norm: jsnormNormDescriptor_t, args: *const jsnormBackwardApplyArgs_t) -> jsnormStatus_t;
}
