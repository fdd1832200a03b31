// SPDX-License-Identifier: Apache-2.0
#include "src/distributed/mpi/mpi_engine.hpp"

#include "src/distributed/error.hpp"

namespace jsnorm::distributed {

namespace {

// A message is words of 8 bytes.
MPI_Datatype word() {
    return MPI_INT64_T;
}

jsnormStatus_t of_mpi(const char *function, int code) {
    if (code == MPI_SUCCESS) return JSNORM_STATUS_SUCCESS;
    char text[MPI_MAX_ERROR_STRING] = "";
    int length = 0;
    if (MPI_Error_string(code, text, &length) != MPI_SUCCESS) text[0] = '\0';
    return fail(JSNORM_STATUS_EXECUTION_FAILED, "%s: %s (MPI error %d)", function, text, code);
}

}  // namespace

jsnormStatus_t check_communicator(MPI_Comm comm) {
    int started = 0, ended = 0, between_groups = 0;
    MPI_Initialized(&started);
    MPI_Finalized(&ended);
    JSNORM_DISTRIBUTED_REQUIRE(started != 0 && ended == 0, JSNORM_STATUS_NOT_INITIALIZED,
                               "comm: MPI %s",
                               started == 0 ? "was not initialized" : "was finalized");
    JSNORM_DISTRIBUTED_REQUIRE(comm != MPI_COMM_NULL, JSNORM_STATUS_BAD_PARAM,
                               "comm is MPI_COMM_NULL: no communicator, or one that was freed");
    JSNORM_DISTRIBUTED_TRY(
        of_mpi("MPI_Comm_test_inter", MPI_Comm_test_inter(comm, &between_groups)));
    JSNORM_DISTRIBUTED_REQUIRE(between_groups == 0, JSNORM_STATUS_BAD_PARAM,
                               "comm is an intercommunicator, but must be of one group");
    return JSNORM_STATUS_SUCCESS;
}

MpiEngine::MpiEngine(MPI_Comm comm) : comm_(comm) {}

jsnormStatus_t MpiEngine::open() {
    JSNORM_DISTRIBUTED_TRY(
        of_mpi("MPI_Comm_get_errhandler", MPI_Comm_get_errhandler(comm_, &previous_)));
    JSNORM_DISTRIBUTED_TRY(
        of_mpi("MPI_Comm_set_errhandler", MPI_Comm_set_errhandler(comm_, MPI_ERRORS_RETURN)));
    JSNORM_DISTRIBUTED_TRY(of_mpi("MPI_Comm_rank", MPI_Comm_rank(comm_, &rank_)));
    return of_mpi("MPI_Comm_size", MPI_Comm_size(comm_, &size_));
}

MpiEngine::~MpiEngine() {
    if (previous_ == MPI_ERRHANDLER_NULL) return;
    MPI_Comm_set_errhandler(comm_, previous_);
    MPI_Errhandler_free(&previous_);  // the reference that MPI_Comm_get_errhandler took
}

jsnormStatus_t MpiEngine::maximum(int64_t *values, int32_t count) {
    return of_mpi("MPI_Allreduce",
                  MPI_Allreduce(MPI_IN_PLACE, values, count, MPI_INT64_T, MPI_MAX, comm_));
}

jsnormStatus_t MpiEngine::total(int64_t *values, int32_t count) {
    return of_mpi("MPI_Allreduce",
                  MPI_Allreduce(MPI_IN_PLACE, values, count, MPI_INT64_T, MPI_SUM, comm_));
}

jsnormStatus_t MpiEngine::all_gather(const void *sent, void *received, const Segments &segments) {
    return of_mpi("MPI_Allgatherv",
                  MPI_Allgatherv(sent, segments.counts[rank_], word(), received, segments.counts,
                                 segments.offsets, word(), comm_));
}

jsnormStatus_t MpiEngine::all_to_all(const void *sent, const Segments &sent_segments,
                                     void *received, const Segments &received_segments) {
    return of_mpi("MPI_Alltoallv", MPI_Alltoallv(sent, sent_segments.counts, sent_segments.offsets,
                                                 word(), received, received_segments.counts,
                                                 received_segments.offsets, word(), comm_));
}

}  // namespace jsnorm::distributed
