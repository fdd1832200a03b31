// SPDX-License-Identifier: Apache-2.0
//
// Run by mpirun: every rank runs its parts of layers by libjsnorm_mpi's code and all rows by the
// core, and compares. The exit status is 0 if all ranks found everything right.
#include <jsnorm/jsnorm_mpi.h>

#include <cstdio>
#include <cstring>

#include "src/distributed/error.hpp"
#include "src/distributed/mpi/mpi_engine.hpp"
#include "src/distributed/operations.hpp"
#include "tests/distributed/shared_layer.hpp"

namespace {

using namespace jsnorm::test;
using jsnorm::distributed::Exchange;

int complaints = 0;

void complain(int rank, const std::string &about, const std::string &text) {
    if (text.empty()) return;
    ++complaints;
    std::fprintf(stderr, "rank %d, %s: %s\n", rank, about.c_str(), text.c_str());
}

void expect(int rank, bool holds, const char *what) {
    if (!holds)
        complain(rank, what, std::string("is wrong; last error: ") + jsnormMpiGetLastErrorString());
}

// The public functions: the exchange is the cost model's.
LayerCalls public_calls(MPI_Comm comm) {
    LayerCalls calls;
    calls.workspace_size = [comm](auto handle, auto norm, auto x_desc, auto operation,
                                  size_t *bytes) {
        return jsnormMpiGetWorkspaceSize(handle, norm, x_desc, operation, comm, bytes);
    };
    calls.forward = [comm](auto handle, auto norm, auto *args) {
        return jsnormMpiForwardTraining(handle, norm, args, comm);
    };
    calls.backward = [comm](auto handle, auto norm, auto *args) {
        return jsnormMpiBackward(handle, norm, args, comm);
    };
    calls.last_error = jsnormMpiGetLastErrorString;
    return calls;
}

LayerCalls calls_by(jsnorm::distributed::Engine &engine, Exchange exchange) {
    LayerCalls calls;
    calls.workspace_size = [&engine, exchange](auto handle, auto norm, auto x_desc, auto operation,
                                               size_t *bytes) {
        return jsnorm::distributed::workspace_size(handle, norm, x_desc, operation, engine.size(),
                                                   exchange, bytes);
    };
    calls.forward = [&engine, exchange](auto handle, auto norm, auto *args) {
        return jsnorm::distributed::forward_training(handle, norm, args, engine, exchange);
    };
    calls.backward = [&engine, exchange](auto handle, auto norm, auto *args) {
        return jsnorm::distributed::backward(handle, norm, args, engine, exchange);
    };
    calls.last_error = jsnorm::distributed::last_error;
    return calls;
}

void compare_layers(int rank, int ranks) {
    for (const SharedLayer &layer : shared_layers(ranks)) {
        const LayerResult part = run_part(layer, rank, public_calls(MPI_COMM_WORLD));
        complain(rank, layer.name, compare_to_whole(layer, rank, part, run_whole(layer)));
        complain(rank, layer.name, compare_to_phases(part, run_phases(layer)));
        jsnorm::distributed::MpiEngine engine;
        require(engine.open(MPI_COMM_WORLD), "open");
        for (const Exchange exchange : jsnorm::distributed::kExchanges) {
            complain(rank, layer.name,
                     compare_bits(part, run_part(layer, rank, calls_by(engine, exchange))));
        }
    }
}

// Communicators: of one rank, freed, between groups; and the caller's error handler.
void try_communicators(int rank, int ranks) {
    const SharedLayer alone = shared_layers(1).front();
    complain(rank, "MPI_COMM_SELF",
             compare_to_phases(run_part(alone, 0, public_calls(MPI_COMM_SELF)), run_phases(alone)));

    const Handle handle(JSNORM_BACKEND_CPU);
    const NormDescriptor norm(JSNORM_BATCH_NORM);
    const TensorDescriptor desc(JSNORM_DOUBLE, {2, 4});
    size_t bytes = 0;
    const auto ask = [&](MPI_Comm comm) {
        return jsnormMpiGetWorkspaceSize(handle.get(), norm.get(), desc.get(), JSNORM_BACKWARD,
                                         comm, &bytes);
    };
    MPI_Comm freed;
    MPI_Comm_dup(MPI_COMM_WORLD, &freed);
    MPI_Comm_free(&freed);
    expect(rank, ask(freed) == JSNORM_STATUS_BAD_PARAM, "a communicator that was freed");
    expect(rank, std::strstr(jsnormMpiGetLastErrorString(), "MPI_COMM_NULL") != nullptr,
           "the text about a communicator that was freed");
    expect(rank,
           jsnormMpiForwardTraining(handle.get(), norm.get(), nullptr, MPI_COMM_NULL) ==
               JSNORM_STATUS_BAD_PARAM,
           "no communicator");
    expect(rank,
           jsnormMpiBackward(handle.get(), norm.get(), nullptr, MPI_COMM_WORLD) ==
               JSNORM_STATUS_BAD_PARAM_NULL_POINTER,
           "args NULL on every rank");

    if (ranks > 1) {
        MPI_Comm half, between;
        MPI_Comm_split(MPI_COMM_WORLD, rank % 2, rank, &half);
        MPI_Intercomm_create(half, 0, MPI_COMM_WORLD, 1 - rank % 2, 0, &between);
        expect(rank, ask(between) == JSNORM_STATUS_BAD_PARAM, "an intercommunicator");
        MPI_Comm_free(&between);
        MPI_Comm_free(&half);
    }

    MPI_Comm mine;
    MPI_Errhandler kept;
    MPI_Comm_dup(MPI_COMM_WORLD, &mine);
    MPI_Comm_set_errhandler(mine, MPI_ERRORS_ARE_FATAL);
    expect(rank, ask(mine) == JSNORM_STATUS_SUCCESS, "a duplicated communicator");
    MPI_Comm_get_errhandler(mine, &kept);
    expect(rank, kept == MPI_ERRORS_ARE_FATAL, "the caller's error handler");
    MPI_Errhandler_free(&kept);
    MPI_Comm_free(&mine);
}

// MPI's own failures come back as a status with MPI's text: here a count that no message has.
void fail_in_mpi(int rank) {
    jsnorm::distributed::MpiEngine engine;
    require(engine.open(MPI_COMM_WORLD), "open");
    int64_t value = 0;
    expect(rank, engine.maximum(&value, -1) == JSNORM_STATUS_EXECUTION_FAILED,
           "a failing MPI call");
    expect(rank,
           std::strstr(jsnorm::distributed::last_error(), "MPI_Allreduce: MPI_ERR") != nullptr,
           "the text of a failing MPI call");
}

// Another K on the last rank: the same status and text on every rank.
void differ(int rank, int ranks) {
    if (ranks == 1) return;
    const Handle handle(JSNORM_BACKEND_CPU);
    const NormDescriptor norm(JSNORM_BATCH_NORM);
    const TensorDescriptor desc(JSNORM_DOUBLE, {2, rank == ranks - 1 ? 5 : 4});
    std::vector<double> x(10, 1), y(10, -7), space(1 << 12);
    jsnormForwardTrainingArgs_t args;
    require(jsnormForwardTrainingArgsInit(&args, sizeof args), "init");
    args.x_desc = args.y_desc = desc.get();
    args.x = x.data();
    args.y = y.data();
    args.workspace = space.data();
    args.workspace_bytes = 8 * space.size();
    expect(rank,
           jsnormMpiForwardTraining(handle.get(), norm.get(), &args, MPI_COMM_WORLD) ==
               JSNORM_STATUS_BAD_PARAM_SHAPE_MISMATCH,
           "another K on the last rank");
    const std::string text = "jsnormMpiForwardTraining: rank " + std::to_string(ranks - 1) +
                             " has K = 5, but rank 0 has 4";
    expect(rank, jsnormMpiGetLastErrorString() == text, "the text about another K");
    expect(rank, y[0] == -7, "y after another K");
}

}  // namespace

int main(int argc, char **argv) {
    const bool before = jsnormMpiForwardTraining(nullptr, nullptr, nullptr, MPI_COMM_WORLD) ==
                        JSNORM_STATUS_NOT_INITIALIZED;
    MPI_Init(&argc, &argv);
    int rank = 0, ranks = 1;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    expect(rank, before, "a call before MPI_Init");
    compare_layers(rank, ranks);
    try_communicators(rank, ranks);
    fail_in_mpi(rank);
    differ(rank, ranks);
    int all = 0;
    MPI_Allreduce(&complaints, &all, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
    if (rank == 0) std::printf("%d ranks: %s\n", ranks, all == 0 ? "all is well" : "FAILED");
    MPI_Finalize();
    return all == 0 ? 0 : 1;
}
