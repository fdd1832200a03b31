// SPDX-License-Identifier: Apache-2.0
//
// Handles, their settings, and what belongs to no object.

#include <cstring>

#include "tests/fuzz/functions.hpp"

namespace jsnorm::fuzz {
namespace {

void ignore_message(jsnormLogLevel_t, const char *message, void *) {
    expect(message != nullptr, "a log message is NULL", "jsnormSetLogCallback");
}

// A task runner that goes backwards, on the caller's thread.
void run_backwards(int64_t count, jsnormTask_t task, void *task_data, void *) {
    for (int64_t i = count - 1; i >= 0; --i) task(i, task_data);
}

Outcome create(World &world, Bytes &bytes) {
    const auto backend = bytes.enumerator<jsnormBackend_t>(3);
    const bool full = world.handles.size() == World::kMostObjects;
    jsnormHandle_t handle = nullptr;
    const jsnormStatus_t status = jsnormCreate(full ? nullptr : &handle, backend);
    expect((status == 0) == (handle != nullptr), "a handle without success", "jsnormCreate");
    if (handle != nullptr) world.handles.push_back({handle});
    return {"jsnormCreate", status};
}

Outcome destroy(World &world, Bytes &bytes) {
    const auto handle = world.handle(bytes);
    const jsnormStatus_t status = jsnormDestroy(handle.object);
    if (handle.is_live())
        world.handles.erase(world.handles.begin() + (handle.slot - world.handles.data()));
    expect((status == 0) == (handle.is_live() || handle.object == nullptr),
           "what is no handle was destroyed, or a handle was not", "jsnormDestroy");
    return {"jsnormDestroy", status};
}

Outcome warmup(World &world, Bytes &bytes) {
    return {"jsnormWarmup", jsnormWarmup(world.handle(bytes).object)};
}

Outcome set_log_callback(World &, Bytes &bytes) {
    const auto level = bytes.enumerator<jsnormLogLevel_t>(5);
    // Without a callback messages would go to stderr, if the environment asks for them.
    return {"jsnormSetLogCallback", jsnormSetLogCallback(level, ignore_message, nullptr)};
}

Outcome get_backend(World &world, Bytes &bytes) {
    jsnormBackend_t backend = JSNORM_BACKEND_AUTO;
    const auto handle = world.handle(bytes);
    return {"jsnormGetBackend",
            jsnormGetBackend(handle.object, bytes.one_in(8) ? nullptr : &backend)};
}

Outcome set_stream(World &world, Bytes &bytes) {
    const auto handle = world.handle(bytes);
    auto *stream = bytes.one_in(2) ? reinterpret_cast<jsnormStream_t>(&world) : nullptr;
    return {"jsnormSetStream", jsnormSetStream(handle.object, stream)};
}

Outcome get_stream(World &world, Bytes &bytes) {
    jsnormStream_t stream = nullptr;
    const auto handle = world.handle(bytes);
    return {"jsnormGetStream", jsnormGetStream(handle.object, bytes.one_in(8) ? nullptr : &stream)};
}

Outcome set_task_runner(World &world, Bytes &bytes) {
    const auto handle = world.handle(bytes);
    const jsnormParallelFor_t runner = bytes.one_in(2) ? nullptr : run_backwards;
    return {"jsnormSetTaskRunner", jsnormSetTaskRunner(handle.object, runner, &world)};
}

Outcome get_task_runner(World &world, Bytes &bytes) {
    const auto handle = world.handle(bytes);
    jsnormParallelFor_t runner = nullptr;
    void *data = nullptr;
    const jsnormStatus_t status = jsnormGetTaskRunner(
        handle.object, bytes.one_in(8) ? nullptr : &runner, bytes.one_in(8) ? nullptr : &data);
    return {"jsnormGetTaskRunner", status};
}

// A setting that is one int32: what was set is read back, what was refused changes nothing.
template <jsnormStatus_t (*Set)(jsnormHandle_t, int32_t),
          jsnormStatus_t (*Get)(jsnormHandle_t, int32_t *)>
jsnormStatus_t set_and_get(World &world, Bytes &bytes, const char *name) {
    const auto handle = world.handle(bytes);
    const auto value = static_cast<int32_t>(bytes.integer());
    int32_t before = 0, after = 0;
    const bool known = Get(handle.object, &before) == JSNORM_STATUS_SUCCESS;
    expect(known == handle.is_live(), "a setting of what is no handle", name);
    expect(Get(handle.object, nullptr) != JSNORM_STATUS_SUCCESS, "NULL was taken for a result",
           name);
    const jsnormStatus_t status = Set(handle.object, value);
    if (known && Get(handle.object, &after) == JSNORM_STATUS_SUCCESS)
        expect(after == (status == 0 ? value : before), "a setting is not what was set", name);
    return status;
}

Outcome thread_count(World &world, Bytes &bytes) {
    const char *name = "jsnormSetThreadCount";
    return {name, set_and_get<jsnormSetThreadCount, jsnormGetThreadCount>(world, bytes, name)};
}

Outcome sm_count_target(World &world, Bytes &bytes) {
    const char *name = "jsnormSetSmCountTarget";
    return {name, set_and_get<jsnormSetSmCountTarget, jsnormGetSmCountTarget>(world, bytes, name)};
}

Outcome pointer_checks(World &world, Bytes &bytes) {
    const char *name = "jsnormSetPointerChecks";
    return {name, set_and_get<jsnormSetPointerChecks, jsnormGetPointerChecks>(world, bytes, name)};
}

Outcome strings(World &, Bytes &bytes) {
    const char *name = jsnormGetStatusString(static_cast<jsnormStatus_t>(bytes.integer()));
    expect(std::strncmp(name, "JSNORM_STATUS_", 14) == 0, "a status has no name",
           "jsnormGetStatusString");
    expect(jsnormGetVersion() == JSNORM_VERSION, "another version", "jsnormGetVersion");
    expect(jsnormGetVersionString()[0] == 'j', "no version", "jsnormGetVersionString");
    return {"jsnormGetStatusString", JSNORM_STATUS_SUCCESS};
}

}  // namespace

std::span<const Function> handle_functions() {
    static constexpr Function kFunctions[] = {
        create,          destroy,        warmup,          set_log_callback, get_backend,
        set_stream,      get_stream,     set_task_runner, get_task_runner,  thread_count,
        sm_count_target, pointer_checks, strings};
    return kFunctions;
}

}  // namespace jsnorm::fuzz
