#ifndef OCTOPOLE_TARGET_LOOP_HPP
#define OCTOPOLE_TARGET_LOOP_HPP

#include <core/base/Octopole_Launch.hpp>
#include <core/kernels/Octopole_KernelFamily.hpp>
#include <operators/Octopole_PointValues.hpp>
#include <operators/Octopole_WorkTypes.hpp>
#include <operators/pairs/Octopole_TargetBlock.hpp>

#include <string>

namespace Octopole {

namespace Impl {

/// One team per leaf; blocks of its targets are handed to `operation(leaf, block, functor, first)`,
/// `first` being the first of the right-hand sides that `functor` takes at once, and what that has
/// summed is written to the results, or added to them.
template <class Work, int Last, class Functor, class Operation>
struct TargetLoop {
  using T = typename Work::T;
  using Memory = typename Work::memory_space;
  using Policy =
      Kokkos::TeamPolicy<typename Work::execution_space, Kokkos::Schedule<Kokkos::Dynamic>>;
  Octree<Memory> tree;
  TargetPoints<T, Memory> targets;
  Functor functor;
  Operation operation;
  bool add;

  KOKKOS_FUNCTION void operator()(const typename Policy::member_type& team) const {
    using Simd = typename Work::Simd;
    const int leaf = tree.leaves(team.league_rank());
    const auto& points = targets.points;
    const int begin = points.begin(leaf);
    const int n = tree.n_targets(leaf);
    const int padded = (n + Simd::width - 1) / Simd::width * Simd::width;
    constexpr int rows = Functor::template rows<Last>;
    Kokkos::parallel_for(
        Kokkos::TeamThreadRange(team, count_blocks<Simd>(padded)), [&](const int b) {
          for_block<Simd>(b, padded, [&](auto packs, int first) {
            const int slot = begin + first;
            for_batches<Functor, Last>(targets.right_hand_sides, [&](auto batch, int rhs) {
              using Batched = Batch<Functor, decltype(batch)::value>;
              const Batched batched{functor};
              TargetBlock<Last, decltype(packs)::value, typename Work::Pack, Batched> block(
                  &points.x(slot), &points.y(slot), &points.z(slot), Simd::width);
              operation(leaf, block, batched, rhs);
              block.put(&targets.results(rhs * rows, slot), targets.results.stride(0), Simd::width,
                        RowScale<Functor, rows>{}, add);
            });
          });
        });
  }
};

}  // namespace Impl

/// Runs `operation` (a functor with operator()(leaf, block, functor, first)) over the targets of all
/// leaves. Shared by the three operators that end at points: L2P, M2P, P2P.
/// @param label  of the operator
/// @param exec  instance to work on; not waited for
/// @param tree  its leaves are gone through
/// @param targets  `results` is written
/// @param add  whether to add to what is there
/// @param functor  see ComposedKernel, for one right-hand side
/// @param operation  adds its sources to a block of targets
template <int Last, class WorkShape, class ExecutionSpace, class T, class Memory, class Functor,
          class Operation>
void target_loop(const std::string& label, const ExecutionSpace& exec, const Octree<Memory>& tree,
                 const TargetPoints<T, Memory>& targets, bool add, const Functor& functor,
                 const Operation& operation) {
  using Loop = Impl::TargetLoop<WorkTypes<ExecutionSpace, T, WorkShape>, Last, Functor, Operation>;
  launch(label, teams_of<typename Loop::Policy, WorkShape::near_team>(exec, tree.n_leaves),
         Loop{tree, targets, functor, operation, add});
}

}  // namespace Octopole

#endif
