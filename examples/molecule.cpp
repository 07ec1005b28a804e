// SPDX-License-Identifier: BSD-3-Clause
// Coulomb energy of a molecule and the forces on its atoms, for whoever computes electrostatics.
//   example_molecule MOLECULE.pqr        coordinates in Angstrom, charges in e
#include <Octopole.hpp>

#include <cmath>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

using Exec = Kokkos::DefaultExecutionSpace;
using Points = Kokkos::View<double* [3]>;
using Values = Kokkos::View<double*>;

// One ATOM or HETATM line for each atom: ... x y z charge radius, blanks between.
void read_pqr(const char* path, Points& x, Values& q) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error(std::string("cannot open ") + path);
  std::vector<std::vector<std::string>> atoms;
  for (std::string line; std::getline(file, line);) {
    std::istringstream stream(line);
    std::vector<std::string> words;
    for (std::string word; stream >> word;) words.push_back(word);
    if (!words.empty() && (words[0] == "ATOM" || words[0] == "HETATM")) {
      if (words.size() < 6) throw std::runtime_error("too few columns: " + line);
      atoms.emplace_back(words.end() - 5, words.end());
    }
  }
  if (atoms.empty()) throw std::runtime_error("no ATOM or HETATM line");
  x = Points("positions", atoms.size());
  q = Values("charges", atoms.size());
  const auto host_x = Kokkos::create_mirror_view(x);
  const auto host_q = Kokkos::create_mirror_view(q);
  for (std::size_t i = 0; i < atoms.size(); ++i) {
    for (int d = 0; d < 3; ++d) host_x(i, d) = std::stod(atoms[i][d]);
    host_q(i) = std::stod(atoms[i][3]);
  }
  Kokkos::deep_copy(x, host_x);
  Kokkos::deep_copy(q, host_q);
}

// Each pair once, hence the half: in e^2 / Angstrom, up to 1 / (4 pi epsilon).
double energy(const Exec& exec, const Values& q, const Values& u) {
  double sum = 0;
  Kokkos::parallel_reduce(
      "energy", Kokkos::RangePolicy(exec, 0, q.extent(0)),
      KOKKOS_LAMBDA(const int i, double& s) { s += 0.5 * q(i) * u(i); }, sum);
  return sum;
}

// A gradient becomes a force.
void times_minus_charge(const Exec& exec, const Values& q, const Points& g) {
  Kokkos::parallel_for(
      "forces", Kokkos::RangePolicy(exec, 0, q.extent(0)), KOKKOS_LAMBDA(const int i) {
        for (int d = 0; d < 3; ++d) g(i, d) *= -q(i);
      });
}

// |a - b| / |b|
double relative_error(const Exec& exec, const Points& a, const Points& b) {
  double wrong = 0, right = 0;
  Kokkos::parallel_reduce(
      "error", Kokkos::RangePolicy(exec, 0, a.extent(0)),
      KOKKOS_LAMBDA(const int i, double& w, double& r) {
        for (int d = 0; d < 3; ++d) {
          w += (a(i, d) - b(i, d)) * (a(i, d) - b(i, d));
          r += b(i, d) * b(i, d);
        }
      },
      wrong, right);
  return std::sqrt(wrong / right);
}

int run(const char* path) {
  const Exec exec;
  Points x;
  Values q;
  read_pqr(path, x, q);
  const int n = int(x.extent(0));
  Values u("potential", n), direct_u("direct potential", n);
  Points f("forces", n), direct_f("direct forces", n);

  const int digits = 6;
  Octopole::Options options{.digits = digits, .outputs = Octopole::Output::gradient};
  // A small molecule is summed directly, faster than by any method; not here, where that is shown.
  if (n < 5000) options.method = Octopole::Method::fmm, options.leaf_capacity = 30;
  const Octopole::Laplace<double> coulomb;  // 1 / (4 pi r)
  Octopole::Plan plan(exec, coulomb, x, options);
  plan.execute(exec, q, Octopole::outputs().potential(u).gradient(f));
  times_minus_charge(exec, q, f);

  Octopole::direct_sum(exec, coulomb, x, x, q,
                       Octopole::outputs().potential(direct_u).gradient(direct_f));
  times_minus_charge(exec, q, direct_f);

  const double e = energy(exec, q, u), direct_e = energy(exec, q, direct_u);
  const double energy_error = std::abs(e / direct_e - 1),
               force_error = relative_error(exec, f, direct_f);
  const double unit =
      4 * Kokkos::numbers::pi * 1389.35457644;  // e^2 / (epsilon_0 Angstrom) in kJ/mol
  std::printf("%d atoms, Coulomb energy %.4f kJ/mol\n", n, unit * e);
  const double allowed = std::pow(10., -digits);
  std::printf("relative error of the energy %.1e, of the forces %.1e (allowed %.0e)\n",
              energy_error, force_error, allowed);
  return energy_error <= allowed && force_error <= allowed ? 0 : 1;
}

int main(int argc, char* argv[]) {
  Kokkos::ScopeGuard kokkos(argc, argv);
  if (argc != 2) return std::fprintf(stderr, "usage: %s MOLECULE.pqr\n", argv[0]), 2;
  try {
    return run(argv[1]);
  } catch (const std::exception& e) {
    return std::fprintf(stderr, "%s: %s\n", argv[1], e.what()), 2;
  }
}
