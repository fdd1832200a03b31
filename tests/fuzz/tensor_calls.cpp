// SPDX-License-Identifier: Apache-2.0
//
// Tensor descriptors.

#include <algorithm>
#include <cstring>

#include "tests/fuzz/functions.hpp"

namespace jsnorm::fuzz {
namespace {

struct Value {
    jsnormDataType_t type = JSNORM_FLOAT;
    int32_t rank = 0;
    int64_t dims[JSNORM_MAX_RANK] = {}, strides[JSNORM_MAX_RANK] = {};
};

bool is_same(const Value &a, const Value &b) {
    return a.type == b.type && a.rank == b.rank && std::equal(a.dims, a.dims + a.rank, b.dims) &&
           std::equal(a.strides, a.strides + a.rank, b.strides);
}

jsnormStatus_t read(jsnormTensorDescriptor_t desc, Value &value) {
    return jsnormGetTensorDescriptor(desc, &value.type, &value.rank, value.dims, value.strides);
}

int64_t size(Bytes &bytes) {
    static constexpr std::array<int64_t, 24> kSizes = {1,  2,  3,   4,   5,   6,   7,   8,
                                                       9,  0,  12,  15,  16,  17,  31,  32,
                                                       33, 64, 127, 128, 129, 257, 509, 2048};
    const uint8_t value = bytes.byte();
    return value < 240 ? kSizes[value % kSizes.size()] : bytes.integer();
}

// Packed along the axes in the order that the bytes say, with gaps and signs where they ask for
// them.
void fill_strides(Bytes &bytes, Value &value) {
    int order[JSNORM_MAX_RANK] = {0, 1, 2, 3, 4, 5, 6, 7};
    const int rank = std::clamp(value.rank, 0, JSNORM_MAX_RANK);
    for (int i = rank - 1; i > 0; --i)
        std::swap(order[i], order[bytes.below(static_cast<size_t>(i) + 1)]);
    uint64_t step = 1;
    for (int i = 0; i < rank; ++i) {
        const uint8_t how = bytes.byte();
        int64_t &stride = value.strides[order[i]];
        stride = static_cast<int64_t>(step);
        if (how >= 224)
            stride = bytes.integer();
        else if (how >= 192)
            step += how % 32, stride = static_cast<int64_t>(step);
        if (how % 32 == 31) stride = static_cast<int64_t>(-static_cast<uint64_t>(stride));
        step *= static_cast<uint64_t>(std::max<int64_t>(value.dims[order[i]], 1));
    }
}

Outcome create(World &world, Bytes &) {
    const bool full = world.tensors.size() == World::kMostObjects;
    jsnormTensorDescriptor_t desc = nullptr;
    const jsnormStatus_t status = jsnormCreateTensorDescriptor(full ? nullptr : &desc);
    expect((status == 0) == (desc != nullptr), "a descriptor without success",
           "jsnormCreateTensorDescriptor");
    if (desc != nullptr) world.tensors.push_back({desc});
    return {"jsnormCreateTensorDescriptor", status};
}

Outcome destroy(World &world, Bytes &bytes) {
    const auto desc = world.tensor(bytes);
    const jsnormStatus_t status = jsnormDestroyTensorDescriptor(desc.object);
    if (desc.is_live())
        world.tensors.erase(world.tensors.begin() + (desc.slot - world.tensors.data()));
    expect((status == 0) == (desc.is_live() || desc.object == nullptr),
           "what is no descriptor was destroyed, or one was not", "jsnormDestroyTensorDescriptor");
    return {"jsnormDestroyTensorDescriptor", status};
}

// What was set is read back; what was refused changes nothing.
Outcome set(World &world, Bytes &bytes) {
    const char *name = "jsnormSetTensorDescriptor";
    const auto desc = world.tensor(bytes);
    Value value, before, after;
    value.type = bytes.enumerator<jsnormDataType_t>(4);
    const uint8_t rank = bytes.byte();
    value.rank = rank < 248 ? rank % 5 + 1 : static_cast<int32_t>(bytes.integer());
    if (rank < 248 && rank % 16 == 15) value.rank += 3;
    for (int i = 0; i < std::min(value.rank, JSNORM_MAX_RANK); ++i) value.dims[i] = size(bytes);
    const bool packed = !bytes.one_in(2);
    if (!packed) fill_strides(bytes, value);

    const jsnormStatus_t was = read(desc.object, before);
    const jsnormStatus_t status = jsnormSetTensorDescriptor(desc.object, value.type, value.rank,
                                                            bytes.one_in(32) ? nullptr : value.dims,
                                                            packed ? nullptr : value.strides);
    const jsnormStatus_t is = read(desc.object, after);
    if (status == JSNORM_STATUS_SUCCESS) {
        expect(is == JSNORM_STATUS_SUCCESS, "what was set cannot be read", name);
        if (packed) std::copy_n(after.strides, JSNORM_MAX_RANK, value.strides);
        expect(is_same(after, value), "a descriptor is not what was set", name);
    } else {
        expect(is == was && is_same(after, before), "a refused value was kept", name);
    }
    return {name, status};
}

Outcome get(World &world, Bytes &bytes) {
    const auto desc = world.tensor(bytes);
    Value value;
    const uint8_t given = bytes.byte();
    const jsnormStatus_t status = jsnormGetTensorDescriptor(
        desc.object, given & 1 ? nullptr : &value.type, given & 2 ? nullptr : &value.rank,
        given & 4 ? nullptr : value.dims, given & 8 ? nullptr : value.strides);
    return {"jsnormGetTensorDescriptor", status};
}

Outcome extent(World &world, Bytes &bytes) {
    const char *name = "jsnormGetTensorExtent";
    const auto desc = world.tensor(bytes);
    int64_t first = 1, end = -1;
    int32_t overlaps = -1;
    const uint8_t given = bytes.byte();
    const jsnormStatus_t status =
        jsnormGetTensorExtent(desc.object, given & 1 ? nullptr : &first, given & 2 ? nullptr : &end,
                              given & 4 ? nullptr : &overlaps);
    if (status == JSNORM_STATUS_SUCCESS && given % 8 == 0) {
        expect(first <= 0 && end >= first, "an extent that holds not element 0", name);
        expect(overlaps == 0 || overlaps == 1, "neither yes nor no", name);
    }
    return {name, status};
}

Outcome mask_size(World &world, Bytes &bytes) {
    const auto desc = world.tensor(bytes);
    size_t size = 0;
    return {"jsnormGetMaskSize",
            jsnormGetMaskSize(desc.object, bytes.one_in(16) ? nullptr : &size)};
}

}  // namespace

std::span<const Function> tensor_functions() {
    static constexpr Function kFunctions[] = {create,    destroy, set, get, extent,
                                              mask_size, set,     set, set};
    return kFunctions;
}

}  // namespace jsnorm::fuzz
