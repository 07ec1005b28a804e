#ifndef OCTOPOLE_COLUMN_PRODUCT_HPP
#define OCTOPOLE_COLUMN_PRODUCT_HPP

#include <core/base/Octopole_Allocate.hpp>
#include <core/simd/Octopole_Simd.hpp>

#include <algorithm>
#include <cstdint>

namespace Octopole {

/// A matrix in column-major order: entry (i, k) is data[i + k * stride].
template <class T>
struct ColumnMajor {
  const T* data;        ///< aligned to a pack
  std::int64_t stride;  ///< from one column to the next
  int rows,             ///< a multiple of the packs' width
      columns;          ///< any number
};

/// Columns [first, first + columns) of a LayoutLeft View.
/// @param matrix  (rows, columns)
/// @param first_row,rows  which rows
/// @param first_column,columns  which columns
/// @return shares the memory of `matrix`
template <class View>
KOKKOS_FORCEINLINE_FUNCTION auto column_major(const View& matrix, int first_row, int rows,
                                              int first_column, int columns) {
  return ColumnMajor<typename View::non_const_value_type>{
      &matrix(first_row, first_column), std::int64_t(matrix.stride(1)), rows, columns};
}
/// All of a LayoutLeft View.
/// @param matrix  (rows, columns)
/// @return shares the memory of `matrix`
template <class View>
KOKKOS_FORCEINLINE_FUNCTION auto column_major(const View& matrix) {
  return column_major(matrix, 0, int(matrix.extent(0)), 0, int(matrix.extent(1)));
}

/// The register tile of a product: packs of rows by columns. Its sums, a column of the matrix and a
/// broadcast number fill the 32 (AVX-512) or 16 registers.
template <class Where, class T>
struct ProductTile {
  using Simd = SimdTraits<Where, T>;                           ///< of the packs
  static constexpr bool wide = Simd::width * sizeof(T) == 64;  ///< whether there are 32 registers
  static constexpr int packs = Simd::width > 1 ? 3 : 1;        ///< packs of rows
  static constexpr int columns = wide || Simd::width == 1 ? 8 : 4;  ///< columns
  static constexpr int rows = packs * Simd::width;                  ///< rows
};

namespace Impl {

/// Sums over all of `a`'s columns for N packs of rows from `row` on and M columns.
template <class V, int N, int M, class T>
KOKKOS_FORCEINLINE_FUNCTION void multiply_tile(const ColumnMajor<T>& a, int row, int width,
                                               const T* const* in, T* const* out, int n_out,
                                               bool add) {
  V sum[N][M];
  for (int i = 0; i < N; ++i)
    for (int j = 0; j < M; ++j) sum[i][j] = V(T(0));
  const T* column = a.data + row;
  for (int k = 0; k < a.columns; ++k, column += a.stride) {
    V v[N];
    for (int i = 0; i < N; ++i) v[i] = load<V>(column + i * width);
    for (int j = 0; j < M; ++j) {
      const V factor(in[j][k]);
      for (int i = 0; i < N; ++i) sum[i][j] = sum[i][j] + v[i] * factor;
    }
  }
  for (int j = 0; j < M; ++j) {
    if (j >= n_out) break;
    for (int i = 0; i < N; ++i) {
      T* to = out[j] + row + i * width;
      store(to, add ? V(load<V>(to) + sum[i][j]) : sum[i][j]);
    }
  }
}

}  // namespace Impl

/// How many columns a team takes: enough that the matrix is read seldom, and few enough that there
/// is a team for each thread.
template <class ExecutionSpace, class T, class WorkShapeType = WorkShapeOf<ExecutionSpace>>
struct ColumnTeams {
  using WorkShape = WorkShapeType;  ///< how work is cut
  /// teams of unequal work
  using Policy = Kokkos::TeamPolicy<ExecutionSpace, Kokkos::Schedule<Kokkos::Dynamic>>;
  using Member = typename Policy::member_type;  ///< what a team's kernel is called with
  static constexpr int most = 32;               ///< columns of a team

  int columns,  ///< of all teams together
      tile;     ///< of a team

  /// @param exec  whose concurrency counts
  /// @param n  number of columns
  ColumnTeams(const ExecutionSpace& exec, int n) : columns(n) {
    constexpr int step = ProductTile<WorkShape, T>::columns;
    const int wanted =
        WorkShape::column_teams > 0 ? WorkShape::column_teams : 4 * int(exec.concurrency());
    tile = std::clamp(Impl::round_up(n / wanted, step), step, most);
  }
  /// @return number of teams
  int teams() const { return (columns + tile - 1) / tile; }
  /// @param exec  instance to launch on
  /// @param rows  of the tallest matrix
  /// @param scratch  numbers per column that a team needs, see scratch()
  /// @param nearest  bytes of scratch memory of level 0
  /// @return a policy of teams() teams
  Policy policy(const ExecutionSpace& exec, int rows, int scratch, std::size_t nearest = 0) const {
    Policy policy(exec, teams(), Kokkos::AUTO);
    if constexpr (WorkShape::column_team > 0) {
      // A thread for each row, or as many rows for each; CUDA's warps are whole.
      const int rounds = (rows + WorkShape::column_team - 1) / WorkShape::column_team;
      const int threads = Impl::round_up((rows + rounds - 1) / rounds, 32);
      policy = Policy(exec, teams(), std::min(int(WorkShape::column_team), threads));
    }
    if (nearest > 0) policy.set_scratch_size(0, Kokkos::PerTeam(int(nearest) + 128));
    if (scratch > 0)
      policy.set_scratch_size(1, Kokkos::PerTeam(int(sizeof(T)) * scratch * tile + 128));
    return policy;
  }
  /// @param team  0 to teams() - 1
  /// @return its first column
  KOKKOS_FUNCTION int first(int team) const { return team * tile; }
  /// @param team  0 to teams() - 1
  /// @return how many columns it has, at most `tile`
  KOKKOS_FUNCTION int size(int team) const { return Kokkos::min(tile, columns - team * tile); }
  /// Scratch of the size asked for, aligned like a column.
  /// @param team  the team
  /// @param size  numbers, in all calls together as asked for
  /// @return uninitialised memory, shared by the team
  KOKKOS_FUNCTION static T* scratch(const Member& team, int size) {
    return static_cast<T*>(
        team.team_scratch(1).get_shmem_aligned(sizeof(T) * std::size_t(size), 64));
  }
};

/// Columns that are not next to each other, side by side in a tall product: out_j = a in_j, or
/// out_j += a in_j, for j < n. `in(j)` and `out(j)` return the columns' addresses, aligned to a
/// pack; rows of `a` are a multiple of the packs' width, `n` is at most `Most`. The threads of the
/// team share the rows; the caller has a barrier before what was written is read.
///
/// Measured against KokkosBlas::gemm: perf/RESULTS.md, section 7.
/// @param team  the team, all of whose threads call
/// @param a  the matrix
/// @param n  columns, at least 1
/// @param in,out  in(j), out(j): address of a column
/// @param add  whether to add to what is there
template <class Where, int Most, class T, class Team, class In, class Out>
KOKKOS_FORCEINLINE_FUNCTION void multiply_columns(const Team& team, const ColumnMajor<T>& a, int n,
                                                  const In& in, const Out& out, bool add) {
  using Tile = ProductTile<Where, T>;
  using V = typename Tile::Simd::pack;
  constexpr int width = Tile::Simd::width, N = Tile::packs, M = Tile::columns;
  static_assert(Most % M == 0);
  const T* from[Most];
  T* to[Most];
  // Columns that are missing in the last tile are computed twice and not written.
  const int n_padded = (n + M - 1) / M * M;
  for (int j = 0; j < n_padded; ++j) {
    from[j] = in(Kokkos::min(j, n - 1));
    to[j] = out(Kokkos::min(j, n - 1));
  }
  // Packs in threes, the last four (or two) in twos: one pack alone would leave most of the time
  // to the broadcasts.
  const int packs = a.rows / width;
  const int threes = N == 1 ? packs : packs % 3 == 1 && packs > 1 ? (packs - 4) / 3 : packs / 3;
  const int rest = packs - N * threes;
  const int blocks = N == 1 || rest <= 0 ? threes : threes + (rest + 1) / 2;
  Kokkos::parallel_for(Kokkos::TeamThreadRange(team, blocks), [&](const int b) {
    if (b < threes) {
      for (int j = 0; j < n; j += M)
        Impl::multiply_tile<V, N, M>(a, b * N * width, width, from + j, to + j, n - j, add);
    } else if constexpr (N > 1) {
      const int pack = threes * N + (b - threes) * 2;
      for (int j = 0; j < n; j += M) {
        if (pack + 2 <= packs)
          Impl::multiply_tile<V, 2, M>(a, pack * width, width, from + j, to + j, n - j, add);
        else
          Impl::multiply_tile<V, 1, M>(a, pack * width, width, from + j, to + j, n - j, add);
      }
    }
  });
}

}  // namespace Octopole

#endif
