// SPDX-License-Identifier: Apache-2.0
//
// What can be asked about a norm and a shape.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "tests/fuzz/functions.hpp"

namespace jsnorm::fuzz {
namespace {

Outcome statistics_shape(World &world, Bytes &bytes) {
    const char *name = "jsnormGetStatisticsShape";
    const auto norm = world.norm(bytes);
    const auto x_desc = world.tensor(bytes);
    int64_t shape[4] = {-1, -1, -1, -1};
    const uint8_t given = bytes.byte();
    const jsnormStatus_t status =
        jsnormGetStatisticsShape(norm.object, x_desc.object, given & 1 ? nullptr : &shape[0],
                                 given & 2 ? nullptr : &shape[1], given & 4 ? nullptr : &shape[2],
                                 given & 8 ? nullptr : &shape[3]);
    World::note_use(norm, status);
    for (int i = 0; i < 4; ++i)
        expect((shape[i] == -1) == (status != 0 || (given & 1 << i) != 0), "a size is not written",
               name);
    return {name, status};
}

Outcome workspace_size(World &world, Bytes &bytes) {
    const char *name = "jsnormGetWorkspaceSize";
    const auto handle = world.handle(bytes);
    const auto norm = world.norm(bytes);
    const auto x_desc = world.tensor(bytes);
    const auto operation = bytes.enumerator<jsnormOperation_t>(10);
    size_t size = 0, bound = 0;
    const jsnormStatus_t status = jsnormGetWorkspaceSize(
        handle.object, norm.object, x_desc.object, operation, bytes.one_in(16) ? nullptr : &size);
    World::note_use(norm, status);
    const jsnormStatus_t other =
        jsnormGetWorkspaceUpperBound(norm.object, x_desc.object, operation, &bound);
    World::note_use(norm, other);
    if (status == 0) expect(other == 0 && bound >= size, "the upper bound is lower", name);
    return {name, status};
}

Outcome upper_bound(World &world, Bytes &bytes) {
    const auto norm = world.norm(bytes);
    const auto x_desc = world.tensor(bytes);
    const auto operation = bytes.enumerator<jsnormOperation_t>(10);
    size_t size = 0;
    const jsnormStatus_t status = jsnormGetWorkspaceUpperBound(
        norm.object, x_desc.object, operation, bytes.one_in(16) ? nullptr : &size);
    World::note_use(norm, status);
    return {"jsnormGetWorkspaceUpperBound", status};
}

Outcome memory_traffic(World &world, Bytes &bytes) {
    const auto handle = world.handle(bytes);
    const auto norm = world.norm(bytes);
    const auto x_desc = world.tensor(bytes);
    const auto operation = bytes.enumerator<jsnormOperation_t>(10);
    const uint32_t tensors = bytes.byte() % 5;
    static constexpr std::array<size_t, 8> kSizes = {
        sizeof(jsnormMemoryTraffic_t), 8, 16, 0, 7, 64, 33, SIZE_MAX};
    const size_t size = bytes.any_of(kSizes);
    // As long as struct_size says, and one byte more would be too long.
    std::vector<std::byte> traffic(size == SIZE_MAX ? sizeof(jsnormMemoryTraffic_t)
                                                    : std::max<size_t>(size, 8));
    std::memcpy(traffic.data(), &size, sizeof size);
    const jsnormStatus_t status =
        jsnormGetMemoryTraffic(handle.object, norm.object, x_desc.object, operation, tensors,
                               reinterpret_cast<jsnormMemoryTraffic_t *>(traffic.data()));
    World::note_use(norm, status);
    return {"jsnormGetMemoryTraffic", status};
}

Outcome traffic_init(World &, Bytes &bytes) {
    const size_t size = bytes.below(64);
    std::vector<std::byte> traffic(size);
    auto *place = reinterpret_cast<jsnormMemoryTraffic_t *>(traffic.data());
    return {"jsnormMemoryTrafficInit",
            jsnormMemoryTrafficInit(bytes.one_in(8) ? nullptr : place, size)};
}

Outcome record_size(World &world, Bytes &bytes) {
    const auto norm = world.norm(bytes);
    const auto x_desc = world.tensor(bytes);
    const auto format = bytes.enumerator<jsnormRecordFormat_t>(3);
    size_t size = 0;
    const jsnormStatus_t status =
        jsnormGetRecordSize(norm.object, x_desc.object, format, bytes.one_in(16) ? nullptr : &size);
    World::note_use(norm, status);
    if (status == 0)
        expect(size >= 16 && size % 16 == 0, "no size of a record", "jsnormGetRecordSize");
    return {"jsnormGetRecordSize", status};
}

template <jsnormStatus_t (*Get)(jsnormNormDescriptor_t, jsnormTensorDescriptor_t, size_t *)>
jsnormStatus_t coefficient_size(World &world, Bytes &bytes) {
    const auto norm = world.norm(bytes);
    const auto x_desc = world.tensor(bytes);
    size_t size = 0;
    const jsnormStatus_t status =
        Get(norm.object, x_desc.object, bytes.one_in(16) ? nullptr : &size);
    World::note_use(norm, status);
    return status;
}

Outcome forward_coefficients(World &world, Bytes &bytes) {
    return {"jsnormGetForwardCoefficientSize",
            coefficient_size<jsnormGetForwardCoefficientSize>(world, bytes)};
}

Outcome backward_coefficients(World &world, Bytes &bytes) {
    return {"jsnormGetBackwardCoefficientSize",
            coefficient_size<jsnormGetBackwardCoefficientSize>(world, bytes)};
}

}  // namespace

std::span<const Function> query_functions() {
    static constexpr Function kFunctions[] = {
        statistics_shape, workspace_size, upper_bound,          memory_traffic,
        traffic_init,     record_size,    forward_coefficients, backward_coefficients};
    return kFunctions;
}

}  // namespace jsnorm::fuzz
