// SPDX-License-Identifier: Apache-2.0
//
// What the CUDA kernels ask of memory, counted on the executor, beside what jsnormGetMemoryTraffic
// says: the benchmark shapes, scaled down. Prints a table as Markdown; fails where a limit is
// exceeded.

#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "src/core/objects.hpp"
#include "src/cuda/plan/traffic.hpp"
#include "src/simt/device.hpp"
#include "src/simt/executor.hpp"
#include "tests/simt_device/layer_calls.hpp"

namespace jsnorm::test {
namespace {

constexpr int kA100 = 0;  // of the executor's table of devices
constexpr int kH100 = 1;

struct Shape {
    const char *name;
    LayerShape layer;
    double least_efficiency = 0.95;  // of the sectors of its requests
    double most_wavefronts = 1.1;    // of shared memory, of the ideal
    int device = kH100;
};

constexpr auto kJs = JSNORM_ESTIMATOR_JAMES_STEIN;
constexpr auto kNone = JSNORM_ESTIMATOR_NONE;
constexpr auto kBatch = JSNORM_BATCH_NORM;
constexpr auto kLayer = JSNORM_LAYER_NORM;
constexpr auto kInstance = JSNORM_INSTANCE_NORM;

// Lanes have 16 bytes of half and read 32 of gamma, as float and twice 16: two requests, from the
// L1 cache, for half of each sector.
constexpr double kParametersThroughL1 = 0.59;

const Shape kShapes[] = {
    {"stem 8x64x56x56 NHWC", {kBatch, JSNORM_HALF, {8, 64, 56, 56}, true}},
    {"the same, A100", {kBatch, JSNORM_HALF, {8, 64, 56, 56}, true, kJs, false}, 0.95, 1.1, kA100},
    {"+z, ReLU 8x256x28x28 NHWC", {kBatch, JSNORM_HALF, {8, 256, 28, 28}, true, kJs, true}},
    {"4x1024x14x14 NHWC", {kBatch, JSNORM_HALF, {4, 1024, 14, 14}, true}},
    {"16x2048x7x7 NHWC", {kBatch, JSNORM_HALF, {16, 2048, 7, 7}, true}},
    {"4x64x56x56 NCHW", {kBatch, JSNORM_FLOAT, {4, 64, 56, 56}, false}},
    {"16x128x7x7 NCHW", {kBatch, JSNORM_FLOAT, {16, 128, 7, 7}, false, kJs, false}, 0.80},
    {"64x64x7x7 NCHW", {kBatch, JSNORM_HALF, {64, 64, 7, 7}, false, kJs, false}, 0.80},
    {"64x32x14x14 NCHW", {kBatch, JSNORM_HALF, {64, 32, 14, 14}, false, kJs, false}, 0.80},
    {"+z, ReLU 16x64x7x7 NCHW", {kBatch, JSNORM_FLOAT, {16, 64, 7, 7}, false, kJs, true}, 0.80},
    {"C = 48: 1x48x64x128 NHWC",
     {kBatch, JSNORM_HALF, {1, 48, 64, 128}, true, kJs, false},
     0.95,
     1.2},
    {"C = 18: 1x18x64x128 NHWC",
     {kBatch, JSNORM_HALF, {1, 18, 64, 128}, true, kJs, false},
     0.80,
     1.4},
    {"C = 8: 2x8x28x28x28 NDHWC", {kBatch, JSNORM_HALF, {2, 8, 28, 28, 28}, true}},
    {"PointNet 8x256x1024 NCL", {kBatch, JSNORM_FLOAT, {8, 256, 1024}, false}},
    {"1024x768 alone", {kLayer, JSNORM_HALF, {1024, 768}, false, kJs, false}, kParametersThroughL1},
    {"1024x769 alone", {kLayer, JSNORM_HALF, {1024, 769}, false, kJs, false}, 0.80},
    {"4096x35 alone", {kLayer, JSNORM_FLOAT, {4096, 35}, false, kJs, false}, 0.80},
    {"256x4096 alone",
     {kLayer, JSNORM_BFLOAT16, {256, 4096}, false, kJs, false},
     kParametersThroughL1},
    {"256x8192 alone",
     {kLayer, JSNORM_BFLOAT16, {256, 8192}, false, kJs, false},
     kParametersThroughL1},
    {"8192x128 alone",
     {kLayer, JSNORM_BFLOAT16, {8192, 128}, false, kJs, false},
     kParametersThroughL1},
    {"128x12288 alone",
     {kLayer, JSNORM_BFLOAT16, {128, 12288}, false, kJs, false},
     kParametersThroughL1},
    {"128x16384 alone", {kLayer, JSNORM_FLOAT, {128, 16384}, false}},
    {"the same, A100", {kLayer, JSNORM_FLOAT, {128, 16384}, false, kJs, false}, 0.95, 1.1, kA100},
    {"64x32768 alone", {kLayer, JSNORM_BFLOAT16, {64, 32768}, false}},
    {"64x65536 alone", {kLayer, JSNORM_BFLOAT16, {64, 65536}, false}},
    {"8x128x768 coupled", {kLayer, JSNORM_HALF, {8, 128, 768}, false}},
    {"8x128x768 NONE",
     {kLayer, JSNORM_HALF, {8, 128, 768}, false, kNone, false},
     kParametersThroughL1},
    {"64x16x768 coupled", {kLayer, JSNORM_HALF, {64, 16, 768}, false}},
    {"64x12x7x7 coupled", {kInstance, JSNORM_FLOAT, {64, 12, 7, 7}, false, kJs, false}, 0.80},
    {"64x8x8x64 coupled", {kInstance, JSNORM_FLOAT, {64, 8, 8, 64}, false}},
    {"32x64x8x8 coupled NHWC", {kInstance, JSNORM_FLOAT, {32, 64, 8, 8}, true}},
    {"+z, ReLU 32x64x8x8 NHWC", {kInstance, JSNORM_HALF, {32, 64, 8, 8}, true, kJs, true}, 0.94},
    {"16x256x8x8 NCHW NONE", {kBatch, JSNORM_HALF, {16, 256, 8, 8}, false, kNone}},
};

// One line of the table; false where a limit is exceeded.
bool report(const Shape &shape, const char *operation, const jsnormMemoryTraffic_t &planned,
            const std::vector<simt::LaunchRecord> &launches) {
    simt::Counters sum;
    for (const simt::LaunchRecord &launch : launches) sum += launch.counters;
    const auto requested = static_cast<double>(sum.loads.sectors + sum.stores.sectors) * 32;
    const auto wanted = static_cast<double>(sum.loads.bytes + sum.stores.bytes);
    const auto told = static_cast<double>(planned.planned_tensor_bytes + planned.parameter_bytes +
                                          planned.partial_sum_bytes);
    const double efficiency = wanted / requested;
    const double conflicts = sum.shared.ideal == 0 ? 1
                                                   : static_cast<double>(sum.shared.wavefronts) /
                                                         static_cast<double>(sum.shared.ideal);
    const double excess = wanted / told;
    const bool good = excess <= 1.03 && efficiency >= shape.least_efficiency &&
                      conflicts <= shape.most_wavefronts;
    std::printf("| %s | %s | %zu | %.2f | %.2f | %.3f | %.1f %% | %.2f |%s\n", shape.name,
                operation, launches.size(), static_cast<double>(planned.planned_tensor_bytes) / 1e6,
                wanted / 1e6, excess, 100 * efficiency, conflicts, good ? "" : " **over**");
    return good;
}

bool measure(const Shape &shape) {
    cuda::set_current_device(shape.device);
    jsnormHandle_t handle = nullptr;
    require(jsnormCreate(&handle, JSNORM_BACKEND_CUDA), "jsnormCreate");
    bool good = true;
    {
        const LayerCalls calls(handle, shape.layer);
        const uint32_t tensors =
            shape.layer.residual_relu ? JSNORM_TRAFFIC_RESIDUAL | JSNORM_TRAFFIC_MASK : 0;
        Problem problem;
        require(make_problem(calls.norm()->config, calls.x_desc()->layout, "x_desc", problem),
                "problem");
        // The API counts every array of parameters once; kernels load some of them more often.
        const auto planned_for = [&](jsnormOperation_t operation) {
            jsnormMemoryTraffic_t planned;
            jsnormMemoryTrafficInit(&planned, sizeof planned);
            require(jsnormGetMemoryTraffic(handle, calls.norm(), calls.x_desc(), operation, tensors,
                                           &planned),
                    "traffic");
            const TrafficQuery query = {problem, calls.x_desc()->layout, operation, tensors};
            planned.parameter_bytes = cuda::requested_parameter_bytes(
                cuda::make_plan(request_of(query), handle->device), handle->device);
            return planned;
        };
        simt::take_launches();
        calls.forward();
        good &=
            report(shape, "forward", planned_for(JSNORM_FORWARD_TRAINING), simt::take_launches());
        calls.backward();
        good &= report(shape, "backward", planned_for(JSNORM_BACKWARD), simt::take_launches());
    }
    require(jsnormDestroy(handle), "jsnormDestroy");
    return good;
}

int run() {
    simt::config().keep_launches = true;
    simt::config().races = false;
    std::printf(
        "| shape | operation | kernels | tensors by plan, MB | asked for, MB | of the plan | "
        "sector efficiency | wavefronts of ideal |\n| --- | --- | --- | --- | --- | --- | --- | "
        "--- |\n");
    bool good = true;
    for (const Shape &shape : kShapes) good &= measure(shape);
    for (const std::string &error : simt::take_errors()) {
        std::printf("%s\n", error.c_str());
        good = false;
    }
    return good ? 0 : 1;
}

}  // namespace
}  // namespace jsnorm::test

int main() {
    return jsnorm::test::run();
}
