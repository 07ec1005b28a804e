// SPDX-License-Identifier: BSD-3-Clause
// Packs of lanes, 1/sqrt in them, and the Laplace functor in packs and in scalars.
#include <algorithm>
#include <cmath>
#include <core/kernels/Octopole_Laplace.hpp>
#include <limits>
#include <tests/support/octopole_catch.hpp>
#include <tests/support/octopole_point_sets.hpp>
#include <type_traits>

namespace {

using Host = Kokkos::DefaultHostExecutionSpace;
using octopole_test::Random;
template <class T>
using Traits = Octopole::SimdTraits<Host, T>;
template <class T>
using Pack = typename Traits<T>::pack;

// Stands for a device whose memory the host cannot reach.
struct Device {
  struct Memory {
    using memory_space = Memory;
    using execution_space = Device;
    using device_type = Memory;
    using size_type = int;
  };
  using memory_space = Memory;
  using execution_space = Device;
  using scratch_memory_space = void;
};

template <class T>
struct Lanes {
  alignas(64) T value[Traits<T>::width];
};

template <class T>
Lanes<T> inverse_sqrt(const Lanes<T>& r2) {
  Lanes<T> y;
  Octopole::store(y.value, Octopole::inverse_sqrt(Octopole::load<Pack<T>>(r2.value)));
  return y;
}

// Largest relative error. For double 2.5 e^3, e = 2^-14 the estimate's guaranteed error; the mean
// is 20 times less.
template <class T>
constexpr double tolerance = std::is_same_v<T, double> ? 6e-13 : 3e-7;
template <class T>
constexpr double mean_tolerance = std::is_same_v<T, double> ? 5e-14 : 1e-7;

double relative_error(double found, long double exact) {
  return static_cast<double>(std::abs((found - exact) / exact));
}

// Laplace in packs of random differences, one lane at zero distance, against scalars in double.
struct Evaluated {
  double potential = 0, gradient = 0;  // largest errors relative to the value and to its norm
  bool zero_kept = true;               // the lane at zero distance is as before
};
template <class T>
Evaluated compare_laplace(std::uint64_t seed, double scale) {
  constexpr int width = Traits<T>::width;
  const Octopole::Laplace<T> kernel;
  Random random(seed);
  Evaluated worst;
  for (int repeat = 0; repeat < 200; ++repeat) {
    Lanes<T> r[3], u, g[3];
    const int zero = repeat % (width + 1);  // sometimes none
    for (int lane = 0; lane < width; ++lane)
      for (auto& component : r)
        component.value[lane] = static_cast<T>(lane == zero ? 0 : scale * (random() - 0.5));
    const T q[1] = {static_cast<T>(random() - 0.5)};
    // Sums begin with what is there.
    const T before = static_cast<T>(repeat % 2 ? 0.25 * q[0] / scale : 0);
    Pack<T> pu[1] = {Pack<T>(before)}, pg[3] = {Pack<T>(before), Pack<T>(before), Pack<T>(before)};
    const auto x = Octopole::load<Pack<T>>(r[0].value), y = Octopole::load<Pack<T>>(r[1].value),
               z = Octopole::load<Pack<T>>(r[2].value);
    kernel.gradient(x, y, z, q, pu, pg);
    Pack<T> alone[1] = {Pack<T>(before)};
    kernel.potential(x, y, z, q, alone);
    Octopole::store(u.value, pu[0]);
    for (int d = 0; d < 3; ++d) Octopole::store(g[d].value, pg[d]);
    Lanes<T> v;
    Octopole::store(v.value, alone[0]);
    for (int lane = 0; lane < width; ++lane) {
      if (lane == zero) {
        worst.zero_kept = worst.zero_kept && u.value[lane] == before && v.value[lane] == before;
        for (const auto& component : g)
          worst.zero_kept = worst.zero_kept && component.value[lane] == before;
        continue;
      }
      const double rx = r[0].value[lane], ry = r[1].value[lane], rz = r[2].value[lane];
      const double qs[1] = {q[0]}, d3[3] = {rx, ry, rz};
      double su[1] = {before}, sg[3] = {before, before, before};
      Octopole::Laplace<double>().gradient(rx, ry, rz, qs, su, sg);
      const double radius = std::sqrt(rx * rx + ry * ry + rz * rz), size = std::abs(qs[0]) / radius;
      worst.potential = std::max({worst.potential, std::abs(u.value[lane] - su[0]) / size,
                                  std::abs(v.value[lane] - su[0]) / size,
                                  std::abs(su[0] - before - qs[0] / radius) / size});
      for (int d = 0; d < 3; ++d) {
        const double exact = before - qs[0] * d3[d] / (radius * radius * radius);
        // `before` is part of the sum and of its rounding.
        const double norm = size / radius + std::abs(before);
        worst.gradient = std::max({worst.gradient, std::abs(g[d].value[lane] - sg[d]) / norm,
                                   std::abs(sg[d] - exact) / norm});
      }
    }
  }
  return worst;
}

// Laplace, edited: the last bits of the potential of some pairs.
struct Edited : Octopole::Laplace<double> {
  double factor = 1;
  bool far_only = false;
  Edited rescaled(double) const { return *this; }
  template <class V, class Q>
  KOKKOS_FUNCTION void potential(const V& dx, const V& dy, const V& dz, const Q (&q)[1],
                                 V (&u)[1]) const {
    const V r2 = dx * dx + dy * dy + dz * dz;
    u[0] = u[0] + Octopole::inverse_sqrt(r2) * V(q[0]) * (far_only && r2 < V(4) ? V(1) : V(factor));
  }
};

// Several components: r_k r_c, and one entry of the matrix changed.
struct Matrix {
  using scalar = double;
  static constexpr int source_components = 3, target_components = 2, degree = 2;
  static constexpr bool homogeneous = true, has_gradient = false;
  static constexpr double prefactor = 1;
  static std::string name() { return "matrix"; }
  std::vector<double> parameters() const { return {}; }
  Matrix rescaled(double) const { return *this; }
  int changed = -1;
  template <class V, class Q>
  KOKKOS_FUNCTION void potential(V dx, V dy, V dz, const Q (&q)[3], V (&u)[2]) const {
    const V r[3] = {dx, dy, dz};
    for (int k = 0; k < 2; ++k)
      for (int c = 0; c < 3; ++c) u[k] += (3 * k + c == changed ? -1 : 1) * r[k] * r[c] * q[c];
  }
};

struct NoKernel {
  using scalar = double;
};

}  // namespace

TEST_CASE("traits give the registers of the host and scalars elsewhere") {
#if OCTOPOLE_PACK_BITS == 512
  constexpr int bytes = 64;
#elif OCTOPOLE_PACK_BITS == 256
  constexpr int bytes = 32;
#else
  constexpr int bytes = 0;
#endif
  const auto check = [](auto zero) {
    using T = decltype(zero);
    using traits = Traits<T>;
    constexpr int width = bytes == 0 ? 1 : bytes / int(sizeof(T));
    STATIC_REQUIRE(traits::packs);
    STATIC_REQUIRE(traits::width == width);
    STATIC_REQUIRE(sizeof(Pack<T>) == width * sizeof(T));
    STATIC_REQUIRE(std::is_same_v<Octopole::scalar_of<Pack<T>>, T>);
    STATIC_REQUIRE(std::is_same_v<Octopole::scalar_of<T>, T>);
    STATIC_REQUIRE(traits::alignment * sizeof(T) == 64);
    STATIC_REQUIRE(traits::alignment % traits::width == 0);
    STATIC_REQUIRE(traits::blocks >= 1);
    STATIC_REQUIRE((width > 1 || std::is_same_v<Pack<T>, T>));
    using device = Octopole::SimdTraits<Device, T>;
    STATIC_REQUIRE_FALSE(device::packs);
    STATIC_REQUIRE(std::is_same_v<typename device::pack, T>);
    STATIC_REQUIRE(device::width == 1);
    STATIC_REQUIRE(device::blocks == 1);
    STATIC_REQUIRE(device::alignment == traits::alignment);
    Lanes<T> in, out;
    for (int lane = 0; lane < width; ++lane) in.value[lane] = T(lane + 1), out.value[lane] = 0;
    Octopole::store(out.value, Octopole::load<Pack<T>>(in.value) * Pack<T>(T(2)));
    for (int lane = 0; lane < width; ++lane) CHECK(out.value[lane] == T(2 * (lane + 1)));
  };
  check(0.0);
  check(0.0f);
}

TEMPLATE_TEST_CASE("inverse_sqrt is right to its bound over all magnitudes", "", double, float) {
  using T = TestType;
  constexpr int width = Traits<T>::width;
  const int lowest = std::numeric_limits<T>::min_exponent,
            highest = std::numeric_limits<T>::max_exponent;
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    Random random(seed);
    double worst = 0, worst_scalar = 0, sum = 0;
    int n = 0;
    for (int exponent = lowest; exponent < highest; ++exponent)
      for (int repeat = 0; repeat < 5; ++repeat) {
        Lanes<T> r2;
        for (auto& x : r2.value) x = std::ldexp(static_cast<T>(0.5 + 0.5 * random()), exponent);
        const auto y = inverse_sqrt(r2);
        for (int lane = 0; lane < width; ++lane) {
          const long double exact = 1 / std::sqrt(static_cast<long double>(r2.value[lane]));
          const double error = relative_error(y.value[lane], exact);
          worst = std::max(worst, error);
          sum += error;
          ++n;
          worst_scalar =
              std::max(worst_scalar, relative_error(Octopole::inverse_sqrt(r2.value[lane]), exact));
        }
      }
    CAPTURE(seed);
    CHECK(worst <= tolerance<T>);
    CHECK(sum <= mean_tolerance<T> * n);
    CHECK(worst_scalar <= 2 * std::numeric_limits<T>::epsilon());
  }
}

// Over the range of a float, where AVX2 has its estimate of doubles from.
template <Octopole::Root R, bool Masked, class T>
double worst_scaled(std::uint64_t seed) {
  constexpr double scale = Octopole::inverse_sqrt_scale<R>;
  Random random(seed);
  double worst = 0;
  for (int exponent = -120; exponent < 120; ++exponent)
    for (int repeat = 0; repeat < 20; ++repeat) {
      Lanes<T> r2, y;
      for (auto& x : r2.value) x = std::ldexp(static_cast<T>(0.5 + 0.5 * random()), exponent);
      Octopole::store(y.value,
                      Octopole::scaled_inverse_sqrt<R, Masked>(Octopole::load<Pack<T>>(r2.value)));
      for (int lane = 0; lane < Traits<T>::width; ++lane) {
        const long double exact = scale / std::sqrt(static_cast<long double>(r2.value[lane]));
        worst = std::max(worst, relative_error(y.value[lane], exact));
        const T scalar = Octopole::scaled_inverse_sqrt<R, Masked>(r2.value[lane]);
        worst = std::max(worst, relative_error(scalar, exact));
      }
    }
  return worst;
}

TEMPLATE_TEST_CASE("roots of less accuracy keep their bounds, masked or not", "", double, float) {
  using T = TestType;
  using Octopole::Root;
  const double step = std::is_same_v<T, double> ? 6e-9 : 4e-7;
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    CAPTURE(seed);
    CHECK(worst_scaled<Root::estimate, true, T>(seed) < 6.2e-5);
    CHECK(worst_scaled<Root::estimate, false, T>(seed) < 6.2e-5);
    CHECK(worst_scaled<Root::step, true, T>(seed) < step);
    CHECK(worst_scaled<Root::step, false, T>(seed) < step);
    CHECK(worst_scaled<Root::exact, false, T>(seed) < tolerance<T>);
  }
  Lanes<T> r2, y;
  for (int lane = 0; lane < Traits<T>::width; ++lane) r2.value[lane] = T(lane);
  Octopole::store(y.value, Octopole::scaled_inverse_sqrt<Root::estimate, true>(
                               Octopole::load<Pack<T>>(r2.value)));
  CHECK(y.value[0] == 0);
  Octopole::store(
      y.value, Octopole::scaled_inverse_sqrt<Root::step, true>(Octopole::load<Pack<T>>(r2.value)));
  CHECK(y.value[0] == 0);
  CHECK(Octopole::scaled_inverse_sqrt<Root::step, true>(T(0)) == 0);
}

TEMPLATE_TEST_CASE("inverse_sqrt of zero is zero in any lane and changes no other", "", double,
                   float) {
  using T = TestType;
  constexpr int width = Traits<T>::width;
  CHECK(Octopole::inverse_sqrt(T(0)) == 0);
  CHECK(Octopole::inverse_sqrt(T(-0.0)) == 0);
  for (int zero = 0; zero < width; ++zero)
    for (const T nothing : {T(0), T(-0.0)}) {
      Lanes<T> r2;
      for (int lane = 0; lane < width; ++lane) r2.value[lane] = T(lane + 1) * T(lane + 1);
      r2.value[zero] = nothing;
      const auto y = inverse_sqrt(r2);
      for (int lane = 0; lane < width; ++lane) {
        CAPTURE(zero, lane);
        if (lane == zero)
          CHECK(y.value[lane] == 0);
        else
          CHECK(y.value[lane] * T(lane + 1) == Approx(1).epsilon(tolerance<T>));
      }
    }
  const auto none = inverse_sqrt(Lanes<T>{});
  for (const T y : none.value) CHECK(y == 0);
}

TEMPLATE_TEST_CASE("inverse_sqrt of numbers below the normal ones is finite", "", double, float) {
  using T = TestType;
  int wrong = 0;
  for (T r2 = std::numeric_limits<T>::denorm_min(); r2 < std::numeric_limits<T>::min();
       r2 *= T(1.7)) {
    Lanes<T> lanes;
    std::fill(std::begin(lanes.value), std::end(lanes.value), r2);
    const T y = inverse_sqrt(lanes).value[0];
    // Right, or taken for zero where the hardware takes them so.
    wrong += !(y == 0 || relative_error(y, 1 / std::sqrt(static_cast<long double>(r2))) < 1e-4);
    if (r2 * T(1.7) == r2) r2 *= 2;
  }
  CHECK(wrong == 0);
}

TEMPLATE_TEST_CASE("laplace in packs is laplace in scalars", "", double, float) {
  for (const double scale : {1.0, 1e-5, 1e6})
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
      const auto worst = compare_laplace<TestType>(seed, scale);
      CAPTURE(scale, seed);
      CHECK(worst.zero_kept);
      CHECK(worst.potential <= 2 * tolerance<TestType>);
      CHECK(worst.gradient <= 4 * tolerance<TestType>);
    }
}

TEST_CASE("laplace is 1 over r with the gradient of its potential") {
  const Octopole::Laplace<double> kernel;
  CHECK(kernel.prefactor == Approx(1 / (16 * std::atan(1.0))).epsilon(1e-15));
  Random random(9);
  for (int repeat = 0; repeat < 100; ++repeat) {
    double r[3];
    for (double& x : r) x = 0.2 + random();
    for (int d = 0; d < 3; ++d) r[d] *= repeat >> d & 1 ? 1 : -1;
    const double q[1] = {1.5};
    double u[1] = {0}, g[3] = {0, 0, 0};
    kernel.gradient(r[0], r[1], r[2], q, u, g);
    CHECK(u[0] == Approx(1.5 / std::hypot(r[0], r[1], r[2])).epsilon(1e-14));
    for (int d = 0; d < 3; ++d) {
      const double h = 1e-4;
      double ends[2][1] = {{0}, {0}};
      for (int end = 0; end < 2; ++end) {
        double moved[3] = {r[0], r[1], r[2]};
        moved[d] += end ? h : -h;
        kernel.potential(moved[0], moved[1], moved[2], q, ends[end]);
      }
      CHECK(g[d] == Approx((ends[1][0] - ends[0][0]) / (2 * h)).epsilon(1e-5).margin(1e-7));
    }
  }
}

TEST_CASE("the value hash tells an edited functor") {
  using Octopole::value_hash;
  STATIC_REQUIRE(Octopole::KernelFamily<Octopole::Laplace<double>>);
  STATIC_REQUIRE(Octopole::KernelFamily<Octopole::Laplace<float>>);
  STATIC_REQUIRE(Octopole::KernelFamily<Matrix>);
  STATIC_REQUIRE_FALSE(Octopole::KernelFamily<NoKernel>);
  const auto laplace = value_hash(Octopole::Laplace<double>());
  CHECK(laplace == value_hash(Octopole::Laplace<double>()));
  Edited edited;
  CHECK(value_hash(edited) == laplace);
  edited.factor = 1 + 0x1p-50;
  CHECK(value_hash(edited) != laplace);
  edited.far_only = true;
  CHECK(value_hash(edited) != laplace);
  Matrix matrix;
  const auto unchanged = value_hash(matrix);
  CHECK(unchanged != laplace);
  for (matrix.changed = 0; matrix.changed < 6; ++matrix.changed) {
    CAPTURE(matrix.changed);
    CHECK(value_hash(matrix) != unchanged);
  }
}
