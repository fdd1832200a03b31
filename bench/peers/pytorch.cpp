// SPDX-License-Identifier: Apache-2.0
// PyTorch, in the process of pytorch_worker.py.
#include <algorithm>
#include <cstdlib>
#include <cstring>

#include <map>

#include "bench/contestants.hpp"
#include "bench/peers/pytorch.hpp"
#include "bench/peers/worker.hpp"

namespace jsnorm::bench {

namespace {

// One for all cases, because importing torch takes seconds; or why there is none.
struct Running {
    std::unique_ptr<Worker> worker;
    std::string refusal = "was not started";
};

Running &running(const TorchMode &mode) {
    static std::map<std::string, Running> by_name;
    return by_name[mode.name];
}

void start(const TorchMode &mode, const Settings &settings) {
    const std::string python = settings.python.empty() ? "python3" : settings.python;
    Running &own = running(mode);
    try {
        // Memory that a result gave back is kept for the next one.
        own.worker = std::make_unique<Worker>(
            std::vector<std::string>{python, settings.peers_folder + "/" + mode.script, mode.name},
            std::vector<std::string>{"MALLOC_MMAP_MAX_=0", "MALLOC_TRIM_THRESHOLD_=1000000000000"});
    } catch (const std::runtime_error &error) {
        const std::string words = error.what();
        const bool no_torch = words.find("No module named 'torch'") != std::string::npos;
        own.refusal = (no_torch ? "no torch in " + python : python + ": " + words) +
                      ": --python or JSNORM_PYTHON can name another";
    }
}

// Where each tensor is in the shared memory: parts of one size each, parameters after the tensors.
class Exchange {
  public:
    explicit Exchange(const Tensors &tensors)
        : tensor_bytes_(tensors.tensor_bytes()),
          spacing_((tensor_bytes_ + 4095) / 4096 * 4096),
          parameter_bytes_(sizeof(float) *
                           std::max(tensors.gamma.size(), tensors.saved_mean.size())),
          memory_(5 * spacing_ + 6 * parameter_bytes_) {}

    void put(const Tensors &tensors) {
        const TensorSet &set = tensors.first();
        const std::byte *inputs[] = {set.x, set.z, set.dy};
        for (size_t i = 0; i < 3; ++i)
            if (inputs[i] != nullptr) std::memcpy(tensor(i), inputs[i], tensor_bytes_);
        const std::vector<float> *parameters[] = {&tensors.gamma, &tensors.beta,
                                                  &tensors.running_mean, &tensors.running_variance};
        for (size_t i = 0; i < 4; ++i)
            std::memcpy(parameter(i), parameters[i]->data(), parameters[i]->size() * sizeof(float));
    }

    void get(Tensors &tensors) {
        const TensorSet &set = tensors.first();
        std::memcpy(set.out, tensor(3), tensor_bytes_);
        if (set.dz != nullptr) std::memcpy(set.dz, tensor(4), tensor_bytes_);
        std::memcpy(tensors.dgamma.data(), parameter(4), tensors.dgamma.size() * sizeof(float));
        std::memcpy(tensors.dbeta.data(), parameter(5), tensors.dbeta.size() * sizeof(float));
    }

    std::string describe() const {
        return " path=" + memory_.path() + " spacing=" + std::to_string(spacing_) +
               " parameter_spacing=" + std::to_string(parameter_bytes_);
    }

  private:
    std::byte *tensor(size_t i) const { return memory_.data() + i * spacing_; }
    std::byte *parameter(size_t i) const {
        return memory_.data() + 5 * spacing_ + i * parameter_bytes_;
    }

    size_t tensor_bytes_, spacing_, parameter_bytes_;
    SharedMemory memory_;
};

class PyTorch : public Contestant {
  public:
    PyTorch(const Case &which, Tensors &tensors, int threads, Worker &worker)
        : tensors_(tensors), exchange_(tensors), worker_(worker) {
        exchange_.put(tensors);
        std::string dims = dims_text(which.shape);
        if (which.shape.layer == Layer::kLayer) {
            const View view = which.view();
            dims = std::to_string(view.statistics) + "x" + std::to_string(view.inner);
        }
        ask("prepare layer=" + std::string(which.shape.layer == Layer::kBatch ? "batch" : "layer") +
            " dims=" + dims +
            " channels_last=" + std::to_string(which.layout == Layout::kChannelsLast) +
            " type=" + type_name(which.type) + " direction=" + direction_name(which.direction) +
            " add_relu=" + std::to_string(which.fusion == Fusion::kAddRelu) + " threads=" +
            std::to_string(threads) + " sets=" + std::to_string(tensors.rotation().sets) +
            " misalignment=" + std::to_string(which.shape.misalignment) + exchange_.describe());
    }
    ~PyTorch() override {
        try {
            ask("forget");
        } catch (const std::runtime_error &) {  // it is gone, and its memory with it
        }
    }

    void run() override {
        ask("run");
        exchange_.get(tensors_);
    }
    double seconds(int64_t calls) override {
        return std::strtod(ask("time calls=" + std::to_string(calls)).c_str(), nullptr);
    }
    Home home() const override { return Home::kWorker; }

  private:
    std::string ask(const std::string &line) const { return worker_.ask(line); }

    Tensors &tensors_;
    Exchange exchange_;
    Worker &worker_;
};

}  // namespace

std::unique_ptr<Contestant> make_torch(const TorchMode &mode, const Case &which, Tensors &tensors,
                                       const Settings &settings) {
    Running &own = running(mode);
    if (own.worker == nullptr && own.refusal == "was not started") start(mode, settings);
    if (own.worker == nullptr) throw Unavailable(own.refusal);
    return std::make_unique<PyTorch>(which, tensors, settings.threads, *own.worker);
}

std::string torch_version(const TorchMode &mode) {
    const Running &own = running(mode);
    if (own.worker == nullptr) return own.refusal;
    return "PyTorch " + own.worker->greeting();
}

}  // namespace jsnorm::bench
