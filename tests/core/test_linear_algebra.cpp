// SPDX-License-Identifier: BSD-3-Clause
// Singular values, pseudo-inverse, products and the randomised SVD on the host, against their
// definitions; and the check-to-equivalent solve made of them, order by order.
#include <algorithm>
#include <cmath>
#include <core/kernels/Octopole_Laplace.hpp>
#include <core/precompute/Octopole_LinearAlgebra.hpp>
#include <core/precompute/Octopole_Precompute.hpp>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <tests/support/octopole_catch.hpp>
#include <tests/support/octopole_point_sets.hpp>
#include <vector>

namespace {

using Octopole::Impl::CompressedStack;
using Octopole::Impl::HostMatrix;
using Octopole::Impl::MatrixStack;
using octopole_test::Random;

HostMatrix zeros(int rows, int cols) {
  return HostMatrix("Octopole::test", rows, cols);
}

int rows(const HostMatrix& a) {
  return static_cast<int>(a.extent(0));
}
int cols(const HostMatrix& a) {
  return static_cast<int>(a.extent(1));
}

HostMatrix random_matrix(int m, int n, std::uint64_t seed) {
  Random random(seed);
  const HostMatrix a = zeros(m, n);
  for (int j = 0; j < n; ++j)
    for (int i = 0; i < m; ++i) a(i, j) = random() - 0.5;
  return a;
}

HostMatrix copy(const HostMatrix& a) {
  const HostMatrix b = zeros(rows(a), cols(a));
  for (int j = 0; j < cols(a); ++j)
    for (int i = 0; i < rows(a); ++i) b(i, j) = a(i, j);
  return b;
}

HostMatrix transpose(const HostMatrix& a) {
  const HostMatrix b = zeros(cols(a), rows(a));
  for (int j = 0; j < cols(a); ++j)
    for (int i = 0; i < rows(a); ++i) b(j, i) = a(i, j);
  return b;
}

// By the definition; the library's own product is tested against it.
HostMatrix product(const HostMatrix& a, const HostMatrix& b) {
  const HostMatrix c = zeros(rows(a), cols(b));
  for (int j = 0; j < cols(b); ++j)
    for (int k = 0; k < cols(a); ++k)
      for (int i = 0; i < rows(a); ++i) c(i, j) += a(i, k) * b(k, j);
  return c;
}

double norm(const HostMatrix& a) {
  double sum = 0;
  for (int j = 0; j < cols(a); ++j)
    for (int i = 0; i < rows(a); ++i) sum += a(i, j) * a(i, j);
  return std::sqrt(sum);
}

double distance(const HostMatrix& a, const HostMatrix& b) {
  if (rows(a) != rows(b) || cols(a) != cols(b)) return std::numeric_limits<double>::infinity();
  double sum = 0;
  for (int j = 0; j < cols(a); ++j)
    for (int i = 0; i < rows(a); ++i) sum += (a(i, j) - b(i, j)) * (a(i, j) - b(i, j));
  return std::sqrt(sum);
}

// |Q^T Q - I|
double not_orthonormal(const HostMatrix& q) {
  const HostMatrix gram = product(transpose(q), q);
  for (int i = 0; i < rows(gram); ++i) gram(i, i) -= 1;
  return norm(gram);
}

// Columns orthonormal (Gram and Schmidt, twice).
HostMatrix random_basis(int m, int n, std::uint64_t seed) {
  const HostMatrix q = random_matrix(m, n, seed);
  for (int j = 0; j < n; ++j) {
    for (int pass = 0; pass < 2; ++pass)
      for (int k = 0; k < j; ++k) {
        double dot = 0;
        for (int i = 0; i < m; ++i) dot += q(i, k) * q(i, j);
        for (int i = 0; i < m; ++i) q(i, j) -= dot * q(i, k);
      }
    double length = 0;
    for (int i = 0; i < m; ++i) length += q(i, j) * q(i, j);
    for (int i = 0; i < m; ++i) q(i, j) /= std::sqrt(length);
  }
  return q;
}

// U diag(s) V^T with the singular values given.
HostMatrix with_values(int m, int n, const std::vector<double>& s, std::uint64_t seed) {
  const int r = static_cast<int>(s.size());
  const HostMatrix u = random_basis(m, r, seed), v = random_basis(n, r, seed + 1);
  for (int k = 0; k < r; ++k)
    for (int i = 0; i < m; ++i) u(i, k) *= s[k];
  return product(u, transpose(v));
}

struct Extent {
  int m, n;
};
const std::vector<Extent> extents = {{1, 1}, {5, 5}, {40, 40}, {40, 7}, {7, 40}, {1, 9}, {9, 1}};

}  // namespace

TEST_CASE("svd: A = U S V^T, orthonormal, values descending") {
  for (const auto [m, n] : extents)
    for (const std::uint64_t seed : {1, 2, 3}) {
      CAPTURE(m, n, seed);
      const HostMatrix a = random_matrix(m, n, seed);
      const auto d = Octopole::Impl::svd(copy(a));
      const int r = std::min(m, n);
      REQUIRE(static_cast<int>(d.s.size()) == r);
      REQUIRE((rows(d.u) == m && cols(d.u) == r && rows(d.vt) == r && cols(d.vt) == n));
      CHECK(std::is_sorted(d.s.rbegin(), d.s.rend()));
      CHECK(d.s.back() >= 0);
      CHECK(not_orthonormal(d.u) < 1e-13);
      CHECK(not_orthonormal(transpose(d.vt)) < 1e-13);
      const HostMatrix us = copy(d.u);
      for (int k = 0; k < r; ++k)
        for (int i = 0; i < m; ++i) us(i, k) *= d.s[k];
      CHECK(distance(product(us, d.vt), a) < 1e-13 * norm(a));
    }
}

TEST_CASE("svd: known singular values, equal ones among them") {
  const std::vector<double> s = {3, 3, 3, 1, 1, 1e-3, 1e-9, 0};
  const auto d = Octopole::Impl::svd(with_values(30, 12, s, 4));
  REQUIRE(d.s.size() == 12);
  for (int k = 0; k < 12; ++k) {
    CAPTURE(k);
    CHECK(std::abs(d.s[k] - (k < 8 ? s[k] : 0)) < 1e-14);
  }
}

TEST_CASE("svd: nothing, and zeros") {
  CHECK(Octopole::Impl::svd(zeros(0, 0)).s.empty());
  CHECK(Octopole::Impl::svd(zeros(4, 0)).s.empty());
  for (const double s : Octopole::Impl::svd(zeros(6, 4)).s) CHECK(s == 0);
}

TEST_CASE("svd of a part of a larger matrix") {
  const HostMatrix whole = random_matrix(20, 9, 5);
  const HostMatrix part =
      Kokkos::subview(whole, std::make_pair(3, 13), std::make_pair(2, 8));  // stride 20
  const HostMatrix a = copy(part);
  const auto d = Octopole::Impl::svd(part);
  const HostMatrix us = copy(d.u);
  for (int k = 0; k < 6; ++k)
    for (int i = 0; i < 10; ++i) us(i, k) *= d.s[k];
  CHECK(distance(product(us, d.vt), a) < 1e-13 * norm(a));
}

TEST_CASE("pseudo-inverse: the four identities of Moore and Penrose") {
  for (const auto [m, n] : extents)
    for (const int drop : {0, 1, 3}) {
      const int r = std::min(m, n) - drop;
      if (r < 1) continue;
      CAPTURE(m, n, drop);
      std::vector<double> s(r);
      for (int k = 0; k < r; ++k) s[k] = std::pow(0.5, k % 12);
      std::sort(s.rbegin(), s.rend());
      const HostMatrix a = with_values(m, n, s, 7);
      const auto inverse = Octopole::Impl::pseudo_inverse(copy(a), 1e-11);
      REQUIRE(cols(inverse.left) == r);  // rank-deficient ones too: the dropped values are zeros
      REQUIRE(rows(inverse.right) == r);
      REQUIRE((rows(inverse.left) == n && cols(inverse.right) == m));
      const HostMatrix p = product(inverse.left, inverse.right);
      const HostMatrix ap = product(a, p), pa = product(p, a);
      CHECK(distance(product(ap, a), a) < 1e-11 * norm(a));
      CHECK(distance(product(pa, p), p) < 1e-11 * norm(p));
      CHECK(distance(transpose(ap), ap) < 1e-11 * norm(ap));
      CHECK(distance(transpose(pa), pa) < 1e-11 * norm(pa));
      // Two factors as they are stated: right = U^T, left = V S^-1.
      CHECK(not_orthonormal(transpose(inverse.right)) < 1e-12);
      for (int k = 0; k < r; ++k) {
        double length = 0;
        for (int i = 0; i < n; ++i) length += inverse.left(i, k) * inverse.left(i, k);
        CHECK(std::sqrt(length) * s[k] == Approx(1).epsilon(1e-10));
      }
    }
}

TEST_CASE("pseudo-inverse: the cut-off is relative to the largest value") {
  const std::vector<double> s = {1e6, 1e5, 1e3, 1e1, 1e-2};
  const HostMatrix a = with_values(12, 9, s, 9);
  const auto kept = [&](double cutoff) {
    return cols(Octopole::Impl::pseudo_inverse(copy(a), cutoff).left);
  };
  CHECK(kept(1e-12) == 5);
  CHECK(kept(1e-7) == 4);
  CHECK(kept(1e-4) == 3);
  CHECK(kept(1e-2) == 2);
  CHECK(kept(0.5) == 1);
  // What is left inverts the truncated matrix: A+ A is a projector onto 3 directions.
  const auto inverse = Octopole::Impl::pseudo_inverse(copy(a), 1e-4);
  const HostMatrix pa = product(product(inverse.left, inverse.right), a);
  double trace = 0;
  for (int i = 0; i < 9; ++i) trace += pa(i, i);
  CHECK(trace == Approx(3).epsilon(1e-10));
  CHECK(distance(product(pa, pa), pa) < 1e-9);
}

TEST_CASE("pseudo-inverse of zeros keeps nothing") {
  const auto inverse = Octopole::Impl::pseudo_inverse(zeros(5, 4), 1e-10);
  CHECK((rows(inverse.left) == 4 && cols(inverse.left) == 0));
  CHECK((rows(inverse.right) == 0 && cols(inverse.right) == 5));
}

TEST_CASE("multiply: C = A B and A^T B, overwritten or added to") {
  struct Shape {
    int m, k, n;
  };
  for (const auto [m, k, n] :
       {Shape{1, 1, 1}, Shape{7, 5, 3}, Shape{65, 33, 17}, Shape{130, 70, 90}, Shape{40, 8, 1}}) {
    CAPTURE(m, k, n);
    const HostMatrix a = random_matrix(m, k, 1), b = random_matrix(k, n, 2);
    const HostMatrix expected = product(a, b), before = random_matrix(m, n, 3);
    const HostMatrix sum = copy(before);
    for (int j = 0; j < n; ++j)
      for (int i = 0; i < m; ++i) sum(i, j) += expected(i, j);
    for (const bool transposed : {false, true}) {
      const HostMatrix first = transposed ? transpose(a) : a;
      HostMatrix c = copy(before);
      Octopole::Impl::multiply(transposed, first, b, false, c);
      CHECK(distance(c, expected) < 1e-13 * norm(expected));
      c = copy(before);
      Octopole::Impl::multiply(transposed, first, b, true, c);
      CHECK(distance(c, sum) < 1e-13 * norm(sum));
    }
    // What was there is overwritten, not multiplied by zero.
    const HostMatrix nan = zeros(m, n);
    Kokkos::deep_copy(nan, std::numeric_limits<double>::quiet_NaN());
    Octopole::Impl::multiply(false, a, b, false, nan);
    CHECK(distance(nan, expected) < 1e-13 * norm(expected));
  }
}

namespace {

// A stack of smooth matrices, as M2L's are: 1/r between two equal grids of points at offsets of both
// signs, so that the stack side by side and on top of itself have one spectrum.
constexpr int stack_count = 30, stack_rows = 72, stack_cols = 72;

void stack_matrix(int t, const HostMatrix& m) {
  const double sign = t % 2 ? -1 : 1;
  const double offset[3] = {sign * (1.7 + t % 3 * 0.4), sign * (t / 2 % 5 - 2) * 0.5,
                            sign * (t / 10 - 1) * 0.8};
  for (int j = 0; j < cols(m); ++j)
    for (int i = 0; i < rows(m); ++i) {
      const double x = (i % 6 - j % 6) / 5.0 - offset[0],
                   y = (i / 6 % 4 - j / 6 % 4) / 3.0 - offset[1],
                   z = (i / 24 - j / 24) / 2.0 - offset[2];
      m(i, j) = 1 / std::sqrt(x * x + y * y + z * z);
    }
}

// The largest singular value of all matrices side by side: what the tolerance is relative to.
double stack_norm() {
  const HostMatrix all = zeros(stack_rows, stack_count * stack_cols);
  const HostMatrix m = zeros(stack_rows, stack_cols);
  for (int t = 0; t < stack_count; ++t) {
    stack_matrix(t, m);
    for (int j = 0; j < stack_cols; ++j)
      for (int i = 0; i < stack_rows; ++i) all(i, t * stack_cols + j) = m(i, j);
  }
  return Octopole::Impl::svd(all).s[0];
}

// The largest error of any matrix of the stack (Frobenius).
double stack_error(const CompressedStack& c) {
  double worst = 0;
  for (int t = 0; t < stack_count; ++t) {
    const HostMatrix m = zeros(stack_rows, stack_cols);
    stack_matrix(t, m);
    const HostMatrix near =
        product(product(c.target_basis, product(c.left[t], c.right[t])), transpose(c.source_basis));
    worst = std::max(worst, distance(near, m));
  }
  return worst;
}

}  // namespace

TEST_CASE("compress: the error follows the tolerance, the ranks fall with it") {
  const MatrixStack stack{stack_count, stack_rows, stack_cols, stack_matrix};
  const double whole = stack_norm();
  int last_rank = 1000;
  double last_mean = 1000;
  for (const double tolerance : {1e-13, 1e-10, 1e-7, 1e-4, 1e-2}) {
    CAPTURE(tolerance);
    const CompressedStack c = Octopole::Impl::compress(stack, tolerance, 0, 4);
    const int k = cols(c.target_basis);
    REQUIRE(cols(c.source_basis) == k);
    REQUIRE((rows(c.target_basis) == stack_rows && rows(c.source_basis) == stack_cols));
    REQUIRE((static_cast<int>(c.left.size()) == stack_count && c.right.size() == c.left.size()));
    CHECK(not_orthonormal(c.target_basis) < 1e-12);
    CHECK(not_orthonormal(c.source_basis) < 1e-12);
    double mean = 0;
    for (int t = 0; t < stack_count; ++t) {
      const int r = cols(c.left[t]);
      REQUIRE((rows(c.left[t]) == k && rows(c.right[t]) == r && cols(c.right[t]) == k));
      CHECK((r % 4 == 0 && r >= 4 && r <= k));
      mean += double(r) / stack_count;
    }
    const double error = stack_error(c);
    if (std::getenv("OCTOPOLE_TEST_VERBOSE"))
      std::printf("tolerance %.0e: k %d, mean core %.1f, error %.2e\n", tolerance, k, mean,
                  error / whole);
    // Two bases and a core each drop what is under the tolerance, and there is a tail.
    CHECK(error <= 10 * std::max(tolerance, 1e-14) * whole);
    CHECK(k <= last_rank);
    CHECK(mean < last_mean);
    CHECK(mean <= k);
    last_rank = k;
    last_mean = mean;
  }
  CHECK(last_rank < stack_cols / 4);
}

TEST_CASE("compress: a given rank is kept, rounded up to the granularity") {
  const MatrixStack stack{stack_count, stack_rows, stack_cols, stack_matrix};
  double last = 1e300;
  for (const int rank : {4, 8, 16, 32}) {
    CAPTURE(rank);
    const CompressedStack c = Octopole::Impl::compress(stack, 1e-13, rank, 4);
    CHECK(cols(c.target_basis) == rank);
    CHECK(cols(c.source_basis) == rank);
    const double error = stack_error(c);
    CHECK(error < 0.5 * last);
    last = error;
  }
  CHECK(cols(Octopole::Impl::compress(stack, 1e-13, 5, 8).target_basis) == 8);
  // Never more than there are.
  CHECK(cols(Octopole::Impl::compress(stack, 1e-13, 1000, 8).target_basis) <= stack_cols);
  for (const double tolerance : {1e-9, 1e-3}) {
    const CompressedStack c = Octopole::Impl::compress(stack, tolerance, 0, 8);
    CHECK(cols(c.target_basis) % 8 == 0);
    for (const HostMatrix& left : c.left)
      CHECK((cols(left) % 8 == 0 || cols(left) == cols(c.target_basis)));
  }
}

// All columns lie in a space of 5 dimensions, all rows in another one of 20.
TEST_CASE("compress: sources and targets span spaces of their own, of different dimensions") {
  const HostMatrix a = random_matrix(40, 5, 1), b = random_matrix(20, 48, 2);
  const auto matrix = [&](int t) { return product(product(a, random_matrix(5, 20, 100 + t)), b); };
  const MatrixStack stack{8, 40, 48,
                          [&](int t, const HostMatrix& m) { Kokkos::deep_copy(m, matrix(t)); }};
  const CompressedStack c = Octopole::Impl::compress(stack, 1e-13, 0, 4);
  CHECK(cols(c.target_basis) == 20);
  CHECK(cols(c.source_basis) == 20);
  for (int t = 0; t < 8; ++t) {
    const HostMatrix near =
        product(product(c.target_basis, product(c.left[t], c.right[t])), transpose(c.source_basis));
    CHECK(distance(near, matrix(t)) < 1e-9);
  }
}

TEST_CASE("compress: a stack of full rank, and the same on every run") {
  const MatrixStack stack{5, 24, 24, [](int t, const HostMatrix& m) {
                            const HostMatrix a = random_matrix(24, 24, 100 + t);
                            Kokkos::deep_copy(m, a);
                          }};
  const CompressedStack c = Octopole::Impl::compress(stack, 1e-14, 0, 8);
  REQUIRE(cols(c.target_basis) == 24);
  for (int t = 0; t < 5; ++t) {
    const HostMatrix near =
        product(product(c.target_basis, product(c.left[t], c.right[t])), transpose(c.source_basis));
    CHECK(distance(near, random_matrix(24, 24, 100 + t)) < 1e-12);
  }
  const CompressedStack again = Octopole::Impl::compress(stack, 1e-14, 0, 8);
  CHECK(distance(again.target_basis, c.target_basis) == 0);
  for (int t = 0; t < 5; ++t) CHECK(distance(again.left[t], c.left[t]) == 0);
}

namespace {

// Far potential of sources in the box through the two factors as they are applied, in T: the check
// potential on the outer surface, the solve, the equivalent density; relative L2 error in the far
// field. And the same inwards: sources far away, check on the inner surface, field in the box.
template <class T>
struct Solve {
  Kokkos::View<T**, Kokkos::LayoutLeft, Kokkos::HostSpace> left, right;

  // From densities on the `equivalent` surface to potentials on the `check` surface, as precompute
  // does it for Laplace.
  Solve(int p, double check, double equivalent) {
    const double cutoff = Octopole::OperatorSpec{}.cutoff * std::numeric_limits<T>::epsilon();
    HostMatrix l, r;
    Octopole::Impl::invert_between<T>(Octopole::Laplace<T>{}, {p, check}, {p, equivalent}, cutoff,
                                      l, r);
    left = Octopole::Impl::cast<T>(l), right = Octopole::Impl::cast<T>(r);
  }

  std::vector<T> operator()(const std::vector<double>& check) const {
    std::vector<T> half(right.extent(0)), density(left.extent(0));
    for (std::size_t j = 0; j < check.size(); ++j)
      for (std::size_t i = 0; i < half.size(); ++i)
        half[i] += right(i, j) * static_cast<T>(check[j]);
    for (std::size_t j = 0; j < half.size(); ++j)
      for (std::size_t i = 0; i < density.size(); ++i) density[i] += left(i, j) * half[j];
    return density;
  }
};

using octopole_test::Point;
using octopole_test::Points;

std::vector<double> field(const Points& targets, const Points& sources,
                          const std::vector<double>& q) {
  std::vector<double> u(targets.size());
  for (std::size_t i = 0; i < targets.size(); ++i)
    for (std::size_t j = 0; j < sources.size(); ++j) {
      const double x = targets[i][0] - sources[j][0], y = targets[i][1] - sources[j][1],
                   z = targets[i][2] - sources[j][2];
      u[i] += q[j] / std::sqrt(x * x + y * y + z * z);
    }
  return u;
}

// Points of the grid on the surface of a cube, x fastest.
Points shell(int p, double radius) {
  Points points;
  for (int k = 0; k < p; ++k)
    for (int j = 0; j < p; ++j)
      for (int i = 0; i < p; ++i)
        if (i % (p - 1) == 0 || j % (p - 1) == 0 || k % (p - 1) == 0)
          points.push_back({radius * (2.0 * i / (p - 1) - 1), radius * (2.0 * j / (p - 1) - 1),
                            radius * (2.0 * k / (p - 1) - 1)});
  return points;
}

// 40 points with charges in the box, 60 points outside the outer surface, either way round.
template <class T>
double solve_error(const Solve<T>& solve, int p, bool up, std::uint64_t seed) {
  Random random(seed);
  Points inside, outside;
  std::vector<double> q;
  for (int i = 0; i < 40; ++i)
    inside.push_back(octopole_test::scaled(random.in_cube(), 2, {-1, -1, -1}));
  for (int i = 0; i < 60; ++i)
    outside.push_back(octopole_test::scaled(random.on_sphere(), 5.2 + 3 * random()));
  const Points &sources = up ? inside : outside, &targets = up ? outside : inside;
  for (std::size_t i = 0; i < sources.size(); ++i) q.push_back(random() - 0.5);
  const auto density = solve(field(shell(p, up ? 2.95 : 1.05), sources, q));
  const Points equivalent = shell(p, up ? 1.05 : 2.95);
  const auto found =
      field(targets, equivalent,
            std::vector<double>(density.begin(), density.begin() + equivalent.size()));
  const auto expected = field(targets, sources, q);
  double difference = 0, size = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    difference += (found[i] - expected[i]) * (found[i] - expected[i]);
    size += expected[i] * expected[i];
  }
  return std::sqrt(difference / size);
}

// `floor`: what rounding in T leaves of the relative error.
template <class T>
void check_solves(double floor) {
  double last_up = 1, last_down = 1;
  for (int p = 3; p <= 10; ++p) {
    CAPTURE(p);
    const Solve<T> upward(p, 2.95, 1.05), downward(p, 1.05, 2.95);
    double up = 0, down = 0;
    for (const std::uint64_t seed : {1, 2, 3}) {
      up = std::max(up, solve_error(upward, p, true, seed));
      down = std::max(down, solve_error(downward, p, false, seed));
    }
    if (std::getenv("OCTOPOLE_TEST_VERBOSE")) std::printf("p %d up %.2e down %.2e\n", p, up, down);
    // Never worse than the order before, and falling by the rate of the method until the floor.
    CHECK(up <= std::max(last_up, floor));
    CHECK(down <= std::max(last_down, floor));
    CHECK(up <= std::max(0.05 * std::pow(6.0, 3 - p), floor));
    CHECK(down <= std::max(0.05 * std::pow(6.0, 3 - p), floor));
    last_up = up, last_down = down;
  }
}

}  // namespace

TEST_CASE("check to equivalent: no order is worse than the one before, double") {
  check_solves<double>(1e-12);
}

TEST_CASE("check to equivalent: no order is worse than the one before, float") {
  check_solves<float>(5e-6);
}
