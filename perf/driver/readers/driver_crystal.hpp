// SPDX-License-Identifier: BSD-3-Clause
#ifndef OCTOPOLE_DRIVER_CRYSTAL_HPP
#define OCTOPOLE_DRIVER_CRYSTAL_HPP

#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <optional>

namespace Octopole::Driver {

/// The cell that repeats, as a file names it: what of it is a cube along x, y and z is the driver's to ask.
struct Crystal {
  std::array<double, 3> edges{};  ///< in the unit of the coordinates
  std::array<double, 3> angles{90, 90,
                               90};  ///< in degrees, between the second and the third edge, ...
  bool along_axes = true;            ///< the edges, where the angles are right ones

  bool is_cube() const {
    return along_axes && edges[0] == edges[1] && edges[1] == edges[2] && angles[0] == 90 &&
           angles[1] == 90 && angles[2] == 90;
  }
};

/// Of three vectors, one after the other; none where one of them is zero or not finite, as files write it of what does not repeat.
inline std::optional<Crystal> crystal_of_vectors(const std::array<double, 9>& v) {
  Crystal crystal;
  const auto product = [&](std::size_t i, std::size_t j) {
    return v[3 * i] * v[3 * j] + v[3 * i + 1] * v[3 * j + 1] + v[3 * i + 2] * v[3 * j + 2];
  };
  for (std::size_t d = 0; d < 3; ++d) {
    crystal.edges[d] = std::hypot(v[3 * d], v[3 * d + 1], v[3 * d + 2]);
    if (!(crystal.edges[d] > 0) || !std::isfinite(crystal.edges[d])) return {};
  }
  for (std::size_t d = 0; d < 3; ++d) {
    const std::size_t i = (d + 1) % 3, j = (d + 2) % 3;
    const double cosine = product(i, j) / crystal.edges[i] / crystal.edges[j];
    if (cosine != 0) crystal.angles[d] = std::acos(cosine) * 180 / std::numbers::pi;
    crystal.along_axes =
        crystal.along_axes && v[3 * d + d] > 0 && v[3 * d + i] == 0 && v[3 * d + j] == 0;
  }
  return crystal;
}

/// Of three edges along x, y and z.
inline std::optional<Crystal> crystal_of_edges(double x, double y, double z) {
  return crystal_of_vectors({x, 0, 0, 0, y, 0, 0, 0, z});
}

}  // namespace Octopole::Driver

#endif
