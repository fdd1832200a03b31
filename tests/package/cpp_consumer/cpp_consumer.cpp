// SPDX-License-Identifier: Apache-2.0
// A program outside of the project, by jsnorm.hpp: an ordinary batch norm of known numbers, and an
// error that is a value.
#include <cmath>
#include <cstdio>
#include <jsnorm/jsnorm.hpp>
#include <vector>

namespace {

int fail(const jsnorm::Status &status) {
    std::printf("%s\n", status.message().c_str());
    return 1;
}

}  // namespace

int main() {
    const auto handle = jsnorm::Handle::create(JSNORM_BACKEND_CPU);
    if (!handle.ok()) return fail(handle.status());
    const auto desc = jsnorm::TensorDescriptor::create(JSNORM_FLOAT, {2, 3, 2});
    if (!desc.ok()) return fail(desc.status());
    const auto norm = jsnorm::NormBuilder(JSNORM_BATCH_NORM)
                          .estimator(JSNORM_ESTIMATOR_NONE)
                          .epsilon(0.0)
                          .build();
    if (!norm.ok()) return fail(norm.status());
    const auto bytes =
        jsnorm::workspace_size(handle.value(), norm.value(), desc.value(), JSNORM_FORWARD_TRAINING);
    if (!bytes.ok()) return fail(bytes.status());

    // Two samples, three channels, two elements each: every channel holds m-1, m+1, m-1, m+1.
    const float x[12] = {4, 6, -1, 1, 99, 101, 4, 6, -1, 1, 99, 101};
    float y[12] = {};
    std::vector<char> workspace(bytes.value());
    jsnorm::ForwardTrainingArgs args;
    args.x_desc = args.y_desc = desc.value();
    args.x = x;
    args.workspace = workspace.data();
    args.workspace_bytes = workspace.size();
    const jsnorm::Status without_y = jsnorm::forward_training(handle.value(), norm.value(), args);
    args.y = y;
    const jsnorm::Status status = jsnorm::forward_training(handle.value(), norm.value(), args);
    if (!status.ok()) return fail(status);

    double largest_error = 0.0;
    for (int i = 0; i < 12; ++i)
        largest_error = std::fmax(largest_error, std::fabs(y[i] - (i % 2 ? 1.0 : -1.0)));
    std::printf("C++: largest error %g; refused: %s\n", largest_error, without_y.message().c_str());
    return !(largest_error < 1e-6 && y[0] < 0.0f &&
             without_y.code() == JSNORM_STATUS_BAD_PARAM_NULL_POINTER);
}
