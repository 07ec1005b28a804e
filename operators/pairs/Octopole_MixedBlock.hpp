#ifndef OCTOPOLE_MIXED_BLOCK_HPP
#define OCTOPOLE_MIXED_BLOCK_HPP

#include <core/kernels/Octopole_KernelFamily.hpp>
#include <core/simd/Octopole_Simd.hpp>
#include <tree/Octopole_SplitPoints.hpp>

#include <cstdint>

namespace Octopole {

/// Sources for a MixedBlock, coordinates in two floats, charges in one.
struct SplitStream {
  const float* high[3];        ///< (size) coordinates, in the targets' unit of length
  const float* low[3];         ///< (size) what is left of them; read only `WithLow`
  const float* charge;         ///< (inputs, size)
  std::int64_t charge_stride;  ///< from one of the inputs to the next
  int size;                    ///< number of sources
};

/// `N` packs V (of floats) of targets with what has been summed for them, all in float and in a unit of
/// length of the targets' own, so that no power of a distance above 2e-6 leaves the range: the sum over the sources
/// given at once (few, see P2PInFloat) is a plain one, the sum of those sums carries its
/// rounding errors along (Knuth's two-sum), so that pairs and their sum are good to a few units in
/// the last place of a float. `WithLow`: coordinates are sums of two floats.
template <int Last, int N, bool WithLow, class V, class Functor, class MemorySpace>
class MixedBlock {
 public:
  static constexpr int inputs = Functor::inputs;             ///< numbers per source
  static constexpr int rows = Functor::template rows<Last>;  ///< sums per target

  static constexpr int width = sizeof(V) / sizeof(float);  ///< targets of a pack

  /// Targets in N * width consecutive, aligned slots.
  /// @param targets  all of them
  /// @param slot  the first
  KOKKOS_FORCEINLINE_FUNCTION MixedBlock(const SplitPoints<MemorySpace>& targets, int slot) {
    for (int n = 0; n < N; ++n) {
      for (int d = 0; d < 3; ++d) {
        m_high[n][d] = load<V>(&targets.high(d, slot + n * width));
        if constexpr (WithLow) m_low[n][d] = load<V>(&targets.low(d, slot + n * width));
      }
      for (int i = 0; i < rows; ++i) m_sum[n][i] = m_rest[n][i] = V(0.f);
    }
  }

  /// Adds all sources; `shift` is the origin of their coordinates in the targets', exact in float.
  /// Returns false, with nothing added, where the square of a distance is below `least`.
  /// @param functor  see ComposedKernel, in the block's unit of length; needs no mask for distances
  ///   above `least`
  /// @param s  the sources
  /// @param shift  in the block's unit
  /// @param least  above 0, in the block's unit
  /// @return whether the sources were added
  KOKKOS_FORCEINLINE_FUNCTION bool add(const Functor& functor, const SplitStream& s,
                                       const float (&shift)[3], float least) {
    V high[N][3], low[N][3];
    for (int n = 0; n < N; ++n)
      for (int d = 0; d < 3; ++d) {
        V error;
        high[n][d] = two_sum(m_high[n][d], V(-shift[d]), error);
        if constexpr (WithLow) low[n][d] = m_low[n][d] + error;
      }
    V sum[N][rows], nearest[N];
    for (int n = 0; n < N; ++n) {
      nearest[n] = V(1e30f);
      for (int k = 0; k < rows; ++k) sum[n][k] = V(0.f);
    }
    for (int j = 0; j < s.size; ++j) {
      float q[inputs];
      for (int c = 0; c < inputs; ++c) q[c] = s.charge[c * s.charge_stride + j];
      for (int n = 0; n < N; ++n) {
        V r[3];
        for (int d = 0; d < 3; ++d) {
          r[d] = high[n][d] - V(s.high[d][j]);
          if constexpr (WithLow) r[d] = r[d] + (low[n][d] - V(s.low[d][j]));
        }
        nearest[n] = smaller(nearest[n], V(r[0] * r[0] + r[1] * r[1] + r[2] * r[2]));
        functor.template add<Last>(r[0], r[1], r[2], q, sum[n]);
      }
    }
    for (int n = 1; n < N; ++n) nearest[0] = smaller(nearest[0], nearest[n]);
    if (any_below(nearest[0], least)) return false;
    carry(sum);
    return true;
  }

  /// Adds the block's own targets as sources. Returns false, with nothing added, where the square of a
  /// distance between two of them is below `least`.
  /// @param functor  as for add, but masked
  /// @param s  at most N * width sources, each one of the targets
  /// @param least  in the block's unit, above 1e-20
  /// @return whether the sources were added
  template <class Masked>
  KOKKOS_FORCEINLINE_FUNCTION bool add_own(const Masked& functor, const SplitStream& s,
                                           float least) {
    static_assert(!WithLow, "high parts alone tell which target is the source");
    V sum[N][rows], nearest(1e30f), itself[N];
    for (int n = 0; n < N; ++n) {
      itself[n] = V(0.f);
      for (int k = 0; k < rows; ++k) sum[n][k] = V(0.f);
    }
    for (int j = 0; j < s.size; ++j) {
      float q[inputs];
      for (int c = 0; c < inputs; ++c) q[c] = s.charge[c * s.charge_stride + j];
      for (int n = 0; n < N; ++n) {
        V r[3];
        for (int d = 0; d < 3; ++d) r[d] = m_high[n][d] - V(s.high[d][j]);
        const V r2 = r[0] * r[0] + r[1] * r[1] + r[2] * r[2];
        // -1 where the target is the source, or cannot be told from it, else 0.
        const V same = smaller(V(0.f), V(r2 * V(1e25f) - V(1.f)));
        itself[n] = itself[n] + same;
        nearest = smaller(nearest, V(r2 - same * V(1e30f)));
        functor.template add<Last>(r[0], r[1], r[2], q, sum[n]);
      }
    }
    for (int n = 0; n < N; ++n)
      if (any_below(itself[n], -1.5f)) return false;
    if (any_below(nearest, least)) return false;
    carry(sum);
    return true;
  }

  /// Adds row k, times scale(k), to out + k * stride.
  /// @param[in,out] out  row 0 of the first target
  /// @param stride  from one row to the next
  /// @param scale  scale(k), a number
  template <class T, class Scale>
  KOKKOS_FORCEINLINE_FUNCTION void put(T* out, std::int64_t stride, const Scale& scale) const {
    for (int n = 0; n < N; ++n)
      for (int k = 0; k < rows; ++k)
        put_row(m_sum[n][k], m_rest[n][k], out + k * stride + n * width, scale(k));
  }

 private:
  KOKKOS_FORCEINLINE_FUNCTION static V two_sum(const V& a, const V& b, V& error) {
    const V sum = a + b, moved = sum - a;
    error = (a - (sum - moved)) + (b - moved);
    return sum;
  }
  KOKKOS_FORCEINLINE_FUNCTION void carry(const V (&sum)[N][rows]) {
    for (int n = 0; n < N; ++n)
      for (int i = 0; i < rows; ++i) {
        V error;
        m_sum[n][i] = two_sum(m_sum[n][i], sum[n][i], error);
        m_rest[n][i] = m_rest[n][i] + error;
      }
  }
  template <class T>
  KOKKOS_FORCEINLINE_FUNCTION static void put_row(const V& sums, const V& rests, T* out,
                                                  double scale) {
    alignas(sizeof(V)) float sum[width], rest[width];
    store(sum, sums);
    store(rest, rests);
    for (int l = 0; l < width; ++l) out[l] += T(scale * (double(sum[l]) + double(rest[l])));
  }

  V m_high[N][3], m_low[N][3];
  V m_sum[N][rows], m_rest[N][rows];
};

}  // namespace Octopole

#endif
