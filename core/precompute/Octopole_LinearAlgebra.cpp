#include <core/base/Octopole_Allocate.hpp>
#include <core/precompute/Octopole_LinearAlgebra.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <mutex>
#include <stdexcept>
#include <string>

extern "C" void dgesdd_(const char* jobz, const int* m, const int* n, double* a, const int* lda,
                        double* s, double* u, const int* ldu, double* vt, const int* ldvt,
                        double* work, const int* lwork, int* iwork, int* info);

// LAPACK stands on a BLAS, whose product is several times as fast as KokkosBlas' own.
extern "C" void dgemm_(const char* transa, const char* transb, const int* m, const int* n,
                       const int* k, const double* alpha, const double* a, const int* lda,
                       const double* b, const int* ldb, const double* beta, double* c,
                       const int* ldc);

// Only there when LAPACK is OpenBLAS.
extern "C" void openblas_set_num_threads(int) __attribute__((weak));
extern "C" int openblas_get_num_threads() __attribute__((weak));

namespace Octopole::Impl {

namespace {

/// LAPACK on one thread while this lives: operators are bitwise the same for any number of threads,
/// and nothing is oversubscribed where singular value decompositions run side by side.
class OneLapackThread {
 public:
  OneLapackThread() {
    if (openblas_set_num_threads && openblas_get_num_threads) {
      m_before = openblas_get_num_threads();
      openblas_set_num_threads(1);
    }
  }
  ~OneLapackThread() {
    if (m_before > 0) openblas_set_num_threads(m_before);
  }
  OneLapackThread(const OneLapackThread&) = delete;
  OneLapackThread& operator=(const OneLapackThread&) = delete;

 private:
  int m_before = 0;
};

Svd room_for_svd(const HostMatrix& a);
void svd_on_this_thread(const HostMatrix& a, Svd& d);

HostMatrix make(const char* label, int rows, int cols) {
  return HostMatrix(Kokkos::view_alloc(std::string(label), Kokkos::WithoutInitializing), rows,
                    cols);
}

/// Random signs, 64 entries per draw, different for each (block, seed) and the same on every run.
void random_signs(const HostMatrix& m, std::uint64_t block, std::uint64_t seed) {
  using Range = Kokkos::RangePolicy<Kokkos::DefaultHostExecutionSpace>;
  const int rows = int(m.extent(0));
  Kokkos::parallel_for("Octopole::RandomisedSvd::signs", Range(0, m.extent(1)), [=](const int j) {
    std::uint64_t state =
        (block * 1048576 + std::uint64_t(j)) * 0x9e3779b97f4a7c15ull + seed * 0xd1342543de82ef95ull;
    for (int i = 0; i < rows; ++i) {
      static constexpr int bits = 64;
      if (i % bits == 0) state += 0x9e3779b97f4a7c15ull;
      std::uint64_t z = state;
      z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
      z = (z ^ z >> 27) * 0x94d049bb133111ebull;
      z ^= z >> 31;
      m(i, j) = (z >> (i % bits) & 1) ? 1.0 : -1.0;
    }
  });
}

/// How many singular values, which descend, are above the tolerance relative to `largest`.
int rank_above(const Svd& d, double tolerance, double largest) {
  const auto above = [=](double s) { return s > tolerance * largest; };
  return static_cast<int>(std::partition_point(d.s.begin(), d.s.end(), above) - d.s.begin());
}
/// Relative to the largest of its own.
int rank_above(const Svd& d, double tolerance) {
  return d.s.empty() ? 0 : rank_above(d, tolerance, d.s[0]);
}

/// The first `k` left singular vectors.
HostMatrix leading_vectors(const Svd& d, int k) {
  const HostMatrix basis = make("Octopole::RandomisedSvd::basis", int(d.u.extent(0)), k);
  std::copy_n(d.u.data(), basis.span(), basis.data());  // columns are contiguous
  return basis;
}

}  // namespace

Svd svd(const HostMatrix& a) {
  const OneLapackThread one;
  Svd d = room_for_svd(a);
  svd_on_this_thread(a, d);
  return d;
}

std::vector<Svd> svds(const std::vector<HostMatrix>& a) {
  const OneLapackThread one;
  // Views are made outside of the loop: Kokkos' tools need not bear several threads.
  std::vector<Svd> found;
  found.reserve(a.size());
  for (const HostMatrix& each : a) found.push_back(room_for_svd(each));
  std::string failure;
  std::mutex failed;
  Kokkos::parallel_for(
      "Octopole::Svd::side_by_side",
      Kokkos::RangePolicy<Kokkos::DefaultHostExecutionSpace, Kokkos::Schedule<Kokkos::Dynamic>>(
          0, int(a.size()), Kokkos::ChunkSize(1)),
      [&](const int i) {
        try {
          svd_on_this_thread(a[i], found[i]);
        } catch (const std::exception& e) {
          const std::lock_guard<std::mutex> lock(failed);
          failure = e.what();
        }
      });
  if (!failure.empty()) throw std::runtime_error(failure);
  return found;
}

namespace {

/// Memory for what svd_on_this_thread finds.
Svd room_for_svd(const HostMatrix& a) {
  const int m = int(a.extent(0)), n = int(a.extent(1)), r = std::min(m, n);
  return {make("Octopole::Svd::u", m, r), make("Octopole::Svd::vt", r, n), std::vector<double>(r)};
}

/// Fills `d`, which room_for_svd has made; makes no Views.
void svd_on_this_thread(const HostMatrix& a, Svd& d) {
  const int m = int(a.extent(0)), n = int(a.extent(1)), r = std::min(m, n);
  if (r == 0) return;
  const int lda = std::max<int>(int(a.stride(1)), m), ldu = m, ldvt = r;
  std::vector<int> iwork(8 * r);
  int info = 0, lwork = -1;
  double best = 0;
  dgesdd_("S", &m, &n, a.data(), &lda, d.s.data(), d.u.data(), &ldu, d.vt.data(), &ldvt, &best,
          &lwork, iwork.data(), &info);
  lwork = static_cast<int>(best) + 1;
  std::vector<double> work(lwork);
  dgesdd_("S", &m, &n, a.data(), &lda, d.s.data(), d.u.data(), &ldu, d.vt.data(), &ldvt,
          work.data(), &lwork, iwork.data(), &info);
  if (info != 0)
    throw std::runtime_error("Octopole: LAPACK gesdd of a " + std::to_string(m) + " x " +
                             std::to_string(n) + " matrix returned info = " + std::to_string(info));
}

}  // namespace

PseudoInverse pseudo_inverse(const HostMatrix& a, double cutoff) {
  const int m = int(a.extent(0)), n = int(a.extent(1));
  const Svd d = svd(a);
  const int r = rank_above(d, cutoff);
  PseudoInverse inverse{make("Octopole::PseudoInverse::left", n, r),
                        make("Octopole::PseudoInverse::right", r, m)};
  for (int k = 0; k < r; ++k)
    for (int i = 0; i < n; ++i) inverse.left(i, k) = d.vt(k, i) / d.s[k];
  for (int i = 0; i < m; ++i)
    for (int k = 0; k < r; ++k) inverse.right(k, i) = d.u(i, k);
  return inverse;
}

void multiply(bool transpose_a, const HostMatrix& a, const HostMatrix& b, bool add,
              const HostMatrix& c) {
  // Columns by the block, each block on one thread, so that the bits do not depend on how many there are.
  static constexpr int block = 64;
  const int rows = int(c.extent(0)), columns = int(c.extent(1)), inner = int(b.extent(0));
  if (rows == 0 || columns == 0 || inner == 0) {
    if (!add) std::fill_n(c.data(), c.span(), 0.0);
    return;
  }
  const int lda = int(a.stride(1)), ldb = int(b.stride(1)), ldc = int(c.stride(1));
  const OneLapackThread one;
  Kokkos::parallel_for(
      "Octopole::multiply",
      Kokkos::RangePolicy<Kokkos::DefaultHostExecutionSpace, Kokkos::Schedule<Kokkos::Dynamic>>(
          0, (columns + block - 1) / block, Kokkos::ChunkSize(1)),
      [&](const int i) {
        const int first = i * block, n = std::min(block, columns - first);
        const double alpha = 1, beta = add ? 1 : 0;
        dgemm_(transpose_a ? "T" : "N", "N", &rows, &n, &inner, &alpha, a.data(), &lda,
               b.data() + std::size_t(first) * b.stride(1), &ldb, &beta,
               c.data() + std::size_t(first) * c.stride(1), &ldc);
      });
}

CompressedStack compress(const MatrixStack& stack, double tolerance, int rank, int granularity) {
  const int rows = stack.rows, cols = stack.cols, full = std::min(rows, cols);
  CompressedStack out;
  const HostMatrix m = make("Octopole::RandomisedSvd::matrix", rows, cols);

  // Range finder: the sample grows until it holds clearly more columns than are kept.
  for (int columns = rank > 0 ? std::min(full, rank + 32) : std::max(full * 5 / 8, 16);;
       columns = full + 16) {
    if (columns + 16 > full) columns = full + 16;
    const HostMatrix by_rows = zero_matrix("Octopole::RandomisedSvd::row_sample", rows, columns);
    const HostMatrix by_cols = zero_matrix("Octopole::RandomisedSvd::column_sample", cols, columns);
    const HostMatrix right_signs = make("Octopole::RandomisedSvd::signs", cols, columns);
    const HostMatrix left_signs = make("Octopole::RandomisedSvd::signs", rows, columns);
    for (int t = 0; t < stack.count; ++t) {
      stack.matrix(t, m);
      random_signs(right_signs, t, 1);
      random_signs(left_signs, t, 2);
      multiply(false, m, right_signs, true, by_rows);
      multiply(true, m, left_signs, true, by_cols);
    }
    const Svd target = svd(by_rows), source = svd(by_cols);
    // One k for both bases: the coefficients of sources and targets then have one shape.
    const int available = static_cast<int>(std::min(target.s.size(), source.s.size()));
    const int wanted =
        rank > 0 ? rank
                 : std::max({rank_above(target, tolerance), rank_above(source, tolerance), 1});
    const int k = std::min(round_up(wanted, granularity), available);
    // Wide enough to have found all that is above the tolerance?
    if (rank > 0 || columns >= full || k + 2 * granularity <= columns) {
      out.target_basis = leading_vectors(target, k);
      out.source_basis = leading_vectors(source, k);
      break;
    }
  }

  std::vector<HostMatrix> core(stack.count);
  const int k = static_cast<int>(out.target_basis.extent(1));
  const HostMatrix half = make("Octopole::RandomisedSvd::half", rows, k);
  for (int t = 0; t < stack.count; ++t) {
    stack.matrix(t, m);
    core[t] = make("Octopole::RandomisedSvd::core", k, k);
    multiply(false, m, out.source_basis, false, half);
    multiply(true, out.target_basis, half, false, core[t]);
  }

  const std::vector<Svd> small = svds(core);
  double largest = 0;
  for (const Svd& d : small) largest = std::max(largest, d.s[0]);

  out.left.resize(stack.count);
  out.right.resize(stack.count);
  for (int t = 0; t < stack.count; ++t) {
    const Svd& d = small[t];
    const int above = rank_above(d, tolerance, largest);
    const int r = std::min(round_up(std::max(above, 1), granularity), k);
    out.left[t] = make("Octopole::RandomisedSvd::left", k, r);
    out.right[t] = make("Octopole::RandomisedSvd::right", r, k);
    for (int j = 0; j < r; ++j) {
      // The weight is shared so that neither factor runs out of a float's range.
      const double root = std::sqrt(d.s[j]);
      for (int i = 0; i < k; ++i) {
        out.left[t](i, j) = d.u(i, j) * root;
        out.right[t](j, i) = d.vt(j, i) * root;
      }
    }
  }
  return out;
}

}  // namespace Octopole::Impl
