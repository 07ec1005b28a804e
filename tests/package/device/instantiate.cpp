// SPDX-License-Identifier: BSD-3-Clause
// Compiled for CUDA and for HIP by cmake/toolchain/device_check.sh, never linked or run: Plan with every
// built-in kernel and set of outputs on the device, so that no change makes its code fail to
// compile.
#include <Octopole.hpp>
#include <core/plan/impl/Octopole_EngineDefinition.hpp>
#include <core/plan/impl/Octopole_TypedEngine.hpp>
#include <tests/support/octopole_test_kernels.hpp>

using Exec = Kokkos::DefaultExecutionSpace;
using Memory = Exec::memory_space;
static_assert(!Kokkos::SpaceAccessibility<Kokkos::HostSpace, Memory>::accessible);
using Octopole::Output;
using Octopole::Outputs;

struct Cloud {
  Kokkos::View<float*, Memory> x, y, z;
};
template <>
struct Octopole::AccessTraits<Cloud> {
  using memory_space = Memory;
  static std::size_t size(const Cloud& c) { return c.x.extent(0); }
  KOKKOS_FUNCTION static Kokkos::Array<float, 3> get(const Cloud& c, std::size_t i) {
    return {c.x(i), c.y(i), c.z(i)};
  }
};

/// A View (n[, those of the extents that are not one], sides).
template <class T, int E0, int E1>
auto array(int n, int sides) {
  if constexpr (E0 > 1 && E1 > 1)
    return Kokkos::View<T****, Memory>("array", n, E0, E1, sides);
  else if constexpr (E0 * E1 > 1)
    return Kokkos::View<T***, Memory>("array", n, E0 * E1, sides);
  else
    return Kokkos::View<T**, Memory>("array", n, sides);
}

/// The View of an output, or what stands for one that the kernel does not offer.
template <class Kernel, Output One>
auto output(int n, int sides) {
  using T = typename Kernel::scalar;
  if constexpr (Octopole::contains(Octopole::outputs_of<Kernel>, One)) {
    constexpr Octopole::OutputTerm term =
        Octopole::Family<Kernel>::term(Octopole::last_output_of<Kernel>(One));
    if constexpr (Octopole::is_complex<Kernel>)
      return array<Kokkos::complex<T>, term.extents[0], term.extents[1] / 2>(n, sides);
    else
      return array<T, term.extents[0], term.extents[1]>(n, sides);
  } else {
    return Octopole::NoOutput{};
  }
}

template <class Kernel, class Points>
void use(const Exec& exec, const Kernel& kernel, const Points& points) {
  const int n = points.extent(0), sides = 5;
  const Octopole::Options options{
      .digits = 3, .outputs = Octopole::outputs_of<Kernel>, .right_hand_sides = sides};
  Octopole::Plan plan(exec, kernel, points, options);
  Octopole::Plan apart(exec, kernel, points, points, options);
  plan.update_points(exec, points);
  const auto charges =
      array<typename Kernel::scalar, Octopole::Family<Kernel>::charges, 1>(n, sides);
  const Outputs outputs{.potential = output<Kernel, Output::potential>(n, sides),
                        .gradient = output<Kernel, Output::gradient>(n, sides),
                        .hessian = output<Kernel, Output::hessian>(n, sides),
                        .velocity = output<Kernel, Output::velocity>(n, sides),
                        .pressure = output<Kernel, Output::pressure>(n, sides),
                        .velocity_gradient = output<Kernel, Output::velocity_gradient>(n, sides)};
  plan.execute(exec, charges, outputs);
  plan.check(exec, charges, outputs, 10);
  Octopole::direct_sum(exec, kernel, points, points, charges, outputs, sides);
}

/// In double, and in float too where there is a single translation problem: every kind of device
/// code for less time than all of both.
template <template <class> class Kernel>
void use_kernel(const Exec& exec, const Kokkos::View<double* [3], Memory>& x) {
  use(exec, Kernel<double>{}, x);
  if constexpr (Kernel<float>::columns == 1) use(exec, Kernel<float>{}, x);
}

/// Points in the other forms; their engines are those of `use`.
void read(const Exec& exec, const Kokkos::View<double*, Memory>& x, const Cloud& cloud) {
  const Octopole::Coordinates points{x, x, x};
  Octopole::Plan plan(exec, Octopole::Laplace<double>{}, points, Octopole::Options{.digits = 3});
  plan.update_points(exec, cloud);
  plan.update_points(exec, points, Kokkos::View<double* [3], Memory>());
}

/// What AnyPlan holds.
template class Octopole::Impl::TypedEngine<double>;
template class Octopole::Impl::TypedEngine<float>;

void instantiate(const Exec& exec, const Kokkos::View<double* [3], Memory>& points) {
#define OCTOPOLE_USE(KERNEL) use_kernel<Octopole::KERNEL>(exec, points);
  OCTOPOLE_FOR_BUILT_IN_KERNELS(OCTOPOLE_USE)
#undef OCTOPOLE_USE
  use(exec, octopole_test::Stokeslet<double>{}, points);
}

// What a library built for the device holds.
template class Octopole::Impl::Engine<Exec, double>;
template class Octopole::Impl::Engine<Exec, float>;
