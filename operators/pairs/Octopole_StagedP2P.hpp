#ifndef OCTOPOLE_STAGED_P2P_HPP
#define OCTOPOLE_STAGED_P2P_HPP

#include <core/kernels/Octopole_KernelFamily.hpp>
#include <operators/Octopole_PointValues.hpp>
#include <operators/Octopole_WorkTypes.hpp>
#include <operators/pairs/Octopole_NearInFloat.hpp>
#include <operators/pairs/Octopole_TargetBlock.hpp>
#include <operators/pairs/Octopole_TargetLoop.hpp>
#include <tree/Octopole_NearWork.hpp>

namespace Octopole::Impl {

/// P2P in double for threads that share memory: one target (or pack of targets) per thread of a team,
/// the sources of all leaves in U brought into the team's scratch memory tile by tile, where every
/// thread reads them.
template <class Work, int Charges, int Last, class Functor>
struct StagedP2P {
  using T = typename Work::T;
  using Memory = typename Work::memory_space;
  using WorkShape = typename Work::WorkShape;
  using Policy = Kokkos::TeamPolicy<typename Work::execution_space>;
  using Member = typename Policy::member_type;
  using Simd = SimdTraits<WorkShape, double>;
  static constexpr int width = Simd::width, rows = Functor::template rows<Last>;
  /// Numbers per source that is staged: coordinates and charges.
  static constexpr int numbers = 3 + batch_size<Functor, Last> * Functor::inputs;
  /// Sources staged at a time: fewer where there is no room for so many.
  static constexpr int tile = Kokkos::min(
      int(WorkShape::near_tile), int((WorkShape::nearest - 64) / (numbers * sizeof(double))));
  static_assert(tile > 0, "a functor of P2P has more inputs than a team has memory for");
  /// Targets of a team.
  static constexpr int piece = WorkShape::near_team * width;

  Octree<Memory> tree;
  Rows<Memory> u;
  NearWork<Memory> near_work;
  ChargedPoints<T, Memory> sources;
  TargetPoints<T, Memory> targets;
  Functor functor;
  RowFactors<rows> factors;

  KOKKOS_FUNCTION void operator()(const Member& team) const {
    const int leaf = near_work.leaf(team.league_rank());
    const int first = near_work.first(team.league_rank()) + team.team_rank() * width;
    const bool has_targets = first < tree.n_targets(leaf);
    // Threads without targets help to stage; they compute nothing, at a place that exists.
    const int slot = targets.points.begin(leaf) + (has_targets ? first : 0);
    double* const scratch = static_cast<double*>(
        team.team_scratch(0).get_shmem_aligned(sizeof(double) * std::size_t(scratch_size), 64));
    for_batches<Functor, Last>(targets.right_hand_sides, [&](auto batch, int rhs) {
      using Batched = Batch<Functor, decltype(batch)::value>;
      const Batched batched{functor};
      const auto& exact = targets.points.exact;
      TargetBlock<Last, 1, typename Simd::pack, Batched> block(&exact(0, slot), &exact(1, slot),
                                                               &exact(2, slot), width);
      std::int64_t e = u.begin(leaf);
      const std::int64_t end = u.begin(leaf + 1);
      for (int at = 0; e < end;) {
        const int size = stage<Batched>(team, scratch, leaf, rhs, e, end, at);
        team.team_barrier();
        const SourceStream<double> staged{
            scratch, scratch + tile, scratch + 2 * tile, scratch + 3 * tile, tile, size};
        if (has_targets) block.add(batched, staged, 0.0, 0.0, 0.0);
        team.team_barrier();
      }
      if (has_targets)
        block.put(&targets.results(rhs * rows, slot), targets.results.stride(0), width, factors,
                  false);
    });
  }

  /// @return a policy of a team for each piece of the near field
  Policy policy(const typename Work::execution_space& exec) const {
    return Policy(exec, near_work.size(), WorkShape::near_team)
        .set_scratch_size(0, Kokkos::PerTeam(int(sizeof(double)) * scratch_size + 64));
  }

 private:
  static constexpr int scratch_size = tile * numbers;

  /// Fills a tile with sources from the `at`-th of the e-th entry of U on; returns how many, and in
  /// `e` and `at` where the next tile starts: the same for all threads.
  template <class Batched>
  KOKKOS_FORCEINLINE_FUNCTION int stage(const Member& team, double* to, int leaf, int rhs,
                                        std::int64_t& e, std::int64_t end, int& at) const {
    int size = 0;
    while (e < end && size < tile) {
      const int source = u.entry(e), n = tree.n_sources(source);
      const int take = Kokkos::min(n - at, tile - size);
      const auto from = exact_stream<Charges>(sources, source, rhs, at, take);
      const auto shift = image_shift(tree, source, leaf);
      Kokkos::parallel_for(Kokkos::TeamThreadRange(team, take), [&](const int i) {
        to[size + i] = from.x[i] + shift[0];
        to[tile + size + i] = from.y[i] + shift[1];
        to[2 * tile + size + i] = from.z[i] + shift[2];
        for (int c = 0; c < Batched::inputs; ++c)
          to[(3 + c) * tile + size + i] = double(from.q[c * from.q_stride + i]);
      });
      size += take;
      at += take;
      if (at == n) ++e, at = 0;
    }
    return size;
  }
};

/// The same in float, see NearInFloat: sources are staged in half-widths of the target's leaf.
template <class NearType, int Charges>
struct StagedP2PInFloat {
  using Near = NearType;
  using InFloat = typename Near::InFloat;
  using Work = typename Near::Work;
  static constexpr int Last = Near::last;
  using Memory = typename Work::memory_space;
  using WorkShape = typename Work::WorkShape;
  using Policy = Kokkos::TeamPolicy<typename Work::execution_space>;
  using Member = typename Policy::member_type;
  static constexpr int width = Near::FloatSimd::width;
  static constexpr int numbers = 3 + batch_size<InFloat, Last> * InFloat::inputs;
  static constexpr int tile = Kokkos::min(
      int(WorkShape::near_tile), int((WorkShape::nearest - 64) / (numbers * sizeof(float))));
  static_assert(tile > 0, "a functor of P2P has more inputs than a team has memory for");
  static constexpr int piece = WorkShape::near_team * width;

  Octree<Memory> tree;
  Rows<Memory> u;
  NearWork<Memory> near_work;
  Near near;

  KOKKOS_FUNCTION void operator()(const Member& team) const {
    const int leaf = near_work.leaf(team.league_rank());
    const int first = near_work.first(team.league_rank()) + team.team_rank() * width;
    const bool has_targets = first < tree.n_targets(leaf);
    const int slot = near.targets.points.begin(leaf) + (has_targets ? first : 0);
    const int level = Morton::level(tree.key(leaf));
    float* const scratch = static_cast<float*>(
        team.team_scratch(0).get_shmem_aligned(sizeof(float) * std::size_t(scratch_size), 64));
    for_batches<InFloat, Last>(near.targets.right_hand_sides, [&](auto batch, int rhs) {
      constexpr int B = decltype(batch)::value;
      using Batched = Batch<InFloat, B>;
      const Batched batched{near.in_float[level]};
      MixedBlock<Last, 1, false, typename Near::FloatSimd::pack, Batched, Memory> block(
          near.targets.points.split, slot);
      if (has_targets) near.template clear<B>(slot, width, rhs);
      const std::int64_t end = u.begin(leaf + 1);
      Place place{u.begin(leaf), 0};
      while (place.entry < end) {
        const Place begin = place;
        float least = 0;
        const int size = stage<Batched>(team, scratch, leaf, rhs, end, place, least);
        team.team_barrier();
        const SplitStream staged{
            {scratch, scratch + tile, scratch + 2 * tile}, {}, scratch + 3 * tile, tile, size};
        if (has_targets && !block.add(batched, staged, {0.f, 0.f, 0.f}, least))
          add_exactly<B>(leaf, slot, rhs, begin, place, false);
        team.team_barrier();
      }
      if (has_targets) {
        add_exactly<B>(leaf, slot, rhs, {u.begin(leaf), 0}, {end, 0}, true);
        near.put(block, level, slot, rhs);
      }
    });
  }

  /// @return a policy of a team for each piece of the near field
  Policy policy(const typename Work::execution_space& exec) const {
    return Policy(exec, near_work.size(), WorkShape::near_team)
        .set_scratch_size(0, Kokkos::PerTeam(int(sizeof(float)) * scratch_size + 64));
  }

 private:
  static constexpr int scratch_size = tile * numbers;
  /// Where the next tile starts: at the `source`-th of an entry of U.
  struct Place {
    std::int64_t entry;
    int source;
  };

  /// A target's own leaf, in which it meets itself, and leaves of quite another size are not staged.
  KOKKOS_FORCEINLINE_FUNCTION bool is_staged(int leaf, int source) const {
    return source != leaf && !near.only_exactly(tree, leaf, source);
  }
  /// Adds to the targets of `slot` in double the sources from one place to another of the entries that are
  /// not staged, or of those that are.
  template <int B>
  KOKKOS_FUNCTION void add_exactly(int leaf, int slot, int rhs, const Place& from, const Place& to,
                                   bool not_staged) const {
    for (std::int64_t e = from.entry; e < to.entry || (e == to.entry && to.source > 0); ++e) {
      const int source = u.entry(e);
      if (is_staged(leaf, source) == not_staged) continue;
      const int first = e == from.entry ? from.source : 0,
                last = e == to.entry ? to.source : tree.n_sources(source);
      near.template add_exactly<B>(slot, width, rhs, source, first, last - first,
                                   image_shift(tree, source, leaf));
    }
  }
  /// Fills a tile with sources from `place` on, which it moves; returns how many, and what their distance to
  /// the targets has to be for float: the same for all threads.
  template <class Batched>
  KOKKOS_FORCEINLINE_FUNCTION int stage(const Member& team, float* to, int leaf, int rhs,
                                        std::int64_t end, Place& place, float& least) const {
    const int level = Morton::level(tree.key(leaf));
    const float per_length = Near::per_length(level);
    int size = 0;
    while (place.entry < end && size < tile) {
      const int source = u.entry(place.entry), n = tree.n_sources(source);
      if (!is_staged(leaf, source)) {
        ++place.entry;
        continue;
      }
      const int take = Kokkos::min(n - place.source, tile - size);
      const int source_level = Morton::level(tree.key(source));
      least = Kokkos::max(least, Near::least(level, source_level));
      const float unit = per_length / Near::per_length(source_level);
      const auto shift = offset<float>(tree, source, leaf);
      const int begin = near.sources.points.begin(source) + place.source;
      const auto& charges = near.sources.float_charges;
      Kokkos::parallel_for(Kokkos::TeamThreadRange(team, take), [&](const int i) {
        for (int d = 0; d < 3; ++d)
          to[d * tile + size + i] =
              unit * near.sources.points.split.high(d, begin + i) + per_length * shift[d];
        for (int c = 0; c < Batched::inputs; ++c)
          to[(3 + c) * tile + size + i] = charges(rhs * Charges + c, begin + i);
      });
      size += take;
      place.source += take;
      if (place.source == n) place = {place.entry + 1, 0};
    }
    return size;
  }
};

}  // namespace Octopole::Impl

#endif
