# SPDX-License-Identifier: Apache-2.0
# Rust: the generated part is what the description of the API says, and the crates pass their tests.

add_test(NAME bindings.rust.generated_part_is_the_committed_one
         COMMAND ${Python3_EXECUTABLE} "${PROJECT_SOURCE_DIR}/tools/bindings/rust_bindings.py" --check)
set_tests_properties(bindings.rust.generated_part_is_the_committed_one
                     PROPERTIES LABELS bindings TIMEOUT 60)

find_program(JSNORM_CARGO cargo HINTS "$ENV{HOME}/.cargo/bin")
if(NOT JSNORM_CARGO)
    message(STATUS "jsnorm: cargo was not found; the Rust crates are not tested")
    return()
endif()

# Offline: the crates depend on nothing. What cargo makes stays in the build tree.
set(cargo "${CMAKE_COMMAND}" -E env "CARGO_TARGET_DIR=${CMAKE_CURRENT_BINARY_DIR}/cargo"
          "JSNORM_LIB_DIR=$<TARGET_FILE_DIR:jsnorm>" "JSNORM_LIBRARY=$<TARGET_FILE:jsnorm>"
          "LD_LIBRARY_PATH=$<TARGET_FILE_DIR:jsnorm>" "RUSTDOCFLAGS=-D warnings"
          "RUSTFLAGS=-D warnings")
set(crates --offline --locked --quiet --manifest-path
           "${PROJECT_SOURCE_DIR}/bindings/rust/Cargo.toml")

add_test(NAME bindings.rust.linked COMMAND ${cargo} "${JSNORM_CARGO}" test ${crates} --workspace)
add_test(NAME bindings.rust.loaded
         COMMAND ${cargo} "${JSNORM_CARGO}" test ${crates} --workspace --tests
                 --features dynamic-loading)
add_test(NAME bindings.rust.manual_without_warnings
         COMMAND ${cargo} "${JSNORM_CARGO}" doc ${crates} --workspace --no-deps)
# One at a time: cargo locks its folder.
set_tests_properties(
    bindings.rust.linked bindings.rust.loaded bindings.rust.manual_without_warnings
    PROPERTIES LABELS bindings TIMEOUT ${test_timeout} RESOURCE_LOCK cargo)
