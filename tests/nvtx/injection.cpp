// SPDX-License-Identifier: Apache-2.0
// The smallest of profilers: prints where ranges begin and end. NVTX loads it into a program where
// NVTX_INJECTION64_PATH names it.
#include <nvtx3/nvToolsExt.h>

#include <cstdio>
#include <string>

namespace {

// What NVTX takes for handles are pointers to names; a profiler keeps its names to the end.
template <class Handle>
Handle handle_of(const char *name) {
    return reinterpret_cast<Handle>(new std::string(name));
}

template <class Handle>
const char *name_of(Handle handle) {
    return reinterpret_cast<std::string *>(handle)->c_str();
}

nvtxDomainHandle_t create_domain(const char *name) {
    std::printf("domain %s\n", name);
    return handle_of<nvtxDomainHandle_t>(name);
}

nvtxStringHandle_t register_string(nvtxDomainHandle_t domain, const char *text) {
    std::printf("%s: string %s\n", name_of(domain), text);
    return handle_of<nvtxStringHandle_t>(text);
}

int push(nvtxDomainHandle_t domain, const nvtxEventAttributes_t *range) {
    const bool registered = range->messageType == NVTX_MESSAGE_TYPE_REGISTERED;
    std::printf("%s: push %s\n", name_of(domain),
                registered ? name_of(range->message.registered) : "without a registered name");
    return 0;
}

int pop(nvtxDomainHandle_t domain) {
    std::printf("%s: pop\n", name_of(domain));
    return 0;
}

}  // namespace

extern "C" __attribute__((visibility("default"))) int InitializeInjectionNvtx2(
    NvtxGetExportTableFunc_t export_table) {
    const auto *callbacks =
        static_cast<const NvtxExportTableCallbacks *>(export_table(NVTX_ETID_CALLBACKS));
    NvtxFunctionTable functions = nullptr;
    unsigned size = 0;
    if (callbacks == nullptr ||
        !callbacks->GetModuleFunctionTable(NVTX_CB_MODULE_CORE2, &functions, &size) ||
        size <= NVTX_CBID_CORE2_DomainCreateA)
        return 0;
    const auto install = [&](int index, auto *function) {
        *functions[index] = reinterpret_cast<NvtxFunctionPointer>(function);
    };
    install(NVTX_CBID_CORE2_DomainCreateA, create_domain);
    install(NVTX_CBID_CORE2_DomainRegisterStringA, register_string);
    install(NVTX_CBID_CORE2_DomainRangePushEx, push);
    install(NVTX_CBID_CORE2_DomainRangePop, pop);
    return 1;
}
