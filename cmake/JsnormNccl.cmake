# SPDX-License-Identifier: Apache-2.0
# jsnorm_nccl: libjsnorm_nccl, where the CUDA backend is built and NCCL is found. The core never links it.
# JSNORM_NCCL_INCLUDE_DIR: where nccl.h is, or empty; tests need the header alone.

set(JSNORM_NCCL AUTO CACHE STRING "libjsnorm_nccl: AUTO, ON or OFF")
set_property(CACHE JSNORM_NCCL PROPERTY STRINGS AUTO ON OFF)

# nccl.h includes cuda_runtime.h, which must lie beside it or where the toolkit is.
find_path(JSNORM_NCCL_INCLUDE_DIR nccl.h HINTS ${CUDAToolkit_INCLUDE_DIRS} /usr/local/cuda/include)
find_path(JSNORM_NCCL_CUDA_INCLUDE_DIR cuda_runtime.h
          HINTS ${CUDAToolkit_INCLUDE_DIRS} /usr/local/cuda/include "${JSNORM_NCCL_INCLUDE_DIR}")
find_library(JSNORM_NCCL_LIBRARY nccl HINTS ${CUDAToolkit_LIBRARY_DIR} /usr/local/cuda/lib64
                                            /usr/local/cuda/lib)
mark_as_advanced(JSNORM_NCCL_INCLUDE_DIR JSNORM_NCCL_CUDA_INCLUDE_DIR JSNORM_NCCL_LIBRARY)

set(JSNORM_HAVE_NCCL OFF)      # the library is built
set(JSNORM_HAVE_NCCL_HEADER ON) # its sources compile
if(JSNORM_NCCL STREQUAL "OFF" OR NOT JSNORM_NCCL_INCLUDE_DIR OR NOT JSNORM_NCCL_CUDA_INCLUDE_DIR)
    set(JSNORM_HAVE_NCCL_HEADER OFF)
endif()
if(JSNORM_NCCL STREQUAL "OFF")
    message(STATUS "jsnorm: libjsnorm_nccl is off")
elseif(JSNORM_CUDA_COMPILER AND JSNORM_HAVE_NCCL_HEADER AND JSNORM_NCCL_LIBRARY)
    set(JSNORM_HAVE_NCCL ON)
elseif(JSNORM_NCCL STREQUAL "ON")
    message(FATAL_ERROR "jsnorm: JSNORM_NCCL=ON needs the CUDA backend, nccl.h and libnccl "
                        "(libnccl-dev; set JSNORM_NCCL_INCLUDE_DIR and JSNORM_NCCL_LIBRARY)")
elseif(NOT JSNORM_CUDA_COMPILER)
    message(STATUS "jsnorm: libjsnorm_nccl is left out, as is the CUDA backend")
else()
    message(STATUS "jsnorm: libjsnorm_nccl is left out, NCCL was not found (libnccl-dev)")
endif()

# What calls NCCL, and the kernels. Tests build the same for the executor.
set(JSNORM_NCCL_HOST_SOURCES
    src/distributed/nccl/device_exchange.cpp
    src/distributed/nccl/nccl_api.cpp
    src/distributed/nccl/operations.cpp
    src/distributed/nccl/plan.cpp)
set(JSNORM_NCCL_KERNEL_SOURCES src/distributed/nccl/device_steps.cu)
set(JSNORM_NCCL_INCLUDES "${JSNORM_NCCL_INCLUDE_DIR}" "${JSNORM_NCCL_CUDA_INCLUDE_DIR}")
if(NOT JSNORM_HAVE_NCCL)
    return()
endif()
message(STATUS "jsnorm: libjsnorm_nccl by ${JSNORM_NCCL_LIBRARY}")

add_library(jsnorm_nccl_objects OBJECT ${JSNORM_NCCL_HOST_SOURCES})
target_link_libraries(jsnorm_nccl_objects PRIVATE jsnorm_build_options)
target_include_directories(jsnorm_nccl_objects SYSTEM PRIVATE ${JSNORM_NCCL_INCLUDES})

# The runtime is in both libraries: each launches its own kernels.
add_library(jsnorm_nccl_kernels OBJECT ${JSNORM_NCCL_KERNEL_SOURCES}
                                       src/distributed/nccl/copy_cuda.cu
                                       src/cuda/launch/runtime_cuda.cu)
target_link_libraries(jsnorm_nccl_kernels PRIVATE jsnorm_build_options)
set_target_properties(
    jsnorm_nccl_kernels PROPERTIES CUDA_ARCHITECTURES "${JSNORM_CUDA_ARCHITECTURES}"
                                   CUDA_STANDARD 20 CUDA_STANDARD_REQUIRED ON)
target_compile_options(jsnorm_nccl_kernels PRIVATE ${JSNORM_CUDA_OPTIONS})

add_library(jsnorm_nccl SHARED)
add_library(jsnorm::nccl ALIAS jsnorm_nccl)
target_sources(jsnorm_nccl PRIVATE $<TARGET_OBJECTS:jsnorm_distributed>
                                   $<TARGET_OBJECTS:jsnorm_nccl_objects>
                                   $<TARGET_OBJECTS:jsnorm_nccl_kernels>)
target_link_libraries(jsnorm_nccl PUBLIC jsnorm
                                  PRIVATE "${JSNORM_NCCL_LIBRARY}" ${JSNORM_CUDA_LIBRARIES})
set(nccl_version_script "${PROJECT_SOURCE_DIR}/cmake/jsnorm_nccl.map")
target_link_options(jsnorm_nccl PRIVATE "LINKER:--version-script=${nccl_version_script}"
                                        "LINKER:--exclude-libs,ALL")
if(NOT JSNORM_SANITIZE)
    target_link_options(jsnorm_nccl PRIVATE "LINKER:--no-undefined")
endif()
set_target_properties(
    jsnorm_nccl PROPERTIES
    VERSION ${PROJECT_VERSION}
    SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}
    EXPORT_NAME nccl
    LINKER_LANGUAGE CXX
    LINK_DEPENDS "${nccl_version_script}")
