#ifndef OCTOPOLE_P2P_HPP
#define OCTOPOLE_P2P_HPP

#include <Octopole_MixedBlock.hpp>
#include <Octopole_Options.hpp>
#include <Octopole_TargetLoop.hpp>

namespace Octopole {

namespace Impl {

/// Packed targets in lanes, the packed sources of every leaf in U streamed past them.
template <class Data, class Pairs>
struct P2P : Pairs {
  Data d;

  template <class Block>
  KOKKOS_FORCEINLINE_FUNCTION void operator()(int leaf, Block& block) const {
    const Pairs& pairs = *this;
    for (std::int64_t e = d.lists.u.begin(leaf); e < d.lists.u.begin(leaf + 1); ++e) {
      const int source = d.lists.u.entry(e);
      const auto shift = offset<typename Data::T>(d.tree, source, leaf);
      block.add(pairs, source_stream(d, source), shift[0], shift[1], shift[2]);
    }
  }
};

/// The kernel itself, its sums unscaled.
template <class Kernel>
struct KernelPairs : Kernel {
  static constexpr double potential_scale = 1, gradient_scale = 1;
};

/// The same with other leaves' sources in float (see MixedBlock) and the leaf's own in double. Two
/// points of different leaves never coincide, so that no pair there needs a mask; those that are
/// too close for a float's range are met again in double.
template <class Data, bool WithGradient, bool WithLow, class Pairs>
struct P2PMixed {
  Data d;
  Pairs pairs;
  using Policy =
      Kokkos::TeamPolicy<typename Data::execution_space, Kokkos::Schedule<Kokkos::Dynamic>>;
  using FloatSimd = SimdTraits<typename Data::execution_space, float>;
  /// Nearest distance in half-widths of the larger leaf; below it even sums of two floats tell
  /// points apart to less than a float, single ones much earlier.
  static constexpr float nearest = WithLow ? 1e-6f : 2e-3f;
  static constexpr int chunk = 64;  ///< sources of one plain sum in float

  KOKKOS_FUNCTION void operator()(const typename Policy::member_type& team) const {
    const int leaf = d.tree.leaves(team.league_rank());
    const int begin = d.targets.begin(leaf), n = d.tree.n_targets(leaf);
    constexpr int width = FloatSimd::width;
    Kokkos::parallel_for(Kokkos::TeamThreadRange(team, (n + width - 1) / width), [&](const int b) {
      const int slot = begin + b * width;
      MixedBlock<WithGradient, WithLow, typename FloatSimd::pack, typename Data::Kernel,
                 typename Data::memory_space>
          block(d.split_targets, slot);
      in_double(leaf, slot, leaf, 0, d.tree.n_sources(leaf));
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
              d.split_sources, d.float_charges, d.sources.begin(source) + first, size};
          if (!block.add(pairs, stream, {shift[0], shift[1], shift[2]}, least * least))
            in_double(leaf, slot, source, first, size);
        }
      }
      block.put_potential(&d.potential(0, slot), d.potential.stride(0), Pairs::potential_scale);
      if constexpr (WithGradient)
        block.put_gradient(&d.gradient(0, slot), d.gradient.stride(0), Pairs::gradient_scale);
    });
  }

 private:
  /// Adds sources [first, first + size) of one leaf to `FloatSimd::width` results from `slot` on.
  KOKKOS_FUNCTION void in_double(int leaf, int slot, int source, int first, int size) const {
    using T = typename Data::T;
    using Pack = typename Data::Pack;
    constexpr int width = Data::Simd::width, packs = FloatSimd::width / width;
    const auto shift = offset<T>(d.tree, source, leaf);
    TargetBlock<WithGradient, packs, Pack, typename Data::Kernel> block(
        &d.targets.x(slot), &d.targets.y(slot), &d.targets.z(slot), width);
    block.add(d.kernel, source_stream(d, source, first, size), shift[0], shift[1], shift[2]);
    block.put(block.u, &d.potential(0, slot), d.potential.stride(0), width, T(1), true);
    if constexpr (WithGradient)
      block.put(block.g, &d.gradient(0, slot), d.gradient.stride(0), width, T(1), true);
  }
};

template <bool WithGradient, class Data, class Pairs>
void p2p_with(const std::string& label, const typename Data::execution_space& exec, const Data& d,
              const Pairs& pairs) {
  target_loop<WithGradient>(label, exec, d, true, P2P<Data, Pairs>{pairs, d});
}
template <bool WithGradient, bool WithLow, class Data, class Pairs>
void p2p_mixed(const std::string& label, const typename Data::execution_space& exec, const Data& d,
               const Pairs& pairs) {
  using Loop = P2PMixed<Data, WithGradient, WithLow, Pairs>;
  Kokkos::parallel_for(label, typename Loop::Policy(exec, d.tree.n_leaves, Kokkos::AUTO),
                       Loop{d, pairs});
}

}  // namespace Impl

/// P2P, particle to particle: adds the near field (U) to the results. `near_field`: not
/// `automatic`; `mixed` and `rough` need `split_sources`, `split_targets` and `float_charges`.
template <bool WithGradient, class Data>
void p2p(const typename Data::execution_space& exec, const Data& d, NearField near_field) {
  static const std::string label = "Octopole::P2P";
  using Kernel = typename Data::Kernel;
  using T = typename Data::T;
  if constexpr (HasPairs<Kernel>) {
    constexpr Root fast = std::is_same_v<T, float> ? Root::estimate : Root::step;
    if (near_field == NearField::fast)
      return Impl::p2p_with<WithGradient>(label, exec, d, d.kernel.template pairs<fast, true>());
    if constexpr (std::is_same_v<T, double>) {
      if (near_field == NearField::mixed)
        return Impl::p2p_mixed<WithGradient, true>(label, exec, d,
                                                   d.kernel.template pairs<Root::step, false>());
      if (near_field == NearField::rough)
        return Impl::p2p_mixed<WithGradient, false>(
            label, exec, d, d.kernel.template pairs<Root::estimate, false>());
    }
  }
  Impl::p2p_with<WithGradient>(label, exec, d, Impl::KernelPairs<Kernel>{d.kernel});
}

}  // namespace Octopole

#endif
