// SPDX-License-Identifier: Apache-2.0

#include "tests/support/case.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>
#include <stdexcept>

#include "tests/support/float_types.hpp"
#include "tests/support/oracle.hpp"
#include "tests/support/random.hpp"

namespace jsnorm::test {
namespace {

int64_t product(const std::vector<int64_t> &dims, size_t begin, size_t end) {
    int64_t result = 1;
    for (size_t axis = begin; axis < end; ++axis) result *= dims[axis];
    return result;
}

// 1 for a layer norm of rank 1, which has none.
int64_t channels_of(const Case &problem) {
    return problem.dims.size() < 2 ? 1 : problem.dims[1];
}

size_t first_normalized_axis(const Case &problem) {
    const auto rank = static_cast<int32_t>(problem.dims.size());
    const int32_t axis = problem.first_normalized_axis < 0 ? rank + problem.first_normalized_axis
                                                           : problem.first_normalized_axis;
    if (axis < 0 || axis >= rank) throw std::invalid_argument("first_normalized_axis");
    return static_cast<size_t>(axis);
}

int64_t largest_divisor_up_to(int64_t limit, int64_t n) {
    for (int64_t divisor = limit; divisor > 1; --divisor)
        if (n % divisor == 0) return divisor;
    return 1;
}

void round_all(std::vector<double> &values, jsnormDataType_t type) {
    for (double &value : values) value = round_to(type, value);
}

}  // namespace

bool is_batch_kind(jsnormNormKind_t kind) {
    return kind == JSNORM_BATCH_NORM || kind == JSNORM_BATCH_NORM_PER_ACTIVATION;
}

int64_t element_count(const Case &problem) {
    return product(problem.dims, 0, problem.dims.size());
}

View view_of(const Case &problem) {
    const std::vector<int64_t> &dims = problem.dims;
    const size_t rank = dims.size();
    const size_t least_rank = problem.kind == JSNORM_LAYER_NORM ? 1 : 2;
    if (rank < least_rank || rank > JSNORM_MAX_RANK) throw std::invalid_argument("rank");
    const int64_t samples = dims[0];
    const int64_t channels = channels_of(problem);
    const int64_t spatial = product(dims, 2, rank);
    switch (problem.kind) {
        case JSNORM_BATCH_NORM:
            return {1, channels, samples * spatial, channels};
        case JSNORM_BATCH_NORM_PER_ACTIVATION:
            return {1, channels * spatial, samples, channels * spatial};
        case JSNORM_INSTANCE_NORM:
            return {samples, channels, spatial, channels};
        case JSNORM_GROUP_NORM: {
            if (channels % problem.group_count != 0) throw std::invalid_argument("group_count");
            const int64_t per_group = channels / problem.group_count;
            return {samples, problem.group_count, per_group * spatial, channels};
        }
        case JSNORM_LAYER_NORM: {
            const size_t axis = first_normalized_axis(problem);
            const int64_t rows = product(dims, 0, axis);
            const int64_t row = product(dims, axis, rank);
            const int64_t together = problem.statistics_per_group;
            if (axis == 0 && together == 0) return {1, 1, row, row};
            if (together == 0) return {samples, product(dims, 1, axis), row, row};
            if (rows % together != 0) throw std::invalid_argument("statistics_per_group");
            return {rows / together, together, row, row};
        }
        default:
            throw std::invalid_argument("kind");
    }
}

std::vector<int64_t> statistic_indices(const Case &problem) {
    const View view = view_of(problem);
    const int64_t count = element_count(problem);
    std::vector<int64_t> indices(static_cast<size_t>(count));
    const int64_t channels = channels_of(problem);
    const int64_t spatial = product(problem.dims, 2, problem.dims.size());
    for (int64_t e = 0; e < count; ++e) {
        const int64_t sample = e / (channels * spatial);
        const int64_t channel = e / spatial % channels;
        int64_t statistic = 0;
        switch (problem.kind) {
            case JSNORM_BATCH_NORM:
                statistic = channel;
                break;
            case JSNORM_BATCH_NORM_PER_ACTIVATION:
                statistic = e % (channels * spatial);
                break;
            case JSNORM_INSTANCE_NORM:
                statistic = sample * channels + channel;
                break;
            case JSNORM_LAYER_NORM:
                statistic = e / view.elements_per_statistic;
                break;
            default:  // group norm
                statistic =
                    sample * problem.group_count + channel / (channels / problem.group_count);
        }
        indices[static_cast<size_t>(e)] = statistic;
    }
    return indices;
}

std::vector<int64_t> parameter_indices(const Case &problem) {
    const View view = view_of(problem);
    const int64_t count = element_count(problem);
    std::vector<int64_t> indices(static_cast<size_t>(count));
    const int64_t spatial = product(problem.dims, 2, problem.dims.size());
    const bool by_element =
        problem.kind == JSNORM_LAYER_NORM || problem.kind == JSNORM_BATCH_NORM_PER_ACTIVATION;
    for (int64_t e = 0; e < count; ++e)
        indices[static_cast<size_t>(e)] =
            by_element ? e % view.parameter_count : e / spatial % problem.dims[1];
    return indices;
}

Case make_case(jsnormNormKind_t kind, std::vector<int64_t> dims, const CaseOptions &options) {
    Case problem;
    problem.kind = kind;
    problem.dims = std::move(dims);
    problem.mean_estimator = options.mean_estimator;
    problem.variance_estimator = options.variance_estimator;
    problem.lambda = options.lambda;
    problem.epsilon = options.epsilon;
    problem.effective_fraction = options.effective_fraction;
    problem.activation = options.activation;
    if (kind == JSNORM_LAYER_NORM) {
        problem.first_normalized_axis = options.first_normalized_axis;
        problem.statistics_per_group = options.statistics_per_group;
    }
    if (kind == JSNORM_GROUP_NORM)
        problem.group_count = options.group_count != 0 ? options.group_count
                                                       : largest_divisor_up_to(4, problem.dims[1]);

    const View view = view_of(problem);
    Random random(options.seed);
    std::vector<double> offset(static_cast<size_t>(view.statistics()));
    std::vector<double> deviation(offset.size());
    for (size_t k = 0; k < offset.size(); ++k) {
        offset[k] = options.mean + options.mean_spread * random.normal();
        deviation[k] = options.deviation * random.uniform(0.5, 1.5);
    }
    const auto normals = [&random](int64_t count, double center, double spread) {
        std::vector<double> values(static_cast<size_t>(count));
        for (double &value : values) value = center + spread * random.normal();
        return values;
    };
    const int64_t count = element_count(problem);
    problem.x = normals(count, 0, 1);
    const std::vector<int64_t> statistic = statistic_indices(problem);
    for (size_t e = 0; e < problem.x.size(); ++e) {
        const auto k = static_cast<size_t>(statistic[e]);
        problem.x[e] = offset[k] + deviation[k] * problem.x[e];
    }
    problem.dy = normals(count, 0, 1);
    if (options.gamma) {
        problem.gamma = normals(view.parameter_count, 1, 0.3);
        // Layers do learn negative gammas; with ReLU they turn the mask round.
        for (size_t p = 2; p < problem.gamma.size(); p += 5) problem.gamma[p] *= -1;
    }
    if (options.beta) problem.beta = normals(view.parameter_count, 0, 0.3);
    if (options.residual) problem.z = normals(count, 0, 0.5);
    if (options.running && is_batch_kind(kind)) {
        problem.running_mean = normals(view.statistics_per_group, options.mean, 0.5);
        problem.running_variance.resize(problem.running_mean.size());
        for (double &value : problem.running_variance)
            value = options.deviation * options.deviation * random.uniform(0.5, 1.5);
    }
    return problem;
}

Case rounded_to(Case problem, jsnormDataType_t type, jsnormDataType_t parameter_type,
                jsnormDataType_t running_type) {
    for (auto *tensor : {&problem.x, &problem.z, &problem.dy}) round_all(*tensor, type);
    for (auto *vector : {&problem.gamma, &problem.beta}) round_all(*vector, parameter_type);
    for (auto *vector : {&problem.running_mean, &problem.running_variance})
        round_all(*vector, running_type);
    return problem;
}

Case rounded_to(Case problem, jsnormDataType_t type) {
    const jsnormDataType_t vector_type = default_parameter_type(type);
    return rounded_to(std::move(problem), type, vector_type, vector_type);
}

jsnormDataType_t default_parameter_type(jsnormDataType_t type) {
    return type == JSNORM_DOUBLE ? JSNORM_DOUBLE : JSNORM_FLOAT;
}

void silence_kinks(Case &problem, double margin) {
    if (problem.activation != JSNORM_ACTIVATION_RELU) return;
    const auto silence = [&](const std::vector<double> &pre, const std::vector<double> &terms) {
        for (size_t e = 0; e < pre.size() && e < problem.dy.size(); ++e)
            if (std::abs(pre[e]) < margin * terms[e]) problem.dy[e] = 0;
    };
    const Result trained = oracle_forward(problem);
    silence(trained.preactivation, trained.y_terms);
    if (!is_batch_kind(problem.kind) || problem.running_mean.empty()) return;
    const Result inferred = oracle_inference(problem);
    silence(inferred.preactivation_inference, inferred.y_inference_terms);
}

}  // namespace jsnorm::test
