// SPDX-License-Identifier: Apache-2.0
//
// What the executor knows about the bytes of an allocation: whether they are initialised (for as
// long as the allocation lives), and who accessed them in this launch (made on first touch, so that
// a huge allocation costs what of it is used).
#pragma once

#include <cstdint>
#include <cstring>
#include <vector>

#include "src/simt/access_id.hpp"
#include "src/simt/lazy_bytes.hpp"

namespace simt {

// A bit per byte, all zero at first.
class BitMap {
  public:
    BitMap() = default;
    explicit BitMap(size_t bits) : bytes_(bits / 8 + 8) {}

    size_t capacity() const { return bytes_.size() ? (bytes_.size() - 8) * 8 : 0; }
    // The bits of up to 16 neighbours.
    uint32_t get(size_t first, uint32_t count) const {
        uint32_t word;
        std::memcpy(&word, bytes_.data() + first / 8, sizeof(word));
        return word >> (first % 8) & ((1u << count) - 1);
    }
    void set(size_t first, uint32_t count) {
        uint32_t word;
        std::memcpy(&word, bytes_.data() + first / 8, sizeof(word));
        word |= ((1u << count) - 1) << (first % 8);
        std::memcpy(bytes_.data() + first / 8, &word, sizeof(word));
    }
    void assign(size_t first, size_t count, bool value);

  private:
    LazyBytes bytes_;
};

// The last accesses to a few neighbouring bytes that are always accessed together.
struct Cell {
    AccessId write = 0;
    AccessId reads[2] = {};  // by different threads; earlier readers are forgotten
    Site write_site;
};

// The shadow of kPageBytes bytes during one launch.
struct Page {
    uint64_t generation = 0;      // of which launch; what is older is void
    bool written_before = false;  // by the launch before
    uint16_t sectors_read = 0, sectors_written = 0;
    uint32_t shift = 0;  // a cell covers 1 << shift bytes: the smallest access so far
    std::vector<Cell> cells;

    // Gives every cell an equal share of what the page knows, at no more than 1 << new_shift bytes.
    void refine(uint32_t new_shift);
    // Forgets all but whether the launch before has written here.
    void begin(uint64_t new_generation);
};
constexpr size_t kPageBytes = 512;
constexpr size_t kSectorBytes = 32;

class PageTable {
  public:
    PageTable() = default;
    explicit PageTable(size_t bytes);
    PageTable(PageTable &&) = default;
    PageTable &operator=(PageTable &&other) noexcept;
    ~PageTable();

    // The page of an offset, empty if it was last used in another generation.
    Page &page(size_t offset, uint64_t generation) {
        Page *&entry = reinterpret_cast<Page **>(entries_.data())[offset / kPageBytes];
        if (!entry) entry = make_page();
        if (entry->generation != generation) entry->begin(generation);
        return *entry;
    }

  private:
    Page *make_page();
    LazyBytes entries_;  // a pointer for each page
    std::vector<Page *> made_;
};

}  // namespace simt
