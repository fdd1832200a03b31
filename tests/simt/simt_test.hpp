// SPDX-License-Identifier: Apache-2.0
//
// What the executor's own tests share.
#ifndef JSNORM_TESTS_SIMT_SIMT_TEST_HPP
#define JSNORM_TESTS_SIMT_SIMT_TEST_HPP

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "kernels/device/device.cuh"

namespace jsnorm::test {

using namespace jsnorm::gpu;

// What no kernel of the library uses, as the executor offers it.

// Of a cooperative launch; every thread must arrive.
inline void grid_sync(simt::Site site = simt::Site::here()) {
    simt::grid_barrier(site);
}

// Counts up, and orders: whoever draws a later ticket sees what the block did before its last
// barrier, and after the next barrier all of that block sees it.
inline uint32_t ticket_acq_rel(global<uint32_t> counter, simt::Site site = simt::Site::here()) {
    constexpr bool kAcquireRelease = true;
    return simt::atomic(
        counter, [](uint32_t old) { return old + 1; }, kAcquireRelease, site);
}

// Device memory of a test.
template <class T>
class Array {
  public:
    explicit Array(size_t count, const char *name = "array")
        : count_(count), data_(static_cast<T *>(simt::allocate(count * sizeof(T), name))) {}
    explicit Array(const std::vector<T> &values, const char *name = "array")
        : Array(values.size(), name) {
        simt::upload(data_, values.data(), count_ * sizeof(T));
    }
    Array(const Array &) = delete;
    ~Array() { simt::release(data_); }

    T *data() const { return data_; }
    operator global<T>() const { return data_; }
    operator global<const T>() const { return data_; }
    void clear() { simt::fill(data_, 0, count_ * sizeof(T)); }
    std::vector<T> values() const {
        std::vector<T> host(count_);
        simt::download(host.data(), data_, count_ * sizeof(T));
        return host;
    }

  private:
    size_t count_;
    T *data_;
};

// Starts from the default configuration and leaves no error behind.
class SimtTest : public ::testing::Test {
  protected:
    SimtTest() { restore(); }
    ~SimtTest() override { restore(); }

  private:
    static void restore() {
        simt::config() = simt::Config{};
        simt::take_errors();
        simt::take_launches();
    }
};

constexpr unsigned kAllLanes = 0xffffffff;

inline std::string all_errors(const simt::Report &report) {
    std::string all;
    for (const std::string &error : report.errors) all += error + "\n";
    return all;
}

// Some error of the report holds every one of the texts.
inline ::testing::AssertionResult reports(const simt::Report &report,
                                          const std::vector<std::string> &texts) {
    for (const std::string &error : report.errors) {
        size_t found = 0;
        for (const std::string &text : texts) found += error.find(text) != std::string::npos;
        if (found == texts.size()) return ::testing::AssertionSuccess();
    }
    std::string wanted;
    for (const std::string &text : texts) wanted += " '" + text + "'";
    return ::testing::AssertionFailure() << "no error with" << wanted << " among:\n"
                                         << all_errors(report);
}

inline ::testing::AssertionResult is_clean(const simt::Report &report) {
    if (report.ok()) return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure() << all_errors(report);
}

// The next line of this file, as reports name it; this one is `line`.
inline std::string next_line(const char *file, int line) {
    const std::string path = file;
    return path.substr(path.rfind('/') + 1) + ":" + std::to_string(line + 1);
}

}  // namespace jsnorm::test

// Remembers the next line under a name: for the line that holds a planted bug.
#define NEXT_LINE_IS(name) name = ::jsnorm::test::next_line(__FILE__, __LINE__)

// Some error of a launch holds every one of the texts, which are evaluated after it.
#define EXPECT_REPORTS(launch, ...)                                            \
    do {                                                                       \
        const ::simt::Report report_of_launch = launch;                        \
        EXPECT_TRUE(::jsnorm::test::reports(report_of_launch, {__VA_ARGS__})); \
    } while (false)

#endif
