#ifndef OCTOPOLE_MPI_COMMUNICATOR_HPP
#define OCTOPOLE_MPI_COMMUNICATOR_HPP

#include <Octopole_Config.hpp>
#include <core/ranks/Octopole_Communicator.hpp>

#ifdef OCTOPOLE_HAVE_MPI

#include <mpi.h>

#include <memory>

namespace Octopole {

/// The ranks of a communicator of MPI. Messages lie in host memory, but for prepared ones where MPI is said to read a
/// device's: by the environment variable OCTOPOLE_MPI_READS_DEVICE_MEMORY=1, the same on all ranks. Only one thread calls: MPI_THREAD_FUNNELED is
/// enough, and so is MPI_THREAD_SINGLE, since threads of the execution space never call MPI.
class MpiCommunicator final : public Communicator {
 public:
  /// Duplicates the communicator, so that no message meets one of the caller's. Collective. Throws
  /// std::logic_error where MPI is not there, or has ended.
  /// @param communicator  the caller's
  explicit MpiCommunicator(MPI_Comm communicator);
  /// Collective.
  ~MpiCommunicator() override;
  MpiCommunicator(const MpiCommunicator&) = delete;             ///< the duplicate is freed once
  MpiCommunicator& operator=(const MpiCommunicator&) = delete;  ///< not copied

  /// @cond OVERRIDES
  int rank() const override { return m_rank; }
  int size() const override { return m_size; }
  void sum(std::int64_t* values, std::size_t n) const override;
  void sum(double* values, std::size_t n) const override;
  void largest(double* values, std::size_t n) const override;
  void broadcast(void* data, std::size_t bytes, int root) const override;
  std::vector<std::byte> gather(const void* mine, std::size_t bytes) const override;
  void spread(const double* mine, const std::vector<int>& counts, double* all) const override;
  std::vector<std::int64_t> transpose(const std::vector<std::int64_t>& values) const override;
  void exchange(const std::byte* sent, const std::vector<std::int64_t>& n_sent, std::byte* received,
                const std::vector<std::int64_t>& n_received) const override;
  bool reads_device_memory() const override { return m_reads_device_memory; }
  std::shared_ptr<Messages> prepare(const std::byte* sent, const std::vector<std::int64_t>& n_sent,
                                    std::byte* received,
                                    const std::vector<std::int64_t>& n_received,
                                    int tag) const override;
  std::shared_ptr<Messages> prepare_spread(const double* mine, const std::vector<int>& counts,
                                           double* all) const override;
  /// @endcond

 private:
  MPI_Comm m_communicator = MPI_COMM_NULL;
  int m_rank = 0, m_size = 1;
  bool m_reads_device_memory = false;
};

}  // namespace Octopole

#endif
#endif
