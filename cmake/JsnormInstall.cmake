# SPDX-License-Identifier: Apache-2.0
# Installs the headers and the description for binding generators, both libraries, the kit for
# conformance, libjsnorm_mpi and libjsnorm_nccl where they are built, the CMake package and the
# pkg-config files; all of them can be moved to another prefix afterwards.

include(CMakePackageConfigHelpers)

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/jsnorm")

install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/jsnorm" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
        FILES_MATCHING PATTERN "*.h" PATTERN "*.hpp" PATTERN "jsnorm_mpi.h" EXCLUDE
        PATTERN "jsnorm_nccl.h" EXCLUDE)
install(TARGETS jsnorm jsnorm_static EXPORT jsnorm_targets
        LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}"
        ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
install(FILES "${PROJECT_SOURCE_DIR}/api/jsnorm_api.json"
        DESTINATION "${CMAKE_INSTALL_DATADIR}/jsnorm")

# By which a binding, or another implementation, proves itself.
set(conformance_dir "${CMAKE_INSTALL_DATADIR}/jsnorm/conformance")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/tests/golden" DESTINATION "${conformance_dir}"
        FILES_MATCHING PATTERN "*.txt")
install(FILES "${PROJECT_SOURCE_DIR}/tests/golden/README.md" "${PROJECT_SOURCE_DIR}/docs/math.md"
        DESTINATION "${conformance_dir}")
install(PROGRAMS "${PROJECT_SOURCE_DIR}/tests/conformance/conformance.py"
        DESTINATION "${conformance_dir}")

install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/jsnorm")

# ---- find_package(jsnorm) ------------------------------------------------------------------------

install(EXPORT jsnorm_targets NAMESPACE jsnorm:: FILE jsnormTargets.cmake
        DESTINATION "${package_dir}")
configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/jsnormConfig.cmake.in"
                              "${PROJECT_BINARY_DIR}/jsnormConfig.cmake"
                              INSTALL_DESTINATION "${package_dir}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/jsnormConfigVersion.cmake"
                                 COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/jsnormConfig.cmake"
              "${PROJECT_BINARY_DIR}/jsnormConfigVersion.cmake"
        DESTINATION "${package_dir}")

# ---- libjsnorm_mpi: a component of its own, since its users need MPI --------------------------------

if(JSNORM_HAVE_MPI)
    install(FILES "${PROJECT_SOURCE_DIR}/include/jsnorm/jsnorm_mpi.h"
            DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/jsnorm")
    install(TARGETS jsnorm_mpi EXPORT jsnorm_mpi_targets
            LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}")
    install(EXPORT jsnorm_mpi_targets NAMESPACE jsnorm:: FILE jsnormMpiTargets.cmake
            DESTINATION "${package_dir}")
endif()

# ---- libjsnorm_nccl: likewise ------------------------------------------------------------------

if(JSNORM_HAVE_NCCL)
    install(FILES "${PROJECT_SOURCE_DIR}/include/jsnorm/jsnorm_nccl.h"
            DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/jsnorm")
    install(TARGETS jsnorm_nccl EXPORT jsnorm_nccl_targets
            LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}")
    install(EXPORT jsnorm_nccl_targets NAMESPACE jsnorm:: FILE jsnormNcclTargets.cmake
            DESTINATION "${package_dir}")
endif()

# ---- pkg-config ----------------------------------------------------------------------------------

# The prefix is found from the place of the file, so that a moved installation still works.
set(pkgconfig_dir "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
file(RELATIVE_PATH JSNORM_PC_TO_PREFIX "/${pkgconfig_dir}" "/")
string(REGEX REPLACE "/$" "" JSNORM_PC_TO_PREFIX "${JSNORM_PC_TO_PREFIX}")
list(TRANSFORM JSNORM_RUNTIME_LIBRARIES REPLACE "^([^-].*)" "-l\\1"
     OUTPUT_VARIABLE JSNORM_PC_PRIVATE_LIBS)
list(JOIN JSNORM_PC_PRIVATE_LIBS " " JSNORM_PC_PRIVATE_LIBS)
configure_file("${PROJECT_SOURCE_DIR}/cmake/jsnorm.pc.in" "${PROJECT_BINARY_DIR}/jsnorm.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/jsnorm.pc" DESTINATION "${pkgconfig_dir}")
if(JSNORM_HAVE_MPI)
    configure_file("${PROJECT_SOURCE_DIR}/cmake/jsnorm_mpi.pc.in"
                   "${PROJECT_BINARY_DIR}/jsnorm_mpi.pc" @ONLY)
    install(FILES "${PROJECT_BINARY_DIR}/jsnorm_mpi.pc" DESTINATION "${pkgconfig_dir}")
endif()
if(JSNORM_HAVE_NCCL)
    configure_file("${PROJECT_SOURCE_DIR}/cmake/jsnorm_nccl.pc.in"
                   "${PROJECT_BINARY_DIR}/jsnorm_nccl.pc" @ONLY)
    install(FILES "${PROJECT_BINARY_DIR}/jsnorm_nccl.pc" DESTINATION "${pkgconfig_dir}")
endif()
