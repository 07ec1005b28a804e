// SPDX-License-Identifier: BSD-3-Clause
// octopole.h from C++: every status and its sentence, strides, types, targets and updates, against sums by hand.
// (From C and Fortran: examples/c_interface.c and fortran_interface.f90. With AnyPlan: it lies below.)
#include <octopole.h>

#include <array>
#include <cmath>
#include <complex>
#include <cstring>
#include <string>
#include <tests/support/octopole_catch.hpp>
#include <vector>

namespace {

const double four_pi = 4 * std::acos(-1.0);

octopole_array array(void* data, int type, std::vector<std::size_t> extents,
                     std::vector<std::size_t> strides = {}) {
  octopole_array a{data, type, int(extents.size()), {}, {}};
  std::copy(extents.begin(), extents.end(), a.extents);
  std::copy(strides.begin(), strides.end(), a.strides);
  return a;
}

/// Three points on the x axis, the first one charged.
struct Three {
  std::vector<double> x{0, 0, 0, 2, 0, 0, -4, 0, 0}, q{1, 0, 0}, u = std::vector<double>(3);
  octopole_array points = array(x.data(), OCTOPOLE_DOUBLE, {3, 3});
  octopole_array charges = array(q.data(), OCTOPOLE_DOUBLE, {3});
  octopole_array potentials = array(u.data(), OCTOPOLE_DOUBLE, {3});
};

struct Owner {
  octopole_plan* plan = nullptr;
  ~Owner() { octopole_plan_destroy(plan); }
};

int create(Owner& owner, const octopole_array& points, const char* kernel = "laplace",
           const octopole_options* options = nullptr, int precision = OCTOPOLE_DOUBLE) {
  return octopole_plan_create(&owner.plan, kernel, nullptr, 0, precision, &points, nullptr,
                              options);
}

int execute(const Owner& owner, const octopole_array& charges, const char* name,
            const octopole_array& result) {
  return octopole_plan_execute(owner.plan, &charges, 1, &name, &result);
}

}  // namespace

TEST_CASE("sums, new points and targets of their own") {
  Three p;
  Owner owner;
  REQUIRE(octopole_initialize(0) == OCTOPOLE_SUCCESS);  // it runs already: nothing happens
  REQUIRE(create(owner, p.points) == OCTOPOLE_SUCCESS);
  REQUIRE(execute(owner, p.charges, "potential", p.potentials) == OCTOPOLE_SUCCESS);
  CHECK(p.u[1] * four_pi == Approx(0.5));
  CHECK(p.u[2] * four_pi == Approx(0.25));
  CHECK(std::string(octopole_plan_description(owner.plan)).find("3 sources") != std::string::npos);

  p.x[3] = 8;
  REQUIRE(octopole_plan_update_points(owner.plan, &p.points, nullptr) == OCTOPOLE_SUCCESS);
  REQUIRE(execute(owner, p.charges, "potential", p.potentials) == OCTOPOLE_SUCCESS);
  CHECK(p.u[1] * four_pi == Approx(0.125));

  std::vector<float> target{0, 0, 5};
  const octopole_array targets = array(target.data(), OCTOPOLE_FLOAT, {1, 3});
  Owner apart;
  REQUIRE(octopole_plan_create(&apart.plan, "laplace", nullptr, 0, OCTOPOLE_DOUBLE, &p.points,
                               &targets, nullptr) == OCTOPOLE_SUCCESS);
  REQUIRE(execute(apart, p.charges, "potential", array(p.u.data(), OCTOPOLE_DOUBLE, {1})) ==
          OCTOPOLE_SUCCESS);
  CHECK(p.u[0] * four_pi == Approx(0.2));
  REQUIRE(octopole_plan_update_points(apart.plan, &p.points, &targets) == OCTOPOLE_SUCCESS);
  octopole_finalize();  // Kokkos is the test's: nothing happens
  CHECK(octopole_initialize(2) == OCTOPOLE_SUCCESS);
}

TEST_CASE("strides, complex numbers, single precision, parameters and options") {
  Three p;
  // Every second number of a column-major array.
  std::vector<double> columns(18, 7);
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t d = 0; d < 3; ++d) columns[2 * (i + 3 * d)] = p.x[3 * i + d];
  Owner strided;
  REQUIRE(create(strided, array(columns.data(), OCTOPOLE_DOUBLE, {3, 3}, {2, 6})) ==
          OCTOPOLE_SUCCESS);
  std::vector<double> apart(6, 7);
  REQUIRE(execute(strided, p.charges, "potential",
                  array(apart.data(), OCTOPOLE_DOUBLE, {3}, {2})) == OCTOPOLE_SUCCESS);
  CHECK(apart[2] * four_pi == Approx(0.5));
  CHECK(apart[4] * four_pi == Approx(0.25));
  CHECK(apart[1] == 7);
  CHECK(apart[3] == 7);

  Owner waves;
  const double wavenumber = 0.5;
  REQUIRE(octopole_plan_create(&waves.plan, "helmholtz", &wavenumber, 1, OCTOPOLE_DOUBLE, &p.points,
                               nullptr, nullptr) == OCTOPOLE_SUCCESS);
  std::vector<std::complex<double>> z{{0, 1}, {0, 0}, {0, 0}}, w(3);
  REQUIRE(execute(waves, array(z.data(), OCTOPOLE_DOUBLE_COMPLEX, {3}), "potential",
                  array(w.data(), OCTOPOLE_DOUBLE_COMPLEX, {3})) == OCTOPOLE_SUCCESS);
  CHECK(std::abs(w[1] * four_pi - std::polar(0.5, 1.0) * std::complex<double>(0, 1)) < 1e-14);

  Owner single;
  octopole_options options = octopole_default_options();
  options.digits = 3;
  options.outputs = "gradient, potential";
  options.method = "direct";
  options.cache = "off";
  REQUIRE(create(single, p.points, "laplace", &options, OCTOPOLE_FLOAT) == OCTOPOLE_SUCCESS);
  std::vector<float> q{1, 0, 0}, g(9);
  REQUIRE(execute(single, array(q.data(), OCTOPOLE_FLOAT, {3}), "gradient",
                  array(g.data(), OCTOPOLE_FLOAT, {3, 3})) == OCTOPOLE_SUCCESS);
  CHECK(g[3] * four_pi == Approx(-0.25).epsilon(1e-5));
  CHECK(std::string(octopole_version()).size() >= 5);
}

TEST_CASE("a cell that repeats: Madelung's constant of rock salt, and four rows of its ions") {
  std::vector<double> x, q, u(8);
  for (int i = 0; i < 8; ++i) {
    for (int d = 0; d < 3; ++d) x.push_back(0.25 + (i >> d & 1));
    q.push_back((i + (i >> 1) + (i >> 2)) % 2 ? -1 : 1);
  }
  const octopole_array ions = array(x.data(), OCTOPOLE_DOUBLE, {8, 3}),
                       charges = array(q.data(), OCTOPOLE_DOUBLE, {8});
  octopole_options options = octopole_default_options();
  options.digits = 9;
  octopole_cell cell{};
  cell.side = 2;
  Owner owner;
  const auto create_in = [&](Owner& of, const octopole_cell& in) {
    return octopole_plan_create_periodic(&of.plan, "laplace", nullptr, 0, OCTOPOLE_DOUBLE, &ions,
                                         nullptr, &options, &in);
  };
  REQUIRE(create_in(owner, cell) == OCTOPOLE_SUCCESS);
  REQUIRE(execute(owner, charges, "potential", array(u.data(), OCTOPOLE_DOUBLE, {8})) ==
          OCTOPOLE_SUCCESS);
  for (std::size_t i = 0; i < 8; ++i)
    CHECK(std::abs(four_pi * q[i] * u[i] + 1.747564594633) < 1e-8);

  // Along x alone: four rows of charges that alternate, each of which has two others of opposite signs at distance 1 and one
  // of its own at the diagonal.
  cell.axes[0] = 1;
  Owner row;
  REQUIRE(create_in(row, cell) == OCTOPOLE_SUCCESS);
  REQUIRE(execute(row, charges, "potential", array(u.data(), OCTOPOLE_DOUBLE, {8})) ==
          OCTOPOLE_SUCCESS);
  double expected = -2 * std::log(2.0);  // its own row
  for (int image = -40000; image < 40000; ++image) {
    const double along = image, sign = image % 2 ? -1 : 1;  // from a charge of 1
    expected +=
        sign * (std::sqrt(1 / (along * along + 2)) - 2 * std::sqrt(1 / (along * along + 1)));
  }
  for (std::size_t i = 0; i < 8; ++i) CHECK(std::abs(four_pi * q[i] * u[i] - expected) < 1e-4);

  // With no cell it is octopole_plan_create.
  Owner open;
  REQUIRE(octopole_plan_create_periodic(&open.plan, "laplace", nullptr, 0, OCTOPOLE_DOUBLE, &ions,
                                        nullptr, nullptr, nullptr) == OCTOPOLE_SUCCESS);
  const auto refused = [&](const std::string& words) {
    Owner none;
    CHECK(create_in(none, cell) == OCTOPOLE_BAD_ARGUMENT);
    CHECK(std::string(octopole_error()).find(words) != std::string::npos);
    CHECK(none.plan == nullptr);
  };
  cell.axes[1] = 2;
  refused("axes of a cell: found 2, allowed 0 and 1");
  cell.axes[1] = 0;
  cell.in_vacuum = -1;
  refused("in_vacuum of a cell: found -1, allowed 0 and 1");
  cell.in_vacuum = 0;
  cell.side = 0;
  refused("Options::periodic: found ");
}

TEST_CASE("what is refused is said, and nothing passes through") {
  Three p;
  Owner owner, none;
  REQUIRE(create(owner, p.points) == OCTOPOLE_SUCCESS);
  const auto refused = [](int status, const std::string& sentence) {
    CHECK(status == OCTOPOLE_BAD_ARGUMENT);
    CHECK(octopole_error() == sentence);
  };
  refused(create(none, p.points, "coulomb"),
          "Octopole::AnyKernel: found the name 'coulomb', allowed laplace, laplace dipole, yukawa, "
          "helmholtz, "
          "stokeslet, biot-savart, charge-dipole, softened-laplace");
  refused(create(none, p.points, nullptr),
          "octopole: found a null pointer, expected a plan, a kernel and its parameters");
  refused(create(none, p.points, "laplace", nullptr, 7),
          "octopole: found the precision 7, allowed OCTOPOLE_FLOAT (0) and OCTOPOLE_DOUBLE (1)");
  refused(
      create(none, array(p.x.data(), 9, {3, 3})),
      "octopole: sources: found type 9, allowed OCTOPOLE_FLOAT (0) to OCTOPOLE_DOUBLE_COMPLEX (3)");
  refused(create(none, array(p.x.data(), OCTOPOLE_DOUBLE, {})),
          "octopole: sources: found rank 0, allowed 1 to 4");
  CHECK(create(none, array(p.x.data(), OCTOPOLE_DOUBLE, {9})) == OCTOPOLE_BAD_ARGUMENT);
  CHECK(create(none, array(nullptr, OCTOPOLE_DOUBLE, {3, 3})) == OCTOPOLE_BAD_ARGUMENT);
  octopole_options options = octopole_default_options();
  options.outputs = "potential,force";
  refused(create(none, p.points, "laplace", &options),
          "octopole: found the output 'force', allowed potential, gradient, hessian, velocity, "
          "pressure, velocity_gradient");
  options = octopole_default_options();
  options.method = "fast";
  refused(create(none, p.points, "laplace", &options),
          "octopole: found the method 'fast', allowed auto, fmm, direct");
  options = octopole_default_options();
  options.digits = 77;
  CHECK(create(none, p.points, "laplace", &options) == OCTOPOLE_BAD_ARGUMENT);
  CHECK(none.plan == nullptr);

  refused(octopole_plan_execute(nullptr, &p.charges, 1, nullptr, &p.potentials),
          "octopole: found no outputs, expected the name and the array of one or more");
  refused(execute(none, p.charges, "potential", p.potentials),
          "octopole: found a null pointer, expected a plan by octopole_plan_create");
  refused(execute(owner, array(p.q.data(), OCTOPOLE_DOUBLE, {2}), "potential", p.potentials),
          "Octopole: charges: found a View of extents (2), expected (3)");
  CHECK(execute(owner, p.charges, "gradient", p.points) == OCTOPOLE_BAD_ARGUMENT);  // not planned
  refused(octopole_plan_update_points(nullptr, &p.points, nullptr),
          "octopole: found a null pointer, expected a plan by octopole_plan_create");
  refused(octopole_initialize(-1), "octopole: found -1 threads, allowed 0 and more");
  CHECK(octopole_plan_description(nullptr) == nullptr);
  // The plan is as it was.
  REQUIRE(execute(owner, p.charges, "potential", p.potentials) == OCTOPOLE_SUCCESS);
  CHECK(p.u[1] * four_pi == Approx(0.5));
}
