// SPDX-License-Identifier: Apache-2.0
// The primitives that we call, by the API of oneDNN 2 (Debian's) and of oneDNN 3 (PyPI's). Version
// 3 has no descriptors of operations: a primitive descriptor is made in one step.
#pragma once

#include <oneapi/dnnl/dnnl.hpp>

namespace jsnorm::bench::onednn {

using dnnl::memory;
using Flags = dnnl::normalization_flags;

constexpr float kEpsilon = 1e-5f;
inline const Flags kFlags = Flags::use_scale | Flags::use_shift;

// The two layers, under one name each for what we need of them.
struct BatchNorm {
    using Forward = dnnl::batch_normalization_forward;
    using Backward = dnnl::batch_normalization_backward;
    static constexpr bool kBackwardTakesShift = DNNL_VERSION_MAJOR < 3;
};
struct LayerNorm {
    using Forward = dnnl::layer_normalization_forward;
    using Backward = dnnl::layer_normalization_backward;
    static constexpr bool kBackwardTakesShift = true;
};

#if DNNL_VERSION_MAJOR >= 3

template <typename Norm>
auto forward_of(const dnnl::engine &engine, dnnl::prop_kind kind, const memory::desc &tensor,
                Flags flags) {
    return typename Norm::Forward::primitive_desc(engine, kind, tensor, tensor, kEpsilon, flags);
}

template <typename Norm>
auto backward_of(const dnnl::engine &engine, const memory::desc &tensor,
                 const typename Norm::Forward::primitive_desc &forward) {
    return typename Norm::Backward::primitive_desc(engine, dnnl::prop_kind::backward, tensor,
                                                   tensor, tensor, kEpsilon, kFlags, forward);
}

inline void append_relu(dnnl::post_ops &operations) {
    operations.append_eltwise(dnnl::algorithm::eltwise_relu, 0, 0);
}

inline auto add_of(const dnnl::engine &engine, const memory::desc &tensor,
                   const dnnl::primitive_attr &attributes) {
    return dnnl::binary::primitive_desc(engine, dnnl::algorithm::binary_add, tensor, tensor, tensor,
                                        attributes);
}

inline auto relu_backward_of(const dnnl::engine &engine, dnnl::algorithm relu,
                             const memory::desc &tensor) {
    const dnnl::eltwise_forward::primitive_desc forward(engine, dnnl::prop_kind::forward_training,
                                                        relu, tensor, tensor, 0.0f);
    return dnnl::eltwise_backward::primitive_desc(engine, relu, tensor, tensor, tensor, 0.0f,
                                                  forward);
}

#else

template <typename Norm>
auto forward_of(const dnnl::engine &engine, dnnl::prop_kind kind, const memory::desc &tensor,
                Flags flags) {
    return typename Norm::Forward::primitive_desc({kind, tensor, kEpsilon, flags}, engine);
}

template <typename Norm>
auto backward_of(const dnnl::engine &engine, const memory::desc &tensor,
                 const typename Norm::Forward::primitive_desc &forward) {
    return typename Norm::Backward::primitive_desc(
        {dnnl::prop_kind::backward, tensor, tensor, kEpsilon, kFlags}, engine, forward);
}

inline void append_relu(dnnl::post_ops &operations) {
    operations.append_eltwise(1, dnnl::algorithm::eltwise_relu, 0, 0);
}

inline auto add_of(const dnnl::engine &engine, const memory::desc &tensor,
                   const dnnl::primitive_attr &attributes) {
    return dnnl::binary::primitive_desc({dnnl::algorithm::binary_add, tensor, tensor, tensor},
                                        attributes, engine);
}

inline auto relu_backward_of(const dnnl::engine &engine, dnnl::algorithm relu,
                             const memory::desc &tensor) {
    const dnnl::eltwise_forward::primitive_desc forward(
        {dnnl::prop_kind::forward_training, relu, tensor, 0.0f}, engine);
    return dnnl::eltwise_backward::primitive_desc({relu, tensor, tensor, 0.0f}, engine, forward);
}

#endif

}  // namespace jsnorm::bench::onednn
