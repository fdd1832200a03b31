// SPDX-License-Identifier: Apache-2.0
// A program beside us that is asked in lines and answers in lines, so that a runtime with threads
// of its own is measured in a process of its own. Tensors go through shared memory, once per case.
#pragma once

#include <sys/types.h>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "bench/tensors.hpp"

namespace jsnorm::bench {

class Worker {
  public:
    // Starts the program with the environment's additions and waits for its greeting, "ready TEXT".
    Worker(const std::vector<std::string> &command, const std::vector<std::string> &environment);
    ~Worker() { end(); }
    Worker(const Worker &) = delete;
    Worker &operator=(const Worker &) = delete;

    const std::string &greeting() const { return greeting_; }

    // What all workers that run have used so far.
    static double processor_seconds();

    // The text after "ok". Throws Unavailable with the text after "unavailable". A worker that is
    // gone is an error, told with how it ended and with its last words.
    std::string ask(const std::string &line);

  private:
    std::string answer(const std::string &good);
    std::string obituary();
    void end();

    pid_t process_ = -1;
    int errors_ = -1;       // the file that the worker's stderr goes to
    std::string obituary_;  // why there is no process
    FILE *to_ = nullptr;
    FILE *from_ = nullptr;
    std::string greeting_;
};

// Memory that another process can map by the name of path().
class SharedMemory {
  public:
    explicit SharedMemory(size_t bytes);
    ~SharedMemory();
    SharedMemory(const SharedMemory &) = delete;
    SharedMemory &operator=(const SharedMemory &) = delete;

    std::byte *data() const { return data_; }
    std::string path() const;

  private:
    size_t bytes_;
    int file_;
    std::byte *data_;
};

}  // namespace jsnorm::bench
