#include <core/ranks/Octopole_MpiCommunicator.hpp>

#ifdef OCTOPOLE_HAVE_MPI

#include <algorithm>
#include <climits>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <stdexcept>

namespace Octopole {

namespace {

/// MPI counts in 31 bits.
constexpr std::int64_t most_bytes = std::int64_t(1) << 30;

int count_of(std::size_t n) {
  if (n > std::size_t(INT_MAX))
    throw std::length_error("Octopole: found " + std::to_string(n) +
                            " numbers in one collective call, allowed at most 2^31 - 1");
  return int(n);
}

}  // namespace

// What fails in MPI ends the program, by MPI's own error handler: after communication has begun nothing else
// ends all ranks.
MpiCommunicator::MpiCommunicator(MPI_Comm communicator) {
  int there = 0, ended = 0;
  MPI_Initialized(&there);
  if (there) MPI_Finalized(&ended);
  if (!there || ended)
    throw std::logic_error(
        "Octopole::Plan: found a communicator outside of MPI_Init and MPI_Finalize, expected one "
        "between");
  MPI_Comm_dup(communicator, &m_communicator);
  MPI_Comm_rank(m_communicator, &m_rank);
  MPI_Comm_size(m_communicator, &m_size);
}

MpiCommunicator::~MpiCommunicator() {
  int ended = 0;
  MPI_Finalized(&ended);
  if (!ended) MPI_Comm_free(&m_communicator);
}

void MpiCommunicator::sum(std::int64_t* values, std::size_t n) const {
  MPI_Allreduce(MPI_IN_PLACE, values, count_of(n), MPI_INT64_T, MPI_SUM, m_communicator);
}

void MpiCommunicator::sum(double* values, std::size_t n) const {
  MPI_Allreduce(MPI_IN_PLACE, values, count_of(n), MPI_DOUBLE, MPI_SUM, m_communicator);
}

void MpiCommunicator::largest(double* values, std::size_t n) const {
  // Comparisons with what is not a number depend on their order: those are counted instead.
  std::vector<std::int64_t> not_numbers(n);
  for (std::size_t i = 0; i < n; ++i) {
    not_numbers[i] = std::isnan(values[i]);
    if (not_numbers[i]) values[i] = 0;
  }
  MPI_Allreduce(MPI_IN_PLACE, values, count_of(n), MPI_DOUBLE, MPI_MAX, m_communicator);
  sum(not_numbers.data(), n);
  for (std::size_t i = 0; i < n; ++i)
    if (not_numbers[i] > 0) values[i] = std::numeric_limits<double>::quiet_NaN();
}

void MpiCommunicator::broadcast(void* data, std::size_t bytes, int root) const {
  for (std::size_t at = 0; at < bytes; at += std::size_t(most_bytes))
    MPI_Bcast(static_cast<std::byte*>(data) + at,
              int(std::min(std::size_t(most_bytes), bytes - at)), MPI_BYTE, root, m_communicator);
}

std::vector<std::byte> MpiCommunicator::gather(const void* mine, std::size_t bytes) const {
  const int n = count_of(bytes);
  std::vector<int> counts(m_size), first(m_size);
  MPI_Allgather(&n, 1, MPI_INT, counts.data(), 1, MPI_INT, m_communicator);
  std::size_t total = 0;
  for (int r = 0; r < m_size; ++r) {
    first[r] = count_of(total);
    total += std::size_t(counts[r]);
  }
  std::vector<std::byte> all(total);
  MPI_Allgatherv(mine, n, MPI_BYTE, all.data(), counts.data(), first.data(), MPI_BYTE,
                 m_communicator);
  return all;
}

void MpiCommunicator::spread(const double* mine, const std::vector<int>& counts,
                             double* all) const {
  std::vector<int> first;
  std::size_t total = 0;
  for (const int n : counts) {
    first.push_back(count_of(total));
    total += std::size_t(n);
  }
  MPI_Allgatherv(mine, counts[std::size_t(m_rank)], MPI_DOUBLE, all, counts.data(), first.data(),
                 MPI_DOUBLE, m_communicator);
}

std::vector<std::int64_t> MpiCommunicator::transpose(
    const std::vector<std::int64_t>& values) const {
  std::vector<std::int64_t> from(m_size);
  MPI_Alltoall(values.data(), 1, MPI_INT64_T, from.data(), 1, MPI_INT64_T, m_communicator);
  return from;
}

void MpiCommunicator::exchange(const std::byte* sent, const std::vector<std::int64_t>& n_sent,
                               std::byte* received,
                               const std::vector<std::int64_t>& n_received) const {
  constexpr int tag = 1;
  std::vector<MPI_Request> requests;
  const auto in_messages = [&](std::int64_t bytes, const auto& message) {
    for (std::int64_t at = 0; at < bytes; at += most_bytes) {
      requests.emplace_back();
      message(at, int(std::min(most_bytes, bytes - at)));
    }
  };
  std::byte* to = received;
  for (int r = 0; r < m_size; to += n_received[r++]) {
    if (r == m_rank) continue;
    in_messages(n_received[r], [&](std::int64_t at, int n) {
      MPI_Irecv(to + at, n, MPI_BYTE, r, tag, m_communicator, &requests.back());
    });
  }
  const std::byte* from = sent;
  for (int r = 0; r < m_size; from += n_sent[r++]) {
    if (r == m_rank) continue;
    in_messages(n_sent[r], [&](std::int64_t at, int n) {
      MPI_Isend(from + at, n, MPI_BYTE, r, tag, m_communicator, &requests.back());
    });
  }
  const auto before = [&](const std::vector<std::int64_t>& n) {
    return std::accumulate(n.begin(), n.begin() + m_rank, std::int64_t(0));
  };
  if (n_sent[m_rank] > 0)
    std::memcpy(received + before(n_received), sent + before(n_sent), std::size_t(n_sent[m_rank]));
  MPI_Waitall(int(requests.size()), requests.data(), MPI_STATUSES_IGNORE);
}

}  // namespace Octopole

#endif
