// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a sequence of API calls, with objects that live and objects that do not: no crash,
// leak or undefined behaviour, no call of more than a second; every status is in the enumeration,
// every failure has its text; and what each call promises (the files of functions.hpp).

#include <ctime>
#include <string>

#include "tests/fuzz/functions.hpp"

namespace jsnorm::fuzz {
namespace {

constexpr int kMostCalls = 64;
constexpr double kMostSeconds = 1;  // of the processor, for a call with all its checks

std::span<const Function> list_of(size_t which) {
    switch (which) {
        case 0:
            return operation_functions();
        case 1:
            return tensor_functions();
        case 2:
            return norm_functions();
        case 3:
            return query_functions();
        default:
            return handle_functions();
    }
}

double processor_seconds() {
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

void judge(const Outcome &outcome, double seconds) {
    expect(std::string(jsnormGetStatusString(outcome.status)) != "JSNORM_STATUS_UNKNOWN",
           "a status is not in the enumeration", outcome.function);
    expect(outcome.status != JSNORM_STATUS_INTERNAL_ERROR, "an internal error", outcome.function);
    if (outcome.status != JSNORM_STATUS_SUCCESS)
        expect(jsnormGetLastErrorString()[0] != '\0', "a failure without a text", outcome.function);
    expect(seconds < kMostSeconds, "a call takes more than a second", outcome.function);
}

}  // namespace
}  // namespace jsnorm::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    using namespace jsnorm::fuzz;
    Bytes bytes(data, size);
    World world;
    for (int i = 0; i < kMostCalls && !bytes.empty(); ++i) {
        const std::span<const Function> functions = list_of(bytes.below(8) % 5);
        const Function function = functions[bytes.below(functions.size())];
        const double begin = processor_seconds();
        const Outcome outcome = function(world, bytes);
        judge(outcome, processor_seconds() - begin);
    }
    return 0;
}
