# SPDX-License-Identifier: Apache-2.0
# bindings/python: is its generated file up to date, and its tests with NumPy. ./dev test python also
# builds the wheel and runs those with PyTorch.

add_test(NAME bindings.python_is_generated
         COMMAND ${Python3_EXECUTABLE} "${PROJECT_SOURCE_DIR}/tools/bindings/python_bindings.py" --check)
add_test(NAME bindings.python_numpy COMMAND "${PROJECT_SOURCE_DIR}/bindings/python/tests/run.sh"
                                            numpy $<TARGET_FILE:jsnorm>)
set_tests_properties(bindings.python_is_generated bindings.python_numpy
                     PROPERTIES LABELS bindings TIMEOUT ${test_timeout} SKIP_RETURN_CODE 77)
