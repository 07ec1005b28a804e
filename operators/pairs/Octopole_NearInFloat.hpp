#ifndef OCTOPOLE_NEAR_IN_FLOAT_HPP
#define OCTOPOLE_NEAR_IN_FLOAT_HPP

#include <operators/Octopole_PointValues.hpp>
#include <operators/Octopole_WorkTypes.hpp>
#include <operators/pairs/Octopole_MixedBlock.hpp>
#include <operators/pairs/Octopole_TargetBlock.hpp>
#include <operators/pairs/Octopole_TargetLoop.hpp>

#include <cmath>
#include <type_traits>

namespace Octopole::Impl {

/// What a near field in float works with: coordinates in half-widths of the target's leaf, as floats or
/// (`WithLow`) sums of two, and functors for that unit. Pairs that are too near for a float to hold
/// their difference are met again in double, with the caller's coordinates. So that pairs in float need
/// no mask, points that may meet themselves are met by `MaskedInFloat`, or in double. `InDouble`: the
/// functor for that, in exact units.
template <class WorkTypesType, int Charges, int Last, bool WithLow, class InFloatType,
          class MaskedType, class InDouble>
struct NearInFloat {
  using Work = WorkTypesType;
  using InFloat = InFloatType;
  using MaskedInFloat = MaskedType;
  static constexpr int last = Last;
  static constexpr bool with_low = WithLow;
  using T = typename Work::T;
  using Memory = typename Work::memory_space;
  using FloatSimd = SimdTraits<typename Work::WorkShape, float>;
  using DoubleSimd = SimdTraits<typename Work::WorkShape, double>;
  static constexpr int rows = InFloat::template rows<Last>;

  ChargedPoints<T, Memory> sources;
  TargetPoints<T, Memory> targets;
  InDouble in_double;
  RowFactors<rows> exact_factors;                          ///< from sums of in_double to results
  Kokkos::Array<InFloat, Morton::max_level + 1> in_float;  ///< in half-widths of a level's boxes
  Kokkos::Array<MaskedInFloat, Morton::max_level + 1> masked_in_float;  ///< likewise
  Kokkos::Array<int, rows> degrees{};                     ///< of the rows, see OutputTerm
  Kokkos::Array<bool, Morton::max_level + 1> in_range{};  ///< see leaves_range

  /// Pairs nearer than this, in half-widths of the larger leaf, are summed in double: their difference
  /// has fewer correct digits than the sum is to have, with coordinates as sums of two floats (six
  /// digits) and with single floats (three, four where all else is in float too); and what the kernels
  /// make of a distance of 1e-6 (the sixth power of its inverse in the Hessian of dipoles) is near the
  /// largest float.
  static constexpr float nearest = WithLow ? 2e-6f : std::is_same_v<T, float> ? 1e-2f : 2e-3f;
  /// Between leaves further apart in level the smaller one's unit says nothing of the larger.
  static constexpr int most_levels = 12;

  /// 1 over the half-width of boxes of a level.
  KOKKOS_FORCEINLINE_FUNCTION static float per_length(int level) {
    return float(std::uint64_t(1) << level);
  }
  /// `nearest`, squared, in half-widths of the target's leaf.
  KOKKOS_FORCEINLINE_FUNCTION static float least(int level, int source_level) {
    const float least = nearest * float(std::uint64_t(1) << Kokkos::max(level - source_level, 0));
    return least * least;
  }
  /// Whether the pairs of two leaves are all for double.
  template <class Tree>
  KOKKOS_FORCEINLINE_FUNCTION bool only_exactly(const Tree& tree, int leaf, int source) const {
    return (source == leaf && !tree.same_points) || !in_range[Morton::level(tree.key(leaf))] ||
           Kokkos::abs(Morton::level(tree.key(leaf)) - Morton::level(tree.key(source))) >
               most_levels;
  }

  /// Whether what a functor makes of a pair in float leaves a float's range, at distance zero, which a
  /// regularised kernel gives a value, or at `nearest`. In units that are far larger than a kernel's length
  /// powers of that do.
  static bool leaves_range(const MaskedInFloat& functor) {
    for (const float distance : {0.0f, nearest})
      for (int c = 0; c < MaskedInFloat::inputs; ++c) {
        float q[MaskedInFloat::inputs] = {}, out[rows] = {};
        q[c] = 1;
        functor.template add<Last>(distance, 0.0f, 0.0f, q, out);
        for (const float value : out)
          if (!std::isfinite(value)) return true;
      }
    return false;
  }

  /// Adds sources [first, first + size) of a leaf to the results of `n_targets` slots, in double.
  template <int B>
  KOKKOS_FUNCTION void add_exactly(int slot, int n_targets, int rhs, int source, int first,
                                   int size) const {
    using Batched = Batch<InDouble, B>;
    constexpr int width = DoubleSimd::width, packs = FloatSimd::width / width;
    const auto& at = targets.points.exact;
    for (const int end = slot + n_targets; slot < end; slot += packs * width) {
      TargetBlock<Last, packs, typename DoubleSimd::pack, Batched> block(&at(0, slot), &at(1, slot),
                                                                         &at(2, slot), width);
      block.add(Batched{in_double}, exact_stream<Charges>(sources, source, rhs, first, size), 0.0,
                0.0, 0.0);
      block.put(&targets.results(rhs * rows, slot), targets.results.stride(0), width, exact_factors,
                true);
    }
  }
  /// Adds what has been summed in float.
  template <class Block>
  KOKKOS_FORCEINLINE_FUNCTION void put(const Block& block, int level, int slot, int rhs) const {
    const double per_half_width = per_length(level);
    block.put(&targets.results(rhs * rows, slot), targets.results.stride(0), [&](int row) {
      double scale = row_scale<InFloat>(row % rows);
      const int degree = degrees[row % rows];
      for (int i = 0; i < Kokkos::abs(degree); ++i)
        scale *= degree < 0 ? per_half_width : 1 / per_half_width;
      return scale;
    });
  }
};

}  // namespace Octopole::Impl

#endif
