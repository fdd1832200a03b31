// SPDX-License-Identifier: Apache-2.0
// Checks the arguments of an operation one after another, and turns them into a backend's call.
#pragma once

#include <cstring>

#include "src/core/calls.hpp"
#include "src/core/status.hpp"

namespace jsnorm {

template <class Object>
jsnormStatus_t check_object(const Object *object, const char *name) {
    JSNORM_REQUIRE(object != nullptr, JSNORM_STATUS_BAD_PARAM_NULL_POINTER, "%s is NULL", name);
    JSNORM_REQUIRE(object->magic == Object::kMagic, JSNORM_STATUS_NOT_INITIALIZED,
                   "%s = %p is not a live object of its type", name,
                   static_cast<const void *>(object));
    return JSNORM_STATUS_SUCCESS;
}

// The layout behind a descriptor that has been set.
jsnormStatus_t get_layout(jsnormTensorDescriptor_t desc, const char *name, Layout &layout);

// The problem that a norm and x define.
jsnormStatus_t get_problem(jsnormNormDescriptor_t norm, jsnormTensorDescriptor_t x_desc,
                           const char *x_name, Problem &problem);

// Forbids changes to the norm: an accepted call has used it.
void freeze(jsnormNormDescriptor_t norm);

// Copies the caller's argument struct, of any version, into this version's. Fields that the
// caller's version lacks become 0; fields that this version lacks must be 0.
jsnormStatus_t copy_args(const void *given, void *args, size_t size);

template <class Args>
jsnormStatus_t copy_args(const Args *given, Args &args) {
    return copy_args(given, &args, sizeof args);
}

// The body of the Init functions. `name`: of the struct in messages.
jsnormStatus_t init_args(void *args, size_t size, const char *name = "args");

// Checks the struct_size that a caller's struct begins with.
jsnormStatus_t check_struct_size(const char *name, size_t given_size);

enum class Need { kRequired, kOptional };

// Forward coefficients are needed where ReLU's sign is recomputed, for want of a mask.
inline Need recomputes_sign(const Problem &problem, const uint32_t *mask) {
    const bool relu = problem.norm.activation == JSNORM_ACTIVATION_RELU;
    return relu && mask == nullptr ? Need::kRequired : Need::kOptional;
}

// Collects the regions of memory that an operation uses, checks each, then checks all for overlaps.
class Arguments {
  public:
    Arguments(jsnormHandle_t handle, const Problem &problem, const Layout &x)
        : handle_(handle), problem_(problem), x_(x) {}

    // A tensor of x's dims and type. `name` and `desc_name` as in "args.y", "args.y_desc".
    jsnormStatus_t input(const char *name, const void *data, const char *desc_name,
                         jsnormTensorDescriptor_t desc, Need need, ConstTensor &tensor);
    jsnormStatus_t output(const char *name, void *data, const char *desc_name,
                          jsnormTensorDescriptor_t desc, Need need, Tensor &tensor);

    // `count` entries of `size` bytes each. alignment: 0 for `size`.
    jsnormStatus_t input_array(const char *name, const void *data, int64_t count, size_t size,
                               Need need, size_t alignment = 0);
    jsnormStatus_t output_array(const char *name, void *data, int64_t count, size_t size, Need need,
                                size_t alignment = 0);

    jsnormStatus_t parameters(jsnormTensorDescriptor_t desc, const void *gamma, const void *beta,
                              Parameters &parameters);
    jsnormStatus_t parameter_gradients(jsnormTensorDescriptor_t desc, void *dgamma, void *dbeta,
                                       ParameterGradients &gradients);
    jsnormStatus_t statistic_outputs(double *saved_mean, double *saved_variance,
                                     double *shrunk_mean, double *shrunk_variance,
                                     StatisticOutputs &outputs);
    jsnormStatus_t running_statistics(jsnormTensorDescriptor_t desc, const void *mean,
                                      const void *variance, int64_t element_count,
                                      RunningStatistics &running);
    // Args: jsnormForwardTrainingArgs_t or jsnormForwardFinalizeArgs_t.
    template <class Args>
    jsnormStatus_t running_update(const Args &args, RunningUpdate &update);

    // Coefficients as the finalize operations write them; `arrays`: how many arrays are written.
    jsnormStatus_t forward_coefficients(const char *name, const void *data, Need need);
    jsnormStatus_t backward_coefficients(const char *name, const void *data);
    jsnormStatus_t written_coefficients(void *data, int64_t arrays);

    // The mask of x; only with ReLU.
    jsnormStatus_t mask(const uint32_t *data, bool written);

    jsnormStatus_t workspace(void *data, size_t bytes, size_t needed);

    // The output named `out` may be exactly the input named `in`.
    void allow(const char *out, const char *in);

    // Checks overlaps and, if the handle asks for it, whether its device reaches the memory.
    jsnormStatus_t check_memory() const;

  private:
    struct Region {
        const char *name;
        const char *base;   // element 0
        const char *first;  // first byte
        const char *last;   // last byte
        bool written;
        bool gapless;
        const Layout *layout;  // of a tensor
    };

    jsnormStatus_t add_tensor(const char *name, const void *data, const char *desc_name,
                              jsnormTensorDescriptor_t desc, Need need, bool written,
                              Layout &layout);
    jsnormStatus_t add_array(const char *name, const void *data, int64_t count, size_t size,
                             Need need, bool written, size_t alignment);
    jsnormStatus_t array_type(const char *desc_name, jsnormTensorDescriptor_t desc, int64_t count,
                              jsnormDataType_t &type) const;
    jsnormStatus_t running_update(jsnormTensorDescriptor_t desc, RunningUpdate &update);
    void add(Region region);
    bool allowed(const Region &out, const Region &in) const;
    bool overlap(const Region &a, const Region &b) const;

    static constexpr int kMaxRegions = 24;
    static constexpr int kMaxAllowed = 6;

    jsnormHandle_t handle_;
    const Problem &problem_;
    const Layout &x_;
    Region regions_[kMaxRegions];
    int region_count_ = 0;
    const char *allowed_[kMaxAllowed][2];
    int allowed_count_ = 0;
};

template <class Args>
jsnormStatus_t Arguments::running_update(const Args &args, RunningUpdate &update) {
    update = {args.running_mean,
              args.running_variance,
              args.next_running_mean,
              args.next_running_variance,
              JSNORM_FLOAT,
              args.factor,
              args.step};
    return running_update(args.running_desc, update);
}

}  // namespace jsnorm
