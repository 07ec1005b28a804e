// SPDX-License-Identifier: BSD-3-Clause
// What goes wrong on one rank ends the call on all, with its sentence.
// Run under mpirun (tests/CMakeLists.txt).
#include <mpi.h>

#include <Kokkos_Core.hpp>
#include <Octopole.hpp>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <tests/support/octopole_catch.hpp>
#include <tests/support/octopole_point_sets.hpp>
#include <tests/support/octopole_ranks.hpp>

using namespace octopole_test;

TEST_CASE("what one rank finds wrong ends the call on all") {
  const Execution exec;
  const bool last = mpi().rank == mpi().size - 1;
  const Octopole::Laplace<double> laplace;
  const Points points = uniform(500, 8);
  const auto good = to_view(points);
  const auto plan_with = [&](const auto& kernel, const auto& view, const Octopole::Options& o) {
    return sentence_of([&] { Octopole::Plan plan(exec, MPI_COMM_WORLD, kernel, view, o); });
  };

  Points bad = points;
  if (last) bad[3][1] = NAN;
  check_sentence(plan_with(laplace, to_view(bad), {}), "NaN or infinite");
  const Kokkos::View<double**, Memory> narrow("Octopole::test::narrow", 500, last ? 2 : 3);
  check_sentence(plan_with(laplace, narrow, {}), "sources");
  // On two ranks or more; one agrees with itself.
  if (mpi().size > 1) {
    check_sentence(plan_with(laplace, good, {.digits = last ? 5 : 6}), "differ from rank to rank");
    check_sentence(plan_with(Octopole::Yukawa<double>{.screening = last ? 2.0 : 1.0}, good, {}),
                   "differ from rank to rank");
    check_sentence(plan_with(Octopole::BiotSavart<double>{.core = last ? 0.2 : 0.1}, good, {}),
                   "differ from rank to rank");
  }
  check_sentence(plan_with(laplace, good, {.digits = 99}), "digits");
  // On one rank such points share a slot.
  if (mpi().size > 1)
    check_sentence(plan_with(laplace, to_view(all_equal(500)), {.leaf_capacity = 50}),
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

namespace {

// Memory runs out: the allocation of this number, of ours, fails.
struct OutOfMemory {
  explicit OutOfMemory(int at) {
    seen = 0, fails = at;
    Kokkos::Tools::Experimental::set_allocate_data_callback(on_allocate);
  }
  ~OutOfMemory() { Kokkos::Tools::Experimental::set_allocate_data_callback(nullptr); }
  static void on_allocate(Kokkos::Tools::SpaceHandle, const char* label, const void*,
                          std::uint64_t) {
    if (std::string(label).rfind("Octopole::", 0) == 0 && seen++ == fails)
      throw std::runtime_error("no memory for " + std::string(label));
  }
  static inline int seen = 0, fails = -1;
};

}  // namespace

TEST_CASE("memory that runs out on one rank ends the plan on all") {
  const Execution exec;
  const bool last = mpi().rank == mpi().size - 1;
  const auto points = to_view(uniform(3000, 8 + mpi().rank));
  const auto plan = [&](std::size_t limit) {
    return sentence_of([&] {
      Octopole::Plan made(exec, MPI_COMM_WORLD, Octopole::Laplace<double>{}, points,
                          {.digits = 4, .leaf_capacity = 60, .memory_limit = limit});
    });
  };
  check_sentence(plan(last ? 1000 : 0), "memory_limit: found 1000");
  int n = 0;
  {
    const OutOfMemory never(-1);
    CHECK(mpi().sum(plan(0) != "") == 0);
    n = OutOfMemory::seen;
  }
  // A plan on one rank takes fewer than one on several.
  REQUIRE(mpi().sum(n < (mpi().size > 1 ? 50 : 20)) == 0);
  // Wherever planning has come to: with a step between that no pattern of calls repeats.
  for (int i = 0; i < 40; ++i) {
    INFO("allocation " << n * i / 40 << " of " << n << " on the last rank");
    const OutOfMemory there(last ? n * i / 40 : -1);
    check_sentence(plan(0), "no memory for Octopole::");
  }
  CHECK(mpi().sum(plan(0) != "") == 0);  // and it goes on
}

TEST_CASE("what ranks do not have is refused") {
  const Execution exec;
  const auto points = to_view(uniform(500, 8));
  const auto refused = [&](const auto& kernel, const Octopole::Options& o, const char* part) {
    check_sentence(
        sentence_of([&] { Octopole::Plan plan(exec, MPI_COMM_WORLD, kernel, points, o); }), part);
  };
  const Octopole::Laplace<double> laplace;
  refused(laplace, {.method = Octopole::Method::direct}, "found Method::direct");
  if (!Octopole::on_host<Execution>)
    refused(laplace, {.m2l = Octopole::M2L::blas}, "found M2L::blas");
  refused(laplace, {.tune = true}, "found Options::tune");
}

namespace {

// A kernel that cannot be launched, of ours: the one of this number.
struct FailingLaunch {
  explicit FailingLaunch(int at) {
    seen = 0, fails = at;
    Kokkos::Tools::Experimental::set_begin_parallel_for_callback(on_launch);
  }
  ~FailingLaunch() { Kokkos::Tools::Experimental::set_begin_parallel_for_callback(nullptr); }
  static void on_launch(const char* label, const std::uint32_t, std::uint64_t*) {
    if (std::string(label).rfind("Octopole::", 0) == 0 && seen++ == fails)
      throw std::runtime_error("no launch of " + std::string(label));
  }
  static inline int seen = 0, fails = -1;
};

// Lets `call` fail on the last rank, at one of so many places after the other: all ranks say which.
template <class Failing, class F>
void check_failures(const F& call, int at_most, const char* part) {
  int n = 0;
  {
    const Failing never(-1);
    CHECK(mpi().sum(sentence_of(call) != "") == 0);
    n = Failing::seen;
  }
  REQUIRE(mpi().sum(n == 0) == 0);
  const bool last = mpi().rank == mpi().size - 1;
  const int places = int(mpi().sum(last ? std::min(n, at_most) : 0));
  for (int i = 0; i < places; ++i) {
    const int at = int(std::int64_t(n) * i / places);
    INFO("place " << at << " of " << n << " on the last rank");
    const Failing there(last ? at : -1);
    check_sentence(sentence_of(call), part);
  }
}

}  // namespace

TEST_CASE("what fails in execute, check and update_points on one rank ends them on all") {
  const Execution exec;
  const Octopole::Options options{
      .digits = 4, .leaf_capacity = 40, .outputs = Octopole::Output::potential};
  // Boxes in the parts of several ranks at several levels.
  const Dealt own = dealt(clustered(4000, 95), Deal::by_chance);
  const auto points = part_of(to_view(own.all), own);
  Octopole::Plan plan(exec, MPI_COMM_WORLD, Octopole::Laplace<double>{}, points, options);
  const Kokkos::View<double*, Memory> q("q", own.n), u("u", own.n), before("before", own.n);
  for (int i = 0; i < own.n; ++i) q(i) = double(i % 5) - 1;
  plan.execute(exec, q, before);
  exec.fence();
  const auto execute = [&] {
    plan.execute(exec, q, u);
    exec.fence();
  };
  const auto check = [&] { plan.check(exec, q, Octopole::Outputs{.potential = u}, 50); };
  check_failures<FailingLaunch>(execute, 40, "no launch of Octopole::");
  check_failures<FailingLaunch>(check, 10, "no launch of Octopole::");
  check_failures<OutOfMemory>(check, 10, "no memory for Octopole::");
  const auto update = [&] { plan.update_points(exec, points); };
  for (int i = 0; i < 3; ++i) update();  // from then on each takes as much memory as the one before
  check_failures<OutOfMemory>(update, 30, "no memory for Octopole::");
  // The plan is what it was.
  execute();
  int different = 0;
  for (int i = 0; i < own.n; ++i) different += u(i) != before(i);
  CHECK(mpi().sum(different) == 0);
  CHECK(plan.check(exec, q, Octopole::Outputs{.potential = u}, 50)[Octopole::Output::potential]
            .rel_l2 < 1e-4);
}
