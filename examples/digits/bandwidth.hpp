// SPDX-License-Identifier: Apache-2.0
// How fast the layers are on large tensors, as a part of what this machine can copy.
#pragma once

#include <string>
#include <vector>

#include "workspace.hpp"

namespace digits {

struct BandwidthRecord {
    std::string layer;  // e.g. "batch norm NCHW 32x64x56x56"
    std::string estimator;
    std::string operation;     // "forward" or "backward"
    double milliseconds;       // median
    double bytes;              // every tensor read or written once: 2S forward, 3S backward
    double copy_milliseconds;  // median time to copy a tensor of the same size, which moves 2S
    double copy_bytes;

    double gigabytes_per_second() const { return bytes / milliseconds * 1e-6; }
    double copy_gigabytes_per_second() const { return copy_bytes / copy_milliseconds * 1e-6; }
    double part_of_copy() const { return gigabytes_per_second() / copy_gigabytes_per_second(); }
};

// The threads that a copy, and a handle with the default thread count, use.
int thread_count();

std::vector<BandwidthRecord> measure_bandwidth(jsnormBackend_t backend);

}  // namespace digits
