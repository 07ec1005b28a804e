#ifndef OCTOPOLE_TARGET_LOOP_HPP
#define OCTOPOLE_TARGET_LOOP_HPP

#include <Octopole_FmmData.hpp>
#include <Octopole_Launch.hpp>

#include <string>

namespace Octopole {

namespace Impl {

/// One team per leaf; blocks of its targets are handed to `operation(leaf, block, functor, first)`,
/// `first` being the first of the right-hand sides that `functor` takes at once, and what that has
/// summed is written to the results, or added to them.
template <class Data, int Level, class Functor, class Operation>
struct TargetLoop {
  Data d;
  Functor functor;
  Operation operation;
  bool add;
  using Policy = Kokkos::TeamPolicy<typename Data::execution_space,
                                    Kokkos::Schedule<Kokkos::Dynamic>>;

  KOKKOS_FUNCTION void operator()(const typename Policy::member_type& team) const {
    using Simd = typename Data::Simd;
    const int leaf = d.tree.leaves(team.league_rank());
    const int begin = d.targets.begin(leaf);
    const int n = d.tree.n_targets(leaf);
    const int padded = (n + Simd::width - 1) / Simd::width * Simd::width;
    constexpr int rows = Functor::template rows<Level>;
    Kokkos::parallel_for(
        Kokkos::TeamThreadRange(team, count_blocks<Simd>(padded)), [&](const int b) {
          for_block<Simd>(b, padded, [&](auto packs, int first) {
            const int slot = begin + first;
            for_batches<Functor, Level>(d.right_hand_sides, [&](auto batch, int side) {
              using Sides = Batch<Functor, decltype(batch)::value>;
              const Sides sides{functor};
              TargetBlock<Level, decltype(packs)::value, typename Data::Pack, Sides> block(
                  &d.targets.x(slot), &d.targets.y(slot), &d.targets.z(slot), Simd::width);
              operation(leaf, block, sides, side);
              block.put(&d.results(side * rows, slot), d.results.stride(0), Simd::width,
                        RowScale<Functor, rows>{}, add);
            });
          });
        });
  }
};

}  // namespace Impl

/// Runs `operation` (a functor with operator()(leaf, block, functor, first)) over the targets of all
/// leaves. Shared by the three operators that end at points: L2P, M2P, P2P.
/// @param label  at most 15 characters: a longer one takes memory at every launch
/// @param exec  instance to work on; not waited for
/// @param d  tree and targets; `results` is written
/// @param add  whether to add to what is there
/// @param functor  see ComposedKernel, for one right-hand side
/// @param operation  see above
template <int Level, class Data, class Functor, class Operation>
void target_loop(const std::string& label, const typename Data::execution_space& exec,
                 const Data& d, bool add, const Functor& functor, const Operation& operation) {
  using Loop = Impl::TargetLoop<Data, Level, Functor, Operation>;
  launch(label, teams_of<typename Loop::Policy, Data::Shape::near_team>(exec, d.tree.n_leaves),
         Loop{d, functor, operation, add});
}

}  // namespace Octopole

#endif
