// SPDX-License-Identifier: Apache-2.0
//
// A layer with tensors of any size on the device, forward and backward, for tests that need more
// than the small problems of tests/api.
#ifndef JSNORM_TESTS_GPU_LAYER_HPP
#define JSNORM_TESTS_GPU_LAYER_HPP

#include <ostream>
#include <string>
#include <vector>

#include "tests/gpu/device_work.hpp"
#include "tests/support/api_objects.hpp"
#include "tests/support/buffer.hpp"
#include "tests/support/float_types.hpp"
#include "tests/support/random.hpp"
#include "tests/support/test_backend.hpp"

namespace jsnorm::test::gpu {

struct LayerShape {
    const char *name;
    jsnormNormKind_t kind;
    jsnormDataType_t type;
    std::vector<int64_t> dims;
    bool channels_last = false;

    int64_t elements() const {
        int64_t count = 1;
        for (const int64_t size : dims) count *= size;
        return count;
    }
    friend void PrintTo(const LayerShape &shape, std::ostream *out) { *out << shape.name; }
    LayerShape with_samples(int64_t samples) const {
        LayerShape other = *this;
        other.dims[0] = samples;
        return other;
    }
    std::vector<int64_t> strides() const {
        std::vector<int64_t> result(dims.size());
        int64_t stride = channels_last ? dims[1] : 1;
        for (size_t axis = dims.size(); axis-- > 0;) {
            if (channels_last && axis == 1) {
                result[axis] = 1;
            } else {
                result[axis] = stride;
                stride *= dims[axis];
            }
        }
        return result;
    }
};

// Memory of the device without canaries, for sizes at which copies on the host are out of question.
class DeviceBytes {
  public:
    explicit DeviceBytes(size_t bytes)
        : memory_(memory_of(test_backend())), data_(memory_.allocate(bytes)), bytes_(bytes) {}
    ~DeviceBytes() { memory_.release(data_); }
    DeviceBytes(const DeviceBytes &) = delete;
    DeviceBytes &operator=(const DeviceBytes &) = delete;
    template <class T = void>
    T *as() const {
        return static_cast<T *>(data_);
    }
    size_t bytes() const { return bytes_; }
    void write(const std::vector<std::byte> &host) {
        memory_.upload(data_, host.data(), host.size());
    }
    std::vector<std::byte> read(size_t begin, size_t bytes) const {
        std::vector<std::byte> host(bytes);
        memory_.download(host.data(), as<std::byte>() + begin, bytes);
        return host;
    }
    std::vector<std::byte> read() const { return read(0, bytes_); }

  private:
    Memory &memory_;
    void *data_;
    size_t bytes_;
};

inline std::vector<std::byte> random_bytes(jsnormDataType_t type, int64_t count, uint64_t seed) {
    Random random(seed);
    const size_t size = size_of(type);
    std::vector<std::byte> bytes(static_cast<size_t>(count) * size);
    for (size_t i = 0; i < bytes.size(); i += size)
        store(type, bytes.data() + i, 0.5 + random.uniform(-2, 2));
    return bytes;
}

class Layer {
  public:
    // x and dy are those of the first `pattern_samples` samples, over and over.
    Layer(jsnormHandle_t handle, const LayerShape &shape, int64_t pattern_samples)
        : handle_(handle),
          norm_(shape.kind),
          desc_(shape.type, shape.dims, shape.strides()),
          x(tensor_bytes(shape)),
          dy(tensor_bytes(shape)),
          y(tensor_bytes(shape)),
          dx(tensor_bytes(shape)),
          dgamma(vector_bytes(&View::parameters)),
          dbeta(vector_bytes(&View::parameters)),
          mean(vector_bytes(&View::statistics)),
          variance(vector_bytes(&View::statistics)),
          forward_workspace_(workspace_bytes(JSNORM_FORWARD_TRAINING)),
          backward_workspace_(workspace_bytes(JSNORM_BACKWARD)) {
        const LayerShape pattern = shape.with_samples(pattern_samples);
        x.write(random_bytes(shape.type, pattern.elements(), 1));
        dy.write(random_bytes(shape.type, pattern.elements(), 2));
        for (DeviceBytes *tensor : {&x, &dy})
            repeat(tensor->as(), tensor_bytes(pattern), tensor->bytes());
    }

    static size_t tensor_bytes(const LayerShape &shape) {
        return static_cast<size_t>(shape.elements()) * size_of(shape.type);
    }

    void forward() const {
        jsnormForwardTrainingArgs_t args;
        require(jsnormForwardTrainingArgsInit(&args, sizeof args), "init");
        args.x_desc = args.y_desc = desc_.get();
        args.x = x.as();
        args.y = y.as();
        args.saved_mean = mean.as<double>();
        args.saved_variance = variance.as<double>();
        args.workspace = forward_workspace_.as();
        args.workspace_bytes = forward_workspace_.bytes();
        require(jsnormForwardTraining(handle_, norm_.get(), &args), "jsnormForwardTraining");
    }

    void backward() const {
        jsnormBackwardArgs_t args;
        require(jsnormBackwardArgsInit(&args, sizeof args), "init");
        args.x_desc = args.dy_desc = args.dx_desc = desc_.get();
        args.x = x.as();
        args.dy = dy.as();
        args.dx = dx.as();
        args.dgamma = dgamma.as();
        args.dbeta = dbeta.as();
        args.saved_mean = mean.as<double>();
        args.saved_variance = variance.as<double>();
        args.workspace = backward_workspace_.as();
        args.workspace_bytes = backward_workspace_.bytes();
        require(jsnormBackward(handle_, norm_.get(), &args), "jsnormBackward");
    }

    jsnormMemoryTraffic_t traffic(jsnormOperation_t operation) const {
        jsnormMemoryTraffic_t bytes;
        require(jsnormMemoryTrafficInit(&bytes, sizeof bytes), "jsnormMemoryTrafficInit");
        require(jsnormGetMemoryTraffic(handle_, norm_.get(), desc_.get(), operation, 0, &bytes),
                "jsnormGetMemoryTraffic");
        return bytes;
    }

  private:
    struct View {
        int64_t groups = 0, per_group = 0, elements = 0, parameters = 0, statistics = 0;
    };
    View view() const {
        View v;
        require(jsnormGetStatisticsShape(norm_.get(), desc_.get(), &v.groups, &v.per_group,
                                         &v.elements, &v.parameters),
                "jsnormGetStatisticsShape");
        v.statistics = v.groups * v.per_group;
        return v;
    }
    size_t vector_bytes(int64_t View::*count) const {
        return static_cast<size_t>(view().*count) * sizeof(double);  // enough for any type
    }
    size_t workspace_bytes(jsnormOperation_t operation) const {
        size_t bytes = 0;
        require(jsnormGetWorkspaceSize(handle_, norm_.get(), desc_.get(), operation, &bytes),
                "jsnormGetWorkspaceSize");
        return bytes;
    }

    jsnormHandle_t handle_;
    NormDescriptor norm_;
    TensorDescriptor desc_;

  public:
    DeviceBytes x, dy, y, dx, dgamma, dbeta, mean, variance;

  private:
    DeviceBytes forward_workspace_, backward_workspace_;
};

}  // namespace jsnorm::test::gpu

#endif
