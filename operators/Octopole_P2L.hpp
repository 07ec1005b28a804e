#ifndef OCTOPOLE_P2L_HPP
#define OCTOPOLE_P2L_HPP

#include <core/base/Octopole_Launch.hpp>
#include <operators/Octopole_Expansions.hpp>
#include <operators/Octopole_FarRoot.hpp>
#include <operators/Octopole_MomentOrigin.hpp>
#include <operators/Octopole_PointValues.hpp>
#include <operators/Octopole_WorkTypes.hpp>
#include <operators/pairs/Octopole_TargetBlock.hpp>
#include <tree/Octopole_BoxLists.hpp>
#include <tree/Octopole_InteractionLists.hpp>

namespace Octopole {

namespace Impl {

/// One team per box with an X list, check points in lanes. The list has no bound, so surfaces are
/// placed on the fly and nothing is packed in advance. Sources are seen from the box: it may be far
/// smaller than their leaf, and one of them near it.
template <class Work, class Kernel, Root R>
struct P2L {
  using T = typename Work::T;
  using Memory = typename Work::memory_space;
  using Parts = Family<Kernel>;
  using Policy =
      Kokkos::TeamPolicy<typename Work::execution_space, Kokkos::Schedule<Kokkos::Dynamic>>;
  Kernel kernel;
  Octree<Memory> tree;
  Rows<Memory> x;
  ChargedPoints<T, Memory> sources;
  Expansions<T, Memory> expansions;
  Kokkos::View<const int*, Memory> boxes;
  int first_box;                    ///< in `boxes`
  static constexpr int chunk = 32;  ///< sources seen from a box at a time

  KOKKOS_FUNCTION void operator()(const typename Policy::member_type& team) const {
    using Simd = typename Work::Simd;
    const int box = boxes(first_box + team.league_rank());
    const int level = Morton::level(tree.key(box));
    const auto parent = parent_centre<T>(tree.key(box));
    const BoxFrame of_box = exact_frame(tree, box);
    const auto& check = expansions.inner;
    const auto functor = Parts::template source<R>(kernel);
    using Functor = std::decay_t<decltype(functor)>;
    const RowScale<Functor, Functor::template rows<0>> scale{
        box_units<typename Parts::Translation>(level)};
    Kokkos::parallel_for(
        Kokkos::TeamThreadRange(team, count_blocks<Simd>(check.padded)), [&](const int b) {
          for_block<Simd>(b, check.padded, [&](auto n, int first) {
            for_batches<Functor, 0>(sources.right_hand_sides, [&](auto batch, int rhs) {
              using Batched = Batch<Functor, decltype(batch)::value>;
              const Batched batched{functor};
              TargetBlock<0, decltype(n)::value, typename Work::Pack, Batched> block(
                  check.coordinate(level, 0) + first, check.coordinate(level, 1) + first,
                  check.coordinate(level, 2) + first, Simd::width);
              for (std::int64_t e = x.begin(box); e < x.begin(box + 1); ++e) {
                const int leaf = x.entry(e), n_sources = tree.n_sources(leaf);
                const BoxFrame frame = tree.periodic ? exact_frame(tree, box, leaf) : of_box;
                for (int s = 0; s < n_sources; s += chunk) {
                  T at[3][chunk];
                  auto stream = source_stream<Parts::charges>(
                      sources, leaf, rhs, s, Kokkos::min(int(chunk), n_sources - s));
                  const int slot = sources.points.begin(leaf) + s;
                  for (int d = 0; d < 3; ++d)
                    for (int i = 0; i < stream.size; ++i)
                      at[d][i] = sources.points.seen_from(frame, d, slot + i);
                  stream.x = at[0], stream.y = at[1], stream.z = at[2];
                  block.add(batched, stream, T(0), T(0), T(0));
                }
              }
              if constexpr (Parts::first_moment) see_moments_from(parent, block);
              block.put(
                  &expansions.down_check(first, box * expansions.columns + rhs * Parts::columns),
                  check.padded, Simd::width, scale, true);
            });
          });
        });
  }
};

}  // namespace Impl

/// P2L, particle to local: adds the potential of the leaves in X on the downward check surfaces of
/// the boxes that have an X list, from the top level on.
/// @param exec  instance to work on; not waited for
/// @param kernel  in half-widths of the root
/// @param tree  see Octree
/// @param x  its X lists
/// @param with_x  the boxes that have one, by level
/// @param sources  points and packed charges are read
/// @param expansions  `inner` is read, `down_check` added to
/// @param far_root  which of the kernel's source functors, where it has a choice
template <class WorkShape, class ExecutionSpace, class Kernel, class T, class Memory>
void p2l(const ExecutionSpace& exec, const Kernel& kernel, const Octree<Memory>& tree,
         const Rows<Memory>& x, const BoxList<Memory>& with_x,
         const ChargedPoints<T, Memory>& sources, const Expansions<T, Memory>& expansions,
         Root far_root = Root::exact) {
  const int last = with_x.last(tree.depth);
  const int first = expansions.top_level <= tree.depth ? with_x.first(expansions.top_level) : last;
  if (first == last) return;
  static const std::string label = "Octopole::P2L";
  with_far_root<Kernel>(far_root, [&](auto root) {
    using Loop = Impl::P2L<WorkTypes<ExecutionSpace, T, WorkShape>, Kernel, root()>;
    launch(label, typename Loop::Policy(exec, last - first, Kokkos::AUTO),
           Loop{kernel, tree, x, sources, expansions, with_x.boxes, first});
  });
}

}  // namespace Octopole

#endif
