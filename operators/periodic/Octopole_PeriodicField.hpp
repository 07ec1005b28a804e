#ifndef OCTOPOLE_PERIODIC_FIELD_HPP
#define OCTOPOLE_PERIODIC_FIELD_HPP

#include <core/base/Octopole_Allocate.hpp>
#include <core/base/Octopole_Launch.hpp>
#include <core/base/Octopole_Variants.hpp>
#include <operators/Octopole_PointValues.hpp>

#include <cstddef>
#include <cstdint>
#include <numbers>
#include <string>

namespace Octopole {

/// The part of a sum over all images that is not harmonic. Of charges q in a cell of volume V, with the uniform
/// background, u(x) gets sum_j q_j |x - y_j|^2 / (6 V) (in units where one charge gives 1/(4 pi r)), which their moments
/// Q = sum q, D = sum q y and S = sum q |y|^2 give at once: (Q |x|^2 - 2 x.D + S) / (6 V). Of dipoles d the
/// derivative along them: Q = 0, D = sum d, S = 2 sum d.y; of charges with dipoles the sum of both. Of vortices w the curl
/// of three such: Q = sum w and D = sum y w, one row for each component of y.
///
/// Of forces f (Stokeslet) the velocity gets sum (2 r^2 f - r (r.f)) / (15 V), the pressure -sum f.r / (3 V), r = x - y: what
/// r^4/(120 V) gives in place of r/(8 pi), beside the harmonic rest of periodic_images. Q = sum f, D = sum f y, one
/// row for each component of f, and S = sum 2 f |y|^2 - y (y.f).
///
/// Screened charges have no such part, and along one or two axes there is none; there the charges have to sum to zero,
/// and where they do not, the results become NaN.
template <class MemorySpace>
struct PeriodicField {
  static constexpr int most_moments = 15,  ///< of a right-hand side
      part = 512;                          ///< slots that are summed one after the other

  PeriodicSum sum = PeriodicSum::none;  ///< of what; none: nothing repeats
  bool all_axes = true;                 ///< else Q and sum |q| take the place of the moments
  bool vacuum = false;       ///< with the field of the surface of all images: -2 x.D goes
  double dipole_length = 1;  ///< of dipoles beside charges, see KernelOperators
  /// (parts, R * moments): sums over some slots, in charge units and half-widths of the root
  Kokkos::View<double**, Kokkos::LayoutRight, MemorySpace> of_part;
  Kokkos::View<double*, MemorySpace> of_all;  ///< (R * moments) their sums

  /// @return numbers per right-hand side: Q, D and S, of vortices Q and D
  KOKKOS_FUNCTION int moments() const {
    return sum == PeriodicSum::forces ? 15 : sum == PeriodicSum::vortices ? 12 : 5;
  }
  /// @return numbers that a source carries
  KOKKOS_FUNCTION int charges() const {
    return sum == PeriodicSum::charges ? 1 : sum == PeriodicSum::charges_and_dipoles ? 4 : 3;
  }
  /// @return whether there is one, or a condition: where the root repeats
  bool exists() const { return of_all.extent(0) > 0; }
  /// @return memory that it holds
  std::size_t bytes() const { return Impl::bytes_of(of_part, of_all); }
};

/// Makes room for the moments.
/// @param exec  instance to work on
/// @param sum  of what, not `none`
/// @param all_axes  whether the root repeats along three; else dipoles, which have no charge, have nothing here, as
///   screened charges anywhere
/// @param slots  of the sources
/// @param right_hand_sides  R
/// @return not initialised
template <class ExecutionSpace>
auto make_periodic_field(const ExecutionSpace& exec, PeriodicSum sum, bool all_axes, int slots,
                         int right_hand_sides) {
  PeriodicField<typename ExecutionSpace::memory_space> field;
  field.sum = sum, field.all_axes = all_axes;
  if (sum == PeriodicSum::screened || (!all_axes && sum == PeriodicSum::dipoles)) return field;
  const int numbers = right_hand_sides * field.moments();
  Impl::allocate_into(field.of_part, exec, "Octopole::PeriodicField::of_part",
                      (slots + field.part - 1) / field.part, numbers);
  Impl::allocate_into(field.of_all, exec, "Octopole::PeriodicField::of_all", numbers);
  return field;
}

namespace Impl {

/// Places as seen from the centre of the root, in its half-widths.
struct RootFrame {
  double centre[3],  ///< in exact units
      unit;          ///< exact units in half-widths

  explicit RootFrame(const Domain& domain) : unit(exact_unit_of(domain)) {
    const Domain in_units = domain.in_exact_units();
    for (int d = 0; d < 3; ++d) centre[d] = in_units.corner[d] + in_units.half_width;
  }
  template <class Points>
  KOKKOS_FORCEINLINE_FUNCTION double operator()(const Points& points, int d, int slot) const {
    return unit * (points.exact(d, slot) - centre[d]);
  }
};

/// The moments of a part of the sources for one right-hand side.
template <class T, class MemorySpace>
struct MomentsOfPart {
  using Field = PeriodicField<MemorySpace>;
  Field field;
  ChargedPoints<T, MemorySpace> sources;
  RootFrame frame;

  KOKKOS_FUNCTION void operator()(const int i) const {
    const int R = sources.right_hand_sides, part = i / R, r = i % R;
    const int first = part * Field::part, moments = field.moments(),
              last = Kokkos::min(first + Field::part, sources.points.slots);
    double sum[Field::most_moments] = {};
    for (int slot = first; slot < last; ++slot) {  // charges are zero in the padding
      double y[3], q[4] = {};
      for (int d = 0; d < 3; ++d) y[d] = frame(sources.points, d, slot);
      for (int c = 0; c < field.charges(); ++c)
        q[c] = double(sources.charges(r * field.charges() + c, slot));
      add(y, q, sum);
    }
    for (int m = 0; m < moments; ++m) field.of_part(part, r * moments + m) = sum[m];
  }
  KOKKOS_FORCEINLINE_FUNCTION void add(const double (&y)[3], const double (&q)[4],
                                       double (&sum)[Field::most_moments]) const {
    if (field.sum == PeriodicSum::forces) {
      const double square = y[0] * y[0] + y[1] * y[1] + y[2] * y[2],
                   along = y[0] * q[0] + y[1] * q[1] + y[2] * q[2];
      for (int a = 0; a < 3; ++a) {
        sum[a] += q[a];
        for (int b = 0; b < 3; ++b) sum[3 + 3 * a + b] += q[a] * y[b];
        sum[12 + a] += 2 * square * q[a] - along * y[a];
      }
      return;
    }
    if (field.sum == PeriodicSum::vortices) {
      for (int c = 0; c < 3; ++c) {
        sum[c] += q[c];
        for (int b = 0; b < 3; ++b) sum[3 + 3 * b + c] += y[b] * q[c];
      }
      return;
    }
    if (!field.all_axes) {
      sum[0] += q[0], sum[1] += Kokkos::abs(q[0]);
      return;
    }
    const bool charges = field.sum != PeriodicSum::dipoles;
    const double* const dipole = field.sum == PeriodicSum::charges ? nullptr : &q[charges ? 1 : 0];
    if (charges) sum[0] += q[0];
    for (int d = 0; d < 3; ++d) {
      const double of_charge = charges ? q[0] * y[d] : 0,
                   of_dipole = dipole ? field.dipole_length * dipole[d] : 0;
      sum[1 + d] += of_charge + of_dipole;
      sum[4] += (of_charge + 2 * of_dipole) * y[d];
    }
  }
};

/// One number of all parts, in their order: the same for any number of threads.
template <class MemorySpace>
struct MomentsOfAll {
  PeriodicField<MemorySpace> field;
  int parts;
  KOKKOS_FUNCTION void operator()(const int m) const {
    double sum = 0;
    for (int part = 0; part < parts; ++part) sum += field.of_part(part, m);
    field.of_all(m) = sum;
  }
};

/// Adds the field to the results: rows of potential, gradient and Hessian, of vortices of the velocity and its gradient, of
/// forces of velocity and pressure.
template <class T, class MemorySpace>
struct AddPeriodicField {
  using Field = PeriodicField<MemorySpace>;
  Field field;
  TargetPoints<T, MemorySpace> targets;
  RootFrame frame;
  int rows;  ///< per right-hand side
  /// 1 / (6 V), V = 8, where a charge gives 1/r
  static constexpr double per_volume = 4 * std::numbers::pi / 48;

  KOKKOS_FUNCTION void operator()(const int slot) const {
    double x[3];
    for (int d = 0; d < 3; ++d) x[d] = frame(targets.points, d, slot);
    for (int r = 0; r < targets.right_hand_sides; ++r) {
      const double* const moments = &field.of_all(r * field.moments());
      double* const to = &targets.results(r * rows, slot);
      if (!field.all_axes)
        require_neutral(moments, to);
      else if (field.sum == PeriodicSum::vortices)
        add_curl(x, moments, to);
      else if (field.sum == PeriodicSum::forces)
        add_flow(x, moments, to);
      else
        add(x, moments, to);
    }
  }
  KOKKOS_FORCEINLINE_FUNCTION std::int64_t stride() const { return targets.results.stride(0); }
  KOKKOS_FORCEINLINE_FUNCTION void require_neutral(const double* moments, double* to) const {
    if (Kokkos::abs(moments[0]) <= 1e-6 * moments[1]) return;
    for (int k = 0; k < rows; ++k) to[k * stride()] = Kokkos::Experimental::quiet_NaN_v<double>;
  }
  KOKKOS_FORCEINLINE_FUNCTION void add(const double (&x)[3], const double* moments,
                                       double* to) const {
    const double q = per_volume * moments[0];
    double u = per_volume * moments[4];
    for (int d = 0; d < 3; ++d) {
      const double moment = field.vacuum ? 0 : per_volume * moments[1 + d];
      u += x[d] * (q * x[d] - 2 * moment);
      if (rows > 1) to[(1 + d) * stride()] += 2 * (q * x[d] - moment);
    }
    to[0] += u;
    for (int k = 4; k < rows; ++k)
      if (k == 4 || k == 7 || k == 9) to[k * stride()] += 2 * q;  // xx, yy, zz
  }
  KOKKOS_FORCEINLINE_FUNCTION void add_flow(const double (&x)[3], const double* moments,
                                            double* to) const {
    const auto of = [&](int a, int b) { return moments[3 + 3 * a + b]; };
    double square = 0, along = 0;
    for (int b = 0; b < 3; ++b) square += x[b] * x[b], along += x[b] * moments[b];
    const double trace = of(0, 0) + of(1, 1) + of(2, 2);
    // Where a force gives f/r + r (f.r)/r^3, and the pressure f.r/r^3.
    for (int a = 0; a < 3; ++a) {
      double u = 2 * square * moments[a] - along * x[a] + trace * x[a] + moments[12 + a];
      for (int b = 0; b < 3; ++b) u += (of(b, a) - 4 * of(a, b)) * x[b];
      to[a * stride()] += 0.8 * per_volume * u;
    }
    if (rows > 3) to[3 * stride()] -= 2 * per_volume * (along - trace);
  }
  KOKKOS_FORCEINLINE_FUNCTION void add_curl(const double (&x)[3], const double* moments,
                                            double* to) const {
    for (int a = 0; a < 3; ++a) {
      const int b = (a + 1) % 3, c = (a + 2) % 3;
      const auto slope = [&](int along, int of) {
        return 2 * per_volume * (moments[of] * x[along] - moments[3 + 3 * along + of]);
      };
      to[a * stride()] += slope(b, c) - slope(c, b);
      if (rows == 3) continue;
      to[(3 + 3 * a + b) * stride()] += 2 * per_volume * moments[c];
      to[(3 + 3 * a + c) * stride()] -= 2 * per_volume * moments[b];
    }
  }
};

}  // namespace Impl

/// Sums the moments of the sources.
/// @param exec  instance to work on; not waited for
/// @param domain  the root, which repeats
/// @param sources  points and packed charges are read, field.charges() numbers each
/// @param field  both Views are written
template <class ExecutionSpace, class T, class MemorySpace>
void sum_moments(const ExecutionSpace& exec, const Domain& domain,
                 const ChargedPoints<T, MemorySpace>& sources,
                 const PeriodicField<MemorySpace>& field) {
  static const std::string part = "Octopole::PeriodicField::of_part",
                           all = "Octopole::PeriodicField::of_all";
  using Range = Kokkos::RangePolicy<ExecutionSpace>;
  const int parts = (sources.points.slots + field.part - 1) / field.part,
            numbers = sources.right_hand_sides * field.moments();
  launch(part, Range(exec, 0, parts * sources.right_hand_sides),
         Impl::MomentsOfPart<T, MemorySpace>{field, sources, Impl::RootFrame(domain)});
  launch(all, Range(exec, 0, numbers), Impl::MomentsOfAll<MemorySpace>{field, parts});
}

/// Adds their field to the results.
/// @param exec  instance to work on; not waited for
/// @param domain  the root, which repeats
/// @param field  of sum_moments
/// @param rows  of a right-hand side: 1 of a potential, 4 with its gradient, 10 with its Hessian; 3 of a velocity, 12 with
///   its gradient, 4 with a pressure
/// @param targets  `results` is added to
template <class ExecutionSpace, class T, class MemorySpace>
void add_periodic_field(const ExecutionSpace& exec, const Domain& domain,
                        const PeriodicField<MemorySpace>& field, int rows,
                        const TargetPoints<T, MemorySpace>& targets) {
  static const std::string label = "Octopole::PeriodicField::add";
  launch(label, Kokkos::RangePolicy<ExecutionSpace>(exec, 0, targets.points.slots),
         Impl::AddPeriodicField<T, MemorySpace>{field, targets, Impl::RootFrame(domain), rows});
}

}  // namespace Octopole

#endif
