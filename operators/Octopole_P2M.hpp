#ifndef OCTOPOLE_P2M_HPP
#define OCTOPOLE_P2M_HPP

#include <Octopole_FmmData.hpp>

namespace Octopole {

namespace Impl {

/// One team per leaf, check points in lanes, the leaf's packed sources streamed past them.
template <class Data>
struct P2M {
  Data d;
  using Policy = Kokkos::TeamPolicy<typename Data::execution_space,
                                    Kokkos::Schedule<Kokkos::Dynamic>>;

  KOKKOS_FUNCTION void operator()(const typename Policy::member_type& team) const {
    using T = typename Data::T;
    using Simd = typename Data::Simd;
    const int leaf = d.tree.leaves(team.league_rank());
    const int level = Morton::level(d.tree.key(leaf));
    const auto stream = source_stream(d, leaf);
    const auto& check = d.outer_check;
    const T scale = box_units<typename Data::Kernel>(level);
    Kokkos::parallel_for(
        Kokkos::TeamThreadRange(team, count_blocks<Simd>(check.padded)), [&](const int b) {
          for_block<Simd>(b, check.padded, [&](auto n, int first) {
            TargetBlock<false, n(), typename Data::Pack, typename Data::Kernel> block(
                check.coordinate(level, 0) + first, check.coordinate(level, 1) + first,
                check.coordinate(level, 2) + first, Simd::width);
            block.add(d.kernel, stream, T(0), T(0), T(0));
            block.put(block.u, &d.up_check(first, leaf), check.padded, Simd::width, scale, false);
          });
        });
  }
};

}  // namespace Impl

/// P2M, particle to multipole: the potential of each leaf's sources on its upward check surface.
/// Overwrites `up_check` of all leaves; `check_to_equivalent` then gives their densities.
template <class Data>
void p2m(const typename Data::execution_space& exec, const Data& d) {
  static const std::string label = "Octopole::P2M";
  Kokkos::parallel_for(label,
                       typename Impl::P2M<Data>::Policy(exec, d.tree.n_leaves, Kokkos::AUTO),
                       Impl::P2M<Data>{d});
}

}  // namespace Octopole

#endif
