// SPDX-License-Identifier: Apache-2.0
//
// What the CPU backend takes for its share of the last-level cache, on made-up machines.

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <string>
#include <vector>

#include "src/cpu/topology.hpp"

namespace jsnorm::test {
namespace {

using cpu::CacheDomain;
using cpu::CacheShare;
using cpu::share_of;

constexpr int64_t kMiB = int64_t{1} << 20;

TEST(CacheShare, IsAllOfACacheWhoseProcessorsAreAllOurs) {
    const CacheShare share = share_of({{{32 * kMiB, 8, 8}}, 0});
    EXPECT_EQ(share.one, 32 * kMiB);
    EXPECT_EQ(share.all, 32 * kMiB);
    EXPECT_EQ(share.processors, 8);
    EXPECT_EQ(share.reported, 32 * kMiB);
}

TEST(CacheShare, OfAVirtualMachineThatShowsTheCacheOfAWholeSocketIsCapped) {
    EXPECT_EQ(share_of({{{300 * kMiB, 2, 2}}, 0}).all, 32 * kMiB);
    EXPECT_EQ(share_of({{{300 * kMiB, 2, 2}}, 0}).one, 32 * kMiB);
    EXPECT_EQ(share_of({{{1024 * kMiB, 1, 1}}, 0}).all, 16 * kMiB);
    EXPECT_EQ(share_of({{{300 * kMiB, 2, 2}}, 0}).reported, 300 * kMiB);
}

TEST(CacheShare, IsThePartOfTheProcessorsThatAreOurs) {
    EXPECT_EQ(share_of({{{64 * kMiB, 16, 4}}, 0}).all, 16 * kMiB);
    EXPECT_EQ(share_of({{{32 * kMiB, 16, 1}}, 0}).all, 2 * kMiB);
    EXPECT_EQ(share_of({{{260 * kMiB, 192, 2}}, 0}).all, 260 * kMiB / 192 * 2);
}

TEST(CacheShare, GrowsWithTheThreadsWhereThereAreSeveralCaches) {
    const std::vector<CacheDomain> domains(24, CacheDomain{32 * kMiB, 8, 8});
    const CacheShare share = share_of({domains, 0});
    EXPECT_EQ(share.processors, 192);
    EXPECT_EQ(share.bytes_for(1), 32 * kMiB);
    EXPECT_EQ(share.bytes_for(8), 32 * kMiB);
    EXPECT_EQ(share.bytes_for(16), 64 * kMiB);
    EXPECT_EQ(share.bytes_for(192), 768 * kMiB);
    EXPECT_EQ(share.bytes_for(100000), 768 * kMiB);
}

TEST(CacheShare, IsCutByAQuota) {
    const CacheShare share = share_of({{{64 * kMiB, 32, 32}}, 4});
    EXPECT_EQ(share.all, 8 * kMiB);
    EXPECT_EQ(share.one, 8 * kMiB);
    EXPECT_EQ(share.processors, 4);
    EXPECT_EQ(share_of({{{64 * kMiB, 32, 32}}, 2.5}).processors, 3);
    EXPECT_EQ(share_of({{{64 * kMiB, 32, 32}}, 64}).all, 64 * kMiB) << "a quota of more is none";
    EXPECT_EQ(share_of({{{64 * kMiB, 32, 32}}, 0.01}).all, kMiB) << "never below 1 MiB";
}

TEST(CacheShare, OfSizesThatCannotBeIsTakenAsUnknown) {
    for (const int64_t bytes :
         {int64_t{0}, int64_t{-1}, int64_t{4096}, int64_t{1} << 50, INT64_MAX}) {
        const CacheShare share = share_of({{{bytes, 8, 8}}, 0});
        EXPECT_EQ(share.all, 16 * kMiB) << bytes;
        EXPECT_EQ(share.one, 16 * kMiB) << bytes;
        EXPECT_EQ(share.reported, 0) << bytes;
    }
    EXPECT_EQ(share_of({}).bytes_for(192), 16 * kMiB);
    EXPECT_EQ(share_of({{{64 * kMiB, -3, 8}}, -7}).all, 64 * kMiB);
    EXPECT_EQ(share_of({{{64 * kMiB, 4, 0}}, 0}).all, 16 * kMiB);
    EXPECT_EQ(share_of({{{64 * kMiB, 2, 8}}, 0}).all, 64 * kMiB) << "fewer sharers than are ours";
}

// Whatever is reported: within what was reported and the cap, and more threads never have less.
TEST(CacheShare, StaysWithinItsLimitsOnEveryMachine) {
    for (int processors = 1; processors <= 192; ++processors) {
        for (int64_t bytes = kMiB; bytes <= 1024 * kMiB; bytes *= 2) {
            for (const int usable : {1, (processors + 1) / 2, processors}) {
                const CacheShare share = share_of({{{bytes, processors, usable}}, 0});
                SCOPED_TRACE(testing::Message() << processors << " " << bytes << " " << usable);
                EXPECT_LE(share.all, std::max(bytes, kMiB));
                EXPECT_LE(share.all, 16 * kMiB * usable);
                EXPECT_GE(share.one, kMiB);
                EXPECT_EQ(share.processors, usable);
                for (int threads = 1; threads < 2 * processors; threads *= 2) {
                    EXPECT_LE(share.bytes_for(threads), share.bytes_for(2 * threads));
                }
            }
        }
    }
}

TEST(CacheShare, IsReadFromTextWithUnits) {
    EXPECT_EQ(cpu::parse_bytes("33554432"), 32 * kMiB);
    EXPECT_EQ(cpu::parse_bytes("32768K"), 32 * kMiB);
    EXPECT_EQ(cpu::parse_bytes("32M"), 32 * kMiB);
    EXPECT_EQ(cpu::parse_bytes("1G"), 1024 * kMiB);
    EXPECT_EQ(cpu::parse_bytes("1"), 1);
    for (const char *text :
         {"", "0", "-5", "M", "32MB", "32 M", "0x20", "99999999999999999999", "9999999G", "nan"}) {
        EXPECT_EQ(cpu::parse_bytes(text), 0) << text;
    }
    EXPECT_EQ(cpu::parse_bytes(nullptr), 0);
}

// A system of files in a temporary folder.
class SystemFiles : public testing::Test {
  protected:
    SystemFiles() {
        std::string pattern = std::filesystem::temp_directory_path() / "jsnorm_system_XXXXXX";
        if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
        root_ = pattern;
    }
    ~SystemFiles() override { std::filesystem::remove_all(root_); }

    void write(const std::string &path, const std::string &text) const {
        const std::filesystem::path file = root_ + path;
        std::filesystem::create_directories(file.parent_path());
        std::ofstream(file) << text << '\n';
    }
    void write_cache(int processor, int index, const char *level, const char *type,
                     const std::string &size, const std::string &sharers) const {
        const std::string cache = "/sys/devices/system/cpu/cpu" + std::to_string(processor) +
                                  "/cache/index" + std::to_string(index);
        write(cache + "/level", level);
        write(cache + "/type", type);
        write(cache + "/size", size);
        write(cache + "/shared_cpu_list", sharers);
    }
    cpu::CacheTopology read(int first, int count) const {
        std::vector<int> processors(static_cast<size_t>(count));
        std::iota(processors.begin(), processors.end(), first);
        return cpu::read_topology(root_, processors);
    }

    std::string root_;
};

TEST_F(SystemFiles, GiveTheLastCacheOfEveryDie) {
    for (int i = 0; i < 16; ++i) {
        const std::string self = std::to_string(i);
        write_cache(i, 0, "1", "Data", "32K", self);
        write_cache(i, 1, "1", "Instruction", "32K", self);
        write_cache(i, 2, "2", "Unified", "512K", self);
        write_cache(i, 3, "3", "Unified", "16384K", i / 4 % 2 == 0 ? "0-3,8-11" : "4-7,12-15");
    }
    const cpu::CacheTopology topology = read(0, 10);
    ASSERT_EQ(topology.domains.size(), 2u);
    EXPECT_EQ(topology.domains[0].bytes, 16 * kMiB);
    EXPECT_EQ(topology.domains[0].sharers, 8);
    EXPECT_EQ(topology.domains[0].usable, 6);
    EXPECT_EQ(topology.domains[1].usable, 4);
    EXPECT_EQ(topology.quota, 0);
}

TEST_F(SystemFiles, ThatAreMissingOrMakeNoSenseTellNothing) {
    EXPECT_EQ(share_of(read(0, 4)).all, 16 * kMiB);
    write_cache(0, 0, "3", "Unified", "many", "0-x,,-4");
    write_cache(1, 0, "three", "Unified", "32768K", "1");
    write_cache(2, 0, "3", "Unified", "32768K", "");
    write("/proc/self/cgroup", "nonsense\n0::\n::\n7:cpu\n0::relative");
    const cpu::CacheTopology topology = read(0, 3);
    ASSERT_EQ(topology.domains.size(), 3u);
    EXPECT_EQ(topology.domains[0].bytes, 0);
    EXPECT_EQ(topology.domains[1].bytes, 0);
    EXPECT_EQ(topology.quota, 0);
    EXPECT_EQ(share_of(topology).all, 16 * kMiB) << "the third, capped: its sharers are unknown";
}

TEST_F(SystemFiles, GiveTheLeastQuotaOfAllGroupsAround) {
    write("/proc/self/cgroup", "0::/pods/one/two");
    write("/sys/fs/cgroup/cpu.max", "max 100000");
    write("/sys/fs/cgroup/pods/cpu.max", "250000 100000");
    write("/sys/fs/cgroup/pods/one/cpu.max", "800000 100000");
    EXPECT_DOUBLE_EQ(read(0, 1).quota, 2.5);
    write("/sys/fs/cgroup/cpu.max", "50000 100000");
    EXPECT_DOUBLE_EQ(read(0, 1).quota, 0.5) << "of a container, whose groups begin at the root";
}

TEST_F(SystemFiles, GiveTheQuotaOfTheFirstVersionOfGroups) {
    write("/proc/self/cgroup", "5:memory:/pods\n4:cpu,cpuacct:/pods\n0::/");
    write("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1");
    write("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000");
    EXPECT_EQ(read(0, 1).quota, 0);
    write("/sys/fs/cgroup/cpu/pods/cpu.cfs_quota_us", "150000");
    write("/sys/fs/cgroup/cpu/pods/cpu.cfs_period_us", "50000");
    EXPECT_DOUBLE_EQ(read(0, 1).quota, 3);
}

TEST(CacheShare, OfThisProcessIsThere) {
    const CacheShare &share = cpu::cache_share();
    EXPECT_GE(share.one, 1);
    EXPECT_GE(share.all, share.one);
    EXPECT_GE(share.processors, 1);
}

}  // namespace
}  // namespace jsnorm::test
