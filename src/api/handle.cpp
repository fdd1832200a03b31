// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <new>

#include "src/api/arguments.hpp"
#include "src/api/entry.hpp"
#include "src/core/backend.hpp"

namespace jsnorm {

namespace {

constexpr int32_t kMaxThreads = 4096;

// The backend that `asked` stands for.
jsnormStatus_t backend_for(jsnormBackend_t asked, const Backend *&backend) {
    const Backend *cuda = cuda_backend();
    switch (asked) {
        case JSNORM_BACKEND_CPU:
            backend = &cpu_backend();
            return JSNORM_STATUS_SUCCESS;
        case JSNORM_BACKEND_CUDA:
            JSNORM_REQUIRE(
                cuda != nullptr, JSNORM_STATUS_NOT_SUPPORTED_BACKEND,
                "backend = JSNORM_BACKEND_CUDA, but this build has the CPU backend only");
            backend = cuda;
            return JSNORM_STATUS_SUCCESS;
        default: {
            const Attempt attempt;
            jsnormHandleStruct probe;
            const bool opens = cuda != nullptr && cuda->open(probe) == JSNORM_STATUS_SUCCESS;
            backend = opens ? cuda : &cpu_backend();
            return JSNORM_STATUS_SUCCESS;
        }
    }
}

jsnormStatus_t create(jsnormHandle_t *handle, jsnormBackend_t asked) {
    JSNORM_REQUIRE(handle != nullptr, JSNORM_STATUS_BAD_PARAM_NULL_POINTER, "handle is NULL");
    JSNORM_REQUIRE(asked >= JSNORM_BACKEND_AUTO && asked <= JSNORM_BACKEND_CUDA,
                   JSNORM_STATUS_BAD_PARAM, "backend = %d is not a jsnormBackend_t", asked);
    const Backend *backend = nullptr;
    JSNORM_TRY(backend_for(asked, backend));
    std::unique_ptr<jsnormHandleStruct> created(new (std::nothrow) jsnormHandleStruct);
    JSNORM_REQUIRE(created != nullptr, JSNORM_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED,
                   "no memory for a handle");
    created->backend = backend;
    JSNORM_TRY(backend->open(*created));
    // Kernels are loaded now: some need more shared memory than a launch may ask for by itself. A
    // CPU handle starts no thread before its first operation, which a child of fork() may be.
    if (backend->kind() == JSNORM_BACKEND_CUDA) JSNORM_TRY(backend->warm(*created));
    *handle = created.release();
    return JSNORM_STATUS_SUCCESS;
}

bool is_cuda(jsnormHandle_t handle) {
    return handle->backend->kind() == JSNORM_BACKEND_CUDA;
}

// The body of every getter: copies a member of the handle to `*result`.
template <class Value>
jsnormStatus_t get(const char *function, jsnormHandle_t handle, Value jsnormHandleStruct::*member,
                   Value *result, const char *name) {
    return entry(function, [&]() -> jsnormStatus_t {
        JSNORM_TRY(check_object(handle, "handle"));
        JSNORM_REQUIRE(result != nullptr, JSNORM_STATUS_BAD_PARAM_NULL_POINTER, "%s is NULL", name);
        *result = handle->*member;
        return JSNORM_STATUS_SUCCESS;
    });
}

}  // namespace

}  // namespace jsnorm

using jsnorm::check_object;
using jsnorm::entry;
using jsnorm::is_cuda;

jsnormStatus_t jsnormCreate(jsnormHandle_t *handle, jsnormBackend_t backend) {
    return entry("jsnormCreate", [&] { return jsnorm::create(handle, backend); });
}

jsnormStatus_t jsnormDestroy(jsnormHandle_t handle) {
    return entry("jsnormDestroy", [&]() -> jsnormStatus_t {
        if (handle == nullptr) return JSNORM_STATUS_SUCCESS;
        JSNORM_TRY(check_object(handle, "handle"));
        handle->magic = jsnorm::Magic{};
        delete handle;
        return JSNORM_STATUS_SUCCESS;
    });
}

jsnormStatus_t jsnormGetBackend(jsnormHandle_t handle, jsnormBackend_t *backend) {
    return entry("jsnormGetBackend", [&]() -> jsnormStatus_t {
        JSNORM_TRY(check_object(handle, "handle"));
        JSNORM_REQUIRE(backend != nullptr, JSNORM_STATUS_BAD_PARAM_NULL_POINTER, "backend is NULL");
        *backend = handle->backend->kind();
        return JSNORM_STATUS_SUCCESS;
    });
}

jsnormStatus_t jsnormSetStream(jsnormHandle_t handle, jsnormStream_t stream) {
    return entry("jsnormSetStream", [&]() -> jsnormStatus_t {
        JSNORM_TRY(check_object(handle, "handle"));
        JSNORM_REQUIRE(stream == nullptr || is_cuda(handle), JSNORM_STATUS_NOT_SUPPORTED_BACKEND,
                       "stream = %p, but a CPU handle has none", static_cast<void *>(stream));
        handle->stream = stream;
        return JSNORM_STATUS_SUCCESS;
    });
}

jsnormStatus_t jsnormGetStream(jsnormHandle_t handle, jsnormStream_t *stream) {
    return jsnorm::get("jsnormGetStream", handle, &jsnormHandleStruct::stream, stream, "stream");
}

jsnormStatus_t jsnormSetThreadCount(jsnormHandle_t handle, int32_t thread_count) {
    return entry("jsnormSetThreadCount", [&]() -> jsnormStatus_t {
        JSNORM_TRY(check_object(handle, "handle"));
        JSNORM_REQUIRE(!is_cuda(handle), JSNORM_STATUS_NOT_SUPPORTED_BACKEND,
                       "thread_count = %d, but a CUDA handle has no threads", thread_count);
        JSNORM_REQUIRE(thread_count >= 0 && thread_count <= jsnorm::kMaxThreads,
                       JSNORM_STATUS_BAD_PARAM_OUT_OF_BOUND, "thread_count = %d is not in 0 to %d",
                       thread_count, jsnorm::kMaxThreads);
        handle->thread_count = thread_count;
        return JSNORM_STATUS_SUCCESS;
    });
}

jsnormStatus_t jsnormGetThreadCount(jsnormHandle_t handle, int32_t *thread_count) {
    return jsnorm::get("jsnormGetThreadCount", handle, &jsnormHandleStruct::thread_count,
                       thread_count, "thread_count");
}

jsnormStatus_t jsnormSetTaskRunner(jsnormHandle_t handle, jsnormParallelFor_t parallel_for,
                                   void *user_data) {
    return entry("jsnormSetTaskRunner", [&]() -> jsnormStatus_t {
        JSNORM_TRY(check_object(handle, "handle"));
        JSNORM_REQUIRE(parallel_for == nullptr || !is_cuda(handle),
                       JSNORM_STATUS_NOT_SUPPORTED_BACKEND,
                       "parallel_for is given, but a CUDA handle has no loops on the host");
        handle->parallel_for = parallel_for;
        handle->runner_data = parallel_for == nullptr ? nullptr : user_data;
        return JSNORM_STATUS_SUCCESS;
    });
}

jsnormStatus_t jsnormGetTaskRunner(jsnormHandle_t handle, jsnormParallelFor_t *parallel_for,
                                   void **user_data) {
    return entry("jsnormGetTaskRunner", [&]() -> jsnormStatus_t {
        JSNORM_TRY(check_object(handle, "handle"));
        if (parallel_for != nullptr) *parallel_for = handle->parallel_for;
        if (user_data != nullptr) *user_data = handle->runner_data;
        return JSNORM_STATUS_SUCCESS;
    });
}

jsnormStatus_t jsnormSetSmCountTarget(jsnormHandle_t handle, int32_t sm_count) {
    return entry("jsnormSetSmCountTarget", [&]() -> jsnormStatus_t {
        JSNORM_TRY(check_object(handle, "handle"));
        JSNORM_REQUIRE(sm_count >= 0, JSNORM_STATUS_BAD_PARAM_OUT_OF_BOUND,
                       "sm_count = %d is negative", sm_count);
        JSNORM_REQUIRE(is_cuda(handle), JSNORM_STATUS_NOT_SUPPORTED_BACKEND,
                       "sm_count = %d, but a CPU handle has no multiprocessors", sm_count);
        handle->sm_count = sm_count;
        return JSNORM_STATUS_SUCCESS;
    });
}

jsnormStatus_t jsnormGetSmCountTarget(jsnormHandle_t handle, int32_t *sm_count) {
    return jsnorm::get("jsnormGetSmCountTarget", handle, &jsnormHandleStruct::sm_count, sm_count,
                       "sm_count");
}

jsnormStatus_t jsnormSetPointerChecks(jsnormHandle_t handle, int32_t enabled) {
    return entry("jsnormSetPointerChecks", [&]() -> jsnormStatus_t {
        JSNORM_TRY(check_object(handle, "handle"));
        JSNORM_REQUIRE(enabled == 0 || enabled == 1, JSNORM_STATUS_BAD_PARAM,
                       "enabled = %d is neither 0 nor 1", enabled);
        handle->pointer_checks = enabled;
        return JSNORM_STATUS_SUCCESS;
    });
}

jsnormStatus_t jsnormGetPointerChecks(jsnormHandle_t handle, int32_t *enabled) {
    return jsnorm::get("jsnormGetPointerChecks", handle, &jsnormHandleStruct::pointer_checks,
                       enabled, "enabled");
}

jsnormStatus_t jsnormWarmup(jsnormHandle_t handle) {
    return entry("jsnormWarmup", [&]() -> jsnormStatus_t {
        JSNORM_TRY(check_object(handle, "handle"));
        return handle->backend->warm(*handle);
    });
}
