// SPDX-License-Identifier: Apache-2.0
// Something that computes a case: this library, a peer, the copy that is the ceiling, bare loops. A
// new one is a class with two functions and a line in programme.cpp.
#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/case.hpp"
#include "bench/reference.hpp"
#include "bench/tensors.hpp"

namespace jsnorm::bench {

struct Settings {
    int threads = 1;
    std::string python;        // with torch; empty: look for one
    std::string peers_folder;  // of the Python programs beside us
};

// Why a contestant does not take part in a case: a library that is not there, a type that it lacks.
struct Unavailable : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// Who would disturb whom: threads of the same pool may spin for each other, others must have come
// to rest before a measurement.
enum class Home { kThisProcess, kWorker };

class Contestant {
  public:
    virtual ~Contestant() = default;

    // Computes the case once, into the first set of the tensors, where the reference checks it.
    virtual void run() = 0;

    // The wall time of so many calls, one after another, over all sets in turn.
    virtual double seconds(int64_t calls) = 0;

    // What a call takes of the host where others do the work: the median time until it returns. 0:
    // a call does the work itself.
    virtual double host_seconds() { return 0; }

    // The name of what a peer has picked for the case; empty: it does not tell.
    virtual std::string implementation() const { return {}; }

    virtual Home home() const { return Home::kThisProcess; }
};

// A contestant of this process: whoever can do one call on one set.
class HostContestant : public Contestant {
  public:
    explicit HostContestant(Tensors &tensors) : tensors_(tensors) {}
    void run() final { call(0); }
    double seconds(int64_t calls) final;

  protected:
    Tensors &tensors_;

  private:
    virtual void call(size_t set) = 0;
};

enum class Role { kOurs, kPeer, kCopy, kLoops };

struct Entrant {
    const char *name;
    Role role;
    Estimator estimator;       // what its results are compared with
    const char *what;          // it computes, and how it was called
    std::string (*version)();  // of the software behind it
    std::unique_ptr<Contestant> (*make)(const Case &, Tensors &, const Settings &);
};

}  // namespace jsnorm::bench
