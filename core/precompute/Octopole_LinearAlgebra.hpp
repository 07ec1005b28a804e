#ifndef OCTOPOLE_LINEAR_ALGEBRA_HPP
#define OCTOPOLE_LINEAR_ALGEBRA_HPP

#include <Kokkos_Core.hpp>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace Octopole::Impl {

/// Column-major matrix of doubles on the host: everything is precomputed in these.
using HostMatrix = Kokkos::View<double**, Kokkos::LayoutLeft, Kokkos::HostSpace>;

/// A matrix of zeros; set here and not by Kokkos, whose kernel for it would carry its own label.
inline HostMatrix zero_matrix(const std::string& label, std::size_t rows, std::size_t cols) {
  const HostMatrix m(Kokkos::view_alloc(label, Kokkos::WithoutInitializing), rows, cols);
  std::fill_n(m.data(), m.span(), 0.0);
  return m;
}

/// A = u diag(s) vt, s descending; u is (m, r), vt is (r, n), r = min(m, n).
struct Svd {
  HostMatrix u, vt;
  std::vector<double> s;
};

/// LAPACK's gesdd. `a` is overwritten. Throws std::runtime_error when LAPACK reports a failure.
Svd svd(const HostMatrix& a);

/// The same of several matrices side by side, each on one thread: the numbers do not depend on how many
/// threads there are.
std::vector<Svd> svds(const std::vector<HostMatrix>& a);

/// The pseudo-inverse of A as two factors, left (n, r) and right (r, m): pinv(A) = left * right.
/// Kept apart because the product would lose what the cut-off kept: left holds V S^-1 and right
/// U^T (Malhotra and Biros 2015, section 2.2).
struct PseudoInverse {
  HostMatrix left, right;
};

/// Singular values at or under `cutoff` * s_max are dropped; none of a zero matrix is kept.
PseudoInverse pseudo_inverse(const HostMatrix& a, double cutoff);

/// C = A B (or A^T B), on all cores, C overwritten or added to.
void multiply(bool transpose_a, const HostMatrix& a, const HostMatrix& b, bool add,
              const HostMatrix& c);

/// A stack of matrices that is never stored: `matrix(t, m)` fills the t-th, (rows, cols).
struct MatrixStack {
  int count = 0, rows = 0, cols = 0;
  std::function<void(int t, const HostMatrix& m)> matrix;
};

/// The stack compressed to one pair of orthonormal bases, and per matrix two recompressed factors:
/// M_t ~ target_basis * left[t] * right[t] * source_basis^T.
struct CompressedStack {
  HostMatrix target_basis;              ///< (rows, k)
  HostMatrix source_basis;              ///< (cols, k)
  std::vector<HostMatrix> left, right;  ///< (k, r_t) and (r_t, k)
};

/// Randomised SVD of the stack side by side (for the targets) and on top of itself (for the
/// sources), block by block (Halko, Martinsson and Tropp 2011, algorithm 4.1), then a plain SVD of
/// each small core. What falls under `tolerance` * s_max is dropped; with `rank` > 0 the bases have
/// that many columns whatever the tolerance. Ranks are rounded up to a multiple of `granularity`.
CompressedStack compress(const MatrixStack& stack, double tolerance, int rank, int granularity);

}  // namespace Octopole::Impl

#endif
