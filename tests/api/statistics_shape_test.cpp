// SPDX-License-Identifier: Apache-2.0
//
// jsnormGetStatisticsShape, against the table at the head of jsnorm.h.
#include "tests/api/api_fixture.hpp"

namespace jsnorm::test::api {
namespace {

// What a norm is told beyond its kind; 0 is "not told".
struct Norm {
    jsnormNormKind_t kind;
    int32_t first_axis = 0;
    int64_t statistics_per_group = 0;
    int64_t group_count = 0;
};

class ConfiguredNorm : public NormDesc {
  public:
    explicit ConfiguredNorm(const Norm &norm) : NormDesc(norm.kind) {
        if (norm.first_axis != 0) require(jsnormSetNormFirstNormalizedAxis(*this, norm.first_axis));
        if (norm.statistics_per_group != 0) {
            require(jsnormSetNormStatisticsPerGroup(*this, norm.statistics_per_group));
        }
        if (norm.group_count != 0) require(jsnormSetNormGroupCount(*this, norm.group_count));
    }
};

struct Shape {
    int64_t groups, statistics, elements, parameters;
    bool operator==(const Shape &) const = default;
};

std::ostream &operator<<(std::ostream &out, const Shape &s) {
    return out << "G=" << s.groups << " K=" << s.statistics << " R=" << s.elements
               << " P=" << s.parameters;
}

struct Row {
    Norm norm;
    std::vector<int64_t> dims;
    Shape shape;
};

const Row kTable[] = {
    {{JSNORM_BATCH_NORM}, {3, 5}, {1, 5, 3, 5}},
    {{JSNORM_BATCH_NORM}, {3, 5, 7}, {1, 5, 21, 5}},
    {{JSNORM_BATCH_NORM}, {3, 5, 2, 4}, {1, 5, 24, 5}},
    {{JSNORM_BATCH_NORM}, {3, 5, 2, 2, 2, 2, 2, 2}, {1, 5, 192, 5}},
    {{JSNORM_BATCH_NORM}, {0, 5, 2}, {1, 5, 0, 5}},
    {{JSNORM_BATCH_NORM}, {3, 0, 2}, {1, 0, 6, 0}},
    {{JSNORM_BATCH_NORM}, {1, 1}, {1, 1, 1, 1}},

    {{JSNORM_BATCH_NORM_PER_ACTIVATION}, {3, 5}, {1, 5, 3, 5}},
    {{JSNORM_BATCH_NORM_PER_ACTIVATION}, {3, 5, 2, 4}, {1, 40, 3, 40}},
    {{JSNORM_BATCH_NORM_PER_ACTIVATION}, {0, 5, 2}, {1, 10, 0, 10}},

    {{JSNORM_INSTANCE_NORM}, {3, 5}, {3, 5, 1, 5}},
    {{JSNORM_INSTANCE_NORM}, {3, 5, 2, 4}, {3, 5, 8, 5}},
    {{JSNORM_INSTANCE_NORM}, {0, 5, 2}, {0, 5, 2, 5}},
    {{JSNORM_INSTANCE_NORM}, {3, 5, 0}, {3, 5, 0, 5}},

    {{JSNORM_LAYER_NORM}, {3, 6}, {3, 1, 6, 6}},
    {{JSNORM_LAYER_NORM}, {3, 4, 6}, {3, 4, 6, 6}},
    {{JSNORM_LAYER_NORM}, {3, 4, 5, 6}, {3, 20, 6, 6}},
    {{JSNORM_LAYER_NORM, -1}, {3, 4, 5, 6}, {3, 20, 6, 6}},
    {{JSNORM_LAYER_NORM, 3}, {3, 4, 5, 6}, {3, 20, 6, 6}},
    {{JSNORM_LAYER_NORM, -2}, {3, 4, 5, 6}, {3, 4, 30, 30}},
    {{JSNORM_LAYER_NORM, 2}, {3, 4, 5, 6}, {3, 4, 30, 30}},
    {{JSNORM_LAYER_NORM, -3}, {3, 4, 5, 6}, {3, 1, 120, 120}},
    {{JSNORM_LAYER_NORM, 1}, {3, 4, 5, 6}, {3, 1, 120, 120}},
    {{JSNORM_LAYER_NORM, 7}, {3, 2, 2, 2, 2, 2, 2, 5}, {3, 64, 5, 5}},
    {{JSNORM_LAYER_NORM, -7}, {3, 2, 2, 2, 2, 2, 2, 5}, {3, 1, 320, 320}},
    {{JSNORM_LAYER_NORM, -4}, {3, 4, 5, 6}, {1, 1, 360, 360}},
    {{JSNORM_LAYER_NORM, -8}, {3, 2, 2, 2, 2, 2, 2, 5}, {1, 1, 960, 960}},
    {{JSNORM_LAYER_NORM}, {6}, {1, 1, 6, 6}},
    {{JSNORM_LAYER_NORM, -1, 1}, {6}, {1, 1, 6, 6}},
    {{JSNORM_LAYER_NORM}, {0}, {1, 1, 0, 0}},
    {{JSNORM_LAYER_NORM, -2}, {0, 4}, {1, 1, 0, 0}},
    {{JSNORM_LAYER_NORM}, {0, 4, 6}, {0, 4, 6, 6}},
    {{JSNORM_LAYER_NORM}, {3, 0, 6}, {3, 0, 6, 6}},
    {{JSNORM_LAYER_NORM}, {3, 4, 0}, {3, 4, 0, 0}},

    // Consecutive rows, also across samples.
    {{JSNORM_LAYER_NORM, 0, 1}, {3, 4, 6}, {12, 1, 6, 6}},
    {{JSNORM_LAYER_NORM, 0, 2}, {3, 4, 6}, {6, 2, 6, 6}},
    {{JSNORM_LAYER_NORM, 0, 3}, {3, 4, 6}, {4, 3, 6, 6}},
    {{JSNORM_LAYER_NORM, 0, 12}, {3, 4, 6}, {1, 12, 6, 6}},
    {{JSNORM_LAYER_NORM, 0, 3}, {3, 6}, {1, 3, 6, 6}},
    {{JSNORM_LAYER_NORM, 1, 3}, {3, 4, 6}, {1, 3, 24, 24}},
    {{JSNORM_LAYER_NORM, 0, 5}, {0, 4, 6}, {0, 5, 6, 6}},

    {{JSNORM_GROUP_NORM}, {3, 6, 2, 4}, {3, 1, 48, 6}},
    {{JSNORM_GROUP_NORM, 0, 0, 3}, {3, 6, 2, 4}, {3, 3, 16, 6}},
    {{JSNORM_GROUP_NORM, 0, 0, 6}, {3, 6, 2, 4}, {3, 6, 8, 6}},
    {{JSNORM_GROUP_NORM, 0, 0, 3}, {3, 6}, {3, 3, 2, 6}},
    {{JSNORM_GROUP_NORM, 0, 0, 3}, {0, 6, 2}, {0, 3, 4, 6}},
    {{JSNORM_GROUP_NORM, 0, 0, 3}, {3, 0, 2}, {3, 3, 0, 0}},
    {{JSNORM_GROUP_NORM, 0, 0, 3}, {3, 6, 0}, {3, 3, 0, 6}},
};

jsnormStatus_t shape_of(jsnormNormDescriptor_t norm, jsnormTensorDescriptor_t x, Shape &shape) {
    return jsnormGetStatisticsShape(norm, x, &shape.groups, &shape.statistics, &shape.elements,
                                    &shape.parameters);
}

TEST(StatisticsShape, OfALayerNormFromAxis0IsOneRow) {
    const NormDesc norm(JSNORM_LAYER_NORM);
    require(jsnormSetNormFirstNormalizedAxis(norm, 0));
    for (const std::vector<int64_t> &dims : {std::vector<int64_t>{24}, {4, 6}, {2, 3, 4}}) {
        Shape shape = {};
        require(shape_of(norm, TensorDesc(JSNORM_FLOAT, dims), shape));
        EXPECT_EQ(shape, (Shape{1, 1, 24, 24}));
    }
}

TEST(StatisticsShape, IsTheOneOfTheTable) {
    for (const Row &row : kTable) {
        const ConfiguredNorm norm(row.norm);
        const TensorDesc x(JSNORM_FLOAT, row.dims);
        Shape shape = {-1, -1, -1, -1};
        EXPECT_STATUS(shape_of(norm, x, shape), JSNORM_STATUS_SUCCESS);
        EXPECT_EQ(shape, row.shape)
            << "kind " << row.norm.kind << ", x " << testing::PrintToString(row.dims);
    }
}

TEST(StatisticsShape, DoesNotDependOnStridesOrType) {
    const NormDesc norm;
    for (jsnormDataType_t type : {JSNORM_FLOAT, JSNORM_DOUBLE, JSNORM_HALF, JSNORM_BFLOAT16}) {
        const TensorDesc x(type, {3, 5, 2, 4}, {400, 1, -50, 10});
        Shape shape = {};
        EXPECT_STATUS(shape_of(norm, x, shape), JSNORM_STATUS_SUCCESS);
        EXPECT_EQ(shape, (Shape{1, 5, 24, 5}));
    }
}

TEST(StatisticsShape, EveryResultIsOptional) {
    const NormDesc norm;
    const TensorDesc x(JSNORM_FLOAT, {3, 5, 2, 4});
    EXPECT_STATUS(jsnormGetStatisticsShape(norm, x, nullptr, nullptr, nullptr, nullptr),
                  JSNORM_STATUS_SUCCESS);
    int64_t value = 0;
    require(jsnormGetStatisticsShape(norm, x, nullptr, &value, nullptr, nullptr));
    EXPECT_EQ(value, 5);
    require(jsnormGetStatisticsShape(norm, x, nullptr, nullptr, &value, nullptr));
    EXPECT_EQ(value, 24);
}

TEST(StatisticsShape, WhatDoesNotFitTheTensorIsRefusedAndNothingIsWritten) {
    const struct {
        Norm norm;
        std::vector<int64_t> dims;
        jsnormStatus_t status;
        const char *mentions;
    } cases[] = {
        {{JSNORM_LAYER_NORM, 0, 5}, {3, 4, 6}, JSNORM_STATUS_BAD_PARAM_SHAPE_MISMATCH, "12"},
        {{JSNORM_LAYER_NORM, 0, 24}, {3, 4, 6}, JSNORM_STATUS_BAD_PARAM_SHAPE_MISMATCH, "24"},
        {{JSNORM_GROUP_NORM, 0, 0, 4}, {3, 6, 2}, JSNORM_STATUS_BAD_PARAM_SHAPE_MISMATCH, "4"},
        {{JSNORM_GROUP_NORM, 0, 0, 12}, {3, 6, 2}, JSNORM_STATUS_BAD_PARAM_SHAPE_MISMATCH, "12"},
        {{JSNORM_LAYER_NORM, 3}, {3, 4, 6}, JSNORM_STATUS_BAD_PARAM_OUT_OF_BOUND, "3"},
        {{JSNORM_LAYER_NORM, 7}, {3, 4, 6}, JSNORM_STATUS_BAD_PARAM_OUT_OF_BOUND, "7"},
        {{JSNORM_LAYER_NORM, -4}, {3, 4, 6}, JSNORM_STATUS_BAD_PARAM_OUT_OF_BOUND, "-4"},
        {{JSNORM_LAYER_NORM, -7}, {3, 4, 6}, JSNORM_STATUS_BAD_PARAM_OUT_OF_BOUND, "-7"},
        {{JSNORM_BATCH_NORM}, {5}, JSNORM_STATUS_BAD_PARAM_OUT_OF_BOUND, "rank"},
        {{JSNORM_BATCH_NORM_PER_ACTIVATION}, {5}, JSNORM_STATUS_BAD_PARAM_OUT_OF_BOUND, "rank"},
        {{JSNORM_INSTANCE_NORM}, {5}, JSNORM_STATUS_BAD_PARAM_OUT_OF_BOUND, "rank"},
        {{JSNORM_LAYER_NORM, 1}, {5}, JSNORM_STATUS_BAD_PARAM_OUT_OF_BOUND, "rank"},
        {{JSNORM_LAYER_NORM, -2}, {5}, JSNORM_STATUS_BAD_PARAM_OUT_OF_BOUND, "-2"},
        {{JSNORM_LAYER_NORM, -3, 2}, {3, 4, 6}, JSNORM_STATUS_BAD_PARAM_SHAPE_MISMATCH, "1 rows"},
        {{JSNORM_GROUP_NORM}, {5}, JSNORM_STATUS_BAD_PARAM_OUT_OF_BOUND, "rank"},
    };
    for (const auto &[config, dims, status, mentions] : cases) {
        const ConfiguredNorm norm(config);
        const TensorDesc x(JSNORM_FLOAT, dims);
        Shape shape = {-1, -2, -3, -4};
        EXPECT_FAILURE(shape_of(norm, x, shape), status, "jsnormGetStatisticsShape", mentions);
        EXPECT_EQ(shape, (Shape{-1, -2, -3, -4}));
    }
}

TEST(StatisticsShape, BadDescriptorsAreRefused) {
    const NormDesc norm;
    const TensorDesc x(JSNORM_FLOAT, {3, 5}), unset;
    Shape shape = {};
    const char *function = "jsnormGetStatisticsShape";
    EXPECT_FAILURE(shape_of(nullptr, x, shape), JSNORM_STATUS_BAD_PARAM_NULL_POINTER, function,
                   "norm");
    EXPECT_FAILURE(shape_of(norm, nullptr, shape), JSNORM_STATUS_BAD_PARAM_NULL_POINTER, function,
                   "x_desc");
    EXPECT_FAILURE(shape_of(norm, unset, shape), JSNORM_STATUS_BAD_PARAM, function, "x_desc",
                   "never set");
    EXPECT_FAILURE(shape_of(not_an_object<jsnormNormDescriptor_t>(), x, shape),
                   JSNORM_STATUS_NOT_INITIALIZED, function, "norm");
    EXPECT_FAILURE(shape_of(norm, not_an_object<jsnormTensorDescriptor_t>(), shape),
                   JSNORM_STATUS_NOT_INITIALIZED, function, "x_desc");
}

}  // namespace
}  // namespace jsnorm::test::api
