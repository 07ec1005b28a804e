#ifndef OCTOPOLE_P2P_HPP
#define OCTOPOLE_P2P_HPP

#include <core/base/Octopole_Launch.hpp>
#include <core/base/Octopole_Variants.hpp>
#include <operators/pairs/Octopole_NearInFloat.hpp>
#include <operators/pairs/Octopole_StagedP2P.hpp>
#include <operators/pairs/Octopole_TargetBlock.hpp>
#include <operators/pairs/Octopole_TargetLoop.hpp>

#include <cstddef>
#include <string>
#include <type_traits>
#include <utility>

namespace Octopole {

namespace Impl {

/// Packed targets in lanes, the packed sources of every leaf in U streamed past them.
template <int Charges, class T, class Memory>
struct P2P {
  Octree<Memory> tree;
  Rows<Memory> u;
  ChargedPoints<T, Memory> sources;

  template <class Block, class Functor>
  KOKKOS_FORCEINLINE_FUNCTION void operator()(int leaf, Block& block, const Functor& functor,
                                              int rhs, int /*slot*/) const {
    for (std::int64_t e = u.begin(leaf); e < u.begin(leaf + 1); ++e) {
      const int source = u.entry(e);
      const auto shift = image_shift(tree, source, leaf);
      block.add(functor, exact_stream<Charges>(sources, source, rhs, 0, tree.n_sources(source)),
                shift[0], shift[1], shift[2]);
    }
  }
};

/// The same in float, see NearInFloat, the sources read where they lie.
template <class NearType, int Charges>
struct P2PInFloat {
  using Near = NearType;
  using InFloat = typename Near::InFloat;
  using Work = typename Near::Work;
  static constexpr int Last = Near::last;
  static constexpr bool WithLow = Near::with_low;
  using T = typename Work::T;
  using Memory = typename Work::memory_space;
  using Policy =
      Kokkos::TeamPolicy<typename Work::execution_space, Kokkos::Schedule<Kokkos::Dynamic>>;
  using FloatSimd = typename Near::FloatSimd;
  Octree<Memory> tree;
  Rows<Memory> u;
  Near near;
  /// Packs of targets that a source is read for; the low parts take the registers of a second one.
  static constexpr int packs = WithLow ? 1 : FloatSimd::blocks;
  static constexpr int chunk = WithLow ? 64 : 128;  ///< sources of one plain sum in float

  KOKKOS_FUNCTION void operator()(const typename Policy::member_type& team) const {
    const int leaf = tree.leaves(team.league_rank());
    const int n = tree.n_targets(leaf);
    constexpr int width = FloatSimd::width, step = packs * width;
    Kokkos::parallel_for(Kokkos::TeamThreadRange(team, (n + step - 1) / step), [&](const int b) {
      for_batches<InFloat, Last>(near.targets.right_hand_sides, [&](auto batch, int rhs) {
        constexpr int B = decltype(batch)::value;
        int first = b * step;
        if (n - first > step - width)
          add_sources<B, packs>(leaf, first, rhs);
        else
          for (; first < n; first += width) add_sources<B, 1>(leaf, first, rhs);
      });
    });
  }

 private:
  /// The sources of all leaves in U at N packs of the leaf's targets from `at` on.
  template <int B, int N>
  KOKKOS_FORCEINLINE_FUNCTION void add_sources(int leaf, int at, int rhs) const {
    using Batched = Batch<InFloat, B>;
    constexpr int n_targets = N * FloatSimd::width;
    const int level = Morton::level(tree.key(leaf)), slot = near.targets.points.begin(leaf) + at;
    const Batched batched{near.in_float[level]};
    near.template clear<B>(slot, n_targets, rhs);
    MixedBlock<Last, N, WithLow, typename FloatSimd::pack, Batched, Memory> block(
        near.targets.points.split, slot);
    const auto in_double = [&](int source, int first, int end) {
      if (first < end)
        near.template add_exactly<B>(slot, n_targets, rhs, source, first, end - first,
                                     image_shift(tree, source, leaf));
    };
    const auto in_float = [&](int source, int begin, int end) {
      const auto shift = offset<float>(tree, source, leaf);
      const float per_length = near.per_length(level);
      const int source_level = Morton::level(tree.key(source));
      for (int first = begin; first < end; first += chunk) {
        const int size = Kokkos::min(int(chunk), end - first);
        alignas(64) float in_unit[WithLow ? 6 : 3][chunk];
        const SplitStream stream = source_stream_at(
            source, rhs, first, size, per_length / near.per_length(source_level), in_unit);
        if (!block.add(batched, stream,
                       {per_length * shift[0], per_length * shift[1], per_length * shift[2]},
                       near.least(level, source_level)))
          in_double(source, first, first + size);
      }
    };
    for (std::int64_t e = u.begin(leaf); e < u.begin(leaf + 1); ++e) {
      const int source = u.entry(e), n = tree.n_sources(source);
      if (near.only_exactly(tree, leaf, source)) {
        in_double(source, 0, n);
      } else if (source == leaf) {
        // Each target meets itself among these of the leaf.
        const int end = Kokkos::min(at + n_targets, n);
        in_float(source, 0, at);
        const bool summed = [&] {
          if constexpr (WithLow) {
            return false;
          } else {
            float unused[3][chunk];
            return block.add_own(
                Batch<typename Near::MaskedInFloat, B>{near.masked_in_float[level]},
                source_stream_at(source, rhs, at, end - at, 1, unused), near.least(level, level));
          }
        }();
        if (!summed) in_double(source, at, end);
        in_float(source, end, n);
      } else {
        in_float(source, 0, n);
      }
    }
    near.put(block, level, slot, rhs);
  }
  /// Sources of a leaf in the targets' unit of length, in which their leaf's is `unit`: where they lie if
  /// that is one, as it is between leaves of one level, else copied.
  template <int Parts>
  KOKKOS_FORCEINLINE_FUNCTION SplitStream source_stream_at(int source, int rhs, int first, int size,
                                                           float unit,
                                                           float (&in_unit)[Parts][chunk]) const {
    const int begin = near.sources.points.begin(source) + first;
    const auto& split = near.sources.points.split;
    SplitStream s{};
    s.charge = &near.sources.float_charges(rhs * Charges, begin);
    s.charge_stride = near.sources.float_charges.stride(0);
    s.size = size;
    for (int d = 0; d < 3; ++d) {
      s.high[d] = &split.high(d, begin);
      if constexpr (WithLow) s.low[d] = &split.low(d, begin);
    }
    if (unit == 1) return s;
    const auto copy = [&](const float*& from, float* to) {
      for (int j = 0; j < size; ++j) to[j] = unit * from[j];
      from = to;
    };
    for (int d = 0; d < 3; ++d) {
      copy(s.high[d], in_unit[d]);
      if constexpr (WithLow) copy(s.low[d], in_unit[3 + d]);
    }
    return s;
  }
};

/// All pairs in double.
template <int Charges, int Last, class WorkShape, class Kernel, class ExecutionSpace, class T,
          class Memory, class Functor>
void p2p_in_double(const std::string& label, const ExecutionSpace& exec, const Octree<Memory>& tree,
                   const NearLists<Memory>& near, const ChargedPoints<T, Memory>& sources,
                   const TargetPoints<T, Memory>& targets, const Functor& functor) {
  if constexpr (WorkShape::near_tile > 0) {
    using Work = WorkTypes<ExecutionSpace, T, WorkShape>;
    const StagedP2P<Work, Charges, Last, Functor> loop{
        tree,
        near.u,
        near.work,
        sources,
        targets,
        functor,
        row_factors<Kernel, Last, Functor>(exact_unit_of(tree.domain))};
    launch(label, loop.policy(exec), loop);
  } else {
    target_loop<Last, WorkShape, Kernel, true>(label, exec, tree, targets, false, functor,
                                               P2P<Charges, T, Memory>{tree, near.u, sources});
  }
}

/// What f(level) returns for every level; functors need not be made without arguments.
template <class Functor, class F, std::size_t... Level>
auto each_level(const F& f, std::index_sequence<Level...>) {
  return Kokkos::Array<Functor, sizeof...(Level)>{f(int(Level))...};
}

/// Pairs in float, but for those too near for it.
template <int Last, Root InFloatRoot, bool WithLow, class WorkShape, class ExecutionSpace,
          class Kernel, class T, class Memory, class InDouble>
void p2p_in_float(const std::string& label, const ExecutionSpace& exec, const Kernel& kernel,
                  const Octree<Memory>& tree, const NearLists<Memory>& near,
                  const ChargedPoints<T, Memory>& sources, const TargetPoints<T, Memory>& targets,
                  const InDouble& in_double) {
  using Work = WorkTypes<ExecutionSpace, T, WorkShape>;
  using Parts = Family<Kernel>;
  using InFloat = decltype(Parts::template near<InFloatRoot, false>(kernel));
  using Masked = decltype(Parts::template near<InFloatRoot, true>(kernel));
  using Near = NearInFloat<Work, Parts::charges, Last, WithLow, InFloat, Masked, InDouble>;
  const auto rescaled = [&](int level) {
    return kernel.rescaled(1 / double(std::uint64_t(1) << level));
  };
  const auto of_level = [&](int level) {
    return Parts::template near<InFloatRoot, false>(rescaled(level));
  };
  const auto masked_of_level = [&](int level) {
    return Parts::template near<InFloatRoot, true>(rescaled(level));
  };
  constexpr std::make_index_sequence<Morton::max_level + 1> levels;
  Near pairs{sources,
             targets,
             in_double,
             row_factors<Kernel, Last, InDouble>(exact_unit_of(tree.domain)),
             each_level<InFloat>(of_level, levels),
             each_level<Masked>(masked_of_level, levels)};
  for (int term = 0, row = 0; term <= Last; ++term)
    for (int k = 0; k < Parts::term(term).rows(); ++k, ++row)
      pairs.degrees[row] = Parts::term(term).degree;
  for (int level = 0; level <= tree.depth; ++level)
    pairs.held[level] = Near::held_by_floats(
        pairs.masked_in_float[level], Parts::template near<Root::exact, true>(rescaled(level)));
  if constexpr (WorkShape::near_tile > 0 && !WithLow) {
    const StagedP2PInFloat<Near, Parts::charges> loop{tree, near.u, near.work, pairs};
    launch(label, loop.policy(exec), loop);
  } else {
    using Loop = P2PInFloat<Near, Parts::charges>;
    launch(label, typename Loop::Policy(exec, tree.n_leaves, Kokkos::AUTO),
           Loop{tree, near.u, pairs});
  }
}

}  // namespace Impl

/// P2P, particle to particle: the near field (U) at each leaf's targets. Overwrites the results.
/// @param exec  instance to work on; not waited for
/// @param kernel  in half-widths of the root
/// @param tree  its leaves are gone through
/// @param near  the U lists, and their pieces where `WorkShape` stages the sources
/// @param sources  points and packed charges are read; `mixed` and `rough`, and whatever is in float,
///   need points that are split and `float_charges`
/// @param targets  `results` is written
/// @param near_field  not `automatic`; where T is float, pairs are in float with `exact` or `fast` roots
template <int Last, class WorkShape, class ExecutionSpace, class Kernel, class T, class Memory>
void p2p(const ExecutionSpace& exec, const Kernel& kernel, const Octree<Memory>& tree,
         const NearLists<Memory>& near, const ChargedPoints<T, Memory>& sources,
         const TargetPoints<T, Memory>& targets, NearField near_field) {
  static const std::string label = "Octopole::P2P";
  using Parts = Family<Kernel>;
  constexpr int C = Parts::charges;
  const auto in_exact_units = kernel.rescaled(exact_unit_of(tree.domain));
  const auto exact = Parts::template near<Root::exact, true>(in_exact_units);
  const auto in_float = [&](auto root, auto with_low) {
    Impl::p2p_in_float<Last, root(), with_low(), WorkShape>(label, exec, kernel, tree, near,
                                                            sources, targets, exact);
  };
  [[maybe_unused]] constexpr std::integral_constant<Root, Root::exact> exact_root;
  [[maybe_unused]] constexpr std::integral_constant<Root, Root::step> step;
  [[maybe_unused]] constexpr std::integral_constant<Root, Root::estimate> estimate;
  if constexpr (std::is_same_v<T, float>) {
    if constexpr (Parts::has_roots)
      if (near_field == NearField::fast) return in_float(estimate, std::false_type{});
    in_float(exact_root, std::false_type{});
  } else {
    if constexpr (Parts::has_roots) {
      if (near_field == NearField::fast)
        return Impl::p2p_in_double<C, Last, WorkShape, Kernel>(
            label, exec, tree, near, sources, targets,
            Parts::template near<Root::step, true>(in_exact_units));
      if (near_field == NearField::mixed) return in_float(step, std::true_type{});
      if (near_field == NearField::rough) return in_float(estimate, std::false_type{});
    }
    Impl::p2p_in_double<C, Last, WorkShape, Kernel>(label, exec, tree, near, sources, targets,
                                                    exact);
  }
}

}  // namespace Octopole

#endif
