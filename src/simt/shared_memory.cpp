// SPDX-License-Identifier: Apache-2.0
#include "src/simt/shared_memory.hpp"

namespace simt {
namespace {

// Arrays begin in bank 0, with a gap between them: an index past one never falls into the next.
constexpr size_t kArrayAlignment = 128;
// Of an arena: all arrays with their gaps, were each of the static ones of the smallest size.
constexpr size_t kArenaBytes = kMostDynamicShared + 4 * kMostStaticShared;

Allocation *add_array(Block &block, size_t bytes, const char *name, const void *identity) {
    if (!block.arena.data()) block.arena = LazyBytes(kArenaBytes + kArrayAlignment);
    if (block.array_count == block.arrays.size())
        block.arrays.push_back(std::make_unique<Allocation>());
    Allocation &array = *block.arrays[block.array_count++];
    const auto arena = reinterpret_cast<uintptr_t>(block.arena.data());
    const size_t begin = (kArrayAlignment - arena % kArrayAlignment) % kArrayAlignment;
    if (block.arena_used + bytes + kArrayAlignment > kArenaBytes)
        fail(std::string("INVALID LAUNCH: no room for shared '") + name + "'");
    array.name = name;
    array.base = block.arena.data() + begin + block.arena_used;
    array.bytes = bytes;
    array.block = &block;
    array.identity = identity;
    array.generation = ++machine.shared_generation;
    if (array.initialised.capacity() < bytes) {
        array.initialised = BitMap(bytes);
        array.pages = PageTable(bytes);
    } else {
        array.initialised.assign(0, bytes, false);
    }
    block.arena_used += (bytes / kArrayAlignment + 1) * kArrayAlignment;
    return &array;
}

Allocation *find_array(const Block &block, const void *identity) {
    for (size_t i = 0; i < block.array_count; i++)
        if (block.arrays[i]->identity == identity) return block.arrays[i].get();
    return nullptr;
}

// The identity of the dynamic array, which every kernel has.
const char dynamic_identity = 0;

}  // namespace

Allocation *static_array(size_t bytes, const char *name, const void *identity, Site site) {
    Block &block = *running->block;
    if (Allocation *const array = find_array(block, identity)) return array;
    size_t declared = bytes;
    for (size_t i = 0; i < block.array_count; i++)
        if (block.arrays[i].get() != block.dynamic_array) declared += block.arrays[i]->bytes;
    if (declared > kMostStaticShared)
        fail("INVALID LAUNCH: " + std::to_string(declared) +
             " bytes of static shared memory with '" + name + "' at " + to_string(site));
    return add_array(block, bytes, name, identity);
}

Allocation *dynamic_array(const char *name) {
    Allocation *const array = running->block->dynamic_array;
    array->name = name;
    return array;
}

Allocation *same_array(const Allocation &array, Block &block) {
    Allocation *const known = find_array(block, array.identity);
    return known ? known : add_array(block, array.bytes, array.name.c_str(), array.identity);
}

void restart_shared_memory(Block &block) {
    block.array_count = 0;
    block.arena_used = 0;
    block.dynamic_array =
        add_array(block, machine.dynamic_shared, "dynamic shared memory", &dynamic_identity);
}

}  // namespace simt
