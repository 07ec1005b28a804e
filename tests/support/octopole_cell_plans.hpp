// SPDX-License-Identifier: BSD-3-Clause
#ifndef OCTOPOLE_CELL_PLANS_HPP
#define OCTOPOLE_CELL_PLANS_HPP

#include <Octopole.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <perf/judge/Octopole_DirectCheck.hpp>
#include <stdexcept>
#include <string>
#include <tests/support/octopole_cells.hpp>
#include <tests/support/octopole_results.hpp>
#include <tests/support/test_views.hpp>
#include <type_traits>
#include <vector>

/// A cell of the grammar (octopole_cells.hpp) computed by the library, through AnyPlan, and judged by a
/// sum in long double.
namespace octopole_test {

namespace DirectCheck = Octopole::DirectCheck;
using Widest = long double;

/// What one output came to.
struct Judged {
  double error = 0;    ///< L2, in units of 10^-digits times the norm that the promise names
  double largest = 0;  ///< largest error of a target over the RMS of the results
};

/// The number in a variable of the environment.
inline long number_of(const char* variable, long otherwise) {
  const char* text = std::getenv(variable);
  return text != nullptr ? std::atol(text) : otherwise;
}

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
  if (kernel == "charge-dipole") return f(DirectCheck::ChargeDipole{});
  if (kernel == "softened-laplace") return f(DirectCheck::SoftenedLaplace{parameter});
  throw std::logic_error("no judge for " + kernel);
}

/// One right-hand side of a problem in Reals, each coordinate and component by itself, so that the loop over
/// sources vectorises.
template <class Real, std::size_t C>
struct JudgedSources {
  std::vector<Real> x[3], q[C];

  JudgedSources(const Problem& p, std::size_t n, std::size_t sides, std::size_t side) {
    for (std::size_t d = 0; d < 3; ++d)
      for (std::size_t j = 0; j < n; ++j) x[d].push_back(Real(p.sources[3 * j + d]));
    for (std::size_t c = 0; c < C; ++c)
      for (std::size_t j = 0; j < n; ++j)
        q[c].push_back(Real(p.charges[(j * C + c) * sides + side]));
  }
};

/// What all sources give at a target, and that of the absolute values: pairs in Real, a thousand of them at a time,
/// these in long double. In long double the latter is sum |K| |q|, entry by entry of the matrix K; in double it is
/// sum |K q|, which is cheaper and at most as large: a vortex that points at a target gives it nothing.
template <class Real, class Kernel>
struct SumAtTarget {
  static constexpr std::size_t rows = Kernel::rows;
  static constexpr bool by_entries = std::is_same_v<Real, Widest> && Kernel::charges > 1;
  Widest sum[rows] = {}, absolute[rows] = {};

  SumAtTarget(const Kernel& kernel, const JudgedSources<Real, Kernel::charges>& s,
              const double* x) {
    const std::size_t n = s.x[0].size(), block = 1024;
    const Real tx = Real(x[0]), ty = Real(x[1]), tz = Real(x[2]);
    const Real *sx = s.x[0].data(), *sy = s.x[1].data(), *sz = s.x[2].data();
    for (std::size_t begin = 0; begin < n; begin += block) {
      Real part[rows] = {}, size[rows] = {};
      const std::size_t end = std::min(n, begin + block);
#pragma omp simd reduction(+ : part[ : rows], size[ : rows])
      for (std::size_t j = begin; j < end; ++j) {
        const Real r[3] = {tx - sx[j], ty - sy[j], tz - sz[j]};
        Real q[Kernel::charges], add[rows];
        for (std::size_t c = 0; c < Kernel::charges; ++c) q[c] = s.q[c][j];
        kernel.pair(r, q, add);
        for (std::size_t k = 0; k < rows; ++k) part[k] += add[k];
        if constexpr (by_entries)
          for (std::size_t c = 0; c < Kernel::charges; ++c) {
            Real one[Kernel::charges] = {};
            one[c] = q[c];
            kernel.pair(r, one, add);
            for (std::size_t k = 0; k < rows; ++k) size[k] += std::abs(add[k]);
          }
        else
          for (std::size_t k = 0; k < rows; ++k) size[k] += std::abs(add[k]);
      }
      for (std::size_t k = 0; k < rows; ++k) sum[k] += part[k], absolute[k] += size[k];
    }
  }
};

/// `results[p]` is output p, (targets, rows, right-hand sides). Pairs are computed in Real.
template <class Real, class Kernel>
std::vector<Judged> judge_in(const Kernel& kernel, const Cell& cell, const Problem& p,
                             const std::vector<Numbers>& results) {
  const Numbers& targets = cell.m > 0 ? p.targets : p.sources;
  const std::size_t m = targets.size() / 3, R = std::size_t(cell.right_hand_sides);
  // All of them where that takes no more than a second or so.
  const auto sample = DirectCheck::strided_targets(
      m, std::max<std::size_t>(100, 6'000'000 / std::size_t(std::max(1, cell.n))));
  const Widest most =
      cell.single ? std::numeric_limits<float>::max() : std::numeric_limits<double>::max();
  constexpr std::size_t parts = sizeof(Kernel::parts) / sizeof(Kernel::parts[0]);
  struct Sums {
    Widest difference = 0, norm = 0, absolute = 0, largest = 0;
  };
  std::vector<std::vector<Sums>> sums(sample.size(), std::vector<Sums>(parts));
  std::vector<JudgedSources<Real, Kernel::charges>> sources;
  for (std::size_t rhs = 0; rhs < R; ++rhs) sources.emplace_back(p, std::size_t(cell.n), R, rhs);
#pragma omp parallel for schedule(dynamic, 8)
  for (std::ptrdiff_t t = 0; t < std::ptrdiff_t(sample.size()); ++t) {
    for (std::size_t rhs = 0; rhs < R; ++rhs) {
      const SumAtTarget<Real, Kernel> all(kernel, sources[rhs], &targets[3 * sample[t]]);
      std::size_t row = 0;
      for (std::size_t part = 0; part < parts && part < results.size(); ++part) {
        const Widest factor = Widest(DirectCheck::factor) * Widest(Kernel::scale[part]);
        Widest d2 = 0;
        for (std::size_t k = 0; k < Kernel::parts[part]; ++k, ++row) {
          const Widest exact = factor * all.sum[row], absolute = factor * all.absolute[row];
          const Widest found = results[part][(sample[t] * Kernel::parts[part] + k) * R + rhs];
          // Beyond the scalar's range there is one result only.
          const bool infinite = std::abs(exact) > most && std::isinf(found) &&
                                std::signbit(found) == std::signbit(exact);
          const Widest d = infinite ? Widest(0) : found - exact;
          d2 += d * d;
          sums[t][part].norm += exact * exact;
          sums[t][part].absolute += absolute * absolute;
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
    const Widest promised = std::pow(Widest(10), -cell.digits) *
                            std::sqrt(std::max(all.norm, Widest(1e-6) * all.absolute));
    if (all.difference == 0) continue;  // also where everything is zero
    // What the scalar of the results cannot hold is not promised.
    const Widest held =
        (cell.single ? std::numeric_limits<float>::min() : std::numeric_limits<double>::min()) *
        std::sqrt(Widest(sample.size() * Kernel::parts[part] * R));
    judged[part].error = double(std::sqrt(all.difference) / std::max(promised, held));
    judged[part].largest = double(std::sqrt(all.largest / (all.norm / Widest(sample.size() * R))));
  }
  return judged;
}

/// In double where no power of a distance leaves its range and the promise is kept with so much to spare
/// that its rounding, some 1e-15 of sum |K| |q|, decides nothing; else in long double, five to ten times as
/// long.
inline std::vector<Judged> judge(const Cell& cell, const Problem& p,
                                 const std::vector<Numbers>& results) {
  return with_judge(cell.kernel, p.parameter, [&](const auto& kernel) {
    const auto moderate = [](double x, double most) { return x > 1 / most && x < most; };
    if (moderate(cell.scale, 1e25) && moderate(cell.charge_unit, 1e60)) {
      const auto judged = judge_in<double>(kernel, cell, p, results);
      const auto good = [](const Judged& j) { return j.error <= 0.25 && std::isfinite(j.largest); };
      if (std::all_of(judged.begin(), judged.end(), good)) return judged;
    }
    return judge_in<Widest>(kernel, cell, p, results);
  });
}

/// An array of the library's, and the memory in which it lies.
class CellArray {
 public:
  CellArray(bool single, const Numbers& numbers, const std::vector<std::size_t>& extents)
      : m_extents(extents) {
    if (single)
      m_single = copy<float>(numbers);
    else
      m_double = copy<double>(numbers);
    m_is_single = single;
  }
  operator Octopole::AnyArray() const {
    return m_is_single ? Octopole::AnyArray(m_single.data(), m_extents)
                       : Octopole::AnyArray(m_double.data(), m_extents);
  }
  Numbers numbers() const { return m_is_single ? to_host(m_single) : to_host(m_double); }

 private:
  using Memory = Kokkos::DefaultExecutionSpace::memory_space;
  template <class T>
  static Kokkos::View<T*, Memory> copy(const Numbers& numbers) {
    return view_of<Kokkos::View<T*, Memory>>(numbers, numbers.size());
  }
  template <class View>
  static Numbers to_host(const View& view) {
    return ::numbers(view);
  }

  std::vector<std::size_t> m_extents;
  bool m_is_single = false;
  Kokkos::View<float*, Memory> m_single;
  Kokkos::View<double*, Memory> m_double;
};

/// The plan of a cell for its problem's points. Charges and results as numbers of the host.
class CellPlan {
 public:
  /// `before`: targets of a plan that is then given the problem's.
  CellPlan(const Cell& cell, const Problem& p, const Numbers* before = nullptr)
      : m_cell(cell), m_plan(make(cell, p, before)) {
    if (before != nullptr)
      m_plan.update_points({}, points(cell, p.sources), points(cell, p.targets));
    if (std::getenv("OCTOPOLE_TEST_VERBOSE")) {
      const auto& f = m_plan.facts();
      std::printf("  %s order %d capacity %d depth %d leaves %d p2p %.3g m2p %.3g p2l %.3g %s\n",
                  f.method.c_str(), f.order, f.leaf_capacity, f.depth, int(f.n_leaves),
                  double(f.pairs_p2p), double(f.pairs_m2p), double(f.pairs_p2l),
                  f.near_field.c_str());
    }
  }

  /// Output by output, (targets, rows, right-hand sides). Results are written over what is no number.
  std::vector<Numbers> operator()(const Numbers& charges) {
    const auto& info = m_plan.kernel();
    const auto& f = m_plan.facts();
    const std::size_t R = std::size_t(m_cell.right_hand_sides);
    const CellArray q(m_cell.single, charges, info.charge_extents(f.n_sources, R));
    Octopole::AnyOutputs outputs;
    std::vector<CellArray> arrays;
    for (int i = 0; i < m_cell.outputs; ++i) {
      const auto& one = info.outputs[i];
      const auto extents = info.output_extents(one, f.n_targets, R);
      std::size_t size = 1;
      for (const std::size_t extent : extents) size *= extent;
      const Numbers no_numbers(size, std::numeric_limits<double>::quiet_NaN());
      arrays.emplace_back(m_cell.single, no_numbers, extents);
      outputs[one.output] = arrays.back();
    }
    const Kokkos::DefaultExecutionSpace exec;
    m_plan.execute(exec, q, outputs);
    exec.fence("Octopole::test");
    std::vector<Numbers> results;
    for (const CellArray& array : arrays) results.push_back(array.numbers());
    return results;
  }

  const Octopole::PlanFacts& facts() const { return m_plan.facts(); }
  const Octopole::Options& options() const { return m_plan.options(); }

 private:
  static CellArray points(const Cell& cell, const Numbers& xyz) {
    return CellArray(cell.float_points, xyz, {xyz.size() / 3, 3});
  }
  static Octopole::AnyPlan make(const Cell& cell, const Problem& p, const Numbers* before) {
    const auto& info = Octopole::kernel_info(cell.kernel);
    Octopole::Options options = cell.options;
    options.digits = cell.digits;
    options.right_hand_sides = cell.right_hand_sides;
    options.cache = Octopole::Cache::off();  // the cells of a process share their operators
    for (int i = 0; i < cell.outputs; ++i) options.outputs |= info.outputs[i].output;
    const Octopole::AnyKernel kernel{cell.kernel, Numbers(info.parameters.size(), p.parameter)};
    const auto precision =
        cell.single ? Octopole::Precision::float32 : Octopole::Precision::float64;
    const CellArray sources = points(cell, p.sources);
    if (cell.m == 0) return Octopole::AnyPlan({}, kernel, precision, sources, options);
    const CellArray targets = points(cell, before != nullptr ? *before : p.targets);
    return Octopole::AnyPlan({}, kernel, precision, sources, targets, options);
  }

  Cell m_cell;
  Octopole::AnyPlan m_plan;
};

}  // namespace octopole_test

#endif
