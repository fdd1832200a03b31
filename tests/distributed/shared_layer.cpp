// SPDX-License-Identifier: Apache-2.0
#include "tests/distributed/shared_layer.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>

namespace jsnorm::test {

namespace {

constexpr double kStatisticTolerance = 1e-13;
constexpr double kElementTolerance = 1e-10;

size_t size(int64_t count) {
    return static_cast<size_t>(count);
}

// All rows of a layer's data: the same in every process.
struct LayerData {
    std::vector<double> x, z, dy, gamma, beta;

    explicit LayerData(const SharedLayer &layer) {
        std::mt19937_64 bits(17);
        const auto uniform = [&] { return static_cast<double>(bits() >> 11) * 0x1p-52 - 1; };
        const auto fill = [&](std::vector<double> &values, int64_t count) {
            for (int64_t i = 0; i < count; ++i) values.push_back(uniform());
        };
        fill(gamma, layer.channels);
        fill(beta, layer.channels);
        const int64_t elements = layer.all_rows() * layer.channels;
        fill(x, elements);
        fill(z, elements);
        fill(dy, elements);
        for (int64_t i = 0; i < elements; ++i) {
            const double channel = static_cast<double>(i % layer.channels);
            x[size(i)] =
                layer.mean + 0.1 * layer.deviation * channel + layer.deviation * x[size(i)];
        }
    }
};

// Rows as a tensor: pixels of samples with neighbouring channels, or activations.
std::vector<int64_t> dims_of(const SharedLayer &layer, int64_t samples, int64_t pixels) {
    if (layer.kind == JSNORM_BATCH_NORM) return {samples, layer.channels, pixels};
    return {samples, 2, layer.channels / 2};
}
std::vector<int64_t> strides_of(const SharedLayer &layer, int64_t pixels) {
    if (layer.kind == JSNORM_BATCH_NORM) return {pixels * layer.channels, 1, layer.channels};
    return {layer.channels, layer.channels / 2, 1};
}

NormDescriptor &set_up(const SharedLayer &layer, NormDescriptor &norm) {
    require(jsnormSetNormEstimators(norm.get(), layer.mean_estimator, layer.variance_estimator),
            "estimators");
    require(jsnormSetNormLambda(norm.get(), layer.lambda), "lambda");
    require(jsnormSetNormParameterGradientScope(norm.get(), layer.scope), "scope");
    if (layer.relu) {
        require(jsnormSetNormActivation(norm.get(), JSNORM_ACTIVATION_RELU), "activation");
    }
    return norm;
}

void require_call(const LayerCalls &calls, jsnormStatus_t status) {
    if (status != JSNORM_STATUS_SUCCESS) throw std::runtime_error(calls.last_error());
}

void set_up(const LayerDevice &device, const Handle &handle) {
    if (device.backend == JSNORM_BACKEND_CPU) {
        require(jsnormSetThreadCount(handle.get(), 1), "threads");
    } else {
        require(jsnormSetStream(handle.get(), device.stream), "stream");
    }
}

LayerResult run(const SharedLayer &layer, const LayerData &data, int64_t first_row, int64_t samples,
                int64_t pixels, const LayerCalls &calls, const LayerDevice &device) {
    const Handle handle(device.backend);
    set_up(device, handle);
    LayerMemory memory(device);
    NormDescriptor norm(layer.kind);
    set_up(layer, norm);
    const TensorDescriptor desc(JSNORM_DOUBLE, dims_of(layer, samples, pixels),
                                strides_of(layer, pixels));
    const int64_t begin = first_row * layer.channels;
    const size_t elements = size(samples * pixels * layer.channels);
    const size_t channels = size(layer.channels);
    const auto space_for = [&](jsnormOperation_t operation, auto &args) {
        require_call(calls, calls.workspace_size(handle.get(), norm.get(), desc.get(), operation,
                                                 &args.workspace_bytes));
        args.workspace = memory.scratch(args.workspace_bytes);
    };

    LayerResult result;
    for (auto *rows : {&result.y, &result.dx, &result.dz}) rows->assign(elements + 1, -7);
    for (auto *statistics : {&result.saved_mean, &result.saved_variance, &result.shrunk_mean,
                             &result.shrunk_variance, &result.dgamma, &result.dbeta}) {
        statistics->assign(channels, -7);
    }
    result.running_mean.assign(channels, 0.25);
    result.running_variance.assign(channels, 2);
    std::vector<uint32_t> mask(elements / 32 + 1);
    const double *x = memory.input(data.x.data() + begin, elements);
    const double *z = memory.input(data.z.data() + begin, elements);
    const double *dy = memory.input(data.dy.data() + begin, elements);
    const double *gamma = memory.input(data.gamma.data(), channels);
    const double *beta = memory.input(data.beta.data(), channels);
    double *saved_mean = memory.output(result.saved_mean);
    double *saved_variance = memory.output(result.saved_variance);
    double *running_mean = memory.output(result.running_mean);
    double *running_variance = memory.output(result.running_variance);
    uint32_t *shared_mask = memory.output(mask);

    jsnormForwardTrainingArgs_t forward;
    require(jsnormForwardTrainingArgsInit(&forward, sizeof forward), "init");
    forward.x_desc = forward.y_desc = desc.get();
    forward.x = x;
    forward.y = memory.output(result.y);
    forward.gamma = gamma;
    forward.beta = beta;
    forward.saved_mean = saved_mean;
    forward.saved_variance = saved_variance;
    forward.shrunk_mean = memory.output(result.shrunk_mean);
    forward.shrunk_variance = memory.output(result.shrunk_variance);
    forward.running_mean = running_mean;
    forward.next_running_mean = running_mean;
    forward.running_variance = running_variance;
    forward.next_running_variance = running_variance;
    forward.factor = 0.25;
    if (layer.mask_and_residual) {
        forward.z_desc = desc.get();
        forward.z = z;
        forward.mask = shared_mask;
    }
    space_for(JSNORM_FORWARD_TRAINING, forward);
    require_call(calls, calls.forward(handle.get(), norm.get(), &forward));

    jsnormBackwardArgs_t backward;
    require(jsnormBackwardArgsInit(&backward, sizeof backward), "init");
    backward.x_desc = backward.dy_desc = backward.dx_desc = desc.get();
    backward.x = x;
    backward.dy = dy;
    backward.gamma = gamma;
    backward.beta = beta;
    backward.saved_mean = saved_mean;
    backward.saved_variance = saved_variance;
    backward.dx = memory.output(result.dx);
    backward.dgamma = memory.output(result.dgamma);
    backward.dbeta = memory.output(result.dbeta);
    if (layer.mask_and_residual) {
        backward.mask = shared_mask;
        backward.dz_desc = desc.get();
        backward.dz = memory.output(result.dz);
    }
    space_for(JSNORM_BACKWARD, backward);
    require_call(calls, calls.backward(handle.get(), norm.get(), &backward));
    memory.bring_back();
    return result;
}

// The largest difference from `first` on, in units of the largest expected entry.
void compare(const char *name, const std::vector<double> &actual, size_t count,
             const std::vector<double> &expected, size_t first, double tolerance,
             std::string &complaint) {
    double largest = 0, worst = 0;
    for (const double value : expected) largest = std::max(largest, std::abs(value));
    for (size_t i = 0; i < count; ++i) {
        const double apart = std::abs(actual[i] - expected[first + i]);
        worst = std::isnan(apart) ? HUGE_VAL : std::max(worst, apart);
    }
    if (worst <= tolerance * largest) return;
    complaint += std::string(" ") + name + " is off by " + std::to_string(worst / tolerance) +
                 " times what is allowed for " + std::to_string(largest) + ";";
}

bool same_bits(const std::vector<double> &one, const std::vector<double> &other) {
    return one.size() == other.size() &&
           (one.empty() || std::memcmp(one.data(), other.data(), 8 * one.size()) == 0);
}

}  // namespace

int64_t SharedLayer::first_row(int64_t rank) const {
    int64_t row = 0;
    for (int64_t r = 0; r < rank; ++r) row += rows(r);
    return row;
}

LayerResult run_whole(const SharedLayer &layer, const LayerDevice &device) {
    return run(layer, LayerData(layer), 0, layer.all_rows(), 1,
               {jsnormGetWorkspaceSize, jsnormForwardTraining, jsnormBackward}, device);
}

LayerResult run_part(const SharedLayer &layer, int64_t rank, const LayerCalls &calls,
                     const LayerDevice &device) {
    return run(layer, LayerData(layer), layer.first_row(rank), layer.samples[size(rank)],
               layer.pixels[size(rank)], calls, device);
}

LayerResult run_phases(const SharedLayer &layer, const LayerDevice &device) {
    const LayerData data(layer);
    const Handle handle(device.backend);
    set_up(device, handle);
    LayerMemory memory(device);
    NormDescriptor norm(layer.kind);
    set_up(layer, norm);
    const size_t channels = size(layer.channels);
    const size_t words = 2 + 2 * channels;
    constexpr size_t kSpaceBytes = size_t{8} << 20;
    void *space = memory.scratch(kSpaceBytes);
    LayerResult result;
    for (auto *statistics : {&result.saved_mean, &result.saved_variance, &result.shrunk_mean,
                             &result.shrunk_variance, &result.dgamma, &result.dbeta}) {
        statistics->assign(channels, 0);
    }
    result.running_mean.assign(channels, 0.25);
    result.running_variance.assign(channels, 2);
    std::vector<int64_t> parts;
    for (int64_t r = 0; r < layer.ranks(); ++r) {
        if (layer.rows(r) > 0) parts.push_back(r);
    }
    auto *records = static_cast<double *>(memory.scratch(8 * parts.size() * words));
    auto *sums = static_cast<double *>(memory.scratch(8 * parts.size() * 2 * channels));
    void *coefficients = memory.scratch(6 * 8 * channels);
    const double *gamma = memory.input(data.gamma.data(), channels);
    const double *beta = memory.input(data.beta.data(), channels);
    double *saved_mean = memory.output(result.saved_mean);
    double *saved_variance = memory.output(result.saved_variance);
    double *running_mean = memory.output(result.running_mean);
    double *running_variance = memory.output(result.running_variance);
    auto *total = static_cast<int64_t *>(memory.scratch(sizeof(int64_t)));
    const auto each_part = [&](auto use) {
        for (size_t i = 0; i < parts.size(); ++i) {
            const size_t r = size(parts[i]);
            const TensorDescriptor desc(JSNORM_DOUBLE,
                                        dims_of(layer, layer.samples[r], layer.pixels[r]),
                                        strides_of(layer, layer.pixels[r]));
            use(i, desc.get(), size(layer.first_row(parts[i]) * layer.channels),
                size(layer.rows(parts[i]) * layer.channels));
        }
    };
    const auto lend = [&](auto &args) {
        args.workspace = space;
        args.workspace_bytes = kSpaceBytes;
    };
    each_part([&](size_t i, jsnormTensorDescriptor_t desc, size_t begin, size_t elements) {
        jsnormForwardStatisticsArgs_t args;
        require(jsnormForwardStatisticsArgsInit(&args, sizeof args), "init");
        args.x_desc = desc;
        args.x = memory.input(data.x.data() + begin, elements);
        args.record = records + i * words;
        lend(args);
        require(jsnormForwardStatistics(handle.get(), norm.get(), &args), "statistics");
    });
    const TensorDescriptor any(JSNORM_DOUBLE, dims_of(layer, 1, 1));
    jsnormForwardFinalizeArgs_t forward;
    require(jsnormForwardFinalizeArgsInit(&forward, sizeof forward), "init");
    forward.x_desc = any.get();
    forward.records = records;
    forward.record_count = static_cast<int64_t>(parts.size());
    forward.saved_mean = saved_mean;
    forward.saved_variance = saved_variance;
    forward.shrunk_mean = memory.output(result.shrunk_mean);
    forward.shrunk_variance = memory.output(result.shrunk_variance);
    forward.total_count = total;
    forward.running_mean = running_mean;
    forward.next_running_mean = running_mean;
    forward.running_variance = running_variance;
    forward.next_running_variance = running_variance;
    forward.factor = 0.25;
    forward.coefficients = coefficients;
    lend(forward);
    require(jsnormForwardFinalize(handle.get(), norm.get(), &forward), "finalize");
    if (layer.mask_and_residual) {  // masks are of the operations with all of it
        memory.bring_back();
        return result;
    }

    each_part([&](size_t i, jsnormTensorDescriptor_t desc, size_t begin, size_t elements) {
        jsnormBackwardReduceArgs_t args;
        require(jsnormBackwardReduceArgsInit(&args, sizeof args), "init");
        args.x_desc = args.dy_desc = desc;
        args.x = memory.input(data.x.data() + begin, elements);
        args.dy = memory.input(data.dy.data() + begin, elements);
        args.gamma = gamma;
        args.beta = beta;
        args.saved_mean = saved_mean;
        args.coefficients = coefficients;
        args.sums = sums + i * 2 * channels;
        lend(args);
        require(jsnormBackwardReduce(handle.get(), norm.get(), &args), "reduce");
    });
    jsnormBackwardFinalizeArgs_t backward;
    require(jsnormBackwardFinalizeArgsInit(&backward, sizeof backward), "init");
    backward.x_desc = any.get();
    backward.global_sums = backward.local_sums = sums;
    backward.record_count = static_cast<int64_t>(parts.size());
    backward.total_count = total;
    backward.gamma = gamma;
    backward.saved_mean = saved_mean;
    backward.saved_variance = saved_variance;
    backward.dgamma = memory.output(result.dgamma);
    backward.dbeta = memory.output(result.dbeta);
    backward.coefficients = coefficients;
    lend(backward);
    require(jsnormBackwardFinalize(handle.get(), norm.get(), &backward), "finalize");
    memory.bring_back();
    return result;
}

std::string compare_to_whole(const SharedLayer &layer, int64_t rank, const LayerResult &part,
                             const LayerResult &whole) {
    std::string complaint;
    const size_t first = size(layer.first_row(rank) * layer.channels);
    const size_t count = size(layer.rows(rank) * layer.channels);
    const auto statistics = [&](const char *name, std::vector<double> LayerResult::*values,
                                double tolerance) {
        compare(name, part.*values, (part.*values).size(), whole.*values, 0, tolerance, complaint);
    };
    statistics("saved_mean", &LayerResult::saved_mean, kStatisticTolerance);
    statistics("saved_variance", &LayerResult::saved_variance, kStatisticTolerance);
    statistics("shrunk_mean", &LayerResult::shrunk_mean, kStatisticTolerance);
    statistics("shrunk_variance", &LayerResult::shrunk_variance, kStatisticTolerance);
    statistics("running_mean", &LayerResult::running_mean, kStatisticTolerance);
    statistics("running_variance", &LayerResult::running_variance, kStatisticTolerance);
    compare("y", part.y, count, whole.y, first, kElementTolerance, complaint);
    compare("dx", part.dx, count, whole.dx, first, kElementTolerance, complaint);
    if (layer.mask_and_residual) {
        compare("dz", part.dz, count, whole.dz, first, kElementTolerance, complaint);
    }
    if (layer.scope == JSNORM_PARAMETER_GRADIENT_GLOBAL) {
        statistics("dgamma", &LayerResult::dgamma, kElementTolerance);
        statistics("dbeta", &LayerResult::dbeta, kElementTolerance);
    }
    if (part.y[count] != -7 || part.dx[count] != -7) complaint += " written past the end;";
    return complaint;
}

std::string compare_to_phases(const LayerResult &part, const LayerResult &phases) {
    std::string complaint;
    const auto bits = [&](const char *name, std::vector<double> LayerResult::*values) {
        if (!same_bits(part.*values, phases.*values)) {
            complaint += std::string(" ") + name + " has other bits than by the phases;";
        }
    };
    bits("saved_mean", &LayerResult::saved_mean);
    bits("saved_variance", &LayerResult::saved_variance);
    bits("shrunk_mean", &LayerResult::shrunk_mean);
    bits("shrunk_variance", &LayerResult::shrunk_variance);
    bits("running_mean", &LayerResult::running_mean);
    bits("running_variance", &LayerResult::running_variance);
    return complaint;
}

std::string compare_bits(const LayerResult &one, const LayerResult &other) {
    std::string complaint = compare_to_phases(one, other);
    for (auto values : {&LayerResult::y, &LayerResult::dx, &LayerResult::dz, &LayerResult::dgamma,
                        &LayerResult::dbeta}) {
        if (!same_bits(one.*values, other.*values)) complaint += " other bits of y or a gradient;";
    }
    return complaint;
}

std::vector<SharedLayer> shared_layers(int64_t ranks) {
    SharedLayer base;
    for (int64_t r = 0; r < ranks; ++r) {  // uneven; every fourth part is empty
        base.samples.push_back(r % 4 == 1 ? 0 : 2 + 3 * r % 5);
        base.pixels.push_back(3 + r % 3);
    }
    std::vector<SharedLayer> layers;
    const auto add = [&](std::string name, auto set) {
        SharedLayer layer = base;
        layer.name = std::move(name);
        set(layer);
        layers.push_back(std::move(layer));
    };
    for (int estimator = JSNORM_ESTIMATOR_NONE; estimator <= JSNORM_ESTIMATOR_SAMPLING;
         ++estimator) {
        add("estimator " + std::to_string(estimator), [&](SharedLayer &layer) {
            layer.mean_estimator = layer.variance_estimator =
                static_cast<jsnormEstimator_t>(estimator);
            layer.lambda = 0.3;
        });
    }
    add("activations", [](SharedLayer &layer) {
        layer.kind = JSNORM_BATCH_NORM_PER_ACTIVATION;
        layer.channels = 14;
        std::fill(layer.pixels.begin(), layer.pixels.end(), 1);
    });
    add("few channels", [](SharedLayer &layer) { layer.channels = 3; });
    add("one channel", [](SharedLayer &layer) { layer.channels = 1; });
    add("many channels", [](SharedLayer &layer) { layer.channels = 301; });
    add("relu", [](SharedLayer &layer) { layer.relu = true; });
    add("relu, residual", [](SharedLayer &layer) { layer.relu = layer.mask_and_residual = true; });
    add("local gradients",
        [](SharedLayer &layer) { layer.scope = JSNORM_PARAMETER_GRADIENT_LOCAL; });
    add("first part empty", [](SharedLayer &layer) {
        if (layer.ranks() > 2) layer.samples[0] = 0;
    });
    return layers;
}

}  // namespace jsnorm::test
