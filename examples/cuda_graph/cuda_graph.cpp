// SPDX-License-Identifier: Apache-2.0
// The idea: a CUDA stream and a graph. Operations allocate nothing and do not synchronise, so that
// a training step is captured once and launched again and again on whatever the tensors then hold.
// Here y of a captured batch norm is compared, for two inputs, with calls on the CPU backend.
#include <cuda_runtime_api.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <jsnorm/jsnorm.hpp>
#include <stdexcept>
#include <vector>

namespace {

constexpr size_t kElements = 8 * 16 * 7 * 7;
constexpr int kNoDevice = 77;  // ctest: skipped
constexpr double kTolerance = 1e-5;

void require(cudaError_t error) {
    if (error != cudaSuccess) throw std::runtime_error(cudaGetErrorString(error));
}

class DeviceBytes {
  public:
    explicit DeviceBytes(size_t bytes) { require(cudaMalloc(&data_, bytes)); }
    ~DeviceBytes() { cudaFree(data_); }
    DeviceBytes(const DeviceBytes &) = delete;
    DeviceBytes &operator=(const DeviceBytes &) = delete;
    void *data() const { return data_; }

  private:
    void *data_ = nullptr;
};

class Stream {
  public:
    Stream() { require(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking)); }
    ~Stream() { cudaStreamDestroy(stream_); }
    Stream(const Stream &) = delete;
    Stream &operator=(const Stream &) = delete;
    cudaStream_t get() const { return stream_; }

  private:
    cudaStream_t stream_ = nullptr;
};

class Graph {
  public:
    // Records what `enqueue` puts on the stream, and runs none of it.
    template <typename Enqueue>
    Graph(const Stream &stream, const Enqueue &enqueue) {
        require(cudaStreamBeginCapture(stream.get(), cudaStreamCaptureModeThreadLocal));
        enqueue();
        cudaGraph_t graph = nullptr;
        require(cudaStreamEndCapture(stream.get(), &graph));
        const cudaError_t error = cudaGraphInstantiateWithFlags(&graph_, graph, 0);
        cudaGraphDestroy(graph);
        require(error);
    }
    ~Graph() { cudaGraphExecDestroy(graph_); }
    Graph(const Graph &) = delete;
    Graph &operator=(const Graph &) = delete;
    void launch(const Stream &stream) const { require(cudaGraphLaunch(graph_, stream.get())); }

  private:
    cudaGraphExec_t graph_ = nullptr;
};

std::vector<float> input(int which) {
    std::vector<float> x(kElements);
    for (size_t i = 0; i < kElements; ++i)
        x[i] = 2.0f + std::sin(0.7f * static_cast<float>(i) + static_cast<float>(which));
    return x;
}

struct Layer {
    jsnorm::TensorDescriptor desc =
        jsnorm::TensorDescriptor::create(JSNORM_FLOAT, {8, 16, 7, 7}).or_throw();
    jsnorm::NormDescriptor norm = jsnorm::NormBuilder(JSNORM_BATCH_NORM).build().or_throw();

    size_t workspace_bytes(const jsnorm::Handle &handle) const {
        return jsnorm::workspace_size(handle, norm, desc, JSNORM_FORWARD_TRAINING).or_throw();
    }

    // x, y, workspace: memory of the handle's backend.
    void forward(const jsnorm::Handle &handle, const void *x, void *y, void *workspace,
                 size_t workspace_bytes) const {
        jsnorm::ForwardTrainingArgs args;
        args.x_desc = args.y_desc = desc;
        args.x = x;
        args.y = y;
        args.workspace = workspace;
        args.workspace_bytes = workspace_bytes;
        jsnorm::forward_training(handle, norm, args).or_throw();
    }
};

int compare(jsnorm::Handle &device) {
    const Layer layer;
    const auto host = jsnorm::Handle::create(JSNORM_BACKEND_CPU).or_throw();
    const Stream stream;
    device.set_stream(stream.get()).or_throw();
    device.warmup().or_throw();  // before a capture: what first calls load cannot be captured

    const size_t bytes = kElements * sizeof(float);
    const size_t workspace_bytes = layer.workspace_bytes(device);
    const DeviceBytes x(bytes), y(bytes), workspace(workspace_bytes + 1);
    const Graph graph(stream, [&] {
        layer.forward(device, x.data(), y.data(), workspace.data(), workspace_bytes);
    });

    std::vector<float> found(kElements), expected(kElements);
    std::vector<std::byte> host_workspace(layer.workspace_bytes(host));
    double largest = 0.0;
    for (const int which : {0, 1}) {
        const std::vector<float> values = input(which);
        require(
            cudaMemcpyAsync(x.data(), values.data(), bytes, cudaMemcpyHostToDevice, stream.get()));
        graph.launch(stream);
        require(
            cudaMemcpyAsync(found.data(), y.data(), bytes, cudaMemcpyDeviceToHost, stream.get()));
        require(cudaStreamSynchronize(stream.get()));
        layer.forward(host, values.data(), expected.data(), host_workspace.data(),
                      host_workspace.size());
        for (size_t i = 0; i < kElements; ++i)
            largest = std::fmax(largest, std::fabs(double{found[i]} - double{expected[i]}));
    }
    std::printf("two launches of one graph: largest difference to the CPU %.1e\n", largest);
    return largest < kTolerance ? 0 : 1;
}

}  // namespace

int main() {
    try {
        auto device = jsnorm::Handle::create(JSNORM_BACKEND_CUDA);
        if (device.status().code() == JSNORM_STATUS_NOT_SUPPORTED_BACKEND) {
            std::printf("skipped: %s\n", device.status().message().c_str());
            return kNoDevice;
        }
        device.status().or_throw();
        return compare(device.value());
    } catch (const std::exception &error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
