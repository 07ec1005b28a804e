// SPDX-License-Identifier: BSD-3-Clause
// The softened pair against the published polynomials (perf/judge), which it does not compute by: in packs and scalars,
// from the centre of the ball to far outside, with every kind of root.
#include <algorithm>
#include <cmath>
#include <core/kernels/Octopole_SoftenedLaplace.hpp>
#include <limits>
#include <perf/judge/Octopole_DirectCheck.hpp>
#include <string>
#include <tests/support/octopole_catch.hpp>

namespace {

using Host = Kokkos::DefaultHostExecutionSpace;
using Octopole::Root;
constexpr double h = 0.37;

/// The largest error of each output in units of its size at that distance, over the ball and its surroundings.
struct Errors {
  double of[3] = {};
};

template <class V, Root R>
Errors errors() {
  using T = Octopole::scalar_of<V>;
  constexpr int width = sizeof(V) / sizeof(T), first[4] = {0, 1, 4, 10};
  const Octopole::SoftenedPairs<R> pairs{h};
  Errors worst;
  // Lanes far from each other, so that some are inside, some at the rim and some outside.
  constexpr int steps = 3000;
  for (int i = 0; i < steps; ++i) {
    alignas(64) T x[3][width];
    for (int lane = 0; lane < width; ++lane) {
      const double r = 1.5 * h * ((i + lane * 1237) % steps) / steps;
      x[0][lane] = T(0.6 * r), x[1][lane] = T(-0.64 * r), x[2][lane] = T(0.48 * r);
    }
    V d[3], out[10];
    for (int k = 0; k < 3; ++k) __builtin_memcpy(static_cast<void*>(&d[k]), x[k], sizeof(V));
    for (V& one : out) one = V(T(0));
    const T q[1] = {T(1.25)};
    pairs.template add<2>(d[0], d[1], d[2], q, out);
    for (int lane = 0; lane < width; ++lane) {
      const long double r[3] = {x[0][lane], x[1][lane], x[2][lane]}, charge[1] = {1.25L};
      long double exact[10];
      Octopole::DirectCheck::SoftenedLaplace{h}.pair(r, charge, exact);
      for (int o = 0; o < 3; ++o) {
        double difference = 0, size = 0;
        for (int row = first[o]; row < first[o + 1]; ++row) {
          T found;
          __builtin_memcpy(&found, reinterpret_cast<const char*>(&out[row]) + lane * sizeof(T),
                           sizeof(T));
          difference = std::hypot(difference, double(found) - double(exact[row]));
          size = std::hypot(size, double(exact[row]));
        }
        if (size > 0)
          worst.of[o] = std::max(worst.of[o], difference / size);
        else
          CHECK(difference == 0);
      }
    }
  }
  return worst;
}

/// `root`: relative error of the kind of root.
template <class V, Root R>
void check(double root) {
  const Errors found = errors<V, R>();
  const double epsilon = std::numeric_limits<Octopole::scalar_of<V>>::epsilon();
  CAPTURE(sizeof(V), sizeof(Octopole::scalar_of<V>), int(R), found.of[0], found.of[1], found.of[2]);
  CHECK(found.of[0] <= 4 * epsilon + 3 * root);
  CHECK(found.of[1] <= 8 * epsilon + 8 * root);
  CHECK(found.of[2] <= 16 * epsilon + 16 * root);
}

}  // namespace

TEST_CASE("Softened pairs are the published polynomials") {
  check<double, Root::exact>(0);
  // The packs' roots are good to 8e-14 (AVX2), those in float to 2e-7.
  check<Octopole::SimdTraits<Host, double>::pack, Root::exact>(8e-14);
  check<Octopole::SimdTraits<Host, double>::pack, Root::step>(6e-9);
  check<Octopole::SimdTraits<Host, double>::pack, Root::estimate>(6e-5);
  check<Octopole::SimdTraits<Host, float>::pack, Root::exact>(2e-7);
  check<Octopole::SimdTraits<Host, float>::pack, Root::estimate>(6e-5);
}

TEST_CASE("A ball's charge is what it shows from outside") {
  const Octopole::SoftenedPairs<Root::exact> pairs{h};
  const Octopole::LaplacePairs<Root::exact, true> points;
  for (const double r : {1.0000001 * h, 2 * h, 50 * h}) {
    const double q[1] = {2};
    double softened[10] = {}, exact[10] = {};
    pairs.add<2>(r, 0.0, 0.0, q, softened);
    points.add<2>(r, 0.0, 0.0, q, exact);
    for (int k = 0; k < 10; ++k)
      CHECK(std::abs(softened[k] - exact[k]) <= 1e-15 * std::abs(exact[k]));
  }
  // In the centre: 2.8 q/h, no slope, and a third of -4 pi times the density, 8 q/(pi h^3), along each axis.
  const double q[1] = {2};
  double centre[10] = {};
  pairs.add<2>(0.0, 0.0, 0.0, q, centre);
  CHECK(centre[0] == Approx(2 * 2.8 / h));
  for (const int k : {1, 2, 3, 5, 6, 8}) CHECK(centre[k] == 0);
  for (const int k : {4, 7, 9}) CHECK(centre[k] == Approx(-2 * 32 / (3 * h * h * h)));
}
