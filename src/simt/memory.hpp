// SPDX-License-Identifier: Apache-2.0
//
// Device memory: what the host does to it. Kernels reach it through pointers.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "src/simt/shadow.hpp"

namespace simt {

struct Block;

// A range of device memory, or an array of shared memory, with its exact bounds.
struct Allocation {
    std::string name;
    char *base = nullptr;
    size_t bytes = 0;  // zero once it has been released: every access is then out of bounds
    bool released = false;
    BitMap initialised;
    std::unique_ptr<BitMap> forbidden;  // none: nothing is
    PageTable pages;
    // Of shared memory:
    Block *block = nullptr;          // null: global memory
    const void *identity = nullptr;  // the declaration
    uint64_t generation = 0;
};

// Aligned to 256 bytes, uninitialised. Large ones are committed as they are touched, so that their
// size is bounded by the address space alone.
void *allocate(size_t bytes, const char *name);
void release(void *device);

// These may begin anywhere inside an allocation and must end in it; what does not is an error of
// take_errors() and has no effect.
void upload(void *device, const void *host, size_t bytes);
void download(void *host, const void *device, size_t bytes);
void fill(void *device, int byte, size_t bytes);
void forget(void *device, size_t bytes);  // counts as uninitialised from now on
void forbid(void *device, size_t bytes);  // accesses are out of bounds from now on
void permit(void *device, size_t bytes);  // again

// Whether it points into an allocation, or just past its end.
bool owns(const void *pointer);
Allocation *find_allocation(const void *pointer);  // null if it does not

}  // namespace simt
