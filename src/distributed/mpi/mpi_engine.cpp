// SPDX-License-Identifier: Apache-2.0
#include "src/distributed/mpi/mpi_engine.hpp"

#include <new>

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

// Frees the duplicate that a communicator has as an attribute.
int free_duplicate(MPI_Comm, int, void *attribute, void *) {
    auto *duplicate = static_cast<MPI_Comm *>(attribute);
    const int code = MPI_Comm_free(duplicate);
    delete duplicate;
    return code;
}

// The key of that attribute. A communicator that the caller duplicates does not take it along.
struct Key {
    int value = MPI_KEYVAL_INVALID;
    int code = MPI_Comm_create_keyval(MPI_COMM_NULL_COPY_FN, free_duplicate, &value, nullptr);
};

const Key &key() {
    static const Key created;
    return created;
}

jsnormStatus_t make_duplicate(MPI_Comm comm, MPI_Comm &duplicate) {
    // MPI_Comm_dup reports to the caller's handler, which may end the program.
    MPI_Errhandler callers;
    JSNORM_DISTRIBUTED_TRY(
        of_mpi("MPI_Comm_get_errhandler", MPI_Comm_get_errhandler(comm, &callers)));
    MPI_Comm_set_errhandler(comm, MPI_ERRORS_RETURN);
    const int code = MPI_Comm_dup(comm, &duplicate);
    MPI_Comm_set_errhandler(comm, callers);
    MPI_Errhandler_free(&callers);  // the reference that MPI_Comm_get_errhandler took
    JSNORM_DISTRIBUTED_TRY(of_mpi("MPI_Comm_dup", code));
    JSNORM_DISTRIBUTED_TRY(
        of_mpi("MPI_Comm_set_errhandler", MPI_Comm_set_errhandler(duplicate, MPI_ERRORS_RETURN)));
    auto *attribute = new (std::nothrow) MPI_Comm(duplicate);
    JSNORM_DISTRIBUTED_REQUIRE(attribute != nullptr,
                               JSNORM_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED,
                               "no memory for a communicator");
    return of_mpi("MPI_Comm_set_attr", MPI_Comm_set_attr(comm, key().value, attribute));
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

jsnormStatus_t communicator_size(MPI_Comm comm, int64_t &size) {
    int ranks = 0;
    JSNORM_DISTRIBUTED_TRY(of_mpi("MPI_Comm_size", MPI_Comm_size(comm, &ranks)));
    size = ranks;
    return JSNORM_STATUS_SUCCESS;
}

jsnormStatus_t MpiEngine::open(MPI_Comm comm) {
    JSNORM_DISTRIBUTED_TRY(of_mpi("MPI_Comm_create_keyval", key().code));
    void *attribute = nullptr;
    int found = 0;
    JSNORM_DISTRIBUTED_TRY(
        of_mpi("MPI_Comm_get_attr", MPI_Comm_get_attr(comm, key().value, &attribute, &found)));
    if (found != 0) {
        comm_ = *static_cast<MPI_Comm *>(attribute);
    } else {
        JSNORM_DISTRIBUTED_TRY(make_duplicate(comm, comm_));
    }
    JSNORM_DISTRIBUTED_TRY(of_mpi("MPI_Comm_rank", MPI_Comm_rank(comm_, &rank_)));
    return of_mpi("MPI_Comm_size", MPI_Comm_size(comm_, &size_));
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

jsnormStatus_t MpiEngine::pass_on(const void *sent, int32_t sent_words, int64_t to, void *received,
                                  int32_t received_words, int64_t from) {
    constexpr int kTag = 0;  // nobody else sends on the duplicate
    return of_mpi(
        "MPI_Sendrecv",
        MPI_Sendrecv(sent, sent_words, word(), static_cast<int>(to), kTag, received, received_words,
                     word(), static_cast<int>(from), kTag, comm_, MPI_STATUS_IGNORE));
}

}  // namespace jsnorm::distributed
