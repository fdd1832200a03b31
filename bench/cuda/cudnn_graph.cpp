// SPDX-License-Identifier: Apache-2.0
#include "bench/cuda/cudnn_graph.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <string>
#include <utility>

#include "bench/contestant.hpp"
#include "bench/cuda/replay.hpp"

namespace jsnorm::bench {

namespace {

constexpr size_t kMostConfigurations = 32;  // of one heuristic
constexpr int kTrials = 3;                  // whose least time counts

std::vector<CudnnDescriptor> suggestions(cudnnBackendHeurMode_t mode,
                                         const CudnnDescriptor &graph) {
    CudnnDescriptor heuristics(CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
    heuristics.set(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, graph);
    heuristics.set(CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE, &mode);
    if (heuristics.finalize() != CUDNN_STATUS_SUCCESS) return {};
    std::vector<CudnnDescriptor> configurations;
    std::vector<cudnnBackendDescriptor_t> handles;
    for (size_t i = 0; i < kMostConfigurations; ++i) {
        configurations.emplace_back(CUDNN_BACKEND_ENGINECFG_DESCRIPTOR);
        handles.push_back(configurations.back().get());
    }
    int64_t found = 0;
    if (cudnn().cudnnBackendGetAttribute(heuristics.get(), CUDNN_ATTR_ENGINEHEUR_RESULTS,
                                         CUDNN_TYPE_BACKEND_DESCRIPTOR, kMostConfigurations, &found,
                                         handles.data()) != CUDNN_STATUS_SUCCESS)
        return {};
    while (configurations.size() > static_cast<size_t>(found)) configurations.pop_back();
    return configurations;
}

// Configurations refer to engines.
struct Candidates {
    std::vector<CudnnDescriptor> engines, configurations;
};

// Every engine with its own choice of knobs.
void append_engines(const CudnnDescriptor &graph, Candidates &all) {
    const int64_t count = graph.get(CUDNN_ATTR_OPERATIONGRAPH_ENGINE_GLOBAL_COUNT);
    for (int64_t i = 0; i < count; ++i) {
        CudnnDescriptor engine(CUDNN_BACKEND_ENGINE_DESCRIPTOR);
        engine.set(CUDNN_ATTR_ENGINE_OPERATION_GRAPH, graph);
        engine.set(CUDNN_ATTR_ENGINE_GLOBAL_INDEX, i);
        if (engine.finalize() != CUDNN_STATUS_SUCCESS) continue;
        CudnnDescriptor configuration(CUDNN_BACKEND_ENGINECFG_DESCRIPTOR);
        configuration.set(CUDNN_ATTR_ENGINECFG_ENGINE, engine);
        if (configuration.finalize() != CUDNN_STATUS_SUCCESS) continue;
        all.engines.push_back(std::move(engine));
        all.configurations.push_back(std::move(configuration));
    }
}

// The first suggestion of each heuristic, then the second of each, so that time that runs out cuts
// off the least likely ones.
Candidates candidates_for(const CudnnDescriptor &graph) {
    std::vector<CudnnDescriptor> lists[] = {suggestions(CUDNN_HEUR_MODE_A, graph),
                                            suggestions(CUDNN_HEUR_MODE_B, graph),
                                            suggestions(CUDNN_HEUR_MODE_FALLBACK, graph)};
    Candidates all;
    for (size_t i = 0; i < kMostConfigurations; ++i)
        for (auto &list : lists)
            if (i < list.size()) all.configurations.push_back(std::move(list[i]));
    try {
        append_engines(graph, all);
    } catch (const Unavailable &) {  // what was suggested remains
    }
    return all;
}

}  // namespace

CudnnDescriptor::CudnnDescriptor(cudnnBackendDescriptorType_t type) {
    check(cudnn().cudnnBackendCreateDescriptor(type, &descriptor_), "cudnnBackendCreateDescriptor");
}

CudnnDescriptor::~CudnnDescriptor() {
    if (descriptor_ != nullptr) cudnn().cudnnBackendDestroyDescriptor(descriptor_);
}

CudnnDescriptor::CudnnDescriptor(CudnnDescriptor &&other) noexcept
    : descriptor_(std::exchange(other.descriptor_, nullptr)) {}

void CudnnDescriptor::set(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type,
                          const void *values, int64_t count) {
    check(cudnn().cudnnBackendSetAttribute(descriptor_, name, type, count, values),
          "cudnnBackendSetAttribute");
}

void CudnnDescriptor::set(cudnnBackendAttributeName_t name, const CudnnDescriptor &other) {
    set(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, &other.descriptor_);
}

void CudnnDescriptor::set(cudnnBackendAttributeName_t name, int64_t value) {
    set(name, CUDNN_TYPE_INT64, &value);
}

int64_t CudnnDescriptor::get(cudnnBackendAttributeName_t name) const {
    int64_t value = 0, count = 0;
    check(cudnn().cudnnBackendGetAttribute(descriptor_, name, CUDNN_TYPE_INT64, 1, &count, &value),
          "cudnnBackendGetAttribute");
    return value;
}

cudnnStatus_t CudnnDescriptor::finalize() {
    return cudnn().cudnnBackendFinalize(descriptor_);
}

int64_t CudnnGraph::tensor(cudnnBackendAttributeName_t name, cudnnDataType_t type,
                           const std::vector<int64_t> &dims, const std::vector<int64_t> &strides,
                           int64_t alignment, bool by_value) {
    const auto id = static_cast<int64_t>(tensors_.size()) + 1;
    CudnnDescriptor tensor(CUDNN_BACKEND_TENSOR_DESCRIPTOR);
    tensor.set(CUDNN_ATTR_TENSOR_DATA_TYPE, CUDNN_TYPE_DATA_TYPE, &type);
    tensor.set(CUDNN_ATTR_TENSOR_DIMENSIONS, CUDNN_TYPE_INT64, dims.data(),
               static_cast<int64_t>(dims.size()));
    tensor.set(CUDNN_ATTR_TENSOR_STRIDES, CUDNN_TYPE_INT64, strides.data(),
               static_cast<int64_t>(strides.size()));
    tensor.set(CUDNN_ATTR_TENSOR_UNIQUE_ID, id);
    tensor.set(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, alignment);
    tensor.set(CUDNN_ATTR_TENSOR_IS_BY_VALUE, CUDNN_TYPE_BOOLEAN, &by_value);
    check(tensor.finalize(), "tensor");
    operation_.set(name, tensor);
    tensors_.push_back(std::move(tensor));
    return id;
}

CudnnGraph::Plan CudnnGraph::plan_of(const CudnnDescriptor &configuration) const {
    Plan plan;
    plan.descriptor = std::make_unique<CudnnDescriptor>(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
    plan.descriptor->set(CUDNN_ATTR_EXECUTION_PLAN_HANDLE, CUDNN_TYPE_HANDLE, &cudnn().handle);
    plan.descriptor->set(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, configuration);
    check(plan.descriptor->finalize(), "execution plan");
    const int64_t bytes = plan.descriptor->get(CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE);
    plan.workspace = std::make_unique<DeviceMemory>(static_cast<size_t>(bytes));
    return plan;
}

void CudnnGraph::plan(double seconds, cudaStream_t stream, const std::function<void()> &run) {
    check(operation_.finalize(), "operation");
    CudnnDescriptor graph(CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
    graph.set(CUDNN_ATTR_OPERATIONGRAPH_OPS, operation_);
    graph.set(CUDNN_ATTR_OPERATIONGRAPH_HANDLE, CUDNN_TYPE_HANDLE, &cudnn().handle);
    check(graph.finalize(), "operation graph");
    const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
    std::string refusal = "no engine of cuDNN takes the operation";
    Plan best;
    double least = 0;
    const Candidates candidates = candidates_for(graph);
    for (const CudnnDescriptor &configuration : candidates.configurations) {
        if (best.descriptor != nullptr && std::chrono::steady_clock::now() >= end) break;
        try {
            plan_ = plan_of(configuration);
            Replay replay(stream, run);
            double time = INFINITY;
            for (int i = 0; i < kTrials; ++i) time = std::min(time, replay.seconds(1));
            if (best.descriptor != nullptr && time >= least) continue;
            least = time;
        } catch (const std::runtime_error &error) {  // another one may do it
            cudaGetLastError();
            refusal = error.what();
            continue;
        }
        best = std::move(plan_);
    }
    plan_ = std::move(best);
    if (plan_.descriptor == nullptr) throw Unavailable(refusal);
}

void CudnnGraph::execute(const std::vector<void *> &pointers) {
    std::vector<int64_t> ids(pointers.size());
    for (size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<int64_t>(i) + 1;
    CudnnDescriptor variant(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
    variant.set(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, CUDNN_TYPE_VOID_PTR, pointers.data(),
                static_cast<int64_t>(pointers.size()));
    variant.set(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, CUDNN_TYPE_INT64, ids.data(),
                static_cast<int64_t>(ids.size()));
    void *scratch = plan_.workspace->as();
    variant.set(CUDNN_ATTR_VARIANT_PACK_WORKSPACE, CUDNN_TYPE_VOID_PTR, &scratch);
    check(variant.finalize(), "variant pack");
    check(cudnn().cudnnBackendExecute(cudnn().handle, plan_.descriptor->get(), variant.get()),
          "cudnnBackendExecute");
}

}  // namespace jsnorm::bench
