#ifndef OCTOPOLE_ALL_PAIRS_HPP
#define OCTOPOLE_ALL_PAIRS_HPP

#include <Octopole_TargetLoop.hpp>

namespace Octopole {

namespace Impl {

/// Packed targets in lanes, the packed sources of every leaf streamed past them.
template <class Data>
struct AllPairs {
  Data d;

  template <class Block, class Functor>
  KOKKOS_FORCEINLINE_FUNCTION void operator()(int leaf, Block& block, const Functor& functor,
                                              int side) const {
    for (int i = 0; i < d.tree.n_leaves; ++i) {
      const int source = d.tree.leaves(i);
      const auto shift = offset<typename Data::T>(d.tree, source, leaf);
      block.add(functor, source_stream(d, source, side), shift[0], shift[1], shift[2]);
    }
  }
};

}  // namespace Impl

/// The direct sum over every pair of a target and a source, in the tree's packed order, so that
/// coordinates stay relative to leaves and `single` loses nothing. Overwrites the results.
/// @param exec  instance to work on; not waited for
/// @param d  tree, points and packed charges; `results` is written
template <int Level, class Data>
void all_pairs(const typename Data::execution_space& exec, const Data& d) {
  static const std::string label = "Octopole::pairs";
  target_loop<Level>(label, exec, d, false, Data::Parts::template near<Root::exact, true>(d.kernel),
                     Impl::AllPairs<Data>{d});
}

}  // namespace Octopole

#endif
