#ifndef OCTOPOLE_MIRROR_SYMMETRY_HPP
#define OCTOPOLE_MIRROR_SYMMETRY_HPP

#include <core/precompute/Octopole_LinearAlgebra.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <optional>
#include <vector>

/// The reflections of x, y and z map a cube's surface onto itself. Where a kernel's components follow
/// them, as those of all built-in kernels do, potentials on one surface of densities on another that
/// are even (or odd) in x, y and z are even (or odd) too: the matrix between the surfaces falls into
/// eight blocks of about an eighth, which are decomposed in a 64th of the time.
namespace Octopole::Impl {

/// The eight subsets of the axes: as reflections, those of the axes whose bit is set; as parts of a
/// vector, those odd in these axes and even in the others.
inline constexpr int mirror_parts = 8;

/// How the components of a translation kernel follow the reflections: bit d is set where the component
/// changes its sign when axis d is reflected.
template <class Kernel>
struct MirrorSigns {
  std::array<int, Kernel::source_components> source{};
  std::array<int, Kernel::target_components> target{};
};

/// Components that are scalars (none changes its sign), or those of a vector.
template <std::size_t n>
std::array<int, n> mirror_signs_of(bool vector) {
  std::array<int, n> odd{};
  for (std::size_t c = 0; vector && c < n; ++c) odd[c] = 1 << c;
  return odd;
}

/// 1 or -1: the sign that a component takes under reflections of `axes`.
inline double mirror_sign(int odd, int axes) {
  const int common = odd & axes;
  return (common ^ common >> 1 ^ common >> 2) & 1 ? -1 : 1;
}

/// Whether the kernel's values follow the reflections with these signs, at some distances such as lie
/// between two surfaces.
template <class Kernel>
bool follows_mirrors(const Kernel& kernel, const MirrorSigns<Kernel>& signs) {
  constexpr int C = Kernel::source_components, K = Kernel::target_components;
  for (int sample = 0; sample < 8; ++sample) {
    const double at[3] = {0.37 + 0.41 * sample, 1.93 - 0.29 * sample, 0.11 + 0.47 * (sample % 3)};
    for (int c = 0; c < C; ++c) {
      double q[C] = {}, u[K] = {}, largest = 0;
      q[c] = 1;
      kernel.potential(at[0], at[1], at[2], q, u);
      for (const double x : u) largest = std::max(largest, std::abs(x));
      for (int axes = 1; axes < mirror_parts; ++axes) {
        double x[3], mirrored[K] = {};
        for (int d = 0; d < 3; ++d) x[d] = axes >> d & 1 ? -at[d] : at[d];
        kernel.potential(x[0], x[1], x[2], q, mirrored);
        for (int k = 0; k < K; ++k) {
          const double expected = u[k] * mirror_sign(signs.target[k] ^ signs.source[c], axes);
          if (!(std::abs(mirrored[k] - expected) <= 1e-14 * largest)) return false;
        }
      }
    }
  }
  return true;
}

/// How the components of a kernel follow the reflections; none where they do not, as scalars or as
/// vectors.
template <class Kernel>
std::optional<MirrorSigns<Kernel>> mirror_signs(const Kernel& kernel) {
  constexpr int C = Kernel::source_components, K = Kernel::target_components;
  for (const bool source_vector : {false, true})
    for (const bool target_vector : {false, true}) {
      if ((source_vector && C != 3) || (target_vector && K != 3)) continue;
      const MirrorSigns<Kernel> signs{mirror_signs_of<C>(source_vector),
                                      mirror_signs_of<K>(target_vector)};
      if (follows_mirrors(kernel, signs)) return signs;
    }
  return {};
}

/// Orthonormal vectors of numbers on a surface, component by component, that are even or odd in x, y
/// and z: one for each component and each point of an octant, spread over the point's mirror images.
class MirrorBasis {
 public:
  /// `order`: of the surface. `odd`: per component, see MirrorSigns.
  MirrorBasis(int order, std::vector<int> odd);

  int components() const { return int(m_odd.size()); }
  /// Points of the octant, and which of the surface's the image of the r-th under reflections is.
  int representatives() const { return int(m_images.size()); }
  int image(int r, int axes) const { return m_images[r][axes]; }
  /// Points of the surface.
  int points() const { return m_points; }
  /// How many different images the r-th has.
  double images(int r) const { return m_count[r]; }

  /// Vectors in a part, and which of them belongs to a component and a point: -1 where the point lies
  /// in the plane of a mirror in which the vector would be odd.
  int size(int part) const { return m_size[part]; }
  int index(int part, int component, int r) const {
    return m_index[part][component * representatives() + r];
  }
  /// Of the vector's value at an image.
  double sign(int part, int component, int axes) const {
    return mirror_sign(part ^ m_odd[component], axes);
  }

 private:
  std::vector<int> m_odd;
  int m_points = 0;
  std::vector<std::array<int, mirror_parts>> m_images;
  std::vector<double> m_count;
  std::array<int, mirror_parts> m_size{};
  std::array<std::vector<int>, mirror_parts> m_index;
};

/// A matrix between two surfaces in their bases: all else is zero.
struct MirrorBlocks {
  MirrorBasis rows, columns;
  std::array<HostMatrix, mirror_parts> block;
};

/// The pseudo-inverse of the whole matrix, in the points' order, component by component; the cut-off is
/// relative to the largest singular value of all blocks. The blocks are overwritten.
PseudoInverse pseudo_inverse(const MirrorBlocks& a, double cutoff);

}  // namespace Octopole::Impl

#endif
