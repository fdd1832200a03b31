// SPDX-License-Identifier: Apache-2.0
#include "bench/clock.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>
#include <numeric>
#include <random>
#include <thread>

namespace jsnorm::bench {

namespace {

constexpr int64_t kMostCalls = 1 << 20;

double processor_seconds() {
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

// Threads that have slept may wake on one processor; it takes the system a while to part them.
constexpr double kWakeSeconds = 0.012;

// What comes first does not count: a call to fill the caches after somebody else's turn, where it
// is not long itself; after sleep, as many as it takes to be awake.
double turn(Contestant &contestant, int64_t calls, bool slept) {
    // A worker does the same by itself: between two requests its threads would sleep again.
    if (contestant.home() == Home::kThisProcess && (calls > 1 || slept)) {
        double awake = contestant.seconds(1);
        while (slept && awake < kWakeSeconds) awake += contestant.seconds(calls);
    }
    return contestant.seconds(calls) / static_cast<double>(calls);
}

}  // namespace

void wait_for_rest() {
    for (int i = 0; i < 200; ++i) {
        const double before = processor_seconds();
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        if (processor_seconds() - before < 2e-4) return;
    }
}

std::vector<Timing> take_turns(const std::vector<Contestant *> &contestants,
                               const ClockSettings &settings) {
    const size_t count = contestants.size();
    std::vector<Timing> timings(count);
    for (size_t i = 0; i < count; ++i) {
        wait_for_rest();
        contestants[i]->seconds(1);
        double once = std::min(contestants[i]->seconds(1), contestants[i]->seconds(1));
        // A single call of a few microseconds is too short to tell how many fit a turn.
        if (once < settings.turn_seconds / 16) once = contestants[i]->seconds(16) / 16;
        const double calls = std::ceil(settings.turn_seconds / std::max(once, 1e-9));
        timings[i].calls_per_turn = std::clamp<int64_t>(static_cast<int64_t>(calls), 1, kMostCalls);
    }
    Home last = Home::kThisProcess;
    std::vector<size_t> order(count);
    std::iota(order.begin(), order.end(), size_t{0});
    static std::minstd_rand random;  // other orders for every case
    for (int round = 0; round < settings.rounds; ++round) {
        // Shuffled, so that nobody always follows the same one.
        std::shuffle(order.begin(), order.end(), random);
        for (const size_t i : order) {
            const Home home = contestants[i]->home();
            const bool slept = home != last || home == Home::kWorker;
            // A worker has come to rest before it answers.
            if (slept && last == Home::kThisProcess) wait_for_rest();
            last = home;
            timings[i].seconds.push_back(turn(*contestants[i], timings[i].calls_per_turn, slept));
        }
    }
    return timings;
}

}  // namespace jsnorm::bench
