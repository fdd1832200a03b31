// SPDX-License-Identifier: Apache-2.0
//
// Host memory runs out at the n-th allocation, n = 1, 2, 3, ..., once or from then on: every public
// function answers HOST_ALLOCATION_FAILED without side effect, leaks nothing, and works when asked
// again.
#include "tests/api/allocation_faults.hpp"
#include "tests/api/call.hpp"

namespace jsnorm::test::api {
namespace {

constexpr jsnormStatus_t kNoMemory = JSNORM_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED;
constexpr int64_t kEnough = 1000;  // more allocations than any sequence here makes

// ---- Creation ----------------------------------------------------------------------------------

template <class Object>
struct Creator {
    const char *function;
    jsnormStatus_t (*create)(Object *);
    jsnormStatus_t (*destroy)(Object);
};

const Creator<jsnormHandle_t> kHandle = {
    "jsnormCreate", [](jsnormHandle_t *handle) { return jsnormCreate(handle, JSNORM_BACKEND_CPU); },
    jsnormDestroy};
const Creator<jsnormTensorDescriptor_t> kTensor = {
    "jsnormCreateTensorDescriptor", jsnormCreateTensorDescriptor, jsnormDestroyTensorDescriptor};
const Creator<jsnormNormDescriptor_t> kNorm = {"jsnormCreateNormDescriptor",
                                               [](jsnormNormDescriptor_t *desc) {
                                                   return jsnormCreateNormDescriptor(
                                                       desc, JSNORM_BATCH_NORM);
                                               },
                                               jsnormDestroyNormDescriptor};

// Returns how many failures were injected before creation went through.
template <class Object>
int64_t expect_survives(const Creator<Object> &creator, Failure failure) {
    int64_t hits = 0;
    for (int64_t n = 1; n <= kEnough; ++n) {
        SCOPED_TRACE(std::string(creator.function) + ", allocation " + std::to_string(n));
        auto object = sentinel<Object>();
        jsnormStatus_t failed, retried = JSNORM_STATUS_SUCCESS, destroyed;
        bool untouched = true;
        {
            const Armed armed(failure, n);
            failed = creator.create(&object);
            if (failed != JSNORM_STATUS_SUCCESS) {
                untouched = object == sentinel<Object>();
                Armed::have_memory_again();
                retried = creator.create(&object);
            }
            destroyed = creator.destroy(object);
        }
        EXPECT_TRUE(untouched);
        EXPECT_STATUS(retried, JSNORM_STATUS_SUCCESS);
        EXPECT_STATUS(destroyed, JSNORM_STATUS_SUCCESS);
        EXPECT_EQ(g_allocations, g_frees) << "a leak";
        if (g_failures == 0) {
            EXPECT_STATUS(failed, JSNORM_STATUS_SUCCESS);
            return hits;
        }
        ++hits;
        EXPECT_FAILURE(failed, kNoMemory, creator.function, "memory");
    }
    ADD_FAILURE() << creator.function << " never succeeds";
    return hits;
}

TEST(OutOfMemory, CreationFailsCleanlyAtEveryAllocation) {
    for (Failure failure : {Failure::kOnce, Failure::kFromThenOn}) {
        EXPECT_GE(expect_survives(kHandle, failure), 1);
        EXPECT_GE(expect_survives(kTensor, failure), 1);
        EXPECT_GE(expect_survives(kNorm, failure), 1);
    }
}

// ---- A whole program ---------------------------------------------------------------------------

// Everything from creation to destruction, in memory of its own, one call at a time.
struct Program {
    static constexpr int64_t kDims[4] = {3, 5, 2, 2};
    jsnormHandle_t handle;
    jsnormTensorDescriptor_t x_desc;
    jsnormNormDescriptor_t norm;
    size_t bytes;
    std::byte workspace[1 << 16];
    float x[60], dy[60];
    struct Outputs {
        float y[60], dx[60], dgamma[5], dbeta[5];
        double mean[5], variance[5];
    } outputs;
};

using Step = jsnormStatus_t (*)(Program &);

jsnormStatus_t forward(Program &p) {
    jsnormForwardTrainingArgs_t args;
    const jsnormStatus_t status = jsnormForwardTrainingArgsInit(&args, sizeof args);
    if (status != JSNORM_STATUS_SUCCESS) return status;
    args.x_desc = args.y_desc = p.x_desc;
    args.x = p.x;
    args.y = p.outputs.y;
    args.saved_mean = p.outputs.mean;
    args.saved_variance = p.outputs.variance;
    args.workspace = p.workspace;
    args.workspace_bytes = sizeof p.workspace;
    return jsnormForwardTraining(p.handle, p.norm, &args);
}

jsnormStatus_t backward(Program &p) {
    jsnormBackwardArgs_t args;
    const jsnormStatus_t status = jsnormBackwardArgsInit(&args, sizeof args);
    if (status != JSNORM_STATUS_SUCCESS) return status;
    args.x_desc = args.dy_desc = args.dx_desc = p.x_desc;
    args.x = p.x;
    args.dy = p.dy;
    args.saved_mean = p.outputs.mean;
    args.saved_variance = p.outputs.variance;
    args.dx = p.outputs.dx;
    args.dgamma = p.outputs.dgamma;
    args.dbeta = p.outputs.dbeta;
    args.workspace = p.workspace;
    args.workspace_bytes = sizeof p.workspace;
    return jsnormBackward(p.handle, p.norm, &args);
}

void ignore_message(jsnormLogLevel_t, const char *, void *) {}

const Step kSteps[] = {
    [](Program &) { return jsnormSetLogCallback(JSNORM_LOG_TRACE, ignore_message, nullptr); },
    [](Program &p) { return jsnormCreate(&p.handle, JSNORM_BACKEND_CPU); },
    [](Program &p) { return jsnormSetThreadCount(p.handle, 2); },
    [](Program &p) { return jsnormWarmup(p.handle); },
    [](Program &p) { return jsnormCreateTensorDescriptor(&p.x_desc); },
    [](Program &p) {
        return jsnormSetTensorDescriptor(p.x_desc, JSNORM_FLOAT, 4, Program::kDims, nullptr);
    },
    [](Program &p) { return jsnormCreateNormDescriptor(&p.norm, JSNORM_BATCH_NORM); },
    [](Program &p) {
        return jsnormSetNormEstimators(p.norm, JSNORM_ESTIMATOR_JAMES_STEIN,
                                       JSNORM_ESTIMATOR_RIDGE);
    },
    [](Program &p) { return jsnormSetNormEpsilon(p.norm, 1e-3); },
    [](Program &p) {
        return jsnormGetWorkspaceSize(p.handle, p.norm, p.x_desc, JSNORM_FORWARD_TRAINING,
                                      &p.bytes);
    },
    forward,
    backward,
    [](Program &p) { return jsnormDestroyNormDescriptor(p.norm); },
    [](Program &p) { return jsnormDestroyTensorDescriptor(p.x_desc); },
    [](Program &p) { return jsnormDestroy(p.handle); },
    [](Program &) { return jsnormSetLogCallback(JSNORM_LOG_OFF, nullptr, nullptr); },
};

void prepare(Program &p) {
    std::memset(static_cast<void *>(&p), 0, sizeof p);
    for (size_t i = 0; i < 60; ++i) {
        p.x[i] = static_cast<float>(i * 7919 % 97) / 16 - 3;
        p.dy[i] = static_cast<float>(i * 104729 % 89) / 32 - 1;
    }
}

// Runs the steps with the n-th allocation failing; a step that fails is asked once more.
void expect_survives(Program &p, Failure failure, int64_t n, const Program::Outputs &expected) {
    prepare(p);
    constexpr size_t kCount = std::size(kSteps);
    jsnormStatus_t failed[kCount], retried[kCount];
    {
        const Armed armed(failure, n);
        for (size_t i = 0; i < kCount; ++i) {
            failed[i] = retried[i] = kSteps[i](p);
            if (failed[i] == JSNORM_STATUS_SUCCESS) continue;
            Armed::have_memory_again();
            retried[i] = kSteps[i](p);
        }
    }
    for (size_t i = 0; i < kCount; ++i) {
        const bool out_of_memory = failed[i] == kNoMemory;
        EXPECT_STATUS(failed[i], out_of_memory ? kNoMemory : JSNORM_STATUS_SUCCESS) << "step " << i;
        EXPECT_STATUS(retried[i], JSNORM_STATUS_SUCCESS) << "step " << i;
    }
    EXPECT_EQ(g_allocations, g_frees) << "a leak";
    EXPECT_EQ(std::memcmp(&p.outputs, &expected, sizeof expected), 0);
}

TEST(OutOfMemory, AWholeProgramSurvivesTheFailureOfEveryAllocation) {
    const auto program = std::make_unique<Program>();
    prepare(*program);
    for (Step step : kSteps) require(step(*program));
    const Program::Outputs expected = program->outputs;

    for (Failure failure : {Failure::kOnce, Failure::kFromThenOn}) {
        int64_t hits = 0;
        for (int64_t n = 1; n <= kEnough; ++n) {
            SCOPED_TRACE("allocation " + std::to_string(n));
            expect_survives(*program, failure, n, expected);
            if (g_failures == 0) break;
            hits = n;
        }
        EXPECT_GE(hits, 3) << "three objects were created";
        EXPECT_LT(hits, kEnough);
    }
}

// ---- What needs no memory ----------------------------------------------------------------------

TEST(OutOfMemory, AnOperationAllocatesNothing) {
    const Handle handle;
    for (const Operation &op : operations()) {
        const Call call(handle, op);
        jsnormStatus_t first, second;
        {
            const Armed armed(Failure::kFromThenOn, 1);
            first = call.run(handle);
            second = call.run(handle);
        }
        EXPECT_STATUS(first, JSNORM_STATUS_SUCCESS) << op.function;
        EXPECT_STATUS(second, JSNORM_STATUS_SUCCESS) << op.function;
        EXPECT_EQ(g_failures, 0) << op.function << " has tried to allocate";
    }
}

TEST(OutOfMemory, ARejectionAndItsMessageNeedNoMemory) {
    const Handle handle;
    for (const Operation &op : operations()) {
        Call call(handle, op);
        call.set_struct_size(1);
        jsnormStatus_t status;
        {
            const Armed armed(Failure::kFromThenOn, 1);
            status = call.run(handle);
        }
        EXPECT_FAILURE(status, JSNORM_STATUS_BAD_PARAM_SIZE_INSUFFICIENT, op.function,
                       "args.struct_size");
        EXPECT_EQ(g_failures, 0) << op.function << " has tried to allocate";
    }
}

}  // namespace
}  // namespace jsnorm::test::api
