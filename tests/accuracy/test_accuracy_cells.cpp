// SPDX-License-Identifier: BSD-3-Clause
// The promise, on problems that nobody chose by hand: for every output the L2 norm of the error is at
// most 10^-digits times the larger of the result's norm and a thousandth of that of sum |K| |q|. The judge
// is a sum in long double over the points and charges as given, which shares nothing with the library.
//
//   test_accuracy_cells                                                  inputs that once failed
//   OCTOPOLE_CELLS=2000 OCTOPOLE_SEED=7 test_accuracy_cells "cells*"     so many of the grammar, with a table
//   OCTOPOLE_CELL=7000000123 test_accuracy_cells "cells*"                one again, made small where it fails
//
// The grammar goes beyond what the library keeps today, so that its cells are run only where they are asked
// for: about 7 of 100 are broken.
#include <Octopole.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <map>
#include <optional>
#include <perf/judge/Octopole_DirectCheck.hpp>
#include <stdexcept>
#include <string>
#include <tests/support/octopole_catch.hpp>
#include <tests/support/octopole_cells.hpp>
#include <tests/support/test_scratch.hpp>
#include <vector>

namespace {

namespace DirectCheck = Octopole::DirectCheck;
using octopole_test::Cell;
using octopole_test::Problem;
using Execution = Kokkos::DefaultExecutionSpace;
using Memory = Execution::memory_space;
using Real = long double;
using Numbers = std::vector<double>;

/// What one output came to.
struct Judged {
  double error = 0;    ///< L2, in units of 10^-digits times the norm that the promise names
  double largest = 0;  ///< largest error of a target over the RMS of the results
};

/// What a cell came to. `worst` is not finite where a result is not.
struct Verdict {
  std::string refused;  ///< the sentence, where it was
  double worst = 0, largest = 0;
  bool kept() const { return worst <= 1; }
};

/// The larger one; once NaN, always NaN.
template <class X>
X larger(X a, X b) {
  return std::isnan(a) || a >= b ? a : b;
}

/// Calls f(judge of the kernel).
template <class F>
auto with_judge(const std::string& kernel, double parameter, const F& f) {
  if (kernel == "laplace") return f(DirectCheck::Laplace{});
  if (kernel == "laplace dipole") return f(DirectCheck::Dipole{});
  if (kernel == "yukawa") return f(DirectCheck::Yukawa{parameter});
  if (kernel == "helmholtz") return f(DirectCheck::Helmholtz{parameter});
  if (kernel == "stokeslet") return f(DirectCheck::Stokeslet{});
  if (kernel == "biot-savart") return f(DirectCheck::BiotSavart{parameter});
  throw std::logic_error("no judge for " + kernel);
}

/// `results[p]` is output p, (targets, rows, right-hand sides).
std::vector<Judged> judge(const Cell& cell, const Problem& p, const std::vector<Numbers>& results) {
  return with_judge(cell.kernel, p.parameter, [&](const auto& kernel) {
    using Kernel = std::decay_t<decltype(kernel)>;
    const Numbers& targets = cell.m > 0 ? p.targets : p.sources;
    const int m = int(targets.size() / 3), R = cell.right_hand_sides;
    // All of them where that takes no more than a second or so.
    const auto sample = DirectCheck::strided_targets(
        m, std::max<std::size_t>(100, 6'000'000 / std::size_t(cell.n)));
    constexpr std::size_t parts = sizeof(Kernel::parts) / sizeof(Kernel::parts[0]);
    struct Sums {
      Real difference = 0, norm = 0, absolute = 0, largest = 0;
    };
    std::vector<std::vector<Sums>> sums(sample.size(), std::vector<Sums>(parts));
#pragma omp parallel for schedule(dynamic, 8)
    for (std::ptrdiff_t t = 0; t < std::ptrdiff_t(sample.size()); ++t) {
      const double* x = &targets[3 * sample[t]];
      for (int rhs = 0; rhs < R; ++rhs) {
        Real sum[Kernel::rows] = {}, absolute[Kernel::rows] = {};
        for (int j = 0; j < cell.n; ++j) {
          Real r[3], q[Kernel::charges], add[Kernel::rows];
          for (int d = 0; d < 3; ++d) r[d] = Real(x[d]) - Real(p.sources[3 * j + d]);
          for (std::size_t c = 0; c < Kernel::charges; ++c)
            q[c] = p.charges[(j * Kernel::charges + c) * R + rhs];
          kernel.pair(r, q, add);
          for (std::size_t k = 0; k < Kernel::rows; ++k)
            sum[k] += add[k], absolute[k] += std::abs(add[k]);
        }
        std::size_t row = 0;
        for (std::size_t part = 0; part < parts && part < results.size(); ++part) {
          const Real factor = Real(DirectCheck::factor) * Real(Kernel::scale[part]);
          Real d2 = 0;
          for (std::size_t k = 0; k < Kernel::parts[part]; ++k, ++row) {
            const Real exact = factor * sum[row];
            const Real d =
                Real(results[part][(sample[t] * Kernel::parts[part] + k) * R + rhs]) - exact;
            d2 += d * d;
            sums[t][part].norm += exact * exact;
            sums[t][part].absolute += factor * absolute[row] * factor * absolute[row];
          }
          sums[t][part].difference += d2;
          sums[t][part].largest = larger(sums[t][part].largest, d2);
        }
      }
    }
    std::vector<Judged> judged(results.size());
    for (std::size_t part = 0; part < results.size(); ++part) {
      Sums all;
      for (const auto& of_target : sums) {
        all.difference += of_target[part].difference, all.norm += of_target[part].norm;
        all.absolute += of_target[part].absolute;
        all.largest = larger(all.largest, of_target[part].largest);
      }
      const Real promised = std::pow(Real(10), -cell.digits) *
                            std::sqrt(std::max(all.norm, Real(1e-6) * all.absolute));
      if (all.difference == 0) continue;  // also where everything is zero
      // What the scalar of the results cannot hold is not promised.
      const Real held =
          (cell.single ? std::numeric_limits<float>::min() : std::numeric_limits<double>::min()) *
          std::sqrt(Real(sample.size() * Kernel::parts[part] * std::size_t(R)));
      judged[part].error = double(std::sqrt(all.difference) / std::max(promised, held));
      judged[part].largest = double(std::sqrt(all.largest / (all.norm / Real(sample.size() * R))));
    }
    return judged;
  });
}

/// Operators that the cells share.
Octopole::Cache cell_cache() {
  static const Scratch scratch;
  return Octopole::Cache::read_write((scratch / "operators.h5").string());
}

template <class T>
Octopole::AnyArray array_of(const Numbers& numbers, const std::vector<std::size_t>& extents,
                            std::vector<Kokkos::View<T*, Memory>>& kept) {
  Kokkos::View<T*, Memory> view("Octopole::test::array", numbers.size());
  const auto host = Kokkos::create_mirror_view(view);
  for (std::size_t i = 0; i < numbers.size(); ++i) host(i) = T(numbers[i]);
  Kokkos::deep_copy(view, host);
  kept.push_back(view);
  return Octopole::AnyArray(view.data(), extents);
}

/// The results of the library, in T. `before`: targets of a plan that is then given the problem's.
template <class T>
std::vector<Numbers> sums_of(const Cell& cell, const Problem& p, const Numbers* before = nullptr) {
  const Execution exec;
  const auto& info = Octopole::kernel_info(cell.kernel);
  std::vector<Kokkos::View<T*, Memory>> kept;
  std::vector<Kokkos::View<float*, Memory>> kept_float;
  std::vector<Kokkos::View<double*, Memory>> kept_double;
  const auto points = [&](const Numbers& xyz) {
    const std::vector<std::size_t> extents = {xyz.size() / 3, 3};
    return cell.float_points ? array_of<float>(xyz, extents, kept_float)
                             : array_of<double>(xyz, extents, kept_double);
  };
  const std::size_t n = std::size_t(cell.n), m = cell.m > 0 ? std::size_t(cell.m) : n,
                    R = std::size_t(cell.right_hand_sides);
  Octopole::Options options = cell.options;
  options.digits = cell.digits;
  options.right_hand_sides = cell.right_hand_sides;
  options.cache = cell_cache();
  for (int i = 0; i < cell.outputs; ++i) options.outputs |= info.outputs[i].output;
  const Octopole::AnyKernel kernel{cell.kernel, Numbers(info.parameters.size(), p.parameter)};
  const auto precision = cell.single ? Octopole::Precision::float32 : Octopole::Precision::float64;
  const auto sources = points(p.sources);
  Octopole::AnyPlan plan =
      cell.m > 0 ? Octopole::AnyPlan(exec, kernel, precision, sources,
                                     points(before != nullptr ? *before : p.targets), options)
                 : Octopole::AnyPlan(exec, kernel, precision, sources, options);
  if (before != nullptr) plan.update_points(exec, sources, points(p.targets));
  if (std::getenv("OCTOPOLE_TEST_VERBOSE")) {
    const auto& f = plan.facts();
    std::printf("  %s order %d capacity %d depth %d leaves %d p2p %.3g m2p %.3g p2l %.3g %s\n",
                f.method.c_str(), f.order, f.leaf_capacity, f.depth, int(f.n_leaves),
                double(f.pairs_p2p), double(f.pairs_m2p), double(f.pairs_p2l),
                f.near_field.c_str());
  }
  const auto charges = array_of<T>(p.charges, info.charge_extents(n, R), kept);
  Octopole::AnyOutputs outputs;
  std::vector<std::size_t> sizes;
  for (int i = 0; i < cell.outputs; ++i) {
    const auto& one = info.outputs[i];
    const auto extents = info.output_extents(one, m, R);
    std::size_t size = 1;
    for (const std::size_t extent : extents) size *= extent;
    sizes.push_back(size);
    outputs[one.output] =
        array_of<T>(Numbers(size, std::numeric_limits<double>::quiet_NaN()), extents, kept);
  }
  plan.execute(exec, charges, outputs);
  exec.fence("Octopole::test");
  std::vector<Numbers> results;
  for (int i = 0; i < cell.outputs; ++i) {
    const auto host =
        Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), kept[1 + std::size_t(i)]);
    results.emplace_back(host.data(), host.data() + sizes[i]);
  }
  return results;
}

Verdict verdict_on(const Cell& cell, const Problem& p, const Numbers* before = nullptr) {
  Verdict v;
  std::vector<Numbers> results;
  try {
    results = cell.single ? sums_of<float>(cell, p, before) : sums_of<double>(cell, p, before);
  } catch (const std::invalid_argument& e) {
    v.refused = e.what();
    return v;
  }
  for (const Judged& j : judge(cell, p, results)) {
    v.worst = larger(v.worst, j.error);
    v.largest = larger(v.largest, j.largest);
  }
  return v;
}
Verdict verdict_on(const Cell& cell) {
  return verdict_on(cell, octopole_test::make_problem(cell));
}

/// Fewer sources and targets, as long as the promise stays broken; then the program that shows it.
std::string smallest_program(Cell cell) {
  Problem p = octopole_test::make_problem(cell);
  const std::size_t components = p.charges.size() / std::size_t(cell.n);
  const auto without = [&](const Problem& from, Cell& c, bool sources, int first, int count) {
    Problem to = from;
    const auto cut = [&](Numbers& v, std::size_t each) {
      v.erase(v.begin() + std::ptrdiff_t(first * each),
              v.begin() + std::ptrdiff_t((first + count) * each));
    };
    if (sources) {
      cut(to.sources, 3), cut(to.charges, components), c.n -= count;
    } else {
      cut(to.targets, 3), c.m -= count;
    }
    return to;
  };
  int tries = 400;
  for (const bool sources : {true, false})
    for (int part = (sources ? cell.n : cell.m) / 2; part >= 1; part /= 2)
      for (int first = 0; first + part <= (sources ? cell.n : cell.m) && tries > 0;) {
        if ((sources ? cell.n : cell.m) <= part) break;
        Cell fewer = cell;
        const Problem rest = without(p, fewer, sources, first, part);
        const Verdict v = verdict_on(fewer, rest);
        --tries;
        if (v.refused.empty() && !v.kept())
          cell = fewer, p = rest;
        else
          first += part;
      }
  std::string text = std::to_string(cell.n) + " sources, " + std::to_string(cell.m) +
                     " targets of their own are left: " + cell.words() + "\n";
  const auto rows = [&](const char* name, const Numbers& v, std::size_t each) {
    text += std::string(name) + " = {";
    for (std::size_t i = 0; i < std::min<std::size_t>(v.size(), 40 * each); ++i) {
      char number[40];
      std::snprintf(number, sizeof number, "%s%.17g", i % each == 0 ? "{" : ", ", v[i]);
      text += number;
      if (i % each == each - 1) text += i + 1 < v.size() ? "}, " : "}";
    }
    text += "};\n";
  };
  rows("sources", p.sources, 3), rows("targets", p.targets, 3),
      rows("charges", p.charges, components);
  return text;
}

long number_of(const char* variable, long otherwise) {
  const char* text = std::getenv(variable);
  return text != nullptr ? std::atol(text) : otherwise;
}

}  // namespace

TEST_CASE("inputs that once broke the promise") {
  std::vector<Cell> cells;
  // First moments seen from the root's centre cancelled in far smaller boxes: 41 and 127 times.
  for (const int digits : {3, 4})
    cells.push_back({.kernel = "stokeslet",
                     .single = true,
                     .digits = digits,
                     .outputs = digits - 2,
                     .sources = "two scales",
                     .sources_parameter = 3,
                     .n = 20000});
  // Pairs in float beside a far field in double: charges, and powers of small distances, left its range.
  const auto scaled = [&](Cell cell, double unit) {
    cell.n = 4000, cell.charge_unit = unit;
    cells.push_back(cell);
    cells.back().options.leaf_capacity = 60;
  };
  scaled({.digits = 6, .outputs = 2}, 1e36);
  scaled({.digits = 3, .outputs = 3}, 2e30);
  scaled({.digits = 6}, 1e-45);
  scaled({.digits = 6, .outputs = 2, .right_hand_sides = 3}, 1e-200);
  scaled({.digits = 6, .outputs = 2, .sources = "two scales", .sources_parameter = 4}, 2e30);
  scaled({.digits = 4, .outputs = 3, .sources = "two scales", .sources_parameter = 4}, 1);
  scaled({.kernel = "yukawa",
          .parameter = 3,
          .digits = 6,
          .outputs = 2,
          .sources = "two scales",
          .sources_parameter = 3},
         1e40);
  scaled({.kernel = "biot-savart", .parameter = 0.001, .digits = 3, .outputs = 2, .scale = 1e-74},
         1e-74);
  // The unit of length to the power of a Hessian's degree is no double, the Hessian is one.
  scaled({.kernel = "laplace dipole", .digits = 5, .outputs = 3, .scale = 1e88}, 1e88);
  // Targets away from all sources: boxes of targets were split as if sources were near, and orders are
  // those of sums that are near field in part.
  const auto apart = [&](Cell cell, const char* targets) {
    cell.targets = targets, cell.n = 4000, cell.m = 1500;
    cells.push_back(cell);
  };
  apart({.digits = 3, .outputs = 3}, "in a ball");
  apart({.digits = 6, .outputs = 3}, "in a ball");
  apart({.digits = 4, .outputs = 3}, "far");
  apart({.digits = 6, .outputs = 2}, "beside");
  apart({.single = true, .digits = 3, .outputs = 2}, "beside");
  apart({.kernel = "biot-savart", .digits = 6, .outputs = 2}, "far");
  // Boxes of dipoles far smaller than their distance to all targets: the error of their charge counted.
  apart({.kernel = "laplace dipole", .digits = 3, .outputs = 2}, "far");
  apart({.kernel = "laplace dipole", .single = true, .digits = 3}, "far");
  apart({.kernel = "helmholtz", .parameter = 0.8, .digits = 4, .outputs = 2}, "in a ball");
  apart({.kernel = "yukawa", .parameter = 10, .digits = 4}, "beside");
  apart({.kernel = "yukawa", .parameter = 10, .digits = 6, .outputs = 2}, "beside");
  // Points far closer together than their leaves are wide: coordinates relative to a leaf, and floats,
  // could not tell them apart. One leaf at level 19 held all but the outlier.
  const auto fine = [&](Cell cell, const char* sources, double decades) {
    cell.sources = sources, cell.sources_parameter = decades, cell.n = 4000;
    cells.push_back(cell);
  };
  for (const char* word : {"line", "diagonal"}) {
    fine({.single = true, .digits = 4, .outputs = 2}, word, 0);
    fine({.single = true, .float_points = true, .digits = 4, .outputs = 2}, word, 0);
  }
  fine({.single = true, .digits = 4, .outputs = 2}, "helix", 6);
  fine({.single = true, .digits = 4, .outputs = 2}, "pairs", 10);
  fine({.single = true, .digits = 4, .outputs = 2}, "clusters", 12);
  fine({.single = true, .digits = 4, .outputs = 2}, "outlier", 8);
  fine({.single = true, .digits = 4, .outputs = 3}, "hundred", 12);
  fine({.digits = 9, .outputs = 2}, "pairs", 8);
  fine({.digits = 9, .outputs = 2}, "pairs", 12);
  fine({.digits = 9, .outputs = 2}, "outlier", 8);
  fine({.digits = 9, .outputs = 2}, "clusters", 12);
  fine({.digits = 6, .outputs = 2}, "hundred", 12);
  fine({.kernel = "stokeslet", .digits = 6}, "outlier", 12);
  fine({.kernel = "yukawa", .parameter = 1, .digits = 6, .outputs = 2}, "outlier", 8);
  fine({.kernel = "laplace dipole", .digits = 6, .outputs = 2}, "clusters", 9);
  for (Cell& cell : cells) {
    cell.options.method = Octopole::Method::fmm;
    const Verdict v = verdict_on(cell);
    CAPTURE(cell.words(), v.refused, v.worst);
    if (std::getenv("OCTOPOLE_TEST_VERBOSE"))
      std::printf("%.3g: %s\n", v.worst, cell.words().c_str());
    CHECK(v.refused.empty());
    CHECK(v.kept());
    CHECK(v.worst > 0);
  }
}

TEST_CASE("targets that move away from the sources keep the promise") {
  Cell inside{.digits = 4, .outputs = 2, .n = 4000, .targets = "inside", .m = 1500};
  inside.kernel = GENERATE("laplace", "yukawa");
  inside.parameter = inside.kernel == "yukawa" ? 5 : 0;
  inside.options.method = Octopole::Method::fmm;
  // The root cube stays, and with it the operators, but for their order.
  inside.options.bounding_box = Octopole::BoundingBox{{0, 0, 0}, {3, 3, 3}};
  Cell beside = inside;
  beside.targets = "beside";
  const Numbers before = octopole_test::make_problem(inside).targets;
  const Verdict v = verdict_on(beside, octopole_test::make_problem(beside), &before);
  CAPTURE(beside.words(), v.refused, v.worst);
  CHECK(v.refused.empty());
  CHECK(v.kept());
}

TEST_CASE("what cannot be had at targets far from all sources is refused") {
  const auto refusal = [](const Cell& cell) { return verdict_on(cell).refused; };
  Cell cell{.kernel = "yukawa", .parameter = 100, .n = 4000, .targets = "beside", .m = 1500};
  cell.options.method = Octopole::Method::fmm;
  CHECK(refusal(cell).find("most targets have no source near") != std::string::npos);
  CHECK(refusal(cell).find("Method::direct") != std::string::npos);
  // The plain sum has no trouble.
  cell.options.method = Octopole::Method::direct;
  const Verdict v = verdict_on(cell);
  CHECK(v.refused.empty());
  CHECK(v.kept());
  Cell hessian{.digits = 9, .outputs = 3, .n = 4000, .targets = "beside", .m = 1500};
  hessian.options.method = Octopole::Method::fmm;
  hessian.options.leaf_capacity = 100;
  CHECK(
      refusal(hessian) ==
      "Octopole::Options::digits: found 9, allowed at most 7 for these outputs where most targets "
      "have no source near (or Method::direct)");
  hessian.digits = 7;
  const Verdict seven = verdict_on(hessian);
  CHECK(seven.refused.empty());
  CHECK(seven.kept());
}

TEST_CASE("cells of the grammar keep the promise", "[.]") {
  struct Row {
    int refused = 0;
    Numbers errors;
    double largest = 0;
  };
  std::map<std::string, Row> table;
  const long one = number_of("OCTOPOLE_CELL", -1);
  const std::uint64_t seed = std::uint64_t(number_of("OCTOPOLE_SEED", 1)) * 1'000'000'000ull;
  const long cells = one >= 0 ? 1 : number_of("OCTOPOLE_CELLS", 200);
  for (long i = 0; i < cells; ++i) {
    const Cell cell =
        octopole_test::make_cell(one >= 0 ? std::uint64_t(one) : seed + std::uint64_t(i));
    if (std::getenv("OCTOPOLE_TEST_VERBOSE")) std::printf("%s\n", cell.words().c_str());
    const Verdict v = verdict_on(cell);
    Row& row = table[cell.kernel + (cell.single ? " float" : " double")];
    if (!v.refused.empty()) {
      ++row.refused;
      if (cells > 200 || one >= 0)
        std::printf("refused: %s\n  %s\n", cell.words().c_str(), v.refused.c_str());
      continue;
    }
    row.errors.push_back(v.worst);
    row.largest = std::max(row.largest, v.largest);
    if (v.kept()) continue;
    if (cells > 200) {
      std::printf("%.3g: %s\n", v.worst, cell.words().c_str());
      std::fflush(stdout);
      continue;
    }
    const std::string program = one >= 0 ? smallest_program(cell) : "";
    CAPTURE(cell.words(), v.worst, program);
    CHECK(v.kept());
  }
  if (cells <= 1 && one < 0) return;
  std::printf(
      "| kernel | cells | refused | broken | worst | median | largest at a target "
      "|\n|---|---|---|---|---|---|---|\n");
  int broken = 0;
  for (auto& [name, row] : table) {
    std::sort(row.errors.begin(), row.errors.end(),
              [](double a, double b) { return a < b || (b != b && a == a); });
    const int bad = int(
        std::count_if(row.errors.begin(), row.errors.end(), [](double e) { return !(e <= 1); }));
    broken += bad;
    if (row.errors.empty()) row.errors.push_back(0);
    std::printf("| %s | %d | %d | %d | %.2g | %.2g | %.1e |\n", name.c_str(),
                int(row.errors.size()) + row.refused, row.refused, bad, row.errors.back(),
                row.errors[row.errors.size() / 2], row.largest);
  }
  CHECK(broken == 0);
}
