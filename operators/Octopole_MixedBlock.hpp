#ifndef OCTOPOLE_MIXED_BLOCK_HPP
#define OCTOPOLE_MIXED_BLOCK_HPP

#include <Octopole_Kernel.hpp>
#include <Octopole_Simd.hpp>
#include <Octopole_SplitPoints.hpp>

#include <cstdint>

namespace Octopole {

/// Sources for a MixedBlock: their first slot and their number, coordinates in two floats, charges
/// in one.
template <class MemorySpace>
struct SplitStream {
  SplitPoints<MemorySpace> points;
  Kokkos::View<float**, Kokkos::LayoutRight, MemorySpace> charges;  ///< (C, slots)
  int begin, size;
};

/// One pack V (of floats) of targets with what has been summed for them, all in float: the sum over
/// the sources given at once (few, see P2PMixed) is a plain one, the sum of those sums carries its
/// rounding errors along (Knuth's two-sum), so that pairs and their sum are good to a few units in
/// the last place of a float. `WithLow`: coordinates are sums of two floats.
template <bool WithGradient, bool WithLow, class V, class Kernel, class MemorySpace>
class MixedBlock {
 public:
  static constexpr int C = Kernel::source_components;
  static constexpr int K = Kernel::target_components;
  static constexpr int G = WithGradient ? 3 * K : 1;
  static constexpr int outputs = WithGradient ? 4 * K : K;

  /// Targets in `width` consecutive, aligned slots.
  KOKKOS_FORCEINLINE_FUNCTION MixedBlock(const SplitPoints<MemorySpace>& targets, int slot) {
    for (int d = 0; d < 3; ++d) {
      m_high[d] = load<V>(&targets.high(d, slot));
      m_low[d] = WithLow ? load<V>(&targets.low(d, slot)) : V(0.f);
    }
    for (int i = 0; i < outputs; ++i) m_sum[i] = m_rest[i] = V(0.f);
  }

  /// Adds all sources; `shift` is the origin of their coordinates in the targets', exact in float.
  /// Returns false, with nothing added, where the square of a distance is below `least`.
  template <class Pairs>
  KOKKOS_FORCEINLINE_FUNCTION bool add(const Pairs& pairs, const SplitStream<MemorySpace>& s,
                                       const float (&shift)[3], float least) {
    V high[3], low[3];
    for (int d = 0; d < 3; ++d) {
      V error;
      high[d] = two_sum(m_high[d], V(-shift[d]), error);
      low[d] = m_low[d] + error;
    }
    const float* at[3] = {&s.points.high(0, s.begin), &s.points.high(1, s.begin),
                          &s.points.high(2, s.begin)};
    const float* below[3] = {};
    if constexpr (WithLow)
      for (int d = 0; d < 3; ++d) below[d] = &s.points.low(d, s.begin);
    const float* charge = &s.charges(0, s.begin);
    const std::int64_t charge_stride = s.charges.stride(0);

    V u[K], g[G], nearest(1e30f);
    for (int k = 0; k < K; ++k) u[k] = V(0.f);
    for (int k = 0; k < G; ++k) g[k] = V(0.f);
    for (int j = 0; j < s.size; ++j) {
      float q[C];
      for (int c = 0; c < C; ++c) q[c] = charge[c * charge_stride + j];
      V r[3];
      for (int d = 0; d < 3; ++d) {
        r[d] = high[d] - V(at[d][j]);
        if constexpr (WithLow) r[d] = r[d] + (low[d] - V(below[d][j]));
      }
      nearest = smaller(nearest, V(r[0] * r[0] + r[1] * r[1] + r[2] * r[2]));
      evaluate<WithGradient>(pairs, r[0], r[1], r[2], q, u, g);
    }
    if (Kokkos::Experimental::any_of(nearest < V(least))) return false;
    for (int i = 0; i < outputs; ++i) {
      V error;
      m_sum[i] = two_sum(m_sum[i], i < K ? u[i < K ? i : 0] : g[i < K ? 0 : i - K], error);
      m_rest[i] = m_rest[i] + error;
    }
    return true;
  }

  /// Adds row k of the potential, times `scale`, to out + k * stride; of the gradient likewise.
  template <class T>
  KOKKOS_FORCEINLINE_FUNCTION void put_potential(T* out, std::int64_t stride, double scale) const {
    for (int k = 0; k < K; ++k) put(k, out + k * stride, scale);
  }
  template <class T>
  KOKKOS_FORCEINLINE_FUNCTION void put_gradient(T* out, std::int64_t stride, double scale) const {
    for (int k = K; k < outputs; ++k) put(k, out + (k - K) * stride, scale);
  }

 private:
  KOKKOS_FORCEINLINE_FUNCTION static V two_sum(const V& a, const V& b, V& error) {
    const V sum = a + b, moved = sum - a;
    error = (a - (sum - moved)) + (b - moved);
    return sum;
  }
  template <class T>
  KOKKOS_FORCEINLINE_FUNCTION void put(int i, T* out, double scale) const {
    constexpr int width = sizeof(V) / sizeof(float);
    alignas(sizeof(V)) float sum[width], rest[width];
    store(sum, m_sum[i]);
    store(rest, m_rest[i]);
    for (int l = 0; l < width; ++l) out[l] += T(scale) * (T(sum[l]) + T(rest[l]));
  }

  V m_high[3], m_low[3];
  V m_sum[outputs], m_rest[outputs];
};

}  // namespace Octopole

#endif
