// SPDX-License-Identifier: Apache-2.0
//
// The ten operations, and the descriptions of their plans.

#include <cstring>

#include "tests/fuzz/functions.hpp"
#include "tests/fuzz/operation_arguments.hpp"

namespace jsnorm::fuzz {
namespace {

Fault fault_of(Bytes &bytes) {
    const uint8_t value = bytes.byte();
    if (value < 128) return Fault::None;
    return static_cast<Fault>(value % static_cast<int>(Fault::kCount));
}

const test::api::Operation &operation_of(Bytes &bytes) {
    const auto &all = test::api::operations();
    return all[bytes.below(all.size())];
}

jsnormStatus_t describe(const test::api::Operation &operation, jsnormHandle_t handle,
                        jsnormNormDescriptor_t norm, const OperationArguments &arguments,
                        size_t room) {
    const char *name = "jsnormGetPlanDescription";
    std::vector<char> text(room);
    size_t length = 0;
    const jsnormStatus_t status =
        jsnormGetPlanDescription(handle, norm, operation.id, arguments.args(),
                                 room == 0 ? nullptr : text.data(), room, &length);
    if (status != JSNORM_STATUS_SUCCESS || room == 0) return status;
    expect(std::memchr(text.data(), '\0', room) != nullptr, "a text without an end", name);
    if (length < room) expect(std::strlen(text.data()) == length, "another length", name);
    return status;
}

// What the queries take can be executed, and what they refuse cannot.
Outcome run(World &world, Bytes &bytes) {
    const auto handle = world.handle(bytes);
    const auto norm = world.norm(bytes);
    const auto x_desc = world.tensor(bytes);
    const test::api::Operation &operation = operation_of(bytes);
    const char *name = operation.function.c_str();
    const OperationArguments arguments(operation, handle.object, norm.object, x_desc.object,
                                       fault_of(bytes), world, bytes);
    const bool wrong = arguments.fault() != Fault::None;
    jsnormStatus_t status = JSNORM_STATUS_SUCCESS;
    if (arguments.fits()) {
        status = operation.run(handle.object, norm.object, arguments.args());
        arguments.check(status);
    } else {
        name = "jsnormGetPlanDescription";
        status = describe(operation, handle.object, norm.object, arguments, bytes.byte());
    }
    World::note_use(norm, status);
    if (arguments.accepted() && arguments.fits() && !wrong)
        expect(status == JSNORM_STATUS_SUCCESS, "the queries accepted what is refused", name);
    if (!arguments.accepted())
        expect(status != JSNORM_STATUS_SUCCESS, "the queries refused what succeeds", name);
    return {name, status};
}

Outcome plan(World &world, Bytes &bytes) {
    const auto handle = world.handle(bytes);
    const auto norm = world.norm(bytes);
    const auto x_desc = world.tensor(bytes);
    const test::api::Operation &operation = operation_of(bytes);
    const OperationArguments arguments(operation, handle.object, norm.object, x_desc.object,
                                       fault_of(bytes), world, bytes);
    const jsnormStatus_t status =
        describe(operation, handle.object, norm.object, arguments, 16 * size_t{bytes.byte()});
    arguments.check(status);
    World::note_use(norm, status);
    return {"jsnormGetPlanDescription", status};
}

Outcome init(World &, Bytes &bytes) {
    const test::api::Operation &operation = operation_of(bytes);
    const size_t size = bytes.byte();
    std::vector<std::byte> args(size);
    static const std::string names[] = {
        "jsnormForwardTrainingArgsInit",   "jsnormForwardInferenceArgsInit",
        "jsnormBackwardArgsInit",          "jsnormBackwardFixedStatisticsArgsInit",
        "jsnormForwardStatisticsArgsInit", "jsnormForwardFinalizeArgsInit",
        "jsnormForwardApplyArgsInit",      "jsnormBackwardReduceArgsInit",
        "jsnormBackwardFinalizeArgsInit",  "jsnormBackwardApplyArgsInit"};
    return {names[operation.id].c_str(),
            operation.init(bytes.one_in(16) ? nullptr : args.data(), size)};
}

}  // namespace

std::span<const Function> operation_functions() {
    static constexpr Function kFunctions[] = {run, plan, init, run, run, run};
    return kFunctions;
}

}  // namespace jsnorm::fuzz
