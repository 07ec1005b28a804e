// SPDX-License-Identifier: BSD-3-Clause
// Compiled once for each WRONG, which must fail with a sentence of ours; 0 must compile.
#include <Octopole.hpp>
#include <cmath>
#include <vector>

#if WRONG == 1
inline constexpr int columns_of_q = 2;  // a wrong dimension
#else
inline constexpr int columns_of_q = 1;
#endif

struct Users {
  using scalar = double;
  static constexpr int source_components = 1;
  static constexpr int target_components = 1;
  static constexpr int degree = -1;
  static constexpr bool homogeneous = true;
  static constexpr bool has_gradient = WRONG == 2;  // and no gradient
#if WRONG != 3                                      // a missing member
  static constexpr double prefactor = 1;
#endif
  static std::string name() { return "users"; }
  std::vector<double> parameters() const { return {}; }
  Users rescaled(double) const { return *this; }
  template <class V, class Q>
  KOKKOS_FUNCTION void potential(const V& dx, const V& dy, const V& dz, const Q (&q)[columns_of_q],
                                 V (&u)[1]) const {
#if WRONG == 10  // a function of std, which has none for packs
    u[0] = u[0] + V(q[0]) / std::sqrt(V(dx * dx + dy * dy + dz * dz));
#else
    u[0] = u[0] + Octopole::inverse_sqrt(V(dx * dx + dy * dy + dz * dz)) * V(q[0]);
#endif
  }
};

// A composed one whose evaluation functor lacks an output.
struct Lacking {
  using scalar = double;
  using Translation = Octopole::Laplace<double>;
  using Pairs = Octopole::LaplacePairs<Octopole::Root::exact, true>;
  static constexpr int charge_components = 1, columns = 1;
  static std::string name() { return "lacking"; }
  Lacking rescaled(double) const { return *this; }
  Translation translation() const { return {}; }
  KOKKOS_FUNCTION Pairs source() const { return {}; }
  KOKKOS_FUNCTION Pairs evaluation() const { return {}; }
  template <Octopole::Root, bool>
  KOKKOS_FUNCTION Pairs near() const {
    return {};
  }
  static constexpr Octopole::OutputTerm outputs[] = {{Octopole::Output::potential, {1, 1}, -1, 1},
                                                     {Octopole::Output::pressure, {1, 1}, -2, 1}};
};

// One whose second output has more rows than Impl::Values keeps room for.
struct Wide {
  struct Pairs {
    static constexpr int inputs = 1;
    template <int Last>
    static constexpr int rows = Last == 0 ? 1 : 37;
    template <int Last, class V, class Q>
    KOKKOS_FUNCTION void add(const V& dx, const V& dy, const V& dz, const Q (&q)[1],
                             V (&out)[rows<Last>]) const {
      const V u = Octopole::inverse_sqrt(V(dx * dx + dy * dy + dz * dz)) * V(q[0]);
      for (int k = 0; k < rows<Last>; ++k) out[k] = out[k] + u;
    }
  };
  using scalar = double;
  using Translation = Octopole::Laplace<double>;
  static constexpr int charge_components = 1, columns = 1;
  static std::string name() { return "wide"; }
  Wide rescaled(double) const { return *this; }
  Translation translation() const { return {}; }
  KOKKOS_FUNCTION Pairs source() const { return {}; }
  KOKKOS_FUNCTION Pairs evaluation() const { return {}; }
  template <Octopole::Root, bool>
  KOKKOS_FUNCTION Pairs near() const {
    return {};
  }
  static constexpr Octopole::OutputTerm outputs[] = {{Octopole::Output::potential, {1, 1}, -1, 1},
                                                     {Octopole::Output::hessian, {6, 6}, -3, 1}};
};

using Exec = Kokkos::DefaultExecutionSpace;
using Points = Kokkos::View<double* [3], Exec::memory_space>;

#if WRONG == 4
using Kernel = Lacking;
#elif WRONG == 6
using Kernel = Wide;
#else
using Kernel = Users;
#endif

#if WRONG == 5  // an output that the kernel does not offer
void use(Octopole::Plan<Exec::memory_space, Kernel>& plan,
         const Kokkos::View<double*, Exec::memory_space>& q) {
  plan.execute(Exec(), q, Octopole::outputs().velocity(q));
}
#elif WRONG == 7   // elements that are no numbers
void use(Octopole::Plan<Exec::memory_space, Kernel>& plan,
         const std::vector<std::vector<double>>& q, std::vector<double>& u) {
  plan.execute(Exec(), q, u);
}
#elif WRONG == 8   // three numbers in a row are no point
void use(const std::vector<double>& points) {
  Octopole::Plan plan(Exec(), Kernel{}, points);
}
#elif WRONG == 9   // a copy of the container
void use(Octopole::Plan<Exec::memory_space, Kernel>& plan, const std::vector<double>& q,
         const std::vector<double>& u) {
  plan.execute(Exec(), q, Octopole::Outputs<std::vector<double>>{.potential = u});
}
#elif WRONG == 11  // the same output again
void use(Octopole::Plan<Exec::memory_space, Kernel>& plan,
         const Kokkos::View<double*, Exec::memory_space>& q) {
  plan.execute(Exec(), q, Octopole::outputs().potential(q).potential(q));
}
#else
void use(const Points& points) {
  Octopole::Plan plan(Exec(), Kernel{}, points);
}
#endif
