# SPDX-License-Identifier: Apache-2.0
# Reads JSNORM_VERSION (e.g. 0.2.0) from the public header.

set(version_header "${CMAKE_CURRENT_LIST_DIR}/../include/jsnorm/jsnorm.h")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${version_header}")
set(version_parts)
foreach(part IN ITEMS MAJOR MINOR PATCH)
    file(STRINGS "${version_header}" line REGEX "^#define JSNORM_VERSION_${part} [0-9]+$")
    if(NOT line)
        message(FATAL_ERROR "jsnorm.h does not define JSNORM_VERSION_${part}")
    endif()
    string(REGEX REPLACE ".* " "" number "${line}")
    list(APPEND version_parts ${number})
endforeach()
list(JOIN version_parts "." JSNORM_VERSION)
