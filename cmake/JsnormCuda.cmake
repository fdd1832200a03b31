# SPDX-License-Identifier: Apache-2.0
# jsnorm_cuda: the objects of the CUDA backend, or of what says that there is none.
# JSNORM_CUDA_LIBRARIES: what they link with. JSNORM_CUDA_OPTIONS: how kernels compile.

set(JSNORM_CUDA_LIBRARIES)
if(NOT JSNORM_CUDA_COMPILER)
    add_library(jsnorm_cuda OBJECT src/core/no_cuda.cpp)
    target_link_libraries(jsnorm_cuda PRIVATE jsnorm_build_options)
    return()
endif()

if(NOT CMAKE_CUDA20_STANDARD_COMPILE_OPTION) # not every CMake knows it of every nvcc
    set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION -std=c++20)
endif()
add_library(jsnorm_cuda OBJECT ${JSNORM_CUDA_HOST_SOURCES} ${JSNORM_CUDA_SOURCES}
                               src/cuda/launch/runtime_cuda.cu)
target_link_libraries(jsnorm_cuda PRIVATE jsnorm_build_options jsnorm_runtime)
set_target_properties(jsnorm_cuda PROPERTIES CUDA_ARCHITECTURES "${JSNORM_CUDA_ARCHITECTURES}"
                                             CUDA_STANDARD 20 CUDA_STANDARD_REQUIRED ON)
# No contraction, as on the host. std::bit_cast and its like are constexpr.
set(JSNORM_CUDA_OPTIONS
    "$<$<COMPILE_LANGUAGE:CUDA>:--expt-relaxed-constexpr;-fmad=false;-lineinfo>")
if(JSNORM_MOVABLE)
    list(APPEND JSNORM_CUDA_OPTIONS "$<$<COMPILE_LANGUAGE:CUDA>:--compress-mode=size>")
endif()
target_compile_options(jsnorm_cuda PRIVATE ${JSNORM_CUDA_OPTIONS})
list(APPEND JSNORM_CUDA_LIBRARIES CUDA::cudart_static)
list(APPEND JSNORM_RUNTIME_LIBRARIES "-L${CUDAToolkit_LIBRARY_DIR}" -lcudart_static -lrt)
