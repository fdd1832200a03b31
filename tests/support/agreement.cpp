// SPDX-License-Identifier: Apache-2.0

#include "tests/support/agreement.hpp"

namespace jsnorm::test {
namespace {

OutputTypes types_of(const RunOptions &options) {
    const jsnormDataType_t vectors = default_parameter_type(options.type);
    return {options.type, options.parameter_type.value_or(vectors),
            options.running_type.value_or(vectors)};
}

Case as_given(const Case &problem, const OutputTypes &types) {
    return rounded_to(problem, types.type, types.parameter_type, types.running_type);
}

Agreement agreement_of(std::vector<Verdict> verdicts) {
    Agreement agreement{std::move(verdicts), ""};
    for (const Verdict &verdict : agreement.verdicts)
        if (!verdict.accepted) agreement.complaints += verdict.message + "\n";
    return agreement;
}

// The file's numbers, where it has them, in the place of the oracle's.
Result replaced(Result solution, const Result &file) {
    for (std::vector<double> Result::*output :
         {&Result::y, &Result::saved_mean, &Result::saved_variance, &Result::shrunk_mean,
          &Result::shrunk_variance, &Result::next_running_mean, &Result::next_running_variance,
          &Result::y_inference, &Result::dx, &Result::dgamma, &Result::dbeta, &Result::dz})
        solution.*output = file.*output;
    return solution;
}

}  // namespace

bool Agreement::compared(const std::string &output) const {
    for (const Verdict &verdict : verdicts)
        if (verdict.name == output) return true;
    return false;
}

Agreement agree_with_oracle(const Case &problem, const RunOptions &options) {
    const OutputTypes types = types_of(options);
    Case given = as_given(problem, types);
    silence_kinks(given, kSilence);
    const Result solution = oracle(given);
    return agreement_of(judge(given, run(given, options), solution, solution, types));
}

Agreement agree_with_golden(const GoldenFile &file, const RunOptions &options) {
    const bool wide = options.type == JSNORM_DOUBLE;
    const OutputTypes types = types_of(options);
    const bool batch = is_batch_kind(file.problem.kind);
    Case given = as_given(file.problem, types);
    Case inferred = as_given(inference_case(file), types);
    const bool infers = !batch || !inferred.running_mean.empty();
    if (!wide) silence_kinks(given, kSilence);
    Result solution = oracle(given);
    if (infers) {
        Result fixed = oracle_inference(inferred);
        solution.y_inference = std::move(fixed.y_inference);
        solution.y_inference_terms = std::move(fixed.y_inference_terms);
    }

    RunOptions training = options;
    training.inference = training.backward_fixed = false;
    training.dz = !file.expected.dz.empty();
    training.use_mask = training.dz;
    Result got = run(given, training);
    if (infers) {
        RunOptions inference = options;
        inference.training = inference.backward = inference.backward_fixed = false;
        got.y_inference = run(inferred, inference).y_inference;
    }
    if (!wide) return agreement_of(judge(given, got, solution, solution, types));
    Result expected = replaced(solution, file.expected);
    // Kinds without running statistics: inference is the forward pass of training.
    if (!batch && expected.y_inference.empty()) expected.y_inference = expected.y;
    return agreement_of(judge(given, got, expected, solution, types));
}

}  // namespace jsnorm::test
