#ifndef OCTOPOLE_TO_ALL_HPP
#define OCTOPOLE_TO_ALL_HPP

#include <core/base/Octopole_Allocate.hpp>
#include <core/base/Octopole_Transfer.hpp>
#include <core/ranks/Octopole_Communicator.hpp>
#include <core/ranks/Octopole_EssentialTree.hpp>
#include <core/ranks/Octopole_Halo.hpp>
#include <core/ranks/Octopole_ItemExchange.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace Octopole {

/// Boxes of which every rank gets the numbers, in one message that the ranks pass on, fixed once and carried out again
/// and again. Around a cluster one rank would else send its boxes to each of the many ranks inside.
template <class MemorySpace>
class ToAll {
 public:
  using Indices = typename ItemExchange<MemorySpace>::Indices;  ///< of boxes
  using Numbers = typename ItemExchange<MemorySpace>::Numbers;  ///< as they travel

  /// No boxes.
  ToAll() = default;
  /// Takes over, of boxes that are sent to ranks one by one, those that many need. Collective.
  /// @param exec  instance to work on
  /// @param ranks  the ranks
  /// @param essential  this rank's tree
  /// @param[in,out] traffic  who is sent which box; what goes to all is taken away
  /// @param rows  doubles per box, at least 1
  template <class ExecutionSpace>
  ToAll(const ExecutionSpace& exec, const Communicator& ranks,
        const EssentialTree<MemorySpace>& essential, BoxTraffic& traffic, int rows)
      : m_rows(rows) {
    const auto n_boxes = std::size_t(essential.tree.n_boxes);
    std::vector<int> receivers(n_boxes, 0), sent;
    for (const auto& to_rank : traffic.sent)
      for (const int box : to_rank) ++receivers[box];
    std::vector<BoxPlace> mine;
    for (int b = 0; b < int(n_boxes); ++b) {
      if (receivers[b] < receivers_for_all(ranks.size())) continue;
      sent.push_back(b);
      mine.push_back(essential.place[b]);
    }
    const std::vector<std::int64_t> counts =
        Impl::gather(ranks, std::vector<std::int64_t>{std::int64_t(mine.size())});
    const std::vector<BoxPlace> all = Impl::gather(ranks, mine);
    for (const std::int64_t n : counts) m_counts.push_back(int(n) * rows);

    std::vector<char> to_all(n_boxes, 0), is_read(n_boxes, 0);
    for (const int b : sent) to_all[b] = 1;
    for (const auto& of_rank : traffic.received)
      for (const int b : of_rank) is_read[b] = 1;
    std::vector<int> received;
    for (const BoxPlace& place : all) {
      const int b = essential.find(place);
      received.push_back(b >= 0 && is_read[b] ? b : -1);
      if (b >= 0) to_all[b] = 1;
    }
    for (auto* boxes : {&traffic.sent, &traffic.received})
      for (auto& of_rank : *boxes)
        of_rank.erase(
            std::remove_if(of_rank.begin(), of_rank.end(), [&](int b) { return to_all[b] != 0; }),
            of_rank.end());
    m_sent = Impl::view_of<Indices>("Octopole::Ranks::sent_to_all", sent);
    m_received = Impl::view_of<Indices>("Octopole::Ranks::received_by_all", received);
    Impl::allocate_into(m_mine, exec, "Octopole::Ranks::mine", sent.size() * rows);
    Impl::allocate_into(m_all, exec, "Octopole::Ranks::of_all", received.size() * rows);
  }

  /// Brings the numbers of all ranks' boxes to those that this rank reads. Collective; waits for `exec`.
  /// @param exec  instance to work on
  /// @param ranks  the ranks
  /// @param boxes  boxes(box, row) is read, of own boxes; boxes.set(box, row, number) is called
  template <class ExecutionSpace, class Boxes>
  void apply(const ExecutionSpace& exec, const Communicator& ranks, const Boxes& boxes) const {
    if (m_received.extent(0) == 0) return;  // on all ranks
    using Items = ItemExchange<MemorySpace>;
    Items::gather(exec, m_sent, m_rows, boxes, m_mine);
    exec.fence("Octopole::Ranks::mine");
    const auto mine = Impl::to_host(m_mine);
    if constexpr (Kokkos::SpaceAccessibility<Kokkos::HostSpace, MemorySpace>::accessible) {
      ranks.spread(mine.data(), m_counts, m_all.data());
      Items::scatter(exec, m_received, m_rows, m_all, OfThese<Boxes>{boxes});
    } else {
      const typename Numbers::host_mirror_type all(
          Kokkos::view_alloc("Octopole::Ranks::of_all", Kokkos::WithoutInitializing),
          m_all.extent(0));
      ranks.spread(mine.data(), m_counts, all.data());
      Items::scatter(exec, m_received, m_rows, Impl::to_space<MemorySpace>(all),
                     OfThese<Boxes>{boxes});
      exec.fence("Octopole::Ranks::of_all");
    }
  }

  /// @param n_ranks  R
  /// @return bytes that this rank passes on each time: all but what reaches it last
  std::int64_t bytes_sent(int n_ranks) const {
    return std::int64_t(sizeof(double) * m_all.extent(0)) / n_ranks * (n_ranks - 1);
  }
  /// @return memory of indices and messages
  std::size_t bytes() const { return Impl::bytes_of(m_sent, m_received, m_mine, m_all); }

  /// Leaves out boxes that this rank has not, or does not read.
  template <class Boxes>
  struct OfThese {
    Boxes boxes;  ///< of the others
    /// @param box,row  which number; no box: -1
    /// @param number  to be it
    KOKKOS_FUNCTION void set(int box, int row, double number) const {
      if (box >= 0) boxes.set(box, row, number);
    }
  };

 private:
  int m_rows = 1;
  std::vector<int> m_counts;  ///< (R) numbers of each rank
  Indices m_sent,             ///< own boxes
      m_received;             ///< of all ranks' boxes this rank's index, or -1
  Numbers m_mine, m_all;
};

}  // namespace Octopole

#endif
