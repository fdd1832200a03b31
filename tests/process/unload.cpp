// SPDX-License-Identifier: Apache-2.0
//
// dlopen, an operation, dlclose: the process goes on, although threads that the library has started
// are still there.

#include <dlfcn.h>
#include <jsnorm/jsnorm.h>
#include <unistd.h>

#include <cstdio>

int main(int, char **argv) {
    for (int round = 0; round < 3; ++round) {
        void *library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
        if (library == nullptr) {
            std::fprintf(stderr, "%s\n", dlerror());
            return 1;
        }
        const auto create =
            reinterpret_cast<decltype(&jsnormCreate)>(dlsym(library, "jsnormCreate"));
        const auto set_threads = reinterpret_cast<decltype(&jsnormSetThreadCount)>(
            dlsym(library, "jsnormSetThreadCount"));
        const auto warm = reinterpret_cast<decltype(&jsnormWarmup)>(dlsym(library, "jsnormWarmup"));
        const auto destroy =
            reinterpret_cast<decltype(&jsnormDestroy)>(dlsym(library, "jsnormDestroy"));
        jsnormHandle_t handle = nullptr;
        if (create(&handle, JSNORM_BACKEND_CPU) != JSNORM_STATUS_SUCCESS) return 2;
        if (set_threads(handle, 4) != JSNORM_STATUS_SUCCESS) return 3;
        if (warm(handle) != JSNORM_STATUS_SUCCESS) return 4;
        if (destroy(handle) != JSNORM_STATUS_SUCCESS) return 5;
        dlclose(library);
        usleep(200 * 1000);  // threads of the team run into code that is not there, if they can
    }
    return 0;
}
