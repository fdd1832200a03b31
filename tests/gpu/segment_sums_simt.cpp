// SPDX-License-Identifier: Apache-2.0

#include "src/simt/executor.hpp"
#include "tests/gpu/segment_sums.hpp"
#include "tests/support/float_types.hpp"

namespace jsnorm::test::gpu {
namespace {

std::vector<double> downloaded(jsnormDataType_t type, const void *tensor, int64_t elements) {
    if (tensor == nullptr) return {};
    const size_t size = size_of(type);
    std::vector<std::byte> bytes(static_cast<size_t>(elements) * size);
    simt::download(bytes.data(), tensor, bytes.size());
    std::vector<double> values;
    for (size_t i = 0; i < bytes.size(); i += size) values.push_back(load(type, bytes.data() + i));
    return values;
}

size_t entry_of(const Entries &entries, int64_t element) {
    return static_cast<size_t>(element / entries.inner % entries.count);
}

}  // namespace

std::vector<double> segment_sums(Term term, const Operands &operands, const Entries &entries) {
    const auto x = downloaded(operands.type, operands.x, operands.elements);
    const auto dy = downloaded(operands.type, operands.dy, operands.elements);
    std::vector<double> sums(static_cast<size_t>(entries.count));
    for (int64_t i = 0; i < operands.elements; ++i) {
        const auto e = static_cast<size_t>(i);
        double &sum = sums[entry_of(entries, i)];
        if (term == Term::kElement) {
            sum += x[e];
            continue;
        }
        const size_t k = entry_of(operands.statistics, i);
        const double deviation = x[e] - operands.center[k];
        sum += term == Term::kSquaredDeviation ? deviation * deviation
                                               : dy[e] * deviation * operands.scale[k];
    }
    return sums;
}

}  // namespace jsnorm::test::gpu
