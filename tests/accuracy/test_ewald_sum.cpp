// SPDX-License-Identifier: BSD-3-Clause
// The judge of periodic sums against constants of the literature, and against itself.
#include <cmath>
#include <numbers>
#include <perf/judge/Octopole_EwaldSum.hpp>
#include <tests/support/octopole_catch.hpp>
#include <tests/support/octopole_point_sets.hpp>
#include <vector>

namespace {

using Numbers = std::vector<double>;
using Octopole::EwaldSum::laplace;
using Octopole::EwaldSum::yukawa;
constexpr double four_pi = 4 * std::numbers::pi;

struct Crystal {
  Numbers xyz, charges;
};

/// n^3 cells of a crystal with two ions of charge 1 and -1 that are 1 apart, moved by a vector.
Crystal rock_salt(int n) {
  Crystal c;
  for (int i = 0; i < 2 * n; ++i)
    for (int j = 0; j < 2 * n; ++j)
      for (int k = 0; k < 2 * n; ++k) {
        c.xyz.insert(c.xyz.end(), {i + 0.123, j - 0.77, k + 5.1});
        c.charges.push_back((i + j + k) % 2 ? -1 : 1);
      }
  return c;
}

Numbers random_points(int n, std::uint64_t seed, double side) {
  octopole_test::Random random(seed);
  Numbers xyz;
  for (int i = 0; i < 3 * n; ++i) xyz.push_back(side * random());
  return xyz;
}
Numbers random_charges(int n, bool neutral) {
  octopole_test::Random random(9);
  Numbers q;
  double sum = 0;
  for (int i = 0; i < n; ++i) sum += q.emplace_back(2 * random() - 0.7);
  if (neutral)
    for (double& x : q) x -= sum / n;
  return q;
}

}  // namespace

TEST_CASE("Crystals have Madelung's constants") {
  for (const int n : {1, 2}) {
    const Crystal salt = rock_salt(n);
    const auto sums = laplace(2.0 * n, salt.xyz, salt.charges, salt.xyz);
    for (std::size_t i = 0; i < salt.charges.size(); ++i) {
      CAPTURE(n, i);
      CHECK(std::abs(four_pi * salt.charges[i] * sums.potential[i] + 1.747564594633) < 1e-12);
      for (std::size_t d = 0; d < 3; ++d) CHECK(std::abs(sums.gradient[3 * i + d]) < 1e-13);
    }
  }
  // Caesium chloride: nearest ions half a diagonal apart.
  const double cell = 2 / std::sqrt(3.0);
  const Numbers xyz = {0.1, 0.2, 0.3, 0.1 + cell / 2, 0.2 + cell / 2, 0.3 - cell / 2};
  const auto sums = laplace(cell, xyz, Numbers{1, -1}, xyz);
  CHECK(std::abs(four_pi * sums.potential[0] + 1.762674773) < 1e-9);
  CHECK(std::abs(four_pi * sums.potential[1] - 1.762674773) < 1e-9);
  // One charge and its background (simple cubic Wigner crystal).
  const Numbers one = {3, 1, 4};
  CHECK(std::abs(four_pi * 7 * laplace(7, one, Numbers{1}, one).potential[0] + 2.837297479) < 1e-9);
}

TEST_CASE("What Ewald's sum gives does not depend on its splitting, nor on the cell chosen") {
  const double cell = 3;
  const Numbers sources = random_points(40, 1, cell), targets = random_points(25, 2, cell);
  for (const bool neutral : {true, false}) {
    const Numbers q = random_charges(40, neutral);
    const auto sums = laplace(cell, sources, q, targets);
    Numbers moved = sources, elsewhere = targets;
    for (std::size_t i = 0; i < moved.size(); ++i) moved[i] += cell * (double(i % 5) - 2);
    for (double& x : elsewhere) x -= 2 * cell;
    const auto other = laplace(cell, moved, q, elsewhere, 8.5);
    for (std::size_t i = 0; i < 25; ++i) {
      CAPTURE(neutral, i);
      CHECK(std::abs(sums.potential[i] - other.potential[i]) < 1e-13);
      for (std::size_t d = 0; d < 3; ++d)
        CHECK(std::abs(sums.gradient[3 * i + d] - other.gradient[3 * i + d]) < 1e-12);
    }
    // Eight cells are one of twice the side.
    Numbers eight, charges;
    for (int copy = 0; copy < 8; ++copy) {
      for (std::size_t i = 0; i < sources.size(); ++i)
        eight.push_back(sources[i] + cell * (copy >> (i % 3) & 1));
      charges.insert(charges.end(), q.begin(), q.end());
    }
    const auto large = laplace(2 * cell, eight, charges, targets);
    for (std::size_t i = 0; i < 25; ++i)
      CHECK(std::abs(sums.potential[i] - large.potential[i]) < 1e-12);
  }
}

TEST_CASE("Ewald's gradient is the slope of its potential, and forces sum to zero") {
  const Numbers x = random_points(30, 3, 1), q = random_charges(30, false);
  const auto at_sources = laplace(1, x, q, x);
  for (std::size_t d = 0; d < 3; ++d) {
    double force = 0;
    for (std::size_t i = 0; i < 30; ++i) force += q[i] * at_sources.gradient[3 * i + d];
    CHECK(std::abs(force) < 1e-12);
  }
  const Numbers place = {0.31, 0.72, 0.15};
  const auto here = laplace(1, x, q, place);
  for (std::size_t d = 0; d < 3; ++d) {
    Numbers around;
    for (const double step : {-2e-4, -1e-4, 1e-4, 2e-4}) {
      around.insert(around.end(), place.begin(), place.end());
      around[around.size() - 3 + d] += step;
    }
    const auto u = laplace(1, x, q, around).potential;
    CHECK(std::abs((8 * (u[2] - u[1]) - (u[3] - u[0])) / 12e-4 - here.gradient[d]) < 1e-9);
  }
}

TEST_CASE("Ewald's Hessian is the slope of its gradient, at a charge's own place too") {
  const double cell = 1.3;
  const Numbers x = random_points(30, 3, cell), q = random_charges(30, false);
  constexpr int row_of[3][3] = {{0, 1, 2}, {1, 3, 4}, {2, 4, 5}};
  double total = 0;
  for (const double charge : q) total += charge;
  for (const double screening : {0.0, 0.4, 6.0}) {
    CAPTURE(screening);
    const Numbers place = {0.31, 0.72, 0.15};
    const auto here = yukawa(cell, screening, x, q, place);
    double trace = 0;
    for (std::size_t d = 0; d < 3; ++d) {
      Numbers around;
      for (const double step : {-2e-4, -1e-4, 1e-4, 2e-4}) {
        around.insert(around.end(), place.begin(), place.end());
        around[around.size() - 3 + d] += step;
      }
      const auto g = yukawa(cell, screening, x, q, around).gradient;
      for (std::size_t k = 0; k < 3; ++k)
        CHECK(std::abs((8 * (g[6 + k] - g[3 + k]) - (g[9 + k] - g[k])) / 12e-4 -
                       here.hessian[std::size_t(row_of[d][k])]) < 1e-8);
      trace += here.hessian[std::size_t(row_of[d][d])];
    }
    const double background = screening > 0 ? 0 : total / (cell * cell * cell);
    CHECK(std::abs(trace - screening * screening * here.potential[0] - background) < 1e-11);
  }
}

TEST_CASE("Screened sums are those over the images one by one") {
  const double cell = 1.3, screening = 9;
  const Numbers x = random_points(20, 5, cell), q = random_charges(20, false);
  for (const bool own : {true, false}) {
    const Numbers places = own ? x : random_points(6, 8, cell);
    const auto sums = yukawa(cell, screening, x, q, places);
    const auto other = yukawa(cell, screening, x, q, places, 9);
    for (std::size_t i = 0; i < places.size() / 3; ++i) {
      double u = 0, g[3] = {}, h[6] = {};
      for (std::size_t j = 0; j < q.size(); ++j)
        for (int image = 0; image < 729; ++image) {  // four cells away exp(-9 r) is 1e-17
          const double r[3] = {places[3 * i] - x[3 * j] + cell * (image % 9 - 4),
                               places[3 * i + 1] - x[3 * j + 1] + cell * (image / 9 % 9 - 4),
                               places[3 * i + 2] - x[3 * j + 2] + cell * (image / 81 - 4)};
          const double s = std::hypot(r[0], r[1], r[2]), l = screening * s;
          if (s == 0) continue;
          const double one = q[j] * std::exp(-l) / (four_pi * s);
          u += one;
          int row = 0;
          for (int b = 0; b < 3; ++b) {
            g[b] -= one * (1 + l) / (s * s) * r[b];
            for (int c = b; c < 3; ++c)
              h[row++] += one / (s * s) *
                          ((3 + 3 * l + l * l) * r[b] * r[c] / (s * s) - (b == c ? 1 + l : 0));
          }
        }
      CAPTURE(own, i);
      CHECK(std::abs(sums.potential[i] - u) < 1e-12);
      CHECK(std::abs(sums.potential[i] - other.potential[i]) < 1e-12);
      for (std::size_t d = 0; d < 3; ++d) CHECK(std::abs(sums.gradient[3 * i + d] - g[d]) < 1e-11);
      for (std::size_t d = 0; d < 6; ++d) CHECK(std::abs(sums.hessian[6 * i + d] - h[d]) < 1e-9);
    }
  }
}

TEST_CASE("A cubic array of forces is slowed down by Hasimoto's constant") {
  const Numbers place = {3, 1, 4};
  for (int d = 0; d < 3; ++d) {
    Numbers force(3);
    force[std::size_t(d)] = 1;
    const auto flow = Octopole::EwaldSum::stokes(7, place, force, place);
    for (int k = 0; k < 3; ++k)
      CHECK(std::abs(1.5 * four_pi * 7 * flow.velocity[std::size_t(k)] +
                     (k == d ? 2.837297479 : 0)) < 1e-9);
    CHECK(std::abs(flow.pressure[0]) < 1e-13);
  }
}

TEST_CASE(
    "A periodic flow does not depend on the splitting or the cell, and obeys Stokes' equations") {
  const double cell = 1.3;
  const Numbers sources = random_points(30, 1, cell), place = {0.31, 0.72, 0.15};
  Numbers forces(90);
  octopole_test::Random random(4);
  for (double& f : forces) f = random() - 0.3;
  const auto flow = Octopole::EwaldSum::stokes(cell, sources, forces, place);
  const auto other = Octopole::EwaldSum::stokes(cell, sources, forces, place, 8.5);
  Numbers eight, repeated;
  for (int copy = 0; copy < 8; ++copy) {
    for (std::size_t i = 0; i < sources.size(); ++i)
      eight.push_back(sources[i] + cell * (copy >> (i % 3) & 1));
    repeated.insert(repeated.end(), forces.begin(), forces.end());
  }
  const auto large = Octopole::EwaldSum::stokes(2 * cell, eight, repeated, place);
  for (std::size_t d = 0; d < 3; ++d) {
    CHECK(std::abs(flow.velocity[d] - other.velocity[d]) < 1e-12);
    CHECK(std::abs(flow.velocity[d] - large.velocity[d]) < 1e-12);
  }
  CHECK(std::abs(flow.pressure[0] - large.pressure[0]) < 1e-12);
  // div u = 0, and grad p - laplace u is the mean force on the volume, with the opposite sign.
  double divergence = 0, total[3] = {}, residual[3] = {};
  for (std::size_t j = 0; j < forces.size(); ++j) total[j % 3] += forces[j];
  constexpr double h = 2e-3;
  for (std::size_t d = 0; d < 3; ++d) {
    Numbers around;
    for (const int step : {-2, -1, 1, 2}) {
      around.insert(around.end(), place.begin(), place.end());
      around[around.size() - 3 + d] += step * h;
    }
    const auto there = Octopole::EwaldSum::stokes(cell, sources, forces, around);
    const auto u = [&](std::size_t step, std::size_t k) { return there.velocity[3 * step + k]; };
    const auto& p = there.pressure;
    divergence += (8 * (u(2, d) - u(1, d)) - (u(3, d) - u(0, d))) / (12 * h);
    residual[d] += (8 * (p[2] - p[1]) - (p[3] - p[0])) / (12 * h);
    for (std::size_t k = 0; k < 3; ++k)
      residual[k] -=
          (16 * (u(1, k) + u(2, k)) - (u(0, k) + u(3, k)) - 30 * flow.velocity[k]) / (12 * h * h);
  }
  CHECK(std::abs(divergence) < 1e-8);
  for (std::size_t d = 0; d < 3; ++d)
    CHECK(std::abs(residual[d] + total[d] / (cell * cell * cell)) < 1e-5);
}
