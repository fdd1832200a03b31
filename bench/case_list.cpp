// SPDX-License-Identifier: Apache-2.0
#include "bench/case_list.hpp"

#include <algorithm>
#include <set>

namespace jsnorm::bench {

namespace {

constexpr Direction kTraining[] = {Direction::kForward, Direction::kBackward};

std::vector<Layout> layouts_of(const Shape &shape) {
    if (shape.layer == Layer::kLayer) return {Layout::kRows};
    if (shape.dims.size() == 2) return {Layout::kChannelsLast};
    return {Layout::kChannelsLast, Layout::kChannelsFirst};
}

std::string bytes_text(int64_t bytes) {
    const bool large = bytes >= 1 << 20;
    return std::to_string(bytes >> (large ? 20 : 10)).append(large ? "MiB" : "KiB");
}

void append(std::vector<Case> &to, const std::vector<Case> &from) {
    to.insert(to.end(), from.begin(), from.end());
}

// Which shapes a plain run also measures in 16 bits, and with residual and ReLU.
const std::set<std::string> kNarrow = {"B3", "B9", "L2", "L2c"};
const std::set<std::string> kFused = {"B2"};
const std::set<std::string> kInference = {"B3", "B9"};

}  // namespace

std::vector<Shape> batch_shapes() {
    return {
        {"B1", Layer::kBatch, {256, 64, 112, 112}},  // ResNet-50 stem
        {"B2", Layer::kBatch, {256, 256, 56, 56}},   // end of a block, with residual and ReLU
        {"B3", Layer::kBatch, {32, 64, 56, 56}},
        {"B4", Layer::kBatch, {64, 1024, 14, 14}},
        {"B5", Layer::kBatch, {256, 2048, 7, 7}},  // many channels
        {"B6", Layer::kBatch, {32, 512, 7, 7}},    // small
        {"B7", Layer::kBatch, {32, 256, 56, 56}},
        {"B8", Layer::kBatch, {3, 48, 128, 256}},       // HRNet-W48
        {"B9", Layer::kBatch, {3, 720, 128, 256}},      // HRNet head
        {"B10", Layer::kBatch, {3, 18, 128, 256}},      // HRNet-W18: rows of 18 channels
        {"B11", Layer::kBatch, {32, 1024, 1024}},       // PointNet
        {"B12", Layer::kBatch, {32, 512}},              // after a linear layer
        {"B13", Layer::kBatch, {8, 8, 112, 112, 112}},  // few channels
    };
}

std::vector<Shape> layer_shapes() {
    return {
        {"L1", Layer::kLayer, {16384, 768}},  // BERT, GPT-2
        {"L1b", Layer::kLayer, {16384, 1024}},
        {"L2", Layer::kLayer, {16384, 4096}},  // Llama-3 8B
        {"L3", Layer::kLayer, {8192, 8192}},
        {"L3b", Layer::kLayer, {8192, 3584}},
        {"L3u", Layer::kLayer, {8192, 8192}, 0, 1},  // one element off every alignment
        {"L4", Layer::kLayer, {4096, 16384}},
        {"L5", Layer::kLayer, {1024, 12288}},  // few rows
        {"L6", Layer::kLayer, {131072, 128}},  // short rows
        {"L6b", Layer::kLayer, {1048576, 128}},
        {"L7", Layer::kLayer, {32768, 65536}},  // long rows
        {"L1c", Layer::kLayer, {32, 512, 768}},
        {"L1d", Layer::kLayer, {64, 256, 1024}},
        {"L2c", Layer::kLayer, {8, 2048, 4096}},
        {"L6c", Layer::kLayer, {64, 2048, 128}},
    };
}

std::vector<Case> shape_cases(const CaseLimits &limits) {
    std::vector<Shape> shapes = batch_shapes();
    for (const Shape &shape : layer_shapes()) shapes.push_back(shape);
    std::vector<Case> cases;
    for (const Shape &shape : shapes) {
        for (const auto type : {JSNORM_FLOAT, JSNORM_HALF, JSNORM_BFLOAT16}) {
            if (!limits.full && type != JSNORM_FLOAT && kNarrow.count(shape.name) == 0) continue;
            for (const Layout layout : layouts_of(shape)) {
                Case basic{"shapes", scaled_to(shape, limits.tensor_bytes), layout, type};
                const bool narrow_first = type != JSNORM_FLOAT && layout == Layout::kChannelsFirst;
                if (!limits.full && narrow_first) continue;
                for (const auto direction :
                     {Direction::kForward, Direction::kInference, Direction::kBackward}) {
                    // Without running statistics inference is forward.
                    if (direction == Direction::kInference &&
                        (shape.layer == Layer::kLayer ||
                         (!limits.full && kInference.count(shape.name) == 0)))
                        continue;
                    basic.direction = direction;
                    for (const auto fusion : {Fusion::kNone, Fusion::kAddRelu}) {
                        if (fusion == Fusion::kAddRelu && !limits.full &&
                            kFused.count(shape.name) == 0)
                            continue;
                        basic.fusion = fusion;
                        cases.push_back(basic);
                    }
                }
            }
        }
    }
    return cases;
}

std::vector<Case> size_cases(const CaseLimits &limits) {
    std::vector<Case> cases;
    for (int64_t bytes = 1024; bytes <= limits.tensor_bytes; bytes *= limits.full ? 2 : 4) {
        // Channels and rows grow slower than the batch, as they do in networks.
        const int64_t width = std::clamp<int64_t>(bytes / 64, 16, 256);
        const int64_t rows = bytes / 4 / width;
        const std::string size = bytes_text(bytes);
        const Shape shapes[] = {
            {"batch_" + size, Layer::kBatch, {rows, width, 1, 1}},
            {"layer_" + size, Layer::kLayer, {rows, width}},
        };
        for (const Shape &shape : shapes) {
            for (const Direction direction : kTraining) {
                const Layout layout =
                    shape.layer == Layer::kLayer ? Layout::kRows : Layout::kChannelsLast;
                Case next{"sizes", shape, layout, JSNORM_FLOAT, direction};
                next.cache = Cache::kRepeat;
                next.x = static_cast<double>(bytes);
                cases.push_back(next);
            }
        }
    }
    return cases;
}

std::vector<Case> channel_cases(const CaseLimits &limits) {
    std::vector<Case> cases;
    std::vector<int64_t> channels;
    for (int64_t count = 1; count <= 8192; count *= 2) channels.push_back(count);
    for (const int64_t odd : {3, 18, 100, 720}) channels.push_back(odd);
    std::sort(channels.begin(), channels.end());
    const int64_t elements = std::min<int64_t>(limits.tensor_bytes, 32 << 20) / 4;
    for (const int64_t count : channels) {
        const int64_t spatial = elements / count / 8;
        const Shape shape{
            std::string("C").append(std::to_string(count)), Layer::kBatch, {8, count, spatial, 1}};
        for (const auto layout : {Layout::kChannelsLast, Layout::kChannelsFirst}) {
            for (const Direction direction : kTraining) {
                Case next{"channels", shape, layout, JSNORM_FLOAT, direction};
                next.x = static_cast<double>(count);
                cases.push_back(next);
            }
        }
    }
    return cases;
}

std::vector<Case> thread_cases(const CaseLimits &limits) {
    const Shape shapes[] = {{"B7", Layer::kBatch, {32, 256, 56, 56}},
                            {"L2", Layer::kLayer, {16384, 4096}},
                            {"L2c", Layer::kLayer, {8, 2048, 4096}}};
    std::vector<int> counts;
    for (int threads = 1; threads < limits.threads; threads *= 2) counts.push_back(threads);
    counts.push_back(limits.threads);
    std::vector<Case> cases;
    for (const Shape &shape : shapes) {
        for (const Layout layout : layouts_of(shape)) {
            for (const Direction direction : kTraining) {
                for (const int threads : counts) {
                    Case next{"threads", scaled_to(shape, limits.tensor_bytes), layout,
                              JSNORM_FLOAT, direction};
                    next.threads = threads;
                    next.x = threads;
                    cases.push_back(next);
                }
            }
        }
    }
    return cases;
}

std::vector<Case> call_cases() {
    const Shape shapes[] = {{"4x1", Layer::kBatch, {4, 1}},
                            {"32x512", Layer::kBatch, {32, 512}},
                            {"rows_4x16", Layer::kLayer, {4, 16}},
                            {"rows_32x512", Layer::kLayer, {32, 512}}};
    std::vector<Case> cases;
    for (const Shape &shape : shapes) {
        for (const Direction direction : kTraining) {
            const Layout layout =
                shape.layer == Layer::kLayer ? Layout::kRows : Layout::kChannelsLast;
            cases.push_back(
                {"calls", shape, layout, JSNORM_FLOAT, direction, Fusion::kNone, Cache::kRepeat});
        }
    }
    return cases;
}

std::vector<Case> all_cases(const CaseLimits &limits) {
    std::vector<Case> cases = shape_cases(limits);
    append(cases, size_cases(limits));
    append(cases, channel_cases(limits));
    append(cases, thread_cases(limits));
    append(cases, call_cases());
    return cases;
}

std::vector<Case> tiny_cases() {
    const Shape shapes[] = {
        {"nc", Layer::kBatch, {12, 9}},         {"ncl", Layer::kBatch, {3, 7, 5}},
        {"nchw", Layer::kBatch, {4, 16, 5, 3}}, {"ncdhw", Layer::kBatch, {2, 5, 3, 2, 2}},
        {"rows", Layer::kLayer, {10, 33}},      {"coupled", Layer::kLayer, {3, 7, 32}},
        {"off", Layer::kLayer, {8, 40}, 0, 1},
    };
    std::vector<Case> cases;
    for (const Shape &shape : shapes)
        for (const auto type : {JSNORM_FLOAT, JSNORM_HALF, JSNORM_BFLOAT16})
            for (const Layout layout : layouts_of(shape))
                for (const auto direction :
                     {Direction::kForward, Direction::kInference, Direction::kBackward})
                    for (const auto fusion : {Fusion::kNone, Fusion::kAddRelu}) {
                        if (direction == Direction::kInference && shape.layer == Layer::kLayer)
                            continue;
                        cases.push_back({"tiny", shape, layout, type, direction, fusion});
                    }
    return cases;
}

}  // namespace jsnorm::bench
