#ifndef OCTOPOLE_NEAR_IN_FLOAT_HPP
#define OCTOPOLE_NEAR_IN_FLOAT_HPP

#include <operators/Octopole_PointValues.hpp>
#include <operators/Octopole_WorkTypes.hpp>
#include <operators/pairs/Octopole_MixedBlock.hpp>
#include <operators/pairs/Octopole_TargetBlock.hpp>
#include <operators/pairs/Octopole_TargetLoop.hpp>

#include <algorithm>
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
  Kokkos::Array<int, rows> degrees{};                 ///< of the rows, see OutputTerm
  Kokkos::Array<bool, Morton::max_level + 1> held{};  ///< of a level's leaves, see held_by_floats

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
    return (source == leaf && !tree.same_points) || !held[Morton::level(tree.key(leaf))] ||
           Kokkos::abs(Morton::level(tree.key(leaf)) - Morton::level(tree.key(source))) >
               most_levels;
  }

  /// Whether a float holds what a functor makes of pairs: its range at distance zero, which a regularised kernel
  /// gives a value, and at `nearest`, where powers of a kernel's length may leave it; and the digits at the
  /// distance of neighbours, where many wavelengths make an angle of which a float keeps none.
  /// @param in_float  in half-widths of a leaf
  /// @param in_double  the same, exact
  template <class Exact>
  static bool held_by_floats(const MaskedInFloat& in_float, const Exact& in_double) {
    // Of a pair alone and far away, beside what nearer ones give.
    constexpr double tolerance = WithLow ? 3e-6 : std::is_same_v<T, float> ? 3e-5 : 3e-4;
    constexpr double far = 4;
    for (int c = 0; c < MaskedInFloat::inputs; ++c) {
      const auto at = [&](const auto& functor, auto x, auto y, auto z, auto& out) {
        decltype(x) q[MaskedInFloat::inputs] = {};
        q[c] = 1;
        functor.template add<Last>(x, y, z, q, out);
      };
      for (const float distance : {0.0f, nearest}) {
        float out[rows] = {};
        at(in_float, distance, 0.0f, 0.0f, out);
        for (const float value : out)
          if (!std::isfinite(value)) return false;
      }
      float found[rows] = {};
      double exact[rows] = {}, nearer[rows] = {}, difference = 0, size = 0, size_nearer = 0;
      at(in_float, float(0.75 * far), float(0.5 * far), float(0.4375 * far), found);
      at(in_double, 0.75 * far, 0.5 * far, 0.4375 * far, exact);
      at(in_double, 0.375 * far, 0.25 * far, 0.21875 * far, nearer);
      for (int row = 0; row < rows; ++row) {
        const double scale_in_float = row_scale<MaskedInFloat>(row), scale = row_scale<Exact>(row);
        difference =
            std::hypot(difference, scale_in_float * double(found[row]) - scale * exact[row]);
        size = std::hypot(size, scale * exact[row]);
        size_nearer = std::hypot(size_nearer, scale * nearer[row]);
      }
      if (!(difference <= tolerance * std::max(size, size_nearer))) return false;
    }
    return true;
  }

  /// Sets the results of `n_targets` slots to zero, before anything is added.
  template <int B>
  KOKKOS_FORCEINLINE_FUNCTION void clear(int slot, int n_targets, int rhs) const {
    for (int row = rhs * rows; row < (rhs + B) * rows; ++row)
      for (int i = 0; i < n_targets; ++i) targets.results(row, slot + i) = 0;
  }
  /// Adds sources [first, first + size) of a leaf to the results of `n_targets` slots, in double. `shift`: of the
  /// leaf's image that is meant, see image_shift.
  template <int B>
  KOKKOS_FUNCTION void add_exactly(int slot, int n_targets, int rhs, int source, int first,
                                   int size, const Kokkos::Array<double, 3>& shift) const {
    using Batched = Batch<InDouble, B>;
    constexpr int width = DoubleSimd::width, packs = FloatSimd::width / width;
    const auto& at = targets.points.exact;
    for (const int end = slot + n_targets; slot < end; slot += packs * width) {
      TargetBlock<Last, packs, typename DoubleSimd::pack, Batched> block(&at(0, slot), &at(1, slot),
                                                                         &at(2, slot), width);
      block.add(Batched{in_double}, exact_stream<Charges>(sources, source, rhs, first, size),
                shift[0], shift[1], shift[2]);
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
