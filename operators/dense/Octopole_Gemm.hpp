#ifndef OCTOPOLE_GEMM_HPP
#define OCTOPOLE_GEMM_HPP

#include <KokkosBlas3_gemm.hpp>
#include <Kokkos_Core.hpp>
#include <core/base/Octopole_Launch.hpp>
#include <core/base/Octopole_WorkShape.hpp>
#include <core/simd/Octopole_Simd.hpp>
#include <operators/dense/Octopole_ColumnProduct.hpp>

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <string>
#include <type_traits>

namespace Octopole {

namespace Impl {

/// Held while a product is handed to a GPU's library.
inline std::mutex& gemm_handle() {
  static std::mutex mutex;
  return mutex;
}

/// N packs of rows, from these on, of `columns` (at most M) columns of C = A B.
template <class V, int N, int M, class A, class B, class C>
KOKKOS_FORCEINLINE_FUNCTION void gemm_tile(const A& a, const B& b, const C& c, const int (&rows)[N],
                                           int first, int columns) {
  using T = typename C::non_const_value_type;
  V sum[N][M];
  for (int i = 0; i < N; ++i)
    for (int j = 0; j < M; ++j) sum[i][j] = V(T(0));
  const T* in[M];
  // Columns that are missing are computed twice, and not written.
  for (int j = 0; j < M; ++j)
    in[j] = b.data() + std::int64_t(b.stride(1)) * (first + Kokkos::min(j, columns - 1));
  const T* column = a.data();
  const int inner = int(a.extent(1));
  for (int k = 0; k < inner; ++k, column += a.stride(1)) {
    V v[N];
    for (int i = 0; i < N; ++i) v[i] = load_anywhere<V>(column + rows[i]);
    for (int j = 0; j < M; ++j) {
      const V factor(in[j][k]);
      for (int i = 0; i < N; ++i) sum[i][j] = sum[i][j] + v[i] * factor;
    }
  }
  for (int j = 0; j < M && j < columns; ++j)
    for (int i = 0; i < N; ++i) store_anywhere(&c(rows[i], first + j), sum[i][j]);
}

/// Some columns of C = A B.
template <class ExecutionSpace, class A, class B, class C>
struct GemmColumns {
  using T = typename C::non_const_value_type;
  using Tile = ProductTile<ExecutionSpace, T>;
  static constexpr int width = Tile::Simd::width, N = Tile::packs, M = Tile::columns;
  A a;
  B b;
  C c;
  int step;  ///< columns of a piece

  template <class V, int Packs>
  KOKKOS_FUNCTION void rows_of(int pack, int first, int end) const {
    constexpr int lanes = std::is_arithmetic_v<V> ? 1 : width;
    // The last pack ends with the last row; what it shares with the pack before it comes out the same twice.
    int rows[Packs];
    for (int i = 0; i < Packs; ++i)
      rows[i] = Kokkos::min((pack + i) * lanes, int(c.extent(0)) - lanes);
    for (int j = first; j < end; j += M)
      gemm_tile<V, Packs, M>(a, b, c, rows, j, Kokkos::min(M, end - j));
  }
  KOKKOS_FUNCTION void operator()(const int piece) const {
    using V = typename Tile::Simd::pack;
    const int first = piece * step, end = Kokkos::min(first + step, int(c.extent(1)));
    const int rows = int(c.extent(0));
    if (rows < width) {
      for (int row = 0; row < rows; ++row) rows_of<T, 1>(row, first, end);
      return;
    }
    const int packs = (rows + width - 1) / width;
    int pack = 0;
    // In threes, the last four (or two) in twos, as multiply_columns.
    for (; packs - pack >= N && packs - pack != N + 1; pack += N) rows_of<V, N>(pack, first, end);
    for (; packs - pack >= 2; pack += 2) rows_of<V, 2>(pack, first, end);
    for (; pack < packs; ++pack) rows_of<V, 1>(pack, first, end);
  }
};

}  // namespace Impl

/// C = A B on `exec`, all column-major. Mixed layouts would cost six times as much without a word, so they do not
/// compile.
///
/// On processors each column is summed by itself, always in the same order: its bits depend neither on how many
/// columns there are nor on where it stands among them, so that ranks, which have few, get those of one that has all.
/// The product of a library, KokkosBlas' own among them, does not promise that. On GPUs it is KokkosBlas'; a single
/// column, which would turn into another routine of the library, gets a plain loop there.
/// @param exec  instance to work on; not waited for
/// @param a  (m, k)
/// @param b  (k, n)
/// @param[out] c  (m, n)
template <class ExecutionSpace, class A, class B, class C>
void gemm(const ExecutionSpace& exec, const A& a, const B& b, const C& c) {
  using T = typename C::non_const_value_type;
  static_assert(std::is_same_v<typename A::array_layout, Kokkos::LayoutLeft> &&
                    std::is_same_v<typename B::array_layout, Kokkos::LayoutLeft> &&
                    std::is_same_v<typename C::array_layout, Kokkos::LayoutLeft>,
                "Octopole::gemm takes column-major (LayoutLeft) matrices only");
  if constexpr (on_host<ExecutionSpace>) {
    static const std::string label = "Octopole::gemm";
    const int n = int(c.extent(1));
    const int step = ColumnTeams<ExecutionSpace, T>(exec, n).tile;
    launch(label, Kokkos::RangePolicy<ExecutionSpace>(exec, 0, (n + step - 1) / step),
           Impl::GemmColumns<ExecutionSpace, A, B, C>{a, b, c, step});
  } else {
    if (c.extent(1) == 1) {
      static const std::string label = "Octopole::gemm[one column]";
      const int inner = static_cast<int>(a.extent(1));
      launch(
          label, Kokkos::RangePolicy<ExecutionSpace>(exec, 0, c.extent(0)),
          KOKKOS_LAMBDA(const int i) {
            T sum = 0;
            for (int k = 0; k < inner; ++k) sum += a(i, k) * b(k, 0);
            c(i, 0) = sum;
          });
      return;
    }
    ++Impl::launches();  // of the library's own loops
    // A GPU's library has one handle for all: it must not change its instance under a product.
    const std::lock_guard<std::mutex> lock(Impl::gemm_handle());
    KokkosBlas::gemm(exec, "N", "N", T(1), a, b, T(0), c);
  }
}

}  // namespace Octopole

#endif
