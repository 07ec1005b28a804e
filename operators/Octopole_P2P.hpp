#ifndef OCTOPOLE_P2P_HPP
#define OCTOPOLE_P2P_HPP

#include <Octopole_Launch.hpp>
#include <Octopole_MixedBlock.hpp>
#include <Octopole_Options.hpp>
#include <Octopole_TargetLoop.hpp>
#include <impl/Octopole_StagedP2P.hpp>

namespace Octopole {

namespace Impl {

/// Packed targets in lanes, the packed sources of every leaf in U streamed past them.
template <class Data>
struct P2P {
  Data d;

  template <class Block, class Functor>
  KOKKOS_FORCEINLINE_FUNCTION void operator()(int leaf, Block& block, const Functor& functor,
                                              int side) const {
    for (std::int64_t e = d.lists.u.begin(leaf); e < d.lists.u.begin(leaf + 1); ++e) {
      const int source = d.lists.u.entry(e);
      const auto shift = offset<typename Data::T>(d.tree, source, leaf);
      block.add(functor, source_stream(d, source, side), shift[0], shift[1], shift[2]);
    }
  }
};

/// The same with other leaves' sources in float (see MixedBlock) and the leaf's own in double. Two
/// points of different leaves never coincide, so that no pair there needs a mask; those that are
/// too close for a float's range are met again in double. `InDouble`: the functor for those.
template <class Data, int Level, bool WithLow, class InFloat, class InDouble>
struct P2PMixed {
  Data d;
  InFloat in_float;
  InDouble in_double;
  using Policy =
      Kokkos::TeamPolicy<typename Data::execution_space, Kokkos::Schedule<Kokkos::Dynamic>>;
  using FloatSimd = SimdTraits<typename Data::Shape, float>;
  /// Nearest distance in half-widths of the larger leaf; below it even sums of two floats tell
  /// points apart to less than a float, single ones much earlier.
  static constexpr float nearest = WithLow ? 1e-6f : 2e-3f;
  static constexpr int chunk = 64;  ///< sources of one plain sum in float

  KOKKOS_FUNCTION void operator()(const typename Policy::member_type& team) const {
    const int leaf = d.tree.leaves(team.league_rank());
    const int n = d.tree.n_targets(leaf);
    constexpr int width = FloatSimd::width;
    Kokkos::parallel_for(Kokkos::TeamThreadRange(team, (n + width - 1) / width), [&](const int b) {
      for_batches<InFloat, Level>(d.right_hand_sides, [&](auto batch, int side) {
        add_sources<decltype(batch)::value>(leaf, d.targets.begin(leaf) + b * width, side);
      });
    });
  }

 private:
  /// Adds the sources of all leaves in U to `FloatSimd::width` results from `slot` on.
  template <int B>
  KOKKOS_FORCEINLINE_FUNCTION void add_sources(int leaf, int slot, int side) const {
    constexpr int rows = InFloat::template rows<Level>;
    using Sides = Batch<InFloat, B>;
    const Sides sides{in_float};
    MixedBlock<Level, WithLow, typename FloatSimd::pack, Sides, typename Data::memory_space> block(
        d.targets.split, slot);
    add_in_double<B>(leaf, slot, side, leaf, 0, d.tree.n_sources(leaf));
    for (std::int64_t e = d.lists.u.begin(leaf); e < d.lists.u.begin(leaf + 1); ++e) {
      const int source = d.lists.u.entry(e);
      if (source == leaf) continue;
      const auto shift = offset<float>(d.tree, source, leaf);
      const int level =
          Kokkos::min(Morton::level(d.tree.key(source)), Morton::level(d.tree.key(leaf)));
      const float least = nearest / float(std::uint64_t(1) << level);
      const int n_sources = d.tree.n_sources(source);
      for (int first = 0; first < n_sources; first += chunk) {
        const int size = Kokkos::min(int(chunk), n_sources - first);
        const SplitStream<typename Data::memory_space> stream{
            d.sources.split, d.float_charges, side * Data::Parts::moments,
            d.sources.begin(source) + first, size};
        if (!block.add(sides, stream, {shift[0], shift[1], shift[2]}, least * least))
          add_in_double<B>(leaf, slot, side, source, first, size);
      }
    }
    block.put(&d.results(side * rows, slot), d.results.stride(0),
              RowScale<InFloat, rows>{});
  }
  /// Adds sources [first, first + size) of one leaf.
  template <int B>
  KOKKOS_FUNCTION void add_in_double(int leaf, int slot, int side, int source, int first,
                                     int size) const {
    using T = typename Data::T;
    using Sides = Batch<InDouble, B>;
    constexpr int width = Data::Simd::width, packs = FloatSimd::width / width;
    constexpr int rows = InDouble::template rows<Level>;
    const auto shift = offset<T>(d.tree, source, leaf);
    TargetBlock<Level, packs, typename Data::Pack, Sides> block(
        &d.targets.x(slot), &d.targets.y(slot), &d.targets.z(slot), width);
    block.add(Sides{in_double}, source_stream(d, source, side, first, size), shift[0], shift[1],
              shift[2]);
    block.put(&d.results(side * rows, slot), d.results.stride(0), width,
              RowScale<InDouble, rows>{}, true);
  }
};

/// In the scalar of the data, the sources staged or read where they lie.
template <int Level, class Data, class Functor>
void p2p_plain(const std::string& label, const typename Data::execution_space& exec, const Data& d,
               const Functor& functor) {
  if constexpr (Data::Shape::near_tile > 0) {
    const StagedP2P<Data, Level, Functor> loop{d, functor};
    launch(label, loop.policy(exec), loop);
  } else {
    target_loop<Level>(label, exec, d, true, functor, P2P<Data>{d});
  }
}

template <int Level, bool WithLow, class Data, class InFloat, class InDouble>
void p2p_mixed(const std::string& label, const typename Data::execution_space& exec, const Data& d,
               const InFloat& in_float, const InDouble& in_double) {
  using Loop = P2PMixed<Data, Level, WithLow, InFloat, InDouble>;
  launch(label, typename Loop::Policy(exec, d.tree.n_leaves, Kokkos::AUTO),
         Loop{d, in_float, in_double});
}

}  // namespace Impl

/// P2P, particle to particle: adds the near field (U) to the results. `near_field`: not
/// `automatic`; `mixed` and `rough` need points that are split and `float_charges`.
/// @param exec  instance to work on; not waited for
/// @param d  packed charges are read, `results` added to
/// @param near_field  see above
template <int Level, class Data>
void p2p(const typename Data::execution_space& exec, const Data& d, NearField near_field) {
  static const std::string label = "Octopole::P2P";
  using Parts = typename Data::Parts;
  using T = typename Data::T;
  const auto exact = Parts::template near<Root::exact, true>(d.kernel);
  if constexpr (Parts::has_roots) {
    constexpr Root fast = std::is_same_v<T, float> ? Root::estimate : Root::step;
    if (near_field == NearField::fast)
      return Impl::p2p_plain<Level>(label, exec, d, Parts::template near<fast, true>(d.kernel));
    if constexpr (std::is_same_v<T, double>) {
      if (near_field == NearField::mixed)
        return Impl::p2p_mixed<Level, true>(
            label, exec, d, Parts::template near<Root::step, false>(d.kernel), exact);
      if (near_field == NearField::rough)
        return Impl::p2p_mixed<Level, false>(
            label, exec, d, Parts::template near<Root::estimate, false>(d.kernel), exact);
    }
  }
  Impl::p2p_plain<Level>(label, exec, d, exact);
}

}  // namespace Octopole

#endif
