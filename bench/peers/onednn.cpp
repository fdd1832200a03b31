// SPDX-License-Identifier: Apache-2.0
// oneDNN: the plain layer, in this process and on the same OpenMP threads. Primitives and memory
// objects are made once. It has no fused residual: with residual and ReLU it runs two primitives,
// as its users do.
#include <omp.h>

#include <algorithm>
#include <unordered_map>

#include "bench/contestants.hpp"
#include "bench/peers/onednn_primitives.hpp"

namespace jsnorm::bench {

namespace {

using namespace onednn;
using Arguments = std::unordered_map<int, memory>;

memory::data_type data_type(jsnormDataType_t type) {
    switch (type) {
        case JSNORM_HALF:
            return memory::data_type::f16;
        case JSNORM_BFLOAT16:
            return memory::data_type::bf16;
        default:
            return memory::data_type::f32;
    }
}

// The tensor in oneDNN's words: N, C, spatial..., or rows and columns. (N, C) is NHWC with a single
// pixel, for which it has vectorised code.
memory::desc tensor_desc(const Case &which) {
    const View view = which.view();
    if (which.shape.layer == Layer::kLayer)
        return {{view.statistics, view.inner}, data_type(which.type), memory::format_tag::ab};
    memory::dims dims = which.shape.dims;
    while (dims.size() < 4) dims.push_back(1);
    const bool last = which.layout == Layout::kChannelsLast;
    using Tag = memory::format_tag;
    const Tag tag =
        dims.size() == 5 ? (last ? Tag::ndhwc : Tag::ncdhw) : (last ? Tag::nhwc : Tag::nchw);
    return {dims, data_type(which.type), tag};
}

template <typename Norm>
class OneDnn : public HostContestant {
  public:
    OneDnn(const Case &which, Tensors &tensors)
        : HostContestant(tensors),
          fused_(which.fusion == Fusion::kAddRelu),
          tensor_(tensor_desc(which)),
          mean_(tensors.saved_mean.begin(), tensors.saved_mean.end()),
          variance_(tensors.saved_variance.begin(), tensors.saved_variance.end()) {
        if (which.direction == Direction::kBackward)
            prepare_backward(tensors);
        else if (which.direction == Direction::kForward)
            prepare_forward(tensors, dnnl::prop_kind::forward_training, kFlags);
        else
            prepare_forward(tensors, dnnl::prop_kind::forward_inference,
                            kFlags | Flags::use_global_stats);
    }

    std::string implementation() const override { return implementation_; }

  private:
    void call(size_t set) override {
        for (const Step &step : steps_[set]) step.primitive.execute(stream_, step.arguments);
        stream_.wait();
    }

    struct Step {
        dnnl::primitive primitive;
        Arguments arguments;
    };

    memory wrap(const memory::desc &desc, void *data) { return {desc, engine_, data}; }
    memory wrap(std::vector<float> &data) {
        const auto size = static_cast<memory::dim>(data.size());
        return {{{size}, memory::data_type::f32, memory::format_tag::a}, engine_, data.data()};
    }

    void prepare_forward(Tensors &tensors, dnnl::prop_kind kind, Flags flags) {
        const auto desc = forward_of<Norm>(engine_, kind, tensor_, flags);
        implementation_ = desc.impl_info_str();
        const typename Norm::Forward norm(desc);
        for (const TensorSet &set : tensors.sets()) {
            std::vector<Step> steps;
            steps.push_back({norm,
                             {{DNNL_ARG_SRC, wrap(tensor_, set.x)},
                              {DNNL_ARG_DST, wrap(tensor_, set.out)},
                              {DNNL_ARG_MEAN, wrap(desc.mean_desc(), mean_.data())},
                              {DNNL_ARG_VARIANCE, wrap(desc.variance_desc(), variance_.data())},
                              {DNNL_ARG_SCALE, wrap(tensors.gamma)},
                              {DNNL_ARG_SHIFT, wrap(tensors.beta)}}});
            if (fused_) steps.push_back(add_relu(set));
            steps_.push_back(std::move(steps));
        }
    }

    Step add_relu(const TensorSet &set) {
        dnnl::post_ops relu;
        append_relu(relu);
        dnnl::primitive_attr attributes;
        attributes.set_post_ops(relu);
        return {dnnl::binary(add_of(engine_, tensor_, attributes)),
                {{DNNL_ARG_SRC_0, wrap(tensor_, set.out)},
                 {DNNL_ARG_SRC_1, wrap(tensor_, set.z)},
                 {DNNL_ARG_DST, wrap(tensor_, set.out)}}};
    }

    void prepare_backward(Tensors &tensors) {
        if (fused_) run_forward(tensors);
        const auto forward =
            forward_of<Norm>(engine_, dnnl::prop_kind::forward_training, tensor_, kFlags);
        const auto desc = backward_of<Norm>(engine_, tensor_, forward);
        implementation_ = desc.impl_info_str();
        const typename Norm::Backward norm(desc);
        for (size_t i = 0; i < tensors.sets().size(); ++i) {
            const TensorSet &set = tensors.sets()[i];
            std::vector<Step> steps;
            if (fused_) steps.push_back(relu_backward(set, *outputs_[i]));
            Arguments arguments = {
                {DNNL_ARG_SRC, wrap(tensor_, set.x)},
                {DNNL_ARG_DIFF_DST, wrap(tensor_, fused_ ? set.dz : set.dy)},
                {DNNL_ARG_DIFF_SRC, wrap(tensor_, set.out)},
                {DNNL_ARG_MEAN, wrap(desc.mean_desc(), mean_.data())},
                {DNNL_ARG_VARIANCE, wrap(desc.variance_desc(), variance_.data())},
                {DNNL_ARG_SCALE, wrap(tensors.gamma)},
                {DNNL_ARG_DIFF_SCALE, wrap(tensors.dgamma)},
                {DNNL_ARG_DIFF_SHIFT, wrap(tensors.dbeta)}};
            // Asked for where it is taken; never read.
            if (Norm::kBackwardTakesShift) arguments.insert({DNNL_ARG_SHIFT, wrap(tensors.beta)});
            steps.push_back({norm, std::move(arguments)});
            steps_.push_back(std::move(steps));
        }
    }

    // Its ReLU takes the gradient by the forward result, which is kept for every set.
    void run_forward(Tensors &tensors) {
        prepare_forward(tensors, dnnl::prop_kind::forward_training, kFlags);
        for (size_t i = 0; i < tensors.sets().size(); ++i) {
            call(i);
            outputs_.push_back(std::make_unique<HostMemory>(tensors.tensor_bytes()));
            const std::byte *y = tensors.sets()[i].out;
            std::copy(y, y + tensors.tensor_bytes(), outputs_.back()->data());
        }
        steps_.clear();
    }

    Step relu_backward(const TensorSet &set, const HostMemory &output) {
        const auto relu = dnnl::algorithm::eltwise_relu_use_dst_for_bwd;
        return {dnnl::eltwise_backward(relu_backward_of(engine_, relu, tensor_)),
                {{DNNL_ARG_DST, wrap(tensor_, output.data())},
                 {DNNL_ARG_DIFF_DST, wrap(tensor_, set.dy)},
                 {DNNL_ARG_DIFF_SRC, wrap(tensor_, set.dz)}}};
    }

    bool fused_;
    dnnl::engine engine_{dnnl::engine::kind::cpu, 0};
    dnnl::stream stream_{engine_};
    memory::desc tensor_;
    std::string implementation_;
    std::vector<float> mean_, variance_;
    std::vector<std::unique_ptr<HostMemory>> outputs_;
    std::vector<std::vector<Step>> steps_;  // of each set
};

}  // namespace

std::unique_ptr<Contestant> make_onednn(const Case &which, Tensors &tensors,
                                        const Settings &settings) {
    omp_set_num_threads(settings.threads);  // what its primitives are made for
    try {
        if (which.shape.layer == Layer::kBatch)
            return std::make_unique<OneDnn<BatchNorm>>(which, tensors);
        return std::make_unique<OneDnn<LayerNorm>>(which, tensors);
    } catch (const dnnl::error &error) {
        throw Unavailable(error.message);
    }
}

std::string onednn_version() {
    const dnnl_version_t *version = dnnl_version();
    return "oneDNN " + std::to_string(version->major) + "." + std::to_string(version->minor) + "." +
           std::to_string(version->patch);
}

}  // namespace jsnorm::bench
