#ifndef OCTOPOLE_ROOT_CUBE_HPP
#define OCTOPOLE_ROOT_CUBE_HPP

#include <core/plan/impl/Octopole_PlanParts.hpp>
#include <core/plan/impl/Octopole_TreeCosts.hpp>
#include <tree/Octopole_LeafSize.hpp>
#include <tree/Octopole_SortedPoints.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

/// From a plan's points to the cube that its octree divides, and to the size of the leaves.
namespace Octopole::Impl {

inline Bounds checked_bounds(const Bounds& b, std::size_t n, const char* what) {
  if (b.not_finite > 0)
    throw std::invalid_argument("Octopole::Plan: " + std::to_string(b.not_finite) + " of " +
                                std::to_string(n) + " " + what +
                                " have a coordinate that is NaN or infinite");
  return b;
}

/// Bounds of a plan's points, all finite.
struct PointBounds {
  Bounds sources, targets;  ///< the latter empty where they are the sources

  Bounds all() const { return unite(sources, targets); }
  /// @return diagonal of the box that holds them all; 0 where there are none
  double across() const {
    const Bounds b = all();
    if (b.lower[0] > b.upper[0]) return 0;
    return std::hypot(b.upper[0] - b.lower[0], b.upper[1] - b.lower[1], b.upper[2] - b.lower[2]);
  }
  /// @return distance between the two boxes; 0 where they meet, or there is one only
  double apart() const {
    double sum = 0;
    for (int d = 0; d < 3; ++d) {
      const double gap =
          std::max(sources.lower[d] - targets.upper[d], targets.lower[d] - sources.upper[d]);
      if (std::isfinite(gap) && gap > 0) sum = std::hypot(sum, gap);
    }
    return sum;
  }
};

/// Bounds of sources and targets. With a domain their codes in it too, in the same pass.
template <class ExecutionSpace, class MemorySpace>
PointBounds bounds_of(const ExecutionSpace& exec, const PointSet<MemorySpace>& points,
                      const Domain* domain, PlanningMemory<MemorySpace>& memory) {
  const auto read = [&](const PointInput<MemorySpace>& input, SortedPoints<MemorySpace>& sorted) {
    return input.visit([&](const auto& view) {
      return domain != nullptr ? encode_points(exec, *domain, view, sorted) : bounds(exec, view);
    });
  };
  PointBounds b;
  b.sources = checked_bounds(read(points.sources, memory.sources), points.n_sources(), "sources");
  if (points.targets)
    b.targets =
        checked_bounds(read(*points.targets, memory.targets), points.n_targets(), "targets");
  return b;
}

/// The finest level that plans in T may have: in boxes smaller still, powers of distances in half-widths
/// of the root leave a float's range.
template <class T>
inline constexpr int deepest_level = sizeof(T) == 4 ? Morton::levels_per_word : Morton::max_level;

/// How many points the choices are made for: of all ranks, where there are several.
struct PointNumbers {
  std::size_t n_sources, n_targets;
};

/// The cell: its edges exactly, whatever the bits of its corner and half-width, since all images are whole edges apart.
inline Domain periodic_root(const Periodic& periodic) {
  return {{periodic.lower[0], periodic.lower[1], periodic.lower[2]}, 0.5 * periodic.cell};
}

/// The axes along which the root repeats.
inline Morton::Axes periodic_axes(const std::optional<Periodic>& periodic) {
  Morton::Axes axes = 0;
  for (int d = 0; periodic && d < 3; ++d) axes |= unsigned(periodic->axes[d]) << d;
  return axes;
}

/// Refuses points beyond the faces that do not repeat. Throws std::invalid_argument.
inline void check_free_axes(const Periodic& periodic, const Bounds& b) {
  for (int d = 0; d < 3; ++d) {
    const double lower = periodic.lower[d], upper = lower + periodic.cell;
    if (periodic.axes[d] || b.lower[d] > b.upper[d] || (b.lower[d] >= lower && b.upper[d] <= upper))
      continue;
    char found[120], allowed[120];
    std::snprintf(found, sizeof found,
                  "points from %.9g to %.9g along axis %d, which does not repeat", b.lower[d],
                  b.upper[d], d);
    std::snprintf(allowed, sizeof allowed, "points from %.9g to %.9g there, or a larger cell",
                  lower, upper);
    refuse("periodic", found, allowed);
  }
}

/// The options' numbers where they are given, else what costs least. `kept`: the root cube stays.
/// A given capacity comes with a root scale (see make_choices), so that nothing is left to choose;
/// nor is there in a cube that stays, while the number of points is about what it was chosen for.
/// `choose`: choose(cube, costs, scales), the leaf size of the points, see Octopole::choose_leaf_size.
template <class T, class WorkShape, class Choose>
void choose_leaf_size(const KernelStatement& kernel, const Bounds& b, const PointNumbers& n,
                      const Domain* kept, Choices& choices, const Choose& choose) {
  const auto about = [](std::size_t now, std::size_t before) {
    return 5 * now >= 4 * before && 4 * now <= 5 * before;
  };
  if (!choices.choose_capacity || (kept && about(n.n_sources, choices.chosen_for[0]) &&
                                   about(n.n_targets, choices.chosen_for[1])))
    return;
  choices.chosen_for = {n.n_sources, n.n_targets};
  Options& options = choices.options;
  const Domain tight = options.periodic ? periodic_root(*options.periodic) : make_domain(b, false);
  std::vector<double> scales{options.root_scale};
  if (kept)
    scales = {kept->side() / tight.side()};
  else if (choices.choose_root)
    scales = kernel.homogeneous ? root_scales() : root_scales_on_ladder(tight.side());
  TreeCosts costs = tree_costs_of<T, WorkShape>(kernel, choices);
  costs.near_pair *= choices.near_over_far;
  const LeafSize size = choose(tight, costs, scales);
  options.leaf_capacity = size.capacity;
  if (!kept) options.root_scale = size.root_scale;
}

/// The root cube of points.
struct RootCube {
  Domain domain;
  bool kept =
      false;         ///< it is that of the plan that there was; the points' codes are in it already
  double apart = 0;  ///< distance between the bounds of sources and targets, in half-widths
  double across = 0;  ///< diagonal of the bounds of all points, in half-widths
};

/// Refuses waves whose phase, between points as far apart as these, has no such digits in double. `kernel`: in
/// half-widths of the root. Throws std::invalid_argument.
template <class Kernel>
void check_phase(const Kernel& kernel, const RootCube& cube, const Choices& choices) {
  // Differences, squares, root and product together are wrong by two units in the last place at most.
  const double phase = kernel.phase(cube.across);
  const double error = phase * 2 * std::numeric_limits<double>::epsilon();
  if (choices.by_order || error <= std::pow(10.0, -choices.options.digits)) return;
  const int most = int(std::floor(-std::log10(error)));
  char turns[120];
  std::snprintf(turns, sizeof turns,
                "where waves turn by %.1e radians across the points, which doubles do not hold to "
                "more",
                phase);
  refuse("digits", std::to_string(choices.options.digits),
         (most < 1 ? "none " : "1 to " + std::to_string(most) + " ") + turns);
}

/// Refuses cubes in whose half-width scalars do not hold dipoles beside charges. `kernel`: in that unit. Throws
/// std::invalid_argument.
template <class Kernel>
void check_dipole_length(const Kernel& kernel) {
  const double length = kernel.dipole_length(), most = kernel.statement().single ? 1e20 : 1e150;
  if (length <= most && length >= 1 / most) return;
  char found[200];
  std::snprintf(found, sizeof found,
                "found a root cube whose half-width is %.1e, allowed %.0e to %.0e, where one %s "
                "holds both charges and dipoles",
                1 / length, 1 / most, most, kernel.statement().single ? "float" : "double");
  throw std::invalid_argument("Octopole::Plan: kernel " + kernel.statement().name + ": " + found);
}

/// The kernel in half-widths of the root, where it can be summed to the digits. `kernel`: in the points' unit. Throws
/// std::invalid_argument.
template <class Kernel>
auto kernel_in_root(const Kernel& kernel, const RootCube& cube, const Choices& choices) {
  auto scaled = kernel.rescaled(cube.domain.half_width);
  check_phase(*scaled, cube, choices);
  check_dipole_length(*scaled);
  return scaled;
}

/// Whether points have become so much smaller than the cube that levels would be missing.
inline bool far_smaller(const Bounds& b, const Domain& cube) {
  double widest = 0;
  for (int d = 0; d < 3; ++d) widest = std::max(widest, b.upper[d] - b.lower[d]);
  return widest < cube.side() / 256;
}

/// The cube that there was where it still holds the points, else a new one, and with it the leaf size.
/// `b`: the points' bounds. `old`: null where the points are new. `choose`: as for choose_leaf_size.
template <class T, class WorkShape, class Choose>
RootCube choose_root_of(const KernelStatement& kernel, const PointBounds& bounds,
                        const PointNumbers& n, const Domain* old, Choices& choices,
                        const Choose& choose) {
  Bounds b = bounds.all();
  if (choices.options.bounding_box) {
    const auto& [lower, upper] = *choices.options.bounding_box;
    b = unite(b, {{lower[0], lower[1], lower[2]}, {upper[0], upper[1], upper[2]}});
  }
  const auto& periodic = choices.options.periodic;
  if (periodic) check_free_axes(*periodic, b);
  const bool kept = old != nullptr && (periodic || (contains(*old, b) && !far_smaller(b, *old)));
  choose_leaf_size<T, WorkShape>(kernel, b, n, kept ? old : nullptr, choices, choose);
  const Domain cube = kept       ? *old
                      : periodic ? periodic_root(*periodic)
                                 : make_domain(b, !kernel.homogeneous, choices.options.root_scale);
  return {cube, kept, bounds.apart() / cube.half_width, bounds.across() / cube.half_width};
}

/// The same where all points are here.
template <class T, class WorkShape, class ExecutionSpace, class MemorySpace>
RootCube choose_root(const ExecutionSpace& exec, const KernelStatement& kernel,
                     const PointSet<MemorySpace>& points, const Domain* old, Choices& choices,
                     PlanningMemory<MemorySpace>& memory) {
  // Where the cube is likely to stay, bounds and codes in one pass over the points.
  const PointBounds b = bounds_of(exec, points, old, memory);
  return choose_root_of<T, WorkShape>(
      kernel, b, {points.n_sources(), points.n_targets()}, old, choices,
      [&](const Domain& tight, const TreeCosts& costs, const std::vector<double>& scales) {
        const bool same = !points.targets;
        return Octopole::choose_leaf_size(exec, tight, points.sources,
                                          same ? points.sources : *points.targets, same, costs,
                                          scales, deepest_level<T>);
      });
}

}  // namespace Octopole::Impl

#endif
