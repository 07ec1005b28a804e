#ifndef OCTOPOLE_PRECOMPUTE_HPP
#define OCTOPOLE_PRECOMPUTE_HPP

#include <core/base/Octopole_Allocate.hpp>
#include <core/kernels/Octopole_Kernel.hpp>
#include <core/precompute/Octopole_LinearAlgebra.hpp>
#include <core/precompute/Octopole_MirrorSymmetry.hpp>
#include <core/precompute/Octopole_OperatorSet.hpp>
#include <core/precompute/Octopole_PrecomputeFrequencies.hpp>
#include <core/precompute/Octopole_Surface.hpp>

#include <array>
#include <cmath>
#include <limits>
#include <vector>

namespace Octopole::Impl {

/// Points of a surface, scaled by `radius` and moved to `centre` (units: half-widths of a box).
struct PlacedSurface {
  int order;
  double radius;
  std::array<double, 3> centre{};
};

/// Fills rows [row, ...) and columns [col, ...) of `m` with the translation kernel from densities
/// on `sources` to potentials on `targets`; component-major, each component padded.
template <class T, class Kernel>
void fill_block(const Kernel& kernel, const PlacedSurface& targets, const PlacedSurface& sources,
                const HostMatrix& m, int row, int col) {
  constexpr int C = Kernel::source_components, K = Kernel::target_components;
  const auto x = Surface::points(targets.order, targets.radius);
  const auto y = Surface::points(sources.order, sources.radius);
  const int rows = padded_size<T>(targets.order), cols = padded_size<T>(sources.order);
  const std::array<double, 3> d = {targets.centre[0] - sources.centre[0],
                                   targets.centre[1] - sources.centre[1],
                                   targets.centre[2] - sources.centre[2]};
  Kokkos::parallel_for("Octopole::Precompute::fill",
                       Kokkos::RangePolicy<Kokkos::DefaultHostExecutionSpace>(0, int(y.size())),
                       [&](const int j) {
                         for (int c = 0; c < C; ++c) {
                           double q[C] = {};
                           q[c] = 1;
                           for (int i = 0; i < int(x.size()); ++i) {
                             double u[K] = {};
                             kernel.potential(x[i][0] - y[j][0] + d[0], x[i][1] - y[j][1] + d[1],
                                              x[i][2] - y[j][2] + d[2], q, u);
                             for (int k = 0; k < K; ++k)
                               m(row + k * rows + i, col + c * cols + j) = u[k];
                           }
                         }
                       });
}

template <class T>
typename OperatorSet<T>::Vector uninitialised(const std::string& label, std::size_t size) {
  return
      typename OperatorSet<T>::Vector(Kokkos::view_alloc(label, Kokkos::WithoutInitializing), size);
}

template <class T>
auto cast(const HostMatrix& from) {
  Kokkos::View<T**, Kokkos::LayoutLeft, Kokkos::HostSpace> to(
      Kokkos::view_alloc(std::string("Octopole::OperatorSet"), Kokkos::WithoutInitializing),
      from.extent(0), from.extent(1));
  for (std::size_t j = 0; j < from.extent(1); ++j)
    for (std::size_t i = 0; i < from.extent(0); ++i) to(i, j) = static_cast<T>(from(i, j));
  return to;
}

/// The blocks of the matrix that fill_block makes, without padding, for a kernel that follows the
/// reflections so; both surfaces have their centre in one place.
template <class Kernel>
MirrorBlocks fill_mirror_blocks(const Kernel& kernel, const MirrorSigns<Kernel>& signs,
                                const PlacedSurface& targets, const PlacedSurface& sources) {
  constexpr int C = Kernel::source_components, K = Kernel::target_components;
  const auto x = Surface::points(targets.order, targets.radius);
  const auto y = Surface::points(sources.order, sources.radius);
  MirrorBlocks a{{targets.order, {signs.target.begin(), signs.target.end()}},
                 {sources.order, {signs.source.begin(), signs.source.end()}},
                 {}};
  for (int part = 0; part < mirror_parts; ++part)
    a.block[part] =
        zero_matrix("Octopole::Precompute::mirror_block", a.rows.size(part), a.columns.size(part));
  Kokkos::parallel_for(
      "Octopole::Precompute::fill",
      Kokkos::RangePolicy<Kokkos::DefaultHostExecutionSpace>(0, a.columns.representatives()),
      [&](const int j) {
        for (int i = 0; i < a.rows.representatives(); ++i) {
          const auto& target = x[a.rows.image(i, 0)];
          // Of the orthonormal vectors: what the source's images give at one target, as each counts
          // 8 / images times among the eight reflections.
          const double weight =
              std::sqrt(a.rows.images(i) * a.columns.images(j)) / double(mirror_parts);
          for (int axes = 0; axes < mirror_parts; ++axes) {
            const auto& source = y[a.columns.image(j, axes)];
            for (int c = 0; c < C; ++c) {
              double q[C] = {}, u[K] = {};
              q[c] = weight;
              kernel.potential(target[0] - source[0], target[1] - source[1], target[2] - source[2],
                               q, u);
              for (int part = 0; part < mirror_parts; ++part) {
                const int column = a.columns.index(part, c, j);
                if (column < 0) continue;
                const double sign = a.columns.sign(part, c, axes);
                for (int k = 0; k < K; ++k)
                  if (const int row = a.rows.index(part, k, i); row >= 0)
                    a.block[part](row, column) += sign * u[k];
              }
            }
          }
        }
      });
  return a;
}

/// Rows and columns of a matrix: components one after the other, each padded.
struct PaddedComponents {
  int size, padded, components;

  int unpadded() const { return components * size; }
  int all() const { return components * padded; }
  int at(int i) const { return i / size * padded + i % size; }
};

/// The factors of a pseudo-inverse spread out over padded rows and columns of the matrix.
template <class T>
void pad_inverse(const PseudoInverse& inverse, const PaddedComponents& rows,
                 const PaddedComponents& columns, HostMatrix& left, HostMatrix& right) {
  // The inner extent is rounded up too: matrix products like whole vectors.
  const int r = int(inverse.left.extent(1)), r_padded = round_up(std::max(r, 1), 64 / sizeof(T));
  left = zero_matrix("Octopole::Precompute::left", columns.all(), r_padded);
  right = zero_matrix("Octopole::Precompute::right", r_padded, rows.all());
  for (int k = 0; k < r; ++k)
    for (int j = 0; j < columns.unpadded(); ++j) left(columns.at(j), k) = inverse.left(j, k);
  for (int i = 0; i < rows.unpadded(); ++i)
    for (int k = 0; k < r; ++k) right(k, rows.at(i)) = inverse.right(k, i);
}

/// The pseudo-inverse of a padded matrix over its real rows and columns.
template <class T>
PseudoInverse pseudo_inverse(const HostMatrix& a, const PaddedComponents& rows,
                             const PaddedComponents& columns, double cutoff) {
  const HostMatrix dense =
      zero_matrix("Octopole::Precompute::dense", rows.unpadded(), columns.unpadded());
  for (int j = 0; j < columns.unpadded(); ++j)
    for (int i = 0; i < rows.unpadded(); ++i) dense(i, j) = a(rows.at(i), columns.at(j));
  return pseudo_inverse(dense, cutoff);
}

/// From potentials on `targets` to the densities on `sources` that give them, in two factors, padded.
/// Surfaces with one centre.
template <class T, class Kernel>
void invert_between(const Kernel& kernel, const PlacedSurface& targets,
                    const PlacedSurface& sources, double cutoff, HostMatrix& left,
                    HostMatrix& right) {
  const PaddedComponents rows{Surface::size(targets.order), padded_size<T>(targets.order),
                              Kernel::target_components};
  const PaddedComponents columns{Surface::size(sources.order), padded_size<T>(sources.order),
                                 Kernel::source_components};
  if (const auto signs = mirror_signs(kernel)) {
    const MirrorBlocks blocks = fill_mirror_blocks(kernel, *signs, targets, sources);
    return pad_inverse<T>(pseudo_inverse(blocks, cutoff), rows, columns, left, right);
  }
  const HostMatrix a = zero_matrix("Octopole::Precompute::check", rows.all(), columns.all());
  fill_block<T>(kernel, targets, sources, a, 0, 0);
  pad_inverse<T>(pseudo_inverse<T>(a, rows, columns, cutoff), rows, columns, left, right);
}

/// Computes the check-to-equivalent inverses of an OperatorSet in units of a box's half-width, in
/// double, with exact roots; `kernel` is already rescaled to the box (Ying, Biros and Zorin 2004,
/// section 3.2). The cut-off is measured in the epsilon of T, in which the factors will be applied.
template <class T, class Kernel>
OperatorSet<T> precompute_inverses(const Kernel& kernel, const OperatorSpec& spec) {
  const int p = spec.order, pc = spec.check_order;
  const double cutoff = spec.cutoff * std::numeric_limits<T>::epsilon();
  OperatorSet<T> set;
  HostMatrix left, right;
  invert_between<T>(kernel, {pc, spec.outer}, {p, spec.inner}, cutoff, left, right);
  set.up_left = cast<T>(left), set.up_right = cast<T>(right);
  invert_between<T>(kernel, {p, spec.inner}, {p, spec.outer}, cutoff, left, right);
  set.down_left = cast<T>(left), set.down_right = cast<T>(right);
  return set;
}

/// M2L `blas`: a matrix per transfer vector, compressed unless the spec says otherwise.
template <class T, class Kernel>
void precompute_transfers(const Kernel& kernel, const OperatorSpec& spec, OperatorSet<T>& set) {
  constexpr int C = Kernel::source_components, K = Kernel::target_components;
  const int p = spec.order, padded = padded_size<T>(p), E = C * padded, D = K * padded;
  const auto vectors = TransferVector::all();
  const MatrixStack stack{TransferVector::count, D, E, [&](int t, const HostMatrix& m) {
                            std::fill_n(m.data(), m.span(), 0.0);
                            std::array<double, 3> offset;
                            for (int d = 0; d < 3; ++d)
                              offset[d] = 2.0 * TransferVector::component(vectors[t], d);
                            fill_block<T>(kernel, {p, spec.inner}, {p, spec.inner, offset}, m, 0,
                                          0);
                          }};
  if (spec.m2l_rank < 0) {
    set.m2l_left =
        uninitialised<T>("Octopole::OperatorSet::m2l", std::size_t(TransferVector::count) * D * E);
    const HostMatrix m = zero_matrix("Octopole::Precompute::m2l", D, E);
    for (int t = 0; t < stack.count; ++t) {
      stack.matrix(t, m);
      for (std::size_t i = 0; i < m.span(); ++i)
        set.m2l_left(std::size_t(t) * D * E + i) = static_cast<T>(m.data()[i]);
      set.m2l_rank[t] = E;
    }
    return;
  }

  const CompressedStack c = compress(stack, spec.m2l_tolerance, spec.m2l_rank, 64 / int(sizeof(T)));
  const int k = int(c.target_basis.extent(1));
  set.target_basis = cast<T>(c.target_basis);
  const HostMatrix transposed = zero_matrix("Octopole::Precompute::source_basis", k, E);
  for (int i = 0; i < k; ++i)
    for (int j = 0; j < E; ++j) transposed(i, j) = c.source_basis(j, i);
  set.source_basis = cast<T>(transposed);
  std::size_t total = 0;
  for (int t = 0; t < stack.count; ++t) total += c.left[t].span();
  set.m2l_left = uninitialised<T>("Octopole::OperatorSet::m2l_left", total);
  set.m2l_right = uninitialised<T>("Octopole::OperatorSet::m2l_right", total);
  std::size_t at = 0;
  for (int t = 0; t < stack.count; ++t) {
    set.m2l_rank[t] = int(c.left[t].extent(1));
    for (std::size_t i = 0; i < c.left[t].span(); ++i, ++at) {
      set.m2l_left(at) = static_cast<T>(c.left[t].data()[i]);
      set.m2l_right(at) = static_cast<T>(c.right[t].data()[i]);
    }
  }
}

/// Computes every matrix of an OperatorSet: the inverses, and what moves densities.
template <class T, class Kernel>
OperatorSet<T> precompute(const Kernel& kernel, const OperatorSpec& spec) {
  constexpr int C = Kernel::source_components, K = Kernel::target_components;
  const int p = spec.order, pc = spec.check_order;
  const int padded = padded_size<T>(p), check_padded = padded_size<T>(pc);
  const int E = C * padded, D = K * padded, U = K * check_padded;
  OperatorSet<T> set = precompute_inverses<T>(kernel, spec);

  const auto sign = [](int octant, int d) { return (octant >> d & 1) ? 1.0 : -1.0; };
  {
    const HostMatrix m2m = zero_matrix("Octopole::Precompute::m2m", U, 8 * E);
    for (int o = 0; o < 8; ++o)
      fill_block<T>(kernel, {pc, spec.outer},
                    {p, 0.5 * spec.inner, {0.5 * sign(o, 0), 0.5 * sign(o, 1), 0.5 * sign(o, 2)}},
                    m2m, 0, o * E);
    set.m2m = cast<T>(m2m);
  }
  {
    // In units of the child, whose check potentials these are: the kernel is the child's.
    const Kernel child = kernel.rescaled(0.5);
    const HostMatrix l2l = zero_matrix("Octopole::Precompute::l2l", 8 * D, E);
    for (int o = 0; o < 8; ++o)
      fill_block<T>(child, {p, spec.inner, {sign(o, 0), sign(o, 1), sign(o, 2)}},
                    {p, 2 * spec.outer}, l2l, o * D, 0);
    set.l2l = cast<T>(l2l);
  }

  switch (spec.m2l) {
    case M2L::automatic:
      m2l_not_chosen();
    case M2L::blas:
      precompute_transfers(kernel, spec, set);
      break;
    case M2L::fft:
      set.m2l_frequencies = m2l_frequencies<T>(kernel, spec);
      break;
  }
  return set;
}

}  // namespace Octopole::Impl

#endif
