#ifndef OCTOPOLE_SIMDMATH_HPP
#define OCTOPOLE_SIMDMATH_HPP

#include <core/simd/Octopole_Simd.hpp>

#include <cmath>
#include <cstdint>
#include <type_traits>

namespace Octopole {

// Elementary functions of packs without a loop over the lanes. Scalars call Kokkos' functions.
// Polynomials below are weighted minimax fits (Remez' exchange with mpmath, 34 digits); next to
// each stands the error of the fit before rounding.

namespace Impl {

/// a b + c: fused in packs; in scalars where the compiler does so, since without the instruction
/// Kokkos::fma is a call.
template <class V>
KOKKOS_FORCEINLINE_FUNCTION V multiply_add(const V& a, const V& b, const V& c) {
  if constexpr (std::is_arithmetic_v<V>)
    return a * b + c;
  else
    return Kokkos::fma(a, b, c);
}

/// c_0 + c_1 x + c_2 x^2 + ..., coefficients in ascending order, of even and odd powers at a time:
/// half as long a chain as Horner's for one product more. `square` is x^2.
template <class V>
KOKKOS_FORCEINLINE_FUNCTION V polynomial(const V&, const V&, double c) {
  return V(scalar_of<V>(c));
}
template <class V, class... C>
KOKKOS_FORCEINLINE_FUNCTION V polynomial(const V& x, const V& square, double c0, double c1,
                                         C... rest) {
  using T = scalar_of<V>;
  const V pair = multiply_add(x, V(T(c1)), V(T(c0)));
  if constexpr (sizeof...(C) == 0)
    return pair;
  else
    return multiply_add(square, polynomial(x, square, rest...), pair);
}

template <class V, class M>
KOKKOS_FORCEINLINE_FUNCTION V select(const M& mask, const V& yes, const V& no) {
  if constexpr (std::is_arithmetic_v<V>)
    return mask ? yes : no;
  else
    return Kokkos::Experimental::condition(mask, yes, no);
}

/// Whether all lanes of a mask are set; Kokkos' all_of asks lane after lane.
KOKKOS_FORCEINLINE_FUNCTION bool all(bool mask) {
  return mask;
}
#if OCTOPOLE_PACK_BITS == 512
inline bool all(const HostPack<double>::type::mask_type& mask) {
  return static_cast<__mmask8>(mask) == 0xff;
}
inline bool all(const HostPack<float>::type::mask_type& mask) {
  return static_cast<__mmask16>(mask) == 0xffff;
}
#elif OCTOPOLE_PACK_BITS == 256
inline bool all(const HostPack<double>::type::mask_type& mask) {
  return _mm256_movemask_pd(static_cast<__m256d>(mask)) == 0xf;
}
inline bool all(const HostPack<float>::type::mask_type& mask) {
  return _mm256_movemask_ps(static_cast<__m256>(mask)) == 0xff;
}
#endif

/// The larger of two numbers, lane by lane.
template <class V>
KOKKOS_FORCEINLINE_FUNCTION V larger(const V& a, const V& b) {
  return Kokkos::max(a, b);
}
#if OCTOPOLE_PACK_BITS == 512
// Masked for GCC 12, as in `smaller`.
inline HostPack<double>::type larger(const HostPack<double>::type& a,
                                     const HostPack<double>::type& b) {
  return HostPack<double>::type(
      _mm512_maskz_max_pd(__mmask8(-1), static_cast<__m512d>(a), static_cast<__m512d>(b)));
}
inline HostPack<float>::type larger(const HostPack<float>::type& a,
                                    const HostPack<float>::type& b) {
  return HostPack<float>::type(
      _mm512_maskz_max_ps(__mmask16(-1), static_cast<__m512>(a), static_cast<__m512>(b)));
}
#endif

/// Numbers as their bits, lane by lane: a pack seen as the compiler's vector of unsigned integers.
/// On the host only, as packs are.
template <class V>
struct PackBits {
  using Integer = std::conditional_t<sizeof(scalar_of<V>) == 8, std::uint64_t, std::uint32_t>;
  // As `using`, not every compiler takes the attribute.
  typedef Integer type __attribute__((vector_size(sizeof(V))));  // NOLINT(modernize-use-using)
  static type of(const V& v) { return __builtin_bit_cast(type, v); }
  static V number(const type& bits) { return __builtin_bit_cast(V, bits); }
};

/// Constants of a format: digits after the binary point, bias of the exponent, and 1.5 * 2^digits,
/// to which a number is added to be rounded: the low bits of the sum are then the integer.
template <class T>
struct Format;
template <>
struct Format<double> {
  static constexpr int digits = 52, bias = 1023;
  static constexpr double rounder = 0x1.8p52;
  // Results below the lowest exponent are not normal, those above the highest not finite.
  static constexpr double lowest = -708.39, highest = 709.5, infinity = INFINITY;
  static constexpr double ln2[2] = {0x1.62e42fefa39efp-1, 0x1.abc9e3b39803fp-56};
  static constexpr double half_pi[2] = {0x1.921fb54442d18p+0, 0x1.1a62633145c07p-54};
};
template <>
struct Format<float> {
  static constexpr int digits = 23, bias = 127;
  static constexpr float rounder = 0x1.8p23f;
  static constexpr float lowest = -87.33f, highest = 88.5f, infinity = INFINITY;
  static constexpr float ln2[2] = {0x1.62e43p-1f, -0x1.05c61p-29f};
  static constexpr float half_pi[2] = {0x1.921fb6p+0f, -0x1.777a5cp-25f};
};

/// e^x of packs for x from Format::lowest to Format::highest, beyond which it is meaningless.
template <class V>
KOKKOS_FORCEINLINE_FUNCTION V exponential_in_range(const V& x) {
  using T = scalar_of<V>;
  using F = Format<T>;
  // x = n ln 2 + r, |r| <= ln 2 / 2. The low bits of `shifted` are n and the bias of the exponent.
  constexpr T rounder = F::rounder + F::bias;
  const V shifted = multiply_add(x, V(T(0x1.71547652b82fep+0)), V(rounder));
  const V n = shifted - V(rounder);
  const V r = multiply_add(n, V(-F::ln2[1]), multiply_add(n, V(-F::ln2[0]), x));
  const V square = r * r;
  V q;
  if constexpr (sizeof(T) == 8)  // (e^r - 1 - r) / r^2: 4e-18 of e^r
    q = polynomial(r, square, 0.50000000000000106, 0.166666666666664108, 0.0416666666665303076,
                   0.00833333333349541184, 0.00138888889436023136, 0.000198412695048239699,
                   0.0000248014931196527718, 2.75575877300787592e-6, 2.76302430189132483e-7,
                   2.49996833416324915e-8);
  else  // 3e-9
    q = polynomial(r, square, 0.4999999345, 0.1666652063, 0.04166838778, 0.008368716671,
                   0.001381461204);
  const V p = multiply_add(square, q, r) + V(T(1));
  using Bits = PackBits<V>;
  return p * Bits::number(Bits::of(shifted) << F::digits);
}

}  // namespace Impl

/// e^x, to 2e-16 (double) and 1e-7 (float) of it. Packs: for x up to 709 (88), above which the
/// result is infinite; where it is not a normal number, below -708.39 (-87.33), it is 0.
/// @param x  packs or scalars
/// @return e^x
template <class V>
KOKKOS_FORCEINLINE_FUNCTION V exponential(const V& x) {
  if constexpr (std::is_arithmetic_v<V>) {
    return Kokkos::exp(x);
  } else {
    using F = Impl::Format<scalar_of<V>>;
    const V inside = Impl::exponential_in_range(x);
    return Impl::select(x < V(F::lowest), V(0),
                        Impl::select(x > V(F::highest), V(F::infinity), inside));
  }
}

namespace Impl {

/// 2^f for f in [0, 1): 7e-5, 7e-8, 2e-9 and 1e-14 of it for orders 3, 5, 6 and 9.
template <int Order, class V>
KOKKOS_FORCEINLINE_FUNCTION V power_of_two(const V& f) {
  using T = scalar_of<V>;
  const auto horner = [&](auto... c) {
    V p(T(0));
    ((p = multiply_add(p, f, V(T(c)))), ...);
    return p;
  };
  if constexpr (Order == 3)
    return horner(0.0780245226471, 0.226067155418, 0.695833540498, 0.999925218563);
  else if constexpr (Order == 5)
    return horner(0.00187757667528, 0.00898934009019, 0.0558263180536, 0.240153617044, 0.6931530732,
                  0.999999925064);
  else if constexpr (Order == 6)
    return horner(0.00021702255507140172, 0.0012439687812458194, 0.0096788409978818646,
                  0.055483341983597966, 0.24022983627420445, 0.69314698384059819,
                  1.0000000018558001);
  else
    return horner(1.43547441084574812e-7, 1.22919963866008115e-6, 0.0000153622524995829332,
                  0.000153957936756701691, 0.00133338933228812295, 0.00961812033336601337,
                  0.0555041099746142424, 0.240226506860589542, 0.693147180562792627,
                  0.999999999999986577);
}

}  // namespace Impl

/// 2^x as exactly as roots of the kind R are, for sums whose distances are no better. Relative errors
/// with AVX-512, where it takes half the time of exponential(): `estimate` 7e-5, `step` 8e-8 (float)
/// and 2e-9 (double), `exact` 2e-9 and 1.4e-14, and the rounding of the scalar. Elsewhere that alone.
/// @param x  packs or scalars
/// @return 2^x, 0 where that is too small to be held
template <Root R, class V>
KOKKOS_FORCEINLINE_FUNCTION V exponential_2(const V& x) {
  using T = scalar_of<V>;
#if OCTOPOLE_PACK_BITS == 512
  // 2^x = 2^floor(x) 2^f: the hardware splits x, and joins the parts without over- or underflow.
  if constexpr (std::is_same_v<V, Impl::HostPack<double>::type>) {
    constexpr int order = R == Root::estimate ? 3 : R == Root::step ? 6 : 9;
    const __m512d v = static_cast<__m512d>(x);
    const V f(_mm512_maskz_reduce_pd(__mmask8(-1), v, _MM_FROUND_TO_NEG_INF));
    const V p = Impl::power_of_two<order>(f);
    return V(_mm512_maskz_scalef_pd(__mmask8(-1), static_cast<__m512d>(p), v));
  } else if constexpr (std::is_same_v<V, Impl::HostPack<float>::type>) {
    constexpr int order = R == Root::estimate ? 3 : R == Root::step ? 5 : 6;
    const __m512 v = static_cast<__m512>(x);
    const V f(_mm512_maskz_reduce_ps(__mmask16(-1), v, _MM_FROUND_TO_NEG_INF));
    const V p = Impl::power_of_two<order>(f);
    return V(_mm512_maskz_scalef_ps(__mmask16(-1), static_cast<__m512>(p), v));
  } else
#endif
    return exponential(V(x * V(T(0.693147180559945309))));
}

/// sqrt(r2) times the scale of its inverse. With `exact` packs of doubles a step of Newton's method makes it right to
/// the last bit or two: a phase or a decay is the root times a number that may be large, by which its error grows.
/// @param r2  square of a distance, at least 0
/// @param s  scaled_inverse_sqrt<R> or unscaled_inverse_sqrt<R> of it
/// @return 0 where both are
template <Root R, class V>
KOKKOS_FORCEINLINE_FUNCTION V root_by_inverse(const V& r2, const V& s) {
  using T = scalar_of<V>;
  const V r = r2 * s;
  if constexpr (R == Root::exact && !std::is_arithmetic_v<V> && sizeof(T) == 8)
    return Impl::multiply_add(Impl::multiply_add(V(-r), r, r2), V(V(T(0.5)) * s), r);
  else
    return r;
}

/// sin x and cos x, to absolute errors of 2e-16 (double) and 1e-7 (float). Packs: for |x| up to
/// 2e14 (1e5); Cody and Waite's reduction in two parts, of which the first is exact when fused.
/// @param x  in radians
/// @param[out] sine,cosine  of x
template <class V>
KOKKOS_FORCEINLINE_FUNCTION void sine_cosine(const V& x, V& sine, V& cosine) {
  using T = scalar_of<V>;
  if constexpr (std::is_arithmetic_v<V>) {
    sine = Kokkos::sin(x);
    cosine = Kokkos::cos(x);
  } else {
    using F = Impl::Format<T>;
    using Bits = Impl::PackBits<V>;
    const V rounder(F::rounder);
    const V shifted = Impl::multiply_add(x, V(T(0x1.45f306dc9c883p-1)), rounder);
    const V n = shifted - rounder;
    const V r =
        Impl::multiply_add(n, V(-F::half_pi[1]), Impl::multiply_add(n, V(-F::half_pi[0]), x));
    const V u = r * r, uu = u * u;
    V s, c;
    if constexpr (sizeof(T) == 8) {
      // (sin r - r) / r^3: 2e-18; (cos r - 1 + r^2 / 2) / r^4: 5e-20, absolute errors of sin and
      // cos
      s = Impl::polynomial(u, uu, -0.166666666666666003, 0.0083333333333164644,
                           -0.000198412698259215372, 2.75573125406770112e-6,
                           -2.50505996238271921e-8, 1.58885513181180068e-10);
      c = Impl::polynomial(u, uu, 0.0416666666666665995, -0.00138888888888741291,
                           0.0000248015872894841613, -2.75573143526484671e-7,
                           2.08757232906227082e-9, -1.13596477094636895e-11);
    } else {  // 2e-9, 1e-10
      s = Impl::polynomial(u, uu, -0.1666665066, 0.008331978095, -0.0001949556472);
      c = Impl::polynomial(u, uu, 0.04166664687, -0.001388736745, 2.443841602e-5);
    }
    s = Impl::multiply_add(r * u, s, r);
    c = Impl::multiply_add(uu, c, Impl::multiply_add(u, V(T(-0.5)), V(T(1))));
    // n = 0, 1, 2, 3 (mod 4): (s, c), (c, -s), (-s, -c), (-c, s). Bit 0 exchanges, bit 1 of n is
    // the sign of the sine, that of n + 1 of the cosine.
    constexpr int top = 8 * sizeof(T) - 1;
    const auto quadrant = Bits::of(shifted), sign = Bits::of(V(T(-0.0)));
    const auto odd = (quadrant & 1) != 0;
    const auto s_bits = Bits::of(s), c_bits = Bits::of(c);
    sine = Bits::number((odd ? c_bits : s_bits) ^ (quadrant << (top - 1) & sign));
    cosine = Bits::number((odd ? s_bits : c_bits) ^ ((quadrant + 1) << (top - 1) & sign));
  }
}

namespace Impl {

/// 1/sqrt(x) for normal x > 0, to the last bit or two: a step of Newton's method.
template <class V>
KOKKOS_FORCEINLINE_FUNCTION V rounded_inverse_sqrt(const V& x) {
  using T = scalar_of<V>;
  if constexpr (std::is_arithmetic_v<V>) {
    return Kokkos::rsqrt(x);
  } else {
    constexpr T scale = inverse_sqrt_scale<Root::step>;
    const V y = scaled_inverse_sqrt<Root::step, false>(x);
    const V h = multiply_add(x * y, y, V(-scale * scale));
    return multiply_add(y * h, V(-1 / (2 * scale * scale * scale)), y * V(1 / scale));
  }
}

}  // namespace Impl

/// The Gaussian vortex core (Winckelmans and Leonard 1993) as a function of t = rho^2 >= 0:
///
///   value       F(t) = (erf(rho) - 2/sqrt(pi) rho exp(-t)) / rho^3, 4/(3 sqrt(pi)) at 0
///   derivative  dF/dt
///
/// to 1e-14 (double) and 4e-7 (float) of either, for t to 1e30 (1e10). With Boys' functions
/// B_m(t) = int_0^1 u^2m exp(-t u^2) du it is F = k B_1, dF/dt = -k B_2, k = 4/sqrt(pi), and
/// downward recursion, 3 F = k exp(-t) - 2 t dF/dt, adds numbers of one sign: nothing cancels near
/// t = 0. Then one function is left to approximate. To t_0, where 1 - exp(-t) t^(3/2) S begins to
/// cancel, dF/dt is a polynomial of t; beyond,
///
///   dF/dt = -3/2 t^(-5/2) (1 - exp(-t) t^(3/2) S(t^(-1/2))),
///   t^(3/2) S = exp(t) erfc(rho) + 2/sqrt(pi) rho + 4/(3 sqrt(pi)) rho^3,
///
/// with S a polynomial, fitted with the weight exp(-t) that its error then has. Packs
/// of double: some 70 operations, 20 where no lane has an exponential left.
/// @param t  rho^2, rho being the distance in cores
/// @param[out] value,derivative  of F at t
template <class V>
KOKKOS_FORCEINLINE_FUNCTION void gaussian_core(const V& t, V& value, V& derivative) {
  using T = scalar_of<V>;
  constexpr bool is_double = sizeof(T) == 8;
  constexpr T t_0 = is_double ? 2 : 3, t_1 = is_double ? 44 : 25;
  const V far = Impl::larger(t, V(t_0));
  V y, reciprocal;  // of rho, of t
  if constexpr (std::is_same_v<V, float>) {
    reciprocal = 1 / far;
    y = Kokkos::sqrt(reciprocal);
  } else {
    y = Impl::rounded_inverse_sqrt(far);
    reciprocal = y * y;
    if constexpr (!is_double)
      reciprocal =
          Impl::multiply_add(reciprocal, Impl::multiply_add(-reciprocal, far, V(T(1))), reciprocal);
  }
  const V cube = y * reciprocal, of_t(T(-2) / T(3)), third(T(0.752252778063675049));  // k / 3
  // Beyond t_1 nothing is left of the exponential. It counts as zero there also next to other
  // lanes, so that no lane's result depends on its neighbours.
  const auto point = t > V(t_1);
  if (Impl::all(point)) {
    derivative = reciprocal * (cube * V(T(-1.5)));
    if constexpr (is_double)
      value = t * of_t * derivative;
    else
      value = cube;
    return;
  }
  V e;
  if constexpr (std::is_arithmetic_v<V>)
    e = Kokkos::exp(-t);
  else
    e = Impl::select(point, V(T(0)), Impl::exponential_in_range(-t));

  V s, near;
  if constexpr (is_double) {
    // 3/2 S: 1.4e-15 of dF/dt; dF/dt: 5e-15 of it
    s = Impl::polynomial(y, reciprocal, 1.12837765066184775, 0.0000578980033504605933,
                         1.69162460298926257, 0.00893574026459527531, 0.790950689079927473,
                         0.236694527352133267, -1.13299549716307199, 1.45011935936156788,
                         -1.14018160810669892, 0.582288297927229129, -0.178732623827667632,
                         0.025185022504948783);
    near =
        Impl::polynomial(t, V(t * t), -0.451351666838202843, 0.322394047741238299,
                         -0.125375463001879139, 0.0341933080036351729, -0.00723319930008095277,
                         0.00125375303671432197, -0.00018437231808094323, 0.0000235620167053350283,
                         -2.66055628326386731e-6, 2.67136008370079563e-7, -2.33331600298273535e-8,
                         1.60379595252702444e-9, -6.34952067296062389e-11);
  } else {
    // 4e-10; 4e-9 in powers of t - 1.5, whose sum at t_0 loses less
    s = Impl::polynomial(y, reciprocal, 1.127343864, 0.01300082207, 1.627759088, 0.1527878551,
                         0.7249593874, -0.1851022037);
    const V z = t - V(T(1.5));
    near = Impl::polynomial(z, V(z * z), -0.1633070266, 0.104328091, -0.03779095623, 0.009815939306,
                            -0.002004214195, 0.0003381640088, -4.863627547e-5, 6.134570061e-6,
                            -7.171644998e-7, 6.750793819e-8);
  }
  const V beyond = reciprocal * Impl::multiply_add(cube, V(T(-1.5)), e * s);
  derivative = Impl::select(t < V(t_0), near, beyond);
  value = Impl::multiply_add(t * of_t, derivative, e * third);
  // In float the roundings of the derivative would be too many for the value.
  if constexpr (!is_double) {
    const V direct = Impl::multiply_add(e, Impl::multiply_add(s, of_t, third), cube);
    value = Impl::select(t < V(t_0), value, direct);
  }
}

}  // namespace Octopole

#endif
