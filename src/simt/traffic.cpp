// SPDX-License-Identifier: Apache-2.0
#include "src/simt/traffic.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "src/simt/report.hpp"

namespace simt {
namespace {

// A request of up to 32 lanes, each of up to 16 bytes, or what a warp of odd structures asks for.
constexpr size_t kMostUnits = 32 * 5;

size_t sort_unique(uint64_t *values, size_t count) {
    if (!std::is_sorted(values, values + count)) std::sort(values, values + count);
    return static_cast<size_t>(std::unique(values, values + count) - values);
}

// The numbers of the units of `unit` bytes that lanes `lanes` of a request touch, sorted.
size_t touched_units(uint32_t lanes, const uint64_t *addresses, uint32_t size, uint32_t unit,
                     uint64_t *units) {
    size_t count = 0;
    for (; lanes; lanes &= lanes - 1) {
        const uint64_t address = addresses[std::countr_zero(lanes)];
        const uint64_t last = (address + size - 1) / unit;
        for (uint64_t number = address / unit; number <= last; number++)
            if (!count || units[count - 1] != number) units[count++] = number;
    }
    return sort_unique(units, count);
}

size_t site_totals(Report &report, Site site, AccessKind kind) {
    for (size_t i = 0; i < report.sites.size(); i++) {
        const SiteTraffic &totals = report.sites[i];
        if (totals.site == site && totals.is_shared == kind.is_shared &&
            totals.is_store == kind.is_store)
            return i;
    }
    SiteTraffic totals;
    totals.site = site;
    totals.is_shared = kind.is_shared;
    totals.is_store = kind.is_store;
    report.sites.push_back(totals);
    return report.sites.size() - 1;
}

}  // namespace

void TrafficLog::record(uint32_t lane, Site site, AccessKind kind, uint64_t address,
                        uint32_t size) {
    const auto is_here = [&](size_t i) {
        return i < line_count_ && lines_[i].site == site && lines_[i].kind == kind;
    };
    if (!is_here(hot_)) {
        hot_ = hot_ + 1;  // lines follow each other in the order that the first lane met them
        if (!is_here(hot_)) {
            hot_ = 0;
            while (hot_ < line_count_ && !is_here(hot_)) hot_++;
        }
        if (hot_ == line_count_) {
            if (line_count_ == lines_.size()) lines_.emplace_back();
            Line &fresh = lines_[line_count_++];
            fresh.site = site;
            fresh.kind = kind;
            fresh.totals = 0;
            fresh.request_count = 0;
            std::memset(fresh.times, 0, sizeof(fresh.times));
        }
    }
    Line &line = lines_[hot_];
    const size_t time = line.times[lane]++;
    if (time >= line.request_count) {
        if (line.request_count == line.requests.size()) line.requests.emplace_back();
        Request &fresh = line.requests[line.request_count++];
        fresh.lanes = 0;
        fresh.size = size;
    }
    Request &request = line.requests[time];
    request.lanes |= 1u << lane;
    request.addresses[lane] = address;
}

void TrafficLog::count_global(const Line &line, Report &report) {
    GlobalTraffic sum;
    for (size_t i = 0; i < line.request_count; i++) {
        const Request &request = line.requests[i];
        uint64_t units[kMostUnits];
        sum.requests++;
        sum.sectors += touched_units(request.lanes, request.addresses, request.size, 32, units);
        // Lanes of a request hit the same bytes or disjoint ones.
        size_t lanes = 0;
        for (uint32_t left = request.lanes; left; left &= left - 1)
            units[lanes++] = request.addresses[std::countr_zero(left)];
        sum.bytes += sort_unique(units, lanes) * request.size;
    }
    SiteTraffic &totals = report.sites[line.totals - 1];
    totals.requests += sum.requests;
    totals.sectors += sum.sectors;
    totals.bytes += sum.bytes;
    GlobalTraffic &all = line.kind.is_store ? report.counters.stores : report.counters.loads;
    all.requests += sum.requests;
    all.sectors += sum.sectors;
    all.bytes += sum.bytes;
}

void TrafficLog::count_shared(const Line &line, Report &report) {
    SharedTraffic sum;
    for (size_t i = 0; i < line.request_count; i++) {
        const Request &request = line.requests[i];
        // 32 banks of 4 bytes: accesses of 8 bytes go by half warps, of 16 by quarters.
        const uint32_t lanes_at_once = request.size > 8 ? 8 : request.size > 4 ? 16 : 32;
        sum.requests++;
        for (uint32_t first = 0; first < 32; first += lanes_at_once) {
            const uint32_t part = static_cast<uint32_t>((uint64_t{1} << lanes_at_once) - 1)
                                  << first;
            if (!(request.lanes & part)) continue;
            uint64_t words[kMostUnits];
            const size_t count =
                touched_units(request.lanes & part, request.addresses, request.size, 4, words);
            uint32_t in_bank[32] = {};
            uint32_t most = 0;
            for (size_t word = 0; word < count; word++)
                most = std::max(most, ++in_bank[words[word] % 32]);
            sum.wavefronts += most;
            sum.ideal += (count + 31) / 32;
        }
    }
    SiteTraffic &totals = report.sites[line.totals - 1];
    totals.requests += sum.requests;
    totals.wavefronts += sum.wavefronts;
    totals.ideal += sum.ideal;
    SharedTraffic &all = report.counters.shared;
    all.requests += sum.requests;
    all.wavefronts += sum.wavefronts;
    all.ideal += sum.ideal;
}

void TrafficLog::flush(Report &report) {
    for (size_t i = 0; i < line_count_; i++) {
        Line &line = lines_[i];
        if (!line.request_count) continue;
        if (!line.totals) line.totals = site_totals(report, line.site, line.kind) + 1;
        if (line.kind.is_shared)
            count_shared(line, report);
        else
            count_global(line, report);
        line.request_count = 0;
        std::memset(line.times, 0, sizeof(line.times));
    }
    hot_ = 0;
}

void TrafficLog::restart() {
    line_count_ = 0;
    hot_ = 0;
}

}  // namespace simt
