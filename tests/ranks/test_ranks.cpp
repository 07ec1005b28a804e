// SPDX-License-Identifier: BSD-3-Clause
// Plans on the ranks of a communicator, held against the plan of one rank with all points: bit by bit the same.
// Run under mpirun (tests/CMakeLists.txt).
#include <mpi.h>

#include <Kokkos_Core.hpp>
#include <Octopole.hpp>
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <numeric>
#include <optional>
#include <string>
#include <tests/support/octopole_catch.hpp>
#include <tests/support/octopole_point_sets.hpp>
#include <tree/Octopole_WorkLists.hpp>
#include <vector>

namespace {

using octopole_test::Execution;
using octopole_test::Memory;
using octopole_test::Points;
using octopole_test::Random;

// MPI from the first test case to the end of the program: cases are listed without mpirun.
struct Mpi {
  Mpi() {
    int provided = 0;
    MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
  }
  ~Mpi() { MPI_Finalize(); }
  int rank = 0, size = 1;

  // All ranks see the same, so that none waits for one that has given up.
  std::int64_t sum(std::int64_t n) const {
    MPI_Allreduce(MPI_IN_PLACE, &n, 1, MPI_INT64_T, MPI_SUM, MPI_COMM_WORLD);
    return n;
  }
};

const Mpi& mpi() {
  static const Mpi one;
  return one;
}

using Rows = Kokkos::View<double**, Kokkos::LayoutRight, Memory>;

Rows rows_of(const Rows& all, int first, int n) {
  return Kokkos::subview(all, std::make_pair(first, first + n), Kokkos::ALL);
}

auto first_column(const Rows& rows) {
  return Kokkos::View<double*, Memory>(rows.data(), rows.extent(0));
}

// How points are dealt to the ranks: in parts of the order in which they are made, by chance, or all to one.
enum class Deal { in_parts, by_chance, all_to_the_last };

const char* name_of(Deal deal) {
  return deal == Deal::in_parts    ? "in parts"
         : deal == Deal::by_chance ? "by chance"
                                   : "to the last";
}

// The points, rank after rank, and where this rank's begin.
struct Dealt {
  Points all;
  int first = 0, n = 0;  // of this rank
};

Dealt dealt(const Points& points, Deal deal) {
  const std::int64_t R = mpi().size, n = std::int64_t(points.size());
  std::vector<Points> of_rank(R);
  Random random(7);
  for (std::int64_t i = 0; i < n; ++i) {
    const std::int64_t by_chance = random.below(int(R));
    of_rank[deal == Deal::by_chance  ? by_chance
            : deal == Deal::in_parts ? i * R / n
                                     : R - 1]
        .push_back(points[i]);
  }
  Dealt result;
  for (int r = 0; r < R; ++r) {
    if (r == mpi().rank) result.first = int(result.all.size()), result.n = int(of_rank[r].size());
    result.all.insert(result.all.end(), of_rank[r].begin(), of_rank[r].end());
  }
  return result;
}

std::int64_t count_different(const Rows& whole, const Rows& part, int first) {
  std::int64_t different = 0;
  for (std::size_t i = 0; i < part.extent(0); ++i)
    for (std::size_t k = 0; k < part.extent(1); ++k)
      different += std::memcmp(&whole(first + i, k), &part(i, k), sizeof(double)) != 0;
  return different;
}

// Results of all ranks for these points against those of one: potential or velocity, and gradient or pressure where
// the options say so, for two laws of charges.
template <class Kernel>
void check_same_bits(const Kernel& kernel, const Points& points, Deal deal,
                     Octopole::Options options) {
  using Octopole::Output;
  constexpr int C = Octopole::Family<Kernel>::charges;
  constexpr Output offered = Octopole::outputs_of<Kernel>;
  constexpr bool of_potential = contains(offered, Output::potential);
  const Execution exec;
  const Dealt own = dealt(points, deal);
  const int n = int(points.size());
  const auto all_points = octopole_test::to_view(own.all);
  const bool second =
      contains(options.outputs, Output::gradient) || contains(options.outputs, Output::pressure);
  Octopole::Plan plan(
      exec, MPI_COMM_WORLD, kernel,
      Kokkos::subview(all_points, std::make_pair(own.first, own.first + own.n), Kokkos::ALL),
      options);
  options.method = Octopole::Method::fmm;
  Octopole::Plan whole(exec, kernel, all_points, options);
  CHECK(mpi().sum(plan.options().leaf_capacity != whole.options().leaf_capacity) == 0);
  CHECK(mpi().sum(plan.options().root_scale != whole.options().root_scale) == 0);

  const Rows all_charges("Octopole::test::charges", n, C);
  for (const bool of_both_signs : {true, false}) {
    Random random(11);
    for (int i = 0; i < n; ++i)
      for (int k = 0; k < C; ++k)
        all_charges(i, k) = of_both_signs ? random() - 0.5 : 1e5 * random();
    // One rank has the largest by far: the unit of the packed charges is that of all.
    if (!of_both_signs) all_charges(n / 3, 0) = 3e7;
    constexpr int K = of_potential ? 1 : 3;
    const Rows u_all("u", n, K), u("u", own.n, K), g_all("g", n, 3), g("g", own.n, 3);
    const auto run = [&](auto& p, const Rows& rows, const Rows& a, const Rows& b) {
      const auto q = [&] {
        if constexpr (C == 1)
          return first_column(rows);
        else
          return rows;
      }();
      if constexpr (of_potential) {
        const auto potential = first_column(a);
        if (second)
          p.execute(exec, q, Octopole::Outputs{.potential = potential, .gradient = b});
        else
          p.execute(exec, q, potential);
      } else {
        if constexpr (contains(offered, Output::pressure)) {
          const auto pressure = Kokkos::subview(b, Kokkos::ALL, 0);
          if (second) p.execute(exec, q, Octopole::Outputs{.velocity = a, .pressure = pressure});
        }
        if (!second) p.execute(exec, q, Octopole::Outputs{.velocity = a});
      }
      exec.fence();
    };
    run(whole, all_charges, u_all, g_all);
    run(plan, rows_of(all_charges, own.first, own.n), u, g);
    CHECK(mpi().sum(count_different(u_all, u, own.first)) == 0);
    if (second) CHECK(mpi().sum(count_different(g_all, g, own.first)) == 0);
    // What is compared is there: but for a single point, which has no other.
    int zeros = 0;
    for (int i = 0; i < n; ++i) zeros += u_all(i, 0) == 0;
    CHECK(zeros == (n == 1));
  }
}

struct Case {
  const char* name;
  Points points;
};

// More points by OCTOPOLE_RANKS_POINTS=100000, say.
std::vector<Case> cases(int n) {
  if (const char* given = std::getenv("OCTOPOLE_RANKS_POINTS")) n = std::atoi(given);
  return {{"uniform", octopole_test::uniform(n, 1)},
          {"sphere", octopole_test::sphere(n, 2)},
          {"Plummer", octopole_test::clustered(n, 3)},
          {"two-scale", octopole_test::two_scale(n, 4)}};
}

}  // namespace

TEST_CASE("Laplace on ranks gives the bits of one rank") {
  mpi();
  for (const Case& one : cases(20000))
    for (const Deal deal : {Deal::in_parts, Deal::by_chance}) {
      INFO(one.name << ", dealt " << name_of(deal));
      check_same_bits(
          Octopole::Laplace<double>{}, one.points, deal,
          {.digits = 6, .outputs = Octopole::Output::potential | Octopole::Output::gradient});
    }
}

TEST_CASE("blocks and slabs of M2L on ranks are those of one rank") {
  mpi();
  // So little memory that all levels are cut.
  for (const Case& one : cases(20000)) {
    INFO(one.name);
    check_same_bits(Octopole::Laplace<double>{}, one.points, Deal::by_chance,
                    {.digits = 4, .m2l_memory = 1 << 18, .leaf_capacity = 20});
  }
}

TEST_CASE("other digits and kernels on ranks give the bits of one rank") {
  mpi();
  const Points points = octopole_test::clustered(10000, 5);
  for (const int digits : {3, 9})
    check_same_bits(Octopole::Laplace<double>{}, points, Deal::by_chance, {.digits = digits});
  check_same_bits(Octopole::LaplaceDipole<double>{}, points, Deal::by_chance, {.digits = 4});
  check_same_bits(Octopole::BiotSavart<double>{}, points, Deal::by_chance, {.digits = 4});
  for (const Case& one : cases(10000)) {
    INFO(one.name);
    check_same_bits(
        Octopole::Stokeslet<double>{}, one.points, Deal::by_chance,
        {.digits = 6, .outputs = Octopole::Output::velocity | Octopole::Output::pressure});
  }
}

TEST_CASE("terminals in the parts of several ranks are those of one rank") {
  mpi();
  // Two clouds far smaller than their distance: what one gives the other ends at boxes that ranks share.
  Points points = octopole_test::uniform(9000, 12);
  for (std::size_t i = 0; i < points.size(); ++i)
    points[i] = i % 3 == 0 ? octopole_test::scaled(points[i], 0.1, {0.9, 0.9, 0.8})
                           : octopole_test::scaled(points[i], 0x1p-9, {0.3, 0.2, 0.4});
  const auto planted = octopole_test::plant(points, nullptr, 60, false);
  REQUIRE(Octopole::make_work_lists(Execution(), planted.tree, 0, false).terminals.bytes() > 0);
  for (const Deal deal : {Deal::by_chance, Deal::all_to_the_last})
    check_same_bits(Octopole::Laplace<double>{}, points, deal,
                    {.digits = 4,
                     .leaf_capacity = 60,
                     .outputs = Octopole::Output::potential | Octopole::Output::gradient});
  check_same_bits(Octopole::Stokeslet<double>{}, points, Deal::by_chance,
                  {.digits = 4,
                   .leaf_capacity = 40,
                   .outputs = Octopole::Output::velocity | Octopole::Output::pressure});
}

TEST_CASE("ranks send each other what is at the seams of their parts alone") {
  // In parts along the curve no charge and no result has far to go; multipoles and charges of ghosts do.
  const Execution exec;
  Points points = octopole_test::uniform(20000, 9);
  const auto domain =
      Octopole::make_domain(Octopole::bounds(exec, octopole_test::to_view(points)), false);
  std::sort(points.begin(), points.end(), [&](const auto& a, const auto& b) {
    return domain.code(a[0], a[1], a[2]) < domain.code(b[0], b[1], b[2]);
  });
  const Dealt own = dealt(points, Deal::in_parts);
  const auto all = octopole_test::to_view(own.all);
  const Octopole::Options options{.digits = 4, .leaf_capacity = 30, .root_scale = 1};
  Octopole::Plan plan(
      exec, MPI_COMM_WORLD, Octopole::Laplace<double>{},
      Kokkos::subview(all, std::make_pair(own.first, own.first + own.n), Kokkos::ALL), options);
  const auto& facts = plan.facts();
  const std::int64_t ghosts = mpi().sum(std::int64_t(facts.n_ghosts)),
                     boxes = mpi().sum(std::int64_t(facts.n_boxes)),
                     sent = mpi().sum(std::int64_t(facts.bytes_sent)),
                     leaves = mpi().sum(std::int64_t(facts.n_leaves));
  if (mpi().size == 1) {
    CHECK(ghosts == 0);
    CHECK(sent == 0);
  } else {
    CHECK(ghosts > 0);
    CHECK(ghosts < boxes / 2 * std::min(mpi().size - 1, 2));
    // All multipoles, of 98 numbers, to all other ranks would be more.
    CHECK(sent > 0);
    CHECK(sent < std::int64_t(sizeof(double)) * 98 * leaves * (mpi().size - 1));
  }
}

TEST_CASE("ranks without points, and fewer leaves than ranks") {
  mpi();
  for (const int n : {1, 2, 20, 400, 3000}) {
    INFO(n);
    check_same_bits(Octopole::Laplace<double>{}, octopole_test::uniform(n, 6),
                    Deal::all_to_the_last, {.digits = 4, .leaf_capacity = 50});
  }
}

namespace {

// What the call throws, on this rank; "" where it does not.
template <class F>
std::string sentence_of(const F& call) {
  try {
    call();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

// Every rank has the sentence.
void check_sentence(const std::string& found, const std::string& part) {
  INFO(found);
  CHECK(mpi().sum(found.find(part) == std::string::npos) == 0);
}

}  // namespace

TEST_CASE("what one rank finds wrong ends the call on all") {
  const Execution exec;
  const bool last = mpi().rank == mpi().size - 1;
  const Octopole::Laplace<double> laplace;
  const Points points = octopole_test::uniform(500, 8);
  const auto good = octopole_test::to_view(points);
  const auto plan_with = [&](const auto& kernel, const auto& view, const Octopole::Options& o) {
    return sentence_of([&] { Octopole::Plan plan(exec, MPI_COMM_WORLD, kernel, view, o); });
  };

  Points bad = points;
  if (last) bad[3][1] = NAN;
  check_sentence(plan_with(laplace, octopole_test::to_view(bad), {}), "NaN or infinite");
  const Kokkos::View<double**, Memory> narrow("Octopole::test::narrow", 500, last ? 2 : 3);
  check_sentence(plan_with(laplace, narrow, {}), "sources");
  // On two ranks or more; one agrees with itself.
  if (mpi().size > 1)
    check_sentence(plan_with(laplace, good, {.digits = last ? 5 : 6}), "differ from rank to rank");
  check_sentence(plan_with(laplace, good, {.digits = 99}), "digits");
  check_sentence(plan_with(laplace, octopole_test::to_view(octopole_test::all_equal(500)),
                           {.leaf_capacity = 50}),
                 "more than 50 points in a box of level 19");

  Octopole::Plan plan(exec, MPI_COMM_WORLD, laplace, good, {.digits = 4});
  const Kokkos::View<double*, Memory> q("q", 500), u("u", last ? 499 : 500);
  check_sentence(sentence_of([&] { plan.execute(exec, q, u); }), "expected (500)");
  const Kokkos::View<double* [3], Memory> g("g", 500);
  const Kokkos::View<double*, Memory> v("v", 500);
  check_sentence(sentence_of([&] {
                   if (last)
                     plan.execute(exec, q, Octopole::Outputs{.potential = v, .gradient = g});
                   else
                     plan.execute(exec, q, v);
                 }),
                 "found gradient in Outputs");
  plan.execute(exec, q, v);  // and it goes on
}

TEST_CASE("what ranks do not have is refused") {
  const Execution exec;
  const auto points = octopole_test::to_view(octopole_test::uniform(500, 8));
  const auto refused = [&](const auto& kernel, const Octopole::Options& o, const char* part) {
    check_sentence(
        sentence_of([&] { Octopole::Plan plan(exec, MPI_COMM_WORLD, kernel, points, o); }), part);
  };
  const Octopole::Laplace<double> laplace;
  refused(Octopole::Laplace<float>{}, {.digits = 3}, "found a kernel in float");
  refused(Octopole::Yukawa<double>{}, {}, "operators are the same on all levels");
  refused(laplace, {.method = Octopole::Method::direct}, "found Method::direct");
  refused(laplace, {.m2l = Octopole::M2L::blas}, "found M2L::blas");
  refused(laplace, {.balance = 1}, "found Options::balance 1");
  refused(laplace, {.right_hand_sides = 2}, "found Options::right_hand_sides 2");
  refused(laplace, {.tune = true}, "found Options::tune");

  Octopole::Plan plan(exec, MPI_COMM_WORLD, laplace, points, {.digits = 3});
  check_sentence(sentence_of([&] { plan.update_points(exec, points); }), "found update_points");
  const Kokkos::View<double*, Memory> q("q", 500), u("u", 500);
  check_sentence(sentence_of([&] { plan.check(exec, q, Octopole::Outputs{.potential = u}, 10); }),
                 "found check");
}
