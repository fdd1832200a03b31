// SPDX-License-Identifier: Apache-2.0
//
// jsnorm_layers: each benchmark shape once forward and once backward, between two marks, for a
// profiler and for a checker of memory: workspaces and outputs are as the device allocates them.
// Prints, a line of JSON an operation, what jsnormGetMemoryTraffic says of it, and on the executor
// what its kernels asked of memory (else -1).

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "tests/gpu/layer.hpp"

namespace jsnorm::test::gpu {
namespace {

constexpr auto kBatch = JSNORM_BATCH_NORM;
constexpr auto kLayer = JSNORM_LAYER_NORM;

// The names of docs/traffic.md and of the benchmarks.
const LayerShape kShapes[] = {
    {"B1", kBatch, JSNORM_HALF, {256, 64, 112, 112}, true},
    {"B2", kBatch, JSNORM_HALF, {256, 256, 56, 56}, true},
    {"B3", kBatch, JSNORM_BFLOAT16, {32, 64, 56, 56}, true},
    {"B4", kBatch, JSNORM_HALF, {64, 1024, 14, 14}, true},
    {"B5", kBatch, JSNORM_HALF, {256, 2048, 7, 7}, true},
    {"B6", kBatch, JSNORM_BFLOAT16, {32, 512, 7, 7}, true},
    {"B7", kBatch, JSNORM_FLOAT, {32, 256, 56, 56}},
    {"B8", kBatch, JSNORM_HALF, {3, 48, 128, 256}, true},
    {"B9", kBatch, JSNORM_HALF, {3, 720, 128, 256}, true},
    {"B10", kBatch, JSNORM_HALF, {3, 18, 128, 256}, true},
    {"B11", kBatch, JSNORM_FLOAT, {32, 1024, 1024}},
    {"B12", kBatch, JSNORM_FLOAT, {32, 512}},
    {"B13", kBatch, JSNORM_HALF, {8, 8, 112, 112, 112}, true},
    {"L1", kLayer, JSNORM_HALF, {16384, 768}},
    {"L2", kLayer, JSNORM_BFLOAT16, {16384, 4096}},
    {"L3", kLayer, JSNORM_BFLOAT16, {8192, 8192}},
    {"L4", kLayer, JSNORM_BFLOAT16, {4096, 16384}},
    {"L5", kLayer, JSNORM_BFLOAT16, {1024, 12288}},
    {"L6", kLayer, JSNORM_BFLOAT16, {131072, 128}},
    {"L7", kLayer, JSNORM_BFLOAT16, {32768, 65536}},
    {"L1c", kLayer, JSNORM_HALF, {32, 512, 768}},
    {"L2c", kLayer, JSNORM_BFLOAT16, {8, 2048, 4096}},
    {"L6c", kLayer, JSNORM_BFLOAT16, {64, 2048, 128}},
};

constexpr const char *kHelp =
    "usage: jsnorm_layers [--list] [--most-elements N] [SHAPE...]\n"
    "\n"
    "Runs the benchmark shapes (default: all), scaled down in their samples and in their last "
    "axis\n"
    "to N elements at most.\n";

LayerShape scaled(LayerShape shape, int64_t most) {
    const auto halve = [&](int64_t &size, int64_t least) {
        while (shape.elements() > most && size > least) size = (size + 1) / 2;
    };
    halve(shape.dims.front(), 2);
    for (size_t axis = shape.dims.size(); axis-- > 1;) halve(shape.dims[axis], 8);
    return shape;
}

void print(const LayerShape &shape, const char *operation, const jsnormMemoryTraffic_t &traffic,
           int64_t requested) {
    std::string dims;
    for (const int64_t size : shape.dims) dims += (dims.empty() ? "" : "x") + std::to_string(size);
    std::printf(
        "{\"shape\": \"%s\", \"dims\": \"%s\", \"layout\": \"%s\", \"type\": \"%s\", "
        "\"operation\": \"%s\", \"least_tensor_bytes\": %lld, \"planned_tensor_bytes\": %lld, "
        "\"parameter_bytes\": %lld, \"partial_sum_bytes\": %lld, \"requested_bytes\": %lld}\n",
        shape.name, dims.c_str(),
        shape.kind == kLayer  ? "rows"
        : shape.channels_last ? "channels_last"
                              : "channels_first",
        format_of(shape.type).name, operation, static_cast<long long>(traffic.least_tensor_bytes),
        static_cast<long long>(traffic.planned_tensor_bytes),
        static_cast<long long>(traffic.parameter_bytes),
        static_cast<long long>(traffic.partial_sum_bytes), static_cast<long long>(requested));
    std::fflush(stdout);
}

// How many samples have values of their own; more would only take longer to make.
int64_t pattern_of(const LayerShape &shape) {
    constexpr int64_t kElements = 1 << 20;
    const int64_t per_sample = shape.elements() / shape.dims[0];
    return std::clamp<int64_t>(kElements / per_sample, 1, shape.dims[0]);
}

void run(jsnormHandle_t handle, const LayerShape &shape) {
    const Layer layer(handle, shape, pattern_of(shape));
    mark(nullptr);
    layer.forward();
    const int64_t forward = requested_bytes();
    mark(nullptr);
    layer.backward();
    const int64_t backward = requested_bytes();
    mark(nullptr);
    wait_for_backend();
    print(shape, "forward", layer.traffic(JSNORM_FORWARD_TRAINING), forward);
    print(shape, "backward", layer.traffic(JSNORM_BACKWARD), backward);
}

int main(int argc, char **argv) {
    int64_t most = INT64_MAX;
    std::vector<std::string> names;
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        if (word == "--list") {
            for (const LayerShape &shape : kShapes) std::puts(shape.name);
            return 0;
        }
        if (word == "--most-elements" && i + 1 < argc) {
            most = std::stoll(argv[++i]);
        } else if (word.rfind("-", 0) == 0) {
            std::fputs(kHelp, word == "--help" ? stdout : stderr);
            return word == "--help" ? 0 : 2;
        } else {
            names.push_back(word);
        }
    }
    try {
        const Handle handle(test_backend());
        for (const LayerShape &whole : kShapes) {
            if (!names.empty() && std::find(names.begin(), names.end(), whole.name) == names.end())
                continue;
            const LayerShape shape = scaled(whole, most);
            const size_t needed = 5 * Layer::tensor_bytes(shape);
            if (free_memory() < needed) {
                std::printf("{\"shape\": \"%s\", \"not_run\": \"needs %.1f GB of memory\"}\n",
                            shape.name, static_cast<double>(needed) / 1e9);
                continue;
            }
            run(handle.get(), shape);
        }
    } catch (const std::exception &error) {
        std::fprintf(stderr, "jsnorm_layers: %s\n", error.what());
        return 1;
    }
    return backend_is_clean() ? 0 : 1;
}

}  // namespace
}  // namespace jsnorm::test::gpu

int main(int argc, char **argv) {
    return jsnorm::test::gpu::main(argc, argv);
}
