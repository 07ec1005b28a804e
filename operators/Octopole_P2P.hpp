#ifndef OCTOPOLE_P2P_HPP
#define OCTOPOLE_P2P_HPP

#include <Octopole_TargetLoop.hpp>

namespace Octopole {

namespace Impl {

/// Packed targets in lanes, the packed sources of every leaf in U streamed past them.
template <class Data, bool WithGradient>
struct P2P {
  Data d;

  template <class Block>
  KOKKOS_FORCEINLINE_FUNCTION void operator()(int leaf, Block& block) const {
    for (std::int64_t e = d.lists.u.begin(leaf); e < d.lists.u.begin(leaf + 1); ++e) {
      const int source = d.lists.u.entry(e);
      const auto shift = offset<typename Data::T>(d.tree, source, leaf);
      block.add(d.kernel, source_stream(d, source), shift[0], shift[1], shift[2]);
    }
  }
};

}  // namespace Impl

/// P2P, particle to particle: adds the near field (U) to the results.
template <bool WithGradient, class Data>
void p2p(const typename Data::execution_space& exec, const Data& d) {
  static const std::string label = "Octopole::P2P";
  target_loop<WithGradient>(label, exec, d, true, Impl::P2P<Data, WithGradient>{d});
}

}  // namespace Octopole

#endif
