// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <new>

#include "src/api/arguments.hpp"
#include "src/api/entry.hpp"

namespace jsnorm {

namespace {

jsnormStatus_t set(jsnormTensorDescriptor_t desc, jsnormDataType_t type, int32_t rank,
                   const int64_t *dims, const int64_t *strides) {
    JSNORM_TRY(check_object(desc, "desc"));
    JSNORM_REQUIRE(is_data_type(type), JSNORM_STATUS_BAD_PARAM,
                   "data_type = %d is not a jsnormDataType_t", type);
    JSNORM_REQUIRE(rank >= 1 && rank <= JSNORM_MAX_RANK, JSNORM_STATUS_BAD_PARAM_OUT_OF_BOUND,
                   "rank = %d is not in 1 to %d", rank, JSNORM_MAX_RANK);
    JSNORM_REQUIRE(dims != nullptr, JSNORM_STATUS_BAD_PARAM_NULL_POINTER, "dims is NULL");
    Layout layout;
    layout.type = type;
    layout.rank = rank;
    for (int32_t axis = 0; axis < rank; ++axis) {
        JSNORM_REQUIRE(dims[axis] >= 0, JSNORM_STATUS_BAD_PARAM_OUT_OF_BOUND,
                       "dims[%d] = %lld is negative", axis, static_cast<long long>(dims[axis]));
        layout.dims[axis] = dims[axis];
    }
    bool fits = true;
    if (strides != nullptr) {
        std::copy(strides, strides + rank, layout.strides);
    } else {
        fits = set_packed_strides(layout);
    }
    JSNORM_REQUIRE(fits && is_representable(layout), JSNORM_STATUS_NOT_SUPPORTED_SHAPE,
                   "dims and strides: the number of elements or a byte offset overflows 64 bits");
    desc->layout = layout;
    return JSNORM_STATUS_SUCCESS;
}

jsnormStatus_t get(jsnormTensorDescriptor_t desc, jsnormDataType_t *type, int32_t *rank,
                   int64_t *dims, int64_t *strides) {
    Layout layout;
    JSNORM_TRY(get_layout(desc, "desc", layout));
    if (type != nullptr) *type = layout.type;
    if (rank != nullptr) *rank = layout.rank;
    if (dims != nullptr) std::copy(layout.dims, layout.dims + layout.rank, dims);
    if (strides != nullptr) std::copy(layout.strides, layout.strides + layout.rank, strides);
    return JSNORM_STATUS_SUCCESS;
}

}  // namespace

}  // namespace jsnorm

using jsnorm::check_object;
using jsnorm::entry;

jsnormStatus_t jsnormCreateTensorDescriptor(jsnormTensorDescriptor_t *desc) {
    return entry("jsnormCreateTensorDescriptor", [&]() -> jsnormStatus_t {
        JSNORM_REQUIRE(desc != nullptr, JSNORM_STATUS_BAD_PARAM_NULL_POINTER, "desc is NULL");
        auto *created = new (std::nothrow) jsnormTensorDescriptorStruct;
        JSNORM_REQUIRE(created != nullptr, JSNORM_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED,
                       "no memory for a descriptor");
        *desc = created;
        return JSNORM_STATUS_SUCCESS;
    });
}

jsnormStatus_t jsnormDestroyTensorDescriptor(jsnormTensorDescriptor_t desc) {
    return entry("jsnormDestroyTensorDescriptor", [&]() -> jsnormStatus_t {
        if (desc == nullptr) return JSNORM_STATUS_SUCCESS;
        JSNORM_TRY(check_object(desc, "desc"));
        desc->magic = jsnorm::Magic{};
        delete desc;
        return JSNORM_STATUS_SUCCESS;
    });
}

jsnormStatus_t jsnormSetTensorDescriptor(jsnormTensorDescriptor_t desc, jsnormDataType_t data_type,
                                         int32_t rank, const int64_t *dims,
                                         const int64_t *strides) {
    return entry("jsnormSetTensorDescriptor",
                 [&] { return jsnorm::set(desc, data_type, rank, dims, strides); });
}

jsnormStatus_t jsnormGetTensorDescriptor(jsnormTensorDescriptor_t desc, jsnormDataType_t *data_type,
                                         int32_t *rank, int64_t *dims, int64_t *strides) {
    return entry("jsnormGetTensorDescriptor",
                 [&] { return jsnorm::get(desc, data_type, rank, dims, strides); });
}

jsnormStatus_t jsnormGetTensorExtent(jsnormTensorDescriptor_t desc, int64_t *first_byte,
                                     int64_t *end_byte, int32_t *overlaps_itself) {
    return jsnorm::entry("jsnormGetTensorExtent", [&]() -> jsnormStatus_t {
        jsnorm::Layout layout;
        JSNORM_TRY(jsnorm::get_layout(desc, "desc", layout));
        const jsnorm::OffsetRange range = jsnorm::offsets_of(layout);
        const auto size = static_cast<int64_t>(jsnorm::bytes_of(layout.type));
        if (first_byte != nullptr) *first_byte = range.first * size;
        if (end_byte != nullptr) *end_byte = (range.last + 1) * size;
        if (overlaps_itself != nullptr) {
            *overlaps_itself = jsnorm::self_overlap(layout) == jsnorm::SelfOverlap::kNone ? 0 : 1;
        }
        return JSNORM_STATUS_SUCCESS;
    });
}
