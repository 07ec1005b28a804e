// SPDX-License-Identifier: BSD-3-Clause
// A plan on ranks in use: points that move, errors that check finds, what is sent, and where points are at home.
// Run under mpirun (tests/CMakeLists.txt).
#include <mpi.h>

#include <Kokkos_Core.hpp>
#include <Octopole.hpp>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <tests/support/octopole_catch.hpp>
#include <tests/support/octopole_point_sets.hpp>
#include <tests/support/octopole_ranks.hpp>
#include <utility>
#include <vector>

using namespace octopole_test;

namespace {

// Steps of moving points, dealt anew each time, against the plan of one rank that takes the same steps.
template <class Kernel>
void check_steps(const Kernel& kernel, const Octopole::Options& options, int n_steps) {
  const Execution exec;
  Points points = clustered(3000, 50);
  Random random(51);
  const auto view_of = [&](const Dealt& own) { return to_view(own.all); };
  Dealt own = dealt(points, Deal::by_chance);
  Octopole::Plan plan(exec, MPI_COMM_WORLD, kernel, part_of(view_of(own), own), options);
  std::optional<Octopole::Plan<Memory, Kernel>> whole;
  Octopole::Options of_one = options;
  of_one.method = Octopole::Method::fmm;
  if (mpi().rank == 0) whole.emplace(exec, kernel, view_of(own), of_one);
  std::size_t bytes = 0;
  for (int step = 0; step < n_steps; ++step) {
    INFO("step " << step);
    for (auto& x : points)
      for (double& c : x) c += 0.02 * (random() - 0.5);
    if (step == 7) points.resize(1800);  // so few that leaves of another size may be chosen
    if (step == 12)                      // out of the cube
      for (auto& x : points) x = scaled(x, 1.5);
    own = dealt(points, Deal::by_chance, std::uint64_t(100 + step));
    const auto all = view_of(own);
    plan.update_points(exec, part_of(all, own));
    if (whole) whole->update_points(exec, all);
    const Rows<double> charges("Octopole::test::charges", points.size(), 1);
    for (std::size_t i = 0; i < points.size(); ++i) charges(i, 0) = random() - 0.5;
    const Results<Kernel> of_all(int(points.size()), options), mine(own.n, options);
    if (whole) of_all.fill(exec, *whole, charges);
    mine.fill(exec, plan, Rows<double>(part_of(charges, own)));
    of_all.check(mine, own.first);
    if (step == 2) bytes = plan.bytes();
    if (step == 6) CHECK(double(plan.bytes()) < 1.25 * double(bytes));
  }
  // What is refused leaves the plan as it was.
  Points bad = own.all;
  if (mpi().rank == mpi().size - 1) bad[std::size_t(own.first)][1] = NAN;
  std::string sentence;
  try {
    plan.update_points(exec, part_of(to_view(bad), own));
  } catch (const std::invalid_argument& error) {
    sentence = error.what();
  }
  CHECK(mpi().sum(sentence.find("NaN or infinite") == std::string::npos) == 0);
  const Rows<double> charges("Octopole::test::charges", points.size(), 1);
  Kokkos::deep_copy(charges, 1.0);
  const Results<Kernel> of_all(int(points.size()), options), mine(own.n, options);
  if (whole) of_all.fill(exec, *whole, charges);
  mine.fill(exec, plan, Rows<double>(part_of(charges, own)));
  of_all.check(mine, own.first);
}

}  // namespace

TEST_CASE("points that move on ranks give the bits of one rank") {
  mpi();
  using Octopole::Output;
  check_steps(Octopole::Laplace<double>{},
              {.digits = 4, .outputs = Output::potential | Output::gradient}, 20);
  check_steps(Octopole::Yukawa<double>{.screening = 2}, {.digits = 3, .leaf_capacity = 30}, 5);
}

TEST_CASE("errors that check finds on ranks are those that it finds on one") {
  const Execution exec;
  const Octopole::Options options{
      .digits = 4,
      .method = Octopole::Method::fmm,
      .leaf_capacity = 40,
      .outputs = Octopole::Output::potential | Octopole::Output::gradient,
      .right_hand_sides = 2};
  const Points sources = clustered(3000, 70), targets = uniform(700, 71);
  using Laplace = Octopole::Laplace<double>;
  using MyPlan = Octopole::Plan<Memory, Laplace>;
  for (const bool own_targets : {false, true}) {
    INFO("targets of their own: " << own_targets);
    const Dealt own = dealt(sources, Deal::by_chance),
                at = own_targets ? dealt(targets, Deal::all_to_the_last) : own;
    const auto all = to_view(own.all), all_targets = to_view(at.all);
    const auto make = [&](const auto& s, const auto& t, const auto&... ranks) {
      return own_targets ? MyPlan(exec, ranks..., Laplace{}, s, t, options)
                         : MyPlan(exec, ranks..., Laplace{}, s, options);
    };
    MyPlan plan = make(part_of(all, own), part_of(all_targets, at), MPI_COMM_WORLD);
    MyPlan whole = make(all, all_targets);
    const auto errors = [&](MyPlan& p, int first, int n, int first_target, int n_targets) {
      const Kokkos::View<double**, Kokkos::LayoutRight, Memory> q("q", n, 2), u("u", n_targets, 2);
      const Kokkos::View<double***, Kokkos::LayoutRight, Memory> g("g", n_targets, 3, 2);
      for (int i = 0; i < n; ++i) q(i, 0) = (first + i) % 11 - 5, q(i, 1) = 1e6 * ((first + i) % 7);
      const auto outputs = Octopole::Outputs{.potential = u, .gradient = g};
      p.execute(exec, q, outputs);
      exec.fence();
      // One result that is wrong, on whichever rank.
      for (int i = 0; i < n_targets; ++i)
        if (first_target + i == 420) g(i, 1, 1) *= 1.5;
      return p.check(exec, q, outputs, 100);
    };
    const auto expected = errors(whole, 0, int(sources.size()), 0, int(at.all.size()));
    const auto found = errors(plan, own.first, own.n, at.first, at.n);
    CHECK(found.targets == 100);
    REQUIRE(expected.targets == 100);
    for (const auto output : {Octopole::Output::potential, Octopole::Output::gradient}) {
      CHECK(found[output].rel_l2 == Approx(expected[output].rel_l2).epsilon(1e-6));
      CHECK(found[output].max == Approx(expected[output].max).epsilon(1e-6));
    }
    CHECK(found[Octopole::Output::potential].rel_l2 < 1e-4);
    CHECK(found[Octopole::Output::potential].rel_l2 > 1e-9);
    CHECK(found[Octopole::Output::gradient].max > 0.01);
  }
}

TEST_CASE("targets take the sources' place, and others theirs, on ranks too") {
  const Execution exec;
  const Octopole::Laplace<double> laplace;
  const Octopole::Options options{
      .digits = 4, .method = Octopole::Method::fmm, .leaf_capacity = 40};
  const Points sources = uniform(3000, 60), targets = sphere(2000, 61);
  const Dealt own = dealt(sources, Deal::by_chance), at = dealt(targets, Deal::by_chance);
  const auto all = to_view(own.all), all_targets = to_view(at.all);
  Octopole::Plan plan(exec, MPI_COMM_WORLD, laplace, part_of(all, own), options);
  plan.update_points(exec, part_of(all, own), part_of(all_targets, at));
  std::optional<Octopole::Plan<Memory, Octopole::Laplace<double>>> whole;
  if (mpi().rank == 0) {
    whole.emplace(exec, laplace, all, options);
    whole->update_points(exec, all, all_targets);
  }
  const Rows<double> charges("Octopole::test::charges", sources.size(), 1);
  for (std::size_t i = 0; i < sources.size(); ++i) charges(i, 0) = double(i % 7) - 3;
  using Found = Results<Octopole::Laplace<double>>;
  const Found of_all(int(targets.size()), options), mine(at.n, options);
  if (whole) of_all.fill(exec, *whole, charges);
  mine.fill(exec, plan, Rows<double>(part_of(charges, own)));
  of_all.check(mine, at.first);
}

TEST_CASE("ranks send each other what is at the seams of their parts alone") {
  // In parts along the curve no charge and no result has far to go; multipoles and charges of ghosts do.
  const Execution exec;
  Points points = uniform(20000, 9);
  const auto domain = Octopole::make_domain(Octopole::bounds(exec, to_view(points)), false);
  std::sort(points.begin(), points.end(), [&](const auto& a, const auto& b) {
    return domain.code(a[0], a[1], a[2]) < domain.code(b[0], b[1], b[2]);
  });
  const Dealt own = dealt(points, Deal::in_parts);
  const auto all = to_view(own.all);
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

TEST_CASE("points that have gone to their destination stay there") {
  const Execution exec;
  const Octopole::Laplace<double> laplace;
  const Octopole::Options options{.digits = 4, .leaf_capacity = 40, .root_scale = 1};
  const Points points = clustered(4000, 80);
  const Dealt own = dealt(points, Deal::by_chance);
  Octopole::Plan plan(exec, MPI_COMM_WORLD, laplace, part_of(to_view(own.all), own), options);
  const auto here = plan.destination(exec);
  REQUIRE(mpi().sum(here.extent(0) != std::size_t(own.n)) == 0);
  // All ranks learn where all points go, in the order of all.
  std::vector<int> goes(points.size(), 0);
  for (int i = 0; i < own.n; ++i) goes[std::size_t(own.first + i)] = here(std::size_t(i));
  MPI_Allreduce(MPI_IN_PLACE, goes.data(), int(goes.size()), MPI_INT, MPI_SUM, MPI_COMM_WORLD);
  Points moved;
  for (std::size_t i = 0; i < goes.size(); ++i)
    if (goes[i] == mpi().rank) moved.push_back(own.all[i]);
  // About as many on each, but for leaves, which are not split.
  CHECK(mpi().sum(double(moved.size()) > 1.2 * double(points.size()) / mpi().size + 40) == 0);
  Octopole::Plan there(exec, MPI_COMM_WORLD, laplace, to_view(moved), options);
  const auto stays = there.destination(exec);
  int elsewhere = 0;
  for (std::size_t i = 0; i < stays.extent(0); ++i) elsewhere += stays(i) != mpi().rank;
  CHECK(mpi().sum(elsewhere) == 0);
  const std::int64_t before = mpi().sum(std::int64_t(plan.facts().bytes_sent)),
                     after = mpi().sum(std::int64_t(there.facts().bytes_sent));
  CHECK((mpi().size == 1 || after < before));

  Octopole::Plan alone(exec, laplace, to_view(moved), options);
  CHECK_THROWS_AS(alone.destination(exec), std::logic_error);
}

TEST_CASE("a plan of a kernel named at run time has the bits of one on ranks") {
  const Execution exec;
  const Octopole::Options options{
      .digits = 4,
      .leaf_capacity = 40,
      .outputs = Octopole::Output::potential | Octopole::Output::gradient};
  const Points sources = clustered(3000, 90), targets = uniform(1000, 91);
  const Dealt own = dealt(sources, Deal::by_chance), at = dealt(targets, Deal::in_parts);
  const auto x = part_of(to_view(own.all), own), y = part_of(to_view(at.all), at);
  Octopole::Plan plan(exec, MPI_COMM_WORLD, Octopole::Yukawa<double>{.screening = 2}, x, y,
                      options);
  Octopole::AnyPlan any(exec, MPI_COMM_WORLD, {"yukawa", {2}}, Octopole::Precision::float64, x, y,
                        options);
  const Kokkos::View<double*, Memory> q("q", own.n), u("u", at.n), v("v", at.n);
  const Kokkos::View<double**, Kokkos::LayoutRight, Memory> g("g", at.n, 3), h("h", at.n, 3);
  for (int i = 0; i < own.n; ++i) q(i) = double((own.first + i) % 9) - 4;
  const auto check_same = [&](int n_sources) {
    const auto some = Kokkos::subview(q, std::make_pair(0, n_sources));
    plan.execute(exec, some, Octopole::Outputs{.potential = u, .gradient = g});
    any.execute(exec, some, {{Octopole::Output::potential, v}, {Octopole::Output::gradient, h}});
    exec.fence();
    std::int64_t different = 0;
    for (int i = 0; i < at.n; ++i) {
      different += u(i) != v(i) || u(i) == 0;
      for (int d = 0; d < 3; ++d) different += g(i, d) != h(i, d);
    }
    CHECK(mpi().sum(different) == 0);
  };
  check_same(own.n);
  const auto errors =
      any.check(exec, q, {{Octopole::Output::potential, v}, {Octopole::Output::gradient, h}}, 100);
  CHECK(errors[Octopole::Output::gradient].rel_l2 < 1e-4);
  // The last rank has no sources any more.
  const int fewer = mpi().rank == mpi().size - 1 && mpi().size > 1 ? 0 : own.n;
  const auto some = Kokkos::subview(x, std::make_pair(0, fewer), Kokkos::ALL);
  plan.update_points(exec, some, y);
  any.update_points(exec, some, y);
  check_same(fewer);

  const bool last = mpi().rank == mpi().size - 1;
  const auto refused = [&](const Octopole::AnyKernel& kernel, const char* part) {
    check_sentence(sentence_of([&] {
                     Octopole::AnyPlan(exec, MPI_COMM_WORLD, kernel, Octopole::Precision::float64,
                                       x, y, options);
                   }),
                   part);
  };
  refused({last ? "coulomb" : "laplace", {}}, "coulomb");
  refused({"yukawa", last ? std::vector<double>{} : std::vector<double>{1.0}}, "screening");
  const Kokkos::View<double*, Memory> wrong("wrong", at.n + last);
  check_sentence(sentence_of([&] {
                   any.execute(exec, Kokkos::subview(q, std::make_pair(0, fewer)),
                               {{Octopole::Output::potential, wrong}});
                 }),
                 "potential");
}
