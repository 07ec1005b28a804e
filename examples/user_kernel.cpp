// A kernel of one's own: sites that carry a charge and a dipole, as polarisable atoms do, with potential
// and gradient. It is harmonic, so translations are Laplace's; a probe finds the order for the digits.
#include <Octopole.hpp>

#include <cmath>
#include <cstdio>

// q/r + d.r/r^3 and its gradient for a pair: of (q, d), or of q alone. V is a scalar or a SIMD pack.
template <int Inputs>
struct Sites {
  static constexpr int inputs = Inputs;
  template <int Last>
  static constexpr int rows = Last == 0 ? 1 : 4;
  double per_length = 1;  // of a dipole against a charge, in the unit of length at hand

  template <int Last, class V, class Q>
  KOKKOS_FUNCTION void add(const V& dx, const V& dy, const V& dz, const Q (&q)[Inputs],
                           V (&out)[rows<Last>]) const {
    using T = Octopole::scalar_of<V>;
    const V s = Octopole::inverse_sqrt(V(dx * dx + dy * dy + dz * dz)), s3 = s * s * s;
    const V r[3] = {dx, dy, dz};
    V d[3] = {V(T(0)), V(T(0)), V(T(0))};
    if constexpr (Inputs == 4)
      for (int i = 0; i < 3; ++i) d[i] = V(T(q[1 + i]) * T(per_length));
    const V along = (d[0] * dx + d[1] * dy + d[2] * dz) * s3;
    out[0] = out[0] + (V(T(q[0])) * s + along);
    if constexpr (Last == 1) {
      const V f = V(T(q[0])) * s3 + V(T(3)) * along * (s * s);
      for (int i = 0; i < 3; ++i) out[1 + i] = out[1 + i] + (d[i] * s3 - f * r[i]);
    }
  }
};

struct Polarisable {
  using scalar = double;
  using Translation = Octopole::Laplace<double>;
  static constexpr int charge_components = 4, columns = 1;
  static constexpr Octopole::OutputTerm outputs[] = {
      {Octopole::Output::potential, {1, 1}, -1, Translation::prefactor},
      {Octopole::Output::gradient, {1, 3}, -2, Translation::prefactor}};
  double per_length = 1;

  static std::string name() { return "polarisable"; }
  // In units of h an r^-2 is 1/h times what an r^-1 is.
  Polarisable rescaled(double h) const { return {per_length / h}; }
  Translation translation() const { return {}; }
  KOKKOS_FUNCTION Sites<4> source() const { return {per_length}; }
  KOKKOS_FUNCTION Sites<1> evaluation() const { return {}; }
  template <Octopole::Root, bool>
  KOKKOS_FUNCTION Sites<4> near() const {
    return {per_length};
  }
};

int main(int argc, char** argv) {
  Kokkos::ScopeGuard kokkos(argc, argv);
  using Exec = Kokkos::DefaultExecutionSpace;
  const Exec exec;
  const int n = 20000;
  const Kokkos::View<double* [3], Exec::memory_space> x("sites", n), g("gradient", n);
  const Kokkos::View<double* [4], Exec::memory_space> q("charges and dipoles", n);
  const Kokkos::View<double*, Exec::memory_space> u("potential", n);
  const auto x_host = Kokkos::create_mirror_view(x);
  const auto q_host = Kokkos::create_mirror_view(q);
  for (int i = 0; i < n; ++i) {
    for (int d = 0; d < 3; ++d)  // an even, irregular lattice of side 30 (Roberts' R3 sequence)
      x_host(i, d) = 30 * std::fmod(0.5 + (i + 1) * std::pow(0.8191725133961645, d + 1), 1.0);
    for (int c = 0; c < 4; ++c) q_host(i, c) = std::sin(1.0 + 12.9898 * i + 78.233 * c);
  }
  Kokkos::deep_copy(x, x_host);
  Kokkos::deep_copy(q, q_host);

  const Octopole::Options options{
      .digits = 6, .method = Octopole::Method::fmm, .outputs = Octopole::Output::gradient};
  Octopole::Plan plan(exec, Polarisable{}, x, options);
  const auto outputs = Octopole::outputs().potential(u).gradient(g);
  plan.execute(exec, q, outputs);
  const auto error = plan.check(exec, q, outputs, 1000);
  const double potential = error[Octopole::Output::potential].rel_l2,
               gradient = error[Octopole::Output::gradient].rel_l2;
  std::printf(
      "charges with dipoles, order %d found: potential off by %.1e, gradient by %.1e (allowed "
      "1e-6)\n",
      plan.facts().order, potential, gradient);
  return potential <= 1e-6 && gradient <= 1e-6 ? 0 : 1;
}
