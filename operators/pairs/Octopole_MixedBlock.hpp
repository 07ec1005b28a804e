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

/// One pack V (of floats) of targets with what has been summed for them, all in float and in a unit of
/// length of the targets' own, so that no power of a distance above 2e-6 leaves the range: the sum over the sources
/// given at once (few, see P2PMixed) is a plain one, the sum of those sums carries its
/// rounding errors along (Knuth's two-sum), so that pairs and their sum are good to a few units in
/// the last place of a float. `WithLow`: coordinates are sums of two floats.
template <int Last, bool WithLow, class V, class Functor, class MemorySpace>
class MixedBlock {
 public:
  static constexpr int inputs = Functor::inputs;             ///< numbers per source
  static constexpr int rows = Functor::template rows<Last>;  ///< sums per target

  /// Targets in `width` consecutive, aligned slots.
  /// @param targets  all of them
  /// @param slot  the first
  KOKKOS_FORCEINLINE_FUNCTION MixedBlock(const SplitPoints<MemorySpace>& targets, int slot) {
    for (int d = 0; d < 3; ++d) {
      m_high[d] = load<V>(&targets.high(d, slot));
      m_low[d] = WithLow ? load<V>(&targets.low(d, slot)) : V(0.f);
    }
    for (int i = 0; i < rows; ++i) m_sum[i] = m_rest[i] = V(0.f);
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
    V high[3], low[3];
    for (int d = 0; d < 3; ++d) {
      V error;
      high[d] = two_sum(m_high[d], V(-shift[d]), error);
      low[d] = m_low[d] + error;
    }
    V sum[rows], nearest(1e30f);
    for (int k = 0; k < rows; ++k) sum[k] = V(0.f);
    for (int j = 0; j < s.size; ++j) {
      float q[inputs];
      for (int c = 0; c < inputs; ++c) q[c] = s.charge[c * s.charge_stride + j];
      V r[3];
      for (int d = 0; d < 3; ++d) {
        r[d] = high[d] - V(s.high[d][j]);
        if constexpr (WithLow) r[d] = r[d] + (low[d] - V(s.low[d][j]));
      }
      nearest = smaller(nearest, V(r[0] * r[0] + r[1] * r[1] + r[2] * r[2]));
      functor.template add<Last>(r[0], r[1], r[2], q, sum);
    }
    if (any_below(nearest, least)) return false;
    for (int i = 0; i < rows; ++i) {
      V error;
      m_sum[i] = two_sum(m_sum[i], sum[i], error);
      m_rest[i] = m_rest[i] + error;
    }
    return true;
  }

  /// Adds row k, times scale(k), to out + k * stride.
  /// @param[in,out] out  row 0 of the first target
  /// @param stride  from one row to the next
  /// @param scale  scale(k), a number
  template <class T, class Scale>
  KOKKOS_FORCEINLINE_FUNCTION void put(T* out, std::int64_t stride, const Scale& scale) const {
    for (int k = 0; k < rows; ++k) put_row(k, out + k * stride, scale(k));
  }

 private:
  KOKKOS_FORCEINLINE_FUNCTION static V two_sum(const V& a, const V& b, V& error) {
    const V sum = a + b, moved = sum - a;
    error = (a - (sum - moved)) + (b - moved);
    return sum;
  }
  template <class T>
  KOKKOS_FORCEINLINE_FUNCTION void put_row(int i, T* out, double scale) const {
    constexpr int width = sizeof(V) / sizeof(float);
    alignas(sizeof(V)) float sum[width], rest[width];
    store(sum, m_sum[i]);
    store(rest, m_rest[i]);
    for (int l = 0; l < width; ++l) out[l] += T(scale) * (T(sum[l]) + T(rest[l]));
  }

  V m_high[3], m_low[3];
  V m_sum[rows], m_rest[rows];
};

}  // namespace Octopole

#endif
