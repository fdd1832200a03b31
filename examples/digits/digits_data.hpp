// SPDX-License-Identifier: Apache-2.0
// The optical digits (data/README.md): 1,797 images of 8x8 pixels, in two parts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace digits {

inline constexpr int64_t kPixels = 64;
inline constexpr int64_t kClasses = 10;

// The first images of the file train, the rest test. The file keeps the images of a writer
// together, so most test images are by writers whom training has not seen: harder, and closer to
// use, than a random split.
inline constexpr int64_t kTrainingImages = 1200;

struct Images {
    std::vector<float> pixels;  // count * kPixels, from 0 to 1
    std::vector<int> labels;    // count, from 0 to kClasses - 1

    int64_t count() const { return static_cast<int64_t>(labels.size()); }
};

struct Digits {
    Images training;
    Images test;
};

// Throws std::runtime_error, naming the line, for a file that is not what data/README.md says.
Digits load_digits(const std::string &path);

// Copies the images at `indices` into `batch`, one after another.
void gather(const Images &images, const int64_t *indices, int64_t count, Images &batch);

}  // namespace digits
