#ifndef OCTOPOLE_COULOMB_VIRIAL_HPP
#define OCTOPOLE_COULOMB_VIRIAL_HPP

#include <Octopole_Plan.hpp>
#include <core/base/Octopole_ArrayLayout.hpp>
#include <core/base/Octopole_Launch.hpp>
#include <core/base/Octopole_Transfer.hpp>
#include <core/kernels/Octopole_Stokeslet.hpp>

#include <array>
#include <cstddef>
#include <stdexcept>
#include <string>

namespace Octopole {

namespace Impl {

/// Forces along each axis, a right-hand side each, as large as the charges.
template <class Charges, class Forces>
struct ForcesAlongAxes {
  Charges charges;
  Forces forces;
  KOKKOS_FUNCTION void operator()(const int i) const {
    for (int a = 0; a < 3; ++a)
      for (int b = 0; b < 3; ++b)
        forces(i, a, b) = a == b ? typename Forces::value_type(charges(i)) : 0;
  }
};

/// From the velocities to q_i sum_j q_j r_a r_b/(4 pi r^3).
template <class Charges, class Velocity, class Virial>
struct VirialOfVelocities {
  Charges charges;
  Velocity velocity;
  Virial virial;
  KOKKOS_FUNCTION void operator()(const int i) const {
    using T = typename Velocity::value_type;
    // The trace of the velocities is twice the potential.
    const T potential = (velocity(i, 0, 0) + velocity(i, 1, 1) + velocity(i, 2, 2)) / 2;
    for (int a = 0, k = 0; a < 3; ++a)
      for (int b = a; b < 3; ++b, ++k)
        virial(i, k) =
            T(charges(i)) * (velocity(i, a, b) + velocity(i, b, a) - (a == b ? potential : T(0)));
  }
};

/// Sums of `length` rows each.
template <class Virial, class Sums>
struct VirialOfPart {
  static constexpr int length = 512;
  Virial virial;
  Sums sums;
  int n;
  KOKKOS_FUNCTION void operator()(const int part) const {
    for (int k = 0; k < 6; ++k) {
      double sum = 0;
      for (int i = part * length; i < n && i < (part + 1) * length; ++i)
        sum += double(virial(i, k));
      sums(part, k) = sum;
    }
  }
};

}  // namespace Impl

/// The virial of charges, from which their stress follows: for each charge the six numbers
///
///     W_ab(i) = q_i sum_j q_j r_a r_b/(4 pi r^3),   r = x_i - x_j,   xx xy xz yy yz zz,
///
/// over all others or, with Options::periodic, over all images in a cell that repeats along three axes, in a conductor.
/// Half of what they sum to, `total`, is the sum of r_a F_b over all pairs, F the force on i by j: minus the derivative of
/// the energy by a strain (that of a neutral cell), so that the pressure is a third of its trace over the volume. The trace of
/// W is q_i times the potential.
///
/// It comes from the Stokeslet (delta_ab/r + r_a r_b/r^3)/(8 pi) of the forces q_j e_x, q_j e_y and q_j e_z, whose trace is
/// 1/(2 pi r): three right-hand sides of one plan, and in a cell Hasimoto's sums. The digits are those of these velocities.
///
///     Octopole::CoulombVirial virial(exec, points, {.digits = 6});
///     virial.execute(exec, charges, w);  // w: Kokkos::View<double* [6]>
///     const auto sum = virial.total(exec, w);
template <class MemorySpaceType, class T = double>
class CoulombVirial {
 public:
  using MemorySpace = MemorySpaceType;                           ///< where all Views live
  using ExecutionSpace = typename MemorySpace::execution_space;  ///< the one of MemorySpace

  /// Plans as a Plan does, and throws as it does.
  /// @param exec  instance that plans; its work is done when the constructor returns
  /// @param points  (N, 3), as for Plan
  /// @param options  as for Plan; with outputs, right-hand sides left as they are, and no cell but of three axes in a
  ///   conductor
  template <class Exec, class Points>
  CoulombVirial(const Exec& exec, const Points& points, const Options& options = {})
      : m_plan(exec, Stokeslet<T>{}, points, for_velocities(options)) {}

  /// W of these charges, asynchronously on `exec`; takes no memory after the first call. Throws std::invalid_argument
  /// where an extent does not fit.
  /// @param exec  instance to work on
  /// @param charges  (N), a View of T in this memory space, in the order of the points
  /// @param[out] virial  (N, 6); valid once `exec` has been fenced
  template <class Exec, class Charges, class Virial>
  void execute(const Exec& exec, const Charges& charges, const Virial& virial) {
    static const std::string before = "Octopole::CoulombVirial::forces",
                             after = "Octopole::CoulombVirial::virial";
    const std::size_t n = m_plan.facts().n_sources;
    static_assert(Charges::rank() == 1 && Virial::rank() == 2,
                  "Octopole: charges are a View (N), their virial a View (N, 6)");
    require_extents("charges", charges, charges.extent(0) == n, "(N)");
    require_extents("virial", virial, virial.extent(0) == n && virial.extent(1) == 6, "(N, 6)");
    if (m_forces.extent(0) != n) {
      using Tensors = decltype(m_forces);
      m_forces = Tensors(Kokkos::view_alloc(exec, Kokkos::WithoutInitializing, before), n);
      m_velocity = Tensors(Kokkos::view_alloc(exec, Kokkos::WithoutInitializing, after), n);
    }
    using Range = Kokkos::RangePolicy<Exec>;
    launch(before, Range(exec, 0, int(n)),
           Impl::ForcesAlongAxes<Charges, decltype(m_forces)>{charges, m_forces});
    m_plan.execute(exec, m_forces, outputs().velocity(m_velocity));
    launch(after, Range(exec, 0, int(n)),
           Impl::VirialOfVelocities<Charges, decltype(m_velocity), Virial>{charges, m_velocity,
                                                                           virial});
  }

  /// Half of the sum over all charges, in a fixed order. Waits for `exec`.
  /// @param exec  instance to work on
  /// @param virial  (N, 6) of `execute`
  /// @return xx xy xz yy yz zz
  template <class Exec, class Virial>
  std::array<double, 6> total(const Exec& exec, const Virial& virial) const {
    static const std::string label = "Octopole::CoulombVirial::total";
    using Sums = Kokkos::View<double* [6], MemorySpace>;
    using Part = Impl::VirialOfPart<Virial, Sums>;
    const int n = int(virial.extent(0)), parts = (n + Part::length - 1) / Part::length;
    const Sums sums(label, std::size_t(parts));
    launch(label, Kokkos::RangePolicy<Exec>(exec, 0, parts), Part{virial, sums, n});
    exec.fence(label);
    const auto host = Impl::to_host(sums);
    std::array<double, 6> sum{};
    for (std::size_t part = 0; part < std::size_t(parts); ++part)
      for (std::size_t k = 0; k < 6; ++k) sum[k] += host(part, k) / 2;
    return sum;
  }

  /// New positions, as Plan::update_points.
  /// @param exec  instance to work on
  /// @param points  (N, 3)
  template <class Exec, class Points>
  void update_points(const Exec& exec, const Points& points) {
    m_plan.update_points(exec, points);
  }
  /// @return of the plan that the velocities come from
  const PlanFacts& facts() const { return m_plan.facts(); }

 private:
  static Options for_velocities(Options options) {
    if (options.right_hand_sides != 1 || options.outputs != Output::none)
      throw std::invalid_argument(
          "Octopole::CoulombVirial: found Options::right_hand_sides or outputs, allowed neither");
    options.right_hand_sides = 3;
    return options;
  }
  template <class View>
  static void require_extents(const char* what, const View& view, bool fit, const char* allowed) {
    if (!fit)
      throw std::invalid_argument(std::string("Octopole::CoulombVirial::execute: ") + what +
                                  ": found a View of extents " +
                                  Impl::shape_of(Impl::layout_of(view)) + ", expected " + allowed +
                                  " for the plan's points");
  }

  Plan<MemorySpace, Stokeslet<T>> m_plan;
  Kokkos::View<T* [3][3], MemorySpace> m_forces, m_velocity;
};
/// @cond GUIDES
template <class Exec, class Points>
CoulombVirial(const Exec&, const Points&) -> CoulombVirial<typename Exec::memory_space>;
template <class Exec, class Points>
CoulombVirial(const Exec&, const Points&, const Options&)
    -> CoulombVirial<typename Exec::memory_space>;
/// @endcond

}  // namespace Octopole

#endif
