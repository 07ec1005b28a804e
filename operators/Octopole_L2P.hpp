#ifndef OCTOPOLE_L2P_HPP
#define OCTOPOLE_L2P_HPP

#include <Octopole_FmmData.hpp>
#include <Octopole_TargetLoop.hpp>

namespace Octopole {

namespace Impl {

/// One team per leaf, packed targets in lanes, the densities of the downward equivalent surface
/// streamed past them.
template <class Data>
struct L2P {
  Data d;

  template <class Block, class Functor>
  KOKKOS_FORCEINLINE_FUNCTION void operator()(int leaf, Block& block, const Functor& functor,
                                              int side) const {
    using T = typename Data::T;
    const int level = Morton::level(d.tree.key(leaf));
    // The two coarsest levels, and perhaps more, have no far field.
    if (level < d.top_level) return;
    block.add(functor, surface_stream(d, d.outer, level, d.local, leaf, side), T(0), T(0), T(0));
  }
};

}  // namespace Impl

/// L2P, local to particle: the far field at each leaf's targets. Overwrites the results.
/// @param exec  instance to work on; not waited for
/// @param d  `local` is read, `results` written
template <int Level, class Data>
void l2p(const typename Data::execution_space& exec, const Data& d) {
  static const std::string label = "Octopole::L2P";
  with_far_root(d, [&](auto root) {
    target_loop<Level>(label, exec, d, false, Data::Parts::template evaluation<root()>(d.kernel),
                       Impl::L2P<Data>{d});
  });
}

}  // namespace Octopole

#endif
