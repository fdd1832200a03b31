// SPDX-License-Identifier: Apache-2.0
//
// What the argument structs of the fused operations and of the phases have in common: the tensors,
// in place or not.
#ifndef JSNORM_TESTS_SUPPORT_API_ARGUMENTS_HPP
#define JSNORM_TESTS_SUPPORT_API_ARGUMENTS_HPP

#include "tests/support/api_call.hpp"

namespace jsnorm::test {

template <typename T>
Bytes bytes_of(const T *values, size_t count) {
    const auto *first = reinterpret_cast<const std::byte *>(values);
    return Bytes(first, first + count * sizeof(T));
}

template <typename Args>
void fill_parameters(const Session &session, Call &call, Args &args) {
    args.parameter_desc = session.parameter_desc();
    args.gamma = call.vector("gamma", session.problem.gamma, session.parameter_type);
    args.beta = call.vector("beta", session.problem.beta, session.parameter_type);
}

// x, z and y of an operation that writes y, under the name and member of Result given.
template <typename Args>
void fill_forward(const Session &session, Call &call, const char *name, Member member, Args &args) {
    const Case &problem = session.problem;
    const RunOptions &options = session.options;
    fill_parameters(session, call, args);
    args.x_desc = session.x_desc.get();
    args.z_desc = args.y_desc = session.second_desc.get();
    const bool over_x = options.in_place == InPlace::Input;
    const bool over_z = options.in_place == InPlace::Residual && !problem.z.empty();
    if (over_x)
        args.x = args.y = call.tensor_over(name, member, problem.x, options.layout);
    else
        args.x = call.tensor("x", problem.x, options.layout);
    if (over_z)
        args.z = args.y = call.tensor_over(name, member, problem.z, session.second_layout());
    else if (!problem.z.empty())
        args.z = call.tensor("z", problem.z, session.second_layout());
    if (!over_x && !over_z) args.y = call.new_tensor(name, member, session.second_layout());
}

// The gradients' names, for training and for fixed statistics.
struct GradientNames {
    const char *dx, *dgamma, *dbeta, *dz;
    Member dx_member, dgamma_member, dbeta_member, dz_member;
};
inline constexpr GradientNames kTrained = {
    "dx", "dgamma", "dbeta", "dz", &Result::dx, &Result::dgamma, &Result::dbeta, &Result::dz};
inline constexpr GradientNames kFixed = {
    "dx_fixed",        "dgamma_fixed",        "dbeta_fixed",        "dz_fixed",
    &Result::dx_fixed, &Result::dgamma_fixed, &Result::dbeta_fixed, &Result::dz_fixed};

inline const uint32_t *mask_argument(Call &call, const Bytes *mask) {
    if (mask == nullptr) return nullptr;
    return static_cast<const uint32_t *>(call.bytes("mask", *mask, sizeof(uint32_t)));
}

// x, dy, mask, dx and dz of an operation that writes dx. mask: NULL where the case wants none.
template <typename Args>
void fill_backward(const Session &session, Call &call, const GradientNames &names,
                   const Bytes *mask, Args &args) {
    const Case &problem = session.problem;
    const RunOptions &options = session.options;
    fill_parameters(session, call, args);
    args.x_desc = args.dy_desc = args.dz_desc = session.x_desc.get();
    args.dx_desc = session.second_desc.get();
    args.x = call.tensor("x", problem.x, options.layout);
    args.mask = mask_argument(call, mask);
    const bool dz = session.wants_dz() && (!session.relu() || mask != nullptr);
    const bool dx_over = options.in_place == InPlace::Input && options.dx;
    const bool dz_over = options.in_place == InPlace::Residual && dz;
    if (dx_over)
        args.dy = args.dx = call.tensor_over(names.dx, names.dx_member, problem.dy, options.layout);
    else if (dz_over)
        args.dy = args.dz = call.tensor_over(names.dz, names.dz_member, problem.dy, options.layout);
    else
        args.dy = call.tensor("dy", problem.dy, options.layout);
    if (options.dx && !dx_over)
        args.dx = call.new_tensor(names.dx, names.dx_member, session.second_layout());
    if (dz && !dz_over) args.dz = call.new_tensor(names.dz, names.dz_member, options.layout);
}

template <typename Args>
void fill_parameter_gradients(const Session &session, Call &call, const GradientNames &names,
                              Args &args) {
    const int64_t count = session.view.parameter_count;
    const jsnormDataType_t type = session.parameter_type;
    if (session.options.dgamma)
        args.dgamma = call.new_vector(names.dgamma, names.dgamma_member, count, type);
    if (session.options.dbeta)
        args.dbeta = call.new_vector(names.dbeta, names.dbeta_member, count, type);
}

// The running statistics of training: none where the case has none (unless the factor is 1) or the
// options want none.
template <typename Args>
void fill_running(const Session &session, Call &call, Args &args) {
    const Case &problem = session.problem;
    const RunOptions &options = session.options;
    args.running_desc = session.running_desc();
    args.factor = options.step ? 0 : problem.factor;
    if (options.step)
        args.step = static_cast<const int64_t *>(
            call.bytes("step", bytes_of(&*options.step, 1), sizeof(int64_t)));
    const bool given = !problem.running_mean.empty();
    // Only a factor of 1 that the host can see does without previous values.
    const bool needless = !options.step && problem.factor == 1;
    if (!is_batch_kind(problem.kind) || !options.next_running || (!given && !needless)) return;

    const jsnormDataType_t type = session.running_type;
    const Member mean = &Result::next_running_mean, variance = &Result::next_running_variance;
    if (given && options.in_place == InPlace::Input) {
        args.running_mean = args.next_running_mean =
            call.vector_over("next_running_mean", mean, problem.running_mean, type);
        args.running_variance = args.next_running_variance =
            call.vector_over("next_running_variance", variance, problem.running_variance, type);
        return;
    }
    const int64_t count = session.view.statistics_per_group;
    args.running_mean = call.vector("running_mean", problem.running_mean, type);
    args.running_variance = call.vector("running_variance", problem.running_variance, type);
    args.next_running_mean = call.new_vector("next_running_mean", mean, count, type);
    args.next_running_variance = call.new_vector("next_running_variance", variance, count, type);
}

// The statistics that training saves, as the options want them.
template <typename Args>
void fill_statistics(const Session &session, Call &call, Args &args) {
    const int64_t count = session.view.statistics();
    if (session.options.saved) {
        args.saved_mean = call.new_doubles("saved_mean", &Result::saved_mean, count);
        args.saved_variance = call.new_doubles("saved_variance", &Result::saved_variance, count);
    }
    if (session.options.shrunk) {
        args.shrunk_mean = call.new_doubles("shrunk_mean", &Result::shrunk_mean, count);
        args.shrunk_variance = call.new_doubles("shrunk_variance", &Result::shrunk_variance, count);
    }
}

// The mask that a forward operation writes, where the case wants one and its layout can have one.
template <typename Args>
void fill_new_mask(const Session &session, Call &call, const char *name, Args &args) {
    if (!session.wants_mask() || !is_dense(session.options.layout)) return;
    size_t bytes = 0;
    require(jsnormGetMaskSize(session.x_desc.get(), &bytes), "jsnormGetMaskSize");
    args.mask = static_cast<uint32_t *>(call.new_bytes(name, bytes, sizeof(uint32_t)));
}

}  // namespace jsnorm::test

#endif
