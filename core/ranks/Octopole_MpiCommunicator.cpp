#include <core/ranks/Octopole_MpiCommunicator.hpp>

#ifdef OCTOPOLE_HAVE_MPI

#include <algorithm>
#include <climits>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace Octopole {

namespace {

/// MPI counts in 31 bits.
constexpr std::int64_t most_bytes = std::int64_t(1) << 30;

/// Messages of this tag are those of `exchange`.
constexpr int exchange_tag = 1;

bool mpi_is_there() {
  int there = 0, ended = 0;
  MPI_Initialized(&there);
  if (there) MPI_Finalized(&ended);
  return there && !ended;
}

/// Calls message(rank, at, n) for the parts, each of which MPI can count, of what each rank but one has; `at`: bytes
/// before.
template <class Message>
void for_messages(const std::vector<std::int64_t>& bytes, int left_out, const Message& message) {
  std::int64_t first = 0;
  for (int r = 0; r < int(bytes.size()); first += bytes[r++]) {
    if (r == left_out) continue;
    for (std::int64_t at = 0; at < bytes[r]; at += most_bytes)
      message(r, first + at, int(std::min(most_bytes, bytes[r] - at)));
  }
}

/// What a rank has for itself: its place among what is sent, or received, and how much.
struct OwnPart {
  const std::byte* from;
  std::byte* to;
  std::size_t bytes;
  OwnPart(const std::byte* sent, const std::vector<std::int64_t>& n_sent, std::byte* received,
          const std::vector<std::int64_t>& n_received, int rank)
      : from(sent + before(n_sent, rank)),
        to(received + before(n_received, rank)),
        bytes(std::size_t(n_sent[rank])) {}
  void copy() const {
    if (bytes > 0) std::memcpy(to, from, bytes);
  }

 private:
  static std::int64_t before(const std::vector<std::int64_t>& n, int rank) {
    return std::accumulate(n.begin(), n.begin() + rank, std::int64_t(0));
  }
};

/// Persistent requests.
class MpiMessages final : public Messages {
 public:
  /// `own`: nothing where MPI copies that too.
  MpiMessages(std::vector<MPI_Request> requests, std::int64_t n_sent, std::optional<OwnPart> own)
      : m_requests(std::move(requests)), m_n_sent(n_sent), m_own(own) {}
  ~MpiMessages() override {
    if (!mpi_is_there()) return;
    for (MPI_Request& request : m_requests) MPI_Request_free(&request);
  }
  std::int64_t n_sent() const override { return m_n_sent; }

 protected:
  void start_all() override {
    if (!m_requests.empty()) MPI_Startall(int(m_requests.size()), m_requests.data());
    if (m_own) m_own->copy();
  }
  void wait_for_all() override {
    if (!m_requests.empty())
      MPI_Waitall(int(m_requests.size()), m_requests.data(), MPI_STATUSES_IGNORE);
  }

 private:
  std::vector<MPI_Request> m_requests;
  std::int64_t m_n_sent;
  std::optional<OwnPart> m_own;
};

/// An MPI_Iallgatherv that is begun anew in each round: MPI 3 has no persistent one.
class MpiSpread final : public Messages {
 public:
  MpiSpread(MPI_Comm communicator, const double* mine, int n_mine, std::vector<int> counts,
            std::vector<int> first, double* all)
      : m_communicator(communicator),
        m_mine(mine),
        m_n_mine(n_mine),
        m_counts(std::move(counts)),
        m_first(std::move(first)),
        m_all(all) {}
  /// Whatever MPI makes of it, the fewest steps in which it reaches all.
  std::int64_t n_sent() const override {
    std::int64_t steps = 0;
    while ((std::size_t(1) << steps) < m_counts.size()) ++steps;
    return steps;
  }

 protected:
  void start_all() override {
    MPI_Iallgatherv(m_mine, m_n_mine, MPI_DOUBLE, m_all, m_counts.data(), m_first.data(),
                    MPI_DOUBLE, m_communicator, &m_request);
  }
  void wait_for_all() override { MPI_Wait(&m_request, MPI_STATUS_IGNORE); }

 private:
  MPI_Comm m_communicator;
  const double* m_mine;
  int m_n_mine;
  std::vector<int> m_counts, m_first;
  double* m_all;
  MPI_Request m_request = MPI_REQUEST_NULL;
};

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
  // MPI itself says so by names of its vendor's, and not always truly.
  const char* const said = std::getenv("OCTOPOLE_MPI_READS_DEVICE_MEMORY");
  m_reads_device_memory = said != nullptr && std::strcmp(said, "1") == 0;
  if (!mpi_is_there())
    throw std::logic_error(
        "Octopole::Plan: found a communicator outside of MPI_Init and MPI_Finalize, expected one "
        "between");
  MPI_Comm_dup(communicator, &m_communicator);
  MPI_Comm_rank(m_communicator, &m_rank);
  MPI_Comm_size(m_communicator, &m_size);
}

MpiCommunicator::~MpiCommunicator() {
  if (mpi_is_there()) MPI_Comm_free(&m_communicator);
}

void MpiCommunicator::sum(std::int64_t* values, std::size_t n) const {
  MPI_Allreduce(MPI_IN_PLACE, values, count_of(n), MPI_INT64_T, MPI_SUM, m_communicator);
}

void MpiCommunicator::sum(double* values, std::size_t n) const {
  MPI_Allreduce(MPI_IN_PLACE, values, count_of(n), MPI_DOUBLE, MPI_SUM, m_communicator);
}

void MpiCommunicator::largest(double* values, std::size_t n) const {
  // Comparisons with what is not a number depend on their order: whether there is one goes along.
  std::vector<double> both(2 * n);
  for (std::size_t i = 0; i < n; ++i) {
    const bool is_number = !std::isnan(values[i]);
    both[i] = is_number ? values[i] : -std::numeric_limits<double>::infinity();
    both[n + i] = is_number ? 0 : 1;
  }
  MPI_Allreduce(MPI_IN_PLACE, both.data(), count_of(2 * n), MPI_DOUBLE, MPI_MAX, m_communicator);
  for (std::size_t i = 0; i < n; ++i)
    values[i] = both[n + i] > 0 ? std::numeric_limits<double>::quiet_NaN() : both[i];
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

namespace {

/// Numbers before each rank's.
std::vector<int> first_of(const std::vector<int>& counts) {
  std::vector<int> first;
  std::size_t total = 0;
  for (const int n : counts) {
    first.push_back(count_of(total));
    total += std::size_t(n);
  }
  return first;
}

}  // namespace

void MpiCommunicator::spread(const double* mine, const std::vector<int>& counts,
                             double* all) const {
  const std::vector<int> first = first_of(counts);
  MPI_Allgatherv(mine, counts[std::size_t(m_rank)], MPI_DOUBLE, all, counts.data(), first.data(),
                 MPI_DOUBLE, m_communicator);
}

std::shared_ptr<Messages> MpiCommunicator::prepare_spread(const double* mine,
                                                          const std::vector<int>& counts,
                                                          double* all) const {
  return std::make_shared<MpiSpread>(m_communicator, mine, counts[std::size_t(m_rank)], counts,
                                     first_of(counts), all);
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
  std::vector<MPI_Request> requests;
  for_messages(n_received, m_rank, [&](int r, std::int64_t at, int n) {
    MPI_Irecv(received + at, n, MPI_BYTE, r, exchange_tag, m_communicator,
              &requests.emplace_back());
  });
  for_messages(n_sent, m_rank, [&](int r, std::int64_t at, int n) {
    MPI_Isend(sent + at, n, MPI_BYTE, r, exchange_tag, m_communicator, &requests.emplace_back());
  });
  OwnPart(sent, n_sent, received, n_received, m_rank).copy();
  MPI_Waitall(int(requests.size()), requests.data(), MPI_STATUSES_IGNORE);
}

std::shared_ptr<Messages> MpiCommunicator::prepare(const std::byte* sent,
                                                   const std::vector<std::int64_t>& n_sent,
                                                   std::byte* received,
                                                   const std::vector<std::int64_t>& n_received,
                                                   int tag) const {
  // The host cannot copy what a device has.
  const int left_out = m_reads_device_memory ? -1 : m_rank, mpi_tag = exchange_tag + 1 + tag;
  std::vector<MPI_Request> requests;
  std::int64_t n_messages = 0;
  for_messages(n_received, left_out, [&](int r, std::int64_t at, int n) {
    MPI_Recv_init(received + at, n, MPI_BYTE, r, mpi_tag, m_communicator, &requests.emplace_back());
  });
  for_messages(n_sent, left_out, [&](int r, std::int64_t at, int n) {
    MPI_Send_init(sent + at, n, MPI_BYTE, r, mpi_tag, m_communicator, &requests.emplace_back());
    n_messages += r != m_rank;
  });
  std::optional<OwnPart> own;
  if (!m_reads_device_memory) own.emplace(sent, n_sent, received, n_received, m_rank);
  return std::make_shared<MpiMessages>(std::move(requests), n_messages, own);
}

}  // namespace Octopole

#endif
