// SPDX-License-Identifier: Apache-2.0
// Intrinsics of nvcc that Clang's own CUDA headers lack. They are there to let kernels be read for
// warnings; what is compiled with them is thrown away.
#pragma once

template <class T>
__device__ inline void __stcs(T *pointer, T value) {
    *pointer = value;
}

template <class T>
__device__ inline void __stwb(T *pointer, T value) {
    *pointer = value;
}
