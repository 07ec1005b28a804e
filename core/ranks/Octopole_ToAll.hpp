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
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace Octopole {

/// Boxes of which every rank gets the numbers, in one message that the ranks pass on, fixed once and carried out again
/// and again. Around a cluster one rank would else send its boxes to each of the many ranks inside.
template <class MemorySpace>
class ToAll {
 public:
  using Items = ItemExchange<MemorySpace>;  ///< of one rank
  using Indices = typename Items::Indices;  ///< of boxes

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
    Impl::allocate_into(m_mine.numbers, exec, "Octopole::Ranks::mine", sent.size() * rows);
    Impl::allocate_into(m_all.numbers, exec, "Octopole::Ranks::of_all", received.size() * rows);
    if (received.empty()) return;  // on all ranks
    m_mine.prepare(ranks.reads_device_memory());
    m_all.prepare(ranks.reads_device_memory());
    m_messages = ranks.prepare_spread(m_mine.data(), m_counts, m_all.data());
  }

  /// Sends the numbers of this rank's boxes. Waits for `exec`, not for the other ranks.
  /// @param exec  instance to work on
  /// @param boxes  boxes(box, row) is read
  template <class ExecutionSpace, class Boxes>
  void start(const ExecutionSpace& exec, const Boxes& boxes) const {
    if (!m_messages) return;
    Items::gather(exec, {m_sent, 0, {}}, m_rows, boxes, m_mine.numbers);
    m_mine.to_mpi(exec);
    m_messages->start();
  }
  /// Brings the numbers of all ranks' boxes to those that this rank reads. Waits for what the other ranks send.
  /// @param exec  instance to work on; not waited for
  /// @param boxes  boxes.set(box, row, number) is called
  template <class ExecutionSpace, class Boxes>
  void finish(const ExecutionSpace& exec, const Boxes& boxes) const {
    if (!m_messages) return;
    m_messages->wait();
    m_all.from_mpi(exec);
    Items::scatter(exec, {m_received, 0, {}}, m_rows, m_all.numbers, OfThese<Boxes>{boxes});
  }
  /// @return null where nothing goes to all
  const std::shared_ptr<Messages>& messages() const { return m_messages; }

  /// @param n_ranks  R
  /// @return bytes that this rank passes on each time: all but what reaches it last
  std::int64_t bytes_sent(int n_ranks) const {
    return std::int64_t(sizeof(double) * m_all.numbers.extent(0)) / n_ranks * (n_ranks - 1);
  }
  /// @return memory of indices and messages
  std::size_t bytes() const {
    return Impl::bytes_of(m_sent, m_received) + m_mine.bytes() + m_all.bytes();
  }

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
  MessageBuffer<MemorySpace> m_mine, m_all;
  std::shared_ptr<Messages> m_messages;  ///< null where there are none
};

}  // namespace Octopole

#endif
