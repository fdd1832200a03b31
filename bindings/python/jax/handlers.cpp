// SPDX-License-Identifier: Apache-2.0
// The operations as XLA calls them. The attributes `operands` and `results` name the buffers by the
// fields of the operation's argument struct, so that those that a call does not have are just
// absent.
#include "objects.hpp"
#include "task_runner.hpp"

#include <string_view>
#include <type_traits>

namespace jsnorm_jax {
namespace {

namespace ffi = xla::ffi;

struct Named {
    std::string_view name;
    ffi::AnyBuffer buffer;
};

// names: with commas between.
template <class Get>
void append(std::vector<Named> &fields, std::string_view names, size_t count, const Get &get) {
    for (size_t i = 0; i < count; ++i) {
        const size_t end = names.find(',');
        require(!names.empty(), "more buffers than names");
        fields.push_back({names.substr(0, end), get(i)});
        names = end == std::string_view::npos ? std::string_view() : names.substr(end + 1);
    }
    require(names.empty(), "fewer buffers than names");
}

// What is known of the view of x, for the sizes of everything else.
struct Sizes {
    int64_t statistics;  // of all groups
    int64_t statistics_per_group;
    int64_t parameters;
};

template <class Args>
class Call {
  public:
    Call(Args &args, const std::vector<Named> &fields, int64_t channel_axis) : args_(args) {
        for (const auto &[name, buffer] : fields) {
            if (name == "x") {
                x_ = &buffer;
            }
        }
        require(x_ != nullptr, "no x");
        describe_tensor(tensor_, *x_, channel_axis);
        args_.x_desc = tensor_.get();
    }

    jsnormTensorDescriptor_t x_desc() const { return tensor_.get(); }

    void place(const Named &field, const Sizes &sizes) {
        const bool known =
            place_tensor(field) || place_vector(field, sizes) || place_memory(field, sizes);
        require(known, "no operand or result " + std::string(field.name) + " here");
    }

  private:
    template <class Pointer>
    static bool put(Pointer &pointer, const Named &field) {
        pointer = static_cast<Pointer>(field.buffer.untyped_data());
        return true;
    }

    // Of the dims and the type of x.
    bool place_tensor(const Named &field) {
        const auto put_tensor = [&](auto &pointer, jsnormTensorDescriptor_t &descriptor) {
            const auto dims = field.buffer.dimensions();
            const auto expected = x_->dimensions();
            require(std::equal(dims.begin(), dims.end(), expected.begin(), expected.end()) &&
                        field.buffer.element_type() == x_->element_type(),
                    std::string(field.name) + " has not the dims and type of x");
            descriptor = tensor_.get();
            return put(pointer, field);
        };
        if (field.name == "x") {
            return put_tensor(args_.x, args_.x_desc);
        }
        if constexpr (requires { args_.y; }) {
            if (field.name == "y") {
                return put_tensor(args_.y, args_.y_desc);
            }
            if (field.name == "z") {
                return put_tensor(args_.z, args_.z_desc);
            }
        }
        if constexpr (requires { args_.dy; }) {
            if (field.name == "dy") {
                return put_tensor(args_.dy, args_.dy_desc);
            }
            if (field.name == "dx") {
                return put_tensor(args_.dx, args_.dx_desc);
            }
            if (field.name == "dz") {
                return put_tensor(args_.dz, args_.dz_desc);
            }
        }
        return false;
    }

    // Parameters and running statistics, each with one type for all.
    bool place_vector(const Named &field, const Sizes &sizes) {
        const auto put_vector = [&](auto &pointer, jsnormTensorDescriptor_t &descriptor,
                                    TensorDescriptor &own, int64_t count) {
            require(static_cast<int64_t>(field.buffer.element_count()) == count,
                    std::string(field.name) + " needs " + std::to_string(count) + " entries");
            const auto type = data_type(field.buffer);
            if (descriptor == nullptr) {
                own.set(type, {count}, nullptr);
                descriptor = own.get();
            }
            jsnormDataType_t first{};
            check(jsnormGetTensorDescriptor(descriptor, &first, nullptr, nullptr, nullptr));
            require(first == type,
                    std::string(field.name) + " is of another type than its companion");
            return put(pointer, field);
        };
        const auto parameter = [&](auto &pointer) {
            return put_vector(pointer, args_.parameter_desc, parameters_, sizes.parameters);
        };
        if (field.name == "gamma") {
            return parameter(args_.gamma);
        }
        if (field.name == "beta") {
            return parameter(args_.beta);
        }
        if constexpr (requires { args_.dgamma; }) {
            if (field.name == "dgamma") {
                return parameter(args_.dgamma);
            }
            if (field.name == "dbeta") {
                return parameter(args_.dbeta);
            }
        }
        if constexpr (requires { args_.running_mean; }) {
            const auto running = [&](auto &pointer) {
                return put_vector(pointer, args_.running_desc, running_,
                                  sizes.statistics_per_group);
            };
            if (field.name == "running_mean") {
                return running(args_.running_mean);
            }
            if (field.name == "running_variance") {
                return running(args_.running_variance);
            }
            if constexpr (requires { args_.next_running_mean; }) {
                if (field.name == "next_running_mean") {
                    return running(args_.next_running_mean);
                }
                if (field.name == "next_running_variance") {
                    return running(args_.next_running_variance);
                }
            }
        }
        return false;
    }

    // By their bytes. Saved statistics are doubles, and travel as pairs of words: JAX has no double
    // unless the program asked for it.
    bool place_memory(const Named &field, const Sizes &sizes) {
        const auto bytes = field.buffer.size_bytes();
        const auto statistics = [&](auto &pointer) {
            require(bytes == sizes.statistics * sizeof(double),
                    std::string(field.name) + " needs " + std::to_string(sizes.statistics) +
                        " doubles");
            return put(pointer, field);
        };
        if constexpr (requires { args_.saved_mean; }) {
            if (field.name == "saved_mean") {
                return statistics(args_.saved_mean);
            }
            if (field.name == "saved_variance") {
                return statistics(args_.saved_variance);
            }
        }
        if (field.name == "mask") {
            size_t needed = 0;
            check(jsnormGetMaskSize(tensor_.get(), &needed));
            require(bytes == needed, "mask needs " + std::to_string(needed) + " bytes");
            return put(args_.mask, field);
        }
        if (field.name == "workspace") {
            args_.workspace_bytes = bytes;
            return put(args_.workspace, field);
        }
        return false;
    }

    Args &args_;
    const ffi::AnyBuffer *x_ = nullptr;
    TensorDescriptor tensor_;
    TensorDescriptor parameters_;
    TensorDescriptor running_;
};

jsnormHandle_t handle_of_this_thread() {
    static thread_local Handle handle;
    if (handle.get() == nullptr) {
        check(jsnormCreate(handle.receive(), JSNORM_BACKEND_CPU));
    }
    return handle.get();
}

template <class Args, auto init, auto operation>
void run(ffi::ThreadPool &threads, const ffi::Dictionary &attributes,
         const ffi::RemainingArgs &operands, const ffi::RemainingRets &results) {
    std::vector<Named> fields;
    append(fields, attribute<std::string_view>(attributes, "operands"), operands.size(),
           [&](size_t i) { return *operands.get<ffi::AnyBuffer>(i); });
    append(fields, attribute<std::string_view>(attributes, "results"), results.size(),
           [&](size_t i) { return **results.get<ffi::AnyBuffer>(i); });

    Args args;
    check(init(&args, sizeof args));
    NormDescriptor norm;
    set_up(norm, attributes);
    Call<Args> call(args, fields, attribute<int64_t>(attributes, "channel_axis"));
    int64_t groups = 0;
    int64_t statistics = 0;
    int64_t parameters = 0;
    check(jsnormGetStatisticsShape(norm.get(), call.x_desc(), &groups, &statistics, nullptr,
                                   &parameters));
    for (const auto &field : fields) {
        call.place(field, {groups * statistics, statistics, parameters});
    }
    if constexpr (requires { args.factor; }) {
        args.factor = attribute<double>(attributes, "factor");
    }
    if constexpr (requires { args.running_element_count; }) {
        args.running_element_count = attribute<int64_t>(attributes, "element_count");
    }

    const auto handle = handle_of_this_thread();
    const auto most_threads = std::clamp<int64_t>(threads.num_threads(), 1, 4096);
    check(jsnormSetThreadCount(handle, static_cast<int32_t>(most_threads)));
    check(jsnormSetTaskRunner(handle, parallel_for, &threads));
    check(operation(handle, norm.get(), &args));
}

template <class Args, auto init, auto operation>
ffi::Error answer(ffi::ThreadPool threads, ffi::Dictionary attributes, ffi::RemainingArgs operands,
                  ffi::RemainingRets results) {
    try {
        run<Args, init, operation>(threads, attributes, operands, results);
        return ffi::Error::Success();
    } catch (const std::exception &reason) {
        return ffi::Error(ffi::ErrorCode::kInvalidArgument, reason.what());
    }
}

auto signature() {
    return ffi::Ffi::Bind()
        .Ctx<ffi::ThreadPool>()
        .Attrs<ffi::Dictionary>()
        .RemainingArgs()
        .RemainingRets();
}

}  // namespace

#define JSNORM_JAX_EXPORT __attribute__((visibility("default")))

extern "C" {
JSNORM_JAX_EXPORT XLA_FFI_Error *jsnorm_jax_forward(XLA_FFI_CallFrame *frame);
JSNORM_JAX_EXPORT XLA_FFI_Error *jsnorm_jax_infer(XLA_FFI_CallFrame *frame);
JSNORM_JAX_EXPORT XLA_FFI_Error *jsnorm_jax_backward(XLA_FFI_CallFrame *frame);
JSNORM_JAX_EXPORT XLA_FFI_Error *jsnorm_jax_backward_fixed_statistics(XLA_FFI_CallFrame *frame);
}

XLA_FFI_DEFINE_HANDLER_SYMBOL(
    jsnorm_jax_forward,
    (answer<jsnormForwardTrainingArgs_t, jsnormForwardTrainingArgsInit, jsnormForwardTraining>),
    signature());
XLA_FFI_DEFINE_HANDLER_SYMBOL(
    jsnorm_jax_infer,
    (answer<jsnormForwardInferenceArgs_t, jsnormForwardInferenceArgsInit, jsnormForwardInference>),
    signature());
XLA_FFI_DEFINE_HANDLER_SYMBOL(
    jsnorm_jax_backward, (answer<jsnormBackwardArgs_t, jsnormBackwardArgsInit, jsnormBackward>),
    signature());
XLA_FFI_DEFINE_HANDLER_SYMBOL(
    jsnorm_jax_backward_fixed_statistics,
    (answer<jsnormBackwardFixedStatisticsArgs_t, jsnormBackwardFixedStatisticsArgsInit,
            jsnormBackwardFixedStatistics>),
    signature());

}  // namespace jsnorm_jax
