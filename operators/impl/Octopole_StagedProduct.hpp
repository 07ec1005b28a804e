#ifndef OCTOPOLE_STAGED_PRODUCT_HPP
#define OCTOPOLE_STAGED_PRODUCT_HPP

#include <impl/Octopole_FrequencySlab.hpp>

namespace Octopole::Impl {

/// The products of FrequencyProduct for threads that share memory: one parent per thread, whose
/// sums stay in registers over all directions; per direction the team puts the 8 x 8 matrix
/// together and fetches the parents' neighbours, side by side as they lie in memory, into its
/// scratch memory.
template <class Data, class S, class Operators>
struct StagedProduct {
  using Slab = FrequencySlab<Data, S>;
  using Policy = Kokkos::TeamPolicy<typename Data::execution_space>;
  using Member = typename Policy::member_type;
  static constexpr int team_size = Data::Shape::product_team;
  /// From one thread's numbers to the next one's: odd, so that they lie in different banks.
  static constexpr int stride = 17;

  Slab s;
  Operators operators;  ///< OperatorSet::m2l_frequencies
  /// (27, parents of all levels): see ParentBlocks.
  Kokkos::View<const int**, Kokkos::LayoutRight, typename Data::memory_space> neighbour;

  /// Teams per frequency.
  KOKKOS_FUNCTION int blocks() const { return (s.n_targets + team_size - 1) / team_size; }
  Policy policy(const typename Data::execution_space& exec) const {
    return Policy(exec, s.count() * blocks(), team_size)
        .set_scratch_size(0, Kokkos::PerTeam(int(sizeof(S)) * scratch_size + 64));
  }

  KOKKOS_FUNCTION void operator()(const Member& team) const {
    constexpr int C = Data::C, K = Data::K;
    const int frequency = team.league_rank() / blocks();
    const int begin = team.league_rank() % blocks() * team_size;
    const int n = Kokkos::min(int(team_size), s.n_targets - begin);
    const auto& grid = s.tables.grid;
    const int absolute = grid.first_pencil(s.first_unit) * grid.edge() + frequency;
    S* const matrix = static_cast<S*>(
        team.team_scratch(0).get_shmem_aligned(sizeof(S) * std::size_t(scratch_size), 64));
    S* const staged = matrix + 128;
    S* const own = staged + stride * team.team_rank();
    for (int column = 0; column < s.d.columns; ++column)
      for (int k = 0; k < K; ++k) {
        S re[8] = {}, im[8] = {};
        for (int direction = 0; direction < 27; ++direction) {
          if (direction == 13) continue;
          for (int c = 0; c < C; ++c) {
            assemble(team, &operators(0, (absolute * K + k) * C + c), direction, matrix);
            const int* from = &neighbour(direction, s.first_target + begin);
            const S* sources = s.source_at(frequency, column * C + c, 0);
            Kokkos::parallel_for(Kokkos::TeamThreadRange(team, 16 * n), [&](const int i) {
              const int source = from[i / 16];
              staged[stride * (i / 16) + i % 16] =
                  source < 0 ? S(0) : sources[16 * std::int64_t(source) + i % 16];
            });
            team.team_barrier();
            if (team.team_rank() < n && from[team.team_rank()] >= 0) multiply(matrix, own, re, im);
            team.team_barrier();
          }
        }
        for (int to = 0; to < 8; ++to) own[to] = re[to], own[8 + to] = im[to];
        team.team_barrier();
        S* const out = s.target_at(frequency, column * K + k, begin);
        Kokkos::parallel_for(Kokkos::TeamThreadRange(team, 16 * n),
                             [&](const int i) { out[i] = staged[stride * (i / 16) + i % 16]; });
        team.team_barrier();
      }
  }

 private:
  static constexpr int scratch_size = 128 + team_size * stride;

  /// As FrequencyProduct::assemble, the entries shared by the threads.
  KOKKOS_FORCEINLINE_FUNCTION static void assemble(const Member& team, const S* entries, int n,
                                                   S* matrix) {
    const int first = FrequencyGrid::row_of(n);
    Kokkos::parallel_for(Kokkos::TeamThreadRange(team, 64),
                         [&](const int i) { copy_entry(entries, first, i / 8, i % 8, matrix); });
  }
  KOKKOS_FORCEINLINE_FUNCTION static void multiply(const S* matrix, const S* x, S (&re)[8],
                                                   S (&im)[8]) {
    for (int from = 0; from < 8; ++from) {
      const S a = x[from], b = x[8 + from];
      for (int to = 0; to < 8; ++to) {
        const S u = matrix[16 * from + to], v = matrix[16 * from + 8 + to];
        re[to] += u * a;
        re[to] -= v * b;
        im[to] += u * b;
        im[to] += v * a;
      }
    }
  }
};

}  // namespace Octopole::Impl

#endif
