#ifndef OCTOPOLE_M2P_HPP
#define OCTOPOLE_M2P_HPP

#include <Octopole_TargetLoop.hpp>

namespace Octopole {

namespace Impl {

/// Packed targets in lanes, the upward equivalent surfaces of the boxes in W, placed on the fly,
/// streamed past them. W has no bound: nothing is packed in advance.
template <class Data>
struct M2P {
  Data d;

  template <class Block, class Functor>
  KOKKOS_FORCEINLINE_FUNCTION void operator()(int leaf, Block& block, const Functor& functor,
                                              int side) const {
    for (std::int64_t e = d.lists.w.begin(leaf); e < d.lists.w.begin(leaf + 1); ++e) {
      const int box = d.lists.w.entry(e), level = Morton::level(d.tree.key(box));
      if (level < d.top_level) continue;
      const auto shift = offset<typename Data::T>(d.tree, box, leaf);
      block.add(functor, surface_stream(d, d.inner, level, d.multipole, box, side), shift[0],
                shift[1], shift[2]);
    }
  }
};

}  // namespace Impl

/// M2P, multipole to particle: adds the field of the boxes in W to the results.
/// @param exec  instance to work on; not waited for
/// @param d  `multipole` is read, `results` added to
template <int Level, class Data>
void m2p(const typename Data::execution_space& exec, const Data& d) {
  if (d.lists.w.size() == 0) return;
  static const std::string label = "Octopole::M2P";
  with_far_root(d, [&](auto root) {
    target_loop<Level>(label, exec, d, true, Data::Parts::template evaluation<root()>(d.kernel),
                       Impl::M2P<Data>{d});
  });
}

}  // namespace Octopole

#endif
