#ifndef OCTOPOLE_SIMD_HPP
#define OCTOPOLE_SIMD_HPP

#include <Kokkos_Core.hpp>
#include <Kokkos_SIMD.hpp>
#include <core/base/Octopole_WorkShape.hpp>

#include <type_traits>

/// The registers that packs fill, 0: there are none. nvcc compiles every KOKKOS_FUNCTION for the device
/// too, where it refuses vectors: in its builds the host computes with scalars.
#if defined(KOKKOS_COMPILER_NVCC)
#define OCTOPOLE_PACK_BITS 0
#elif defined(KOKKOS_ARCH_AVX512XEON)
#define OCTOPOLE_PACK_BITS 512
#elif defined(KOKKOS_ARCH_AVX2)
#define OCTOPOLE_PACK_BITS 256
#else
#define OCTOPOLE_PACK_BITS 0
#endif

namespace Octopole {

namespace Impl {

template <class T>
struct HostPack {
#if OCTOPOLE_PACK_BITS == 512
  using type = Kokkos::Experimental::basic_simd<
      T, Kokkos::Experimental::simd_abi::avx512_fixed_size<64 / sizeof(T)>>;
  static constexpr int width = 64 / sizeof(T);
#elif OCTOPOLE_PACK_BITS == 256
  using type = Kokkos::Experimental::basic_simd<
      T, Kokkos::Experimental::simd_abi::avx2_fixed_size<32 / sizeof(T)>>;
  static constexpr int width = 32 / sizeof(T);
#else
  using type = T;
  static constexpr int width = 1;
#endif
};

}  // namespace Impl

/// From an execution space (or a shape) and a scalar to what an inner loop computes with: a vector
/// of lanes on the host, one lane per thread elsewhere. Kokkos' own default follows the *default*
/// execution space, so that on a build with a device the host would be left with scalars.
template <class Where, class T>
struct SimdTraits {
  static constexpr bool packs = WorkShapeOf<Where>::packs;  ///< see ProcessorShape
  /// what an inner loop computes with
  using pack = typename std::conditional_t<packs, Impl::HostPack<T>, std::type_identity<T>>::type;
  static constexpr int width = packs ? Impl::HostPack<T>::width : 1;  ///< lanes of a pack
  /// packs that one iteration works on, to hide latencies
  static constexpr int blocks = packs && width > 1 ? 2 : 1;
  /// ranges of points and columns of coefficients are padded to a multiple of this
  static constexpr int alignment = 64 / sizeof(T);
};

/// What eight numbers of eight children are computed with: a thread has `count` of them in packs of
/// `width`. Of float a pack of the full width would hold sixteen.
template <class Where, class T>
struct OctetTraits {
  /// @cond HELPER
#if OCTOPOLE_PACK_BITS == 512
  using Eight =
      Kokkos::Experimental::basic_simd<T, Kokkos::Experimental::simd_abi::avx512_fixed_size<8>>;
  static constexpr int host_width = 8;
#else
  using Eight = typename Impl::HostPack<T>::type;
  static constexpr int host_width = Impl::HostPack<T>::width;
#endif
  /// @endcond
  static constexpr bool packs = WorkShapeOf<Where>::packs;  ///< see ProcessorShape
  /// what eight numbers are computed with
  using pack =
      typename std::conditional_t<packs, std::type_identity<Eight>, std::type_identity<T>>::type;
  static constexpr int width = packs ? host_width : 1;  ///< lanes of a pack; divides 8
  static constexpr int count = packs ? 8 : 1;           ///< numbers that one thread has
};

/// @cond HELPER
template <class V>
struct ScalarOf {
  using type = V;
};
template <class T, class Abi>
struct ScalarOf<Kokkos::Experimental::basic_simd<T, Abi>> {
  using type = T;
};
/// @endcond
/// The scalar of a pack, or the scalar itself.
template <class V>
using scalar_of = typename ScalarOf<V>::type;

/// Loads consecutive lanes (aligned to the pack when V is one).
/// @param p  the first lane
/// @return a pack, or a scalar
template <class V, class T>
KOKKOS_FORCEINLINE_FUNCTION V load(const T* p) {
  if constexpr (std::is_arithmetic_v<V>)
    return *p;
  else
    return V(p, Kokkos::Experimental::simd_flag_aligned);
}

/// The same where lanes begin anywhere.
/// @param p  the first lane
/// @return a pack, or a scalar
template <class V, class T>
KOKKOS_FORCEINLINE_FUNCTION V load_anywhere(const T* p) {
  if constexpr (std::is_arithmetic_v<V>)
    return *p;
  else
    return V(p, Kokkos::Experimental::simd_flag_default);
}

/// Stores consecutive lanes (aligned to the pack when V is one).
/// @param[out] p  the first lane
/// @param v  a pack, or a scalar
template <class V, class T>
KOKKOS_FORCEINLINE_FUNCTION void store(T* p, const V& v) {
  if constexpr (std::is_arithmetic_v<V>)
    *p = v;
  else
    Kokkos::Experimental::simd_unchecked_store(v, p, Kokkos::Experimental::simd_flag_aligned);
}

/// The same where lanes begin anywhere.
/// @param[out] p  the first lane
/// @param v  a pack, or a scalar
template <class V, class T>
KOKKOS_FORCEINLINE_FUNCTION void store_anywhere(T* p, const V& v) {
  if constexpr (std::is_arithmetic_v<V>)
    *p = v;
  else
    Kokkos::Experimental::simd_unchecked_store(v, p, Kokkos::Experimental::simd_flag_default);
}

/// How exactly a root is computed. Relative errors at worst, with packs; scalars are exact always.
enum class Root {
  estimate,  ///< the hardware's: 6e-5 (AVX-512); with AVX2 as `step`
  step,      ///< one more step: 6e-9 in double, the last bits of a float
  exact      ///< 6e-13 (2.5e-14 on average) in double, near the last bit of a float
};

/// `scaled_inverse_sqrt` leaves this factor to its caller, who applies it once to a whole sum: a step
/// of Newton's method, y (3 - x y^2) / 2, without its last product.
template <Root R>
inline constexpr double inverse_sqrt_scale = R == Root::step ? 2 : 1;

/// inverse_sqrt_scale<R> / sqrt(r2). Where r2 == 0 the result is 0 if `Masked`, else infinite or NaN.
/// @param r2  square of a distance, at least 0
/// @return the scaled inverse root
template <Root R, bool Masked, class T>
KOKKOS_FORCEINLINE_FUNCTION std::enable_if_t<std::is_arithmetic_v<T>, T> scaled_inverse_sqrt(T r2) {
  const T root = T(inverse_sqrt_scale<R>) * Kokkos::rsqrt(r2);
  return !Masked || r2 > T(0) ? root : T(0);
}

#if OCTOPOLE_PACK_BITS == 512
/// The mask comes before the estimate, since inf * 0 is NaN.
template <Root R, bool Masked>
Impl::HostPack<double>::type scaled_inverse_sqrt(const Impl::HostPack<double>::type& v) {
  const __m512d r2 = static_cast<__m512d>(v);
  const __mmask8 valid =
      Masked ? _mm512_cmp_pd_mask(r2, _mm512_setzero_pd(), _CMP_NEQ_OQ) : __mmask8(-1);
  const __m512d y = _mm512_maskz_rsqrt14_pd(valid, r2);
  if constexpr (R == Root::estimate) {
    return Impl::HostPack<double>::type(y);
  } else if constexpr (R == Root::step) {
    const __m512d s = _mm512_fnmadd_pd(_mm512_mul_pd(r2, y), y, _mm512_set1_pd(3.0));
    return Impl::HostPack<double>::type(_mm512_mul_pd(y, s));
  } else {
    // Householder's step of third order. The order of the products keeps denormal r2 finite.
    const __m512d h = _mm512_fnmadd_pd(_mm512_mul_pd(r2, y), y, _mm512_set1_pd(1.0));
    const __m512d s = _mm512_fmadd_pd(h, _mm512_set1_pd(0.375), _mm512_set1_pd(0.5));
    return Impl::HostPack<double>::type(_mm512_fmadd_pd(_mm512_mul_pd(y, h), s, y));
  }
}
template <Root R, bool Masked>
Impl::HostPack<float>::type scaled_inverse_sqrt(const Impl::HostPack<float>::type& v) {
  const __m512 r2 = static_cast<__m512>(v);
  const __mmask16 valid =
      Masked ? _mm512_cmp_ps_mask(r2, _mm512_setzero_ps(), _CMP_NEQ_OQ) : __mmask16(-1);
  const __m512 y = _mm512_maskz_rsqrt14_ps(valid, r2);
  if constexpr (R == Root::estimate) {
    return Impl::HostPack<float>::type(y);
  } else if constexpr (R == Root::step) {
    const __m512 s = _mm512_fnmadd_ps(_mm512_mul_ps(r2, y), y, _mm512_set1_ps(3.0f));
    return Impl::HostPack<float>::type(_mm512_mul_ps(y, s));
  } else {
    const __m512 h = _mm512_fnmadd_ps(_mm512_mul_ps(r2, y), y, _mm512_set1_ps(1.0f));
    return Impl::HostPack<float>::type(
        _mm512_fmadd_ps(_mm512_mul_ps(y, h), _mm512_set1_ps(0.5f), y));
  }
}
#elif OCTOPOLE_PACK_BITS == 256
/// The estimate for floats (4e-4) and a step of third (`estimate` and `step`: 2e-10) or fourth order
/// (8e-14). What floats cannot hold, zero among it, is rare and takes the exact root and division.
template <Root R, bool Masked>
Impl::HostPack<double>::type scaled_inverse_sqrt(const Impl::HostPack<double>::type& v) {
  using Pack = Impl::HostPack<double>::type;
  const __m256d r2 = static_cast<__m256d>(v), scale = _mm256_set1_pd(inverse_sqrt_scale<R>);
  const __m256d outside = _mm256_or_pd(_mm256_cmp_pd(r2, _mm256_set1_pd(1.2e-38), _CMP_NGE_UQ),
                                       _mm256_cmp_pd(r2, _mm256_set1_pd(3.4e38), _CMP_NLE_UQ));
  if (_mm256_movemask_pd(outside) != 0) [[unlikely]] {
    const __m256d nonzero = _mm256_cmp_pd(r2, _mm256_setzero_pd(), _CMP_NEQ_OQ);
    const __m256d exact = _mm256_div_pd(scale, _mm256_sqrt_pd(r2));
    return Pack(_mm256_and_pd(exact, nonzero));
  }
  const __m256d y = _mm256_cvtps_pd(_mm_rsqrt_ps(_mm256_cvtpd_ps(r2)));
  const __m256d h = _mm256_fnmadd_pd(_mm256_mul_pd(r2, y), y, _mm256_set1_pd(1.0));
  if constexpr (R == Root::exact) {
    const __m256d c = _mm256_fmadd_pd(h, _mm256_set1_pd(0.3125), _mm256_set1_pd(0.375));
    const __m256d s = _mm256_fmadd_pd(h, c, _mm256_set1_pd(0.5));
    return Pack(_mm256_fmadd_pd(_mm256_mul_pd(y, h), s, y));
  } else {
    const __m256d s = _mm256_fmadd_pd(h, _mm256_set1_pd(0.375 * inverse_sqrt_scale<R>),
                                      _mm256_set1_pd(0.5 * inverse_sqrt_scale<R>));
    return Pack(_mm256_mul_pd(y, _mm256_fmadd_pd(h, s, scale)));
  }
}
/// Hardware estimate (4e-4) and one Newton step: 2e-7.
template <Root R, bool Masked>
Impl::HostPack<float>::type scaled_inverse_sqrt(const Impl::HostPack<float>::type& v) {
  const __m256 r2 = static_cast<__m256>(v);
  __m256 y = _mm256_rsqrt_ps(r2);
  if constexpr (Masked) {
    // The estimate of a denormal number is infinite, so those count as zero.
    y = _mm256_and_ps(y, _mm256_cmp_ps(r2, _mm256_set1_ps(1.17549435e-38f), _CMP_GE_OQ));
  }
  const __m256 h = _mm256_sub_ps(_mm256_set1_ps(1.0f), _mm256_mul_ps(_mm256_mul_ps(r2, y), y));
  constexpr float scale = inverse_sqrt_scale<R>;
  return Impl::HostPack<float>::type(
      _mm256_mul_ps(y, _mm256_fmadd_ps(h, _mm256_set1_ps(0.5f * scale), _mm256_set1_ps(scale))));
}
#endif

/// The smaller of two numbers, lane by lane.
/// @param a,b  packs or scalars
/// @return a pack or scalar
template <class V>
KOKKOS_FORCEINLINE_FUNCTION V smaller(const V& a, const V& b) {
  return Kokkos::min(a, b);
}
#if OCTOPOLE_PACK_BITS == 512
// GCC 12 warns of its own _mm512_min_ps, which Kokkos' min calls; not of the masked form.
inline Impl::HostPack<float>::type smaller(const Impl::HostPack<float>::type& a,
                                           const Impl::HostPack<float>::type& b) {
  return Impl::HostPack<float>::type(
      _mm512_maskz_min_ps(__mmask16(-1), static_cast<__m512>(a), static_cast<__m512>(b)));
}
#endif

/// 1 / sqrt(r2) with the root's last product made, for those who need it at once.
/// @param r2  as for scaled_inverse_sqrt
/// @return as scaled_inverse_sqrt, over inverse_sqrt_scale<R>
template <Root R, bool Masked, class V>
KOKKOS_FORCEINLINE_FUNCTION V unscaled_inverse_sqrt(const V& r2) {
  V s = scaled_inverse_sqrt<R, Masked>(r2);
  if constexpr (inverse_sqrt_scale<R> != 1) s = s * V(scalar_of<V>(1 / inverse_sqrt_scale<R>));
  return s;
}

/// Whether any lane is below `least`.
/// @param v  a pack or scalar
/// @param least  to compare with
/// @return whether that is so
template <class V>
KOKKOS_FORCEINLINE_FUNCTION bool any_below(const V& v, scalar_of<V> least) {
  if constexpr (std::is_arithmetic_v<V>)
    return v < least;
  else
    return Kokkos::Experimental::any_of(v < V(least));
}

/// 1/sqrt(r2), and 0 where r2 == 0: a pair at zero distance contributes nothing. Packs and scalars;
/// scalars take the exact root and division.
/// @param r2  square of a distance, at least 0
/// @return accurate as Root::exact
template <class V>
KOKKOS_FORCEINLINE_FUNCTION V inverse_sqrt(const V& r2) {
  return scaled_inverse_sqrt<Root::exact, true>(r2);
}

}  // namespace Octopole

#endif
