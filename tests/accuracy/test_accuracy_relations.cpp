// SPDX-License-Identifier: BSD-3-Clause
// Relations between results, for every kernel built in, through AnyPlan: they need no reference, and
// hold in any unit, place and order.
//
// A bound is in units of 10^-digits times the L2 norm that stands with it, one output at a time. Two
// results that each keep the promise are at most two units apart. What differs by rounding alone, the same
// products in another order, is held to far less than the promise: see `rounding`.
//
//   OCTOPOLE_TEST_VERBOSE=1 test_accuracy_relations      what each came to
#include <Octopole.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <numeric>
#include <perf/judge/Octopole_DirectCheck.hpp>
#include <string>
#include <tests/support/octopole_catch.hpp>
#include <tests/support/octopole_cell_plans.hpp>
#include <tests/support/octopole_cells.hpp>
#include <tests/support/octopole_results.hpp>
#include <vector>

namespace {

using octopole_test::Cell;
using octopole_test::CellPlan;
using octopole_test::error;
using octopole_test::make_problem;
using octopole_test::Numbers;
using octopole_test::Problem;
using octopole_test::Random;
using octopole_test::Triple;
using AllOutputs = std::vector<Numbers>;

constexpr int n = 3000;

/// Whether the far field depends on the unit of length.
bool has_length(const Cell& cell) {
  return cell.kernel == "yukawa" || cell.kernel == "helmholtz";
}

/// All outputs of every kernel in double for 3 and 6 digits and in float for 3, by the fast method.
std::vector<Cell> cells(const char* sources = "plummer") {
  std::vector<Cell> all;
  for (const auto& info : Octopole::kernel_infos())
    for (const auto& [single, digits] : {std::pair(false, 3), {false, 6}, {true, 3}}) {
      Cell cell{.kernel = info.name,
                .single = single,
                .digits = digits,
                .outputs = int(info.outputs.size()),
                .sources = sources,
                .n = n};
      if (cell.kernel == "yukawa") cell.parameter = 5;
      if (cell.kernel == "helmholtz") cell.parameter = 3;
      if (cell.kernel == "biot-savart" || cell.kernel == "softened-laplace") cell.parameter = 0.01;
      cell.options.method = Octopole::Method::fmm;
      cell.options.leaf_capacity = 20;
      // Operators of their own for each size of boxes: few sizes.
      if (has_length(cell)) cell.sources = "cube", cell.options.leaf_capacity = 150;
      all.push_back(cell);
    }
  return all;
}

/// Coordinates and charges with few bits, so that sums of them with small integers are exact, also in
/// float the charges'.
Problem with_few_bits(Problem p) {
  for (Numbers* xyz : {&p.sources, &p.targets})
    for (double& x : *xyz) x = 0x1p-30 * std::round(0x1p30 * x);
  for (double& q : p.charges) q = 0x1p-10 * std::round(0x1p10 * q);
  return p;
}

/// Other charges for the same points.
Numbers other_charges(Cell cell, const char* law) {
  cell.charges = law, cell.seed = 17;
  return with_few_bits(make_problem(cell)).charges;
}

/// What is summed in another order differs by this much, in units of 10^-digits times the norm. Pairs are
/// in float up to 6 digits, and so are transforms of real kernels up to 6 (m2l_single): 6e-8 a number.
double rounding(const Cell& cell) {
  return cell.digits == 3 ? 0.05 : 0.5;
}

double norm(const Numbers& v) {
  return std::sqrt(std::inner_product(v.begin(), v.end(), v.begin(), 0.0));
}

/// a x + b y
Numbers sum(double a, const Numbers& x, double b, const Numbers& y) {
  Numbers z(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) z[i] = a * x[i] + b * y[i];
  return z;
}
Numbers times(double a, const Numbers& x) {
  return sum(a, x, 0, x);
}

/// `found`: a fraction of a norm. Fails also where that is no number.
void hold(const std::string& relation, const Cell& cell, int output, double found, double bound) {
  const auto& info = Octopole::kernel_info(cell.kernel);
  const char* name = name_of(info.outputs[std::size_t(output)].output);
  const double units = found * std::pow(10.0, cell.digits);
  if (std::getenv("OCTOPOLE_TEST_VERBOSE"))
    std::printf("%-24s %-14s %s %d %-18s %9.2g of %g\n", relation.c_str(), cell.kernel.c_str(),
                cell.single ? "float " : "double", cell.digits, name, units, bound);
  CAPTURE(relation, cell.words(), name, units, bound);
  CHECK(units <= bound);
}
void hold_all(const char* relation, const Cell& cell, const AllOutputs& found,
              const AllOutputs& expected, double bound) {
  REQUIRE(found.size() == expected.size());
  for (std::size_t o = 0; o < found.size(); ++o) {
    REQUIRE(norm(expected[o]) > 0);
    hold(relation, cell, int(o), error(found[o], expected[o]), bound);
  }
}
void hold_bits(const char* relation, const Cell& cell, const AllOutputs& found,
               const AllOutputs& expected) {
  REQUIRE(found.size() == expected.size());
  for (std::size_t o = 0; o < found.size(); ++o) {
    REQUIRE(norm(expected[o]) > 0);
    CAPTURE(relation, cell.words(), o, error(found[o], expected[o]));
    CHECK((found[o] == expected[o]));
  }
}

/// The cell with what a plan of it chose: another plan need not probe for the order again.
Cell with_choices(Cell cell, const CellPlan& plan) {
  cell.options = plan.options();
  return cell;
}

/// Near and far field have something to do.
void require_both_fields(const CellPlan& plan) {
  REQUIRE(plan.facts().method == "fmm");
  REQUIRE(plan.facts().pairs_p2p > 0);
  REQUIRE(plan.facts().pairs_p2p < std::uint64_t(n) * n / 2);
  REQUIRE(plan.facts().pairs_m2l > 0);
}

/// K(h r) = h^degree K(r), with the kernel's parameter in the unit of length.
int degree(const Cell& cell, std::size_t output) {
  const int first = cell.kernel == "laplace dipole" || cell.kernel == "biot-savart" ? -2 : -1;
  return first - int(output);
}

/// The problem with other lengths: all coordinates times h, then moved.
Problem with_lengths(const Cell& cell, Problem p, double h, const Triple& shift = {}) {
  for (Numbers* xyz : {&p.sources, &p.targets})
    for (std::size_t i = 0; i < xyz->size(); ++i) (*xyz)[i] = h * (*xyz)[i] + shift[i % 3];
  p.parameter = cell.kernel == "biot-savart" || cell.kernel == "softened-laplace" ? h * p.parameter
                                                                                  : p.parameter / h;
  if (cell.kernel == "charge-dipole")
    for (std::size_t i = 0; i < p.charges.size(); ++i)
      if (i % 4 > 0) p.charges[i] *= h;  // a dipole is a charge times a length
  return p;
}

/// Some rows of (n, each).
Numbers rows(const Numbers& of, std::size_t each, const std::vector<int>& which) {
  Numbers to;
  for (const int i : which)
    to.insert(to.end(), of.begin() + std::ptrdiff_t(i * each),
              of.begin() + std::ptrdiff_t((i + 1) * each));
  return to;
}

/// Nodes and weights of a rule on the unit sphere, exact for spherical harmonics below degree 48: Gauss and
/// Legendre's in z, equidistant in the angle.
struct Sphere {
  Numbers xyz, weights;
  Sphere() {
    constexpr int m = 24;
    for (int i = 0; i < m; ++i) {
      double z = std::cos(M_PI * (i + 0.75) / (m + 0.5)), slope = 0;
      for (int step = 0; step < 8; ++step) {
        double p = 1, before = 0;
        for (int k = 1; k <= m; ++k) {
          const double next = ((2 * k - 1) * z * p - (k - 1) * before) / k;
          before = p, p = next;
        }
        slope = m * (z * p - before) / (z * z - 1);
        z -= p / slope;
      }
      for (int j = 0; j < 2 * m; ++j) {
        const double a = M_PI * j / m, s = std::sqrt(1 - z * z);
        xyz.insert(xyz.end(), {s * std::cos(a), s * std::sin(a), z});
        weights.push_back(2 / ((1 - z * z) * slope * slope) * M_PI / m);
      }
    }
  }
};

// ---- relations of one plan's results ------------------------------------------------------------

void linear(const Cell& cell, const Problem& p, CellPlan& plan, const AllOutputs& one) {
  const Numbers other = other_charges(cell, "positive");
  const AllOutputs two = plan(other);
  AllOutputs expected;
  for (std::size_t o = 0; o < one.size(); ++o) expected.push_back(sum(1, one[o], 16, two[o]));
  hold_all("linear", cell, plan(sum(1, p.charges, 16, other)), expected, rounding(cell));
  // Charges are taken in a unit that is a power of two.
  for (const int exponent : {-40, 40}) {
    AllOutputs scaled;
    for (const Numbers& v : one) scaled.push_back(times(std::ldexp(1, exponent), v));
    hold_bits("charges scaled", cell, plan(times(std::ldexp(1, exponent), p.charges)), scaled);
  }
}

/// Points in another order: the tree is the same, sums within a leaf may change theirs.
void permuted(const Cell& cell, const Problem& p, const CellPlan& plan, const AllOutputs& results) {
  std::vector<int> order(n);
  std::iota(order.begin(), order.end(), 0);
  Random random(5);
  for (int i = n - 1; i > 0; --i) std::swap(order[i], order[random.below(i + 1)]);
  Problem other = p;
  other.sources = rows(p.sources, 3, order);
  other.charges = rows(p.charges, p.charges.size() / n, order);
  AllOutputs expected = results;
  for (Numbers& v : expected) v = rows(v, v.size() / n, order);
  hold_all("permuted", cell, CellPlan(with_choices(cell, plan), other)(other.charges), expected,
           rounding(cell));
}

void other_lengths(const Cell& cell, const Problem& p, const CellPlan& plan,
                   const AllOutputs& here) {
  const auto in_unit = [&](double h) {
    AllOutputs all;
    for (std::size_t o = 0; o < here.size(); ++o)
      all.push_back(times(std::pow(h, degree(cell, o)), here[o]));
    return all;
  };
  const auto there = [&](double h, const Triple& shift = {}) {
    const Problem other = with_lengths(cell, p, h, shift);
    return CellPlan(with_choices(cell, plan), other)(other.charges);
  };
  // Everything is done in the root's half-widths, which are twice as long.
  hold_bits("lengths times 2", cell, there(2), in_unit(2));
  // Faces of boxes lie elsewhere by the rounding of the half-width, or by the step of the ladder.
  hold_all("lengths times 3", cell, there(3), in_unit(3), 1);
  // The coordinates' sums are exact, and so are all differences, that to the cube's corner among them.
  hold_all("shifted", cell, there(1, {8, -4, 16}), here, rounding(cell));
  hold_all("shifted far", cell, there(1, {0x1p18, -0x1p20, 0x1p15}), here, rounding(cell));
}

/// Forces between the points sum to zero: a charge's is q grad u, a dipole's (d.grad) grad u.
void forces(const Cell& cell, const Problem& p, const AllOutputs& results) {
  const bool both = cell.kernel == "charge-dipole", complex = cell.kernel == "helmholtz";
  const bool dipole = both || cell.kernel == "laplace dipole";
  if (cell.kernel == "stokeslet" || cell.kernel == "biot-savart") return;
  const int output = dipole ? 2 : 1;
  const Numbers& slopes = results[std::size_t(output)];
  double total[6] = {}, torque[3] = {}, all = 0, levers = 0;
  for (int i = 0; i < n; ++i) {
    double f[6] = {};
    for (int k = 0; k < 3; ++k)
      if (dipole) {
        constexpr int place[3][3] = {{0, 1, 2}, {1, 3, 4}, {2, 4, 5}};
        const double* const d = &p.charges[both ? 4 * i + 1 : 3 * i];
        for (int j = 0; j < 3; ++j) f[k] += d[j] * slopes[6 * i + place[k][j]];
        if (both) f[k] += p.charges[4 * i] * results[1][3 * i + k];
      } else if (complex) {
        const double *q = &p.charges[2 * i], *g = &slopes[6 * i + 2 * k];
        f[k] = q[0] * g[0] - q[1] * g[1], f[3 + k] = q[0] * g[1] + q[1] * g[0];
      } else {
        f[k] = p.charges[i] * slopes[3 * i + k];
      }
    double size = 0, lever = 0;
    for (int k = 0; k < 6; ++k) total[k] += f[k], size += f[k] * f[k];
    for (int k = 0; k < 3; ++k) {
      const int a = (k + 1) % 3, b = (k + 2) % 3;
      const double x = p.sources[3 * i + a] - 0.5, y = p.sources[3 * i + b] - 0.5;
      torque[k] += x * f[b] - y * f[a];
      lever += x * x;
    }
    all += std::sqrt(size), levers += std::sqrt(size * lever);
  }
  REQUIRE(all > 0);
  // Errors of the digits, each times its charge, would come to one unit if all had one sign.
  hold("forces", cell, output, norm(Numbers(total, total + 6)) / all, 0.1);
  if (!dipole && !complex)
    hold("torques", cell, output, norm(Numbers(torque, torque + 3)) / levers, 0.1);
}

/// Away from the sources second derivatives of 1/r have no trace, nor has a curl's gradient.
void traces(const Cell& cell, const AllOutputs& results) {
  const bool rotation = cell.kernel == "biot-savart";
  if (!rotation && cell.kernel.find("laplace") != 0 && cell.kernel != "charge-dipole") return;
  const Numbers& all = results.back();
  Numbers trace;
  for (int i = 0; i < n; ++i)
    trace.push_back(rotation ? all[9 * i] + all[9 * i + 4] + all[9 * i + 8]
                             : all[6 * i] + all[6 * i + 3] + all[6 * i + 5]);
  // Pair by pair, but for the error of an inverse root that is as good as 3 digits need.
  hold("trace", cell, cell.outputs - 1, norm(trace) / norm(all), 0.2);
}

// ---- a far charge -------------------------------------------------------------------------------

/// A cloud, and a charge that gives `weight` times as much there as all of the cloud: what it adds is its own field.
/// Returned is the rest for each output, in units of 10^-digits times the sum of both results' norms.
Numbers far_charge(const Cell& cell, double distance, double weight = 1) {
  Problem p = make_problem(cell);
  const std::size_t size = std::size_t(cell.n), components = p.charges.size() / size;
  const AllOutputs without = CellPlan(cell, p)(p.charges);
  const Numbers place = {0.5 + 0.7 * distance, 0.5 - 0.5 * distance, 0.5 + 0.5 * distance};
  const Numbers unit(components, 1);
  const AllOutputs of_unit =
      octopole_test::with_judge(cell.kernel, p.parameter, [&](const auto& kernel) {
        return Octopole::DirectCheck::sums(kernel, place, unit, 1, p.sources, size).outputs;
      });
  p.sources.insert(p.sources.end(), place.begin(), place.end());
  Cell one_more = cell;
  one_more.n = cell.n + 1;
  CellPlan plan(one_more, p);
  REQUIRE(plan.facts().pairs_m2l + plan.facts().pairs_p2l > 0);
  Numbers units;
  for (std::size_t o = 0; o < without.size(); ++o) {
    const double q = weight * std::exp2(std::ceil(std::log2(norm(without[o]) / norm(of_unit[o]))));
    Numbers charges = p.charges;
    charges.resize(components * (size + 1), q);
    Numbers with = plan(charges)[o];
    with.resize(without[o].size());
    const Numbers expected = times(q, of_unit[o]);
    REQUIRE(norm(expected) >= norm(without[o]));
    units.push_back(error(sum(1, with, -1, without[o]), expected) * norm(expected) /
                    (norm(with) + norm(without[o])) * std::pow(10.0, cell.digits));
  }
  return units;
}

}  // namespace

TEST_CASE("Other charges, another order, other lengths, forces and traces") {
  for (const Cell& cell : cells()) {
    const Problem p = with_few_bits(make_problem(cell));
    CellPlan plan(cell, p);
    require_both_fields(plan);
    const AllOutputs results = plan(p.charges);
    linear(cell, p, plan, results);
    permuted(cell, p, plan, results);
    other_lengths(cell, p, plan, results);
    forces(cell, p, results);
    traces(cell, results);
  }
}

TEST_CASE("A far charge adds its field") {
  for (Cell cell : cells("cube"))
    for (const double distance : {3.0, 10.0, 60.0, 1e4}) {
      // Nothing is left of it far away, and so many waves are refused.
      if (has_length(cell) && distance > 3) continue;
      // Seconds for operators of every size of boxes, which are the same code for all of these.
      if (has_length(cell) && (cell.single || (cell.kernel == "helmholtz" && cell.digits > 3)))
        continue;
      if (has_length(cell)) cell.parameter = 1;
      const Numbers units = far_charge(cell, distance);
      for (int o = 0; o < cell.outputs; ++o)
        hold("charge at " + std::to_string(int(distance)), cell, o,
             units[std::size_t(o)] * std::pow(0.1, cell.digits), 1);
    }
}

TEST_CASE("A charge that outweighs a large cloud beside it adds its field") {
  // In leaves of the library's choice, to which the error of the widest boxes was carried down: second derivatives of
  // 3 digits were 2.3 to 3.3 units at 3 lengths and 18 to 25 at 5.
  for (const bool single : {false, true}) {
    Cell cell{.single = single, .digits = 3, .n = 20000};
    cell.options.method = Octopole::Method::fmm;
    const auto check = [&](double distance, double weight) {
      const Numbers units = far_charge(cell, distance, weight);
      for (int o = 0; o < cell.outputs; ++o)
        hold("heavy charge at " + std::to_string(int(distance)), cell, o,
             units[std::size_t(o)] * std::pow(0.1, cell.digits), 1);
    };
    for (const char* kernel : {"laplace", "biot-savart"}) {
      cell.kernel = kernel, cell.outputs = int(Octopole::kernel_info(kernel).outputs.size());
      check(3, 1), check(5, 1000);
    }
  }
}

TEST_CASE("Targets in two plans give what they give in one") {
  for (Cell cell : cells()) {
    cell.targets = "half of them", cell.m = n;
    const Problem p = make_problem(cell);
    CellPlan plan(cell, p);
    require_both_fields(plan);
    const AllOutputs all = plan(p.charges);
    std::vector<int> half[2];
    for (int i = 0; i < n; ++i) half[p.targets[3 * i] > 0.5].push_back(i);
    AllOutputs expected(all.size()), found(all.size());
    for (const auto& which : half) {
      Problem part = p;
      part.targets = rows(p.targets, 3, which);
      Cell of_part = with_choices(cell, plan);
      of_part.m = int(which.size());
      const AllOutputs results = CellPlan(of_part, part)(p.charges);
      for (std::size_t o = 0; o < all.size(); ++o) {
        const Numbers same = rows(all[o], all[o].size() / n, which);
        expected[o].insert(expected[o].end(), same.begin(), same.end());
        found[o].insert(found[o].end(), results[o].begin(), results[o].end());
      }
    }
    hold_all("targets in two plans", cell, found, expected, 2);
  }
}

TEST_CASE("Any number of points") {
  double worst = 0;
  for (const auto& info : Octopole::kernel_infos())
    for (const bool single : {false, true})
      for (const int capacity : {20, 0}) {
        Cell cell{.kernel = info.name, .single = single, .digits = 3};
        if (cell.kernel == "yukawa" || cell.kernel == "helmholtz") cell.parameter = 1;
        cell.outputs = cell.kernel == "laplace" ? 2 : 1;
        cell.options.method = Octopole::Method::fmm;
        cell.options.leaf_capacity = capacity;
        std::vector<int> sizes(101);
        std::iota(sizes.begin(), sizes.end(), 0);
        for (const int size : {127, 128, 129, 160, 161, 255, 257, 511, 512, 513, 640, 777, 1000})
          sizes.push_back(size);
        for (const int size : sizes) {
          // The others have the same trees.
          if (cell.kernel != "laplace" && size % 7 > 1) continue;
          if (has_length(cell) && size > 160) continue;
          cell.n = size, cell.seed = std::uint64_t(size);
          const Problem p = make_problem(cell);
          CellPlan plan(cell, p);
          const AllOutputs results = plan(p.charges);
          REQUIRE(plan.facts().method == "fmm");
          CHECK(plan.facts().n_sources == std::size_t(size));
          CAPTURE(cell.words());
          for (const auto& judged : octopole_test::judge(cell, p, results)) {
            worst = std::max(worst, judged.error);
            CHECK(judged.error <= 1);
          }
        }
      }
  if (std::getenv("OCTOPOLE_TEST_VERBOSE")) std::printf("any number: %.2g of 1\n", worst);
  CHECK(worst > 0.001);
}

TEST_CASE("Nothing flows out of a sphere but what its sources give") {
  // Spheres that hold all sources, none of them beside, and none of them in their midst.
  struct Place {
    const char *relation, *sources;
    Triple centre;
    double radius;
    bool inside;
  };
  const Sphere sphere;
  for (const Place& place : {Place{"flux around", "cube", {0.5, 0.5, 0.5}, 2, true},
                             {"flux beside", "cube", {2.5, 0.5, 0.5}, 1, false},
                             {"flux within", "sphere", {0.5, 0.5, 0.5}, 0.2, false}})
    for (Cell cell : cells(place.sources)) {
      const bool velocity = cell.kernel == "stokeslet" || cell.kernel == "biot-savart";
      if (cell.kernel == "yukawa" || cell.kernel == "helmholtz") continue;
      const std::size_t output = velocity ? 0 : 1;
      cell.outputs = int(output) + 1;  // in float no order keeps a Hessian that comes from afar
      cell.m = int(sphere.weights.size());
      cell.charges = "positive";
      if (cell.single && cell.kernel.find("dipole") != std::string::npos)
        cell.digits = 2;  // 3 are refused
      Problem p = make_problem(cell);
      p.targets.clear();
      for (std::size_t i = 0; i < sphere.xyz.size(); ++i)
        p.targets.push_back(place.centre[i % 3] + place.radius * sphere.xyz[i]);
      CellPlan plan(cell, p);
      const Numbers v = plan(p.charges)[output];
      double flux = 0, size = 0, area = 0;
      for (std::size_t i = 0; i < sphere.weights.size(); ++i) {
        const double w = sphere.weights[i] * place.radius * place.radius;
        for (int k = 0; k < 3; ++k) {
          flux += w * sphere.xyz[3 * i + k] * v[3 * i + k];
          size += w * v[3 * i + k] * v[3 * i + k];
        }
        area += w;
      }
      REQUIRE(area == Approx(4 * M_PI * place.radius * place.radius));
      const std::size_t numbers = p.charges.size() / std::size_t(n);
      const bool with_charge = cell.kernel == "laplace" || cell.kernel == "softened-laplace" ||
                               cell.kernel == "charge-dipole";
      double expected = 0;
      for (std::size_t i = 0; with_charge && place.inside && i < p.charges.size(); i += numbers)
        expected -= p.charges[i];
      // At most one unit by Cauchy and Schwarz's inequality; errors of both signs come to far less.
      hold(place.relation, cell, int(output), std::abs(flux - expected) / std::sqrt(area * size),
           0.1);
    }
}
