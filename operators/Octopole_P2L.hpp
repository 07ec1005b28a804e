#ifndef OCTOPOLE_P2L_HPP
#define OCTOPOLE_P2L_HPP

#include <Octopole_BoxLists.hpp>
#include <Octopole_FmmData.hpp>
#include <Octopole_Launch.hpp>

namespace Octopole {

namespace Impl {

/// One team per box with an X list, check points in lanes. The list has no bound, so surfaces are
/// placed on the fly and nothing is packed in advance.
template <class Data, Root R>
struct P2L {
  Data d;
  Kokkos::View<const int*, typename Data::memory_space> boxes;
  int first_box;  ///< in `boxes`
  using Policy = Kokkos::TeamPolicy<typename Data::execution_space,
                                    Kokkos::Schedule<Kokkos::Dynamic>>;

  KOKKOS_FUNCTION void operator()(const typename Policy::member_type& team) const {
    using T = typename Data::T;
    using Simd = typename Data::Simd;
    const int box = boxes(first_box + team.league_rank());
    const int level = Morton::level(d.tree.key(box));
    const auto& check = d.inner;
    const auto functor = Data::Parts::template source<R>(d.kernel);
    using Functor = std::decay_t<decltype(functor)>;
    const RowScale<Functor, Functor::template rows<0>> scale{
        box_units<typename Data::Translation>(level)};
    Kokkos::parallel_for(
        Kokkos::TeamThreadRange(team, count_blocks<Simd>(check.padded)), [&](const int b) {
          for_block<Simd>(b, check.padded, [&](auto n, int first) {
            for_batches<Functor, 0>(d.right_hand_sides, [&](auto batch, int side) {
              using Sides = Batch<Functor, decltype(batch)::value>;
              const Sides sides{functor};
              TargetBlock<0, decltype(n)::value, typename Data::Pack, Sides> block(
                  check.coordinate(level, 0) + first, check.coordinate(level, 1) + first,
                  check.coordinate(level, 2) + first, Simd::width);
              for (std::int64_t e = d.lists.x.begin(box); e < d.lists.x.begin(box + 1); ++e) {
                const int leaf = d.lists.x.entry(e);
                const auto shift = offset<T>(d.tree, leaf, box);
                block.add(sides, source_stream(d, leaf, side), shift[0], shift[1], shift[2]);
              }
              block.put(&d.down_check(first, box * d.columns + side * Data::Parts::columns),
                        check.padded, Simd::width, scale, true);
            });
          });
        });
  }
};

}  // namespace Impl

/// P2L, particle to local: adds the potential of the leaves in X on the downward check surfaces.
/// `with_x`: the boxes that have an X list, by level; those from the top level on are worked on.
/// @param exec  instance to work on; not waited for
/// @param d  packed charges are read, `down_check` added to
/// @param with_x  see above
template <class Data>
void p2l(const typename Data::execution_space& exec, const Data& d,
         const BoxList<typename Data::memory_space>& with_x) {
  const int last = with_x.last(d.tree.depth);
  const int first = d.top_level <= d.tree.depth ? with_x.first(d.top_level) : last;
  if (first == last) return;
  static const std::string label = "Octopole::P2L";
  with_far_root(d, [&](auto root) {
    using Loop = Impl::P2L<Data, root()>;
    launch(label, typename Loop::Policy(exec, last - first, Kokkos::AUTO),
           Loop{d, with_x.boxes, first});
  });
}

}  // namespace Octopole

#endif
