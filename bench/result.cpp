// SPDX-License-Identifier: Apache-2.0
#include "bench/result.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "bench/contestants.hpp"
#include "bench/load.hpp"
#include "bench/programme.hpp"
#include "bench/statistics.hpp"

namespace jsnorm::bench {

namespace {

// Bare loops are compared where a call is the cost, not the tensor; a worker, where it adds a curve
// that takes as long as all others, on demand.
bool takes_part(const Entrant &entrant, const Case &which, const Options &options) {
    const auto &names = options.contestants;
    const bool asked =
        names.empty() || std::find(names.begin(), names.end(), entrant.name) != names.end();
    const bool sweep = which.group == "sizes" || which.group == "channels";
    const bool skipped =
        sweep && !options.full && names.empty() && entrant.name == std::string("pytorch");
    return asked && !skipped && (entrant.role != Role::kLoops || which.group == "calls");
}

// Results of an earlier contestant must not pass for this one's.
void wipe(Tensors &tensors) {
    const TensorSet &set = tensors.first();
    std::memset(set.out, 0xFF, tensors.tensor_bytes());
    if (set.dz != nullptr) std::memset(set.dz, 0xFF, tensors.tensor_bytes());
    std::fill(tensors.dgamma.begin(), tensors.dgamma.end(), -1e30f);
    std::fill(tensors.dbeta.begin(), tensors.dbeta.end(), -1e30f);
}

// Has it compute the case once and compares.
void verify(Contestant &contestant, const Reference &reference, Tensors &tensors, const Case &which,
            Participation &one) {
    wipe(tensors);
    contestant.run();
    const TensorSet &set = tensors.first();
    if (one.entrant->role == Role::kCopy) {
        one.wrong = std::memcmp(set.x, set.out, tensors.tensor_bytes()) != 0;
        if (one.wrong) one.refusal = "the copy differs";
        return;
    }
    one.agreement = reference.agreement(tensors, one.entrant->estimator);
    const bool ours = one.entrant->role == Role::kOurs;
    const Tolerance tolerance =
        ours ? tolerance_of_library(which.type) : tolerance_of_peers(which.type);
    one.wrong = !tolerance.accepts(one.agreement);
    if (!one.wrong) return;
    char text[80];
    std::snprintf(text, sizeof text, ", errors of %.2g in elements and %.2g in parameters",
                  one.agreement.element, one.agreement.parameter);
    one.refusal = one.agreement.where + text;
}

}  // namespace

const Participation *Result::find(const std::string &name) const {
    for (const Participation &one : participations)
        if (name == one.entrant->name && !one.timing.seconds.empty()) return &one;
    return nullptr;
}

double Result::seconds(const std::string &name) const {
    const Participation *one = find(name);
    return one == nullptr ? 0 : median(one->timing.seconds);
}

double Result::ratio(const std::string &name) const {
    const Participation *one = find(name), *ours = find("jsnorm");
    if (one == nullptr || ours == nullptr) return 0;
    return median_ratio(one->timing.seconds, ours->timing.seconds);
}

Result measure(const Case &which, const Options &options, const Machine &machine) {
    Settings settings = options.settings;
    if (which.threads != 0) settings.threads = which.threads;
    Rotation rotation = rotation_of(which, machine);
    if (options.verify_only) rotation.sets = rotation.host_sets = 1;
    Tensors tensors(which, rotation);
    const Reference reference(which, tensors);
    Result result{which, rotation.state, settings.threads, bytes_of(which, settings.threads), {}};
    std::vector<std::unique_ptr<Contestant>> contestants;
    std::vector<Contestant *> ready;
    std::vector<size_t> places;
    for (const Entrant &entrant : entrants()) {
        if (!takes_part(entrant, which, options)) continue;
        Participation one{&entrant, "", false, {}, {}, 0, ""};
        try {
            auto contestant = entrant.make(which, tensors, settings);
            one.implementation = contestant->implementation();
            verify(*contestant, reference, tensors, which, one);
            if (!one.wrong) {
                ready.push_back(contestant.get());
                places.push_back(result.participations.size());
                contestants.push_back(std::move(contestant));
            }
        } catch (const Unavailable &reason) {
            one.refusal = reason.what();
        }
        result.participations.push_back(one);
    }
    if (options.verify_only) return result;
    const ProcessorUse before = processor_use();
    const std::vector<Timing> timings = take_turns(ready, options.clock);
    result.foreign_load = foreign_load(before, processor_use(), machine.processors);
    for (size_t i = 0; i < timings.size(); ++i)
        result.participations[places[i]].timing = timings[i];
    for (size_t i = 0; i < ready.size(); ++i)
        result.participations[places[i]].host_seconds = ready[i]->host_seconds();
    return result;
}

}  // namespace jsnorm::bench
