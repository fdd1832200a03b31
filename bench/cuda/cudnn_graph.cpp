// SPDX-License-Identifier: Apache-2.0
#include "bench/cuda/cudnn_graph.hpp"

#include <utility>

#include "bench/contestant.hpp"

namespace jsnorm::bench {

namespace {

constexpr int64_t kMostEngines = 16;

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

void CudnnGraph::plan() {
    check(operation_.finalize(), "operation");
    CudnnDescriptor graph(CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
    graph.set(CUDNN_ATTR_OPERATIONGRAPH_OPS, operation_);
    graph.set(CUDNN_ATTR_OPERATIONGRAPH_HANDLE, CUDNN_TYPE_HANDLE, &cudnn().handle);
    check(graph.finalize(), "operation graph");
    if (!plan_with(CUDNN_HEUR_MODE_A, graph) && !plan_with(CUDNN_HEUR_MODE_FALLBACK, graph))
        throw Unavailable("no engine of cuDNN takes the operation");
}

bool CudnnGraph::plan_with(cudnnBackendHeurMode_t mode, const CudnnDescriptor &graph) {
    CudnnDescriptor heuristics(CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
    heuristics.set(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, graph);
    heuristics.set(CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE, &mode);
    if (heuristics.finalize() != CUDNN_STATUS_SUCCESS) return false;
    std::vector<CudnnDescriptor> configurations;
    std::vector<cudnnBackendDescriptor_t> handles;
    for (int64_t i = 0; i < kMostEngines; ++i) {
        configurations.emplace_back(CUDNN_BACKEND_ENGINECFG_DESCRIPTOR);
        handles.push_back(configurations.back().get());
    }
    int64_t found = 0;
    check(cudnn().cudnnBackendGetAttribute(heuristics.get(), CUDNN_ATTR_ENGINEHEUR_RESULTS,
                                           CUDNN_TYPE_BACKEND_DESCRIPTOR, kMostEngines, &found,
                                           handles.data()),
          "results of the heuristics");
    for (int64_t i = 0; i < found && i < kMostEngines; ++i) {
        auto plan = std::make_unique<CudnnDescriptor>(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
        plan->set(CUDNN_ATTR_EXECUTION_PLAN_HANDLE, CUDNN_TYPE_HANDLE, &cudnn().handle);
        plan->set(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, configurations[static_cast<size_t>(i)]);
        if (plan->finalize() != CUDNN_STATUS_SUCCESS) continue;
        int64_t bytes = 0, count = 0;
        check(
            cudnn().cudnnBackendGetAttribute(plan->get(), CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE,
                                             CUDNN_TYPE_INT64, 1, &count, &bytes),
            "workspace size");
        workspace_ = std::make_unique<DeviceMemory>(static_cast<size_t>(bytes));
        plan_ = std::move(plan);
        return true;
    }
    return false;
}

void CudnnGraph::execute(const std::vector<void *> &pointers) {
    std::vector<int64_t> ids(pointers.size());
    for (size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<int64_t>(i) + 1;
    CudnnDescriptor variant(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
    variant.set(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, CUDNN_TYPE_VOID_PTR, pointers.data(),
                static_cast<int64_t>(pointers.size()));
    variant.set(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, CUDNN_TYPE_INT64, ids.data(),
                static_cast<int64_t>(ids.size()));
    void *scratch = workspace_->as();
    variant.set(CUDNN_ATTR_VARIANT_PACK_WORKSPACE, CUDNN_TYPE_VOID_PTR, &scratch);
    check(variant.finalize(), "variant pack");
    check(cudnn().cudnnBackendExecute(cudnn().handle, plan_->get(), variant.get()),
          "cudnnBackendExecute");
}

}  // namespace jsnorm::bench
