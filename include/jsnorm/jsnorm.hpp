/** @file
 * jsnorm.hpp - the C API with owners: header-only C++17 on jsnorm.h, which stays the manual.
 * SPDX-License-Identifier: Apache-2.0
 *
 * ```cpp
 *     #include <jsnorm/jsnorm.hpp>
 *     #include <vector>
 *
 *     int main() {
 *         std::vector<float> x(32 * 64 * 56 * 56), y(x.size());
 *         auto handle = jsnorm::Handle::create(JSNORM_BACKEND_CPU).or_throw();
 *         auto x_desc = jsnorm::TensorDescriptor::create(JSNORM_FLOAT, {32, 64, 56, 56}).or_throw();
 *         auto norm = jsnorm::NormBuilder(JSNORM_BATCH_NORM).epsilon(1e-3).build().or_throw();
 *         std::vector<char> workspace(jsnorm::workspace_size(handle, norm, x_desc, JSNORM_FORWARD_TRAINING).or_throw());
 *         jsnorm::ForwardTrainingArgs args;
 *         args.x_desc = args.y_desc = x_desc;
 *         args.x = x.data();
 *         args.y = y.data();
 *         args.workspace = workspace.data();
 *         args.workspace_bytes = workspace.size();
 *         jsnorm::forward_training(handle, norm, args).or_throw();
 *     }
 * ```
 *
 * OWNERS. Handle, TensorDescriptor and NormDescriptor own one object of the C API each. They move, do not copy, and destroy what
 * they hold. An owner converts to the C object wherever the C API wants one, so every C function can be called with it. An owner
 * that is empty (moved from, or made by the default constructor) converts to NULL, which the library refuses by name.
 *
 * ERRORS are values. A function returns a Status, or a Result<T> that holds a T or a Status; the message is the library's own and
 * is kept in the Status. Nothing throws, except where or_throw() asks for it (and std::string, should memory for a message run
 * out): it is there only where the compiler has exceptions, and the header compiles without them (-fno-exceptions) and without
 * RTTI. Statuses and results must not be ignored: [[nodiscard]].
 *
 * Enumerations, lengths, aliasing and threads are those of jsnorm.h. The declarations lie in an inline namespace of this version:
 * they never meet those of another version, or the library's own, in one program. */
#ifndef JSNORM_JSNORM_HPP
#define JSNORM_JSNORM_HPP

#include <jsnorm/jsnorm.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <type_traits>
#include <utility>
#if defined(__cpp_exceptions)
#include <stdexcept>
#endif

namespace jsnorm {
inline namespace cpp_0_2 {

static_assert(JSNORM_VERSION_MAJOR == 0 && JSNORM_VERSION_MINOR == 2, "the inline namespace names the version");

/* ---- Errors ---------------------------------------------------------------------------------------------------------- */

#if defined(__cpp_exceptions)
/** What or_throw() throws: the name of the status and the library's message. */
class Error : public std::runtime_error {
  public:
    Error(jsnormStatus_t code, const std::string &message)
        : std::runtime_error(std::string(jsnormGetStatusString(code)) + ": " + message), code_(code) {}
    jsnormStatus_t code() const noexcept { return code_; }

  private:
    jsnormStatus_t code_;
};
#endif

/** The status of a call. Of a failed one it keeps the message, whatever fails afterwards. */
class [[nodiscard]] Status {
  public:
    /** Success. */
    Status() = default;

    /** Of a call of the C API that this thread has just made. */
    Status(jsnormStatus_t code) : code_(code), message_(code == JSNORM_STATUS_SUCCESS ? "" : jsnormGetLastErrorString()) {}
    Status(jsnormStatus_t code, std::string message) : code_(code), message_(std::move(message)) {}

    bool ok() const noexcept { return code_ == JSNORM_STATUS_SUCCESS; }
    jsnormStatus_t code() const noexcept { return code_; }

    /** Function, argument and values, in one line; empty after success. */
    const std::string &message() const noexcept { return message_; }

#if defined(__cpp_exceptions)
    /** Throws Error unless ok(). */
    void or_throw() const {
        if (!ok()) throw Error(code_, message_);
    }
#endif

  private:
    jsnormStatus_t code_ = JSNORM_STATUS_SUCCESS;
    std::string message_;
};

/** A value, or the status of the call that failed to give one. */
template <typename T>
class [[nodiscard]] Result {
  public:
    Result(T value) : value_(std::move(value)) {}
    Result(Status failure) : status_(std::move(failure)) {}

    bool ok() const noexcept { return status_.ok(); }
    const Status &status() const noexcept { return status_; }

    /** The value; T() after a failure. */
    T &value() & noexcept { return value_; }
    const T &value() const & noexcept { return value_; }
    T value() && { return std::move(value_); }

#if defined(__cpp_exceptions)
    /** The value; throws Error after a failure. */
    T or_throw() && {
        status_.or_throw();
        return std::move(value_);
    }
#endif

  private:
    Status status_;
    T value_ = T();
};

namespace detail {

template <typename T>
Result<T> result(jsnormStatus_t code, T value) {
    if (code != JSNORM_STATUS_SUCCESS) return Status(code);
    return Result<T>(std::move(value));
}

}  // namespace detail

/* ---- Owners ---------------------------------------------------------------------------------------------------------- */

/** Owns an object of the C API. T: its pointer type; kDestroy: the function that destroys it. */
template <typename T, jsnormStatus_t (*kDestroy)(T)>
class Owner {
  public:
    Owner() = default;

    /** Takes over an object that the C API created. */
    explicit Owner(T object) noexcept : object_(object) {}
    Owner(Owner &&other) noexcept : object_(other.release()) {}
    Owner &operator=(Owner &&other) noexcept {
        if (this != &other) {
            kDestroy(object_);
            object_ = other.release();
        }
        return *this;
    }
    ~Owner() { kDestroy(object_); }

    T get() const noexcept { return object_; }
    operator T() const & noexcept { return object_; }
    operator T() const && = delete; /* the object would be gone when the pointer is used */

    /** Gives the object up to the caller, who destroys it. */
    T release() noexcept { return std::exchange(object_, nullptr); }

  private:
    T object_ = nullptr;
};

/** A context of a backend; see jsnormHandle_t. One thread at a time may use it. */
class Handle : public Owner<jsnormHandle_t, jsnormDestroy> {
  public:
    using Owner::Owner;

    static Result<Handle> create(jsnormBackend_t backend = JSNORM_BACKEND_AUTO) {
        jsnormHandle_t handle = nullptr;
        const jsnormStatus_t code = jsnormCreate(&handle, backend);
        return detail::result(code, Handle(handle));
    }

    /** CPU or CUDA, never AUTO. */
    Result<jsnormBackend_t> backend() const {
        jsnormBackend_t backend = JSNORM_BACKEND_AUTO;
        const jsnormStatus_t code = jsnormGetBackend(get(), &backend);
        return detail::result(code, backend);
    }

    Status set_stream(jsnormStream_t stream) { return jsnormSetStream(get(), stream); }
    Status set_thread_count(int32_t thread_count) { return jsnormSetThreadCount(get(), thread_count); }
    Status set_task_runner(jsnormParallelFor_t parallel_for, void *user_data) {
        return jsnormSetTaskRunner(get(), parallel_for, user_data);
    }
    Status set_sm_count_target(int32_t sm_count) { return jsnormSetSmCountTarget(get(), sm_count); }
    Status set_pointer_checks(bool enabled) { return jsnormSetPointerChecks(get(), enabled ? 1 : 0); }
    Status warmup() { return jsnormWarmup(get()); }
};

/** Sizes or strides as a parameter: from {2, 3, 4}, an array, or a container of int64_t with data() and size(). */
class Sizes {
  public:
    Sizes() = default;
    Sizes(std::initializer_list<int64_t> values) noexcept : Sizes(values.begin(), values.size()) {}
    template <size_t N>
    Sizes(const int64_t (&values)[N]) noexcept : Sizes(values, N) {}
    template <typename Container,
              typename = std::enable_if_t<
                  std::is_convertible_v<decltype(std::declval<const Container &>().data()), const int64_t *>>>
    Sizes(const Container &values) noexcept : Sizes(values.data(), values.size()) {}

    const int64_t *data() const noexcept { return values_; }

    /** As given; of more than JSNORM_MAX_RANK values only so many are kept, for no tensor has more. */
    size_t size() const noexcept { return size_; }

  private:
    Sizes(const int64_t *values, size_t size) noexcept : size_(size) {
        for (size_t i = 0; i < size && i < JSNORM_MAX_RANK; ++i) values_[i] = values[i];
    }

    int64_t values_[JSNORM_MAX_RANK] = {};
    size_t size_ = 0;
};

/** Type, dimensions and strides of a tensor; see jsnormTensorDescriptor_t. */
class TensorDescriptor : public Owner<jsnormTensorDescriptor_t, jsnormDestroyTensorDescriptor> {
  public:
    using Owner::Owner;

    /** A descriptor that is not set yet. */
    static Result<TensorDescriptor> create() {
        jsnormTensorDescriptor_t desc = nullptr;
        const jsnormStatus_t code = jsnormCreateTensorDescriptor(&desc);
        return detail::result(code, TensorDescriptor(desc));
    }

    /** dims, strides: as for set(). */
    static Result<TensorDescriptor> create(jsnormDataType_t data_type, const Sizes &dims, const Sizes &strides = {}) {
        Result<TensorDescriptor> desc = create();
        if (!desc.ok()) return desc;
        Status status = desc.value().set(data_type, dims, strides);
        if (!status.ok()) return status;
        return desc;
    }

    /** dims: outermost first. strides: in elements, as many as dims; none: packed, row-major. On failure the descriptor keeps its
     * value. */
    Status set(jsnormDataType_t data_type, const Sizes &dims, const Sizes &strides = {}) {
        if (dims.size() > JSNORM_MAX_RANK)
            return {JSNORM_STATUS_BAD_PARAM_OUT_OF_BOUND,
                    "jsnorm::TensorDescriptor::set: dims has " + std::to_string(dims.size()) + " entries, more than 8"};
        if (strides.size() != 0 && strides.size() != dims.size())
            return {JSNORM_STATUS_BAD_PARAM_SHAPE_MISMATCH, "jsnorm::TensorDescriptor::set: strides has " +
                                                                std::to_string(strides.size()) + " entries, dims " +
                                                                std::to_string(dims.size())};
        return jsnormSetTensorDescriptor(get(), data_type, static_cast<int32_t>(dims.size()), dims.data(),
                                         strides.size() == 0 ? nullptr : strides.data());
    }
};

/** What is computed; see jsnormNormDescriptor_t. NormBuilder makes one. It freezes at its first use. */
class NormDescriptor : public Owner<jsnormNormDescriptor_t, jsnormDestroyNormDescriptor> {
  public:
    using Owner::Owner;

    /** A copy that can be set. */
    Result<NormDescriptor> clone() const {
        jsnormNormDescriptor_t copy = nullptr;
        const jsnormStatus_t code = jsnormCloneNormDescriptor(get(), &copy);
        return detail::result(code, NormDescriptor(copy));
    }

    /** Freezes it on purpose. */
    Status finalize() { return jsnormFinalizeNormDescriptor(get()); }
};

/** Sets a norm up, one setting after another: NormBuilder(kind).epsilon(1e-3).activation(JSNORM_ACTIVATION_RELU).build(). What is
 * not set has the defaults of jsnormCreateNormDescriptor. The first setting that fails is what build() returns; those behind it are
 * not made. */
class NormBuilder {
  public:
    explicit NormBuilder(jsnormNormKind_t kind) {
        jsnormNormDescriptor_t desc = nullptr;
        status_ = jsnormCreateNormDescriptor(&desc, kind);
        norm_ = NormDescriptor(desc);
    }

    NormBuilder &estimators(jsnormEstimator_t mean, jsnormEstimator_t variance) {
        return set(jsnormSetNormEstimators, mean, variance);
    }
    /** One estimator for means and variances. */
    NormBuilder &estimator(jsnormEstimator_t both) { return estimators(both, both); }
    NormBuilder &lambda(double lambda) { return set(jsnormSetNormLambda, lambda); }
    NormBuilder &epsilon(double epsilon) { return set(jsnormSetNormEpsilon, epsilon); }
    NormBuilder &effective_fraction(double fraction) { return set(jsnormSetNormEffectiveFraction, fraction); }
    NormBuilder &activation(jsnormActivation_t activation) { return set(jsnormSetNormActivation, activation); }
    NormBuilder &first_normalized_axis(int32_t axis) { return set(jsnormSetNormFirstNormalizedAxis, axis); }
    NormBuilder &statistics_per_group(int64_t count) { return set(jsnormSetNormStatisticsPerGroup, count); }
    NormBuilder &group_count(int64_t count) { return set(jsnormSetNormGroupCount, count); }
    NormBuilder &running_statistics(jsnormRunningMode_t mode, jsnormRunningVariance_t variance) {
        return set(jsnormSetNormRunningStatistics, mode, variance);
    }
    NormBuilder &parameter_gradient_scope(jsnormParameterGradientScope_t scope) {
        return set(jsnormSetNormParameterGradientScope, scope);
    }

    /** The norm, or the first failure. The builder is empty afterwards, and building again is NOT_INITIALIZED. */
    Result<NormDescriptor> build() {
        if (status_.ok() && norm_.get() == nullptr)
            status_ = Status(JSNORM_STATUS_NOT_INITIALIZED, "jsnorm::NormBuilder::build: the norm was built already");
        if (!status_.ok()) return status_;
        return std::move(norm_);
    }

  private:
    template <typename... Parameters, typename... Values>
    NormBuilder &set(jsnormStatus_t (*setter)(jsnormNormDescriptor_t, Parameters...), Values... values) {
        if (status_.ok()) status_ = setter(norm_.get(), values...);
        return *this;
    }

    Status status_;
    NormDescriptor norm_;
};

/* ---- Sizes and queries ----------------------------------------------------------------------------------------------- */

/** THE VIEW of jsnorm.h: G, K, R and P. */
struct StatisticsShape {
    int64_t groups = 0;
    int64_t statistics_per_group = 0;
    int64_t elements_per_statistic = 0;
    int64_t parameter_count = 0;
};

inline Result<StatisticsShape> statistics_shape(jsnormNormDescriptor_t norm, jsnormTensorDescriptor_t x_desc) {
    StatisticsShape shape;
    const jsnormStatus_t code = jsnormGetStatisticsShape(norm, x_desc, &shape.groups, &shape.statistics_per_group,
                                                         &shape.elements_per_statistic, &shape.parameter_count);
    return detail::result(code, shape);
}

/** Bytes of scratch memory that an operation needs. */
inline Result<size_t> workspace_size(jsnormHandle_t handle, jsnormNormDescriptor_t norm, jsnormTensorDescriptor_t x_desc,
                                     jsnormOperation_t operation) {
    size_t bytes = 0;
    const jsnormStatus_t code = jsnormGetWorkspaceSize(handle, norm, x_desc, operation, &bytes);
    return detail::result(code, bytes);
}

/** Bytes of the ReLU mask of x. */
inline Result<size_t> mask_size(jsnormTensorDescriptor_t x_desc) {
    size_t bytes = 0;
    const jsnormStatus_t code = jsnormGetMaskSize(x_desc, &bytes);
    return detail::result(code, bytes);
}

/** Bytes of one record of the phases. */
inline Result<size_t> record_size(jsnormNormDescriptor_t norm, jsnormTensorDescriptor_t x_desc, jsnormRecordFormat_t format) {
    size_t bytes = 0;
    const jsnormStatus_t code = jsnormGetRecordSize(norm, x_desc, format, &bytes);
    return detail::result(code, bytes);
}

/** Bytes of the coefficients that forward_finalize writes. */
inline Result<size_t> forward_coefficient_size(jsnormNormDescriptor_t norm, jsnormTensorDescriptor_t x_desc) {
    size_t bytes = 0;
    const jsnormStatus_t code = jsnormGetForwardCoefficientSize(norm, x_desc, &bytes);
    return detail::result(code, bytes);
}

/** Bytes of the coefficients that backward_finalize writes. */
inline Result<size_t> backward_coefficient_size(jsnormNormDescriptor_t norm, jsnormTensorDescriptor_t x_desc) {
    size_t bytes = 0;
    const jsnormStatus_t code = jsnormGetBackwardCoefficientSize(norm, x_desc, &bytes);
    return detail::result(code, bytes);
}

/* ---- Argument structs and operations --------------------------------------------------------------------------------- */

/** An argument struct of the C API as its Init function leaves it: zeros, and struct_size. */
template <typename C>
struct Args : C {
    Args() noexcept : C{} { this->struct_size = sizeof(C); }
};

using MemoryTraffic = Args<jsnormMemoryTraffic_t>;
using ForwardTrainingArgs = Args<jsnormForwardTrainingArgs_t>;
using ForwardInferenceArgs = Args<jsnormForwardInferenceArgs_t>;
using BackwardArgs = Args<jsnormBackwardArgs_t>;
using BackwardFixedStatisticsArgs = Args<jsnormBackwardFixedStatisticsArgs_t>;
using ForwardStatisticsArgs = Args<jsnormForwardStatisticsArgs_t>;
using ForwardFinalizeArgs = Args<jsnormForwardFinalizeArgs_t>;
using ForwardApplyArgs = Args<jsnormForwardApplyArgs_t>;
using BackwardReduceArgs = Args<jsnormBackwardReduceArgs_t>;
using BackwardFinalizeArgs = Args<jsnormBackwardFinalizeArgs_t>;
using BackwardApplyArgs = Args<jsnormBackwardApplyArgs_t>;

/** The bytes that an operation moves. tensors: JSNORM_TRAFFIC_* or-ed together. */
inline Result<MemoryTraffic> memory_traffic(jsnormHandle_t handle, jsnormNormDescriptor_t norm, jsnormTensorDescriptor_t x_desc,
                                            jsnormOperation_t operation, uint32_t tensors = 0) {
    MemoryTraffic traffic;
    const jsnormStatus_t code = jsnormGetMemoryTraffic(handle, norm, x_desc, operation, tensors, &traffic);
    return detail::result(code, traffic);
}

/** Each does what stands above its argument struct in jsnorm.h. */
inline Status forward_training(jsnormHandle_t handle, jsnormNormDescriptor_t norm, const jsnormForwardTrainingArgs_t &args) {
    return jsnormForwardTraining(handle, norm, &args);
}
inline Status forward_inference(jsnormHandle_t handle, jsnormNormDescriptor_t norm, const jsnormForwardInferenceArgs_t &args) {
    return jsnormForwardInference(handle, norm, &args);
}
inline Status backward(jsnormHandle_t handle, jsnormNormDescriptor_t norm, const jsnormBackwardArgs_t &args) {
    return jsnormBackward(handle, norm, &args);
}
inline Status backward_fixed_statistics(jsnormHandle_t handle, jsnormNormDescriptor_t norm,
                                        const jsnormBackwardFixedStatisticsArgs_t &args) {
    return jsnormBackwardFixedStatistics(handle, norm, &args);
}
inline Status forward_statistics(jsnormHandle_t handle, jsnormNormDescriptor_t norm, const jsnormForwardStatisticsArgs_t &args) {
    return jsnormForwardStatistics(handle, norm, &args);
}
inline Status forward_finalize(jsnormHandle_t handle, jsnormNormDescriptor_t norm, const jsnormForwardFinalizeArgs_t &args) {
    return jsnormForwardFinalize(handle, norm, &args);
}
inline Status forward_apply(jsnormHandle_t handle, jsnormNormDescriptor_t norm, const jsnormForwardApplyArgs_t &args) {
    return jsnormForwardApply(handle, norm, &args);
}
inline Status backward_reduce(jsnormHandle_t handle, jsnormNormDescriptor_t norm, const jsnormBackwardReduceArgs_t &args) {
    return jsnormBackwardReduce(handle, norm, &args);
}
inline Status backward_finalize(jsnormHandle_t handle, jsnormNormDescriptor_t norm, const jsnormBackwardFinalizeArgs_t &args) {
    return jsnormBackwardFinalize(handle, norm, &args);
}
inline Status backward_apply(jsnormHandle_t handle, jsnormNormDescriptor_t norm, const jsnormBackwardApplyArgs_t &args) {
    return jsnormBackwardApply(handle, norm, &args);
}

}  // namespace cpp_0_2
}  // namespace jsnorm

#endif /* JSNORM_JSNORM_HPP */
