// SPDX-License-Identifier: BSD-3-Clause
#ifndef OCTOPOLE_CELLS_HPP
#define OCTOPOLE_CELLS_HPP

#include <Octopole.hpp>
#include <array>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

/// Problems that nobody chose by hand: a grammar of points, targets, charges, kernels and options, of
/// which a seed picks one sentence. The same seed gives the same problem on every machine.
namespace octopole_test {

/// A stream of numbers (SplitMix64; Steele, Lea and Flood 2014).
class Random {
 public:
  explicit Random(std::uint64_t seed) : m_state(seed) {}
  std::uint64_t next() {
    std::uint64_t z = m_state += 0x9e3779b97f4a7c15ull;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
  }
  /// In [0, 1).
  double uniform() { return double(next() >> 11) * 0x1p-53; }
  double uniform(double a, double b) { return a + (b - a) * uniform(); }
  /// 0 to n - 1.
  int below(int n) { return int(next() % std::uint64_t(n)); }
  bool one_in(int n) { return below(n) == 0; }
  double normal() {
    const double r = std::sqrt(-2 * std::log(1 - uniform()));
    return r * std::cos(2 * M_PI * uniform());
  }
  template <class T>
  const T& of(const std::vector<T>& choices) {
    return choices[below(int(choices.size()))];
  }

 private:
  std::uint64_t m_state;
};

using Triple = std::array<double, 3>;

/// A problem in words, from which `make_problem` makes its numbers.
struct Cell {
  std::uint64_t seed = 1;               ///< of the numbers
  std::string kernel = "laplace";       ///< one of Octopole::kernel_infos()
  double parameter = 0;                 ///< of the kernel: times the set's size, without a unit
  bool single = false;                  ///< float charges and results
  bool float_points = false;            ///< float coordinates
  int digits = 4;                       ///< asked for
  int outputs = 1;                      ///< the first so many of the kernel's
  int right_hand_sides = 1;             ///< of their own laws' numbers
  std::string sources = "cube";         ///< see unit_points
  double sources_parameter = 0;         ///< its number, where it has one: decades
  int n = 1000;                         ///< sources
  std::string targets = "the sources";  ///< see target_points
  int m = 0;                            ///< targets, where they are not the sources
  std::string charges = "zero-mean";    ///< see unit_charges
  double charge_unit = 1;               ///< charges are multiplied by this
  double scale = 1;                     ///< of all coordinates
  Triple shift{};                       ///< then added to them, in units of the scale
  Octopole::Options options{};          ///< digits and outputs are set from the above

  std::string words() const {
    const auto number = [](double x) {
      char text[32];
      std::snprintf(text, sizeof text, "%.3g", x);
      return std::string(text);
    };
    std::string s = kernel;
    if (parameter != 0) s += "(" + number(parameter) + ")";
    s += single ? " float" : " double";
    if (float_points) s += " (float points)";
    s += ", digits " + std::to_string(digits) + ", outputs " + std::to_string(outputs);
    if (right_hand_sides > 1) s += ", rhs " + std::to_string(right_hand_sides);
    s += "; " + std::to_string(n) + " sources: " + sources;
    if (sources_parameter != 0) s += " " + number(sources_parameter);
    s += "; targets: " + (m > 0 ? std::to_string(m) + " " : std::string()) + targets;
    s += "; charges: " + charges;
    if (charge_unit != 1) s += " times " + number(charge_unit);
    if (scale != 1) s += "; scale " + number(scale);
    if (shift != Triple{})
      s += "; shift " + number(shift[0]) + " " + number(shift[1]) + " " + number(shift[2]);
    if (options.method == Octopole::Method::fmm) s += "; fmm";
    if (options.leaf_capacity > 0) s += "; capacity " + std::to_string(options.leaf_capacity);
    if (options.balance == 1) s += "; balanced";
    if (options.m2l == Octopole::M2L::blas) s += "; blas";
    return s + "; seed " + std::to_string(seed);
  }
};

/// The numbers of a cell.
struct Problem {
  std::vector<double> sources, targets;  ///< (n, 3), (m, 3); without targets those are the sources
  std::vector<double> charges;           ///< (n, components, right-hand sides)
  double parameter = 0;                  ///< of the kernel, in the points' unit
  double size = 1;                       ///< of the set that the kernel's parameter goes by
};

inline const std::vector<std::string>& source_words() {
  static const std::vector<std::string> words = {
      "cube",    "sphere",  "line",    "diagonal",   "helix",    "needle",
      "slab",    "lattice", "plummer", "pairs",      "clusters", "outlier",
      "hundred", "twins",   "half",    "two scales", "a place",  "ten places"};
  return words;
}

/// Points in and around the unit cube, by their word. `decades`: how small or far, as 10^+-decades.
inline std::vector<Triple> unit_points(const std::string& word, double decades, int n, Random& r) {
  std::vector<Triple> x(n);
  const double small = std::pow(10.0, -decades);
  const auto cube = [&] { return Triple{r.uniform(), r.uniform(), r.uniform()}; };
  const int edge = std::max(1, int(std::cbrt(double(n))));
  // Clusters of clusters: at each level one of four places, each level `ratio` times smaller.
  std::vector<std::array<Triple, 4>> places(6);
  for (auto& level : places)
    for (auto& p : level) p = cube();
  std::vector<Triple> ten(10);
  for (auto& p : ten) p = cube();
  for (int i = 0; i < n; ++i) {
    if (word == "sphere") {
      const double z = r.uniform(-1, 1), a = 2 * M_PI * r.uniform(), s = std::sqrt(1 - z * z);
      x[i] = {0.5 + 0.5 * s * std::cos(a), 0.5 + 0.5 * s * std::sin(a), 0.5 + 0.5 * z};
    } else if (word == "line") {
      x[i] = {r.uniform(), 0.5, 0.5};
    } else if (word == "diagonal") {
      const double t = r.uniform();
      x[i] = {t, 0.7 * t, 0.3 + 0.1 * t};
    } else if (word == "helix") {
      const double t = double(i) / n;
      x[i] = {t, small * std::cos(60 * t), small * std::sin(60 * t)};
    } else if (word == "needle") {
      x[i] = {r.uniform(), small * r.uniform(), small * r.uniform()};
    } else if (word == "slab") {
      x[i] = {r.uniform(), r.uniform(), small * r.uniform()};
    } else if (word == "lattice") {
      x[i] = {double(i % edge) / edge, double(i / edge % edge) / edge,
              double(i / (edge * edge)) / edge};
    } else if (word == "plummer") {
      const double u = r.uniform(0.001, 0.999), d = 0.1 / std::sqrt(std::pow(u, -2.0 / 3) - 1);
      const double z = r.uniform(-1, 1), a = 2 * M_PI * r.uniform(), s = std::sqrt(1 - z * z);
      x[i] = {0.5 + d * s * std::cos(a), 0.5 + d * s * std::sin(a), 0.5 + d * z};
    } else if (word == "pairs" && i % 2 == 1) {
      const Triple& y = x[i - 1];
      x[i] = {y[0] + small * r.uniform(-1, 1), y[1] + small * r.uniform(-1, 1),
              y[2] + small * r.uniform(-1, 1)};
    } else if (word == "clusters") {
      const double ratio = std::pow(10.0, -decades / 6);
      double width = 1;
      x[i] = {};
      for (const auto& level : places) {
        const Triple& p = level[r.below(4)];
        for (int d = 0; d < 3; ++d) x[i][d] += width * p[d];
        width *= ratio;
      }
      for (int d = 0; d < 3; ++d) x[i][d] += width * r.uniform();
    } else if (word == "outlier" || word == "hundred") {
      const int far = word == "outlier" ? 1 : std::min(100, n / 2);
      x[i] = cube();
      if (i < far)
        for (int d = 0; d < 3; ++d) x[i][d] = r.uniform(-1, 1) / small;
    } else if (word == "twins") {
      x[i] = i % 2 == 1 ? x[i - 1] : cube();
    } else if (word == "half") {
      x[i] = i % 2 == 1 ? Triple{0.3, 0.6, 0.2} : cube();
    } else if (word == "two scales") {
      x[i] = cube();
      if (i % 2 == 1)
        for (int d = 0; d < 3; ++d) x[i][d] = 0.37 + small * x[i][d];
    } else if (word == "a place") {
      x[i] = {0.3, 0.6, 0.2};
    } else if (word == "ten places") {
      x[i] = ten[r.below(10)];
    } else {
      x[i] = cube();
    }
  }
  return x;
}

inline const std::vector<std::string>& target_words() {
  static const std::vector<std::string> words = {
      "around", "inside", "in a ball", "beside", "far", "on a face", "one", "half of them"};
  return words;
}

inline std::vector<Triple> target_points(const std::string& word, int m,
                                         const std::vector<Triple>& sources, Random& r) {
  std::vector<Triple> x(m);
  for (int i = 0; i < m; ++i) {
    for (int d = 0; d < 3; ++d) x[i][d] = word == "around" ? r.uniform(-1, 2) : r.uniform();
    if (word == "in a ball")
      for (int d = 0; d < 3; ++d) x[i][d] = 0.41 + 1e-6 * x[i][d];
    if (word == "beside") x[i][0] += 2;
    if (word == "far")
      for (int d = 0; d < 3; ++d) x[i][d] += 1000;
    if (word == "on a face") x[i][r.below(3)] = 0;
    if (word == "half of them") x[i] = sources[r.below(int(sources.size()))];
  }
  return x;
}

inline const std::vector<std::string>& charge_words() {
  static const std::vector<std::string> words = {"zero-mean",   "positive", "dominated",
                                                 "alternating", "sparse",   "neutral"};
  return words;
}

/// One component of charges.
inline std::vector<double> unit_charges(const std::string& word, const std::vector<Triple>& x,
                                        Random& r) {
  const int n = int(x.size());
  std::vector<double> q(n);
  for (int i = 0; i < n; ++i)
    q[i] = word == "positive"      ? r.uniform(0.5, 1.5)
           : word == "alternating" ? (i % 2 ? 1.0 : -1.0)
           : word == "sparse"      ? (r.one_in(10) || i == 0 ? r.normal() : 0.0)
                                   : r.uniform(-1, 1);
  if (word == "dominated") q[r.below(n)] = 1e6;
  if (word == "neutral") {
    const double mean = std::accumulate(q.begin(), q.end(), 0.0) / n;
    for (double& value : q) value -= mean;
  }
  return q;
}

/// The numbers of a cell. All randomness comes from its seed.
inline Problem make_problem(const Cell& cell) {
  Random r(cell.seed);
  Problem p;
  const auto place = [&](const std::vector<Triple>& from, std::vector<double>& to) {
    for (const Triple& x : from)
      for (int d = 0; d < 3; ++d) {
        const double y = cell.scale * (x[d] + cell.shift[d]);
        to.push_back(cell.float_points ? double(float(y)) : y);
      }
  };
  const std::vector<Triple> sources = unit_points(cell.sources, cell.sources_parameter, cell.n, r);
  place(sources, p.sources);
  if (cell.m > 0) place(target_points(cell.targets, cell.m, sources, r), p.targets);
  const int C = int(Octopole::kernel_info(cell.kernel).charge_components *
                    Octopole::kernel_info(cell.kernel).parts());
  const int R = cell.right_hand_sides;
  p.charges.resize(std::size_t(cell.n) * C * R);
  for (int c = 0; c < C * R; ++c) {
    const auto q = unit_charges(cell.charges, sources, r);
    for (int i = 0; i < cell.n; ++i) {
      const double value = cell.charge_unit * q[i];
      p.charges[std::size_t(i) * C * R + c] = cell.single ? double(float(value)) : value;
    }
  }
  p.size = cell.scale;
  // Screening and wavenumber are one over a length, a core and a softening are one.
  const bool length = cell.kernel == "biot-savart" || cell.kernel == "softened-laplace";
  p.parameter = length ? cell.parameter * p.size : cell.parameter / p.size;
  return p;
}

/// A cell of the grammar. What is asked for is what the documentation promises something about.
inline Cell make_cell(std::uint64_t seed) {
  Random r(seed * 0x2545f4914f6cdd1dull + 77);
  Cell c;
  c.seed = seed;
  const auto& kernels = Octopole::kernel_infos();
  // Cells of seeds below 1300 are those that there were when there were six kernels.
  const bool all = seed >= 1300000000000;
  const auto& kernel = kernels[r.below(all ? int(kernels.size()) : 6)];
  c.kernel = kernel.name;
  if (c.kernel == "yukawa") c.parameter = std::pow(10.0, r.uniform(-2, 2));
  if (c.kernel == "helmholtz") c.parameter = std::pow(10.0, r.uniform(-1, 1));
  if ((c.kernel == "biot-savart" || c.kernel == "softened-laplace") && r.one_in(2))
    c.parameter = std::pow(10.0, r.uniform(-4, -1));
  c.single = r.one_in(3);
  c.float_points = r.one_in(c.single ? 2 : 6);
  c.digits = 1 + r.below(c.single ? 4 : kernel.complex ? 6 : 9);
  c.outputs = 1 + r.below(int(kernel.outputs.size()));
  c.right_hand_sides = r.one_in(6) ? 2 + r.below(3) : 1;
  c.sources = r.of(source_words());
  if (c.sources == "helix" || c.sources == "needle" || c.sources == "slab" ||
      c.sources == "two scales")
    c.sources_parameter = r.below(9);
  if (c.sources == "pairs" || c.sources == "clusters") c.sources_parameter = r.below(13);
  if (c.sources == "outlier" || c.sources == "hundred") c.sources_parameter = 1 + r.below(12);
  c.n = r.one_in(4)    ? 1 + r.below(40)
        : r.one_in(20) ? 8000
                       : int(std::pow(10, r.uniform(1.5, 3.3)));
  if (r.one_in(2)) {
    c.targets = r.of(target_words());
    c.m = c.targets == "one" ? 1 : 1 + r.below(int(1.5 * c.n));
  }
  c.charges = r.of(charge_words());
  if (r.one_in(3)) {
    c.scale = std::pow(10.0, r.uniform(-1, 1) * (c.single || c.float_points ? 8 : 90));
    // So that potentials stay about where they are.
    c.charge_unit = c.scale;
  }
  if (r.one_in(4)) c.charge_unit *= std::pow(10.0, r.uniform(-1, 1) * (c.single ? 8 : 40));
  if (r.one_in(3)) {
    const double far = std::pow(10.0, r.uniform(-1, c.float_points ? 2 : 8));
    for (double& s : c.shift) s = far * r.uniform(-1, 1);
  }
  if (r.one_in(2)) c.options.method = Octopole::Method::fmm;
  if (r.one_in(4)) c.options.leaf_capacity = 1 + r.below(r.one_in(2) ? 4 : 100);
  if (r.one_in(6)) c.options.balance = 1;
  if (r.one_in(6)) c.options.m2l = Octopole::M2L::blas;
  return c;
}

}  // namespace octopole_test

#endif
