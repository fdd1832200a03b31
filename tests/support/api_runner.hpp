// SPDX-License-Identifier: Apache-2.0
//
// Puts a Case through the C ABI and gives back what the oracle gives: doubles in logical order.
// Buffers are filled with 0xFF and stand between canaries, inputs must come back untouched, the
// workspace is full of garbage; any violation and any status but SUCCESS throws std::runtime_error
// with the library's last error string.
#ifndef JSNORM_TESTS_SUPPORT_API_RUNNER_HPP
#define JSNORM_TESTS_SUPPORT_API_RUNNER_HPP

#include <jsnorm/jsnorm.h>

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/case.hpp"
#include "tests/support/layout.hpp"
#include "tests/support/oracle.hpp"
#include "tests/support/test_backend.hpp"

namespace jsnorm::test {

enum class InPlace {
    No,
    Input,     // y is x, dx is dy, the next running statistics are the previous ones
    Residual,  // y is z, dz is dy
};

struct RunOptions {
    jsnormBackend_t backend = test_backend();
    jsnormDataType_t type = JSNORM_DOUBLE;
    // Not given: NULL descriptors.
    std::optional<jsnormDataType_t> parameter_type, running_type;
    Layout layout = Layout::Packed;
    // The layout of z, y and dx, if it differs from the layout of x, dy and dz.
    std::optional<Layout> second_layout;
    int32_t thread_count = 0;
    // Moves every tensor and vector pointer by this many elements.
    int misalign_elements = 0;
    InPlace in_place = InPlace::No;
    // For ReLU without z. With z the mask is always used, and the gradients are left out where the
    // layout can have none.
    bool use_mask = false;
    // The factor is then 1/(1 + step), which the oracle needs in Case::factor.
    std::optional<int64_t> step;
    unsigned char workspace_fill = 0xFF;
    size_t workspace_extra = 0;  // more bytes than asked for

    // Which operations to run, where the case has the data for them.
    bool training = true, inference = true, backward = true, backward_fixed = true;
    // Which optional outputs to ask for. Backward needs the saved statistics. dz: whenever the case
    // has z, or `dz` is set.
    bool saved = true, shrunk = true, next_running = true;
    bool dx = true, dgamma = true, dbeta = true, dz = false;
};

struct RunResult : Result {
    // The bytes of every output, elements in logical order: "y", "saved_mean", ..., "mask", by the
    // names of Result.
    std::map<std::string, std::vector<std::byte>> raw;
};

RunResult run(const Case &problem, const RunOptions &options = {});

// A batch kind in phases, as one process per part would: part i has part_sizes[i] samples (0 is an
// empty part).
struct PhaseOptions {
    std::vector<int64_t> part_sizes;  // their sum is dims[0]
    // SUMS_FLOAT: the runner makes the records, as a convolution's epilogue would.
    jsnormRecordFormat_t record_format = JSNORM_RECORD_MOMENTS;
    bool add_records = false;  // SUMS: one record, the sum of all, as an all-reduce would make it
    bool gather_sums = false;  // backward gets the sums of every part, not their sum
    // GLOBAL scope. LOCAL gradients are added up over the parts by the runner.
    bool global_parameter_gradients = false;
};

// Training and backward. Where finalize gives different bytes to different parts, throws.
RunResult run_phases(const Case &problem, const RunOptions &options, const PhaseOptions &phases);

}  // namespace jsnorm::test

#endif
