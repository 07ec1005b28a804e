#ifndef OCTOPOLE_PRECOMPUTE_HPP
#define OCTOPOLE_PRECOMPUTE_HPP

#include <core/base/Octopole_Allocate.hpp>
#include <core/kernels/Octopole_Kernel.hpp>
#include <core/precompute/Octopole_LinearAlgebra.hpp>
#include <core/precompute/Octopole_OperatorSet.hpp>
#include <core/precompute/Octopole_PrecomputeFrequencies.hpp>
#include <core/precompute/Octopole_Surface.hpp>

#include <array>
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

/// The pseudo-inverse over the real rows and columns, spread out over the padded ones.
template <class T>
void padded_inverse(const HostMatrix& a, int row_size, int row_padded, int row_components,
                    int col_size, int col_padded, int col_components, double cutoff,
                    HostMatrix& left, HostMatrix& right) {
  const HostMatrix dense = zero_matrix("Octopole::Precompute::dense", row_components * row_size,
                                       col_components * col_size);
  const auto at = [](int i, int size, int padded) { return i / size * padded + i % size; };
  const int n_rows = int(dense.extent(0)), n_columns = int(dense.extent(1));
  for (int j = 0; j < n_columns; ++j)
    for (int i = 0; i < n_rows; ++i)
      dense(i, j) = a(at(i, row_size, row_padded), at(j, col_size, col_padded));
  const PseudoInverse inverse = pseudo_inverse(dense, cutoff);
  // The inner extent is rounded up too: matrix products like whole vectors.
  const int r = int(inverse.left.extent(1)), r_padded = round_up(std::max(r, 1), 64 / sizeof(T));
  left = zero_matrix("Octopole::Precompute::left", col_components * col_padded, r_padded);
  right = zero_matrix("Octopole::Precompute::right", r_padded, row_components * row_padded);
  for (int k = 0; k < r; ++k)
    for (int j = 0; j < n_columns; ++j) left(at(j, col_size, col_padded), k) = inverse.left(j, k);
  for (int i = 0; i < n_rows; ++i)
    for (int k = 0; k < r; ++k) right(k, at(i, row_size, row_padded)) = inverse.right(k, i);
}

/// Computes the check-to-equivalent inverses of an OperatorSet in units of a box's half-width, in
/// double, with exact roots; `kernel` is already rescaled to the box (Ying, Biros and Zorin 2004,
/// section 3.2). The cut-off is measured in the epsilon of T, in which the factors will be applied.
template <class T, class Kernel>
OperatorSet<T> precompute_inverses(const Kernel& kernel, const OperatorSpec& spec) {
  constexpr int C = Kernel::source_components, K = Kernel::target_components;
  const int p = spec.order, pc = spec.check_order;
  const int n = Surface::size(p), padded = padded_size<T>(p);
  const int nc = Surface::size(pc), check_padded = padded_size<T>(pc);
  const double cutoff = spec.cutoff * std::numeric_limits<T>::epsilon();
  OperatorSet<T> set;
  HostMatrix left, right;

  const HostMatrix up = zero_matrix("Octopole::Precompute::check", K * check_padded, C * padded);
  fill_block<T>(kernel, {pc, spec.outer}, {p, spec.inner}, up, 0, 0);
  padded_inverse<T>(up, nc, check_padded, K, n, padded, C, cutoff, left, right);
  set.up_left = cast<T>(left), set.up_right = cast<T>(right);

  const HostMatrix down = zero_matrix("Octopole::Precompute::check", K * padded, C * padded);
  fill_block<T>(kernel, {p, spec.inner}, {p, spec.outer}, down, 0, 0);
  padded_inverse<T>(down, n, padded, K, n, padded, C, cutoff, left, right);
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
