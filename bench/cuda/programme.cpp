// SPDX-License-Identifier: Apache-2.0
#include "bench/programme.hpp"

#include <algorithm>

#include "bench/cuda/device.hpp"

namespace jsnorm::bench {

namespace {

constexpr int64_t kMostSets = 128;
constexpr int64_t kLeastSets = 3;
constexpr int64_t kEnough = int64_t{2} << 30;  // bytes that no cache holds: one set is cold

struct Kind {
    const char *shape;
    jsnormDataType_t type;
    std::vector<Layout> layouts;
};

// The type and the layout that each shape comes from; both layouts where peers differ most.
const std::vector<Kind> &kinds() {
    constexpr auto kHalf = JSNORM_HALF, kBrain = JSNORM_BFLOAT16, kFloat = JSNORM_FLOAT;
    constexpr auto kLast = Layout::kChannelsLast, kFirst = Layout::kChannelsFirst;
    static const std::vector<Kind> list = {
        {"B1", kHalf, {kLast}},
        {"B2", kHalf, {kLast}},
        {"B3", kBrain, {kLast, kFirst}},
        {"B4", kHalf, {kLast}},
        {"B5", kHalf, {kLast}},
        {"B6", kBrain, {kLast}},
        {"B7", kFloat, {kFirst, kLast}},
        {"B8", kHalf, {kLast}},
        {"B9", kHalf, {kLast, kFirst}},
        {"B10", kHalf, {kLast}},
        {"B11", kFloat, {kFirst}},
        {"B12", kFloat, {kLast}},
        {"B13", kHalf, {kLast}},
        {"L1", kHalf, {}},
        {"L1b", kHalf, {}},
        {"L2", kBrain, {}},
        {"L3", kBrain, {}},
        {"L3b", kBrain, {}},
        {"L3u", kBrain, {}},
        {"L4", kBrain, {}},
        {"L5", kBrain, {}},
        {"L6", kBrain, {}},
        {"L6b", kBrain, {}},
        {"L7", kBrain, {}},
        {"L1c", kHalf, {}},
        {"L1d", kHalf, {}},
        {"L2c", kBrain, {}},
        {"L6c", kBrain, {}},
    };
    return list;
}

}  // namespace

jsnormBackend_t backend() {
    return JSNORM_BACKEND_CUDA;
}

Machine programme_machine() {
    Machine machine = this_machine();
    machine.instruction_set = device_name();
    machine.cache_bytes = {device_cache_bytes()};
    return machine;
}

int64_t usual_tensor_bytes(const Machine &) {
    return int64_t{1} << 30;  // the reference in double takes its time on the host
}

std::vector<Case> programme_cases(const CaseLimits &limits) {
    if (limits.full) return all_cases(limits);
    std::vector<Shape> shapes = batch_shapes();
    for (const Shape &shape : layer_shapes()) shapes.push_back(shape);
    std::vector<Case> cases;
    for (const Kind &kind : kinds()) {
        const auto shape = std::find_if(shapes.begin(), shapes.end(),
                                        [&](const Shape &one) { return one.name == kind.shape; });
        const bool rows = kind.layouts.empty();
        for (const Layout layout : rows ? std::vector<Layout>{Layout::kRows} : kind.layouts) {
            for (const Direction direction : {Direction::kForward, Direction::kBackward}) {
                Case next{"shapes", scaled_to(*shape, limits.tensor_bytes), layout, kind.type,
                          direction};
                cases.push_back(next);
                if (next.shape.name != "B2") continue;
                next.fusion = Fusion::kAddRelu;
                cases.push_back(next);
            }
        }
    }
    return cases;
}

Rotation rotation_of(const Case &which, const Machine &machine) {
    const int64_t cache = machine.last_level_bytes();
    const int64_t footprint = tensors_touched(which) * which.tensor_bytes();
    int64_t sets = std::clamp((4 * cache + footprint - 1) / footprint, kLeastSets, kMostSets);
    if (footprint > kEnough) sets = 1;
    if (which.cache == Cache::kRepeat) sets = 1;
    const int64_t all = sets * footprint;
    const CacheState state = all >= 4 * cache   ? CacheState::kCold
                             : all <= cache / 2 ? CacheState::kWarm
                                                : CacheState::kPartly;
    return {sets, 1, state};
}

}  // namespace jsnorm::bench
