#ifndef OCTOPOLE_EXPANSION_EXCHANGE_HPP
#define OCTOPOLE_EXPANSION_EXCHANGE_HPP

#include <core/ranks/Octopole_Messages.hpp>
#include <operators/Octopole_Expansions.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace Octopole {

/// What the upward part of an evaluate fetches from other ranks. Collective: all ranks call in the same order.
template <class ExecutionSpace, class T>
class ExpansionExchange {
 public:
  using MemorySpace = typename ExecutionSpace::memory_space;  ///< of the expansions
  virtual ~ExpansionExchange() = default;

  /// @return bytes that this rank sends to others in an evaluate
  virtual std::int64_t bytes_sent() const = 0;
  /// @return memory that the exchange holds
  virtual std::size_t bytes() const = 0;

  /// @return levels that have boxes in the parts of several ranks: 0 to this minus one; the same on all ranks
  virtual int coarsest_levels() const = 0;
  /// Fetches the multipoles of those children of this rank's shared boxes that other ranks hold.
  /// @param exec  instance to work on
  /// @param level  of the parents; those of other levels than the coarsest have no such children
  /// @param x  `multipole` of the children is written
  virtual void children(const ExecutionSpace& exec, int level,
                        const Expansions<T, MemorySpace>& x) const = 0;
  /// Sends the multipoles that other ranks' M2L and M2P read. All of this rank's own are made.
  /// @param exec  instance to work on; waited for
  /// @param x  `multipole` of own boxes is read
  virtual void start_multipoles(const ExecutionSpace& exec,
                                const Expansions<T, MemorySpace>& x) const = 0;
  /// Waits for all multipoles of ghosts that M2L and M2P read.
  /// @param exec  instance to work on
  /// @param x  `multipole` of the ghosts is written
  virtual void finish_multipoles(const ExecutionSpace& exec,
                                 const Expansions<T, MemorySpace>& x) const = 0;
  /// @return all messages of an evaluate, in the order in which they are started
  virtual std::vector<std::shared_ptr<Messages>> messages() const = 0;
  /// @return seconds that the last evaluate waited for children, and for multipoles
  virtual std::array<double, 2> waited() const = 0;
};

}  // namespace Octopole

#endif
