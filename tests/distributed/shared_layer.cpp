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

LayerResult run(const SharedLayer &layer, const LayerData &data, int64_t first_row, int64_t samples,
                int64_t pixels, const LayerCalls &calls) {
    const Handle handle(JSNORM_BACKEND_CPU);
    require(jsnormSetThreadCount(handle.get(), 1), "threads");
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
        std::vector<double> space(args.workspace_bytes / 8 + 1, std::nan(""));
        args.workspace = space.data();
        return space;
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

    jsnormForwardTrainingArgs_t forward;
    require(jsnormForwardTrainingArgsInit(&forward, sizeof forward), "init");
    forward.x_desc = forward.y_desc = desc.get();
    forward.x = data.x.data() + begin;
    forward.y = result.y.data();
    forward.gamma = data.gamma.data();
    forward.beta = data.beta.data();
    forward.saved_mean = result.saved_mean.data();
    forward.saved_variance = result.saved_variance.data();
    forward.shrunk_mean = result.shrunk_mean.data();
    forward.shrunk_variance = result.shrunk_variance.data();
    forward.running_mean = result.running_mean.data();
    forward.next_running_mean = result.running_mean.data();
    forward.running_variance = result.running_variance.data();
    forward.next_running_variance = result.running_variance.data();
    forward.factor = 0.25;
    if (layer.mask_and_residual) {
        forward.z_desc = desc.get();
        forward.z = data.z.data() + begin;
        forward.mask = mask.data();
    }
    const auto forward_space = space_for(JSNORM_FORWARD_TRAINING, forward);
    require_call(calls, calls.forward(handle.get(), norm.get(), &forward));

    jsnormBackwardArgs_t backward;
    require(jsnormBackwardArgsInit(&backward, sizeof backward), "init");
    backward.x_desc = backward.dy_desc = backward.dx_desc = desc.get();
    backward.x = data.x.data() + begin;
    backward.dy = data.dy.data() + begin;
    backward.gamma = data.gamma.data();
    backward.beta = data.beta.data();
    backward.saved_mean = result.saved_mean.data();
    backward.saved_variance = result.saved_variance.data();
    backward.dx = result.dx.data();
    backward.dgamma = result.dgamma.data();
    backward.dbeta = result.dbeta.data();
    if (layer.mask_and_residual) {
        backward.mask = mask.data();
        backward.dz_desc = desc.get();
        backward.dz = result.dz.data();
    }
    const auto backward_space = space_for(JSNORM_BACKWARD, backward);
    require_call(calls, calls.backward(handle.get(), norm.get(), &backward));
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

LayerResult run_whole(const SharedLayer &layer) {
    return run(layer, LayerData(layer), 0, layer.all_rows(), 1,
               {jsnormGetWorkspaceSize, jsnormForwardTraining, jsnormBackward});
}

LayerResult run_part(const SharedLayer &layer, int64_t rank, const LayerCalls &calls) {
    return run(layer, LayerData(layer), layer.first_row(rank), layer.samples[size(rank)],
               layer.pixels[size(rank)], calls);
}

LayerResult run_phases(const SharedLayer &layer) {
    const LayerData data(layer);
    const Handle handle(JSNORM_BACKEND_CPU);
    require(jsnormSetThreadCount(handle.get(), 1), "threads");
    NormDescriptor norm(layer.kind);
    set_up(layer, norm);
    const size_t channels = size(layer.channels);
    const size_t words = 2 + 2 * channels;
    std::vector<double> space(1 << 20), coefficients(6 * channels), records, sums;
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
    records.resize(parts.size() * words);
    const auto each_part = [&](auto use) {
        for (size_t i = 0; i < parts.size(); ++i) {
            const size_t r = size(parts[i]);
            const TensorDescriptor desc(JSNORM_DOUBLE,
                                        dims_of(layer, layer.samples[r], layer.pixels[r]),
                                        strides_of(layer, layer.pixels[r]));
            use(i, desc.get(), layer.first_row(parts[i]) * layer.channels);
        }
    };
    const auto lend = [&](auto &args) {
        args.workspace = space.data();
        args.workspace_bytes = 8 * space.size();
    };
    each_part([&](size_t i, jsnormTensorDescriptor_t desc, int64_t begin) {
        jsnormForwardStatisticsArgs_t args;
        require(jsnormForwardStatisticsArgsInit(&args, sizeof args), "init");
        args.x_desc = desc;
        args.x = data.x.data() + begin;
        args.record = records.data() + i * words;
        lend(args);
        require(jsnormForwardStatistics(handle.get(), norm.get(), &args), "statistics");
    });
    const TensorDescriptor any(JSNORM_DOUBLE, dims_of(layer, 1, 1));
    int64_t total = 0;
    jsnormForwardFinalizeArgs_t forward;
    require(jsnormForwardFinalizeArgsInit(&forward, sizeof forward), "init");
    forward.x_desc = any.get();
    forward.records = records.data();
    forward.record_count = static_cast<int64_t>(parts.size());
    forward.saved_mean = result.saved_mean.data();
    forward.saved_variance = result.saved_variance.data();
    forward.shrunk_mean = result.shrunk_mean.data();
    forward.shrunk_variance = result.shrunk_variance.data();
    forward.total_count = &total;
    forward.running_mean = result.running_mean.data();
    forward.next_running_mean = result.running_mean.data();
    forward.running_variance = result.running_variance.data();
    forward.next_running_variance = result.running_variance.data();
    forward.factor = 0.25;
    forward.coefficients = coefficients.data();
    lend(forward);
    require(jsnormForwardFinalize(handle.get(), norm.get(), &forward), "finalize");
    if (layer.mask_and_residual) return result;  // masks are of the operations with all of it

    sums.resize(parts.size() * 2 * channels);
    each_part([&](size_t i, jsnormTensorDescriptor_t desc, int64_t begin) {
        jsnormBackwardReduceArgs_t args;
        require(jsnormBackwardReduceArgsInit(&args, sizeof args), "init");
        args.x_desc = args.dy_desc = desc;
        args.x = data.x.data() + begin;
        args.dy = data.dy.data() + begin;
        args.gamma = data.gamma.data();
        args.beta = data.beta.data();
        args.saved_mean = result.saved_mean.data();
        args.coefficients = coefficients.data();
        args.sums = sums.data() + i * 2 * channels;
        lend(args);
        require(jsnormBackwardReduce(handle.get(), norm.get(), &args), "reduce");
    });
    jsnormBackwardFinalizeArgs_t backward;
    require(jsnormBackwardFinalizeArgsInit(&backward, sizeof backward), "init");
    backward.x_desc = any.get();
    backward.global_sums = backward.local_sums = sums.data();
    backward.record_count = static_cast<int64_t>(parts.size());
    backward.total_count = &total;
    backward.gamma = data.gamma.data();
    backward.saved_mean = result.saved_mean.data();
    backward.saved_variance = result.saved_variance.data();
    backward.dgamma = result.dgamma.data();
    backward.dbeta = result.dbeta.data();
    backward.coefficients = coefficients.data();
    lend(backward);
    require(jsnormBackwardFinalize(handle.get(), norm.get(), &backward), "finalize");
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
