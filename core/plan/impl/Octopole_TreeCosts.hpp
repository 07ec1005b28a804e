#ifndef OCTOPOLE_TREE_COSTS_HPP
#define OCTOPOLE_TREE_COSTS_HPP

#include <core/kernels/Octopole_KernelStatement.hpp>
#include <core/plan/Octopole_Options.hpp>
#include <core/plan/impl/Octopole_Choices.hpp>
#include <core/precompute/Octopole_FrequencyGrid.hpp>
#include <core/precompute/Octopole_OperatorSet.hpp>
#include <core/precompute/Octopole_Surface.hpp>
#include <core/simd/Octopole_Simd.hpp>
#include <tree/Octopole_LeafSize.hpp>

namespace Octopole::Impl {

/// What a pair costs in P2P, in flops of matrix products. Measured on 64-byte packs (Zen 4),
/// Laplace, in G pairs/s: double exact 5.0, fast 6.2, mixed 9.5, rough 17 and with
/// gradient 3.2, 3.7, 6.4, 9.0, beside products at 85 GF/s; float exact 11.5, fast 18, with
/// gradient 7.6, 10, beside 170 GF/s. 32-byte packs of doubles take their roots by way of floats;
/// scalars an exact root and a division.
template <class T>
double near_pair_cost(int bytes_per_pack, NearField near_field, bool gradient) {
  if (bytes_per_pack < 32) return 25 * (gradient ? 1.5 : 1);
  const bool single = sizeof(T) == 4, wide = bytes_per_pack == 64;
  switch (near_field) {
    case NearField::rough:
      return gradient ? 9.4 : 5;
    case NearField::mixed:
      return gradient ? 13 : 9;
    case NearField::fast:
      return single ? (gradient ? 17 : 9.4) : (gradient ? 23 : 14) * (wide ? 1 : 1.2);
    default:
      return single ? (gradient ? 22 : 15) : (gradient ? 26 : 17) * (wide ? 1 : 1.2);
  }
}

/// What an FMM's parts cost, in flops of the dense stages' matrix products. The ratios were
/// measured on Zen 4; only the balance of near and far field depends on them.
template <class T, class WorkShape>
TreeCosts tree_costs_of(const KernelStatement& kernel, const Choices& choices) {
  using Simd = SimdTraits<WorkShape, T>;
  const OperatorSpec& spec = choices.spec;
  const Options& options = choices.options;
  const double C = kernel.source_components, K = kernel.check_components;
  const int last_output = kernel.last_output_of(options.outputs);
  const double n_rhs = options.right_hand_sides, columns = n_rhs * kernel.columns;
  const double n = Surface::size(spec.order);
  TreeCosts costs;
  costs.near_pair =
      near_pair_cost<T>(Simd::width * int(sizeof(T)), options.near_field, last_output > 0) *
      kernel.near_factor(last_output) * (1 + 0.3 * (n_rhs - 1));
  const bool in_float = choices.near_in_float();
  // Where sources are staged a team works on a leaf, however few targets that has.
  costs.lanes = WorkShape::near_tile > 0 ? WorkShape::near_team
                : in_float               ? SimdTraits<WorkShape, float>::width
                                         : Simd::width;
  // Two solves of two factors, M2M and L2L.
  costs.box = 12 * n * n * C * K * columns;
  switch (spec.m2l) {
    case M2L::automatic:
      m2l_not_chosen();
    case M2L::blas:
      // What the compression leaves of n x n is known only when the operators are.
      costs.box_pair = 2 * n * n * C * K * columns * (spec.m2l_rank < 0 ? 1 : 0.3);
      break;
    case M2L::fft: {
      const FrequencyGrid grid{spec.order};
      const double p = spec.order;
      // Products at 89 GF/s in double and 127 in float; transforms at a quarter of the products'
      // rate.
      const bool half = sizeof(T) == 8 && options.m2l_single == 1;
      costs.parent_pair = 512 * C * K * columns * grid.size() *
                          (sizeof(T) == 4 ? 1.3
                           : half         ? 0.67
                                          : 0.95);
      costs.parent = (half ? 2.4 : 3.7) * 16 * (C + K) * columns *
                     (2 * p * n + 4 * p * p * p * p + 4 * p * p * grid.pencils());
    }
  }
  return costs;
}

}  // namespace Octopole::Impl

#endif
