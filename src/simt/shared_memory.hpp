// SPDX-License-Identifier: Apache-2.0
//
// Shared memory of a block: each declared array has bounds of its own.
#pragma once

#include "src/simt/pointers.hpp"

namespace simt {

constexpr size_t kMostStaticShared = 48 << 10;
constexpr size_t kMostDynamicShared = 227 << 10;

// The array that `identity`, an address unique to its declaration, has in the running block.
Allocation *static_array(size_t bytes, const char *name, const void *identity, Site site);
Allocation *dynamic_array(const char *name);

// That array in another block.
Allocation *same_array(const Allocation &array, Block &block);

void restart_shared_memory(Block &block);  // for another run of a block

template <class T>
shared<T> declare_shared(size_t count, const char *name, const void *identity,
                         Site site = Site::here()) {
    Allocation *const array = static_array(count * sizeof(T), name, identity, site);
    return {reinterpret_cast<T *>(array->base), array};
}

template <class T>
shared<T> declare_dynamic_shared(const char *name) {
    Allocation *const array = dynamic_array(name);
    return {reinterpret_cast<T *>(array->base), array};
}

}  // namespace simt
