#ifndef OCTOPOLE_OPERATORS_ON_RANKS_HPP
#define OCTOPOLE_OPERATORS_ON_RANKS_HPP

#include <core/base/Octopole_Transfer.hpp>
#include <core/plan/impl/Octopole_MakeParts.hpp>
#include <core/precompute/Octopole_OperatorSet.hpp>
#include <core/ranks/Octopole_Communicator.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

/// The operators of a plan on ranks: one rank asks the cache, probes, computes and writes, and sends the others
/// what came of it, so that all have the same bits, whatever their processors and whatever files they see.
namespace Octopole::Impl {

/// Calls f(View) for each array of a set, the same ones in the same order on all ranks.
template <class Set, class F>
void for_each_array(Set& set, const F& f) {
  Set::for_each(set, [&](const char*, auto& view) { f(view); });
  f(set.m2l_frequencies_single);
}

/// A set of rank 0, on all ranks. Collective. `set`: of the others nothing is read.
template <class T, class MemorySpace>
OperatorSet<T, MemorySpace> broadcast_set(const Communicator& ranks,
                                          OperatorSet<T, MemorySpace> set) {
  std::vector<std::int64_t> extents;
  for_each_array(set, [&](const auto& view) {
    extents.push_back(std::int64_t(view.extent(0)));
    extents.push_back(std::int64_t(view.extent(1)));
  });
  ranks.broadcast(extents.data(), extents.size() * sizeof extents[0], 0);
  ranks.broadcast(set.m2l_rank.data(), sizeof set.m2l_rank, 0);
  const auto send = [&](const auto& host) {
    ranks.broadcast(host.data(), host.span() * sizeof(*host.data()), 0);
  };
  if (ranks.rank() == 0) {
    for_each_array(set, [&](const auto& view) { send(to_host(view)); });
    return set;
  }
  OperatorSet<T> received;
  received.m2l_rank = set.m2l_rank;
  const std::int64_t* extent = extents.data();
  for_each_array(received, [&](auto& view) {
    using View = std::decay_t<decltype(view)>;
    const auto label = Kokkos::view_alloc(std::string("Octopole::OperatorSet::received"),
                                          Kokkos::WithoutInitializing);
    if constexpr (View::rank() == 2)
      view = View(label, extent[0], extent[1]);
    else
      view = View(label, extent[0]);
    extent += 2;
    send(view);
  });
  return copy_to<MemorySpace>(received);
}

/// What a probe decides, see find_order.
inline void broadcast_order(const Communicator& ranks, Choices& choices) {
  static_assert(std::is_trivially_copyable_v<OperatorSpec>);
  OperatorSpec spec = choices.spec;
  ranks.broadcast(&spec, sizeof spec, 0);
  choices.set_spec(spec);
}

/// The operators of levels `top_level` to `depth`, which is that of the octree of all points. Collective.
/// `parts`: kernel and tree are there. `before`: as for find_operators.
template <class Work>
auto find_operators_on_ranks(const Communicator& ranks, const PlanParts<Work>& parts,
                             const PlanParts<Work>* before, int top_level, int depth,
                             Choices& choices, std::string& notice) {
  using Sets = decltype(parts.sets);
  if (before && serve(*before, choices, top_level, depth, parts.tree.domain.side()))
    return before->sets;
  using Set = OperatorSet<typename Work::T, typename Work::memory_space>;
  Sets of_root;
  if (ranks.rank() == 0)
    of_root = find_operators(parts, static_cast<const PlanParts<Work>*>(nullptr), top_level, depth,
                             choices, notice);
  broadcast_order(ranks, choices);
  std::string source = of_root.source();
  broadcast_text(ranks, source, 0);
  const BoxSizes sizes{parts.kernel->statement().homogeneous, depth, top_level};
  std::vector<typename Sets::Shared> sets;
  for (int s = 0; s < sizes.count(); ++s) {
    const Set& mine = ranks.rank() == 0 ? of_root.at(s) : Set{};
    sets.push_back(std::make_shared<const Set>(broadcast_set(ranks, mine)));
  }
  return Sets(std::move(sets), sizes.homogeneous, top_level, parts.tree.domain.side(), source);
}

}  // namespace Octopole::Impl

#endif
