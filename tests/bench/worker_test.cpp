// SPDX-License-Identifier: Apache-2.0
#include "bench/peers/worker.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "bench/case.hpp"
#include "bench/contestant.hpp"
#include "bench/peers/pytorch.hpp"

namespace jsnorm::bench {
namespace {

std::string refusal_of(const std::vector<std::string> &command) {
    try {
        const Worker worker(command, {});
    } catch (const std::runtime_error &error) {
        return error.what();
    }
    return "none";
}

TEST(Worker, TellsHowItEndedAndItsLastWords) {
    EXPECT_EQ(refusal_of({"sh", "-c", "echo Traceback >&2; echo '  oh  no' >&2; exit 3"}),
              "ended with status 3: Traceback oh no");
    EXPECT_EQ(refusal_of({"sh", "-c", "kill -9 $$"}), "ended by signal 9");
    const std::string absent = refusal_of({"/nowhere/to/be/found"});
    EXPECT_EQ(absent.rfind("cannot be started: No such file", 0), 0u) << absent;
}

TEST(Worker, TellsItsEndAlsoWhenItIsAskedAgain) {
    Worker worker({"sh", "-c", "echo ready me; read line; echo gone >&2"}, {});
    EXPECT_EQ(worker.greeting(), "me");
    for (int i = 0; i < 2; ++i) {
        try {
            worker.ask("anything");
            ADD_FAILURE() << "answered";
        } catch (const std::runtime_error &error) {
            EXPECT_STREQ(error.what(), "ended with status 0: gone");
        }
    }
}

TEST(Worker, EndsAlsoWhileALaterOneRuns) {
    const std::vector<std::string> command = {"sh", "-c",
                                              "echo ready to; while read line; do :; done"};
    auto first = std::make_unique<Worker>(command, std::vector<std::string>{});
    const Worker second({"sh", "-c", "echo ready too; read line"}, {});
    first.reset();
}

// What a Python said, not a guess that it has no torch.
TEST(Worker, OfPyTorchHasItsOwnWordsInTheReport) {
    const Case which{"tiny", {"nc", Layer::kBatch, {4, 3}}, Layout::kChannelsLast};
    Tensors tensors(which, {});
    Settings settings;
    settings.python = "sh";  // cannot read Python
    settings.peers_folder = JSNORM_BENCH_PEERS_FOLDER;
    const TorchMode mode = {"words", "pytorch_worker.py"};
    EXPECT_THROW(make_torch(mode, which, tensors, settings), Unavailable);
    EXPECT_EQ(torch_version(mode).rfind("sh: ended with status ", 0), 0u) << torch_version(mode);
}

}  // namespace
}  // namespace jsnorm::bench
