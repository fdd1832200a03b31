// SPDX-License-Identifier: Apache-2.0
// What other programs do to the processors while we measure.
#pragma once

namespace jsnorm::bench {

struct ProcessorUse {
    double wall;      // seconds
    double everyone;  // processor seconds of the whole machine
    double ours;      // of this process and its workers
};

ProcessorUse processor_use();

// The part of all processors that others used between two moments; 0 where the system does not say.
double foreign_load(const ProcessorUse &before, const ProcessorUse &after, int processors);

constexpr double kForeign = 0.1;  // from here on a row is marked

}  // namespace jsnorm::bench
