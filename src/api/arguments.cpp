// SPDX-License-Identifier: Apache-2.0
#include "src/api/arguments.hpp"

#include "src/core/backend.hpp"

namespace jsnorm {

namespace {

using ll = long long;  // for printf

constexpr size_t kCoefficientAlignment = 16;
constexpr size_t kMaxArgsBytes = 65536;

jsnormStatus_t check_alignment(const char *name, const void *data, size_t alignment) {
    JSNORM_REQUIRE(reinterpret_cast<uintptr_t>(data) % alignment == 0,
                   JSNORM_STATUS_BAD_PARAM_MISALIGNED_POINTER,
                   "%s = %p is not aligned to %zu bytes", name, data, alignment);
    return JSNORM_STATUS_SUCCESS;
}

// The byte so many bytes from `base`, or the last address on the way: strides may lead further than
// there are addresses, and a region must not wrap around.
const char *byte_at(const char *base, int64_t bytes) {
    const auto address = reinterpret_cast<uintptr_t>(base);
    const auto moved = address + static_cast<uintptr_t>(bytes);
    const bool wrapped = bytes < 0 ? moved > address : moved < address;
    const uintptr_t end = bytes < 0 ? 0 : UINTPTR_MAX;
    return reinterpret_cast<const char *>(wrapped ? end : moved);
}

jsnormStatus_t check_like_x(const Layout &layout, const char *name, const Layout &x) {
    JSNORM_REQUIRE(layout.rank == x.rank, JSNORM_STATUS_BAD_PARAM_SHAPE_MISMATCH,
                   "%s: rank = %d, but args.x_desc has %d", name, layout.rank, x.rank);
    for (int32_t axis = 0; axis < x.rank; ++axis) {
        JSNORM_REQUIRE(layout.dims[axis] == x.dims[axis], JSNORM_STATUS_BAD_PARAM_SHAPE_MISMATCH,
                       "%s: dims[%d] = %lld, but args.x_desc has %lld", name, axis,
                       ll{layout.dims[axis]}, ll{x.dims[axis]});
    }
    JSNORM_REQUIRE(layout.type == x.type, JSNORM_STATUS_BAD_PARAM_DATA_TYPE_MISMATCH,
                   "%s: type %s, but args.x_desc has %s", name, name_of(layout.type),
                   name_of(x.type));
    return JSNORM_STATUS_SUCCESS;
}

}  // namespace

jsnormStatus_t get_layout(jsnormTensorDescriptor_t desc, const char *name, Layout &layout) {
    JSNORM_TRY(check_object(desc, name));
    JSNORM_REQUIRE(desc->layout.rank > 0, JSNORM_STATUS_BAD_PARAM, "%s was never set", name);
    layout = desc->layout;
    return JSNORM_STATUS_SUCCESS;
}

jsnormStatus_t get_problem(jsnormNormDescriptor_t norm, jsnormTensorDescriptor_t x_desc,
                           const char *x_name, Problem &problem) {
    JSNORM_TRY(check_object(norm, "norm"));
    Layout x;
    JSNORM_TRY(get_layout(x_desc, x_name, x));
    return make_problem(norm->config, x, x_name, problem);
}

void freeze(jsnormNormDescriptor_t norm) {
    norm->used.store(true, std::memory_order_relaxed);
}

jsnormStatus_t check_struct_size(const char *name, size_t given_size) {
    JSNORM_REQUIRE(given_size >= sizeof(size_t), JSNORM_STATUS_BAD_PARAM_SIZE_INSUFFICIENT,
                   "%s.struct_size = %zu, but %zu is the least: was the Init function called?",
                   name, given_size, sizeof(size_t));
    // No version's struct is this large: the size was never set, and the bytes behind the struct
    // may not be there.
    JSNORM_REQUIRE(given_size <= kMaxArgsBytes, JSNORM_STATUS_BAD_PARAM,
                   "%s.struct_size = %zu is no size of this struct: was the Init function called?",
                   name, given_size);
    return JSNORM_STATUS_SUCCESS;
}

jsnormStatus_t copy_args(const void *given, void *args, size_t size) {
    JSNORM_REQUIRE(given != nullptr, JSNORM_STATUS_BAD_PARAM_NULL_POINTER, "args is NULL");
    size_t given_size = 0;
    std::memcpy(&given_size, given, sizeof given_size);
    JSNORM_TRY(check_struct_size("args", given_size));
    const auto *bytes = static_cast<const unsigned char *>(given);
    for (size_t i = size; i < given_size; ++i) {
        JSNORM_REQUIRE(bytes[i] == 0, JSNORM_STATUS_BAD_PARAM,
                       "args: byte %zu of %zu is set, but this version knows %zu", i, given_size,
                       size);
    }
    std::memset(args, 0, size);
    std::memcpy(args, given, given_size < size ? given_size : size);
    return JSNORM_STATUS_SUCCESS;
}

jsnormStatus_t init_args(void *args, size_t size, const char *name) {
    JSNORM_REQUIRE(args != nullptr, JSNORM_STATUS_BAD_PARAM_NULL_POINTER, "%s is NULL", name);
    JSNORM_REQUIRE(size >= sizeof(size_t), JSNORM_STATUS_BAD_PARAM_SIZE_INSUFFICIENT,
                   "struct_size = %zu, but %zu is the least", size, sizeof(size_t));
    std::memset(args, 0, size);
    std::memcpy(args, &size, sizeof size);
    return JSNORM_STATUS_SUCCESS;
}

jsnormStatus_t Arguments::add_tensor(const char *name, const void *data, const char *desc_name,
                                     jsnormTensorDescriptor_t desc, Need need, bool written,
                                     Layout &layout) {
    layout = x_;
    if (data == nullptr && need == Need::kOptional) return JSNORM_STATUS_SUCCESS;
    JSNORM_TRY(get_layout(desc, desc_name, layout));
    JSNORM_TRY(check_like_x(layout, desc_name, x_));
    if (layout.empty()) return JSNORM_STATUS_SUCCESS;
    JSNORM_REQUIRE(data != nullptr, JSNORM_STATUS_BAD_PARAM_NULL_POINTER, "%s is NULL", name);
    JSNORM_TRY(check_alignment(name, data, bytes_of(layout.type)));
    JSNORM_REQUIRE(!written || self_overlap(layout) != SelfOverlap::kSome,
                   JSNORM_STATUS_BAD_PARAM_ALIASING,
                   "%s: an output overlaps itself: two elements lie at one place", desc_name);
    const OffsetRange range = offsets_of(layout);
    const auto size = static_cast<int64_t>(bytes_of(layout.type));
    const auto *base = static_cast<const char *>(data);
    add({name, base, byte_at(base, range.first * size),
         byte_at(base, range.last * size + (size - 1)), written, is_dense(layout), &layout});
    return JSNORM_STATUS_SUCCESS;
}

jsnormStatus_t Arguments::input(const char *name, const void *data, const char *desc_name,
                                jsnormTensorDescriptor_t desc, Need need, ConstTensor &tensor) {
    tensor.data = data;
    return add_tensor(name, data, desc_name, desc, need, false, tensor.layout);
}

jsnormStatus_t Arguments::output(const char *name, void *data, const char *desc_name,
                                 jsnormTensorDescriptor_t desc, Need need, Tensor &tensor) {
    tensor.data = data;
    return add_tensor(name, data, desc_name, desc, need, true, tensor.layout);
}

jsnormStatus_t Arguments::add_array(const char *name, const void *data, int64_t count, size_t size,
                                    Need need, bool written, size_t alignment) {
    if (data == nullptr) {
        JSNORM_REQUIRE(need == Need::kOptional || count == 0, JSNORM_STATUS_BAD_PARAM_NULL_POINTER,
                       "%s is NULL", name);
        return JSNORM_STATUS_SUCCESS;
    }
    JSNORM_TRY(check_alignment(name, data, alignment == 0 ? size : alignment));
    if (count == 0) return JSNORM_STATUS_SUCCESS;
    const auto *base = static_cast<const char *>(data);
    const auto last = static_cast<int64_t>(static_cast<size_t>(count) * size - 1);
    add({name, base, base, byte_at(base, last), written, true, nullptr});
    return JSNORM_STATUS_SUCCESS;
}

jsnormStatus_t Arguments::input_array(const char *name, const void *data, int64_t count,
                                      size_t size, Need need, size_t alignment) {
    return add_array(name, data, count, size, need, false, alignment);
}

jsnormStatus_t Arguments::output_array(const char *name, void *data, int64_t count, size_t size,
                                       Need need, size_t alignment) {
    return add_array(name, data, count, size, need, true, alignment);
}

// Reads the type of `count` packed entries from an optional descriptor; without one `type` stays.
jsnormStatus_t Arguments::array_type(const char *desc_name, jsnormTensorDescriptor_t desc,
                                     int64_t count, jsnormDataType_t &type) const {
    if (desc == nullptr) return JSNORM_STATUS_SUCCESS;
    Layout layout;
    JSNORM_TRY(get_layout(desc, desc_name, layout));
    JSNORM_REQUIRE(layout.elements() == count, JSNORM_STATUS_BAD_PARAM_SHAPE_MISMATCH,
                   "%s: %lld entries, but args.x_desc and the norm have %lld", desc_name,
                   ll{layout.elements()}, ll{count});
    JSNORM_REQUIRE(is_packed(layout), JSNORM_STATUS_NOT_SUPPORTED_LAYOUT, "%s is not packed",
                   desc_name);
    type = layout.type;
    return JSNORM_STATUS_SUCCESS;
}

jsnormStatus_t Arguments::parameters(jsnormTensorDescriptor_t desc, const void *gamma,
                                     const void *beta, Parameters &parameters) {
    const int64_t count = problem_.shape.parameters;
    jsnormDataType_t type = x_.type == JSNORM_DOUBLE ? JSNORM_DOUBLE : JSNORM_FLOAT;
    JSNORM_TRY(array_type("args.parameter_desc", desc, count, type));
    JSNORM_REQUIRE(type == JSNORM_FLOAT || type == x_.type,
                   JSNORM_STATUS_BAD_PARAM_DATA_TYPE_MISMATCH,
                   "args.parameter_desc: type %s is neither float nor that of args.x_desc, %s",
                   name_of(type), name_of(x_.type));
    parameters = {gamma, beta, type};
    JSNORM_TRY(input_array("args.gamma", gamma, count, bytes_of(type), Need::kOptional));
    return input_array("args.beta", beta, count, bytes_of(type), Need::kOptional);
}

jsnormStatus_t Arguments::parameter_gradients(jsnormTensorDescriptor_t desc, void *dgamma,
                                              void *dbeta, ParameterGradients &gradients) {
    Parameters like;
    JSNORM_TRY(parameters(desc, nullptr, nullptr, like));
    gradients = {dgamma, dbeta, like.type};
    const int64_t count = problem_.shape.parameters;
    JSNORM_TRY(output_array("args.dgamma", dgamma, count, bytes_of(like.type), Need::kOptional));
    return output_array("args.dbeta", dbeta, count, bytes_of(like.type), Need::kOptional);
}

jsnormStatus_t Arguments::statistic_outputs(double *saved_mean, double *saved_variance,
                                            double *shrunk_mean, double *shrunk_variance,
                                            StatisticOutputs &outputs) {
    outputs = {saved_mean, saved_variance, shrunk_mean, shrunk_variance};
    const int64_t count = problem_.statistics_total();
    const size_t size = sizeof(double);
    JSNORM_TRY(output_array("args.saved_mean", saved_mean, count, size, Need::kOptional));
    JSNORM_TRY(output_array("args.saved_variance", saved_variance, count, size, Need::kOptional));
    JSNORM_TRY(output_array("args.shrunk_mean", shrunk_mean, count, size, Need::kOptional));
    return output_array("args.shrunk_variance", shrunk_variance, count, size, Need::kOptional);
}

jsnormStatus_t Arguments::running_statistics(jsnormTensorDescriptor_t desc, const void *mean,
                                             const void *variance, int64_t element_count,
                                             RunningStatistics &running) {
    const int64_t count = problem_.statistics;
    jsnormDataType_t type = x_.type == JSNORM_DOUBLE ? JSNORM_DOUBLE : JSNORM_FLOAT;
    JSNORM_TRY(array_type("args.running_desc", desc, count, type));
    JSNORM_REQUIRE(element_count >= 0, JSNORM_STATUS_BAD_PARAM_OUT_OF_BOUND,
                   "args.running_element_count = %lld is negative", ll{element_count});
    running = {mean, variance, type,
               element_count > 0 ? element_count : problem_.elements_per_statistic()};
    JSNORM_TRY(input_array("args.running_mean", mean, count, bytes_of(type), Need::kRequired));
    return input_array("args.running_variance", variance, count, bytes_of(type), Need::kRequired);
}

jsnormStatus_t Arguments::running_update(jsnormTensorDescriptor_t desc, RunningUpdate &update) {
    const bool any = update.mean != nullptr || update.variance != nullptr ||
                     update.next_mean != nullptr || update.next_variance != nullptr;
    if (!is_batch_kind(problem_.norm.kind)) {
        JSNORM_REQUIRE(!any, JSNORM_STATUS_BAD_PARAM,
                       "args.running_mean, args.running_variance, args.next_running_mean and "
                       "args.next_running_variance are for batch norms only");
        return JSNORM_STATUS_SUCCESS;
    }
    const int64_t count = problem_.statistics;
    update.type = x_.type == JSNORM_DOUBLE ? JSNORM_DOUBLE : JSNORM_FLOAT;
    JSNORM_TRY(array_type("args.running_desc", desc, count, update.type));
    if (!any) return JSNORM_STATUS_SUCCESS;
    JSNORM_REQUIRE(update.step != nullptr || (update.factor >= 0 && update.factor <= 1),
                   JSNORM_STATUS_BAD_PARAM, "args.factor = %.17g is not in [0, 1]", update.factor);
    const bool reads = update.step != nullptr || update.factor != 1;
    const size_t size = bytes_of(update.type);
    const auto pair = [&](const char *name, const void *previous, const char *next_name,
                          void *next) -> jsnormStatus_t {
        JSNORM_REQUIRE(previous == nullptr || next != nullptr, JSNORM_STATUS_BAD_PARAM_NULL_POINTER,
                       "%s is NULL, but %s is given", next_name, name);
        const Need need = next != nullptr && reads ? Need::kRequired : Need::kOptional;
        JSNORM_TRY(input_array(name, previous, count, size, need));
        JSNORM_TRY(output_array(next_name, next, count, size, Need::kOptional));
        allow(next_name, name);
        return JSNORM_STATUS_SUCCESS;
    };
    JSNORM_TRY(pair("args.running_mean", update.mean, "args.next_running_mean", update.next_mean));
    JSNORM_TRY(pair("args.running_variance", update.variance, "args.next_running_variance",
                    update.next_variance));
    return input_array("args.step", update.step, 1, sizeof(int64_t), Need::kOptional);
}

jsnormStatus_t Arguments::forward_coefficients(const char *name, const void *data, Need need) {
    return input_array(name, data, 3 * problem_.statistics, compute_bytes(x_.type), need,
                       kCoefficientAlignment);
}

jsnormStatus_t Arguments::backward_coefficients(const char *name, const void *data) {
    return input_array(name, data, 5 * problem_.statistics, compute_bytes(x_.type), Need::kRequired,
                       kCoefficientAlignment);
}

jsnormStatus_t Arguments::written_coefficients(void *data, int64_t arrays) {
    return output_array("args.coefficients", data, arrays * problem_.statistics,
                        compute_bytes(x_.type), Need::kRequired, kCoefficientAlignment);
}

jsnormStatus_t Arguments::mask(const uint32_t *data, bool written) {
    if (data == nullptr) return JSNORM_STATUS_SUCCESS;
    JSNORM_REQUIRE(problem_.norm.activation == JSNORM_ACTIVATION_RELU, JSNORM_STATUS_BAD_PARAM,
                   "args.mask is given, but the norm's activation is not ReLU");
    JSNORM_REQUIRE(is_dense(x_), JSNORM_STATUS_NOT_SUPPORTED_LAYOUT,
                   "args.x_desc is not dense, which args.mask needs");
    const int64_t words = (x_.elements() + 31) / 32;
    return add_array("args.mask", data, words, sizeof(uint32_t), Need::kRequired, written, 0);
}

jsnormStatus_t Arguments::workspace(void *data, size_t bytes, size_t needed) {
    JSNORM_REQUIRE(data != nullptr || needed == 0, JSNORM_STATUS_BAD_PARAM_NULL_POINTER,
                   "args.workspace is NULL, but %zu bytes are needed", needed);
    JSNORM_REQUIRE(bytes >= needed, JSNORM_STATUS_BAD_PARAM_SIZE_INSUFFICIENT,
                   "args.workspace_bytes = %zu, but %zu are needed", bytes, needed);
    return output_array("args.workspace", data, static_cast<int64_t>(needed), 1, Need::kOptional);
}

void Arguments::add(Region region) {
    regions_[region_count_++] = region;
}

void Arguments::allow(const char *out, const char *in) {
    allowed_[allowed_count_][0] = out;
    allowed_[allowed_count_][1] = in;
    ++allowed_count_;
}

bool Arguments::allowed(const Region &out, const Region &in) const {
    if (out.base != in.base || in.written) return false;
    const bool both_tensors = out.layout != nullptr && in.layout != nullptr;
    if (both_tensors && !same_strides(*out.layout, *in.layout)) return false;
    if ((out.layout == nullptr) != (in.layout == nullptr)) return false;
    for (int i = 0; i < allowed_count_; ++i) {
        if (std::strcmp(allowed_[i][0], out.name) == 0 &&
            std::strcmp(allowed_[i][1], in.name) == 0) {
            return true;
        }
    }
    return false;
}

// Whether a and b overlap for certain. Strided views may interleave without sharing an element:
// that is allowed.
bool Arguments::overlap(const Region &a, const Region &b) const {
    if (a.last < b.first || b.last < a.first) return false;
    if (a.gapless && b.gapless) return true;
    if (a.base == b.base) return true;
    const auto inside = [](const char *byte, const Region &region) {
        return byte >= region.first && byte <= region.last;
    };
    if (b.gapless) return inside(a.first, b) || inside(a.last, b) || inside(a.base, b);
    if (a.gapless) return inside(b.first, a) || inside(b.last, a) || inside(b.base, a);
    return false;
}

jsnormStatus_t Arguments::check_memory() const {
    for (int i = 0; i < region_count_; ++i) {
        const Region &out = regions_[i];
        if (handle_->pointer_checks != 0) {
            JSNORM_REQUIRE(handle_->backend->reaches(*handle_, out.first, out.last),
                           JSNORM_STATUS_BAD_PARAM_DEVICE_MISMATCH,
                           "%s = %p is not memory that the handle's device can reach", out.name,
                           static_cast<const void *>(out.base));
        }
        if (!out.written) continue;
        for (int j = 0; j < region_count_; ++j) {
            const Region &other = regions_[j];
            if (j == i || (other.written && j < i)) continue;
            JSNORM_REQUIRE(!overlap(out, other) || allowed(out, other),
                           JSNORM_STATUS_BAD_PARAM_ALIASING,
                           "%s = %p overlaps %s = %p in a way that is not allowed", out.name,
                           static_cast<const void *>(out.base), other.name,
                           static_cast<const void *>(other.base));
        }
    }
    return JSNORM_STATUS_SUCCESS;
}

}  // namespace jsnorm
