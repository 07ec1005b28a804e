// SPDX-License-Identifier: BSD-3-Clause
// The product over columns that lie anywhere: against a plain loop, over all remainders of its
// tiles.
#include <cmath>
#include <cstring>
#include <limits>
#include <operators/dense/Octopole_ColumnProduct.hpp>
#include <operators/dense/Octopole_Gemm.hpp>
#include <tests/support/octopole_catch.hpp>

#include <tests/support/octopole_point_sets.hpp>
#include <utility>

namespace {

using Exec = Kokkos::DefaultHostExecutionSpace;

template <class T>
using Matrix = Kokkos::View<T**, Kokkos::LayoutLeft, Kokkos::HostSpace>;

template <class T>
Matrix<T> random_matrix(int rows, int columns, std::uint64_t seed) {
  Matrix<T> m("Octopole::test", rows, columns);
  octopole_test::Random random(seed);
  for (std::size_t i = 0; i < m.size(); ++i) m.data()[i] = T(random() - 0.5);
  return m;
}

template <class T>
struct Product {
  using Teams = Octopole::ColumnTeams<Exec, T>;
  Teams teams;
  Matrix<T> a, in, out;
  int first_row, rows, first_column, columns;
  bool add;

  void operator()(const typename Teams::Member& team) const {
    const int first = teams.first(team.league_rank());
    // Columns from the last to the first, to every second one.
    Octopole::multiply_columns<Exec, Teams::most>(
        team, Octopole::column_major(a, first_row, rows, first_column, columns),
        teams.size(team.league_rank()),
        [&](int j) -> const T* { return &in(0, teams.columns - 1 - first - j); },
        [&](int j) -> T* { return &out(0, 2 * (first + j)); }, add);
  }
};

/// Columns of `out` that are no results, and rows beyond them, keep what they hold.
template <class T>
void check(int rows, int columns, int n, bool add) {
  CAPTURE(rows, columns, n, add);
  constexpr int pad = 64 / sizeof(T);
  const int first_row = pad, first_column = 3;
  const auto a = random_matrix<T>(rows + 2 * pad, columns + 5, 1);
  const auto in = random_matrix<T>(columns, n, 2);
  const auto out = random_matrix<T>(rows + pad, 2 * n, 3);
  const auto before = random_matrix<T>(rows + pad, 2 * n, 3);
  const Exec exec;
  const typename Product<T>::Teams teams(exec, n);
  REQUIRE(teams.tile <= Product<T>::Teams::most);
  Kokkos::parallel_for("Octopole::test", teams.policy(exec, rows, 0),
                       Product<T>{teams, a, in, out, first_row, rows, first_column, columns, add});
  exec.fence("Octopole::test");
  double worst = 0;
  int changed = 0;
  for (int j = 0; j < 2 * n; ++j)
    for (int i = 0; i < rows + pad; ++i) {
      if (j % 2 == 1 || i >= rows) {
        changed += out(i, j) != before(i, j);
        continue;
      }
      double sum = add ? double(before(i, j)) : 0;
      for (int k = 0; k < columns; ++k)
        sum += double(a(first_row + i, first_column + k)) * double(in(k, n - 1 - j / 2));
      worst = std::max(worst, std::abs(sum - double(out(i, j))));
    }
  CHECK(changed == 0);
  CHECK(worst < 4 * T(columns) * std::numeric_limits<T>::epsilon());
}

}  // namespace

TEMPLATE_TEST_CASE("multiply_columns is the product, whatever remains of its tiles", "", double,
                   float) {
  constexpr int pad = 64 / sizeof(TestType);
  for (const int packs : {1, 2, 3, 4, 5, 6, 7, 8, 13, 14})
    for (const int n : {1, 7, 8, 9, 31, 100, 300}) {
      check<TestType>(packs * pad, 5 + packs, n, false);
      check<TestType>(packs * pad, 5 + packs, n, true);
    }
  check<TestType>(14 * pad, 14 * pad, 1000, true);
}

TEMPLATE_TEST_CASE("gemm is the product, and a column's bits are its own", "", double, float) {
  using T = TestType;
  const Exec exec;
  for (const int rows : {1, 3, 7, 8, 9, 17, 31, 32, 33, 56, 61, 152})
    for (const int inner : {1, 6, 60})
      for (const int n : {1, 2, 9, 40, 530}) {
        CAPTURE(rows, inner, n);
        // Rows and columns that begin anywhere, of larger matrices.
        const auto some = [](const Matrix<T>& m, int r, int c) {
          return Kokkos::subview(m, std::make_pair(3, 3 + r), std::make_pair(1, 1 + c));
        };
        const auto a = some(random_matrix<T>(rows + 5, inner + 2, 1), rows, inner),
                   b = some(random_matrix<T>(inner + 5, n + 2, 2), inner, n);
        const auto whole = random_matrix<T>(rows + 5, n + 2, 3),
                   before = random_matrix<T>(rows + 5, n + 2, 3);
        const auto c = some(whole, rows, n);
        Octopole::gemm(exec, a, b, c);
        exec.fence("Octopole::test");
        double worst = 0;
        for (int j = 0; j < n; ++j)
          for (int i = 0; i < rows; ++i) {
            double sum = 0;
            for (int k = 0; k < inner; ++k) sum += double(a(i, k)) * double(b(k, j));
            worst = std::max(worst, std::abs(sum - double(c(i, j))));
          }
        CHECK(worst < 4 * T(inner) * std::numeric_limits<T>::epsilon());
        int changed = 0;
        for (int j = 0; j < n + 2; ++j)
          for (int i = 0; i < rows + 5; ++i)
            if (i < 3 || i >= 3 + rows || j < 1 || j > n) changed += whole(i, j) != before(i, j);
        CHECK(changed == 0);
        // The same columns among others, and alone.
        int different = 0;
        for (const int first : {0, n / 3, n - 1}) {
          const auto columns = std::make_pair(first, std::min(first + 5, n));
          const Matrix<T> part("Octopole::test", rows, columns.second - first);
          Octopole::gemm(exec, a, Kokkos::subview(b, Kokkos::ALL, columns), part);
          exec.fence("Octopole::test");
          for (int j = first; j < columns.second; ++j)
            for (int i = 0; i < rows; ++i)
              different += std::memcmp(&part(i, j - first), &c(i, j), sizeof(T)) != 0;
        }
        CHECK(different == 0);
      }
}
