// SPDX-License-Identifier: BSD-3-Clause
// Kernels by the plain sum of a Plan against reference/reference.txt, and that file by itself: what
// must hold between its numbers, and most of them once more by sums in double.
#include <Octopole.hpp>
#include <array>
#include <cmath>
#include <complex>
#include <initializer_list>
#include <numbers>
#include <perf/judge/Octopole_DirectCheck.hpp>
#include <set>
#include <string>
#include <tests/support/octopole_catch.hpp>
#include <tests/support/octopole_reference.hpp>
#include <tests/support/octopole_test_kernels.hpp>
#include <utility>
#include <vector>

#include <tests/support/test_views.hpp>

namespace {

using octopole_test::reference;
using octopole_test::Section;
using Execution = Kokkos::DefaultExecutionSpace;
using Numbers = std::vector<double>;
namespace Check = Octopole::DirectCheck;

constexpr double limit = 1e-12;

// ---- a Plan's results against the file ------------------------------------------------------

template <class T, int... Extents>
struct Data {
  using type = T;
};
template <class T, int First, int... Rest>
struct Data<T, First, Rest...> {
  using type = typename Data<T, Rest...>::type[First];
};

/// A section and the shape of its rows in a Plan's Views: none for a number, <3> for a vector,
/// <3, 3> for a matrix; of complex numbers a last 2.
template <int... Extents>
struct Rows {
  using View = Kokkos::View<typename Data<double*, Extents...>::type, Kokkos::LayoutRight,
                            Execution::memory_space>;
  static constexpr std::size_t columns = (std::size_t(1) * ... * Extents);
  std::string section;

  const Section& expected() const {
    const Section& all = reference()[section];
    REQUIRE(all.columns == columns);
    return all;
  }
};

using Points = Rows<3>::View;

Numbers target_points() {
  Numbers xyz;
  for (const std::size_t i : reference().targets)
    for (int d = 0; d < 3; ++d) xyz.push_back(reference()["points"](i, d));
  return xyz;
}

void require_close(const std::string& section, const Numbers& found,
                   const std::vector<std::size_t>& rows) {
  const Section& expected = reference()[section];
  const auto error = Check::compare(found, expected.values, rows, expected.columns);
  INFO(section << ": relative L2 " << error.relative_l2 << ", worst " << error.maximum);
  CHECK(error.relative_l2 <= limit);
  CHECK(error.maximum <= limit);
}

/// Results overwrite, so what was there must not matter.
template <class View>
View spoilt(std::size_t rows) {
  const auto view = view_of<View>({}, rows);
  Kokkos::deep_copy(view, -77);
  return view;
}

/// A section of the file for each View. (A function: nvcc knows no packs of a lambda in a lambda.)
template <class Plan, class Charges, class Named, class... View>
void check_outputs(const Execution& exec, Plan& plan, const Charges& charges, const Named& named,
                   const std::vector<std::size_t>& rows, const std::vector<std::string>& sections,
                   const View&... views) {
  plan.execute(exec, charges, named(views...));
  exec.fence("Octopole::test");
  std::size_t i = 0;
  (require_close(sections[i++], numbers(views), rows), ...);
}

/// `named` puts a View per output, in the order given, into Octopole::Outputs. Once all points are
/// targets, once those of the file, as targets of their own.
template <class Kernel, class Charges, class Named, class... Output>
void compare(const Kernel& kernel, const Charges& charges, const Named& named,
             const Output&... outputs) {
  const Execution exec;
  const Section& points = reference()["points"];
  const auto x = view_of<Points>(points.values, points.rows);
  const auto y = view_of<Points>(target_points(), reference().targets.size());
  const auto q = view_of<typename Charges::View>(charges.expected().values, points.rows);
  const Octopole::Options options{.near_field = Octopole::NearField::exact,
                                  .method = Octopole::Method::direct,
                                  .cache = Octopole::Cache::off(),
                                  .outputs = Octopole::outputs_of<Kernel>};
  const auto run = [&](auto plan, const std::vector<std::size_t>& rows) {
    REQUIRE(plan.facts().method == "direct");
    const std::size_t m = plan.facts().n_targets;
    check_outputs(exec, plan, q, named, rows, {outputs.section...},
                  spoilt<typename Output::View>(m)...);
  };
  (outputs.expected(), ...);
  run(Octopole::Plan(exec, kernel, x, options), reference().targets);
  std::vector<std::size_t> all(reference().targets.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
  run(Octopole::Plan(exec, kernel, x, y, options), all);
}

const auto potential = [](const auto& u) { return Octopole::outputs().potential(u); };
const auto potential_and_gradient = [](const auto& u, const auto& g) {
  return Octopole::outputs().potential(u).gradient(g);
};

// ---- the file by itself ---------------------------------------------------------------------

/// Whether a sum of rounded numbers that is zero before rounding is zero but for that.
bool vanishes(std::initializer_list<double> terms) {
  double sum = 0, sizes = 0;
  for (const double term : terms) {
    sum += term;
    sizes += std::abs(term);
  }
  return sizes > 0 && std::abs(sum) <= 4e-16 * sizes;
}

using Vector = std::array<double, 3>;
double dot(const Vector& a, const Vector& b) {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}
Vector cross(const Vector& a, const Vector& b) {
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}

/// Sums over the pairs not at distance zero: add(target's row, source, x - y, distance).
template <class Add>
Numbers summed(std::size_t columns, const Add& add) {
  const Section& points = reference()["points"];
  Numbers all;
  for (const std::size_t i : reference().targets) {
    Numbers row(columns, 0.0);
    for (std::size_t j = 0; j < points.rows; ++j) {
      Vector r;
      for (int d = 0; d < 3; ++d) r[d] = points(i, d) - points(j, d);
      const double distance = std::sqrt(dot(r, r));
      if (distance > 0) add(row, j, r, distance);
    }
    all.insert(all.end(), row.begin(), row.end());
  }
  return all;
}

void require_sums(const std::string& section, const Numbers& found) {
  std::vector<std::size_t> rows(reference().targets.size());
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = i;
  REQUIRE(found.size() == reference()[section].values.size());
  require_close(section, found, rows);
}

Vector vector_charge(std::size_t j) {
  const Section& v = reference()["charges.vector"];
  return {v(j, 0), v(j, 1), v(j, 2)};
}

constexpr double quarter = std::numbers::inv_pi / 4;  // 1/(4 pi)

}  // namespace

TEST_CASE("laplace agrees with the reference") {
  compare(Octopole::Laplace<double>{}, Rows<>{"charges.scalar"}, potential_and_gradient,
          Rows<>{"laplace.potential"}, Rows<3>{"laplace.gradient"});
  compare(Octopole::Laplace<double>{}, Rows<>{"charges.scalar"}, potential,
          Rows<>{"laplace.potential"});
}

TEST_CASE("laplace's hessian agrees with the reference") {
  compare(
      Octopole::Laplace<double>{}, Rows<>{"charges.scalar"},
      [](const auto& u, const auto& g, const auto& h) {
        return Octopole::outputs().potential(u).gradient(g).hessian(h);
      },
      Rows<>{"laplace.potential"}, Rows<3>{"laplace.gradient"}, Rows<6>{"laplace.hessian"});
  // One output without those before it.
  compare(
      Octopole::Laplace<double>{}, Rows<>{"charges.scalar"},
      [](const auto& h) { return Octopole::outputs().hessian(h); }, Rows<6>{"laplace.hessian"});
}

TEST_CASE("dipoles agree with the reference") {
  compare(
      Octopole::LaplaceDipole<double>{}, Rows<3>{"charges.vector"},
      [](const auto& u, const auto& g, const auto& h) {
        return Octopole::outputs().potential(u).gradient(g).hessian(h);
      },
      Rows<>{"laplace_dipole.potential"}, Rows<3>{"laplace_dipole.gradient"},
      Rows<6>{"laplace_dipole.hessian"});
}

TEST_CASE("yukawa agrees with the reference") {
  compare(Octopole::Yukawa<double>{reference().parameter("yukawa.screening")},
          Rows<>{"charges.scalar"}, potential_and_gradient, Rows<>{"yukawa.potential"},
          Rows<3>{"yukawa.gradient"});
}

TEST_CASE("helmholtz agrees with the reference") {
  compare(Octopole::Helmholtz<double>{reference().parameter("helmholtz.wavenumber")},
          Rows<2>{"charges.complex"}, potential_and_gradient, Rows<2>{"helmholtz.potential"},
          Rows<3, 2>{"helmholtz.gradient"});
}

TEST_CASE("the stokeslet agrees with the reference") {
  compare(
      Octopole::Stokeslet<double>{}, Rows<3>{"charges.vector"},
      [](const auto& u, const auto& p) { return Octopole::outputs().velocity(u).pressure(p); },
      Rows<3>{"stokeslet.velocity"}, Rows<>{"stokeslet.pressure"});
}

TEST_CASE("biot-savart agrees with the reference, with and without a core") {
  const auto both = [](const auto& u, const auto& g) {
    return Octopole::outputs().velocity(u).velocity_gradient(g);
  };
  compare(Octopole::BiotSavart<double>{}, Rows<3>{"charges.vector"}, both,
          Rows<3>{"biot_savart.velocity"}, Rows<3, 3>{"biot_savart.velocity_gradient"});
  compare(Octopole::BiotSavart<double>{reference().parameter("biot_savart_core.radius")},
          Rows<3>{"charges.vector"}, both, Rows<3>{"biot_savart_core.velocity"},
          Rows<3, 3>{"biot_savart_core.velocity_gradient"});
}

TEST_CASE("the users' kernels agree with the reference") {
  const octopole_test::Yukawa<double> yukawa{reference().parameter("yukawa.screening")};
  compare(yukawa, Rows<>{"charges.scalar"}, potential_and_gradient, Rows<>{"yukawa.potential"},
          Rows<3>{"yukawa.gradient"});
  compare(octopole_test::Stokeslet<double>{}, Rows<3>{"charges.vector"}, potential,
          Rows<3>{"stokeslet.velocity"});
}

TEST_CASE("the judge of the other tests agrees with the reference") {
  const auto found =
      Check::reference(reference()["points"].values, reference()["charges.scalar"].values,
                       target_points(), reference().targets.size(), true);
  require_sums("laplace.potential", found.potential);
  require_sums("laplace.gradient", found.gradient);
}

TEST_CASE("the reference's points: in the cube, all apart but two, which are targets") {
  const Section& points = reference()["points"];
  REQUIRE(points.rows == 500);
  REQUIRE(points.columns == 3);
  for (const double x : points.values) CHECK((x >= 0 && x < 1));
  for (const auto& [name, columns] : {std::pair{"scalar", 1}, {"complex", 2}, {"vector", 3}}) {
    const Section& charges = reference()[std::string("charges.") + name];
    REQUIRE(charges.rows == points.rows);
    REQUIRE(charges.columns == std::size_t(columns));
    for (const double q : charges.values) CHECK((q >= -0.5 && q < 0.5));
  }
  std::set<Vector> all, twice, targets;
  for (std::size_t i = 0; i < points.rows; ++i) {
    const Vector p{points(i, 0), points(i, 1), points(i, 2)};
    if (!all.insert(p).second) twice.insert(p);
  }
  REQUIRE(all.size() == points.rows - 1);
  REQUIRE(reference().targets == Check::strided_targets(points.rows, 100));
  for (const std::size_t i : reference().targets)
    targets.insert({points(i, 0), points(i, 1), points(i, 2)});
  CHECK(targets.size() == reference().targets.size() - 1);
  CHECK(targets.count(*twice.begin()) == 1);
}

TEST_CASE("the reference's derivatives: what is harmonic or free of sources has no trace") {
  for (const std::string kernel : {"laplace", "laplace_dipole"}) {
    const Section& h = reference()[kernel + ".hessian"];
    REQUIRE(h.columns == 6);
    for (std::size_t i = 0; i < h.rows; ++i) CHECK(vanishes({h(i, 0), h(i, 3), h(i, 5)}));
  }
  for (const std::string kernel : {"biot_savart", "biot_savart_core"}) {
    const Section& g = reference()[kernel + ".velocity_gradient"];
    REQUIRE(g.columns == 9);
    for (std::size_t i = 0; i < g.rows; ++i) CHECK(vanishes({g(i, 0), g(i, 4), g(i, 8)}));
  }
}

// Away from sources curl u = curl curl A = grad div A; div A is minus the potential of dipoles.
TEST_CASE("the reference's kernels of vectors: dipoles give pressure and curl of velocity") {
  const Section& g = reference()["biot_savart.velocity_gradient"];
  const Section& dipoles = reference()["laplace_dipole.gradient"];
  for (std::size_t i = 0; i < g.rows; ++i) {
    CHECK(vanishes({g(i, 7), -g(i, 5), dipoles(i, 0)}));
    CHECK(vanishes({g(i, 2), -g(i, 6), dipoles(i, 1)}));
    CHECK(vanishes({g(i, 3), -g(i, 1), dipoles(i, 2)}));
  }
  CHECK(reference()["stokeslet.pressure"].values == reference()["laplace_dipole.potential"].values);
}

// Some derivatives too: so that the order of components is what the reader's comment says.
TEST_CASE("the reference's sums in double") {
  using Complex = std::complex<double>;
  const double k = reference().parameter("helmholtz.wavenumber");
  const Section& complex = reference()["charges.complex"];
  const auto value = [&](std::size_t j, double d) {
    return std::polar(quarter / d, k * d) * Complex(complex(j, 0), complex(j, 1));
  };
  const auto add = [](Numbers& u, int a, const Complex& z) {
    u[2 * a] += z.real();
    u[2 * a + 1] += z.imag();
  };
  require_sums("helmholtz.potential", summed(2, [&](Numbers& u, std::size_t j, const Vector&,
                                                    double d) { add(u, 0, value(j, d)); }));
  require_sums("helmholtz.gradient",
               summed(6, [&](Numbers& u, std::size_t j, const Vector& r, double d) {
                 for (int a = 0; a < 3; ++a)
                   add(u, a, Complex(-1 / d, k) * value(j, d) * (r[a] / d));
               }));
  const Section& scalar = reference()["charges.scalar"];
  require_sums(
      "laplace.hessian", summed(6, [&](Numbers& u, std::size_t j, const Vector& r, double d) {
        for (int a = 0, row = 0; a < 3; ++a)
          for (int b = a; b < 3; ++b, ++row)
            u[row] += quarter * scalar(j) * (3 * r[a] * r[b] / (d * d) - (a == b)) / (d * d * d);
      }));
  require_sums("laplace_dipole.potential",
               summed(1, [&](Numbers& u, std::size_t j, const Vector& r, double d) {
                 u[0] += quarter * dot(vector_charge(j), r) / (d * d * d);
               }));
  const auto biot_savart = [&](const auto& core) {
    return summed(3, [&](Numbers& u, std::size_t j, const Vector& r, double d) {
      const Vector w = cross(vector_charge(j), r);
      for (int a = 0; a < 3; ++a) u[a] += quarter * core(d) * w[a] / (d * d * d);
    });
  };
  require_sums("biot_savart.velocity", biot_savart([](double) { return 1.0; }));
  const double radius = reference().parameter("biot_savart_core.radius");
  require_sums("biot_savart_core.velocity", biot_savart([&](double d) {
                 const double rho = d / radius;
                 return std::erf(rho) - 2 * std::numbers::inv_sqrtpi * rho * std::exp(-rho * rho);
               }));
}
