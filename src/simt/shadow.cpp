// SPDX-License-Identifier: Apache-2.0
#include "src/simt/shadow.hpp"

#include <algorithm>
#include <utility>

namespace simt {

void BitMap::assign(size_t first, size_t count, bool value) {
    char *bytes = bytes_.data();
    const size_t end = first + count;
    const auto one = [&](size_t bit) {
        const char mask = static_cast<char>(1u << (bit % 8));
        bytes[bit / 8] = static_cast<char>(value ? bytes[bit / 8] | mask : bytes[bit / 8] & ~mask);
    };
    while (first < end && first % 8) one(first++);
    if (first < end) std::memset(bytes + first / 8, value ? 0xff : 0, (end - first) / 8);
    for (size_t bit = std::max(first, end / 8 * 8); bit < end; bit++) one(bit);
}

void Page::refine(uint32_t new_shift) {
    if (cells.empty()) {
        shift = new_shift;
        cells.assign(kPageBytes >> shift, Cell{});
    } else if (new_shift < shift) {
        std::vector<Cell> finer(kPageBytes >> new_shift);
        for (size_t i = 0; i < finer.size(); i++) finer[i] = cells[i >> (shift - new_shift)];
        cells = std::move(finer);
        shift = new_shift;
    }
}

void Page::begin(uint64_t new_generation) {
    written_before =
        generation + 1 == new_generation &&
        std::any_of(cells.begin(), cells.end(), [](const Cell &cell) { return cell.write != 0; });
    generation = new_generation;
    sectors_read = sectors_written = 0;
    cells.clear();
}

PageTable::PageTable(size_t bytes) : entries_((bytes / kPageBytes + 1) * sizeof(Page *)) {}

PageTable &PageTable::operator=(PageTable &&other) noexcept {
    std::swap(entries_, other.entries_);
    std::swap(made_, other.made_);
    return *this;
}

PageTable::~PageTable() {
    for (Page *page : made_) delete page;
}

Page *PageTable::make_page() {
    made_.push_back(new Page);
    return made_.back();
}

}  // namespace simt
