# SPDX-License-Identifier: Apache-2.0
# The options of the build, and jsnorm_build_options: the flags that the library and its tests share.
# Shared, because tests include the library's internal headers: an inline function compiled with
# other floating-point flags would be a different function of the same name.

option(JSNORM_WERROR "Warnings are errors" OFF)
option(JSNORM_TESTS "Build the tests" ${PROJECT_IS_TOP_LEVEL})
option(JSNORM_FUZZ "Build the fuzzers and what they call, by clang" OFF)
option(JSNORM_EXAMPLES "Build the examples" ${PROJECT_IS_TOP_LEVEL})
option(JSNORM_OPENMP "Use OpenMP threads where the compiler has them" ON)
option(JSNORM_NVTX "Mark operations with NVTX ranges where the header is found" ON)
option(JSNORM_MOVABLE "Programs find libraries beside themselves; device code is compressed" OFF)
set(JSNORM_BENCHMARKS OFF CACHE STRING
    "Build the benchmarks: ON, OFF, or AUTO where Google Benchmark is found")
set(JSNORM_CUDA AUTO CACHE STRING "The CUDA backend: AUTO, ON or OFF")
set(JSNORM_CUDA_ARCHITECTURES "80-real;90-real;100-real;120" CACHE STRING
    "Architectures of the CUDA backend, as CMAKE_CUDA_ARCHITECTURES")
set(JSNORM_SANITIZE "" CACHE STRING "Sanitizers, as in -fsanitize=: e.g. address,undefined")
set_property(CACHE JSNORM_BENCHMARKS PROPERTY STRINGS AUTO ON OFF)
set_property(CACHE JSNORM_CUDA PROPERTY STRINGS AUTO ON OFF)

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON) # for tools, and tests/mutants/run.py

add_library(jsnorm_build_options INTERFACE)
target_include_directories(jsnorm_build_options INTERFACE "${PROJECT_SOURCE_DIR}"
                                                          "${PROJECT_SOURCE_DIR}/include")
# No contraction: a fused multiply-add only where the source says so, hence the same bits from every
# compiler. No errno, no traps: square roots are then single instructions, and conditions no branches.
# No value changes with these.
set(host_options -ffp-contract=off -fno-math-errno -fno-trapping-math)
if(JSNORM_WERROR)
    list(APPEND host_options -Wall -Wextra -Wshadow -Werror)
endif()
target_compile_options(jsnorm_build_options
                       INTERFACE "$<$<COMPILE_LANGUAGE:C,CXX>:${host_options}>")

if(JSNORM_MOVABLE) # a run path that also serves the libraries of libraries
    add_link_options(LINKER:--disable-new-dtags)
endif()

if(JSNORM_SANITIZE)
    add_compile_options(-fsanitize=${JSNORM_SANITIZE} -fno-sanitize-recover=all
                        -fno-omit-frame-pointer)
    add_link_options(-fsanitize=${JSNORM_SANITIZE})
endif()

if(JSNORM_FUZZ)
    if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
        message(FATAL_ERROR "JSNORM_FUZZ needs clang: libFuzzer is a part of it")
    endif()
    # What a fuzzer is guided by. Loops that are counted are not vectorized, which clang remarks.
    add_compile_options(-fsanitize=fuzzer-no-link -Wno-pass-failed)
    # One instruction set: all of them give the same bits, and each takes minutes to compile.
    add_compile_definitions(JSNORM_BASELINE_ONLY)
endif()
