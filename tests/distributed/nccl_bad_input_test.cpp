// SPDX-License-Identifier: Apache-2.0
//
// What one rank gets wrong, and what NCCL gets wrong, with the text that says so.
#include <gtest/gtest.h>

#include "tests/distributed/nccl_ranks.hpp"
#include "tests/distributed/nccl_stand_in/nccl_stand_in.hpp"

namespace jsnorm::test {
namespace {

bool says(const char *part) {
    return std::string(jsnormNcclGetLastErrorString()).find(part) != std::string::npos;
}

// What a rank needs for a plan of 8 channels.
struct Rank {
    Handle handle{JSNORM_BACKEND_CUDA};
    NormDescriptor norm{JSNORM_BATCH_NORM};
    TensorDescriptor desc{JSNORM_FLOAT, {4, 8, 3}};
    NcclPlanObject plan;

    jsnormStatus_t create(ncclComm_t comm) {
        return plan.create(handle.get(), norm.get(), desc.get(), comm);
    }
    jsnormStatus_t size(jsnormNormDescriptor_t of, jsnormTensorDescriptor_t x_desc, size_t *bytes,
                        jsnormOperation_t operation = JSNORM_BACKWARD) {
        return jsnormNcclGetWorkspaceSize(handle.get(), of, x_desc, operation, plan.get(), bytes);
    }
};

TEST(NcclPlans, OfDifferentRequestsFailOnEveryRank) {
    run_nccl_ranks(3, [](ncclComm_t comm) {
        Rank rank;
        if (rank_of(comm) == 2) {
            ASSERT_EQ(jsnormSetNormLambda(rank.norm.get(), 0.25), JSNORM_STATUS_SUCCESS);
        }
        EXPECT_EQ(rank.create(comm), JSNORM_STATUS_BAD_PARAM);
        EXPECT_TRUE(says("rank 2 has lambda = 0.25, but rank 0 has "))
            << jsnormNcclGetLastErrorString();
        EXPECT_EQ(rank.plan.get(), nullptr);
    });
}

TEST(NcclPlans, OfDifferentChannelsFailOnEveryRank) {
    run_nccl_ranks(3, [](ncclComm_t comm) {
        Rank rank;
        const TensorDescriptor desc(JSNORM_FLOAT, {4, rank_of(comm) == 1 ? 9 : 8, 3});
        EXPECT_EQ(rank.plan.create(rank.handle.get(), rank.norm.get(), desc.get(), comm),
                  JSNORM_STATUS_BAD_PARAM_SHAPE_MISMATCH);
        EXPECT_TRUE(says("rank 1 has K = 9, but rank 0 has 8")) << jsnormNcclGetLastErrorString();
    });
}

TEST(NcclPlans, OfOtherTypesFailOnEveryRank) {
    run_nccl_ranks(2, [](ncclComm_t comm) {
        Rank rank;
        const TensorDescriptor desc(rank_of(comm) == 1 ? JSNORM_HALF : JSNORM_FLOAT, {4, 8, 3});
        EXPECT_EQ(rank.plan.create(rank.handle.get(), rank.norm.get(), desc.get(), comm),
                  JSNORM_STATUS_BAD_PARAM_DATA_TYPE_MISMATCH);
    });
}

TEST(NcclPlans, OfABadNormFailOnEveryRank) {
    run_nccl_ranks(2, [](ncclComm_t comm) {
        Rank rank;
        const NormDescriptor layer_norm(JSNORM_LAYER_NORM);
        const bool bad = rank_of(comm) == 1;
        EXPECT_EQ(rank.plan.create(rank.handle.get(), bad ? layer_norm.get() : rank.norm.get(),
                                   rank.desc.get(), comm),
                  JSNORM_STATUS_NOT_SUPPORTED);
        if (!bad) {
            EXPECT_TRUE(says("rank 1 failed with JSNORM_STATUS_NOT_SUPPORTED"));
        }
    });
}

TEST(NcclPlans, RefuseWhatNoOtherRankNeedsToKnow) {
    run_nccl_ranks(1, [](ncclComm_t comm) {
        Rank rank;
        const Handle cpu(JSNORM_BACKEND_CPU);
        alignas(8) char word[16];
        jsnormNcclPlan_t plan = nullptr;
        const auto create = [&](jsnormNcclPlan_t *target, jsnormHandle_t handle, ncclComm_t with,
                                void *scratch) {
            return jsnormNcclCreatePlan(target, handle, rank.norm.get(), rank.desc.get(), with,
                                        scratch);
        };
        const jsnormHandle_t handle = rank.handle.get();
        EXPECT_EQ(create(nullptr, handle, comm, word), JSNORM_STATUS_BAD_PARAM_NULL_POINTER);
        EXPECT_TRUE(says("jsnormNcclCreatePlan: plan is NULL"));
        EXPECT_EQ(create(&plan, handle, nullptr, word), JSNORM_STATUS_BAD_PARAM_NULL_POINTER);
        EXPECT_TRUE(says("comm is NULL"));
        EXPECT_EQ(create(&plan, handle, comm, nullptr), JSNORM_STATUS_BAD_PARAM_NULL_POINTER);
        EXPECT_TRUE(says("scratch is NULL"));
        EXPECT_EQ(create(&plan, handle, comm, word + 1),
                  JSNORM_STATUS_BAD_PARAM_MISALIGNED_POINTER);
        EXPECT_EQ(create(&plan, nullptr, comm, word), JSNORM_STATUS_BAD_PARAM_NULL_POINTER);
        EXPECT_TRUE(says("handle is NULL")) << jsnormNcclGetLastErrorString();
        EXPECT_EQ(create(&plan, cpu.get(), comm, word), JSNORM_STATUS_NOT_SUPPORTED_BACKEND);
        EXPECT_TRUE(says("create it with JSNORM_BACKEND_CUDA"));
        EXPECT_EQ(plan, nullptr);
    });
}

TEST(NcclPlans, SayWhatNcclSays) {
    for (int call = 0; call < 4; ++call) {  // three questions about comm, and the reduction
        run_nccl_ranks(1, [&](ncclComm_t comm) {
            Rank rank;
            nccl_stand_in::fail_call(comm, call, ncclSystemError);
            EXPECT_EQ(rank.create(comm), JSNORM_STATUS_EXECUTION_FAILED) << call;
            EXPECT_TRUE(says("an error of the stand-in (NCCL error 2)"));
        });
    }
}

TEST(NcclOperations, RefuseWhatThePlanIsNotFor) {
    run_nccl_ranks(1, [](ncclComm_t comm) {
        Rank rank;
        ASSERT_EQ(rank.create(comm), JSNORM_STATUS_SUCCESS);
        size_t bytes = 0;
        EXPECT_EQ(rank.size(rank.norm.get(), rank.desc.get(), &bytes), JSNORM_STATUS_SUCCESS);
        EXPECT_GT(bytes, 0u);
        const TensorDescriptor other_k(JSNORM_FLOAT, {4, 9, 3});
        EXPECT_EQ(rank.size(rank.norm.get(), other_k.get(), &bytes),
                  JSNORM_STATUS_BAD_PARAM_SHAPE_MISMATCH);
        EXPECT_TRUE(says("K = 9, but the plan is for 8")) << jsnormNcclGetLastErrorString();
        const TensorDescriptor other_type(JSNORM_DOUBLE, {4, 8, 3});
        EXPECT_EQ(rank.size(rank.norm.get(), other_type.get(), &bytes),
                  JSNORM_STATUS_BAD_PARAM_DATA_TYPE_MISMATCH);
        const NormDescriptor other_norm(JSNORM_BATCH_NORM);
        ASSERT_EQ(jsnormSetNormEpsilon(other_norm.get(), 0.5), JSNORM_STATUS_SUCCESS);
        EXPECT_EQ(rank.size(other_norm.get(), rank.desc.get(), &bytes), JSNORM_STATUS_BAD_PARAM);
        EXPECT_TRUE(says("epsilon = 0.5, but the plan is for "));
        EXPECT_EQ(rank.size(rank.norm.get(), rank.desc.get(), nullptr),
                  JSNORM_STATUS_BAD_PARAM_NULL_POINTER);
        EXPECT_EQ(rank.size(rank.norm.get(), rank.desc.get(), &bytes, JSNORM_FORWARD_APPLY),
                  JSNORM_STATUS_BAD_PARAM);
        EXPECT_EQ(jsnormNcclForwardTraining(rank.handle.get(), rank.norm.get(), nullptr, nullptr),
                  JSNORM_STATUS_BAD_PARAM_NULL_POINTER);
        EXPECT_TRUE(says("jsnormNcclForwardTraining: plan is NULL"));
        EXPECT_EQ(jsnormNcclBackward(rank.handle.get(), rank.norm.get(), nullptr, rank.plan.get()),
                  JSNORM_STATUS_BAD_PARAM_NULL_POINTER);
        EXPECT_TRUE(says("jsnormNcclBackward: args is NULL"));
    });
}

TEST(NcclOperations, ReportEachFailureOfNccl) {
    const SharedLayer layer = shared_layers(1).front();
    for (const distributed::Exchange exchange :
         {distributed::Exchange::kGather, distributed::Exchange::kByChannel}) {
        // Forward's: a gather; or start, send, receive, end, and a gather.
        const int calls = exchange == distributed::Exchange::kGather ? 1 : 5;
        for (int call = 0; call < calls; ++call) {
            run_nccl_ranks(1, [&](ncclComm_t comm) {
                NcclPlanObject plan;
                LayerCalls layer_calls = nccl_calls(comm, exchange, plan);
                const auto forward = layer_calls.forward;
                layer_calls.forward = [&](auto handle, auto norm, auto *args) {
                    nccl_stand_in::fail_call(comm, call, ncclInternalError);
                    EXPECT_EQ(forward(handle, norm, args), JSNORM_STATUS_EXECUTION_FAILED) << call;
                    EXPECT_TRUE(says("(NCCL error 3)")) << jsnormNcclGetLastErrorString();
                    // Nothing is left of it: the next call is a good one.
                    return forward(handle, norm, args);
                };
                run_part(layer, 0, layer_calls, on_device());
            });
        }
    }
}

TEST(NcclOperations, RefuseASmallWorkspaceBeforeAnythingIsEnqueued) {
    const SharedLayer layer = shared_layers(1).front();
    run_nccl_ranks(1, [&](ncclComm_t comm) {
        NcclPlanObject plan;
        LayerCalls calls = nccl_calls(comm, {}, plan);
        const auto forward = calls.forward;
        calls.forward = [&](auto handle, auto norm, auto *args) {
            const size_t before = nccl_stand_in::streams(comm).size();
            jsnormForwardTrainingArgs_t small = *args;
            --small.workspace_bytes;
            EXPECT_EQ(forward(handle, norm, &small), JSNORM_STATUS_BAD_PARAM_SIZE_INSUFFICIENT);
            EXPECT_TRUE(says("args.workspace_bytes = "));
            EXPECT_EQ(nccl_stand_in::streams(comm).size(), before);
            return forward(handle, norm, args);
        };
        run_part(layer, 0, calls, on_device());
    });
}

}  // namespace
}  // namespace jsnorm::test
