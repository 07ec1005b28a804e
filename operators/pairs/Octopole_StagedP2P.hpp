#ifndef OCTOPOLE_STAGED_P2P_HPP
#define OCTOPOLE_STAGED_P2P_HPP

#include <core/kernels/Octopole_KernelFamily.hpp>
#include <operators/Octopole_PointValues.hpp>
#include <operators/Octopole_WorkTypes.hpp>
#include <operators/pairs/Octopole_TargetBlock.hpp>
#include <tree/Octopole_NearWork.hpp>

namespace Octopole::Impl {

/// P2P for threads that share memory: one target (or pack of targets) per thread of a team, the
/// sources of all leaves in U brought into the team's scratch memory tile by tile, in the targets'
/// coordinates, where every thread reads them.
template <class Work, int Charges, int Last, class Functor>
struct StagedP2P {
  using T = typename Work::T;
  using Memory = typename Work::memory_space;
  using WorkShape = typename Work::WorkShape;
  using Policy = Kokkos::TeamPolicy<typename Work::execution_space>;
  using Member = typename Policy::member_type;
  static constexpr int width = Work::Simd::width, rows = Functor::template rows<Last>;
  /// Numbers per source that is staged: coordinates and charges.
  static constexpr int numbers = 3 + batch_size<Functor, Last> * Functor::inputs;
  /// Sources staged at a time: fewer where there is no room for so many.
  static constexpr int tile = Kokkos::min(int(WorkShape::near_tile),
                                          int((WorkShape::nearest - 64) / (numbers * sizeof(T))));
  static_assert(tile > 0, "a functor of P2P has more inputs than a team has memory for");
  /// Targets of a team.
  static constexpr int piece = WorkShape::near_team * width;

  Octree<Memory> tree;
  Rows<Memory> u;
  NearWork<Memory> near_work;
  ChargedPoints<T, Memory> sources;
  TargetPoints<T, Memory> targets;
  Functor functor;

  KOKKOS_FUNCTION void operator()(const Member& team) const {
    const int leaf = near_work.leaf(team.league_rank());
    const int first = near_work.first(team.league_rank()) + team.team_rank() * width;
    const bool has_targets = first < tree.n_targets(leaf);
    // Threads without targets help to stage; they compute nothing, at a place that exists.
    const int slot = targets.points.begin(leaf) + (has_targets ? first : 0);
    T* const scratch = static_cast<T*>(
        team.team_scratch(0).get_shmem_aligned(sizeof(T) * std::size_t(scratch_size), 64));
    for_batches<Functor, Last>(targets.right_hand_sides, [&](auto batch, int rhs) {
      using Batched = Batch<Functor, decltype(batch)::value>;
      const Batched batched{functor};
      TargetBlock<Last, 1, typename Work::Pack, Batched> block(
          &targets.points.x(slot), &targets.points.y(slot), &targets.points.z(slot), width);
      std::int64_t e = u.begin(leaf);
      const std::int64_t end = u.begin(leaf + 1);
      for (int at = 0; e < end;) {
        const int size = stage<Batched>(team, scratch, leaf, rhs, e, end, at);
        team.team_barrier();
        const SourceStream<T> staged{
            scratch, scratch + tile, scratch + 2 * tile, scratch + 3 * tile, tile, size};
        if (has_targets) block.add(batched, staged, T(0), T(0), T(0));
        team.team_barrier();
      }
      if (has_targets)
        block.put(&targets.results(rhs * rows, slot), targets.results.stride(0), width,
                  RowScale<Functor, rows>{}, true);
    });
  }

  /// @return a policy of a team for each piece of the near field
  Policy policy(const typename Work::execution_space& exec) const {
    return Policy(exec, near_work.size(), WorkShape::near_team)
        .set_scratch_size(0, Kokkos::PerTeam(int(sizeof(T)) * scratch_size + 64));
  }

 private:
  static constexpr int scratch_size = tile * numbers;

  /// Fills a tile with sources from the `at`-th of the e-th entry of U on; returns how many, and in
  /// `e` and `at` where the next tile starts: the same for all threads.
  template <class Batched>
  KOKKOS_FORCEINLINE_FUNCTION int stage(const Member& team, T* to, int leaf, int rhs,
                                        std::int64_t& e, std::int64_t end, int& at) const {
    int size = 0;
    while (e < end && size < tile) {
      const int source = u.entry(e), n = tree.n_sources(source);
      const int take = Kokkos::min(n - at, tile - size);
      const auto shift = offset<T>(tree, source, leaf);
      const auto from = source_stream<Charges>(sources, source, rhs, at, take);
      Kokkos::parallel_for(Kokkos::TeamThreadRange(team, take), [&](const int i) {
        to[size + i] = from.x[i] + shift[0];
        to[tile + size + i] = from.y[i] + shift[1];
        to[2 * tile + size + i] = from.z[i] + shift[2];
        for (int c = 0; c < Batched::inputs; ++c)
          to[(3 + c) * tile + size + i] = from.q[c * from.q_stride + i];
      });
      size += take;
      at += take;
      if (at == n) ++e, at = 0;
    }
    return size;
  }
};

}  // namespace Octopole::Impl

#endif
