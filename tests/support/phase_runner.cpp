// SPDX-License-Identifier: Apache-2.0
//
// run_phases: what the processes of synchronized batch norm do, one after another, with the
// collectives between the phases played by the runner.

#include <numeric>
#include <stdexcept>

#include "tests/support/phase_part.hpp"

namespace jsnorm::test {
namespace {

using Parts = std::deque<Part>;  // a Part's address is kept by its session

Case slice(const Case &whole, int64_t begin, int64_t size) {
    Case part = whole;
    part.dims[0] = size;
    const int64_t sample = whole.dims[0] == 0 ? 0 : element_count(whole) / whole.dims[0];
    for (Values Case::*tensor : {&Case::x, &Case::z, &Case::dy})
        if (!(whole.*tensor).empty()) {
            const auto first = (whole.*tensor).begin() + begin * sample;
            (part.*tensor).assign(first, first + size * sample);
        }
    return part;
}

// Every process finalizes for itself, from the same bytes: so must the outcome be.
void expect_same(const Parts &parts, std::initializer_list<const char *> names) {
    for (const char *name : names)
        for (const Part &part : parts) {
            const auto here = part.result.raw.find(name);
            if (here != part.result.raw.end() && here->second != parts[0].result.raw.at(name))
                throw std::runtime_error(std::string(name) + ": differs between the parts");
        }
}

void join(const Parts &parts, const char *name, Member member, RunResult &whole) {
    for (const Part &part : parts) {
        const Values &values = part.result.*member;
        (whole.*member).insert((whole.*member).end(), values.begin(), values.end());
        const auto bytes = part.result.raw.find(name);
        if (bytes == part.result.raw.end()) continue;
        Bytes &joined = whole.raw[name];
        joined.insert(joined.end(), bytes->second.begin(), bytes->second.end());
    }
}

void keep(const Part &part, const char *name, Member member, RunResult &whole) {
    const auto bytes = part.result.raw.find(name);
    if (bytes == part.result.raw.end()) return;
    whole.raw[name] = bytes->second;
    if (member != nullptr) whole.*member = part.result.*member;
}

// LOCAL gradients: data-parallel training adds them up. Of a single part with elements they stay
// as they are, bytes and all.
void add_up(const Parts &parts, const char *name, Member member, RunResult &whole) {
    int filled = 0;
    for (const Part &part : parts) {
        if (part.problem.dims[0] == 0) continue;
        if (++filled == 1) {
            keep(part, name, member, whole);
            continue;
        }
        whole.raw.erase(name);
        for (size_t p = 0; p < (whole.*member).size(); ++p)
            (whole.*member)[p] += (part.result.*member)[p];
    }
    if (filled == 0) keep(parts[0], name, member, whole);
}

void train(Parts &parts, const PhaseOptions &phases, RunResult &whole) {
    Bytes records;
    for (Part &part : parts) {
        forward_statistics(part, phases.record_format);
        const Bytes &record = part.result.raw.at("record");
        if (phases.add_records && !records.empty())
            records = added_records(records, record);
        else
            records.insert(records.end(), record.begin(), record.end());
    }
    const int64_t count = phases.add_records ? 1 : static_cast<int64_t>(parts.size());
    for (Part &part : parts) forward_finalize(part, records, count, phases.record_format);
    const std::initializer_list<std::pair<const char *, Member>> everywhere = {
        {"saved_mean", &Result::saved_mean},
        {"saved_variance", &Result::saved_variance},
        {"shrunk_mean", &Result::shrunk_mean},
        {"shrunk_variance", &Result::shrunk_variance},
        {"next_running_mean", &Result::next_running_mean},
        {"next_running_variance", &Result::next_running_variance},
        {"total_count", nullptr},
        {"forward_coefficients", nullptr}};
    for (const auto &[name, member] : everywhere) {
        expect_same(parts, {name});
        keep(parts[0], name, member, whole);
    }
    for (Part &part : parts) forward_apply(part);
    join(parts, "y", &Result::y, whole);
    if (parts.size() == 1) keep(parts[0], "mask", nullptr, whole);
}

void train_back(Parts &parts, const PhaseOptions &phases, RunResult &whole) {
    Values global_sums, gathered;
    for (Part &part : parts) {
        backward_reduce(part);
        const Values sums = values_of<double>(part.result.raw.at("sums"));
        if (global_sums.empty()) global_sums.assign(sums.size(), -0.0);  // -0 + x is x, also for -0
        for (size_t i = 0; i < sums.size(); ++i) global_sums[i] += sums[i];
        gathered.insert(gathered.end(), sums.begin(), sums.end());
    }
    const auto count = static_cast<int64_t>(parts.size());
    for (Part &part : parts) {
        if (phases.gather_sums)
            backward_finalize(part, gathered, count);
        else
            backward_finalize(part, global_sums, 0);
    }
    expect_same(parts, {"backward_coefficients"});
    keep(parts[0], "backward_coefficients", nullptr, whole);
    for (Part &part : parts) backward_apply(part);
    join(parts, "dx", &Result::dx, whole);
    join(parts, "dz", &Result::dz, whole);
    if (phases.global_parameter_gradients) {
        expect_same(parts, {"dgamma", "dbeta"});
        keep(parts[0], "dgamma", &Result::dgamma, whole);
        keep(parts[0], "dbeta", &Result::dbeta, whole);
    } else {
        add_up(parts, "dgamma", &Result::dgamma, whole);
        add_up(parts, "dbeta", &Result::dbeta, whole);
    }
}

}  // namespace

RunResult run_phases(const Case &problem, const RunOptions &options, const PhaseOptions &phases) {
    const std::vector<int64_t> &sizes = phases.part_sizes;
    if (sizes.empty() ||
        std::accumulate(sizes.begin(), sizes.end(), int64_t{0}) != problem.dims.at(0))
        throw std::invalid_argument("part_sizes must add up to dims[0]");
    if (!options.saved) throw std::invalid_argument("the phases need the saved statistics");
    const bool global = phases.global_parameter_gradients;
    Parts parts;
    int64_t begin = 0;
    for (const int64_t size : sizes) {
        parts.emplace_back(
            slice(problem, begin, size), options,
            global ? JSNORM_PARAMETER_GRADIENT_GLOBAL : JSNORM_PARAMETER_GRADIENT_LOCAL);
        begin += size;
    }
    RunResult whole;
    train(parts, phases, whole);
    const bool masked =
        problem.activation == JSNORM_ACTIVATION_RELU && (options.use_mask || !problem.z.empty());
    const bool gradients = !masked || is_dense(options.layout);
    if (options.backward && gradients && problem.dy.size() == problem.x.size())
        train_back(parts, phases, whole);
    return whole;
}

}  // namespace jsnorm::test
