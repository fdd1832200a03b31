// SPDX-License-Identifier: Apache-2.0
#include "bench/cuda/cudnn_library.hpp"

#include <dlfcn.h>

#include <cstdlib>
#include <string>

#include "bench/contestants.hpp"

namespace jsnorm::bench {

namespace {

struct Loaded {
    Cudnn functions;
    std::string refusal;  // why there is none
};

void *open_library(std::string &refusal) {
    const char *named = std::getenv("JSNORM_CUDNN");
    for (const char *name : {named, "libcudnn.so.9", "libcudnn.so"}) {
        if (name == nullptr) continue;
        if (void *library = dlopen(name, RTLD_NOW | RTLD_GLOBAL)) return library;
        refusal = dlerror();
    }
    return nullptr;
}

Loaded load() {
    Loaded loaded;
    void *library = open_library(loaded.refusal);
    if (library == nullptr) return loaded;
#define JSNORM_CUDNN_LOAD(name)                                                   \
    loaded.functions.name =                                                       \
        reinterpret_cast<decltype(loaded.functions.name)>(dlsym(library, #name)); \
    if (loaded.functions.name == nullptr) loaded.refusal = "this cuDNN has no " #name;
    loaded.refusal = "";
    JSNORM_CUDNN_FUNCTIONS(JSNORM_CUDNN_LOAD)
#undef JSNORM_CUDNN_LOAD
    if (!loaded.refusal.empty()) return loaded;
    const cudnnStatus_t status = loaded.functions.cudnnCreate(&loaded.functions.handle);
    if (status != CUDNN_STATUS_SUCCESS)
        loaded.refusal =
            std::string("cudnnCreate: ") + loaded.functions.cudnnGetErrorString(status);
    return loaded;
}

const Loaded &loaded() {
    static const Loaded once = load();
    return once;
}

}  // namespace

const Cudnn &cudnn() {
    if (!loaded().refusal.empty()) throw Unavailable(loaded().refusal);
    return loaded().functions;
}

void check(cudnnStatus_t status, const char *what) {
    if (status == CUDNN_STATUS_SUCCESS) return;
    throw Unavailable(std::string(what) + ": " + cudnn().cudnnGetErrorString(status));
}

cudnnDataType_t cudnn_type(jsnormDataType_t type) {
    switch (type) {
        case JSNORM_FLOAT:
            return CUDNN_DATA_FLOAT;
        case JSNORM_DOUBLE:
            return CUDNN_DATA_DOUBLE;
        case JSNORM_HALF:
            return CUDNN_DATA_HALF;
        default:
            return CUDNN_DATA_BFLOAT16;
    }
}

std::string cudnn_version() {
    if (!loaded().refusal.empty()) return loaded().refusal;
    return "cuDNN " + std::to_string(loaded().functions.cudnnGetVersion());
}

}  // namespace jsnorm::bench
