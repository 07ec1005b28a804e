#ifndef OCTOPOLE_ACCUMULATE_HPP
#define OCTOPOLE_ACCUMULATE_HPP

#include <Octopole_Kernel.hpp>
#include <Octopole_Simd.hpp>

#include <cstdint>

namespace Octopole {

/// Sources read one after the other: points of a leaf with their charges, or points of an
/// equivalent surface with their densities. Charge component c of source j is q[c * q_stride + j].
template <class T>
struct SourceStream {
  const T* x;
  const T* y;
  const T* z;
  const T* q;
  std::int64_t q_stride;
  int size;
};

/// `N` packs of targets held in registers with what has been summed for them. P2P, P2M, P2L, M2P and
/// L2P are this one loop over different targets and sources.
template <bool WithGradient, int N, class V, class Kernel>
struct TargetBlock {
  using T = scalar_of<V>;
  static constexpr int C = Kernel::source_components;
  static constexpr int K = Kernel::target_components;
  static constexpr int G = WithGradient ? 3 * K : 1;

  V x[N], y[N], z[N];
  V u[N][K], g[N][G];

  /// Targets at x[i], ... of N * width consecutive, aligned coordinates; sums start at zero.
  KOKKOS_FORCEINLINE_FUNCTION TargetBlock(const T* px, const T* py, const T* pz, int width) {
    for (int n = 0; n < N; ++n) {
      x[n] = load<V>(px + n * width);
      y[n] = load<V>(py + n * width);
      z[n] = load<V>(pz + n * width);
      for (int k = 0; k < K; ++k) u[n][k] = V(T(0));
      for (int k = 0; k < G; ++k) g[n][k] = V(T(0));
    }
  }

  /// Adds all sources; `shift` is the origin of the sources' coordinates in the targets'. `pairs`: the
  /// kernel, or what it offers with other roots.
  template <class Pairs>
  KOKKOS_FORCEINLINE_FUNCTION void add(const Pairs& pairs, const SourceStream<T>& s, T shift_x,
                                       T shift_y, T shift_z) {
    V tx[N], ty[N], tz[N];
    for (int n = 0; n < N; ++n) {
      tx[n] = x[n] - V(shift_x);
      ty[n] = y[n] - V(shift_y);
      tz[n] = z[n] - V(shift_z);
    }
    for (int j = 0; j < s.size; ++j) {
      T q[C];
      for (int c = 0; c < C; ++c) q[c] = s.q[c * s.q_stride + j];
      const V sx(s.x[j]), sy(s.y[j]), sz(s.z[j]);
      for (int n = 0; n < N; ++n)
        evaluate<WithGradient>(pairs, V(tx[n] - sx), V(ty[n] - sy), V(tz[n] - sz), q, u[n], g[n]);
    }
  }

  /// Writes (or adds to) row k at out + k * stride, everything multiplied by `scale`.
  template <int R>
  KOKKOS_FORCEINLINE_FUNCTION static void put(const V (&sum)[N][R], T* out, std::int64_t stride,
                                              int width, T scale, bool add) {
    for (int k = 0; k < R; ++k)
      for (int n = 0; n < N; ++n) {
        T* to = out + k * stride + n * width;
        const V value = sum[n][k] * V(scale);
        store(to, add ? V(load<V>(to) + value) : value);
      }
  }
};

/// Calls f(std::integral_constant<int, N>, first) over `padded` targets, in blocks of N packs and
/// then of single ones.
template <class Simd, class F>
KOKKOS_FORCEINLINE_FUNCTION void for_block(int block, int padded, const F& f) {
  constexpr int step = Simd::blocks * Simd::width;
  const int first = block * step;
  if (first + step <= padded)
    f(std::integral_constant<int, Simd::blocks>{}, first);
  else
    for (int i = first; i < padded; i += Simd::width) f(std::integral_constant<int, 1>{}, i);
}

/// Number of blocks that `for_block` splits `padded` targets into.
template <class Simd>
KOKKOS_FORCEINLINE_FUNCTION constexpr int count_blocks(int padded) {
  constexpr int step = Simd::blocks * Simd::width;
  return (padded + step - 1) / step;
}

}  // namespace Octopole

#endif
