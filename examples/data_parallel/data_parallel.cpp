// SPDX-License-Identifier: Apache-2.0
// The idea: training on several processes that is training on one. The digits classifier of
// examples/digits, 64 - 128 - 128 - 10 with James-Stein batch norm; every process takes its share
// of each batch, the norms see the whole batch, and gradients of parameters are added. However many
// processes there are, the same digits are printed.
//
//     mpirun -n 4 jsnorm_data_parallel [digits.csv]
#include <algorithm>
#include <array>
#include <cstdio>
#include <exception>
#include <numeric>

#include "../digits/digits_data.hpp"
#include "sync_norm.hpp"

namespace data_parallel {
namespace {

constexpr int64_t kHiddenUnits = 128;
constexpr int64_t kBatch = 60;
constexpr int kEpochs = 6;
constexpr double kLearningRate = 0.02, kMomentum = 0.9;

struct Process {
    int rank = 0, count = 1;
    // This process's share [begin, end) of some images.
    int64_t begin(int64_t images) const { return images * rank / count; }
    int64_t end(int64_t images) const { return images * (rank + 1) / count; }
};

class Network {
  public:
    Network(const jsnorm::Handle &handle, digits::RandomNumbers &random)
        : dense_{DenseLayer(digits::kPixels, kHiddenUnits, random),
                 DenseLayer(kHiddenUnits, kHiddenUnits, random),
                 DenseLayer(kHiddenUnits, digits::kClasses, random)},
          norms_{SyncNorm(handle, kHiddenUnits, MPI_COMM_WORLD),
                 SyncNorm(handle, kHiddenUnits, MPI_COMM_WORLD)} {}

    // One step on the images of all processes. Returns this process's share of the mean
    // cross-entropy.
    double train(const digits::Images &share) {
        std::vector<double> activations(share.pixels.begin(), share.pixels.end());
        std::array<std::vector<double>, 2> norm_inputs;
        std::array<std::vector<double>, 3> dense_inputs;
        for (size_t layer = 0; layer < norms_.size(); ++layer) {
            dense_inputs[layer] = activations;
            norm_inputs[layer] = dense_[layer].forward(activations);
            activations = norms_[layer].forward_training(norm_inputs[layer]);
        }
        dense_inputs.back() = activations;
        std::vector<double> gradient = dense_.back().forward(activations);
        const double loss = cross_entropy(gradient, share.labels);
        gradient = dense_.back().backward(dense_inputs.back(), gradient);
        for (size_t layer = norms_.size(); layer-- > 0;) {
            gradient = norms_[layer].backward(norm_inputs[layer], gradient);
            gradient = dense_[layer].backward(dense_inputs[layer], gradient);
        }
        for (DenseLayer &layer : dense_) step(layer.weights);
        for (SyncNorm &norm : norms_) {
            step(norm.gamma);
            step(norm.beta);
        }
        return loss;
    }

    int64_t recognised(const digits::Images &images, int64_t begin, int64_t end) {
        std::vector<double> activations(images.pixels.begin() + begin * digits::kPixels,
                                        images.pixels.begin() + end * digits::kPixels);
        for (size_t layer = 0; layer < norms_.size(); ++layer) {
            activations = norms_[layer].forward_inference(dense_[layer].forward(activations));
        }
        activations = dense_.back().forward(activations);
        int64_t right = 0;
        for (int64_t i = begin; i < end; ++i) {
            const double *logits = activations.data() + (i - begin) * digits::kClasses;
            right += std::max_element(logits, logits + digits::kClasses) - logits ==
                     images.labels[static_cast<size_t>(i)];
        }
        return right;
    }

  private:
    // Of the whole batch; `logits` become its gradient.
    static double cross_entropy(std::vector<double> &logits, const std::vector<int> &labels) {
        double loss = 0;
        for (size_t row = 0; row < labels.size(); ++row) {
            double *logit = logits.data() + row * digits::kClasses;
            const double largest = *std::max_element(logit, logit + digits::kClasses);
            double sum = 0;
            for (int64_t i = 0; i < digits::kClasses; ++i) sum += std::exp(logit[i] - largest);
            loss += (largest + std::log(sum) - logit[labels[row]]) / kBatch;
            for (int64_t i = 0; i < digits::kClasses; ++i) {
                const double probability = std::exp(logit[i] - largest) / sum;
                logit[i] = (probability - (i == labels[row])) / kBatch;
            }
        }
        return loss;
    }

    // Gradients are parts of the gradient of one mean over the batch: their sum is that gradient.
    static void step(Parameter &parameter) {
        MPI_Allreduce(MPI_IN_PLACE, parameter.gradient.data(),
                      static_cast<int>(parameter.gradient.size()), MPI_DOUBLE, MPI_SUM,
                      MPI_COMM_WORLD);
        parameter.step(kLearningRate, kMomentum);
    }

    std::array<DenseLayer, 3> dense_;
    std::array<SyncNorm, 2> norms_;
};

void train(const Process &process, const digits::Digits &data) {
    jsnorm::Handle handle = jsnorm::Handle::create(JSNORM_BACKEND_CPU).or_throw();
    handle.set_thread_count(1).or_throw();  // the processes are the threads
    digits::RandomNumbers random(1);
    Network network(handle, random);
    std::vector<int64_t> order(static_cast<size_t>(data.training.count()));
    std::iota(order.begin(), order.end(), 0);
    digits::Images share;
    const int64_t begin = process.begin(kBatch), images = process.end(kBatch) - begin;
    const int64_t steps = data.training.count() / kBatch;
    for (int epoch = 1; epoch <= kEpochs; ++epoch) {
        random.shuffle(order);
        double loss = 0;
        for (int64_t i = 0; i < steps; ++i) {
            digits::gather(data.training, order.data() + i * kBatch + begin, images, share);
            loss += network.train(share) / static_cast<double>(steps);
        }
        const int64_t tests = data.test.count();
        int64_t right = network.recognised(data.test, process.begin(tests), process.end(tests));
        MPI_Allreduce(MPI_IN_PLACE, &loss, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
        MPI_Allreduce(MPI_IN_PLACE, &right, 1, MPI_INT64_T, MPI_SUM, MPI_COMM_WORLD);
        if (process.rank > 0) continue;
        std::printf("epoch %d  training loss %.10f  test accuracy %.4f\n", epoch, loss,
                    static_cast<double>(right) / static_cast<double>(tests));
    }
}

}  // namespace
}  // namespace data_parallel

int main(int argc, char **argv) {
    using namespace data_parallel;
    MPI_Init(&argc, &argv);
    Process process;
    MPI_Comm_rank(MPI_COMM_WORLD, &process.rank);
    MPI_Comm_size(MPI_COMM_WORLD, &process.count);
    try {
        const digits::Digits data =
            digits::load_digits(argc > 1 ? argv[1] : "examples/digits/data/digits.csv");
        if (process.rank == 0) {
            std::printf("%d processes, batches of %lld images\n", process.count,
                        static_cast<long long>(kBatch));
        }
        train(process, data);
    } catch (const std::exception &error) {
        std::fprintf(stderr, "process %d: %s\n", process.rank, error.what());
        MPI_Abort(MPI_COMM_WORLD, 1);
    }
    MPI_Finalize();
    return 0;
}
