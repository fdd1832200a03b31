// SPDX-License-Identifier: Apache-2.0
#include "src/simt/report.hpp"

#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <map>
#include <mutex>
#include <utility>

namespace simt {
namespace {

// Of the process: launches of several host threads add to it.
struct Journal {
    std::mutex mutex;
    std::vector<std::string> errors;
    std::vector<LaunchRecord> launches;
    Counters totals;
};

Journal &journal() {
    static Journal instance;
    return instance;
}

__attribute__((format(printf, 1, 2))) std::string format(const char *pattern, ...) {
    char line[512];
    va_list arguments;
    va_start(arguments, pattern);
    std::vsnprintf(line, sizeof(line), pattern, arguments);
    va_end(arguments);
    return line;
}

double ratio(uint64_t numerator, uint64_t denominator) {
    return denominator ? static_cast<double>(numerator) / static_cast<double>(denominator) : 0.0;
}

}  // namespace

std::string to_string(Site site) {
    const char *file = site.file() ? site.file() : "?";
    const char *slash = std::strrchr(file, '/');
    return std::string(slash ? slash + 1 : file) + ":" + std::to_string(site.line());
}

Config &config() {
    static Config instance;
    return instance;
}

Counters &Counters::operator+=(const Counters &other) {
    launches += other.launches;
    threads += other.threads;
    switches += other.switches;
    accesses += other.accesses;
    collectives += other.collectives;
    barriers += other.barriers;
    atomics += other.atomics;
    loads.requests += other.loads.requests;
    loads.sectors += other.loads.sectors;
    loads.bytes += other.loads.bytes;
    stores.requests += other.stores.requests;
    stores.sectors += other.stores.sectors;
    stores.bytes += other.stores.bytes;
    shared.requests += other.shared.requests;
    shared.wavefronts += other.shared.wavefronts;
    shared.ideal += other.shared.ideal;
    sectors_read += other.sectors_read;
    sectors_written += other.sectors_written;
    return *this;
}

bool Report::has(const std::string &text) const {
    for (const std::string &error : errors)
        if (error.find(text) != std::string::npos) return true;
    return false;
}

void add_error(std::string message) {
    const std::lock_guard lock(journal().mutex);
    journal().errors.push_back(std::move(message));
}

void add_launch(const LaunchRecord &record, const Report &report) {
    const std::lock_guard lock(journal().mutex);
    journal().errors.insert(journal().errors.end(), report.errors.begin(), report.errors.end());
    journal().totals += record.counters;
    if (config().keep_launches) journal().launches.push_back(record);
}

std::vector<std::string> take_errors() {
    const std::lock_guard lock(journal().mutex);
    return std::exchange(journal().errors, {});
}

std::vector<LaunchRecord> take_launches() {
    const std::lock_guard lock(journal().mutex);
    return std::exchange(journal().launches, {});
}

Counters totals() {
    const std::lock_guard lock(journal().mutex);
    return journal().totals;
}

std::string traffic_table(const Report &report) {
    std::string table;
    for (const SiteTraffic &line : report.sites) {
        const char *kind = line.is_store ? "store" : "load";
        const std::string place = to_string(line.site);
        const double requests = static_cast<double>(line.requests);
        if (line.is_shared)
            table +=
                format("%-28s shared %-5s %10.0f requests %7.2f wavefronts each, %5.2f ideal\n",
                       place.c_str(), kind, requests, ratio(line.wavefronts, line.requests),
                       ratio(line.ideal, line.requests));
        else
            table += format("%-28s global %-5s %10.0f requests %7.2f sectors each, %5.1f%% used\n",
                            place.c_str(), kind, requests, ratio(line.sectors, line.requests),
                            100 * ratio(line.bytes, 32 * line.sectors));
    }
    return table;
}

std::string traffic_table(const std::vector<LaunchRecord> &launches) {
    std::map<std::string, Counters> kernels;
    for (const LaunchRecord &launch : launches) kernels[launch.name] += launch.counters;
    std::string table = format("%-40s %8s %12s %12s %12s %12s %10s\n", "kernel", "launches",
                               "read B", "distinct", "written B", "distinct", "conflicts");
    for (const auto &[name, sum] : kernels)
        table +=
            format("%-40s %8.0f %12.0f %12.0f %12.0f %12.0f %10.0f\n", name.c_str(),
                   static_cast<double>(sum.launches), 32 * static_cast<double>(sum.loads.sectors),
                   32 * static_cast<double>(sum.sectors_read),
                   32 * static_cast<double>(sum.stores.sectors),
                   32 * static_cast<double>(sum.sectors_written),
                   static_cast<double>(sum.shared.wavefronts - sum.shared.ideal));
    return table;
}

}  // namespace simt
