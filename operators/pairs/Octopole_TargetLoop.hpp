#ifndef OCTOPOLE_TARGET_LOOP_HPP
#define OCTOPOLE_TARGET_LOOP_HPP

#include <core/base/Octopole_Launch.hpp>
#include <core/kernels/Octopole_KernelFamily.hpp>
#include <operators/Octopole_PointValues.hpp>
#include <operators/Octopole_WorkTypes.hpp>
#include <operators/pairs/Octopole_TargetBlock.hpp>

#include <cmath>
#include <string>
#include <type_traits>

namespace Octopole {

namespace Impl {

/// By what the rows of a functor's sums are to be multiplied: row_scale() times what each output changes by
/// with the unit of length, see OutputTerm; where right-hand sides of `Rows` rows follow each other.
template <int Rows>
struct RowFactors {
  Kokkos::Array<double, Rows> of_row;
  KOKKOS_FORCEINLINE_FUNCTION double operator()(int row) const { return of_row[row % Rows]; }
};

/// From sums of K in units of `h` to units of one: K(h r) = h^degree rescaled(h).K(r).
template <class Kernel, int Last, class Functor>
auto row_factors(double h) {
  constexpr int rows = Functor::template rows<Last>;
  RowFactors<rows> factors{};
  for (int term = 0, row = 0; row < rows; ++term)
    for (int k = 0; k < Family<Kernel>::term(term).rows(); ++k, ++row)
      factors.of_row[row] =
          row_scale<Functor>(row) * std::pow(h, double(Family<Kernel>::term(term).degree));
  return factors;
}

/// One team per leaf; blocks of its targets are handed to `operation(leaf, block, functor, first, slot)`,
/// `first` being the first of the right-hand sides that `functor` takes at once, and what that has
/// summed is written to the results, or added to them. `Exact`: targets are where the caller's
/// coordinates say, and what is summed is in double, else they are relative to the leaf and in T.
template <class Work, int Last, bool Exact, class Functor, class Operation>
struct TargetLoop {
  using T = typename Work::T;
  using S = std::conditional_t<Exact, double, T>;
  using Simd = SimdTraits<typename Work::WorkShape, S>;
  using Memory = typename Work::memory_space;
  using Policy =
      Kokkos::TeamPolicy<typename Work::execution_space, Kokkos::Schedule<Kokkos::Dynamic>>;
  Octree<Memory> tree;
  TargetPoints<T, Memory> targets;
  Functor functor;
  Operation operation;
  RowFactors<Functor::template rows<Last>> factors;
  bool add;

  KOKKOS_FUNCTION void operator()(const typename Policy::member_type& team) const {
    const int leaf = tree.leaves(team.league_rank());
    const auto& points = targets.points;
    const int begin = points.begin(leaf);
    const int n = tree.n_targets(leaf);
    const int padded = (n + Simd::width - 1) / Simd::width * Simd::width;
    constexpr int rows = Functor::template rows<Last>;
    Kokkos::parallel_for(
        Kokkos::TeamThreadRange(team, count_blocks<Simd>(padded)), [&](const int b) {
          for_block<Simd>(b, padded, [&](auto packs, int first) {
            const int slot = begin + first;
            for_batches<Functor, Last>(targets.right_hand_sides, [&](auto batch, int rhs) {
              using Batched = Batch<Functor, decltype(batch)::value>;
              const Batched batched{functor};
              TargetBlock<Last, decltype(packs)::value, typename Simd::pack, Batched> block(
                  at(0, slot), at(1, slot), at(2, slot), Simd::width);
              operation(leaf, block, batched, rhs, slot);
              block.put(&targets.results(rhs * rows, slot), targets.results.stride(0), Simd::width,
                        factors, add);
            });
          });
        });
  }

 private:
  KOKKOS_FORCEINLINE_FUNCTION const S* at(int d, int slot) const {
    const auto& points = targets.points;
    if constexpr (Exact)
      return &points.exact(d, slot);
    else
      return d == 0 ? &points.x(slot) : d == 1 ? &points.y(slot) : &points.z(slot);
  }
};

}  // namespace Impl

/// Runs `operation` (a functor with operator()(leaf, block, functor, first, slot)) over the targets of all
/// leaves. Shared by the three operators that end at points, L2P, M2P, P2P, and by the direct sum.
/// @tparam Kernel  whose functor it is
/// @tparam Exact  see Impl::TargetLoop; the functor is then in exact units, see Domain
/// @param label  of the operator
/// @param exec  instance to work on; not waited for
/// @param tree  its leaves are gone through
/// @param targets  `results` is written
/// @param add  whether to add to what is there
/// @param functor  see ComposedKernel, for one right-hand side
/// @param operation  adds its sources to a block of targets
template <int Last, class WorkShape, class Kernel, bool Exact, class ExecutionSpace, class T,
          class Memory, class Functor, class Operation>
void target_loop(const std::string& label, const ExecutionSpace& exec, const Octree<Memory>& tree,
                 const TargetPoints<T, Memory>& targets, bool add, const Functor& functor,
                 const Operation& operation) {
  using Loop =
      Impl::TargetLoop<WorkTypes<ExecutionSpace, T, WorkShape>, Last, Exact, Functor, Operation>;
  const double unit = Exact ? exact_unit_of(tree.domain) : 1;
  launch(
      label, teams_of<typename Loop::Policy, WorkShape::near_team>(exec, tree.n_leaves),
      Loop{tree, targets, functor, operation, Impl::row_factors<Kernel, Last, Functor>(unit), add});
}

}  // namespace Octopole

#endif
