// SPDX-License-Identifier: Apache-2.0
#include "src/simt/state.hpp"

#include <algorithm>
#include <utility>

namespace simt {

Machine machine;
Thread *running = nullptr;

std::string describe(const Thread &thread) {
    return "block " + std::to_string(thread.block->linear) + " thread " +
           std::to_string(thread.linear) + " (warp " + std::to_string(thread.warp->id) + " lane " +
           std::to_string(thread.lane) + ")";
}

std::string describe(AccessId id) {
    return "block " + std::to_string(block_of(id)) + " thread " + std::to_string(thread_of(id));
}

void report_error(std::string message) {
    Report &report = *machine.report;
    if (machine.kernel) message += std::string(" [") + machine.kernel + "]";
    if (report.error_count++ < machine.config.max_reports)
        report.errors.push_back(std::move(message));
}

void report_warning(std::string message) {
    std::vector<std::string> &warnings = machine.report->warnings;
    if (machine.kernel) message += std::string(" [") + machine.kernel + "]";
    const bool known = std::find(warnings.begin(), warnings.end(), message) != warnings.end();
    if (!known && warnings.size() < machine.config.max_reports)
        warnings.push_back(std::move(message));
}

void fail(std::string message) {
    report_error(std::move(message));
    machine.aborted = true;
    throw Abort{};
}

}  // namespace simt
