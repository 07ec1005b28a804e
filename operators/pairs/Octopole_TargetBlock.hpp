#ifndef OCTOPOLE_TARGET_BLOCK_HPP
#define OCTOPOLE_TARGET_BLOCK_HPP

#include <core/kernels/Octopole_KernelFamily.hpp>
#include <core/simd/Octopole_Simd.hpp>
#include <operators/Octopole_SourceStream.hpp>

#include <cstdint>
#include <type_traits>

namespace Octopole {

/// `N` packs of targets in registers, with the sums of outputs 0 to `Last` of `Functor` for them. P2P, P2M, P2L, M2P and L2P are this one loop over different targets and sources.
template <int Last, int N, class V, class Functor>
struct TargetBlock {
  using T = scalar_of<V>;                                    ///< double or float
  static constexpr int inputs = Functor::inputs;             ///< numbers per source
  static constexpr int rows = Functor::template rows<Last>;  ///< sums per target
  static constexpr int lanes = sizeof(V) / sizeof(T);        ///< of a pack

  V x[N],          ///< coordinates of the targets
      y[N],        ///< likewise
      z[N];        ///< likewise
  V sum[N][rows];  ///< of each target

  /// Targets at x[i], ... of N * width consecutive, aligned coordinates; sums start at zero.
  /// @param px,py,pz  first of the coordinates
  /// @param width  lanes of V
  KOKKOS_FORCEINLINE_FUNCTION TargetBlock(const T* px, const T* py, const T* pz, int width) {
    for (int n = 0; n < N; ++n) {
      x[n] = load<V>(px + n * width);
      y[n] = load<V>(py + n * width);
      z[n] = load<V>(pz + n * width);
      for (int k = 0; k < rows; ++k) sum[n][k] = V(T(0));
    }
  }

  /// Adds all sources; `shift` is the origin of the sources' coordinates in the targets'.
  /// @param functor  see ComposedKernel
  /// @param s  at least as long as it says
  /// @param shift_x,shift_y,shift_z  in the unit of the coordinates
  template <class Q>
  KOKKOS_FORCEINLINE_FUNCTION void add(const Functor& functor, const SourceStream<T, Q>& s,
                                       T shift_x, T shift_y, T shift_z) {
    V tx[N], ty[N], tz[N];
    for (int n = 0; n < N; ++n) {
      tx[n] = x[n] - V(shift_x);
      ty[n] = y[n] - V(shift_y);
      tz[n] = z[n] - V(shift_z);
    }
    for (int j = 0; j < s.size; ++j) {
      T q[inputs];
      for (int c = 0; c < inputs; ++c) q[c] = T(s.q[c * s.q_stride + j]);
      const V sx(s.x[j]), sy(s.y[j]), sz(s.z[j]);
      for (int n = 0; n < N; ++n)
        functor.template add<Last>(V(tx[n] - sx), V(ty[n] - sy), V(tz[n] - sz), q, sum[n]);
    }
  }

  /// Writes (or adds to) row k at out + k * stride, multiplied by scale(k).
  /// @param[in,out] out  the first target's row 0, aligned to V where it is of T
  /// @param stride  from one row to the next
  /// @param width  lanes of V
  /// @param scale  scale(k), a number
  /// @param add  whether to add
  template <class Out, class Scale>
  KOKKOS_FORCEINLINE_FUNCTION void put(Out* out, std::int64_t stride, int width, const Scale& scale,
                                       bool add) const {
    for (int k = 0; k < rows; ++k)
      for (int n = 0; n < N; ++n) {
        Out* to = out + k * stride + n * width;
        if constexpr (std::is_same_v<Out, T>) {
          const V value = sum[n][k] * V(T(scale(k)));
          store(to, add ? V(load<V>(to) + value) : value);
        } else {
          put_converted(to, sum[n][k], Out(scale(k)), add);
        }
      }
  }

  /// Places the targets elsewhere.
  /// @param at  at(d, i): coordinate d of the i-th target
  template <class At>
  KOKKOS_FORCEINLINE_FUNCTION void move_to(const At& at) {
    for (int n = 0; n < N; ++n) {
      alignas(sizeof(V)) T r[3][lanes];
      for (int d = 0; d < 3; ++d)
        for (int i = 0; i < lanes; ++i) r[d][i] = at(d, n * lanes + i);
      x[n] = load<V>(r[0]), y[n] = load<V>(r[1]), z[n] = load<V>(r[2]);
    }
  }

 private:
  template <class Out>
  KOKKOS_FORCEINLINE_FUNCTION static void put_converted(Out* to, const V& sums, Out scale,
                                                        bool add) {
    alignas(sizeof(V)) T v[lanes];
    store(v, sums);
    for (int i = 0; i < lanes; ++i) to[i] = Out(v[i]) * scale + (add ? to[i] : Out(0));
  }
};

/// Calls f(std::integral_constant<int, N>, first) over `padded` targets, in blocks of N packs and
/// then of single ones.
/// @param block  0 to count_blocks(padded) - 1
/// @param padded  targets, a multiple of the packs' width
/// @param f  called with the number of packs and the first target that it works on
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
/// @param padded  targets, a multiple of the packs' width
/// @return number of blocks
template <class Simd>
KOKKOS_FORCEINLINE_FUNCTION constexpr int count_blocks(int padded) {
  constexpr int step = Simd::blocks * Simd::width;
  return (padded + step - 1) / step;
}

}  // namespace Octopole

#endif
