// SPDX-License-Identifier: Apache-2.0
#include "bench/load.hpp"

#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <fstream>
#include <string>

#include "bench/peers/worker.hpp"

namespace jsnorm::bench {

namespace {

double read_clock(clockid_t clock) {
    timespec time{};
    clock_gettime(clock, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

}  // namespace

ProcessorUse processor_use() {
    ProcessorUse use{};
    use.wall = read_clock(CLOCK_MONOTONIC);
    use.ours = read_clock(CLOCK_PROCESS_CPUTIME_ID) + Worker::processor_seconds();
    // cpu user nice system idle iowait irq softirq ..., in ticks
    std::ifstream file("/proc/stat");
    std::string name;
    double user = 0, nice = 0, system = 0, idle = 0, wait = 0, interrupts = 0, soft = 0;
    if (file >> name >> user >> nice >> system >> idle >> wait >> interrupts >> soft) {
        const double ticks = user + nice + system + interrupts + soft;
        use.everyone = ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
    }
    return use;
}

double foreign_load(const ProcessorUse &before, const ProcessorUse &after, int processors) {
    const double available = (after.wall - before.wall) * processors;
    const double others = (after.everyone - before.everyone) - (after.ours - before.ours);
    return available > 0 ? std::clamp(others / available, 0.0, 1.0) : 0;
}

}  // namespace jsnorm::bench
