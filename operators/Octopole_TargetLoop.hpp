#ifndef OCTOPOLE_TARGET_LOOP_HPP
#define OCTOPOLE_TARGET_LOOP_HPP

#include <Octopole_FmmData.hpp>

#include <string>

namespace Octopole {

namespace Impl {

/// What `TargetLoop` multiplies an operation's sums by.
struct Unscaled {
  static constexpr double potential_scale = 1, gradient_scale = 1;
};

/// One team per leaf; blocks of its targets are handed to `operation(leaf, block)`, and what that
/// has summed is written to the results, or added to them.
template <class Data, bool WithGradient, class Operation>
struct TargetLoop {
  Data d;
  Operation operation;
  bool add;
  using Policy = Kokkos::TeamPolicy<typename Data::execution_space,
                                    Kokkos::Schedule<Kokkos::Dynamic>>;

  KOKKOS_FUNCTION void operator()(const typename Policy::member_type& team) const {
    using T = typename Data::T;
    using Simd = typename Data::Simd;
    const int leaf = d.tree.leaves(team.league_rank());
    const int begin = d.targets.begin(leaf);
    const int n = d.tree.n_targets(leaf);
    const int padded = (n + Simd::width - 1) / Simd::width * Simd::width;
    Kokkos::parallel_for(
        Kokkos::TeamThreadRange(team, count_blocks<Simd>(padded)), [&](const int b) {
          for_block<Simd>(b, padded, [&](auto packs, int first) {
            const int slot = begin + first;
            TargetBlock<WithGradient, packs(), typename Data::Pack, typename Data::Kernel> block(
                &d.targets.x(slot), &d.targets.y(slot), &d.targets.z(slot), Simd::width);
            operation(leaf, block);
            block.put(block.u, &d.potential(0, slot), d.potential.stride(0), Simd::width,
                      T(Operation::potential_scale), add);
            if constexpr (WithGradient)
              block.put(block.g, &d.gradient(0, slot), d.gradient.stride(0), Simd::width,
                        T(Operation::gradient_scale), add);
          });
        });
  }
};

}  // namespace Impl

/// Runs `operation` (a functor with operator()(leaf, block)) over the targets of all leaves.
/// Shared by the three operators that end at points: L2P, M2P, P2P.
template <bool WithGradient, class Data, class Operation>
void target_loop(const std::string& label, const typename Data::execution_space& exec,
                 const Data& d, bool add, const Operation& operation) {
  using Loop = Impl::TargetLoop<Data, WithGradient, Operation>;
  Kokkos::parallel_for(label, typename Loop::Policy(exec, d.tree.n_leaves, Kokkos::AUTO),
                       Loop{d, operation, add});
}

}  // namespace Octopole

#endif
