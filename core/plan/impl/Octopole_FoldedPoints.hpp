#ifndef OCTOPOLE_FOLDED_POINTS_HPP
#define OCTOPOLE_FOLDED_POINTS_HPP

#include <core/base/Octopole_Allocate.hpp>
#include <core/plan/Octopole_Options.hpp>
#include <core/plan/impl/Octopole_PlanParts.hpp>

#include <optional>

namespace Octopole::Impl {

/// A plan's points, folded into the cell where there is one: copies then, else the caller's.
template <class MemorySpace>
struct FoldedPoints {
  Kokkos::View<double* [3], Kokkos::LayoutRight, MemorySpace> sources, targets;
  PointSet<MemorySpace> points;
};

/// A coordinate by whole edges of the cell into it. One inside stays what it is; of one outside, however far, the
/// remainder is exact, and its sum with `lower` rounds.
/// @return lower to lower + cell; NaN of what is not finite
KOKKOS_INLINE_FUNCTION double folded(double x, double lower, double cell) {
  const double from_lower = x - lower;
  if (from_lower >= 0 && from_lower <= cell) return x;
  const double left = Kokkos::fmod(from_lower, cell);
  return lower + (left < 0 ? left + cell : left);
}

/// Points (N, 3) into the cell, along the axes that repeat.
template <class ExecutionSpace, class From, class To>
void fold(const ExecutionSpace& exec, const From& from, const Periodic& periodic, const To& to) {
  const double cell = periodic.cell;
  const Kokkos::Array<double, 3> lower = {periodic.lower[0], periodic.lower[1], periodic.lower[2]};
  const Kokkos::Array<bool, 3> repeats = {periodic.axes[0], periodic.axes[1], periodic.axes[2]};
  Kokkos::parallel_for(
      "Octopole::Points::fold", Kokkos::RangePolicy<ExecutionSpace>(exec, 0, from.extent(0)),
      KOKKOS_LAMBDA(const int i) {
        for (int d = 0; d < 3; ++d) {
          const double x = double(from(i, d));
          to(i, d) = repeats[d] ? folded(x, lower[d], cell) : x;
        }
      });
}

/// Folds them where `periodic` is given. Asynchronous on `exec`.
template <class ExecutionSpace, class MemorySpace>
FoldedPoints<MemorySpace> fold_points(const ExecutionSpace& exec,
                                      const PointSet<MemorySpace>& points,
                                      const std::optional<Periodic>& periodic) {
  FoldedPoints<MemorySpace> folded;
  folded.points = points;
  if (!periodic) return folded;
  const auto in_cell = [&](const PointInput<MemorySpace>& input, auto& view) {
    allocate_into(view, exec, "Octopole::Points::folded", input.extent(0));
    input.visit([&](const auto& from) { fold(exec, from, *periodic, view); });
    return PointInput<MemorySpace>(typename PointInput<MemorySpace>::Doubles(view));
  };
  folded.points.sources = in_cell(points.sources, folded.sources);
  if (points.targets) folded.points.targets = in_cell(*points.targets, folded.targets);
  return folded;
}

}  // namespace Octopole::Impl

#endif
