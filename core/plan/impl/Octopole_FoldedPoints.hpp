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

/// Points (N, 3) by whole edges of the cell into it. One inside keeps its coordinates; of one outside they round as
/// the difference does, so that it may lie on the upper face.
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
          const double at = x - cell * Kokkos::floor((x - lower[d]) / cell);
          // The quotient may have been rounded across a face. What is not finite stays so.
          to(i, d) = !repeats[d]            ? x
                     : at < lower[d]        ? at + cell
                     : at - lower[d] > cell ? at - cell
                                            : at;
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
