# SPDX-License-Identifier: Apache-2.0
# What the library needs or can use. Defines
#   jsnorm_runtime            to compile and link the library with
#   JSNORM_RUNTIME_LIBRARIES  link items that whoever links the static library needs
#   JSNORM_HAVE_BENCHMARK     whether bench/ is built
#   JSNORM_NVTX_INCLUDE_DIR   where nvtx3/nvToolsExt.h is, or empty

set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)

add_library(jsnorm_runtime INTERFACE)
target_link_libraries(jsnorm_runtime INTERFACE Threads::Threads ${CMAKE_DL_LIBS})

# The C++ runtime is among them: the consumer may be a C program, which a C compiler links.
set(JSNORM_RUNTIME_LIBRARIES ${CMAKE_CXX_IMPLICIT_LINK_LIBRARIES})
list(FILTER JSNORM_RUNTIME_LIBRARIES INCLUDE REGEX "^(stdc\\+\\+|c\\+\\+|c\\+\\+abi|m)$")
list(PREPEND JSNORM_RUNTIME_LIBRARIES ${CMAKE_DL_LIBS})

# ---- Highway: headers alone, for the kernels of the CPU backend ---------------------------------

find_path(JSNORM_HIGHWAY_INCLUDE_DIR hwy/highway.h)
mark_as_advanced(JSNORM_HIGHWAY_INCLUDE_DIR)
if(NOT JSNORM_HIGHWAY_INCLUDE_DIR)
    message(FATAL_ERROR "jsnorm: hwy/highway.h was not found; it is in libhwy-dev, or at "
                        "https://github.com/google/highway (set JSNORM_HIGHWAY_INCLUDE_DIR)")
endif()
add_library(jsnorm_highway INTERFACE)
target_include_directories(jsnorm_highway SYSTEM INTERFACE "${JSNORM_HIGHWAY_INCLUDE_DIR}")

# ---- OpenMP --------------------------------------------------------------------------------------

if(JSNORM_OPENMP)
    find_package(OpenMP COMPONENTS CXX)
endif()
if(OpenMP_CXX_FOUND)
    target_link_libraries(jsnorm_runtime INTERFACE OpenMP::OpenMP_CXX)
    # As a flag and not as a library: each compiler knows where its own OpenMP runtime is.
    list(PREPEND JSNORM_RUNTIME_LIBRARIES ${OpenMP_CXX_FLAGS})
    message(STATUS "jsnorm: threads by OpenMP (${OpenMP_CXX_LIB_NAMES})")
else()
    # Loops are still vectorised as "omp simd" says, and pragmas of threads are no warnings.
    target_compile_options(jsnorm_runtime INTERFACE -fopenmp-simd)
    message(STATUS "jsnorm: OpenMP is off or was not found; the CPU backend is single-threaded")
endif()

# ---- Google Benchmark: for bench/ alone ----------------------------------------------------------

set(JSNORM_HAVE_BENCHMARK OFF)
if(JSNORM_BENCHMARKS STREQUAL "ON")
    find_package(benchmark REQUIRED)
elseif(JSNORM_BENCHMARKS STREQUAL "AUTO")
    find_package(benchmark QUIET)
endif()
if(benchmark_FOUND AND NOT JSNORM_BENCHMARKS STREQUAL "OFF")
    set(JSNORM_HAVE_BENCHMARK ON)
elseif(NOT JSNORM_BENCHMARKS STREQUAL "OFF")
    message(STATUS "jsnorm: the benchmarks are left out, Google Benchmark was not found "
                   "(libbenchmark-dev)")
endif()

# ---- CUDA toolkit: NVTX is a header of it --------------------------------------------------------

find_package(CUDAToolkit QUIET)
if(JSNORM_NVTX)
    find_path(JSNORM_NVTX_INCLUDE_DIR nvtx3/nvToolsExt.h
              HINTS ${CUDAToolkit_INCLUDE_DIRS} /usr/local/cuda/include)
    mark_as_advanced(JSNORM_NVTX_INCLUDE_DIR)
else()
    unset(JSNORM_NVTX_INCLUDE_DIR CACHE)
endif()
if(JSNORM_NVTX_INCLUDE_DIR)
    message(STATUS "jsnorm: NVTX ranges by ${JSNORM_NVTX_INCLUDE_DIR}/nvtx3")
else()
    unset(JSNORM_NVTX_INCLUDE_DIR CACHE)
    message(STATUS "jsnorm: NVTX is off or nvtx3/nvToolsExt.h was not found; no NVTX ranges")
endif()

if(CUDAToolkit_FOUND)
    set(cuda_found "a CUDA toolkit ${CUDAToolkit_VERSION} was found")
else()
    set(cuda_found "no CUDA toolkit was found")
endif()
if(NOT JSNORM_CUDA MATCHES "^(AUTO|ON|OFF)$")
    message(FATAL_ERROR "JSNORM_CUDA is \"${JSNORM_CUDA}\", but must be AUTO, ON or OFF")
endif()
if(JSNORM_CUDA_ARCHITECTURES STREQUAL "native" AND CMAKE_VERSION VERSION_LESS 3.24)
    message(FATAL_ERROR "JSNORM_CUDA_ARCHITECTURES=native needs CMake 3.24, but this is "
                        "${CMAKE_VERSION}: name the architecture, as in 90 for an H100")
endif()
# The compiler of the CUDA backend, or empty: then the CPU backend is built alone.
set(JSNORM_CUDA_COMPILER)
if(NOT JSNORM_CUDA STREQUAL "OFF" AND CUDAToolkit_FOUND AND CUDAToolkit_NVCC_EXECUTABLE)
    set(JSNORM_CUDA_COMPILER "${CUDAToolkit_NVCC_EXECUTABLE}")
    set(CMAKE_CUDA_COMPILER "${JSNORM_CUDA_COMPILER}")
    enable_language(CUDA)
    message(STATUS "jsnorm: building the CUDA backend for ${JSNORM_CUDA_ARCHITECTURES} "
                   "(${cuda_found})")
elseif(JSNORM_CUDA STREQUAL "ON")
    message(FATAL_ERROR "JSNORM_CUDA=ON, but ${cuda_found} or it has no nvcc")
else()
    message(STATUS "jsnorm: building the CPU backend alone (JSNORM_CUDA=${JSNORM_CUDA}; "
                   "${cuda_found})")
endif()
