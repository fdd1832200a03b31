// SPDX-License-Identifier: Apache-2.0
//
// Puts a Case through the fused operations with every buffer placed by hand: any strides, any
// shift, each of its own. Inputs are converted once, so that one case can be run many times, and
// outputs stay bytes. Where a few layouts are enough, use tests/support/api_runner.hpp.
#ifndef JSNORM_TESTS_OPS_PLACED_RUN_HPP
#define JSNORM_TESTS_OPS_PLACED_RUN_HPP

#include <deque>

#include "tests/ops/placed_tensor.hpp"
#include "tests/ops/same_bits.hpp"
#include "tests/support/api_call.hpp"
#include "tests/support/float_types.hpp"

namespace jsnorm::test {

struct PlacedOptions {
    // Keys: the names of Result for outputs (outputs of inference and fixed statistics are placed
    // like the outputs of training); else x, z, dy, gamma, beta, running_mean, running_variance,
    // mask.
    std::map<std::string, Placement> placements;
    int32_t thread_count = 1;
    jsnormParallelFor_t parallel_for = nullptr;  // of the CPU backend, with its user_data
    void *runner_data = nullptr;
    unsigned char workspace_fill = 0xFF;
    bool mask = true;  // of ReLU, where x is dense; needed with z
    bool inference = true, gradients = true;
};

// All tensors with the same strides.
inline PlacedOptions all_in(const std::vector<int64_t> &strides) {
    PlacedOptions options;
    for (const char *name : {"x", "z", "y", "dy", "dx", "dz"})
        options.placements[name].strides = strides;
    return options;
}

class PlacedCase {
  public:
    PlacedCase(const Case &problem, jsnormDataType_t type) : problem_(problem), type_(type) {
        encode("x", problem.x, type);
        encode("z", problem.z, type);
        encode("dy", problem.dy, type);
        encode("gamma", problem.gamma, vector_type());
        encode("beta", problem.beta, vector_type());
        encode("running_mean", problem.running_mean, vector_type());
        encode("running_variance", problem.running_variance, vector_type());
        for (auto *values : {&problem_.x, &problem_.z, &problem_.dy}) *values = {};
    }

    // x[:count], and z[:count] and dy[:count].
    PlacedCase first_samples(int64_t count) const {
        PlacedCase part = *this;
        part.problem_.dims[0] = count;
        const auto bytes = static_cast<size_t>(element_count(part.problem_)) * size_of(type_);
        for (const char *name : {"x", "z", "dy"})
            if (part.inputs_.contains(name)) part.inputs_[name].resize(bytes);
        return part;
    }

    const Case &problem() const { return problem_; }  // without its tensors
    jsnormDataType_t type() const { return type_; }
    jsnormDataType_t vector_type() const { return default_parameter_type(type_); }

    // Throws std::runtime_error where a call fails, an input changes or a gap is written.
    Outputs run(const PlacedOptions &options = {}) const;

    // What judge() takes.
    Result values(const Outputs &outputs) const;

  private:
    friend class PlacedRun;
    void encode(const char *name, const Values &values, jsnormDataType_t type) {
        if (values.empty()) return;
        Bytes &bytes = inputs_[name];
        bytes.resize(values.size() * size_of(type));
        for (size_t i = 0; i < values.size(); ++i)
            store(type, bytes.data() + i * size_of(type), values[i]);
    }

    Case problem_;
    jsnormDataType_t type_;
    Outputs inputs_;
};

// One run: the four operations, one after another.
class PlacedRun {
  public:
    PlacedRun(const PlacedCase &placed, const PlacedOptions &options)
        : case_(placed),
          options_(options),
          session_(placed.problem(), session_options_),
          vectors_(session_.view.parameter_count),
          statistics_(session_.view.statistics()),
          per_group_(session_.view.statistics_per_group) {
        if (test_backend() == JSNORM_BACKEND_CPU) {
            require(jsnormSetThreadCount(session_.handle, options.thread_count),
                    "jsnormSetThreadCount");
            require(jsnormSetTaskRunner(session_.handle, options.parallel_for, options.runner_data),
                    "jsnormSetTaskRunner");
        }
        has_mask_ = session_.relu() && options.mask && is_dense_placement();
    }

    Outputs run() {
        train();
        if (options_.inference && can_infer()) infer();
        const bool gated = session_.relu() && has("z") && !has_mask_;
        if (options_.gradients && has("dy") && !gated) {
            differentiate();
            const bool gated_fixed =
                session_.relu() && has("z") && !outputs_.contains("mask_inference");
            if (batch() && can_infer() && !gated_fixed) differentiate_fixed();
        }
        return std::move(outputs_);
    }

  private:
    bool has(const char *name) const { return case_.inputs_.contains(name); }
    bool batch() const { return is_batch_kind(case_.problem().kind); }
    bool can_infer() const { return !batch() || has("running_mean"); }

    Placement placement(const std::string &name) const {
        const auto found = options_.placements.find(name);
        return found == options_.placements.end() ? Placement{} : found->second;
    }
    bool is_dense_placement() const {
        size_t bytes = 0;
        return jsnormGetMaskSize(desc("x"), &bytes) == JSNORM_STATUS_SUCCESS;
    }

    jsnormTensorDescriptor_t desc(const std::string &name) const {
        auto &made = descs_[name];
        if (!made)
            made = std::make_unique<TensorDescriptor>(case_.type(), case_.problem().dims,
                                                      placement(name).strides);
        return made->get();
    }

    // Buffers of the operation at work.
    struct Buffer {
        std::string name;
        const Bytes *given;  // NULL: an output
        PlacedTensor tensor;
    };
    const void *input(const char *name, const Bytes &given, size_t size, std::vector<int64_t> dims,
                      const char *like) {
        buffers_.push_back({name, &given, PlacedTensor(size, std::move(dims), placement(like))});
        buffers_.back().tensor.write(given);
        return buffers_.back().tensor.data();
    }
    void *output(const std::string &name, const char *like, size_t size,
                 std::vector<int64_t> dims) {
        buffers_.push_back({name, nullptr, PlacedTensor(size, std::move(dims), placement(like))});
        return buffers_.back().tensor.data();
    }
    const void *tensor(const char *name) {
        if (!has(name)) return nullptr;
        return input(name, case_.inputs_.at(name), size_of(case_.type()), case_.problem().dims,
                     name);
    }
    void *new_tensor(const std::string &name, const char *like) {
        return output(name, like, size_of(case_.type()), case_.problem().dims);
    }
    const void *vector(const char *name, int64_t count) {
        if (!has(name)) return nullptr;
        return input(name, case_.inputs_.at(name), size_of(case_.vector_type()), {count}, name);
    }
    void *new_vector(const std::string &name, const char *like, int64_t count) {
        return output(name, like, size_of(case_.vector_type()), {count});
    }
    double *new_doubles(const char *name) {
        return static_cast<double *>(output(name, name, sizeof(double), {statistics_}));
    }
    const double *saved(const char *name) {
        return static_cast<const double *>(
            input(name, outputs_.at(name), sizeof(double), {statistics_}, name));
    }
    // NULL where the forward operation has not written it.
    const uint32_t *mask(const char *name) {
        if (!outputs_.contains(name)) return nullptr;
        const Bytes &bytes = outputs_.at(name);
        return static_cast<const uint32_t *>(input(
            "mask", bytes, sizeof(uint32_t), {static_cast<int64_t>(bytes.size() / 4)}, "mask"));
    }

    template <class Args>
    void begin(Args &args, jsnormStatus_t (*init)(Args *, size_t), jsnormOperation_t operation) {
        require(init(&args, sizeof args), "ArgsInit");
        args.x_desc = desc("x");
        args.x = tensor("x");
        args.gamma = vector("gamma", vectors_);
        args.beta = vector("beta", vectors_);
        require(jsnormGetWorkspaceSize(session_.handle, session_.norm.get(), desc("x"), operation,
                                       &args.workspace_bytes),
                "jsnormGetWorkspaceSize");
        if (args.workspace_bytes == 0) return;
        workspace_ = std::make_unique<PlacedTensor>(
            1, std::vector<int64_t>{static_cast<int64_t>(args.workspace_bytes)}, Placement{},
            options_.workspace_fill);
        args.workspace = workspace_->data();
    }

    template <class Args>
    void end(const Args &args,
             jsnormStatus_t (*operate)(jsnormHandle_t, jsnormNormDescriptor_t, const Args *)) {
        require(operate(session_.handle, session_.norm.get(), &args), "operation");
        for (const Buffer &buffer : buffers_) {
            Bytes now = buffer.tensor.read();
            if (buffer.given != nullptr && now != *buffer.given)
                throw std::runtime_error(buffer.name + ": an input was written");
            if (!buffer.tensor.gaps_are_unwritten())
                throw std::runtime_error(buffer.name + ": a gap between elements was written");
            if (buffer.given == nullptr) outputs_[buffer.name] = std::move(now);
        }
        buffers_.clear();
    }

    void train() {
        jsnormForwardTrainingArgs_t args;
        begin(args, jsnormForwardTrainingArgsInit, JSNORM_FORWARD_TRAINING);
        args.z_desc = desc("z");
        args.z = tensor("z");
        args.y_desc = desc("y");
        args.y = new_tensor("y", "y");
        args.saved_mean = new_doubles("saved_mean");
        args.saved_variance = new_doubles("saved_variance");
        args.shrunk_mean = new_doubles("shrunk_mean");
        args.shrunk_variance = new_doubles("shrunk_variance");
        args.factor = case_.problem().factor;
        if (batch() && has("running_mean")) {
            args.running_mean = vector("running_mean", per_group_);
            args.running_variance = vector("running_variance", per_group_);
            args.next_running_mean =
                new_vector("next_running_mean", "next_running_mean", per_group_);
            args.next_running_variance =
                new_vector("next_running_variance", "next_running_variance", per_group_);
        }
        args.mask = new_mask("mask");
        end(args, jsnormForwardTraining);
    }

    uint32_t *new_mask(const char *name) {
        if (!has_mask_) return nullptr;
        size_t bytes = 0;
        require(jsnormGetMaskSize(desc("x"), &bytes), "jsnormGetMaskSize");
        return static_cast<uint32_t *>(
            output(name, "mask", sizeof(uint32_t), {static_cast<int64_t>(bytes / 4)}));
    }

    void infer() {
        jsnormForwardInferenceArgs_t args;
        begin(args, jsnormForwardInferenceArgsInit, JSNORM_FORWARD_INFERENCE);
        args.z_desc = desc("z");
        args.z = tensor("z");
        args.y_desc = desc("y");
        args.y = new_tensor("y_inference", "y");
        fix(args);
        args.mask = new_mask("mask_inference");
        end(args, jsnormForwardInference);
    }

    template <class Args>
    void fix(Args &args) {
        if (!batch()) return;
        args.running_mean = vector("running_mean", per_group_);
        args.running_variance = vector("running_variance", per_group_);
        args.running_element_count = case_.problem().running_element_count;
    }

    template <class Args>
    void fill_gradients(Args &args, const std::string &suffix, const uint32_t *relu_mask) {
        args.dy_desc = desc("dy");
        args.dy = tensor("dy");
        args.mask = relu_mask;
        args.dx_desc = desc("dx");
        args.dx = new_tensor("dx" + suffix, "dx");
        args.dgamma = new_vector("dgamma" + suffix, "dgamma", vectors_);
        args.dbeta = new_vector("dbeta" + suffix, "dbeta", vectors_);
        args.dz_desc = desc("dz");
        if (!session_.relu() || relu_mask != nullptr) args.dz = new_tensor("dz" + suffix, "dz");
    }

    void differentiate() {
        jsnormBackwardArgs_t args;
        begin(args, jsnormBackwardArgsInit, JSNORM_BACKWARD);
        args.saved_mean = saved("saved_mean");
        args.saved_variance = saved("saved_variance");
        fill_gradients(args, "", mask("mask"));
        end(args, jsnormBackward);
    }

    void differentiate_fixed() {
        jsnormBackwardFixedStatisticsArgs_t args;
        begin(args, jsnormBackwardFixedStatisticsArgsInit, JSNORM_BACKWARD_FIXED_STATISTICS);
        fix(args);
        fill_gradients(args, "_fixed", mask("mask_inference"));
        end(args, jsnormBackwardFixedStatistics);
    }

    const PlacedCase &case_;
    const PlacedOptions &options_;
    RunOptions session_options_;
    Session session_;
    int64_t vectors_, statistics_, per_group_;
    bool has_mask_ = false;
    mutable std::map<std::string, std::unique_ptr<TensorDescriptor>> descs_;
    std::deque<Buffer> buffers_;
    std::unique_ptr<PlacedTensor> workspace_;
    Outputs outputs_;
};

inline Outputs PlacedCase::run(const PlacedOptions &options) const {
    return PlacedRun(*this, options).run();
}

inline Result PlacedCase::values(const Outputs &outputs) const {
    Result result;
    const auto decode = [&](const char *name, Member member, jsnormDataType_t type) {
        const auto found = outputs.find(name);
        if (found == outputs.end()) return;
        for (size_t i = 0; i < found->second.size(); i += size_of(type))
            (result.*member).push_back(load(type, found->second.data() + i));
    };
    using R = Result;
    decode("y", &R::y, type_);
    decode("y_inference", &R::y_inference, type_);
    decode("saved_mean", &R::saved_mean, JSNORM_DOUBLE);
    decode("saved_variance", &R::saved_variance, JSNORM_DOUBLE);
    decode("shrunk_mean", &R::shrunk_mean, JSNORM_DOUBLE);
    decode("shrunk_variance", &R::shrunk_variance, JSNORM_DOUBLE);
    decode("next_running_mean", &R::next_running_mean, vector_type());
    decode("next_running_variance", &R::next_running_variance, vector_type());
    decode("dx", &R::dx, type_);
    decode("dz", &R::dz, type_);
    decode("dgamma", &R::dgamma, vector_type());
    decode("dbeta", &R::dbeta, vector_type());
    decode("dx_fixed", &R::dx_fixed, type_);
    decode("dz_fixed", &R::dz_fixed, type_);
    decode("dgamma_fixed", &R::dgamma_fixed, vector_type());
    decode("dbeta_fixed", &R::dbeta_fixed, vector_type());
    return result;
}

}  // namespace jsnorm::test

#endif
