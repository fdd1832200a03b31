// SPDX-License-Identifier: Apache-2.0
#include "bench/peers/worker.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ctime>
#include <new>
#include <stdexcept>

#include "bench/contestant.hpp"

extern char **environ;

namespace jsnorm::bench {

namespace {

std::vector<char *> pointers(const std::vector<std::string> &texts) {
    std::vector<char *> result;
    for (const std::string &text : texts) result.push_back(const_cast<char *>(text.c_str()));
    return result;
}

std::vector<pid_t> &running_workers() {
    static auto *const processes = new std::vector<pid_t>;  // outlives static workers
    return *processes;
}

}  // namespace

double Worker::processor_seconds() {
    double seconds = 0;
    for (const pid_t process : running_workers()) {
        clockid_t clock{};
        timespec time{};
        if (clock_getcpuclockid(process, &clock) == 0 && clock_gettime(clock, &time) == 0)
            seconds += static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
    }
    return seconds;
}

Worker::Worker(const std::vector<std::string> &command,
               const std::vector<std::string> &environment) {
    signal(SIGPIPE, SIG_IGN);  // a worker that is gone is told by its silence
    int request[2], reply[2];
    if (pipe(request) != 0 || pipe(reply) != 0) throw Unavailable("no pipe");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, request[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, reply[1], STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    for (const int file : {request[0], request[1], reply[0], reply[1]})
        posix_spawn_file_actions_addclose(&actions, file);
    std::vector<char *> arguments = pointers(command), variables = pointers(environment);
    arguments.push_back(nullptr);
    for (char **variable = environ; *variable != nullptr; ++variable)
        variables.push_back(*variable);
    variables.push_back(nullptr);
    const int failed = posix_spawnp(&process_, arguments[0], &actions, nullptr, arguments.data(),
                                    variables.data());
    posix_spawn_file_actions_destroy(&actions);
    close(request[0]);
    close(reply[1]);
    to_ = fdopen(request[1], "w");
    from_ = fdopen(reply[0], "r");
    if (failed != 0)
        process_ = -1;
    else
        running_workers().push_back(process_);
    try {
        greeting_ = answer("ready ");
    } catch (...) {
        this->~Worker();
        throw;
    }
}

Worker::~Worker() {
    if (to_ != nullptr) fclose(to_);  // it ends where its requests do
    if (from_ != nullptr) fclose(from_);
    if (process_ > 0) waitpid(process_, nullptr, 0);
    std::erase(running_workers(), process_);
    to_ = from_ = nullptr;
    process_ = -1;
}

std::string Worker::ask(const std::string &line) {
    std::fprintf(to_, "%s\n", line.c_str());
    std::fflush(to_);
    return answer("ok");
}

std::string Worker::answer(const std::string &good) {
    std::string line;
    for (int c = std::fgetc(from_); c != '\n'; c = std::fgetc(from_)) {
        if (c == EOF) throw std::runtime_error("a worker has ended");
        line += static_cast<char>(c);
    }
    if (line.rfind(good, 0) == 0) return line.substr(good.size());
    const std::string other = "unavailable ";
    throw Unavailable(line.rfind(other, 0) == 0 ? line.substr(other.size()) : line);
}

SharedMemory::SharedMemory(size_t bytes)
    : bytes_(bytes), file_(memfd_create("jsnorm_bench", MFD_CLOEXEC)) {
    if (file_ < 0 || ftruncate(file_, static_cast<off_t>(bytes)) != 0) throw std::bad_alloc();
    void *pages = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file_, 0);
    if (pages == MAP_FAILED) throw std::bad_alloc();
    data_ = static_cast<std::byte *>(pages);
}

SharedMemory::~SharedMemory() {
    munmap(data_, bytes_);
    close(file_);
}

std::string SharedMemory::path() const {
    return "/proc/" + std::to_string(getpid()) + "/fd/" + std::to_string(file_);
}

}  // namespace jsnorm::bench
