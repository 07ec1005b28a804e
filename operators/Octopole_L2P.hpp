#ifndef OCTOPOLE_L2P_HPP
#define OCTOPOLE_L2P_HPP

#include <Octopole_FmmData.hpp>
#include <Octopole_TargetLoop.hpp>

namespace Octopole {

namespace Impl {

/// One team per leaf, packed targets in lanes, the densities of the downward equivalent surface
/// streamed past them.
template <class Data, bool WithGradient>
struct L2P : Unscaled {
  Data d;

  template <class Block>
  KOKKOS_FORCEINLINE_FUNCTION void operator()(int leaf, Block& block) const {
    using T = typename Data::T;
    const int level = Morton::level(d.tree.key(leaf));
    // The two coarsest levels have no far field: nothing is well separated there.
    if (level < 2) return;
    block.add(d.kernel, surface_stream<Data>(d.outer, level, d.local, leaf), T(0), T(0), T(0));
  }
};

}  // namespace Impl

/// L2P, local to particle: the far field at each leaf's targets. Overwrites the results.
template <bool WithGradient, class Data>
void l2p(const typename Data::execution_space& exec, const Data& d) {
  static const std::string label = "Octopole::L2P";
  target_loop<WithGradient>(label, exec, d, false, Impl::L2P<Data, WithGradient>{{}, d});
}

}  // namespace Octopole

#endif
