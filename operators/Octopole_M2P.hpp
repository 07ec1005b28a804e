#ifndef OCTOPOLE_M2P_HPP
#define OCTOPOLE_M2P_HPP

#include <Octopole_TargetLoop.hpp>

namespace Octopole {

namespace Impl {

/// Packed targets in lanes, the upward equivalent surfaces of the boxes in W, placed on the fly,
/// streamed past them. W has no bound: nothing is packed in advance.
template <class Data, bool WithGradient>
struct M2P : Unscaled {
  Data d;

  template <class Block>
  KOKKOS_FORCEINLINE_FUNCTION void operator()(int leaf, Block& block) const {
    for (std::int64_t e = d.lists.w.begin(leaf); e < d.lists.w.begin(leaf + 1); ++e) {
      const int box = d.lists.w.entry(e);
      const auto shift = offset<typename Data::T>(d.tree, box, leaf);
      block.add(d.kernel,
                surface_stream<Data>(d.inner, Morton::level(d.tree.key(box)), d.multipole, box),
                shift[0], shift[1], shift[2]);
    }
  }
};

}  // namespace Impl

/// M2P, multipole to particle: adds the field of the boxes in W to the results.
template <bool WithGradient, class Data>
void m2p(const typename Data::execution_space& exec, const Data& d) {
  if (d.lists.w.size() == 0) return;
  static const std::string label = "Octopole::M2P";
  target_loop<WithGradient>(label, exec, d, true, Impl::M2P<Data, WithGradient>{{}, d});
}

}  // namespace Octopole

#endif
