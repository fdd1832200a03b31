// SPDX-License-Identifier: Apache-2.0
//
// What the runners are made of: a Session holds the descriptors of a case, a Call the buffers of
// one operation.
#ifndef JSNORM_TESTS_SUPPORT_API_CALL_HPP
#define JSNORM_TESTS_SUPPORT_API_CALL_HPP

#include <deque>
#include <memory>

#include "tests/support/api_objects.hpp"
#include "tests/support/api_runner.hpp"

namespace jsnorm::test {

// The handle of a backend, created at its first use and kept.
jsnormHandle_t shared_handle(jsnormBackend_t backend);
// The next use creates another: of the device that is current then.
void forget_shared_handle(jsnormBackend_t backend);

class Session {
  public:
    Session(const Case &problem, const RunOptions &options,
            jsnormParameterGradientScope_t scope = JSNORM_PARAMETER_GRADIENT_LOCAL);

    const Case &problem;
    const RunOptions &options;
    View view;
    Memory &memory;
    jsnormHandle_t handle;
    NormDescriptor norm;
    TensorDescriptor x_desc;       // of x, dy, dz
    TensorDescriptor second_desc;  // of z, y, dx
    jsnormDataType_t parameter_type, running_type;

    jsnormTensorDescriptor_t parameter_desc() const;  // NULL unless the options name a type
    jsnormTensorDescriptor_t running_desc() const;
    Layout second_layout() const;
    bool relu() const { return problem.activation == JSNORM_ACTIVATION_RELU; }
    // ReLU with z cannot be recomputed from x: its gradient needs the mask, and the mask a dense x.
    bool wants_mask() const { return relu() && (options.use_mask || !problem.z.empty()); }
    bool wants_dz() const { return options.dz || !problem.z.empty(); }

  private:
    std::unique_ptr<TensorDescriptor> parameter_desc_, running_desc_;
};

using Values = std::vector<double>;
using Bytes = std::vector<std::byte>;
using Member = Values Result::*;

class Call {
  public:
    explicit Call(const Session &session) : session_(session) {}

    // Tensors of x's shape and type.
    const void *tensor(const char *name, const Values &values, Layout layout);
    void *new_tensor(const char *name, Member member, Layout layout);
    // An output on top of an input.
    void *tensor_over(const char *name, Member member, const Values &values, Layout layout);

    // Packed vectors. NULL where no values are given.
    const void *vector(const char *name, const Values &values, jsnormDataType_t type);
    void *new_vector(const char *name, Member member, int64_t count, jsnormDataType_t type);
    void *vector_over(const char *name, Member member, const Values &values, jsnormDataType_t type);
    double *new_doubles(const char *name, Member member, int64_t count) {
        return static_cast<double *>(new_vector(name, member, count, JSNORM_DOUBLE));
    }
    // Never NULL, for what an operation requires.
    const double *doubles(const char *name, const Values &values);

    // Anything else; element_size > 0 moves the pointer by the options' misalign_elements of it.
    const void *bytes(const char *name, const Bytes &bytes, size_t element_size = 0);
    void *new_bytes(const char *name, size_t count, size_t element_size = 0);

    void workspace(jsnormOperation_t operation, void *&pointer, size_t &size);

    // Checks every buffer and moves the outputs to `result` (values where they have a member; raw
    // bytes always).
    void finish(RunResult &result) const;

  private:
    enum class Role { Input, Output, Both };
    struct Tensor {
        const char *name;
        Role role;
        Member member;
        TensorBuffer buffer;
    };
    struct Block {
        const char *name;
        bool output;
        Bytes written;
        GuardedBuffer buffer;
    };
    void *add(const char *name, Role role, Member member, const Values *values,
              jsnormDataType_t type, const std::vector<int64_t> &dims, Layout layout);

    const Session &session_;
    std::deque<Tensor> tensors_;
    std::deque<Block> blocks_;
};

}  // namespace jsnorm::test

#endif
