#ifndef OCTOPOLE_P2P_HPP
#define OCTOPOLE_P2P_HPP

#include <core/base/Octopole_Launch.hpp>
#include <core/base/Octopole_Variants.hpp>
#include <operators/pairs/Octopole_MixedBlock.hpp>
#include <operators/pairs/Octopole_StagedP2P.hpp>
#include <operators/pairs/Octopole_TargetBlock.hpp>
#include <operators/pairs/Octopole_TargetLoop.hpp>

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
                                              int rhs) const {
    for (std::int64_t e = u.begin(leaf); e < u.begin(leaf + 1); ++e) {
      const int source = u.entry(e);
      const auto shift = offset<T>(tree, source, leaf);
      block.add(functor, source_stream<Charges>(sources, source, rhs, 0, tree.n_sources(source)),
                shift[0], shift[1], shift[2]);
    }
  }
};

/// The degrees of the rows of a kernel's first outputs, see OutputTerm.
template <class Kernel, int Rows>
Kokkos::Array<int, Rows> row_degrees() {
  Kokkos::Array<int, Rows> degrees{};
  for (int term = 0, row = 0; row < Rows; ++term)
    for (int k = 0; k < Family<Kernel>::term(term).rows(); ++k, ++row)
      degrees[row] = Family<Kernel>::term(term).degree;
  return degrees;
}

/// The same with other leaves' sources in float (see MixedBlock), in units of the target leaf's
/// half-width, and the leaf's own in double. Two points of different leaves
/// never coincide, so that no pair there needs a mask; those that are too close for a float are met
/// again in double. `InDouble`: the functor for those.
template <class Work, int Charges, int Last, bool WithLow, class InFloat, class InDouble>
struct P2PMixed {
  using T = typename Work::T;
  using Memory = typename Work::memory_space;
  using Policy =
      Kokkos::TeamPolicy<typename Work::execution_space, Kokkos::Schedule<Kokkos::Dynamic>>;
  using FloatSimd = SimdTraits<typename Work::WorkShape, float>;
  Octree<Memory> tree;
  Rows<Memory> u;
  ChargedPoints<T, Memory> sources;
  TargetPoints<T, Memory> targets;
  Kokkos::Array<InFloat, Morton::max_level + 1> in_float;  ///< in half-widths of a level's boxes
  Kokkos::Array<int, InFloat::template rows<Last>> degrees;
  InDouble in_double;
  /// Pairs nearer than this, in half-widths of the larger leaf, are summed in double: their difference
  /// has fewer correct digits than a float holds, with coordinates as sums of two floats (`WithLow`)
  /// and sooner with single floats; and what the kernels make of a distance of 1e-6 (the sixth power of its
  /// inverse in the Hessian of dipoles) is near the largest float.
  static constexpr float nearest = WithLow ? 2e-6f : 2e-3f;
  static constexpr int chunk = 64;  ///< sources of one plain sum in float

  KOKKOS_FUNCTION void operator()(const typename Policy::member_type& team) const {
    const int leaf = tree.leaves(team.league_rank());
    const int n = tree.n_targets(leaf);
    constexpr int width = FloatSimd::width;
    Kokkos::parallel_for(Kokkos::TeamThreadRange(team, (n + width - 1) / width), [&](const int b) {
      for_batches<InFloat, Last>(targets.right_hand_sides, [&](auto batch, int rhs) {
        add_sources<decltype(batch)::value>(leaf, targets.points.begin(leaf) + b * width, rhs);
      });
    });
  }

 private:
  /// Adds the sources of all leaves in U to `FloatSimd::width` results from `slot` on.
  template <int B>
  KOKKOS_FORCEINLINE_FUNCTION void add_sources(int leaf, int slot, int rhs) const {
    constexpr int rows = InFloat::template rows<Last>;
    using Batched = Batch<InFloat, B>;
    const int target_level = Morton::level(tree.key(leaf));
    const float per_length = float(std::uint64_t(1) << target_level);
    const Batched batched{in_float[target_level]};
    MixedBlock<Last, WithLow, typename FloatSimd::pack, Batched, Memory> block(targets.points.split,
                                                                               slot);
    add_in_double<B>(leaf, slot, rhs, leaf, 0, tree.n_sources(leaf));
    for (std::int64_t e = u.begin(leaf); e < u.begin(leaf + 1); ++e) {
      const int source = u.entry(e);
      if (source == leaf) continue;
      const auto shift = offset<float>(tree, source, leaf);
      const int source_level = Morton::level(tree.key(source));
      const float least =
          nearest * float(std::uint64_t(1) << Kokkos::max(target_level - source_level, 0));
      const int n_sources = tree.n_sources(source);
      for (int first = 0; first < n_sources; first += chunk) {
        const int size = Kokkos::min(int(chunk), n_sources - first);
        alignas(64) float in_unit[WithLow ? 6 : 3][chunk];
        const SplitStream stream =
            source_stream_at(source, rhs, first, size,
                             per_length / float(std::uint64_t(1) << source_level), in_unit);
        if (!block.add(batched, stream,
                       {per_length * shift[0], per_length * shift[1], per_length * shift[2]},
                       least * least))
          add_in_double<B>(leaf, slot, rhs, source, first, size);
      }
    }
    block.put(&targets.results(rhs * rows, slot), targets.results.stride(0), [&](int row) {
      double scale = row_scale<InFloat>(row % rows);
      const int degree = degrees[row % rows];
      for (int i = 0; i < Kokkos::abs(degree); ++i)
        scale *= degree < 0 ? double(per_length) : 1 / double(per_length);
      return scale;
    });
  }
  /// Sources of a leaf in the targets' unit of length, in which their leaf's is `unit`: where they lie if
  /// that is one, as it is between leaves of one level, else copied.
  template <int Parts>
  KOKKOS_FORCEINLINE_FUNCTION SplitStream source_stream_at(int source, int rhs, int first, int size,
                                                           float unit,
                                                           float (&in_unit)[Parts][chunk]) const {
    const int begin = sources.points.begin(source) + first;
    const auto& split = sources.points.split;
    SplitStream s{};
    s.charge = &sources.float_charges(rhs * Charges, begin);
    s.charge_stride = sources.float_charges.stride(0);
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
  /// Adds sources [first, first + size) of one leaf.
  template <int B>
  KOKKOS_FUNCTION void add_in_double(int leaf, int slot, int rhs, int source, int first,
                                     int size) const {
    using Batched = Batch<InDouble, B>;
    constexpr int width = Work::Simd::width, packs = FloatSimd::width / width;
    constexpr int rows = InDouble::template rows<Last>;
    const auto& at = targets.points;
    const auto shift = offset<T>(tree, source, leaf);
    TargetBlock<Last, packs, typename Work::Pack, Batched> block(&at.x(slot), &at.y(slot),
                                                                 &at.z(slot), width);
    block.add(Batched{in_double}, source_stream<Charges>(sources, source, rhs, first, size),
              shift[0], shift[1], shift[2]);
    block.put(&targets.results(rhs * rows, slot), targets.results.stride(0), width,
              RowScale<InDouble, rows>{}, true);
  }
};

/// In the scalar of the data, the sources staged or read where they lie.
template <int Charges, int Last, class WorkShape, class ExecutionSpace, class T, class Memory,
          class Functor>
void p2p_plain(const std::string& label, const ExecutionSpace& exec, const Octree<Memory>& tree,
               const NearLists<Memory>& near, const ChargedPoints<T, Memory>& sources,
               const TargetPoints<T, Memory>& targets, const Functor& functor) {
  if constexpr (WorkShape::near_tile > 0) {
    using Work = WorkTypes<ExecutionSpace, T, WorkShape>;
    const StagedP2P<Work, Charges, Last, Functor> loop{tree,    near.u,  near.work,
                                                       sources, targets, functor};
    launch(label, loop.policy(exec), loop);
  } else {
    target_loop<Last, WorkShape>(label, exec, tree, targets, true, functor,
                                 P2P<Charges, T, Memory>{tree, near.u, sources});
  }
}

template <int Last, Root InFloatRoot, bool WithLow, class WorkShape, class ExecutionSpace,
          class Kernel, class T, class Memory, class InDouble>
void p2p_mixed(const std::string& label, const ExecutionSpace& exec, const Kernel& kernel,
               const Octree<Memory>& tree, const Rows<Memory>& u,
               const ChargedPoints<T, Memory>& sources, const TargetPoints<T, Memory>& targets,
               const InDouble& in_double) {
  using Work = WorkTypes<ExecutionSpace, T, WorkShape>;
  using Parts = Family<Kernel>;
  using InFloat = decltype(Parts::template near<InFloatRoot, false>(kernel));
  using Loop = P2PMixed<Work, Parts::charges, Last, WithLow, InFloat, InDouble>;
  Kokkos::Array<InFloat, Morton::max_level + 1> in_float;
  for (int level = 0; level <= Morton::max_level; ++level)
    in_float[level] = Parts::template near<InFloatRoot, false>(
        kernel.rescaled(1 / double(std::uint64_t(1) << level)));
  launch(label, typename Loop::Policy(exec, tree.n_leaves, Kokkos::AUTO),
         Loop{tree, u, sources, targets, in_float,
              row_degrees<Kernel, InFloat::template rows<Last>>(), in_double});
}

}  // namespace Impl

/// P2P, particle to particle: adds the near field (U) to the results.
/// @param exec  instance to work on; not waited for
/// @param kernel  in half-widths of the root
/// @param tree  its leaves are gone through
/// @param near  the U lists, and their pieces where `WorkShape` stages the sources
/// @param sources  points and packed charges are read; `mixed` and `rough` need points that are split
///   and `float_charges`
/// @param targets  `results` is added to
/// @param near_field  not `automatic`
template <int Last, class WorkShape, class ExecutionSpace, class Kernel, class T, class Memory>
void p2p(const ExecutionSpace& exec, const Kernel& kernel, const Octree<Memory>& tree,
         const NearLists<Memory>& near, const ChargedPoints<T, Memory>& sources,
         const TargetPoints<T, Memory>& targets, NearField near_field) {
  static const std::string label = "Octopole::P2P";
  using Parts = Family<Kernel>;
  constexpr int C = Parts::charges;
  const auto exact = Parts::template near<Root::exact, true>(kernel);
  if constexpr (Parts::has_roots) {
    constexpr Root fast = std::is_same_v<T, float> ? Root::estimate : Root::step;
    if (near_field == NearField::fast)
      return Impl::p2p_plain<C, Last, WorkShape>(label, exec, tree, near, sources, targets,
                                                 Parts::template near<fast, true>(kernel));
    if constexpr (std::is_same_v<T, double>) {
      if (near_field == NearField::mixed)
        return Impl::p2p_mixed<Last, Root::step, true, WorkShape>(label, exec, kernel, tree, near.u,
                                                                  sources, targets, exact);
      if (near_field == NearField::rough)
        return Impl::p2p_mixed<Last, Root::estimate, false, WorkShape>(
            label, exec, kernel, tree, near.u, sources, targets, exact);
    }
  }
  Impl::p2p_plain<C, Last, WorkShape>(label, exec, tree, near, sources, targets, exact);
}

}  // namespace Octopole

#endif
