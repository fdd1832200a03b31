# SPDX-License-Identifier: Apache-2.0
# jsnorm_distributed: the synchronized operations, for any engine of communication.
# jsnorm_mpi: libjsnorm_mpi, where MPI is found. The core never links it.

set(JSNORM_MPI AUTO CACHE STRING "libjsnorm_mpi: AUTO, ON or OFF")
set_property(CACHE JSNORM_MPI PROPERTY STRINGS AUTO ON OFF)

add_library(
    jsnorm_distributed OBJECT EXCLUDE_FROM_ALL
    src/distributed/agreement.cpp
    src/distributed/backward.cpp
    src/distributed/error.cpp
    src/distributed/exchange.cpp
    src/distributed/exchange_plan.cpp
    src/distributed/forward.cpp
    src/distributed/merge.cpp
    src/distributed/phases.cpp
    src/distributed/request.cpp
    src/distributed/routing.cpp
    src/distributed/workspace.cpp)
target_link_libraries(jsnorm_distributed PRIVATE jsnorm_build_options)

set(JSNORM_HAVE_MPI OFF)
if(JSNORM_MPI STREQUAL "OFF")
    message(STATUS "jsnorm: libjsnorm_mpi is off")
    return()
elseif(JSNORM_MPI STREQUAL "ON")
    find_package(MPI REQUIRED COMPONENTS C)
else()
    find_package(MPI QUIET COMPONENTS C)
    if(NOT MPI_C_FOUND)
        message(STATUS "jsnorm: libjsnorm_mpi is left out, MPI was not found (libopenmpi-dev)")
        return()
    endif()
endif()
set(JSNORM_HAVE_MPI ON)
message(STATUS "jsnorm: libjsnorm_mpi by MPI ${MPI_C_VERSION} (${MPIEXEC_EXECUTABLE})")

# MPI's C functions alone, called from C++: no C++ bindings of MPI.
add_library(jsnorm_mpi_objects OBJECT src/distributed/mpi/mpi_api.cpp
                                      src/distributed/mpi/mpi_engine.cpp)
target_link_libraries(jsnorm_mpi_objects PRIVATE jsnorm_build_options MPI::MPI_C)
target_compile_definitions(jsnorm_mpi_objects PRIVATE OMPI_SKIP_MPICXX MPICH_SKIP_MPICXX)

add_library(jsnorm_mpi SHARED)
add_library(jsnorm::mpi ALIAS jsnorm_mpi)
target_sources(jsnorm_mpi PRIVATE $<TARGET_OBJECTS:jsnorm_distributed>
                                  $<TARGET_OBJECTS:jsnorm_mpi_objects>)
target_link_libraries(jsnorm_mpi PUBLIC jsnorm MPI::MPI_C)
set(mpi_version_script "${PROJECT_SOURCE_DIR}/cmake/jsnorm_mpi.map")
target_link_options(jsnorm_mpi PRIVATE "LINKER:--version-script=${mpi_version_script}"
                                       "LINKER:--exclude-libs,ALL")
if(NOT JSNORM_SANITIZE)
    target_link_options(jsnorm_mpi PRIVATE "LINKER:--no-undefined")
endif()
set_target_properties(
    jsnorm_mpi PROPERTIES
    VERSION ${PROJECT_VERSION}
    SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}
    EXPORT_NAME mpi
    LINKER_LANGUAGE CXX
    LINK_DEPENDS "${mpi_version_script}")
