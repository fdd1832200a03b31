// SPDX-License-Identifier: Apache-2.0
// cuDNN, loaded when it is first asked for: the programme starts without it, and takes the one that
// a Python environment brought. JSNORM_CUDNN names another file.
#pragma once

#include <cudnn.h>

#include <jsnorm/jsnorm.h>

namespace jsnorm::bench {

// The functions in use, by their own names.
#define JSNORM_CUDNN_FUNCTIONS(F)                               \
    F(cudnnGetVersion)                                          \
    F(cudnnGetErrorString)                                      \
    F(cudnnCreate)                                              \
    F(cudnnDestroy)                                             \
    F(cudnnSetStream)                                           \
    F(cudnnCreateTensorDescriptor)                              \
    F(cudnnDestroyTensorDescriptor)                             \
    F(cudnnSetTensorNdDescriptor)                               \
    F(cudnnDeriveBNTensorDescriptor)                            \
    F(cudnnCreateActivationDescriptor)                          \
    F(cudnnDestroyActivationDescriptor)                         \
    F(cudnnSetActivationDescriptor)                             \
    F(cudnnGetBatchNormalizationForwardTrainingExWorkspaceSize) \
    F(cudnnGetBatchNormalizationBackwardExWorkspaceSize)        \
    F(cudnnGetBatchNormalizationTrainingExReserveSpaceSize)     \
    F(cudnnBatchNormalizationForwardTrainingEx)                 \
    F(cudnnBatchNormalizationForwardInference)                  \
    F(cudnnBatchNormalizationBackwardEx)                        \
    F(cudnnBackendCreateDescriptor)                             \
    F(cudnnBackendDestroyDescriptor)                            \
    F(cudnnBackendSetAttribute)                                 \
    F(cudnnBackendGetAttribute)                                 \
    F(cudnnBackendFinalize)                                     \
    F(cudnnBackendExecute)

// Batch norm is deprecated in favour of graphs, and what frameworks still call.
struct Cudnn {
#define JSNORM_CUDNN_MEMBER(name) decltype(&::name) name = nullptr;
    JSNORM_CUDNN_FUNCTIONS(JSNORM_CUDNN_MEMBER)
#undef JSNORM_CUDNN_MEMBER
    cudnnHandle_t handle = nullptr;
};

// Throws Unavailable with the reason where there is none that works.
const Cudnn &cudnn();

// Throws Unavailable: what cuDNN refuses, it does not have.
void check(cudnnStatus_t status, const char *what);

cudnnDataType_t cudnn_type(jsnormDataType_t type);

}  // namespace jsnorm::bench
