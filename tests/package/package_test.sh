#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs a build, moves the installation, and uses it as strangers would: by find_package, by
# pkg-config, and by hand.
# usage: package_test.sh <build folder> <empty work folder> <libdir> <C compiler> <C++ compiler>
#                        <cmake> <option>...
# The options say how cmake builds here: its default generator may not be installed.
set -euo pipefail

build=$1 work=$2 libdir=$3 cc=$4 cxx=$5 cmake=$6
generator=("${@:7}")
here=$(cd "$(dirname "$0")" && pwd)
consumer=$here/consumer

rm -rf "$work"
mkdir -p "$work"

say() { printf -- '--- %s\n' "$*"; }
fail() { printf 'FAILED: %s\n' "$*" >&2; exit 1; }

say "install, then move"
"$cmake" --install "$build" --prefix "$work/installed_here" >"$work/install.log"
mv "$work/installed_here" "$work/moved"
prefix=$work/moved
if grep -rIl -e "$work/installed_here" -e "$build" "$prefix"; then
    fail "these files name the folder that the library was built or installed in"
fi
for header in jsnorm.h jsnorm.hpp; do
    test -f "$prefix/include/jsnorm/$header" || fail "$header is not installed"
done

say "DESTDIR: the same files, staged; nothing at the prefix itself"
DESTDIR="$work/staged" "$cmake" --install "$build" --prefix "$work/target" >"$work/staged.log"
if [ -e "$work/target" ]; then fail "an installation with DESTDIR wrote to the prefix"; fi
diff -r --no-dereference "$work/staged$work/target" "$prefix" ||
    fail "the staged installation is another one"

say "the kit for conformance"
kit=$prefix/share/jsnorm/conformance
for file in README.md math.md golden/00_batch_james_stein.txt; do
    test -f "$kit/$file" || fail "the kit has no $file"
done
python3 "$kit/conformance.py" --library "$prefix/$libdir/libjsnorm.so" \
    --api "$prefix/share/jsnorm/jsnorm_api.json" "$kit"/golden/*.txt

say "CMake: find_package(jsnorm), jsnorm::jsnorm and jsnorm::static"
configure() { "$cmake" "${generator[@]}" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_C_COMPILER="$cc" "$@"; }
configure -S "$consumer" -B "$work/by_cmake" >"$work/by_cmake.log"
"$cmake" --build "$work/by_cmake" >>"$work/by_cmake.log" || { cat "$work/by_cmake.log"; exit 1; }
"$work/by_cmake/consumer_jsnorm"
"$work/by_cmake/consumer_static"
readelf -d "$work/by_cmake/consumer_jsnorm" | grep -q 'NEEDED.*\[libjsnorm\.so\.' ||
    fail "consumer_jsnorm does not use the shared library"
if readelf -d "$work/by_cmake/consumer_static" | grep -q libjsnorm; then
    fail "consumer_static uses the shared library"
fi

say "CMake: the C++ header, without exceptions and RTTI"
configure -DCMAKE_CXX_COMPILER="$cxx" -S "$here/cpp_consumer" -B "$work/cpp_by_cmake" \
    >"$work/cpp_by_cmake.log"
"$cmake" --build "$work/cpp_by_cmake" >>"$work/cpp_by_cmake.log" ||
    { cat "$work/cpp_by_cmake.log"; exit 1; }
"$work/cpp_by_cmake/cpp_consumer_jsnorm"
"$work/cpp_by_cmake/cpp_consumer_static"

say "CMake: another minor version is refused"
mkdir "$work/other_version"
sed 's/find_package(jsnorm 0\.2 /find_package(jsnorm 0.1 /' "$consumer/CMakeLists.txt" \
    >"$work/other_version/CMakeLists.txt"
cp "$consumer/consumer.c" "$work/other_version"
if configure -S "$work/other_version" -B "$work/other_version/build" \
    >"$work/other_version.log" 2>&1; then
    fail "find_package(jsnorm 0.1) accepted this version"
fi
grep -q 'version "0.1"' "$work/other_version.log" || fail "refused, but not for the version"

say "pkg-config, shared: no C++ and no OpenMP on the command line"
export PKG_CONFIG_PATH=$prefix/$libdir/pkgconfig LD_LIBRARY_PATH=$prefix/$libdir
shared_flags=$(pkg-config --cflags --libs jsnorm)
echo "$shared_flags"
if grep -Eq 'stdc|omp' <<<"$shared_flags"; then fail "the flags name a private library"; fi
# shellcheck disable=SC2086
"$cc" "$consumer/consumer.c" $shared_flags -o "$work/by_pkg_config"
"$work/by_pkg_config"

say "pkg-config --static"
static_flags=$(pkg-config --static --cflags --libs jsnorm)
echo "$static_flags"
# The linker takes the archive where no shared library is beside it.
mkdir "$work/archive_alone"
cp "$prefix/$libdir/libjsnorm.a" "$work/archive_alone"
# shellcheck disable=SC2086
"$cc" "$consumer/consumer.c" -L"$work/archive_alone" $static_flags -o "$work/by_pkg_config_static"
if readelf -d "$work/by_pkg_config_static" | grep -q libjsnorm; then
    fail "the static consumer uses the shared library"
fi
env -u LD_LIBRARY_PATH "$work/by_pkg_config_static"

say "C99, pedantic, by hand"
"$cc" -std=c99 -pedantic -Wall -Wextra -Werror -I"$prefix/include" "$consumer/consumer.c" \
    -L"$prefix/$libdir" -ljsnorm -o "$work/by_hand"
"$work/by_hand"

mpi=$here/mpi_consumer
if [ -f "$prefix/$libdir/libjsnorm_mpi.so" ]; then
    test -f "$prefix/include/jsnorm/jsnorm_mpi.h" || fail "the header of libjsnorm_mpi is not installed"
    export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
    say "CMake: find_package(jsnorm COMPONENTS mpi)"
    configure -S "$mpi" -B "$work/mpi_by_cmake" >"$work/mpi_by_cmake.log"
    "$cmake" --build "$work/mpi_by_cmake" >>"$work/mpi_by_cmake.log" ||
        { cat "$work/mpi_by_cmake.log"; exit 1; }
    "$work/mpi_by_cmake/mpi_consumer"
    say "pkg-config and mpicc"
    # shellcheck disable=SC2046
    mpicc "$mpi/mpi_consumer.c" $(pkg-config --cflags --libs jsnorm_mpi) -o "$work/mpi_by_pkg_config"
    "$work/mpi_by_pkg_config"
else
    say "CMake: without libjsnorm_mpi its component is not found"
    if [ -f "$prefix/include/jsnorm/jsnorm_mpi.h" ]; then fail "its header is installed"; fi
    if configure -S "$mpi" -B "$work/mpi_by_cmake" >"$work/mpi_by_cmake.log" 2>&1; then
        fail "find_package(jsnorm COMPONENTS mpi) was accepted"
    fi
fi
