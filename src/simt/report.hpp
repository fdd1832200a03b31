// SPDX-License-Identifier: Apache-2.0
//
// What a launch is checked for, and what it reports: errors, warnings and counts of its traffic.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "src/simt/site.hpp"

namespace simt {

struct Dim3 {
    unsigned x = 1, y = 1, z = 1;
    size_t count() const { return size_t{x} * y * z; }
};

struct Config {
    bool bounds = true;          // bounds of allocations, forbidden ranges and alignment
    bool races = true;           // happens-before, and reads of uninitialised memory
    bool traffic = true;         // sectors per request, distinct sectors, bank conflicts
    bool strict = true;          // a thread that has exited may not be awaited, as CUDA's rules say
    bool shuffle_range = false;  // warn of shuffles whose source lies outside their segment
    bool keep_launches = false;  // record every launch for take_launches()
    unsigned seed = 0;           // 0: threads, warps and blocks run in order; others permute them
    size_t max_reports = 20;     // per launch; the rest is only counted
};
Config &config();

struct GlobalTraffic {
    uint64_t requests = 0, sectors = 0, bytes = 0;  // sectors of 32 bytes, summed over requests
};
struct SharedTraffic {
    uint64_t requests = 0, wavefronts = 0, ideal = 0;
};

struct Counters {
    uint64_t launches = 0, threads = 0, switches = 0;
    uint64_t accesses = 0, collectives = 0, barriers = 0, atomics = 0;
    GlobalTraffic loads, stores;
    SharedTraffic shared;
    uint64_t sectors_read = 0, sectors_written = 0;  // distinct ones, per launch: compulsory

    uint64_t events() const { return accesses + collectives + barriers; }
    Counters &operator+=(const Counters &other);
};

// The requests of one source line.
struct SiteTraffic {
    Site site;
    bool is_shared = false, is_store = false;
    uint64_t requests = 0;
    uint64_t sectors = 0, bytes = 0;     // of global memory
    uint64_t wavefronts = 0, ideal = 0;  // of shared memory
};

struct Report {
    std::vector<std::string> errors, warnings;  // the first Config::max_reports
    uint64_t error_count = 0;
    Counters counters;
    std::vector<SiteTraffic> sites;

    bool ok() const { return error_count == 0; }
    bool has(const std::string &text) const;  // some error contains it
};

// Errors of all launches, and of host calls of memory.hpp, since the last call.
std::vector<std::string> take_errors();

struct LaunchRecord {
    std::string name;
    Dim3 grid, block;
    Counters counters;
};
// The launches since the last call, if Config::keep_launches was set.
std::vector<LaunchRecord> take_launches();

// Sums over all launches of the process.
Counters totals();

// Tables of text: a line per source line of a report; a line per kernel name of the records.
std::string traffic_table(const Report &report);
std::string traffic_table(const std::vector<LaunchRecord> &launches);

// Adds an error that no launch reports.
void add_error(std::string message);
// Adds a finished launch to the sums above.
void add_launch(const LaunchRecord &record, const Report &report);

}  // namespace simt
