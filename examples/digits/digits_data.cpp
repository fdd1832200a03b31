// SPDX-License-Identifier: Apache-2.0
#include "digits_data.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <stdexcept>

namespace digits {
namespace {

constexpr int kBrightest = 16;

// Reads an integer of 0 to `largest` and the separator after it. Returns where the next begins.
const char *read_field(const char *begin, const char *end, int largest, bool last, int &value) {
    const auto [next, error] = std::from_chars(begin, end, value);
    if (error != std::errc() || value < 0 || value > largest) return nullptr;
    if (last) return next == end ? next : nullptr;
    return next != end && *next == ',' ? next + 1 : nullptr;
}

bool read_image(const std::string &line, Images &images) {
    const char *at = line.data();
    const char *const end = at + line.size();
    int value = 0;
    for (int64_t pixel = 0; pixel < kPixels; ++pixel) {
        at = read_field(at, end, kBrightest, false, value);
        if (at == nullptr) return false;
        images.pixels.push_back(static_cast<float>(value) / kBrightest);
    }
    if (read_field(at, end, kClasses - 1, true, value) == nullptr) return false;
    images.labels.push_back(value);
    return true;
}

}  // namespace

Digits load_digits(const std::string &path) {
    std::ifstream file(path);
    if (!file) throw std::runtime_error("cannot open " + path);
    Digits digits;
    std::string line;
    for (int64_t number = 0; std::getline(file, line); ++number) {
        Images &part = number < kTrainingImages ? digits.training : digits.test;
        if (!read_image(line, part)) {
            throw std::runtime_error(path + ": line " + std::to_string(number + 1) +
                                     " is not 64 pixels of 0 to 16 and a digit");
        }
    }
    if (digits.test.count() == 0) throw std::runtime_error(path + ": no images to test with");
    return digits;
}

void gather(const Images &images, const int64_t *indices, int64_t count, Images &batch) {
    batch.pixels.resize(static_cast<size_t>(count * kPixels));
    batch.labels.resize(static_cast<size_t>(count));
    for (int64_t i = 0; i < count; ++i) {
        std::copy_n(images.pixels.begin() + indices[i] * kPixels, kPixels,
                    batch.pixels.begin() + i * kPixels);
        batch.labels[static_cast<size_t>(i)] = images.labels[static_cast<size_t>(indices[i])];
    }
}

}  // namespace digits
