// SPDX-License-Identifier: BSD-3-Clause
// Inverses between surfaces by their even and odd parts, against those of the whole matrix.
#include <algorithm>
#include <cmath>
#include <core/kernels/Octopole_Helmholtz.hpp>
#include <core/kernels/Octopole_Laplace.hpp>
#include <core/kernels/Octopole_Yukawa.hpp>
#include <core/precompute/Octopole_MirrorSymmetry.hpp>
#include <core/precompute/Octopole_Precompute.hpp>
#include <string>
#include <tests/support/octopole_catch.hpp>
#include <vector>

namespace {

using Octopole::Impl::HostMatrix;
using Octopole::Impl::MirrorBasis;
using Octopole::Impl::PlacedSurface;
using Octopole::Impl::PseudoInverse;

/// Laplace in oblique coordinates: no axis can be reflected.
struct Oblique {
  using scalar = double;
  static constexpr int source_components = 1, target_components = 1;
  template <class V, class Q>
  void potential(V dx, V dy, V dz, const Q (&q)[1], V (&u)[1]) const {
    u[0] += q[0] / std::sqrt(dx * dx + dy * dy + dz * dz + 0.7 * dx * dy);
  }
};

/// The field of a charge: a vector of a scalar.
struct Field {
  using scalar = double;
  static constexpr int source_components = 1, target_components = 3;
  template <class V, class Q>
  void potential(V dx, V dy, V dz, const Q (&q)[1], V (&u)[3]) const {
    const V r2 = dx * dx + dy * dy + dz * dz, scale = q[0] / (r2 * std::sqrt(r2));
    u[0] += scale * dx, u[1] += scale * dy, u[2] += scale * dz;
  }
};

/// A velocity of a force: a vector of a vector.
struct Tensor {
  using scalar = double;
  static constexpr int source_components = 3, target_components = 3;
  template <class V, class Q>
  void potential(V dx, V dy, V dz, const Q (&q)[3], V (&u)[3]) const {
    const V r2 = dx * dx + dy * dy + dz * dz, r = std::sqrt(r2);
    const V along = (dx * q[0] + dy * q[1] + dz * q[2]) / (r2 * r);
    u[0] += q[0] / r + along * dx, u[1] += q[1] / r + along * dy, u[2] += q[2] / r + along * dz;
  }
};

/// The matrix that the factors stand for.
HostMatrix product(const PseudoInverse& inverse) {
  const std::size_t n = inverse.left.extent(0), m = inverse.right.extent(1);
  const HostMatrix p = Octopole::Impl::zero_matrix("Octopole::test", n, m);
  for (std::size_t j = 0; j < m; ++j)
    for (std::size_t k = 0; k < inverse.right.extent(0); ++k)
      for (std::size_t i = 0; i < n; ++i) p(i, j) += inverse.left(i, k) * inverse.right(k, j);
  return p;
}

double norm(const HostMatrix& a) {
  double sum = 0;
  for (std::size_t i = 0; i < a.span(); ++i) sum += a.data()[i] * a.data()[i];
  return std::sqrt(sum);
}

double distance(const HostMatrix& a, const HostMatrix& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.span(); ++i) {
    const double d = a.data()[i] - b.data()[i];
    sum += d * d;
  }
  return std::sqrt(sum);
}

template <class Kernel>
void same_inverse(const Kernel& kernel, const PlacedSurface& targets,
                  const PlacedSurface& sources) {
  using Octopole::Impl::padded_size;
  constexpr int C = Kernel::source_components, K = Kernel::target_components;
  const Octopole::Impl::PaddedComponents rows{Octopole::Surface::size(targets.order),
                                              padded_size<double>(targets.order), K},
      columns{Octopole::Surface::size(sources.order), padded_size<double>(sources.order), C};
  const HostMatrix a = Octopole::Impl::zero_matrix("Octopole::test", rows.all(), columns.all());
  Octopole::Impl::fill_block<double>(kernel, targets, sources, a, 0, 0);
  const auto signs = Octopole::Impl::mirror_signs(kernel);
  REQUIRE(signs);
  for (const double cutoff : {1e-13, 1e-3}) {
    CAPTURE(targets.order, sources.order, cutoff);
    const PseudoInverse whole = Octopole::Impl::pseudo_inverse<double>(a, rows, columns, cutoff);
    const PseudoInverse parts = Octopole::Impl::pseudo_inverse(
        Octopole::Impl::fill_mirror_blocks(kernel, *signs, targets, sources), cutoff);
    REQUIRE(parts.left.extent(0) == whole.left.extent(0));
    REQUIRE(parts.right.extent(1) == whole.right.extent(1));
    REQUIRE(parts.left.extent(1) == whole.left.extent(1));  // as many values are kept
    const HostMatrix expected = product(whole);
    CHECK(distance(product(parts), expected) < 1e-9 * norm(expected));
    // Values descend: the columns of the left factor are the inverse values long.
    double last = 0;
    for (std::size_t k = 0; k < parts.left.extent(1); ++k) {
      double length = 0;
      for (std::size_t i = 0; i < parts.left.extent(0); ++i)
        length += parts.left(i, k) * parts.left(i, k);
      CHECK(length >= last * (1 - 1e-9));
      last = length;
    }
  }
}

template <class Kernel>
void same_inverses(const Kernel& kernel) {
  same_inverse(kernel, {4, 2.95}, {4, 1.05});
  same_inverse(kernel, {5, 2.95}, {3, 1.05});
  same_inverse(kernel, {5, 1.05}, {5, 2.95});
  same_inverse(kernel, {4, 2.95}, {3, 1.05});
}

/// A kernel that does not follow the reflections, by less than is looked at.
template <class Kernel>
struct Skewed : Kernel {
  using Kernel::source_components, Kernel::target_components;
  template <class V, class Q>
  void potential(V dx, V dy, V dz, const Q& q, V (&u)[target_components]) const {
    Kernel::potential(dx, dy, dz, q, u);
    for (V& x : u) x *= 1 + 1e-12 * (dx + dy + dz);
  }
};

/// The transforms of M2L with and without the reflections, largest difference by largest number.
template <class Kernel>
double transforms_differ(const Kernel& kernel, int order) {
  const Octopole::OperatorSpec spec{.order = order};
  REQUIRE(Octopole::Impl::mirror_signs(kernel));
  REQUIRE_FALSE(Octopole::Impl::mirror_signs(Skewed<Kernel>{kernel}));
  const auto found = Octopole::Impl::m2l_frequencies<double>(kernel, spec),
             expected = Octopole::Impl::m2l_frequencies<double>(Skewed<Kernel>{kernel}, spec);
  REQUIRE(found.span() == expected.span());
  double largest = 0, difference = 0;
  for (std::size_t i = 0; i < found.span(); ++i) {
    largest = std::max(largest, std::abs(expected.data()[i]));
    difference = std::max(difference, std::abs(found.data()[i] - expected.data()[i]));
  }
  return difference / largest;
}

}  // namespace

TEST_CASE("mirror parts: an orthonormal basis of all numbers on a surface") {
  for (const int order : {2, 3, 4, 5, 8})
    for (const std::vector<int>& odd : {std::vector<int>{0}, {0, 0}, {1, 2, 4}}) {
      const MirrorBasis basis(order, odd);
      CAPTURE(order, odd.size());
      REQUIRE(basis.points() == Octopole::Surface::size(order));
      int vectors = 0;
      for (int part = 0; part < Octopole::Impl::mirror_parts; ++part) vectors += basis.size(part);
      REQUIRE(vectors == basis.points() * int(odd.size()));
      // Each point is an image of one representative, as often as the weights say.
      std::vector<double> met(basis.points(), 0);
      for (int r = 0; r < basis.representatives(); ++r)
        for (int axes = 0; axes < Octopole::Impl::mirror_parts; ++axes)
          met[basis.image(r, axes)] += basis.images(r) / Octopole::Impl::mirror_parts;
      for (const double times : met) CHECK(times == 1);
    }
}

TEST_CASE("mirror parts: which components change their sign") {
  const auto laplace = Octopole::Impl::mirror_signs(Octopole::Laplace<double>{});
  REQUIRE(laplace);
  CHECK(laplace->source[0] == 0);
  CHECK(laplace->target[0] == 0);
  const auto tensor = Octopole::Impl::mirror_signs(Tensor{});
  REQUIRE(tensor);
  for (int d = 0; d < 3; ++d) CHECK((tensor->source[d] == 1 << d && tensor->target[d] == 1 << d));
  const auto field = Octopole::Impl::mirror_signs(Field{});
  REQUIRE(field);
  CHECK(field->source[0] == 0);
  for (int d = 0; d < 3; ++d) CHECK(field->target[d] == 1 << d);
  CHECK_FALSE(Octopole::Impl::mirror_signs(Oblique{}));
}

TEST_CASE("mirror parts: the inverse of the whole matrix") {
  same_inverses(Octopole::Laplace<double>{});
  same_inverses(Octopole::Yukawa<double>{0.8});
  same_inverses(Octopole::Helmholtz<double>{1.3});
  same_inverses(Tensor{});
  same_inverses(Field{});
}

TEST_CASE("mirror parts: the transforms of a transfer vector's images") {
  for (const int order : {3, 4}) {
    CHECK(transforms_differ(Octopole::Laplace<double>{}, order) < 1e-10);
    CHECK(transforms_differ(Octopole::Helmholtz<double>{1.3}, order) < 1e-10);
    CHECK(transforms_differ(Tensor{}, order) < 1e-10);
    CHECK(transforms_differ(Field{}, order) < 1e-10);
  }
}
