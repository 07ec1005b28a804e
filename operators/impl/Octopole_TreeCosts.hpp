#ifndef OCTOPOLE_TREE_COSTS_HPP
#define OCTOPOLE_TREE_COSTS_HPP

#include <Octopole_FrequencyGrid.hpp>
#include <Octopole_LeafSize.hpp>
#include <Octopole_OperatorSet.hpp>
#include <Octopole_Simd.hpp>
#include <Octopole_Surface.hpp>

namespace Octopole::Impl {

/// What an FMM's parts cost, in flops of the dense stages' matrix products. The ratios were
/// measured on an AVX2 machine, those of 64-byte packs on an AVX-512 one; only the balance of near
/// and far field depends on them.
template <class Kernel, class ExecutionSpace>
TreeCosts tree_costs_of(const OperatorSpec& spec, bool gradient) {
  using T = typename Kernel::scalar;
  constexpr double C = Kernel::source_components, K = Kernel::target_components;
  constexpr int width = SimdTraits<ExecutionSpace, T>::width * int(sizeof(T));
  const double n = Surface::size(spec.order);
  TreeCosts costs;
  // A pair of Laplace in flops of gemm: 64-byte packs estimate the root in hardware; 32-byte ones
  // of doubles go by way of floats; without packs it is an exact root and a division.
  costs.near_pair = width == 64 ? 9 : width == 32 ? (sizeof(T) == 4 ? 9 : 18) : 25;
  costs.near_pair *= (1 + 0.2 * (C * K - 1)) * (gradient ? 1.5 : 1);
  // Two solves of two factors, M2M and L2L.
  costs.box = 12 * n * n * C * K;
  if (spec.m2l == M2L::fft) {
    const FrequencyGrid grid{spec.order};
    const double p = spec.order;
    costs.parent_pair = 512 * C * K * grid.size() * 0.75;
    // Pruned transforms of eight children, both ways; bound by memory, not by flops.
    costs.parent = 3 * 8 * (C + K) * (4 * p * n + 16 * p * p * grid.pencils());
  } else {
    // What the compression leaves of n x n is known only when the operators are.
    costs.box_pair = 2 * n * n * C * K * (spec.m2l_rank < 0 ? 1 : 0.3);
  }
  return costs;
}

}  // namespace Octopole::Impl

#endif
