// SPDX-License-Identifier: BSD-3-Clause
// Elementary functions in packs and in scalars against the standard library's in long double.
#include <algorithm>
#include <cmath>
#include <core/simd/Octopole_SimdMath.hpp>
#include <cstring>
#include <limits>
#include <tests/support/octopole_catch.hpp>
#include <tests/support/octopole_point_sets.hpp>
#include <type_traits>
#include <vector>

namespace {

using Host = Kokkos::DefaultHostExecutionSpace;
using octopole_test::Random;
using Doubles = Octopole::SimdTraits<Host, double>::pack;
using Floats = Octopole::SimdTraits<Host, float>::pack;
using EightFloats = Octopole::OctetTraits<Host, float>::pack;

template <class V>
using Scalar = Octopole::scalar_of<V>;
template <class V>
constexpr int width = sizeof(V) / sizeof(Scalar<V>);
template <class V>
constexpr bool is_double = std::is_same_v<Scalar<V>, double>;

template <class V>
struct Lanes {
  alignas(64) Scalar<V> value[width<V>];
};

// What is tested: two numbers of one.
struct Exponential {
  template <class V>
  static void apply(const V& x, V& a, V& b) {
    a = Octopole::exponential(x);
    b = a;
  }
};
template <Octopole::Root R>
struct PowerOfTwo {
  template <class V>
  static void apply(const V& x, V& a, V& b) {
    a = Octopole::exponential_2<R>(x);
    b = a;
  }
};
struct SineCosine {
  template <class V>
  static void apply(const V& x, V& a, V& b) {
    Octopole::sine_cosine(x, a, b);
  }
};
template <Octopole::Root R>
struct RootByInverse {
  template <class V>
  static void apply(const V& x, V& a, V& b) {
    a = Octopole::root_by_inverse<R>(x, Octopole::scaled_inverse_sqrt<R, true>(x));
    b = Octopole::root_by_inverse<R>(x, Octopole::unscaled_inverse_sqrt<R, true>(x));
  }
};
struct GaussianCore {
  template <class V>
  static void apply(const V& x, V& a, V& b) {
    Octopole::gaussian_core(x, a, b);
  }
};

template <class F, class V>
void evaluate(const Lanes<V>& x, Lanes<V>& a, Lanes<V>& b) {
  V va, vb;
  F::apply(Octopole::load<V>(x.value), va, vb);
  Octopole::store(a.value, va);
  Octopole::store(b.value, vb);
}

// F of all of x, in packs: calls found(x, a, b) of every number.
template <class F, class V, class Found>
void evaluate_all(const std::vector<Scalar<V>>& x, const Found& found) {
  for (std::size_t i = 0; i < x.size(); i += width<V>) {
    Lanes<V> in, a, b;
    for (int lane = 0; lane < width<V>; ++lane)
      in.value[lane] = x[std::min(i + lane, x.size() - 1)];
    evaluate<F, V>(in, a, b);
    for (int lane = 0; lane < width<V>; ++lane) found(in.value[lane], a.value[lane], b.value[lane]);
  }
}

// n numbers of [a, b], the ends among them, in an order in which neighbours are far from each
// other.
template <class T>
std::vector<T> sweep(double a, double b, int n) {
  std::vector<T> x(n);
  Random random(static_cast<std::uint64_t>(n));
  for (T& v : x) v = static_cast<T>(std::clamp(a + (b - a) * random(), a, b));
  x[0] = static_cast<T>(a), x[1] = static_cast<T>(b);
  return x;
}
template <class T>
std::vector<T> magnitudes(double a, double b, int n) {
  std::vector<T> x = sweep<T>(std::log(a), std::log(b), n);
  for (T& v : x) v = std::exp(v);
  return x;
}

struct Worst {
  double error = 0;
  long double where = 0;
  void add(long double x, long double found, long double exact, long double scale) {
    const double e = static_cast<double>(std::abs(found - exact) / scale);
    if (!(e <= error) && !std::isnan(error)) error = e, where = x;  // NaN stays
  }
};

// Boys' function of order m, by a series of positive terms or from the error function.
long double boys(int m, long double t) {
  if (t < 5) {
    long double sum = 0, term = std::exp(-t) / (2 * m + 1);
    for (int k = 1; term > 1e-22L * sum; ++k) sum += term, term *= 2 * t / (2 * m + 2 * k + 1);
    return sum;
  }
  long double b = std::sqrt(std::acos(-1.0L) / t) / 2 * std::erf(std::sqrt(t));
  for (int k = 0; k < m; ++k) b = ((2 * k + 1) * b - std::exp(-t)) / (2 * t);
  return b;
}

template <class V>
void check_gaussian(const std::vector<Scalar<V>>& t, double bound) {
  const long double k = 4 / std::sqrt(std::acos(-1.0L));
  Worst value, derivative;
  evaluate_all<GaussianCore, V>(t, [&](auto x, auto f, auto g) {
    const long double exact_f = k * boys(1, x), exact_g = -k * boys(2, x);
    value.add(x, f, exact_f, std::abs(exact_f));
    derivative.add(x, g, exact_g, std::abs(exact_g));
  });
  CAPTURE(value.where, derivative.where);
  CHECK(value.error <= bound);
  CHECK(derivative.error <= bound);
}

// One lane after the other takes each of `extremes`: the others keep their bits.
template <class F, class V>
void check_lanes(const std::vector<Scalar<V>>& extremes, double first = 0.3) {
  Lanes<V> x, a, b;
  for (int lane = 0; lane < width<V>; ++lane)
    x.value[lane] = static_cast<Scalar<V>>(first + 0.7 * lane);
  evaluate<F, V>(x, a, b);
  int changed = 0;
  for (int extreme = 0; extreme < width<V>; ++extreme)
    for (const auto value : extremes) {
      Lanes<V> y = x, c, d;
      y.value[extreme] = value;
      evaluate<F, V>(y, c, d);
      for (int lane = 0; lane < width<V>; ++lane)
        if (lane != extreme)
          changed += std::memcmp(&a.value[lane], &c.value[lane], sizeof(Scalar<V>)) != 0 ||
                     std::memcmp(&b.value[lane], &d.value[lane], sizeof(Scalar<V>)) != 0;
    }
  CHECK(changed == 0);
}

// `bound`: the relative error where x itself is exact; what its rounding adds comes on top.
template <Octopole::Root R, class V>
void check_power_of_two(double bound) {
  using T = Scalar<V>;
  const double low = is_double<V> ? -1020 : -124, high = is_double<V> ? 1020 : 126;
  const double rounding = std::numeric_limits<T>::epsilon();
  const auto check = [&](const std::vector<T>& x) {
    Worst worst;
    evaluate_all<PowerOfTwo<R>, V>(x, [&](T v, T found, T) {
      const long double exact = std::exp2(static_cast<long double>(v));
      worst.add(v, found, exact, exact * (bound + rounding * (2 + std::abs(v))));
    });
    CAPTURE(worst.where);
    CHECK(worst.error <= 1);
  };
  check(sweep<T>(low, high, 100000));
  check(sweep<T>(-2, 2, 100000));
  // Integers, where the fraction begins anew, and their neighbours.
  std::vector<T> integers;
  for (int n = -100; n <= 100; ++n)
    for (const T toward : {T(-1e4), T(n), T(1e4)})
      integers.push_back(std::nextafter(static_cast<T>(n), toward));
  check(integers);
  // Too small to be held: zero, and no lane feels its neighbours.
  evaluate_all<PowerOfTwo<R>, V>({T(-2000), T(-1e30), -std::numeric_limits<T>::infinity()},
                                 [](T, T found, T) { CHECK(found == 0); });
  check_lanes<PowerOfTwo<R>, V>({T(-1e30), T(0), T(50)});
}

}  // namespace

TEMPLATE_TEST_CASE("exponential is right to the last bits", "", Doubles, Floats, EightFloats,
                   double, float) {
  using V = TestType;
  using T = Scalar<V>;
  const double low = is_double<V> ? -708.3 : -87.3, high = is_double<V> ? 709 : 88;
  const auto check = [](const std::vector<T>& x) {
    Worst worst;
    evaluate_all<Exponential, V>(x, [&](T v, T found, T) {
      const long double exact = std::exp(static_cast<long double>(v));
      worst.add(v, found, exact, exact);
    });
    CAPTURE(worst.where);
    CHECK(worst.error <= (is_double<V> ? 2.2e-16 : 1.2e-7));
  };
  check(sweep<T>(low, high, 100000));
  check(sweep<T>(-2, 2, 100000));
  auto small = magnitudes<T>(std::numeric_limits<T>::denorm_min(), 1, 20000);
  check(small);
  for (T& x : small) x = -x;
  check(small);
  // Halves of ln 2, where the integer changes.
  std::vector<T> halves;
  for (int n = -100; n <= 100; ++n)
    for (const T toward : {T(-1e4), T(1e4)})
      halves.push_back(std::nextafter(static_cast<T>((n + 0.5) * std::log(2.0)), toward));
  check(halves);
}

TEMPLATE_TEST_CASE("powers of two are as exact as the roots beside them", "", Doubles, Floats,
                   EightFloats, double, float) {
  using V = TestType;
  using Octopole::Root;
  check_power_of_two<Root::estimate, V>(8e-5);
  check_power_of_two<Root::step, V>(is_double<V> ? 2e-9 : 8e-8);
  check_power_of_two<Root::exact, V>(is_double<V> ? 1.4e-14 : 2e-9);
}

TEMPLATE_TEST_CASE("exponential at and beyond the ends of its range", "", Doubles, Floats,
                   EightFloats, double, float) {
  using V = TestType;
  using T = Scalar<V>;
  const auto one = [](double x) {
    Lanes<V> in, a, b;
    std::fill(std::begin(in.value), std::end(in.value), static_cast<T>(x));
    evaluate<Exponential, V>(in, a, b);
    return a.value[width<V> - 1];
  };
  CHECK(one(0.0) == 1);
  CHECK(one(-0.0) == 1);
  // Results that are not normal: right or zero, never below zero.
  const double low = is_double<V> ? -745 : -103;
  int wrong = 0;
  for (const T x : sweep<T>(low, is_double<V> ? -708.4 : -87.34, 2000)) {
    const T found = one(x);
    const T exact = std::exp(x);
    wrong += !(found == 0 || std::abs(found - exact) <= std::numeric_limits<T>::denorm_min());
  }
  CHECK(wrong == 0);
  for (const double x : {-1e3, -1e30, -static_cast<double>(std::numeric_limits<T>::max())})
    CHECK(one(x) == 0);
  for (const double x : {is_double<V> ? 711.0 : 89.5, is_double<V> ? 800.0 : 120.0, 1e3, 1e30,
                         static_cast<double>(std::numeric_limits<T>::max())})
    CHECK(one(x) == std::numeric_limits<T>::infinity());
  const double limit = std::numeric_limits<T>::infinity();
  CHECK(one(-limit) == 0);
  CHECK(one(limit) == limit);
  check_lanes<Exponential, V>({T(0), T(1e30), T(-1e30), T(low), T(-limit), T(limit),
                               std::numeric_limits<T>::quiet_NaN(),
                               std::numeric_limits<T>::denorm_min()});
}

TEMPLATE_TEST_CASE("a root by its inverse is right to the last bits", "", Doubles, Floats, double,
                   float) {
  using Octopole::Root;
  using V = TestType;
  using T = Scalar<V>;
  const std::vector<T> x =
      magnitudes<T>(4 * std::numeric_limits<T>::min(), 0.25 * std::numeric_limits<T>::max(), 50000);
  const auto check = [&](auto root, double scale, double bound) {
    Worst worst;
    evaluate_all<RootByInverse<decltype(root)::value>, V>(x, [&](T v, T scaled, T unscaled) {
      const long double exact = std::sqrt(static_cast<long double>(v));
      worst.add(v, scaled / T(scale), exact, exact);
      worst.add(v, unscaled, exact, exact);
    });
    CAPTURE(worst.where, scale);
    CHECK(worst.error <= bound);
    Lanes<V> zero{}, a, b;
    evaluate<RootByInverse<decltype(root)::value>, V>(zero, a, b);
    CHECK(a.value[0] == 0);
    CHECK(b.value[0] == 0);
  };
  check(std::integral_constant<Root, Root::exact>(), 1, is_double<V> ? 2.3e-16 : 3e-7);
  check(std::integral_constant<Root, Root::step>(), 2, is_double<V> ? 1e-8 : 3e-7);
}

TEMPLATE_TEST_CASE("sine and cosine are right over their range", "", Doubles, Floats, EightFloats,
                   double, float) {
  using V = TestType;
  using T = Scalar<V>;
  const auto check = [](const std::vector<T>& x) {
    Worst sine, cosine;
    evaluate_all<SineCosine, V>(x, [&](T v, T s, T c) {
      sine.add(v, s, std::sin(static_cast<long double>(v)), 1);
      cosine.add(v, c, std::cos(static_cast<long double>(v)), 1);
    });
    CAPTURE(sine.where, cosine.where);
    CHECK(sine.error <= (is_double<V> ? 2.2e-16 : 1.1e-7));
    CHECK(cosine.error <= (is_double<V> ? 2.2e-16 : 1.1e-7));
  };
  check(sweep<T>(-3.5, 3.5, 100000));
  check(sweep<T>(-100, 100, 100000));
  check(sweep<T>(-1e3, 1e3, 50000));
  check(sweep<T>(-1e5, 1e5, 50000));
  if (is_double<V>)
    for (const double largest : {1e9, 2e14}) check(sweep<T>(-largest, largest, 50000));
  // Multiples of pi / 4: zeros of the functions and ends of the reduced interval.
  std::vector<T> multiples;
  for (int n = -2000; n <= 2000; ++n) {
    const T x = static_cast<T>(n * std::atan(1.0));
    for (const T v : {x, std::nextafter(x, T(-1e9)), std::nextafter(x, T(1e9))})
      multiples.push_back(v);
  }
  check(multiples);
  // Small numbers to the last bit of themselves.
  Worst worst;
  evaluate_all<SineCosine, V>(magnitudes<T>(std::numeric_limits<T>::min(), 0.78, 20000),
                              [&](T v, T s, T c) {
                                const long double exact = std::sin(static_cast<long double>(v));
                                worst.add(v, s, exact, exact);
                                worst.add(v, c, std::cos(static_cast<long double>(v)), 1);
                              });
  CAPTURE(worst.where);
  CHECK(worst.error <= (is_double<V> ? 2.2e-16 : 1.2e-7));
  Lanes<V> zero{}, s, c;
  evaluate<SineCosine, V>(zero, s, c);
  CHECK(s.value[0] == 0);
  CHECK(c.value[0] == 1);
  check_lanes<SineCosine, V>({T(0), T(-1e5), T(1e5), T(1e30), std::numeric_limits<T>::infinity(),
                              std::numeric_limits<T>::quiet_NaN(),
                              std::numeric_limits<T>::denorm_min()});
}

TEMPLATE_TEST_CASE("the Gaussian core and its derivative", "", Doubles, Floats, double, float) {
  using V = TestType;
  using T = Scalar<V>;
  // Of double, 1e-13 is asked for.
  const double bound = is_double<V> ? 1e-14 : 4e-7;
  check_gaussian<V>(sweep<T>(0, 1, 100000), bound);
  check_gaussian<V>(sweep<T>(1, 5, 100000), bound);
  check_gaussian<V>(sweep<T>(0, 50, 100000), bound);
  check_gaussian<V>(sweep<T>(50, 1e4, 20000), bound);
  check_gaussian<V>(magnitudes<T>(std::numeric_limits<T>::denorm_min(), 1, 20000), bound);
  check_gaussian<V>(magnitudes<T>(1, is_double<V> ? 1e30 : 1e10, 20000), bound);
  // Where one formula takes over from the other.
  std::vector<T> there;
  for (const T x : {T(1), T(2), T(3), T(25), T(44), T(708)})
    for (const T v : {std::nextafter(x, T(0)), x, std::nextafter(x, T(1e9))}) there.push_back(v);
  check_gaussian<V>(there, bound);
  Lanes<V> zero{}, f, g;
  evaluate<GaussianCore, V>(zero, f, g);
  const double root_pi = std::sqrt(std::acos(-1.0));
  CHECK(f.value[width<V> - 1] == Approx(4 / (3 * root_pi)).epsilon(bound));
  CHECK(g.value[width<V> - 1] == Approx(-4 / (5 * root_pi)).epsilon(bound));
  // Lanes of which none has an exponential left, some, and all.
  for (const double first : {0.3, 20.0, 43.0, 60.0})
    check_lanes<GaussianCore, V>(
        {T(0), T(1e-30), T(2), T(1e4), T(1e10), T(is_double<V> ? 1e30 : 1e12),
         std::numeric_limits<T>::quiet_NaN(), std::numeric_limits<T>::denorm_min()},
        first);
}
