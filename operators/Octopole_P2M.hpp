#ifndef OCTOPOLE_P2M_HPP
#define OCTOPOLE_P2M_HPP

#include <Octopole_FmmData.hpp>
#include <Octopole_Launch.hpp>

namespace Octopole {

namespace Impl {

/// One team per leaf, check points in lanes, the leaf's packed sources streamed past them.
template <class Data, Root R>
struct P2M {
  Data d;
  using Policy = Kokkos::TeamPolicy<typename Data::execution_space,
                                    Kokkos::Schedule<Kokkos::Dynamic>>;

  KOKKOS_FUNCTION void operator()(const typename Policy::member_type& team) const {
    using T = typename Data::T;
    using Simd = typename Data::Simd;
    const int leaf = d.tree.leaves(team.league_rank());
    const int level = Morton::level(d.tree.key(leaf));
    if (level < d.top_level) return;
    const auto& check = d.outer_check;
    const auto functor = Data::Parts::template source<R>(d.kernel);
    using Functor = std::decay_t<decltype(functor)>;
    const RowScale<Functor, Functor::template rows<0>> scale{
        box_units<typename Data::Translation>(level)};
    Kokkos::parallel_for(
        Kokkos::TeamThreadRange(team, count_blocks<Simd>(check.padded)), [&](const int b) {
          for_block<Simd>(b, check.padded, [&](auto n, int first) {
            for_batches<Functor, 0>(d.right_hand_sides, [&](auto batch, int side) {
              using Sides = Batch<Functor, decltype(batch)::value>;
              TargetBlock<0, decltype(n)::value, typename Data::Pack, Sides> block(
                  check.coordinate(level, 0) + first, check.coordinate(level, 1) + first,
                  check.coordinate(level, 2) + first, Simd::width);
              block.add(Sides{functor}, source_stream(d, leaf, side), T(0), T(0), T(0));
              block.put(&d.up_check(first, leaf * d.columns + side * Data::Parts::columns),
                        check.padded, Simd::width, scale, false);
            });
          });
        });
  }
};

}  // namespace Impl

/// P2M, particle to multipole: the potential of each leaf's sources on its upward check surface.
/// Overwrites `up_check` of all leaves from the top level on; `check_to_multipole` then gives their densities.
/// @param exec  instance to work on; not waited for
/// @param d  packed charges are read
template <class Data>
void p2m(const typename Data::execution_space& exec, const Data& d) {
  static const std::string label = "Octopole::P2M";
  with_far_root(d, [&](auto root) {
    using Loop = Impl::P2M<Data, root()>;
    launch(label, typename Loop::Policy(exec, d.tree.n_leaves, Kokkos::AUTO), Loop{d});
  });
}

}  // namespace Octopole

#endif
