#ifndef OCTOPOLE_STAGED_PRODUCT_HPP
#define OCTOPOLE_STAGED_PRODUCT_HPP

#include <operators/m2l/Octopole_FrequencySlab.hpp>

#include <utility>

namespace Octopole::Impl {

/// The products of FrequencyProduct for threads that share memory: one parent per thread, whose
/// sums stay in registers over all directions. The operators of a frequency are brought into the
/// team's scratch memory for all directions at once: of a direction's 8 x 8 matrix only 27 entries
/// differ, one for each offset between two children, and each is read once for all pairs of
/// children that it belongs to.
template <class Work, class S, class Operators>
struct StagedProduct {
  using Slab = FrequencySlab<Work, S>;
  using Policy = Kokkos::TeamPolicy<typename Work::execution_space>;
  using Member = typename Policy::member_type;
  static constexpr int team_size = Work::WorkShape::product_team;

  Slab s;
  Operators operators;  ///< OperatorSet::m2l_frequencies
  /// (27, parents of all levels): see ParentBlocks.
  Kokkos::View<const int**, Kokkos::LayoutRight, typename Work::memory_space> neighbour;

  /// Teams per frequency.
  KOKKOS_FUNCTION int blocks() const { return (s.n_targets + team_size - 1) / team_size; }
  Policy policy(const typename Work::execution_space& exec) const {
    return Policy(exec, s.count() * blocks(), team_size)
        .set_scratch_size(0, Kokkos::PerTeam(int(sizeof(S)) * entries + 64));
  }

  KOKKOS_FUNCTION void operator()(const Member& team) const {
    const int C = s.x.source_components, K = s.x.check_components;
    const int frequency = team.league_rank() / blocks();
    const int slot = team.league_rank() % blocks() * team_size + team.team_rank();
    const bool has_parent = slot < s.n_targets;  // the others help to fetch
    const auto& grid = s.tables.grid;
    const int absolute = grid.first_pencil(s.first_unit) * grid.edge() + frequency;
    S* const staged = static_cast<S*>(
        team.team_scratch(0).get_shmem_aligned(sizeof(S) * std::size_t(entries), 64));
    for (int column = 0; column < s.x.columns; ++column)
      for (int k = 0; k < K; ++k) {
        S re[8] = {}, im[8] = {};
        for (int c = 0; c < C; ++c) {
          const S* const from = &operators(0, (absolute * K + k) * C + c);
          Kokkos::parallel_for(Kokkos::TeamThreadRange(team, int(entries)),
                               [&](const int i) { staged[i] = from[i]; });
          team.team_barrier();
          if (has_parent)
            add_neighbours(staged, s.source_at(frequency, column * C + c, 0), s.is_moment(column),
                           s.first_target + slot, re, im);
          team.team_barrier();
        }
        if (!has_parent) continue;
        S* const out = s.target_at(frequency, column * K + k, slot);
        for (int to = 0; to < 8; ++to) out[to] = re[to], out[8 + to] = im[to];
      }
  }

 private:
  static constexpr int entries = 2 * FrequencyGrid::rows;

  KOKKOS_FORCEINLINE_FUNCTION void add_neighbours(const S* staged, const S* sources, bool moments,
                                                  int parent, S (&re)[8], S (&im)[8]) const {
    for (int direction = 0; direction < 27; ++direction) {
      const int from = direction == 13 ? -1 : neighbour(direction, parent);
      if (from < 0) continue;
      S x[16];
      const S* const octet = sources + 16 * std::int64_t(from);
      if (moments)
        s.move_moments(octet, s.neighbour_centre(direction), x);
      else
        for (int i = 0; i < 16; ++i) x[i] = octet[i];
      const S* const matrix = staged + FrequencyGrid::row_of(direction);
      [&]<int... Offset>(std::integer_sequence<int, Offset...>) {
        (add_offset<Offset % 3 - 1, Offset / 3 % 3 - 1, Offset / 9 - 1>(matrix, x, re, im), ...);
      }(std::make_integer_sequence<int, 27>());
    }
  }
  /// All pairs of children that are (DX, DY, DZ) apart, from - to.
  template <int DX, int DY, int DZ>
  KOKKOS_FORCEINLINE_FUNCTION static void add_offset(const S* matrix, const S (&x)[16], S (&re)[8],
                                                     S (&im)[8]) {
    constexpr int step = FrequencyGrid::row(DX, DY, DZ) - FrequencyGrid::row(0, 0, 0);
    const S u = matrix[step], v = matrix[FrequencyGrid::rows + step];
    [&]<int... To>(std::integer_sequence<int, To...>) {
      (add_pair<To, DX, DY, DZ>(u, v, x, re, im), ...);
    }(std::make_integer_sequence<int, 8>());
  }
  template <int To, int DX, int DY, int DZ>
  KOKKOS_FORCEINLINE_FUNCTION static void add_pair(S u, S v, const S (&x)[16], S (&re)[8],
                                                   S (&im)[8]) {
    constexpr int fx = (To & 1) + DX, fy = (To >> 1 & 1) + DY, fz = (To >> 2) + DZ;
    if constexpr (fx >= 0 && fx < 2 && fy >= 0 && fy < 2 && fz >= 0 && fz < 2) {
      constexpr int from = fx + 2 * fy + 4 * fz;
      static_assert(FrequencyGrid::row_step(from, To) == DX + 7 * DY + 49 * DZ);
      re[To] += u * x[from];
      re[To] -= v * x[8 + from];
      im[To] += u * x[8 + from];
      im[To] += v * x[from];
    }
  }
};

}  // namespace Octopole::Impl

#endif
