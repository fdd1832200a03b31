// SPDX-License-Identifier: Apache-2.0
//
// Every access of a kernel to memory passes here before it takes place.
#pragma once

#include "src/simt/state.hpp"

namespace simt {

enum class Operation : uint8_t { Read, Write, Atomic };

// Bounds, alignment, initialisation, order and traffic of an access by the running thread.
// `new_value`, if not null, is what will be written: equal values may be written in any order.
void check_access(Allocation *allocation, const void *address, uint32_t size, uint32_t alignment,
                  Operation operation, Site site, const void *new_value = nullptr);

// The part of it that fails when the access, of any size, is out of bounds.
void check_bounds(const Allocation *allocation, const void *address, size_t size, const char *verb,
                  Site site);

// The part of it about initialisation and order.
void check_order(Allocation &allocation, size_t offset, uint32_t size, uint32_t alignment,
                 Operation operation, Site site, const void *new_value);

// Notes sectors of global memory as read or written.
void count_sectors(Allocation &allocation, size_t offset, size_t size, bool written);

}  // namespace simt
