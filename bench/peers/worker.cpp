// SPDX-License-Identifier: Apache-2.0
#include "bench/peers/worker.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <ctime>
#include <new>
#include <stdexcept>

#include "bench/contestant.hpp"

extern char **environ;

namespace jsnorm::bench {

namespace {

constexpr size_t kLastWords = 300;  // characters

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
    // A later worker must not inherit them: this one ends when nobody can write requests any more.
    if (pipe2(request, O_CLOEXEC) != 0 || pipe2(reply, O_CLOEXEC) != 0)
        throw Unavailable("no pipe");
    errors_ = memfd_create("jsnorm_bench_errors", MFD_CLOEXEC);
    if (errors_ < 0) throw Unavailable("no memory for a worker's errors");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, request[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, reply[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, errors_, STDERR_FILENO);
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
    if (failed != 0) {
        process_ = -1;
        obituary_ = "cannot be started: " + std::string(std::strerror(failed));
    } else {
        running_workers().push_back(process_);
    }
    try {
        greeting_ = answer("ready ");
    } catch (...) {
        end();
        throw;
    }
}

void Worker::end() {
    if (to_ != nullptr) fclose(to_);  // it ends where its requests do
    if (from_ != nullptr) fclose(from_);
    if (process_ > 0) waitpid(process_, nullptr, 0);
    if (errors_ >= 0) close(errors_);
    std::erase(running_workers(), process_);
    to_ = from_ = nullptr;
    process_ = errors_ = -1;
}

std::string Worker::ask(const std::string &line) {
    std::fprintf(to_, "%s\n", line.c_str());
    std::fflush(to_);
    return answer("ok");
}

std::string Worker::answer(const std::string &good) {
    std::string line;
    for (int c = std::fgetc(from_); c != '\n'; c = std::fgetc(from_)) {
        if (c == EOF) throw std::runtime_error(obituary());
        line += static_cast<char>(c);
    }
    if (line.rfind(good, 0) == 0) return line.substr(good.size());
    const std::string other = "unavailable ";
    throw Unavailable(line.rfind(other, 0) == 0 ? line.substr(other.size()) : line);
}

// How the worker ended, and the end of what it wrote to stderr, as one line.
std::string Worker::obituary() {
    if (process_ <= 0) return obituary_;
    int status = 0;
    waitpid(process_, &status, 0);
    std::erase(running_workers(), process_);
    process_ = -1;
    obituary_ = WIFSIGNALED(status) ? "ended by signal " + std::to_string(WTERMSIG(status))
                                    : "ended with status " + std::to_string(WEXITSTATUS(status));
    const off_t end = lseek(errors_, 0, SEEK_END);
    char last[kLastWords];
    const auto count = std::min<off_t>(end, kLastWords);
    const ssize_t got = pread(errors_, last, static_cast<size_t>(count), end - count);
    std::string words;
    for (ssize_t i = 0; i < got; ++i) {
        const bool blank = last[i] == '\n' || last[i] == ' ';
        if (!blank) words += last[i];
        if (blank && !words.empty() && words.back() != ' ') words += ' ';
    }
    while (!words.empty() && words.back() == ' ') words.pop_back();
    if (!words.empty()) obituary_ += ": " + words;
    return obituary_;
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
