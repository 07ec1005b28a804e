#ifndef OCTOPOLE_P2M_HPP
#define OCTOPOLE_P2M_HPP

#include <core/base/Octopole_Launch.hpp>
#include <operators/Octopole_Expansions.hpp>
#include <operators/Octopole_FarRoot.hpp>
#include <operators/Octopole_MomentOrigin.hpp>
#include <operators/Octopole_PointValues.hpp>
#include <operators/Octopole_WorkTypes.hpp>
#include <operators/pairs/Octopole_TargetBlock.hpp>

namespace Octopole {

namespace Impl {

/// One team per leaf, check points in lanes, the leaf's packed sources streamed past them.
template <class Work, class Kernel, Root R>
struct P2M {
  using T = typename Work::T;
  using Memory = typename Work::memory_space;
  using Parts = Family<Kernel>;
  using Policy =
      Kokkos::TeamPolicy<typename Work::execution_space, Kokkos::Schedule<Kokkos::Dynamic>>;
  Kernel kernel;
  Octree<Memory> tree;
  ChargedPoints<T, Memory> sources;
  Expansions<T, Memory> expansions;

  KOKKOS_FUNCTION void operator()(const typename Policy::member_type& team) const {
    using Simd = typename Work::Simd;
    const int leaf = tree.leaves(team.league_rank());
    const int level = Morton::level(tree.key(leaf));
    if (level < expansions.top_level) return;
    const auto parent = parent_centre<T>(tree.key(leaf));
    const auto& check = expansions.outer_check;
    const auto functor = Parts::template source<R>(kernel);
    using Functor = std::decay_t<decltype(functor)>;
    const RowScale<Functor, Functor::template rows<0>> scale{
        box_units<typename Parts::Translation>(level)};
    Kokkos::parallel_for(
        Kokkos::TeamThreadRange(team, count_blocks<Simd>(check.padded)), [&](const int b) {
          for_block<Simd>(b, check.padded, [&](auto n, int first) {
            for_batches<Functor, 0>(sources.right_hand_sides, [&](auto batch, int rhs) {
              using Batched = Batch<Functor, decltype(batch)::value>;
              TargetBlock<0, decltype(n)::value, typename Work::Pack, Batched> block(
                  check.coordinate(level, 0) + first, check.coordinate(level, 1) + first,
                  check.coordinate(level, 2) + first, Simd::width);
              block.add(Batched{functor},
                        source_stream<Parts::charges>(sources, leaf, rhs, 0, tree.n_sources(leaf)),
                        T(0), T(0), T(0));
              if constexpr (Parts::first_moment) see_moments_from(parent, block);
              block.put(
                  &expansions.up_check(first, leaf * expansions.columns + rhs * Parts::columns),
                  check.padded, Simd::width, scale, false);
            });
          });
        });
  }
};

}  // namespace Impl

/// P2M, particle to multipole: the potential of each leaf's sources on its upward check surface.
/// Overwrites `up_check` of all leaves from the top level on; `check_to_multipole` then gives their
/// densities.
/// @param exec  instance to work on; not waited for
/// @param kernel  in half-widths of the root
/// @param tree  its leaves are gone through
/// @param sources  points and packed charges are read
/// @param expansions  `outer_check` is read, `up_check` written
/// @param far_root  which of the kernel's source functors, where it has a choice
template <class WorkShape, class ExecutionSpace, class Kernel, class T, class Memory>
void p2m(const ExecutionSpace& exec, const Kernel& kernel, const Octree<Memory>& tree,
         const ChargedPoints<T, Memory>& sources, const Expansions<T, Memory>& expansions,
         Root far_root = Root::exact) {
  static const std::string label = "Octopole::P2M";
  with_far_root<Kernel>(far_root, [&](auto root) {
    using Loop = Impl::P2M<WorkTypes<ExecutionSpace, T, WorkShape>, Kernel, root()>;
    launch(label, typename Loop::Policy(exec, tree.n_leaves, Kokkos::AUTO),
           Loop{kernel, tree, sources, expansions});
  });
}

}  // namespace Octopole

#endif
