#ifndef OCTOPOLE_PLAN_PARTS_HPP
#define OCTOPOLE_PLAN_PARTS_HPP

#include <core/base/Octopole_Pool.hpp>
#include <core/plan/Octopole_PlanFacts.hpp>
#include <core/plan/impl/Octopole_Choices.hpp>
#include <core/plan/impl/Octopole_OperatorSets.hpp>
#include <core/ranks/Octopole_ExpansionExchange.hpp>
#include <core/ranks/Octopole_Partition.hpp>
#include <operators/Octopole_Expansions.hpp>
#include <operators/Octopole_KernelOperators.hpp>
#include <operators/Octopole_M2L.hpp>
#include <operators/Octopole_PointValues.hpp>
#include <operators/Octopole_WorkTypes.hpp>
#include <operators/edges/Octopole_SharedSlots.hpp>
#include <operators/periodic/Octopole_PeriodicField.hpp>
#include <tree/Octopole_Octree.hpp>
#include <tree/Octopole_PointInput.hpp>
#include <tree/Octopole_SortedPoints.hpp>
#include <tree/Octopole_WorkLists.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <type_traits>

namespace Octopole::Impl {

/// The values that a plan is made of, each made from those before it (see make_parts). All that
/// `evaluate` reads and writes.
template <class WorkTypesType>
struct PlanParts {
  using Work = WorkTypesType;
  using Exec = typename Work::execution_space;
  using MemorySpace = typename Work::memory_space;
  using T = typename Work::T;
  using Kernel = KernelOperators<Exec, T, typename Work::WorkShape>;

  Choices choices;
  std::shared_ptr<const Kernel> kernel;  ///< in half-widths of the root
  Octree<MemorySpace> tree;
  OperatorSets<T, MemorySpace> sets;
  WorkLists<MemorySpace> lists;  ///< empty where the sum is direct
  ChargedPoints<T, MemorySpace> sources;
  TargetPoints<T, MemorySpace> targets;
  SharedSlots<MemorySpace> shared_sources, shared_targets;  ///< of the points' slots
  Expansions<T, MemorySpace> expansions;                    ///< empty where the sum is direct
  M2LMethod<Work> m2l;
  std::shared_ptr<const typename OperatorSet<T, MemorySpace>::Matrix>
      root_images;  ///< see periodic_images; null where nothing repeats, as what follows is empty
  PeriodicField<MemorySpace> periodic_field;
  PlanFacts facts;
  /// On ranks, what evaluate fetches from the others, and how M2L's parents are cut; else null and empty.
  std::shared_ptr<const ExpansionExchange<Exec, T>> others;
  CutParents cut_parents;
  Splitters splitters;  ///< on ranks, whose part of the curve is where; else empty

  /// The last output that `execute` may be asked for: the digits hold, and there is memory, as far as this one.
  int most_output() const { return kernel->statement().last_output_of(choices.options.outputs); }
  /// Of the functors of P2M, P2L, L2P, M2P, where the kernel has a choice.
  Root far_root() const { return choices.near_in_float() ? Root::step : Root::exact; }
  /// From results in units of `length` to the caller's.
  ResultUnit unit_of(int term, double length) const {
    const OutputTerm& t = kernel->statement().terms[term];
    return result_unit(t.prefactor, length, t.degree);
  }
  /// Those that are not the charges themselves.
  Slots<float, MemorySpace> own_float_charges() const {
    return std::is_same_v<T, float> ? Slots<float, MemorySpace>() : sources.float_charges;
  }
  /// Memory that the values hold.
  std::size_t bytes() const {
    std::size_t sum = tree.bytes() + sets.bytes() + lists.bytes() + sources.points.bytes() +
                      bytes_of(sources.charges, own_float_charges(), sources.largest,
                               sources.largest_of_part, targets.results) +
                      expansions.bytes() + m2l.bytes() + shared_sources.bytes() +
                      periodic_field.bytes();
    if (root_images) sum += bytes_of(*root_images);
    if (others) sum += others->bytes();
    if (!tree.same_points) sum += targets.points.bytes() + shared_targets.bytes();
    return sum;
  }
};

/// The caller's points.
template <class MemorySpace>
struct PointSet {
  PointInput<MemorySpace> sources;
  std::optional<PointInput<MemorySpace>> targets;  ///< no value: the targets are the sources

  std::size_t n_sources() const { return sources.extent(0); }
  std::size_t n_targets() const { return targets ? targets->extent(0) : sources.extent(0); }
};

/// Memory that planning works in and keeps for the next time: nothing of it is part of a plan.
template <class MemorySpace>
struct PlanningMemory {
  Pool<MemorySpace> pool;
  SortedPoints<MemorySpace> sources, targets;  ///< codes and order of the points

  std::size_t bytes() const { return pool.spare_bytes() + sources.bytes() + targets.bytes(); }
  /// Gives back what nobody uses.
  void release() {
    pool.release(0);
    sources = targets = {};
  }
};

}  // namespace Octopole::Impl

#endif
