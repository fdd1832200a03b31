// SPDX-License-Identifier: Apache-2.0

#include "tests/fuzz/world.hpp"

namespace jsnorm::fuzz {
namespace {

// What destruction leaves of an object: its mark is wiped. The memory of a destroyed object itself
// may not be read, so this stands in its place.
template <class Object>
Object destroyed() {
    alignas(64) static unsigned char wiped[1024] = {};
    return reinterpret_cast<Object>(wiped);
}

template <class Object, class Other>
Choice<Object> choose(Bytes &bytes, std::vector<Slot<Object>> &slots,
                      const std::vector<Slot<Other>> &others) {
    const uint8_t value = bytes.byte();
    if (value >= 252) return {};
    if (value >= 248) return {destroyed<Object>(), nullptr};
    if (value >= 244)
        return {others.empty() ? nullptr : reinterpret_cast<Object>(others.front().object),
                nullptr};
    if (slots.empty()) return {};
    Slot<Object> &slot = slots[value % slots.size()];
    return {slot.object, &slot};
}

}  // namespace

World::World() {
    handles.resize(1);
    tensors.resize(2);
    norms.resize(1);
    jsnormStatus_t status = jsnormCreate(&handles[0].object, JSNORM_BACKEND_CPU);
    for (auto &tensor : tensors) {
        const int64_t dims[4] = {3, 5, 2, 2};
        if (status == 0) status = jsnormCreateTensorDescriptor(&tensor.object);
        if (status == 0)
            status = jsnormSetTensorDescriptor(tensor.object, JSNORM_FLOAT, 4, dims, nullptr);
    }
    if (status == 0) status = jsnormCreateNormDescriptor(&norms[0].object, JSNORM_BATCH_NORM);
    expect(status == JSNORM_STATUS_SUCCESS, "the first objects cannot be made", "World");
}

World::~World() {
    jsnormStatus_t status = JSNORM_STATUS_SUCCESS;
    for (auto &slot : handles)
        if (status == 0) status = jsnormDestroy(slot.object);
    for (auto &slot : tensors)
        if (status == 0) status = jsnormDestroyTensorDescriptor(slot.object);
    for (auto &slot : norms)
        if (status == 0) status = jsnormDestroyNormDescriptor(slot.object);
    if (status != 0) found("an object cannot be destroyed", "World");
}

Choice<jsnormHandle_t> World::handle(Bytes &bytes) {
    return choose(bytes, handles, norms);
}

Choice<jsnormTensorDescriptor_t> World::tensor(Bytes &bytes) {
    return choose(bytes, tensors, handles);
}

Choice<jsnormNormDescriptor_t> World::norm(Bytes &bytes) {
    return choose(bytes, norms, tensors);
}

}  // namespace jsnorm::fuzz
