// SPDX-License-Identifier: Apache-2.0
//
// jsnorm_digest: a 64-bit digest of every output of some problems, bit for bit. Two builds of the
// library that print the same lines compute the same bits: run it before and after a change that
// must not touch results (tests/golden/digest.sh).

#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "tests/support/api_call.hpp"
#include "tests/support/api_runner.hpp"
#include "tests/support/golden_file.hpp"

namespace {

using namespace jsnorm::test;

// FNV-1a.
uint64_t add(uint64_t digest, const void *data, size_t bytes) {
    for (size_t i = 0; i < bytes; ++i) {
        digest = (digest ^ static_cast<const unsigned char *>(data)[i]) * 0x100000001b3u;
    }
    return digest;
}

uint64_t digest_of(const RunResult &result) {
    uint64_t digest = 0xcbf29ce484222325u;
    for (const auto &[name, bytes] : result.raw) {
        digest = add(digest, name.data(), name.size());
        digest = add(digest, bytes.data(), bytes.size());
    }
    return digest;
}

struct Named {
    std::string name;
    Case problem;
};

// Shapes around what plans tell apart: one tile and several, folded columns, chunks that are
// merged, groups that stay on chip and groups that are streamed, planes and rows that are no whole
// vectors.
std::vector<Named> made_cases() {
    struct Shape {
        const char *name;
        jsnormNormKind_t kind;
        std::vector<int64_t> dims;
    };
    const std::vector<Shape> shapes = {
        {"batch", JSNORM_BATCH_NORM, {3, 5, 7, 7}},
        {"batch", JSNORM_BATCH_NORM, {6, 18, 8, 9}},
        {"batch", JSNORM_BATCH_NORM, {4, 40, 14, 14}},
        {"batch", JSNORM_BATCH_NORM, {8, 24, 33, 32}},
        {"batch", JSNORM_BATCH_NORM, {2, 3, 150, 151}},
        {"batch", JSNORM_BATCH_NORM, {37, 130}},
        {"batch", JSNORM_BATCH_NORM, {3, 5000}},
        {"activation", JSNORM_BATCH_NORM_PER_ACTIVATION, {5, 6, 7, 3}},
        {"instance", JSNORM_INSTANCE_NORM, {3, 16, 8, 8}},
        {"instance", JSNORM_INSTANCE_NORM, {2, 12, 40, 41}},
        {"group", JSNORM_GROUP_NORM, {2, 12, 13, 11}},
        {"group", JSNORM_GROUP_NORM, {2, 64, 32, 32}},
        {"layer", JSNORM_LAYER_NORM, {5, 3, 64}},
        {"layer", JSNORM_LAYER_NORM, {2, 6, 769}},
        {"layer", JSNORM_LAYER_NORM, {3, 2, 5120}},
        {"layer", JSNORM_LAYER_NORM, {2, 3, 20000}},
    };
    std::vector<Named> cases;
    for (const Shape &shape : shapes) {
        for (const jsnormEstimator_t estimator :
             {JSNORM_ESTIMATOR_JAMES_STEIN, JSNORM_ESTIMATOR_NONE}) {
            for (const bool residual : {false, true}) {
                CaseOptions options;
                options.mean_estimator = options.variance_estimator = estimator;
                options.residual = residual;
                options.activation = residual ? JSNORM_ACTIVATION_RELU : JSNORM_ACTIVATION_NONE;
                std::string name = shape.name;
                for (const int64_t size : shape.dims) name += " " + std::to_string(size);
                name += estimator == JSNORM_ESTIMATOR_NONE ? " NONE" : " JAMES_STEIN";
                if (residual) name += " +residual+ReLU";
                cases.push_back({name, make_case(shape.kind, shape.dims, options)});
            }
        }
    }
    return cases;
}

bool has_phases(const Case &problem) {
    return problem.kind == JSNORM_BATCH_NORM || problem.kind == JSNORM_BATCH_NORM_PER_ACTIVATION;
}

void print(const char *type, const char *layout, const Named &named, const RunOptions &options) {
    std::printf("%016llx %s %s %s\n",
                static_cast<unsigned long long>(digest_of(run(named.problem, options))), type,
                layout, named.name.c_str());
    if (!has_phases(named.problem)) return;
    PhaseOptions phases;
    phases.part_sizes = {1, 0, named.problem.dims[0] - 1};
    std::printf(
        "%016llx %s %s %s in phases\n",
        static_cast<unsigned long long>(digest_of(run_phases(named.problem, options, phases))),
        type, layout, named.name.c_str());
}

}  // namespace

int main(int argc, char **argv) {
    try {
        std::vector<Named> cases = made_cases();
        for (int i = 1; i < argc; ++i) {
            const GoldenFile file = read_golden(argv[i]);
            cases.push_back({file.name, file.problem});
        }
        const std::pair<jsnormDataType_t, const char *> types[] = {{JSNORM_DOUBLE, "double"},
                                                                   {JSNORM_FLOAT, "float"},
                                                                   {JSNORM_HALF, "half"},
                                                                   {JSNORM_BFLOAT16, "bfloat16"}};
        const std::pair<Layout, const char *> layouts[] = {{Layout::Packed, "nchw"},
                                                           {Layout::ChannelsLast, "nhwc"}};
        for (const auto &[type, type_name] : types) {
            for (const auto &[layout, layout_name] : layouts) {
                RunOptions options;
                options.type = type;
                options.layout = layout;
                for (const Named &named : cases) print(type_name, layout_name, named, options);
            }
        }
        return backend_is_clean() ? 0 : 1;
    } catch (const std::exception &error) {
        std::fprintf(stderr, "jsnorm_digest: %s\n", error.what());
    }
    return 2;
}
