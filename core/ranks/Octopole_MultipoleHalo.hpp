#ifndef OCTOPOLE_MULTIPOLE_HALO_HPP
#define OCTOPOLE_MULTIPOLE_HALO_HPP

#include <core/ranks/Octopole_Communicator.hpp>
#include <core/ranks/Octopole_EssentialTree.hpp>
#include <core/ranks/Octopole_ExpansionExchange.hpp>
#include <core/ranks/Octopole_Halo.hpp>
#include <core/ranks/Octopole_ItemExchange.hpp>
#include <core/ranks/Octopole_ToAll.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace Octopole {

/// The multipoles that pass between ranks, in double.
template <class ExecutionSpace, class T>
class MultipoleHalo final : public ExpansionExchange<ExecutionSpace, T> {
 public:
  using MemorySpace = typename ExecutionSpace::memory_space;     ///< of the expansions
  using Columns = typename Expansions<T, MemorySpace>::Columns;  ///< coefficients

  /// Tags of its messages, see Communicator::prepare, begin here.
  static constexpr int first_tag = 10;

  /// Takes the memory that messages need. Collective.
  /// @param exec  instance to work on
  /// @param ranks  the ranks
  /// @param essential  this rank's tree
  /// @param read  ghosts whose multipoles are read, as ask_owners gives them
  /// @param n_levels  levels of shared boxes, the same on all ranks
  /// @param top_level  the coarsest with a far field
  /// @param numbers  coefficients per box
  MultipoleHalo(const ExecutionSpace& exec, std::shared_ptr<const Communicator> ranks,
                const EssentialTree<MemorySpace>& essential, const BoxTraffic& read, int n_levels,
                int top_level, int numbers)
      : m_ranks(std::move(ranks)) {
    BoxTraffic one_by_one = read;
    m_to_all = ToAll<MemorySpace>(exec, *m_ranks, essential, one_by_one, numbers);
    m_multipoles = Impl::exchange_of<MemorySpace>(exec, m_ranks->rank(), one_by_one.sent,
                                                  one_by_one.received, numbers);
    m_multipoles.prepare(*m_ranks, first_tag);
    for (int l = 0; l < n_levels; ++l) {
      const BoxTraffic traffic =
          l < top_level ? BoxTraffic(m_ranks->size())
                        : children_of_shared(essential, l, m_ranks->rank(), m_ranks->size());
      m_children.push_back(Impl::exchange_of<MemorySpace>(exec, m_ranks->rank(), traffic.sent,
                                                          traffic.received, numbers));
      m_children.back().prepare(*m_ranks, first_tag + 1 + l);
    }
  }

  /// @cond OVERRIDES
  int coarsest_levels() const override { return int(m_children.size()); }
  void children(const ExecutionSpace& exec, int level,
                const Expansions<T, MemorySpace>& x) const override {
    if (level >= coarsest_levels()) return;
    const BoxColumns<Columns> boxes{x.multipole, x.columns};
    m_children[level].start(exec, boxes);
    m_children[level].finish(exec, boxes, boxes);
  }
  void start_multipoles(const ExecutionSpace& exec,
                        const Expansions<T, MemorySpace>& x) const override {
    const BoxColumns<Columns> boxes{x.multipole, x.columns};
    m_to_all.start(exec, boxes);
    m_multipoles.start(exec, boxes);
  }
  void finish_multipoles(const ExecutionSpace& exec,
                         const Expansions<T, MemorySpace>& x) const override {
    const BoxColumns<Columns> boxes{x.multipole, x.columns};
    m_to_all.finish(exec, boxes);
    m_multipoles.finish(exec, boxes, boxes);
  }
  std::vector<std::shared_ptr<Messages>> messages() const override {
    std::vector<std::shared_ptr<Messages>> all;
    for (const auto& level : m_children) all.push_back(level.messages());
    if (m_to_all.messages()) all.push_back(m_to_all.messages());
    all.push_back(m_multipoles.messages());
    return all;
  }
  std::array<double, 2> waited() const override {
    double children = 0;
    for (const auto& level : m_children) children += level.messages()->waited();
    return {children, m_multipoles.messages()->waited() +
                          (m_to_all.messages() ? m_to_all.messages()->waited() : 0)};
  }
  std::int64_t bytes_sent() const override {
    std::int64_t sum = m_multipoles.bytes_sent() + m_to_all.bytes_sent(m_ranks->size());
    for (const auto& level : m_children) sum += level.bytes_sent();
    return sum;
  }
  std::size_t bytes() const override {
    std::size_t sum = m_multipoles.bytes() + m_to_all.bytes();
    for (const auto& level : m_children) sum += level.bytes();
    return sum;
  }
  /// @endcond

 private:
  std::shared_ptr<const Communicator> m_ranks;
  ToAll<MemorySpace> m_to_all;                        ///< multipoles that many ranks read
  ItemExchange<MemorySpace> m_multipoles;             ///< those that few do
  std::vector<ItemExchange<MemorySpace>> m_children;  ///< by level of the parents
};

}  // namespace Octopole

#endif
