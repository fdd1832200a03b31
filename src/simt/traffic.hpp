// SPDX-License-Identifier: Apache-2.0
//
// From accesses of lanes to requests of warps. Lanes run one after another, so a request is pieced
// together: the k-th execution of a source line by one lane since the warp last converged belongs
// with the k-th of the others.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "src/simt/site.hpp"

namespace simt {

struct Report;

struct AccessKind {
    bool is_shared = false, is_store = false;
    bool operator==(const AccessKind &other) const = default;
};

class TrafficLog {
  public:
    // Notes that `lane` executes `site`; the address of shared memory is the offset in its array.
    void record(uint32_t lane, Site site, AccessKind kind, uint64_t address, uint32_t size);
    // The warp has converged: counts the requests so far.
    void flush(Report &report);
    void restart();  // for another launch

  private:
    struct Request {
        uint32_t lanes, size;
        uint64_t addresses[32];
    };
    struct Line {
        Site site;
        AccessKind kind;
        size_t totals = 0;  // index into Report::sites, plus 1; 0: not looked up yet
        uint32_t times[32] = {};
        size_t request_count = 0;
        std::vector<Request> requests;  // beyond the count: kept for reuse
    };

    static void count_global(const Line &line, Report &report);
    static void count_shared(const Line &line, Report &report);

    std::vector<Line> lines_;
    size_t line_count_ = 0;
    size_t hot_ = 0;  // the last one used
};

}  // namespace simt
