// SPDX-License-Identifier: BSD-3-Clause
// Compiled for CUDA and for HIP by cmake/device_check.sh, never linked or run: Plan with every kernel,
// precision and set of outputs on the device, so that no change makes its code fail to compile.
#include <Octopole.hpp>
#include <octopole_test_kernels.hpp>
#include <plan/Octopole_EngineDefinition.hpp>

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

/// `named` puts a View of each output, in the kernel's order, into Outputs.
template <class Kernel, class Points, class Named>
void use(const Exec& exec, const Kernel& kernel, const Points& points, const Named& named) {
  using T = typename Kernel::scalar;
  const int n = points.extent(0), sides = 5;
  const Octopole::Options options{.digits = 3,
                                  .outputs = Octopole::outputs_of<Kernel>,
                                  .right_hand_sides = sides};
  Octopole::Plan plan(exec, kernel, points, options);
  Octopole::Plan apart(exec, kernel, points, points, options);
  plan.update_points(exec, points);
  const auto run = [&](const auto& charges) {
    const auto outputs = named(T(), n, sides);
    plan.execute(exec, charges, outputs);
    plan.check(exec, charges, outputs, 10);
    Octopole::direct_sum(exec, kernel, points, points, charges, outputs, sides);
  };
  constexpr int C = Octopole::Family<Kernel>::charges;
  if constexpr (C == 1)
    run(Kokkos::View<T**, Memory>("charges", n, sides));
  else
    run(Kokkos::View<T***, Memory>("charges", n, C, sides));
}

template <class T>
using Rank2 = Kokkos::View<T**, Memory>;
template <class T>
using Rank3 = Kokkos::View<T***, Memory>;
template <class T>
using Rank4 = Kokkos::View<T****, Memory>;

template <class T>
void with_scalar(const Exec& exec, const Kokkos::View<double* [3], Memory>& x) {
  const auto harmonic = [](auto t, int n, int sides) {
    using S = decltype(t);
    return Outputs{.potential = Rank2<S>("u", n, sides),
                   .gradient = Rank3<S>("g", n, 3, sides),
                   .hessian = Rank3<S>("h", n, 6, sides)};
  };
  const auto scalar = [](auto t, int n, int sides) {
    using S = decltype(t);
    return Outputs{.potential = Rank2<S>("u", n, sides), .gradient = Rank3<S>("g", n, 3, sides)};
  };
  const auto complex = [](auto t, int n, int sides) {
    using S = Kokkos::complex<decltype(t)>;
    return Outputs{.potential = Rank2<S>("u", n, sides), .gradient = Rank3<S>("g", n, 3, sides)};
  };
  const auto flow = [](auto t, int n, int sides) {
    using S = decltype(t);
    return Outputs{.velocity = Rank3<S>("u", n, 3, sides), .pressure = Rank2<S>("p", n, sides)};
  };
  const auto vortices = [](auto t, int n, int sides) {
    using S = decltype(t);
    return Outputs{.velocity = Rank3<S>("u", n, 3, sides),
                   .velocity_gradient = Rank4<S>("g", n, 3, 3, sides)};
  };
  const auto system = [](auto t, int n, int sides) {
    return Outputs{.potential = Rank3<decltype(t)>("u", n, 3, sides)};
  };
  use(exec, Octopole::Laplace<T>{}, x, harmonic);
  use(exec, Octopole::LaplaceDipole<T>{}, x, harmonic);
  use(exec, Octopole::Yukawa<T>{1.0}, x, scalar);
  use(exec, octopole_test::Stokeslet<T>{}, x, system);
  if constexpr (std::is_same_v<T, double>) {
    use(exec, Octopole::Stokeslet<T>{}, x, flow);
    use(exec, Octopole::BiotSavart<T>{0.1}, x, vortices);
  } else {
    use(exec, Octopole::Helmholtz<T>{}, x, complex);
  }
}

/// Points in the other forms; their engines are those of `use`.
void read(const Exec& exec, const Kokkos::View<double*, Memory>& x, const Cloud& cloud) {
  const Octopole::Coordinates points{x, x, x};
  Octopole::Plan plan(exec, Octopole::Laplace<double>{}, points, Octopole::Options{.digits = 3});
  plan.update_points(exec, cloud);
  plan.update_points(exec, points, Kokkos::View<double* [3], Memory>());
}

void instantiate(const Exec& exec, const Kokkos::View<double* [3], Memory>& points) {
  with_scalar<double>(exec, points);
  with_scalar<float>(exec, points);
}

// What a library built for the device holds.
template class Octopole::Impl::Engine<Exec, double>;
template class Octopole::Impl::Engine<Exec, float>;
