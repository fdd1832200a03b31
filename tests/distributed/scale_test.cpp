// SPDX-License-Identifier: Apache-2.0
//
// 4096 ranks and 2048 channels through the steps of both exchanges, with all records in the memory
// of one process: are the merged statistics those of the whole, are the bits the same, and what
// travels.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "src/distributed/exchange.hpp"

namespace jsnorm::test {
namespace {

using distributed::Exchange;
using distributed::ExchangeShape;
using distributed::Payload;
using distributed::Slice;

constexpr int64_t kRanks = 4096;
constexpr int64_t kChannels = 2048;
constexpr double kMean = 1e4, kDeviation = 1e-2;

int64_t count_of(int64_t rank) {
    return rank % 5 == 3 ? 0 : 16 + rank % 7;
}

// Records of parts whose means and variances are drawn, and what the whole of them has, in long
// double.
struct Parts {
    std::vector<double> records,
        sums;  // sums: of all parts, added, as an all-reduce of doubles would
    std::vector<long double> mean, variance;
    int64_t total = 0;

    Parts()
        : records(static_cast<size_t>(kRanks * distributed::record_words(kChannels))),
          sums(2 * kChannels),
          mean(kChannels),
          variance(kChannels) {
        std::mt19937_64 bits(5);
        const auto uniform = [&] { return static_cast<double>(bits() >> 11) * 0x1p-52 - 1; };
        for (int64_t r = 0; r < kRanks; ++r) {
            double *record = records.data() + r * distributed::record_words(kChannels);
            const int64_t count = count_of(r);
            *reinterpret_cast<jsnormRecordHeader_t *>(record) = {count, JSNORM_RECORD_MOMENTS,
                                                                 static_cast<int32_t>(kChannels)};
            total += count;
            for (int64_t k = 0; k < kChannels && count > 0; ++k) {
                record[2 + k] = kMean + kDeviation * uniform();
                record[2 + kChannels + k] =
                    kDeviation * kDeviation * static_cast<double>(count) * (1 + 0.5 * uniform());
            }
        }
        for (int64_t r = 0; r < kRanks; ++r) {
            each(r, [&](size_t k, long double count, long double m, long double m2) {
                mean[k] += count * (m - kMean) / total;
                const double sum = static_cast<double>(count * m);
                sums[k] += sum;
                sums[kChannels + k] += static_cast<double>(m2 + count * m * m);
            });
        }
        for (long double &value : mean) value += kMean;
        for (int64_t r = 0; r < kRanks; ++r) {
            each(r, [&](size_t k, long double count, long double m, long double m2) {
                variance[k] += (m2 + count * (m - mean[k]) * (m - mean[k])) / total;
            });
        }
    }

    template <class Use>
    void each(int64_t rank, Use use) const {
        const double *record = records.data() + rank * distributed::record_words(kChannels);
        for (int64_t k = 0; k < kChannels; ++k) {
            use(static_cast<size_t>(k), static_cast<long double>(count_of(rank)),
                static_cast<long double>(record[2 + k]),
                static_cast<long double>(record[2 + kChannels + k]));
        }
    }
};

// What the busiest rank sends.
struct Traffic {
    int64_t words = 0;
    int64_t messages = 0;
};

// The exchange by channel as every rank would run it, one rank after another.
std::vector<double> run_by_channel(const ExchangeShape &shape, const Parts &parts,
                                   Traffic &traffic) {
    const int64_t message_words = distributed::sent_words(shape);
    std::vector<double> sent(static_cast<size_t>(kRanks * message_words));
    for (int64_t r = 0; r < kRanks; ++r) {
        cut_record(shape, parts.records.data() + r * distributed::record_words(kChannels),
                   sent.data() + r * message_words);
    }
    std::vector<double> slices(2 * kChannels), received;
    int64_t offset = 0, owners = 0;
    for (int64_t owner = 0; owner < kRanks; ++owner) {
        const Slice slice = distributed::slice_of(owner, kRanks, kChannels);
        const int64_t words = distributed::message_words(slice);
        received.clear();
        for (int64_t r = 0; r < kRanks; ++r) {
            const double *message = sent.data() + r * message_words + offset;
            received.insert(received.end(), message, message + words);
        }
        merge_messages(shape, Payload::kMoments, slice, received.data(),
                       slices.data() + 2 * slice.begin);
        offset += words;
        owners += words > 0;
    }
    EXPECT_EQ(offset, message_words);
    // To every owner one message; then, in a ring, everybody's merged slices but the next rank's.
    traffic = {message_words + 2 * kChannels, owners + kRanks - 1};
    std::vector<double> merged(static_cast<size_t>(distributed::record_words(kChannels)));
    place_slices(shape, slices.data(), merged.data());
    return merged;
}

double worst(const std::vector<double> &values, size_t first,
             const std::vector<long double> &expected, double divisor) {
    double most = 0;
    for (size_t k = 0; k < expected.size(); ++k) {
        const auto apart = std::abs((values[first + k] / divisor - expected[k]) / expected[k]);
        most = std::isnan(apart) ? HUGE_VAL : std::max(most, static_cast<double>(apart));
    }
    return most;
}

TEST(Scale, FourThousandRanksMergeToTheStatisticsOfTheWhole) {
    const Parts parts;
    const double total = static_cast<double>(parts.total);
    std::vector<double> gathered(static_cast<size_t>(distributed::record_words(kChannels)));
    merge_records({Exchange::kGather, kRanks, kChannels}, Payload::kMoments, parts.records.data(),
                  gathered.data());
    Traffic traffic;
    const auto by_channel =
        run_by_channel({Exchange::kByChannel, kRanks, kChannels}, parts, traffic);
    EXPECT_EQ(gathered, by_channel);  // headers are the driver's: both 0 here

    const double mean_error = worst(gathered, 2, parts.mean, 1);
    const double variance_error = worst(gathered, 2 + kChannels, parts.variance, total);
    EXPECT_LT(mean_error, 1e-13);
    // A mean is a double: its last place, in units of the deviation, is what the variance can lose.
    EXPECT_LT(variance_error, kMean * 0x1p-52 / kDeviation);

    std::vector<double> of_sums(2 * kChannels);
    for (size_t k = 0; k < kChannels; ++k) {
        const double mean = parts.sums[k] / total;
        of_sums[kChannels + k] = parts.sums[kChannels + k] / total - mean * mean;
    }
    const double cancelled = worst(of_sums, kChannels, parts.variance, 1);
    EXPECT_GT(cancelled, 1e6 * variance_error);

    const auto print = [](const char *name, double bytes, double messages, double error) {
        std::printf("%-22s %12.0f bytes %6.0f messages a rank, variance off by %.1e\n", name, bytes,
                    messages, error);
    };
    std::printf("%lld ranks, %lld channels, mean %g, deviation %g: mean off by %.1e\n",
                static_cast<long long>(kRanks), static_cast<long long>(kChannels), kMean,
                kDeviation, mean_error);
    const distributed::Cost gather = cost_of(Exchange::kGather, kRanks, kChannels);
    const distributed::Cost sums = distributed::cost_of_sums(kRanks, kChannels);
    print("gather", gather.bytes, gather.messages, variance_error);
    print("by channel", 8.0 * static_cast<double>(traffic.words),
          static_cast<double>(traffic.messages), variance_error);
    const distributed::Cost routed = cost_of(Exchange::kRouted, kRanks, kChannels);
    print("by channel, routed", routed.bytes, routed.messages, variance_error);
    print("all-reduce of sums", sums.bytes, sums.messages, cancelled);
    const double model = cost_of(Exchange::kByChannel, kRanks, kChannels).bytes;
    EXPECT_NEAR(8.0 * static_cast<double>(traffic.words), model, 0.01 * model);
}

}  // namespace
}  // namespace jsnorm::test
