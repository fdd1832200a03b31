/** @file
 * jsnorm - normalization layers with James-Stein shrinkage, as GPU library primitives.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A batch, layer, instance or group norm estimates a vector of means and a vector of variances from few samples. James and
 * Stein showed that a vector of estimates can be improved by shrinking it as a whole; for a norm that costs no memory traffic.
 * jsnorm computes these layers and their closed-form gradients. With the estimator NONE every layer is the ordinary one.
 *
 * This file is the manual. A complete program:
 *
 * ```c
 *     #include <jsnorm/jsnorm.h>
 *     #include <stdlib.h>
 *
 *     int main(void) {
 *         static float x[32 * 64 * 56 * 56], y[32 * 64 * 56 * 56];
 *         const int64_t dims[4] = {32, 64, 56, 56};
 *         jsnormHandle_t handle;  jsnormTensorDescriptor_t x_desc;  jsnormNormDescriptor_t norm;
 *         jsnormCreate(&handle, JSNORM_BACKEND_CPU);
 *         jsnormCreateTensorDescriptor(&x_desc);
 *         jsnormSetTensorDescriptor(x_desc, JSNORM_FLOAT, 4, dims, NULL);
 *         jsnormCreateNormDescriptor(&norm, JSNORM_BATCH_NORM);
 *         jsnormForwardTrainingArgs_t args;
 *         jsnormForwardTrainingArgsInit(&args, sizeof args);
 *         args.x_desc = x_desc;  args.x = x;  args.y_desc = x_desc;  args.y = y;
 *         jsnormGetWorkspaceSize(handle, norm, x_desc, JSNORM_FORWARD_TRAINING, &args.workspace_bytes);
 *         args.workspace = malloc(args.workspace_bytes);
 *         return jsnormForwardTraining(handle, norm, &args);
 *     }
 * ```
 *
 * THE VIEW. Every layer sees its tensor as x[g][k][r]: G groups, K statistics in a group, R elements in a statistic. A
 * statistic is the mean and the variance of R elements. The K means of a group are one vector and are shrunk together, and so
 * are its K variances. jsnormGetStatisticsShape() returns G, K, R and the number P of parameters (entries of gamma and beta).
 *
 * ```text
 *     kind                              G   K                  R                    gamma, beta indexed by
 *     JSNORM_BATCH_NORM                 1   C                  N*spatial            channel
 *     JSNORM_BATCH_NORM_PER_ACTIVATION  1   C*spatial          N                    activation
 *     JSNORM_INSTANCE_NORM              N   C                  spatial              channel
 *     JSNORM_LAYER_NORM                 N   rows of a sample   the normalized axes  element of a row (with statistics_per_group
 *                                                                                   set: K is its value, G = rows / K; with
 *                                                                                   every axis normalized: G = K = 1)
 *     JSNORM_GROUP_NORM                 N   groups             (C/groups)*spatial   channel
 * ```
 *
 * THE COMPUTATION (forward training; gamma = 1, beta = 0, z = 0 where NULL):
 *
 * ```text
 *     mean_k, variance_k   over r, biased                      saved_mean, saved_variance: raw, before shrinkage
 *     xhat = (x - shrunk_mean_k) / sqrt(shrunk_variance_k + epsilon)
 *     y    = activation(gamma * xhat + beta + z)
 * ```
 *
 * The James-Stein estimator of a vector theta is s * theta with s = (2 + (K-2) * (sum theta)^2 / (K * sum theta^2)) / K. For
 * K < 3 nothing is shrunk. docs/math.md has every estimator and the gradients.
 *
 * CONVENTIONS.
 *  - Every pointer is tagged: [device] is memory of the handle's backend (host memory for JSNORM_BACKEND_CPU), [host] is host
 *    memory. A "?" marks a pointer that may be NULL. Descriptors live on the host and never touch a GPU.
 *  - An operation allocates nothing, does not synchronise and works on the handle's stream only. A rejected call writes no
 *    byte of output, and the handle stays usable.
 *  - Argument structs begin with struct_size and only grow at their end: fill them with the Init function of the operation
 *    (zeros, and the size), then set what you need. A zero or NULL field means "not given".
 *  - Results are bitwise repeatable: from run to run, for any alignment, for any number of threads; a group's result does not
 *    depend on how many other groups there are.
 *  - Sizes and strides are int64_t, counted in elements; offsets are 64-bit throughout. Tensors with a zero dimension are fine.
 *  - Aliasing: where a function says so, an output may be the very same tensor as an input (same pointer, same strides). Any
 *    other overlap of an output is an error, reported if it is certain (JSNORM_STATUS_BAD_PARAM_ALIASING).
 *  - A NaN or an infinity in x reaches every output of its own group where the statistics are shrunk as vectors, and every
 *    output of its own statistic where they are not.
 *  - A deviation |x - mean| beyond about 1e36 (1e150 in double) overflows the statistics. dy and gamma*dy beyond that (on CUDA and
 *    in jsnormBackwardReduce also dy*(x - mean)) overflow the gradients. Where epsilon is 0, deviations below 3e-39 (1e-162 in
 *    double) count as 0 or make y too small. Running statistics of type float hold variances up to 3.4e38, then infinity.
 *  - Results do not depend on the caller's floating-point environment (rounding mode, flush-to-zero, traps) or locale. The CPU
 *    backend computes to nearest, with subnormals and without traps, and leaves environment and flags as they were. */
#ifndef JSNORM_JSNORM_H
#define JSNORM_JSNORM_H

#include <stddef.h>
#include <stdint.h>

/** What stands before every function. Define it before this file is included where another declaration is wanted. */
#if !defined(JSNORM_API)
#if defined(__GNUC__)
#define JSNORM_API __attribute__((visibility("default")))
#else
#define JSNORM_API
#endif
#endif

/** Enumerations are 4 bytes and signed for every compiler: a fixed type in C++, a negative sentinel in C. */
#if defined(__cplusplus)
#define JSNORM_ENUM_INT32 : int32_t
extern "C" {
#else
#define JSNORM_ENUM_INT32
#endif

/* ---- Version --------------------------------------------------------------------------------------------------------- */

#define JSNORM_VERSION_MAJOR 0
#define JSNORM_VERSION_MINOR 2
#define JSNORM_VERSION_PATCH 0
#define JSNORM_VERSION 200 /**< MAJOR*10000 + MINOR*100 + PATCH */

/** The version of the library that was linked, in the form of JSNORM_VERSION. */
JSNORM_API uint32_t jsnormGetVersion(void);

/** [host] The version and what was built in, e.g. "jsnorm 0.2.0 (cpu; openmp; nvtx)". Static storage. */
JSNORM_API const char *jsnormGetVersionString(void);

/* ---- Status ---------------------------------------------------------------------------------------------------------- */

/** Values never change their meaning; new ones may be added. The category is the value rounded down to a multiple of 1000. */
typedef enum jsnormStatus JSNORM_ENUM_INT32 {
    JSNORM_STATUS_SUCCESS = 0,
    JSNORM_STATUS_NOT_INITIALIZED = 1001,                       /**< not a handle or descriptor, or one that was destroyed */
    JSNORM_STATUS_BAD_PARAM = 2000,                             /**< a value out of its documented range */
    JSNORM_STATUS_BAD_PARAM_NULL_POINTER = 2002,                /**< a required pointer is NULL */
    JSNORM_STATUS_BAD_PARAM_MISALIGNED_POINTER = 2003,          /**< a pointer not aligned to its element type */
    JSNORM_STATUS_BAD_PARAM_OUT_OF_BOUND = 2005,                /**< an index, rank or size out of bounds */
    JSNORM_STATUS_BAD_PARAM_SIZE_INSUFFICIENT = 2006,           /**< a workspace or struct that is too small */
    JSNORM_STATUS_BAD_PARAM_SHAPE_MISMATCH = 2008,              /**< descriptors whose shapes do not fit together */
    JSNORM_STATUS_BAD_PARAM_DATA_TYPE_MISMATCH = 2009,          /**< descriptors whose types do not fit together */
    JSNORM_STATUS_BAD_PARAM_NOT_MUTABLE = 2010,                 /**< setting a norm descriptor that has been used */
    JSNORM_STATUS_BAD_PARAM_DEVICE_MISMATCH = 2011,             /**< memory that the handle's device cannot reach */
    JSNORM_STATUS_BAD_PARAM_ALIASING = 2012,                    /**< an output overlaps another tensor in a way not allowed */
    JSNORM_STATUS_NOT_SUPPORTED = 3000,                         /**< a valid request that this library does not serve */
    JSNORM_STATUS_NOT_SUPPORTED_SHAPE = 3002,                   /**< sizes or offsets beyond 64 bits */
    JSNORM_STATUS_NOT_SUPPORTED_DATA_TYPE = 3003,
    JSNORM_STATUS_NOT_SUPPORTED_LAYOUT = 3004,                  /**< e.g. a mask for a tensor that is not dense */
    JSNORM_STATUS_NOT_SUPPORTED_ARCHITECTURE = 3007,            /**< a device that this build has no code for */
    JSNORM_STATUS_NOT_SUPPORTED_BACKEND = 3008,                 /**< a backend that this build or machine does not have */
    JSNORM_STATUS_INTERNAL_ERROR = 4000,
    JSNORM_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED = 4003, /**< no side effect: the same call may be repeated */
    JSNORM_STATUS_EXECUTION_FAILED = 5000,
    JSNORM_STATUS_EXECUTION_FAILED_CUDA = 5003,                 /**< a CUDA call failed */
    JSNORM_STATUS_EXECUTION_FAILED_DEVICE_LOST = 5004,          /**< the device context is broken; only destroying still works */
    JSNORM_STATUS_FORCE_INT32 = -2147483647 - 1
} jsnormStatus_t;

/** [host] The name of a status, e.g. "JSNORM_STATUS_BAD_PARAM". Never NULL; "JSNORM_STATUS_UNKNOWN" for any other value. */
JSNORM_API const char *jsnormGetStatusString(jsnormStatus_t status);

/** [host] What went wrong in the last failed call on this thread: function, argument and values, in one line. Empty before the
 * first failure; kept until the next failure on this thread. */
JSNORM_API const char *jsnormGetLastErrorString(void);

/* ---- Logging --------------------------------------------------------------------------------------------------------- */

typedef enum jsnormLogLevel JSNORM_ENUM_INT32 {
    JSNORM_LOG_OFF = 0,
    JSNORM_LOG_ERROR = 1, /**< every failed call, with its message */
    JSNORM_LOG_WARN = 2,
    JSNORM_LOG_INFO = 3,  /**< every operation, with its problem and plan */
    JSNORM_LOG_TRACE = 4, /**< every call */
    JSNORM_LOG_FORCE_INT32 = -2147483647 - 1
} jsnormLogLevel_t;

/** message: [host] one line, valid during the call. user_data: [host]? as given. Called from any thread that calls jsnorm. A
 * callback must not call jsnorm. */
typedef void (*jsnormLogCallback_t)(jsnormLogLevel_t level, const char *message, void *user_data);

/** Sends messages of up to `level` to `callback`. If callback is NULL, `level` is ignored and the default is restored: stderr, at
 * the level that the environment variable JSNORM_LOG_LEVEL names (off, error, warn, info, trace; read once), off without it.
 * callback: [host]? user_data: [host]? passed back as it is. Process-wide, safe to call from any thread. */
JSNORM_API jsnormStatus_t jsnormSetLogCallback(jsnormLogLevel_t level, jsnormLogCallback_t callback, void *user_data);

/* ---- Handle ---------------------------------------------------------------------------------------------------------- */

/** The context of a backend. One thread at a time may use a handle; it may move between threads. A CUDA handle belongs to the
 * device that was current when it was created: every operation makes that device current while it enqueues, and then the caller's
 * again. */
typedef struct jsnormHandleStruct *jsnormHandle_t;

/** A CUDA stream; the same type as cudaStream_t. */
struct CUstream_st;
typedef struct CUstream_st *jsnormStream_t;

typedef enum jsnormBackend JSNORM_ENUM_INT32 {
    JSNORM_BACKEND_AUTO = 0, /**< CUDA if a device and driver are found, else CPU; jsnormGetBackend tells which */
    JSNORM_BACKEND_CPU = 1,  /**< [device] pointers are host memory; calls return when the work is done */
    JSNORM_BACKEND_CUDA = 2, /**< [device] pointers are memory of the device that is current at creation */
    JSNORM_BACKEND_FORCE_INT32 = -2147483647 - 1
} jsnormBackend_t;

/** Creates a handle. handle: [host] receives it; untouched on failure.
 * The CPU backend uses the best instruction set of the processor. The environment variable JSNORM_MAX_CPU_ISA limits it (BASELINE,
 * AVX2 or AVX512; read once). Every instruction set gives the same bits.
 * It stores outputs past the caches where they would not stay there. JSNORM_CPU_CACHE says how many bytes of the last-level cache
 * this process has (a number, or with K, M or G behind it; read once), in place of what follows from the system;
 * jsnormGetPlanDescription prints what was taken. No bit of a result depends on it.
 * Creating a CPU handle starts no thread; jsnormWarmup and operations do (or see jsnormSetTaskRunner). fork(): threads do not
 * survive it. A child whose parent had run an operation on several threads computes on one thread, with the same bits; handles of
 * the parent may be used there. An operation takes up to 512 KiB of the stack of each of its threads: more than the default of
 * some C libraries. NOT_SUPPORTED_BACKEND if the build or the machine lacks the backend; INTERNAL_ERROR_HOST_ALLOCATION_FAILED. */
JSNORM_API jsnormStatus_t jsnormCreate(jsnormHandle_t *handle, jsnormBackend_t backend);

/** Destroys a handle. handle: [host]? NULL does nothing. */
JSNORM_API jsnormStatus_t jsnormDestroy(jsnormHandle_t handle);

/** The backend in use: CPU or CUDA, never AUTO. backend: [host]. */
JSNORM_API jsnormStatus_t jsnormGetBackend(jsnormHandle_t handle, jsnormBackend_t *backend);

/** The stream that operations are enqueued on. NULL, the initial value, is CUDA's default stream. stream: [host]? an opaque CUDA
 * stream. A CPU handle accepts NULL only: else NOT_SUPPORTED_BACKEND. */
JSNORM_API jsnormStatus_t jsnormSetStream(jsnormHandle_t handle, jsnormStream_t stream);
JSNORM_API jsnormStatus_t jsnormGetStream(jsnormHandle_t handle, jsnormStream_t *stream);

/** The most threads that the CPU backend uses. 0, the default, is OpenMP's own number, or with a task runner the number of
 * processors. Never changes a result.
 * Get: thread_count: [host].
 * NOT_SUPPORTED_BACKEND on a CUDA handle; OUT_OF_BOUND below 0 or above 4096. */
JSNORM_API jsnormStatus_t jsnormSetThreadCount(jsnormHandle_t handle, int32_t thread_count);
JSNORM_API jsnormStatus_t jsnormGetThreadCount(jsnormHandle_t handle, int32_t *thread_count);

/** A piece of a loop. index: which one. task_data: [host] as the library gave it. */
typedef void (*jsnormTask_t)(int64_t index, void *task_data);

/** Runs a loop of the CPU backend on the caller's threads: calls task(i, task_data) exactly once for every i from 0 to count-1, on
 * any threads, in any order, at the same time or one after another, and returns when all calls have. What they wrote must then be
 * visible to the thread that called. Must not throw, and must not call an operation of the same handle.
 * task_data: [host] for the task. user_data: [host]? as given to jsnormSetTaskRunner. */
typedef void (*jsnormParallelFor_t)(int64_t count, jsnormTask_t task, void *task_data, void *user_data);

/** Lends the CPU backend threads, as a framework's pool has them: operations of this handle hand their loops to parallel_for and
 * use no thread of OpenMP, nor does jsnormWarmup. A loop has at most jsnormSetThreadCount's number of tasks (0: one a processor);
 * small loops stay on the calling thread. Never changes a result. NULL, the initial value, brings OpenMP's threads back.
 * parallel_for: [host]? user_data: [host]? passed back as it is.
 * Set: NOT_SUPPORTED_BACKEND on a CUDA handle, unless parallel_for is NULL. */
JSNORM_API jsnormStatus_t jsnormSetTaskRunner(jsnormHandle_t handle, jsnormParallelFor_t parallel_for, void *user_data);
/** parallel_for, user_data: [host]? receive what was set. */
JSNORM_API jsnormStatus_t jsnormGetTaskRunner(jsnormHandle_t handle, jsnormParallelFor_t *parallel_for, void **user_data);

/** How many multiprocessors the CUDA backend plans for; 0, the default, is all. Ask for workspace sizes after setting it.
 * Set: NOT_SUPPORTED_BACKEND on a CPU handle; OUT_OF_BOUND below 0. Get: sm_count: [host]. */
JSNORM_API jsnormStatus_t jsnormSetSmCountTarget(jsnormHandle_t handle, int32_t sm_count);
JSNORM_API jsnormStatus_t jsnormGetSmCountTarget(jsnormHandle_t handle, int32_t *sm_count);

/** For debugging. 1: every operation checks that the handle's device can reach each [device] pointer, else it returns
 * BAD_PARAM_DEVICE_MISMATCH (a CPU handle probes whether the first and last byte of each buffer are mapped). 0, the default: no
 * checks.
 * Set: BAD_PARAM for an `enabled` other than 0 or 1. Get: enabled: [host]. */
JSNORM_API jsnormStatus_t jsnormSetPointerChecks(jsnormHandle_t handle, int32_t enabled);
JSNORM_API jsnormStatus_t jsnormGetPointerChecks(jsnormHandle_t handle, int32_t *enabled);

/** Does now what first calls would do once (loading code, starting threads). Every later operation can then be captured in a CUDA
 * graph, and none is slow for being the first. */
JSNORM_API jsnormStatus_t jsnormWarmup(jsnormHandle_t handle);

/* ---- Tensor descriptors ---------------------------------------------------------------------------------------------- */

typedef enum jsnormDataType JSNORM_ENUM_INT32 {
    JSNORM_FLOAT = 0,
    JSNORM_DOUBLE = 1,
    JSNORM_HALF = 2, /**< IEEE binary16 */
    JSNORM_BFLOAT16 = 3,
    JSNORM_DATA_TYPE_FORCE_INT32 = -2147483647 - 1
} jsnormDataType_t;

#define JSNORM_MAX_RANK 8

/** Type, dimensions and strides of a tensor. May be set again between calls. Threads may share it while none sets it. */
typedef struct jsnormTensorDescriptorStruct *jsnormTensorDescriptor_t;

/** desc: [host] receives an unset descriptor; untouched on failure. */
JSNORM_API jsnormStatus_t jsnormCreateTensorDescriptor(jsnormTensorDescriptor_t *desc);

/** desc: [host]? NULL does nothing. */
JSNORM_API jsnormStatus_t jsnormDestroyTensorDescriptor(jsnormTensorDescriptor_t desc);

/** rank: 1 to JSNORM_MAX_RANK (normalized tensors need 2 or more: N, C, spatial..., or N, ..., D; layer norms 1).
 * dims: [host] `rank` sizes, each 0 or more, outermost first. strides: [host]? `rank` strides in elements, of either sign
 * (the tensor's pointer points to element 0); the strides of axes of size 1 are ignored; NULL: packed, row-major. NHWC is dims
 * N, C, H, W with strides H*W*C, 1, W*C, C. OUT_OF_BOUND for a wrong rank or a negative size; NOT_SUPPORTED_SHAPE if the number of
 * elements or a byte offset overflows 64 bits. On failure the descriptor keeps its value. */
JSNORM_API jsnormStatus_t jsnormSetTensorDescriptor(jsnormTensorDescriptor_t desc, jsnormDataType_t data_type, int32_t rank,
                                                    const int64_t *dims, const int64_t *strides);

/** Reads a descriptor back. data_type, rank: [host]?; dims, strides: [host]? room for JSNORM_MAX_RANK entries each. */
JSNORM_API jsnormStatus_t jsnormGetTensorDescriptor(jsnormTensorDescriptor_t desc, jsnormDataType_t *data_type, int32_t *rank,
                                                    int64_t *dims, int64_t *strides);

/** Which bytes a tensor of these dims and strides spans, for whoever must hold them against an allocation.
 * first_byte: [host]? the offset of its lowest byte from the tensor's pointer: 0, or negative where strides are.
 * end_byte: [host]? one past its highest byte. An empty tensor spans nothing: 0 and 0. Without gaps, end_byte - first_byte is the
 *   number of elements times their size.
 * overlaps_itself: [host]? 1 if two elements lie at one place: such a tensor is an input only (outputs: BAD_PARAM_ALIASING). Else
 *   0. For strides that are neither nested nor nearly so, a search decides; where it takes too long the answer is 1. */
JSNORM_API jsnormStatus_t jsnormGetTensorExtent(jsnormTensorDescriptor_t desc, int64_t *first_byte, int64_t *end_byte,
                                                int32_t *overlaps_itself);

/* ---- Norm descriptors ------------------------------------------------------------------------------------------------ */

/** What is computed. Set it up, then use it. It freezes at its first use in an operation or a query that succeeds, or by
 * jsnormFinalizeNormDescriptor; every setter then returns BAD_PARAM_NOT_MUTABLE. Threads may share a frozen descriptor, and a
 * descriptor that no thread sets any more, whichever uses it first. jsnormCloneNormDescriptor makes a copy that can be set. */
typedef struct jsnormNormDescriptorStruct *jsnormNormDescriptor_t;

typedef enum jsnormNormKind JSNORM_ENUM_INT32 {
    JSNORM_BATCH_NORM = 0,                /**< statistics per channel, over the batch and the spatial axes */
    JSNORM_BATCH_NORM_PER_ACTIVATION = 1, /**< statistics per activation, over the batch */
    JSNORM_INSTANCE_NORM = 2,             /**< statistics per sample and channel, over the spatial axes; shrunk over the channels
                                               of a sample. This is the layer norm of the James-Stein paper. */
    JSNORM_LAYER_NORM = 3,                /**< the layer norm of frameworks: statistics per row, over the last axes; shrunk over
                                               the rows of a sample. A row then depends on the other rows of its sample: not for
                                               causal models, and padding rows count. With fewer than 3 rows in a group (one
                                               decoded token, a 2-D tensor) James-Stein does not shrink. See
                                               jsnormSetNormStatisticsPerGroup. */
    JSNORM_GROUP_NORM = 4,                /**< statistics per sample and group of channels; shrunk over the groups of a sample */
    JSNORM_NORM_KIND_FORCE_INT32 = -2147483647 - 1
} jsnormNormKind_t;

/** How a vector theta of K statistics is estimated from the measured one (docs/math.md, section 5). */
typedef enum jsnormEstimator JSNORM_ENUM_INT32 {
    JSNORM_ESTIMATOR_NONE = 0,            /**< theta as measured: the ordinary layer */
    JSNORM_ESTIMATOR_JAMES_STEIN = 1,     /**< towards 0 (WACV 2024); equals NONE for K < 3. The default. Its factor takes the
                                               variance between the K statistics for their noise and does not depend on R. Means
                                               of both signs are hardly subtracted, and a small variance is divided by: with few
                                               elements (R below 16) training needs an epsilon of 1e-2, or another estimator. */
    JSNORM_ESTIMATOR_GRAND_MEAN = 2,      /**< Efron and Morris: towards the mean of the vector; equals NONE for K < 4 */
    JSNORM_ESTIMATOR_STEIN_CORRECTED = 3, /**< arXiv 2507.08261: the mean as JAMES_STEIN with (K-2)K/(K+1) (equals NONE for K <
                                               3), the variance towards the geometric mean */
    JSNORM_ESTIMATOR_RIDGE = 4,           /**< mean * R/(R+lambda), variance / (1+lambda) */
    JSNORM_ESTIMATOR_LASSO = 5,           /**< soft threshold: lambda/(2R) for the mean, lambda/2 for the variance */
    JSNORM_ESTIMATOR_SAMPLING = 6,        /**< James and Stein's, with the sampling variance of a statistic for the noise:
                                               towards the mean of the vector, the less the larger R. Recommended where shrinkage
                                               is to reduce the error of the statistics. Equals NONE for K < 4 and for R < 2. The
                                               shrunk means depend on the variances too. See jsnormSetNormEffectiveFraction. */
    JSNORM_ESTIMATOR_FORCE_INT32 = -2147483647 - 1
} jsnormEstimator_t;

typedef enum jsnormActivation JSNORM_ENUM_INT32 {
    JSNORM_ACTIVATION_NONE = 0,
    JSNORM_ACTIVATION_RELU = 1,
    JSNORM_ACTIVATION_FORCE_INT32 = -2147483647 - 1
} jsnormActivation_t;

typedef enum jsnormRunningMode JSNORM_ENUM_INT32 {
    JSNORM_RUNNING_SHRUNK = 0, /**< running statistics accumulate shrunk statistics; inference uses them as they are */
    JSNORM_RUNNING_RAW = 1,    /**< they accumulate raw statistics; inference shrinks them */
    JSNORM_RUNNING_MODE_FORCE_INT32 = -2147483647 - 1
} jsnormRunningMode_t;

typedef enum jsnormRunningVariance JSNORM_ENUM_INT32 {
    JSNORM_RUNNING_VARIANCE_CORRECTED = 0, /**< NONE, JAMES_STEIN, GRAND_MEAN and SAMPLING: the running variance takes
                                                R/max(R-1,1) times the variance, as in cuDNN and PyTorch. The other estimators of
                                                the variance set its scale themselves and are never multiplied */
    JSNORM_RUNNING_VARIANCE_BIASED = 1,    /**< as it is */
    JSNORM_RUNNING_VARIANCE_FORCE_INT32 = -2147483647 - 1
} jsnormRunningVariance_t;

typedef enum jsnormParameterGradientScope JSNORM_ENUM_INT32 {
    JSNORM_PARAMETER_GRADIENT_LOCAL = 0,  /**< dgamma, dbeta of this process's data; data-parallel training then averages them */
    JSNORM_PARAMETER_GRADIENT_GLOBAL = 1, /**< of the data of all processes */
    JSNORM_PARAMETER_GRADIENT_SCOPE_FORCE_INT32 = -2147483647 - 1
} jsnormParameterGradientScope_t;

/** desc: [host] receives a descriptor with JAMES_STEIN for mean and variance, epsilon 1e-5, no activation, lambda 0, running
 * statistics SHRUNK and CORRECTED, parameter gradients LOCAL; a layer norm normalizes the last axis; a group norm has 1 group. */
JSNORM_API jsnormStatus_t jsnormCreateNormDescriptor(jsnormNormDescriptor_t *desc, jsnormNormKind_t kind);

/** desc: [host]? NULL does nothing. */
JSNORM_API jsnormStatus_t jsnormDestroyNormDescriptor(jsnormNormDescriptor_t desc);

/** Freezes a descriptor on purpose: from now on every setter returns BAD_PARAM_NOT_MUTABLE. Again does nothing. The settings are
 * not checked against a tensor: that is done when the descriptor is used. */
JSNORM_API jsnormStatus_t jsnormFinalizeNormDescriptor(jsnormNormDescriptor_t desc);

/** A new descriptor with the settings of desc, frozen or not, that can be set. clone: [host] receives it; untouched on failure. */
JSNORM_API jsnormStatus_t jsnormCloneNormDescriptor(jsnormNormDescriptor_t desc, jsnormNormDescriptor_t *clone);

/** Setters and getters. A getter answers what was set, or the default, of a frozen descriptor too, and freezes nothing. Where a
 * setter is for some kinds only, so is its getter: BAD_PARAM for the others. */

/** The kind that the descriptor was created with. kind: [host]. */
JSNORM_API jsnormStatus_t jsnormGetNormKind(jsnormNormDescriptor_t desc, jsnormNormKind_t *kind);

/** The estimators of the vector of means and of the vector of variances. Get: mean_estimator, variance_estimator: [host]?. */
JSNORM_API jsnormStatus_t jsnormSetNormEstimators(jsnormNormDescriptor_t desc, jsnormEstimator_t mean_estimator,
                                                  jsnormEstimator_t variance_estimator);
JSNORM_API jsnormStatus_t jsnormGetNormEstimators(jsnormNormDescriptor_t desc, jsnormEstimator_t *mean_estimator,
                                                  jsnormEstimator_t *variance_estimator);

/** lambda of RIDGE and LASSO, for mean and variance alike: finite, 0 or more. Get: lambda: [host]. */
JSNORM_API jsnormStatus_t jsnormSetNormLambda(jsnormNormDescriptor_t desc, double lambda);
JSNORM_API jsnormStatus_t jsnormGetNormLambda(jsnormNormDescriptor_t desc, double *lambda);

/** epsilon: finite, 0 or more, added to the shrunk variance under the root. If the sum is 0 (equal elements and epsilon 0), xhat
 * and dx of the statistic's elements are 0 by definition. Get: epsilon: [host]. */
JSNORM_API jsnormStatus_t jsnormSetNormEpsilon(jsnormNormDescriptor_t desc, double epsilon);
JSNORM_API jsnormStatus_t jsnormGetNormEpsilon(jsnormNormDescriptor_t desc, double *epsilon);

/** Of SAMPLING: how many of the R elements of a statistic count as independent, as a fraction in (0, 1]; 1 by default. Neighbouring
 * pixels, for example, resemble each other, so that their mean is noisier than that of as many independent ones; a smaller fraction
 * shrinks more. BAD_PARAM if it is not finite or outside. Get: fraction: [host]. */
JSNORM_API jsnormStatus_t jsnormSetNormEffectiveFraction(jsnormNormDescriptor_t desc, double fraction);
JSNORM_API jsnormStatus_t jsnormGetNormEffectiveFraction(jsnormNormDescriptor_t desc, double *fraction);

/** The activation, applied after z is added. Get: activation: [host]. */
JSNORM_API jsnormStatus_t jsnormSetNormActivation(jsnormNormDescriptor_t desc, jsnormActivation_t activation);
JSNORM_API jsnormStatus_t jsnormGetNormActivation(jsnormNormDescriptor_t desc, jsnormActivation_t *activation);

/** LAYER_NORM only: the axis at which the normalized axes begin, 0 to rank-1; or counted from the end, where -1, the default, is
 * the last axis. From axis 0 on the whole tensor is one row: G = K = 1, and P = R is the number of elements. The rank is checked
 * when the descriptor is used. Get: axis: [host] as it was set. */
JSNORM_API jsnormStatus_t jsnormSetNormFirstNormalizedAxis(jsnormNormDescriptor_t desc, int32_t axis);
JSNORM_API jsnormStatus_t jsnormGetNormFirstNormalizedAxis(jsnormNormDescriptor_t desc, int32_t *axis);

/** LAYER_NORM only: how many consecutive rows (row-major over the axes before the normalized ones) are shrunk together. 0, the
 * default, is all rows of one sample (index of axis 0). The number of rows must be a multiple of it (SHAPE_MISMATCH at use).
 * Get: statistics_per_group: [host]. */
JSNORM_API jsnormStatus_t jsnormSetNormStatisticsPerGroup(jsnormNormDescriptor_t desc, int64_t statistics_per_group);
JSNORM_API jsnormStatus_t jsnormGetNormStatisticsPerGroup(jsnormNormDescriptor_t desc, int64_t *statistics_per_group);

/** GROUP_NORM only: the number of groups, 1 or more. The number of channels must be a multiple of it (SHAPE_MISMATCH at use).
 * Get: group_count: [host]. */
JSNORM_API jsnormStatus_t jsnormSetNormGroupCount(jsnormNormDescriptor_t desc, int64_t group_count);
JSNORM_API jsnormStatus_t jsnormGetNormGroupCount(jsnormNormDescriptor_t desc, int64_t *group_count);

/** Batch kinds only: what running statistics hold. Get: mode, variance: [host]?. */
JSNORM_API jsnormStatus_t jsnormSetNormRunningStatistics(jsnormNormDescriptor_t desc, jsnormRunningMode_t mode,
                                                         jsnormRunningVariance_t variance);
JSNORM_API jsnormStatus_t jsnormGetNormRunningStatistics(jsnormNormDescriptor_t desc, jsnormRunningMode_t *mode,
                                                         jsnormRunningVariance_t *variance);

/** Batch kinds only: which data dgamma and dbeta of jsnormBackwardFinalize cover. Get: scope: [host]. */
JSNORM_API jsnormStatus_t jsnormSetNormParameterGradientScope(jsnormNormDescriptor_t desc, jsnormParameterGradientScope_t scope);
JSNORM_API jsnormStatus_t jsnormGetNormParameterGradientScope(jsnormNormDescriptor_t desc, jsnormParameterGradientScope_t *scope);

/* ---- Sizes ----------------------------------------------------------------------------------------------------------- */

typedef enum jsnormOperation JSNORM_ENUM_INT32 {
    JSNORM_FORWARD_TRAINING = 0,
    JSNORM_FORWARD_INFERENCE = 1,
    JSNORM_BACKWARD = 2,
    JSNORM_BACKWARD_FIXED_STATISTICS = 3,
    JSNORM_FORWARD_STATISTICS = 4,
    JSNORM_FORWARD_FINALIZE = 5,
    JSNORM_FORWARD_APPLY = 6,
    JSNORM_BACKWARD_REDUCE = 7,
    JSNORM_BACKWARD_FINALIZE = 8,
    JSNORM_BACKWARD_APPLY = 9,
    JSNORM_OPERATION_FORCE_INT32 = -2147483647 - 1
} jsnormOperation_t;

/** The view of x: G, K, R and the number of parameters (see THE VIEW). saved_mean and saved_variance hold G*K entries, in the
 * order of x's axes. groups, statistics_per_group, elements_per_statistic, parameter_count: [host]?. */
JSNORM_API jsnormStatus_t jsnormGetStatisticsShape(jsnormNormDescriptor_t norm, jsnormTensorDescriptor_t x_desc, int64_t *groups,
                                                   int64_t *statistics_per_group, int64_t *elements_per_statistic,
                                                   int64_t *parameter_count);

/** Bytes of scratch memory that an operation needs, for x of this shape in any strides. bytes: [host]. If 0, workspace may be NULL.
 * A larger workspace is accepted, at any address: the size has room for the library to align it. It need not be initialised, and
 * its contents mean nothing afterwards. The size does not shrink when the batch grows. NOT_SUPPORTED for an operation that the kind
 * does not have (phases and fixed statistics: batch kinds only). */
JSNORM_API jsnormStatus_t jsnormGetWorkspaceSize(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                                                 jsnormTensorDescriptor_t x_desc, jsnormOperation_t operation, size_t *bytes);

/** The same without a handle: enough for every supported backend and device. bytes: [host]. */
JSNORM_API jsnormStatus_t jsnormGetWorkspaceUpperBound(jsnormNormDescriptor_t norm, jsnormTensorDescriptor_t x_desc,
                                                       jsnormOperation_t operation, size_t *bytes);

/** Bytes of the ReLU mask of x: bit e%32 of 32-bit word e/32 tells whether element e (in x's memory order) was positive before
 * the activation; unused bits of the last word are 0. bytes: [host]. NOT_SUPPORTED_LAYOUT unless x is dense: a packed tensor,
 * possibly with its axes permuted. */
JSNORM_API jsnormStatus_t jsnormGetMaskSize(jsnormTensorDescriptor_t x_desc, size_t *bytes);

/** The bytes that an operation moves, so that everyone computes a percentage of peak in the same way. */
typedef struct jsnormMemoryTraffic {
    size_t struct_size;            /**< as jsnormMemoryTrafficInit set it */
    uint64_t least_tensor_bytes;   /**< every tensor read or written once */
    uint64_t planned_tensor_bytes; /**< what this library asks for: tensors that stay on chip count once, others every time */
    uint64_t parameter_bytes;      /**< the caller's gamma, beta, statistics, running statistics, coefficients, dgamma, dbeta,
                                        each once: the same on every backend */
    uint64_t partial_sum_bytes;    /**< workspace, written and read */
} jsnormMemoryTraffic_t;

/** Which optional tensors take part, for jsnormGetMemoryTraffic. */
#define JSNORM_TRAFFIC_RESIDUAL 1u /**< z, or dz */
#define JSNORM_TRAFFIC_MASK 2u     /**< the ReLU mask */

/** Fills *traffic with zeros and sets struct_size. traffic: [host]. struct_size: sizeof *traffic. SIZE_INSUFFICIENT below 8. */
JSNORM_API jsnormStatus_t jsnormMemoryTrafficInit(jsnormMemoryTraffic_t *traffic, size_t struct_size);

/** tensors: JSNORM_TRAFFIC_* or-ed together. traffic: [host] as Init left it; receives the fields that its struct_size has room for
 * (a field that this version does not know becomes 0). SIZE_INSUFFICIENT for a struct_size below 8, BAD_PARAM above 65536. */
JSNORM_API jsnormStatus_t jsnormGetMemoryTraffic(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                                                 jsnormTensorDescriptor_t x_desc, jsnormOperation_t operation, uint32_t tensors,
                                                 jsnormMemoryTraffic_t *traffic);

/** How the handle's backend would run this very call, as text of several lines: norm and shape, how each tensor lies, which passes
 * read and write the tensors and how, workspace. The wording may change between versions: it is for people and logs
 * (JSNORM_LOG_LEVEL=info prints it with every operation). Affects nothing; no [device] pointer is followed.
 * args: [host] the argument struct of the operation (jsnormForwardTrainingArgs_t for JSNORM_FORWARD_TRAINING, ...), checked as the
 *   operation would check it, except that workspace may be missing.
 * buffer: [host]? receives the text and a terminator, cut off at buffer_bytes. NULL with buffer_bytes 0 asks for the length.
 * length: [host]? receives the length of the whole text without the terminator, as snprintf returns it: the text was cut off if
 *   length is buffer_bytes or more.
 * NULL_POINTER if buffer and length are both NULL, or buffer is NULL and buffer_bytes is not 0. */
JSNORM_API jsnormStatus_t jsnormGetPlanDescription(jsnormHandle_t handle, jsnormNormDescriptor_t norm, jsnormOperation_t operation,
                                                   const void *args, char *buffer, size_t buffer_bytes, size_t *length);

/* ---- Operations ------------------------------------------------------------------------------------------------------ */

/** Common to all operations.
 *
 * x_desc, y_desc, z_desc, dy_desc, dx_desc, dz_desc: [host] same dims and type, any strides each. A descriptor is needed where its
 *   pointer is given. Outputs must not overlap themselves.
 * parameter_desc: [host]? describes gamma, beta, dgamma and dbeta: packed, P elements in any shape, float or the type of x.
 *   NULL: float (double where x is double).
 * running_desc: [host]? describes the running statistics: packed, K elements, of any type. NULL: float (double where x is double),
 *   whatever parameter_desc says. Float running statistics hold 24 bits: at mean 1e4 and deviation 1e-2 inference needs double
 *   ones. Those in half hold 11 bits and in bfloat16 8, for models that were converted as a whole: good for inference, but a step
 *   of an average that is smaller than half a unit of the last place (factor below 2^-11 or 2^-8, roughly) is lost in the rounding.
 * workspace: [device]? workspace_bytes bytes, at least jsnormGetWorkspaceSize's, at any address. One workspace serves operations
 *   that follow each other; operations at the same time need one each.
 * mask: [device] see jsnormGetMaskSize. x must be dense, and the mask is in its memory order; the other tensors may have any
 *   strides.
 *
 * Zero-size tensors: success. x is not read, dgamma and dbeta are set to 0, statistics are 0, and running statistics do not
 *   change.
 * struct_size: as Init set it. Below 8: SIZE_INSUFFICIENT. Above 65536, or with bytes set that this version does not know:
 *   BAD_PARAM.
 * Statuses of every operation: BAD_PARAM_NULL_POINTER, _MISALIGNED_POINTER, _SIZE_INSUFFICIENT, _SHAPE_MISMATCH,
 *   _DATA_TYPE_MISMATCH, _ALIASING and NOT_SUPPORTED_LAYOUT (mask of a tensor that is not dense). */

/** x -> y with the statistics of x (docs/math.md, section 2). y may be x, or z. */
typedef struct jsnormForwardTrainingArgs {
    size_t struct_size;
    jsnormTensorDescriptor_t x_desc;
    const void *x;                /**< [device] */
    jsnormTensorDescriptor_t z_desc;
    const void *z;                /**< [device]? residual, added before the activation */
    jsnormTensorDescriptor_t y_desc;
    void *y;                      /**< [device] */
    jsnormTensorDescriptor_t parameter_desc;
    const void *gamma;            /**< [device]? P entries; NULL: 1 */
    const void *beta;             /**< [device]? P entries; NULL: 0 */
    double *saved_mean;           /**< [device]? G*K raw means, for backward */
    double *saved_variance;       /**< [device]? G*K raw biased variances, for backward */
    double *shrunk_mean;          /**< [device]? G*K means after shrinkage, for monitoring */
    double *shrunk_variance;      /**< [device]? G*K variances after shrinkage, for monitoring */
    jsnormTensorDescriptor_t running_desc;
    const void *running_mean;     /**< [device]? K previous running means; batch kinds only; needed with next_running_mean unless
                                       factor is 1 */
    const void *running_variance; /**< [device]? */
    void *next_running_mean;      /**< [device]? K; may be running_mean. next = (1-factor)*previous + factor*new. If x has no
                                       elements: the previous value, or untouched if none is given */
    void *next_running_variance;  /**< [device]? */
    double factor;                /**< exponential average factor in [0,1], the weight of the new value. At 1 the previous value
                                       is not read; at 0, as after Init, running statistics keep their bits, whatever x holds */
    const int64_t *step;          /**< [device]? updates before this one: factor = 1/(1 + *step) instead. At 0, and below, the
                                       previous value is not read, but its pointer is needed */
    uint32_t *mask;               /**< [device]? written where the activation is ReLU; backward needs it where z was given */
    void *workspace;              /**< [device]? */
    size_t workspace_bytes;
} jsnormForwardTrainingArgs_t;

/** x -> y with given statistics (batch kinds; RAW ones are shrunk first), docs/math.md, section 4. For the other kinds the
 * statistics come from the sample, as in training, and the running pointers must be NULL. y may be x, or z. */
typedef struct jsnormForwardInferenceArgs {
    size_t struct_size;
    jsnormTensorDescriptor_t x_desc;
    const void *x;                 /**< [device] */
    jsnormTensorDescriptor_t z_desc;
    const void *z;                 /**< [device]? */
    jsnormTensorDescriptor_t y_desc;
    void *y;                       /**< [device] */
    jsnormTensorDescriptor_t parameter_desc;
    const void *gamma;             /**< [device]? */
    const void *beta;              /**< [device]? */
    jsnormTensorDescriptor_t running_desc;
    const void *running_mean;      /**< [device]? K; batch kinds need it, the others must not have it */
    const void *running_variance;  /**< [device]? K; likewise */
    int64_t running_element_count; /**< for RAW and an estimator that depends on R (STEIN_CORRECTED, RIDGE, LASSO, SAMPLING): the
                                        R of training. 0: the R of this x; the result then depends on the batch size */
    uint32_t *mask;                /**< [device]? written where the activation is ReLU; jsnormBackwardFixedStatistics needs it
                                        where z was given */
    void *workspace;               /**< [device]? */
    size_t workspace_bytes;
} jsnormForwardInferenceArgs_t;

/** The gradient of jsnormForwardTraining (docs/math.md, section 3), through the statistics and their shrinkage. dx may be dy, or dz
 * may be dy (not both). ReLU's gradient comes from the mask. Without a mask its sign is recomputed from x and beta, which is right
 * only if forward had no z; dz therefore needs the mask. */
typedef struct jsnormBackwardArgs {
    size_t struct_size;
    jsnormTensorDescriptor_t x_desc;
    const void *x;                /**< [device] as in forward */
    jsnormTensorDescriptor_t dy_desc;
    const void *dy;               /**< [device] gradient of y */
    jsnormTensorDescriptor_t parameter_desc;
    const void *gamma;            /**< [device]? as in forward */
    const void *beta;             /**< [device]? as in forward; read only with ReLU and no mask */
    const double *saved_mean;     /**< [device] G*K */
    const double *saved_variance; /**< [device] G*K */
    const uint32_t *mask;         /**< [device]? */
    jsnormTensorDescriptor_t dx_desc;
    void *dx;                     /**< [device]? */
    void *dgamma;                 /**< [device]? P */
    void *dbeta;                  /**< [device]? P */
    jsnormTensorDescriptor_t dz_desc;
    void *dz;                     /**< [device]? */
    void *workspace;              /**< [device]? */
    size_t workspace_bytes;
} jsnormBackwardArgs_t;

/** The gradient of jsnormForwardInference of a batch kind: the statistics are constants (docs/math.md, section 3, last formula).
 * Other kinds: NOT_SUPPORTED, use jsnormBackward. Aliasing and ReLU as for jsnormBackward; the mask is that of
 * jsnormForwardInference. */
typedef struct jsnormBackwardFixedStatisticsArgs {
    size_t struct_size;
    jsnormTensorDescriptor_t x_desc;
    const void *x;                 /**< [device] */
    jsnormTensorDescriptor_t dy_desc;
    const void *dy;                /**< [device] */
    jsnormTensorDescriptor_t parameter_desc;
    const void *gamma;             /**< [device]? */
    const void *beta;              /**< [device]? */
    jsnormTensorDescriptor_t running_desc;
    const void *running_mean;      /**< [device] K */
    const void *running_variance;  /**< [device] K */
    int64_t running_element_count; /**< as in jsnormForwardInferenceArgs_t */
    const uint32_t *mask;          /**< [device]? */
    jsnormTensorDescriptor_t dx_desc;
    void *dx;                      /**< [device]? */
    void *dgamma;                  /**< [device]? P */
    void *dbeta;                   /**< [device]? P */
    jsnormTensorDescriptor_t dz_desc;
    void *dz;                      /**< [device]? */
    void *workspace;               /**< [device]? */
    size_t workspace_bytes;
} jsnormBackwardFixedStatisticsArgs_t;

/** Fill *args with zeros and set struct_size. args: [host]. struct_size: sizeof *args. SIZE_INSUFFICIENT below 8. */
JSNORM_API jsnormStatus_t jsnormForwardTrainingArgsInit(jsnormForwardTrainingArgs_t *args, size_t struct_size);
JSNORM_API jsnormStatus_t jsnormForwardInferenceArgsInit(jsnormForwardInferenceArgs_t *args, size_t struct_size);
JSNORM_API jsnormStatus_t jsnormBackwardArgsInit(jsnormBackwardArgs_t *args, size_t struct_size);
JSNORM_API jsnormStatus_t jsnormBackwardFixedStatisticsArgsInit(jsnormBackwardFixedStatisticsArgs_t *args, size_t struct_size);

/** Each does what stands above its argument struct. args: [host], and need not outlive the call. */
JSNORM_API jsnormStatus_t jsnormForwardTraining(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                                                const jsnormForwardTrainingArgs_t *args);
JSNORM_API jsnormStatus_t jsnormForwardInference(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                                                 const jsnormForwardInferenceArgs_t *args);
JSNORM_API jsnormStatus_t jsnormBackward(jsnormHandle_t handle, jsnormNormDescriptor_t norm, const jsnormBackwardArgs_t *args);
JSNORM_API jsnormStatus_t jsnormBackwardFixedStatistics(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                                                        const jsnormBackwardFixedStatisticsArgs_t *args);

/* ---- Operations in phases -------------------------------------------------------------------------------------------- */

/** Batch kinds, split for synchronized batch norm, convolution epilogues and graph compilers (docs/math.md, section 6):
 *
 * ```text
 *     ForwardStatistics -> all-gather of the records  -> ForwardFinalize  -> ForwardApply
 *     BackwardReduce    -> all-gather of the sums     -> BackwardFinalize -> BackwardApply
 *                          (or all-reduce(sum), where a sum in any order will do)
 * ```
 *
 * Every process calls every phase, also with an empty part (N = 0). x_desc is the local part. Parts may differ in N and in spatial
 * size; K must agree. With one part and records of MOMENTS the results equal the fused operation bit for bit. Empty parts change no
 * bit. Counts stay on the device. Other kinds: NOT_SUPPORTED. */

typedef enum jsnormRecordFormat JSNORM_ENUM_INT32 {
    JSNORM_RECORD_MOMENTS = 0,    /**< header, double mean[K], double M2[K] (sum of squared deviations from the mean) */
    JSNORM_RECORD_SUMS = 1,       /**< header, double sum[K], double sum_of_squares[K]. An all-reduce(sum) of the doubles, and
                                       another of the int64 count, merges them. The variance suffers cancellation: it loses
                                       2*log10(mean/deviation) of 16 digits. MOMENTS loses none. */
    JSNORM_RECORD_SUMS_FLOAT = 2, /**< header, float sum[K], float sum_of_squares[K], as convolution epilogues emit them; input
                                       only. The variance loses as many of 7 digits. */
    JSNORM_RECORD_FORMAT_FORCE_INT32 = -2147483647 - 1
} jsnormRecordFormat_t;

/** The first 16 bytes of a record. Records are trivially copyable, aligned to 16 and padded to a multiple of 16 bytes. */
typedef struct jsnormRecordHeader {
    int64_t count;                /**< elements per statistic in this part, R; may be 0 */
    int32_t format;               /**< jsnormRecordFormat_t */
    int32_t statistics_per_group; /**< K */
} jsnormRecordHeader_t;

/** Bytes of one record. bytes: [host]. NOT_SUPPORTED_SHAPE if K exceeds 2^31-1. */
JSNORM_API jsnormStatus_t jsnormGetRecordSize(jsnormNormDescriptor_t norm, jsnormTensorDescriptor_t x_desc,
                                              jsnormRecordFormat_t format, size_t *bytes);

/** Bytes of the coefficients that ForwardFinalize and BackwardFinalize write. T is float (double where x is double). The arrays lie
 * one after another, K entries each. Forward: T P[K], E[K], rstd[K], where xhat = ((x - P) - E) * rstd. Backward: T p[K], e[K],
 * rstd[K], b[K], t[K], where dx = rstd * (gamma*dy + b + t * ((x - p) - e) * rstd). bytes: [host]. */
JSNORM_API jsnormStatus_t jsnormGetForwardCoefficientSize(jsnormNormDescriptor_t norm, jsnormTensorDescriptor_t x_desc,
                                                          size_t *bytes);
JSNORM_API jsnormStatus_t jsnormGetBackwardCoefficientSize(jsnormNormDescriptor_t norm, jsnormTensorDescriptor_t x_desc,
                                                           size_t *bytes);

/** x -> a record of its statistics. */
typedef struct jsnormForwardStatisticsArgs {
    size_t struct_size;
    jsnormTensorDescriptor_t x_desc;
    const void *x;                      /**< [device] */
    void *record;                       /**< [device] one record, aligned to 16 */
    jsnormRecordFormat_t record_format; /**< MOMENTS or SUMS */
    int32_t reserved;                   /**< 0 */
    void *workspace;                    /**< [device]? */
    size_t workspace_bytes;
} jsnormForwardStatisticsArgs_t;

/** Records -> the statistics of all parts, shrunk; coefficients; running statistics. The headers must agree with record_format and
 * K, and no count may be negative: else a CPU handle returns BAD_PARAM, SHAPE_MISMATCH or OUT_OF_BOUND; on CUDA, where the host
 * cannot read them, every statistic, coefficient and running statistic becomes NaN and total_count -1. */
typedef struct jsnormForwardFinalizeArgs {
    size_t struct_size;
    jsnormTensorDescriptor_t x_desc;    /**< for K and the type; its batch size does not matter */
    const void *records;                /**< [device] record_count records, one after another, aligned to 16 */
    int64_t record_count;               /**< 1 or more */
    jsnormRecordFormat_t record_format; /**< of all records */
    int32_t reserved;                   /**< 0 */
    double *saved_mean;                 /**< [device]? K raw means of all parts */
    double *saved_variance;             /**< [device]? K */
    double *shrunk_mean;                /**< [device]? K */
    double *shrunk_variance;            /**< [device]? K */
    int64_t *total_count;               /**< [device]? elements per statistic in all parts, for BackwardFinalize */
    jsnormTensorDescriptor_t running_desc;
    const void *running_mean;           /**< [device]? as in jsnormForwardTrainingArgs_t */
    const void *running_variance;       /**< [device]? */
    void *next_running_mean;            /**< [device]? */
    void *next_running_variance;        /**< [device]? */
    double factor;
    const int64_t *step;                /**< [device]? */
    void *coefficients;                 /**< [device] forward coefficients, aligned to 16 */
    void *workspace;                    /**< [device]? */
    size_t workspace_bytes;
} jsnormForwardFinalizeArgs_t;

/** x -> y by coefficients. y may be x, or z. */
typedef struct jsnormForwardApplyArgs {
    size_t struct_size;
    jsnormTensorDescriptor_t x_desc;
    const void *x;            /**< [device] */
    jsnormTensorDescriptor_t z_desc;
    const void *z;            /**< [device]? */
    jsnormTensorDescriptor_t y_desc;
    void *y;                  /**< [device] */
    jsnormTensorDescriptor_t parameter_desc;
    const void *gamma;        /**< [device]? */
    const void *beta;         /**< [device]? */
    const void *coefficients; /**< [device] forward coefficients */
    uint32_t *mask;           /**< [device]? */
    void *workspace;          /**< [device]? */
    size_t workspace_bytes;
} jsnormForwardApplyArgs_t;

/** dy, x -> double sums[2K]: sum dy and sum dy*(x - mean) of this part, dy after the activation's gradient. */
typedef struct jsnormBackwardReduceArgs {
    size_t struct_size;
    jsnormTensorDescriptor_t x_desc;
    const void *x;            /**< [device] */
    jsnormTensorDescriptor_t dy_desc;
    const void *dy;           /**< [device] */
    jsnormTensorDescriptor_t parameter_desc;
    const void *gamma;        /**< [device]? read only with ReLU and no mask, like beta and coefficients */
    const void *beta;         /**< [device]? */
    const double *saved_mean; /**< [device] K raw means of all parts */
    const void *coefficients; /**< [device]? forward coefficients; needed with ReLU and no mask */
    const uint32_t *mask;     /**< [device]? */
    double *sums;             /**< [device] 2K */
    void *workspace;          /**< [device]? */
    size_t workspace_bytes;
} jsnormBackwardReduceArgs_t;

/** Sums -> backward coefficients, dgamma, dbeta. */
typedef struct jsnormBackwardFinalizeArgs {
    size_t struct_size;
    jsnormTensorDescriptor_t x_desc; /**< for K and the type; its batch size does not matter */
    const double *local_sums;        /**< [device]? 2K of this part; needed for dgamma and dbeta of LOCAL scope */
    const double *global_sums;       /**< [device] the sums of record_count parts, 2K each, one after another, as an all-gather
                                          leaves them; may be local_sums */
    int64_t record_count;            /**< parts in global_sums, added in their order, in double: every process gets the same
                                          bits. 0, as after Init, is 1: the sums of all parts, added before */
    const int64_t *total_count;      /**< [device] from ForwardFinalize */
    jsnormTensorDescriptor_t parameter_desc;
    const void *gamma;               /**< [device]? */
    const double *saved_mean;        /**< [device] K */
    const double *saved_variance;    /**< [device] K */
    void *dgamma;                    /**< [device]? P */
    void *dbeta;                     /**< [device]? P */
    void *coefficients;              /**< [device] backward coefficients, aligned to 16 */
    void *workspace;                 /**< [device]? */
    size_t workspace_bytes;
} jsnormBackwardFinalizeArgs_t;

/** dy, x -> dx, dz by coefficients. dx may be dy, dz may be dy (not both). */
typedef struct jsnormBackwardApplyArgs {
    size_t struct_size;
    jsnormTensorDescriptor_t x_desc;
    const void *x;                     /**< [device] */
    jsnormTensorDescriptor_t dy_desc;
    const void *dy;                    /**< [device] */
    jsnormTensorDescriptor_t parameter_desc;
    const void *gamma;                 /**< [device]? */
    const void *beta;                  /**< [device]? read only with ReLU and no mask */
    const void *forward_coefficients;  /**< [device]? needed with ReLU and no mask */
    const void *backward_coefficients; /**< [device] */
    const uint32_t *mask;              /**< [device]? */
    jsnormTensorDescriptor_t dx_desc;
    void *dx;                          /**< [device]? */
    jsnormTensorDescriptor_t dz_desc;
    void *dz;                          /**< [device]? */
    void *workspace;                   /**< [device]? */
    size_t workspace_bytes;
} jsnormBackwardApplyArgs_t;

/** Fill *args with zeros and set struct_size. args: [host]. struct_size: sizeof *args. SIZE_INSUFFICIENT below 8. */
JSNORM_API jsnormStatus_t jsnormForwardStatisticsArgsInit(jsnormForwardStatisticsArgs_t *args, size_t struct_size);
JSNORM_API jsnormStatus_t jsnormForwardFinalizeArgsInit(jsnormForwardFinalizeArgs_t *args, size_t struct_size);
JSNORM_API jsnormStatus_t jsnormForwardApplyArgsInit(jsnormForwardApplyArgs_t *args, size_t struct_size);
JSNORM_API jsnormStatus_t jsnormBackwardReduceArgsInit(jsnormBackwardReduceArgs_t *args, size_t struct_size);
JSNORM_API jsnormStatus_t jsnormBackwardFinalizeArgsInit(jsnormBackwardFinalizeArgs_t *args, size_t struct_size);
JSNORM_API jsnormStatus_t jsnormBackwardApplyArgsInit(jsnormBackwardApplyArgs_t *args, size_t struct_size);

/** Each does what stands above its argument struct. args: [host], and need not outlive the call. */
JSNORM_API jsnormStatus_t jsnormForwardStatistics(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                                                  const jsnormForwardStatisticsArgs_t *args);
JSNORM_API jsnormStatus_t jsnormForwardFinalize(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                                                const jsnormForwardFinalizeArgs_t *args);
JSNORM_API jsnormStatus_t jsnormForwardApply(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                                             const jsnormForwardApplyArgs_t *args);
JSNORM_API jsnormStatus_t jsnormBackwardReduce(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                                               const jsnormBackwardReduceArgs_t *args);
JSNORM_API jsnormStatus_t jsnormBackwardFinalize(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                                                 const jsnormBackwardFinalizeArgs_t *args);
JSNORM_API jsnormStatus_t jsnormBackwardApply(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                                              const jsnormBackwardApplyArgs_t *args);

#if defined(__cplusplus)
}
#endif

#endif /* JSNORM_JSNORM_H */
