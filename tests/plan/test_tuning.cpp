// SPDX-License-Identifier: BSD-3-Clause
// Options::tune: what it measures is kept apart from the operators, used by later plans that may
// read it, by no others, and without being asked nothing is measured or kept.
#include <Octopole.hpp>
#include <cmath>
#include <core/plan/impl/Octopole_Choices.hpp>
#include <fstream>
#include <sstream>
#include <tests/support/octopole_catch.hpp>

#include <tests/support/octopole_point_sets.hpp>
#include <tests/support/test_scratch.hpp>
#include <tests/support/test_views.hpp>

namespace {

using namespace Octopole;
using Exec = Kokkos::DefaultExecutionSpace;
using Memory = Exec::memory_space;

const int n = 20000;

auto points() {
  octopole_test::Random random(8);
  std::vector<double> xyz(3 * n);
  for (double& x : xyz) x = random();
  return view_of<Kokkos::View<double* [3], Kokkos::LayoutRight, Memory>>(xyz, n);
}

Options options(const Cache& cache, bool tune) {
  return {.digits = 3, .method = Method::fmm, .cache = cache, .tune = tune};
}

std::string text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream all;
  all << file.rdbuf();
  return all.str();
}

std::string key_of(const Plan<Memory, Laplace<double>>& plan) {
  OperatorSpec spec;
  spec.order = plan.options().order, spec.m2l = plan.options().m2l;
  return Octopole::Impl::tuning_key(Exec().name(), Exec().concurrency(),
                                    Octopole::statement_of<Laplace<double>>(), spec,
                                    plan.options());
}

}  // namespace

TEST_CASE("What was tuned is kept, and used by plans that may read it") {
  const Scratch scratch;
  const auto cache = Cache::read_write(scratch / "operators.h5");
  const Exec exec;
  const auto p = points();
  std::string notice;
  Plan before(exec, Laplace<double>{}, p, options(cache, false));
  CHECK(before.facts().near_over_far == 1);
  CHECK_FALSE(OperatorCache::load_tuning(cache, key_of(before), notice));

  Plan tuned(exec, Laplace<double>{}, p, options(cache, true));
  const double ratio = tuned.facts().near_over_far;
  // What is measured, and whether planning by it is faster, hangs on how busy the machine is; the bounds
  // are those of Options::tune.
  CHECK(ratio >= 0.02);
  CHECK(ratio <= 50);
  REQUIRE(OperatorCache::load_tuning(cache, key_of(before), notice));
  CHECK(*OperatorCache::load_tuning(cache, key_of(before), notice) == ratio);
  CHECK(notice == "");
  // A plan given its options makes the same choices, and has nothing left to tune.
  Plan again(exec, Laplace<double>{}, p, tuned.options());
  CHECK(again.options().leaf_capacity == tuned.options().leaf_capacity);
  CHECK(again.facts().n_leaves == tuned.facts().n_leaves);
  // Right after it was tuned, like any other plan.
  std::vector<double> ones(n, 1.0);
  const auto u = view_of<Kokkos::View<double*, Memory>>({}, n);
  const auto q = view_of<Kokkos::View<double*, Memory>>(ones, n);
  tuned.execute(exec, q, u);
  exec.fence("Octopole::test");
  CHECK(tuned.check(exec, q, outputs().potential(u), 500)[Octopole::Output::potential].rel_l2 <
        1e-3);

  // A ratio that turns the choice round: leaves grow where near pairs cost a tenth.
  OperatorCache::store_tuning(cache, key_of(before), 0.1, notice);
  const auto file = text(scratch / "operators.h5");
  Plan later(exec, Laplace<double>{}, p, options(cache, false));
  CHECK(later.facts().near_over_far == 0.1);
  CHECK(later.facts().n_leaves < before.facts().n_leaves);
  CHECK(later.facts().operators_source == "shared");
  Plan reads(exec, Laplace<double>{}, p,
             options(Cache::read_only(scratch / "operators.h5"), false));
  CHECK(reads.facts().near_over_far == 0.1);
  // Another accuracy, or no cache: not tuned.
  auto other = options(cache, false);
  other.outputs = Octopole::Output::gradient;
  Plan with_gradient(exec, Laplace<double>{}, p, other);
  CHECK(with_gradient.facts().near_over_far == 1);
  Plan without(exec, Laplace<double>{}, p, options(Cache::off(), false));
  CHECK(without.facts().near_over_far == 1);
  // A plan that may only read tunes itself, which on a busy machine may find nothing better, and leaves the file alone.
  const auto now = text(scratch / "operators.h5");
  Plan alone(exec, Laplace<double>{}, p, options(Cache::read_only(scratch / "operators.h5"), true));
  CHECK(alone.facts().near_over_far >= 0.02);
  CHECK(alone.facts().near_over_far <= 50);
  CHECK(text(scratch / "operators.h5") == now);
}

TEST_CASE("A tuned number that cannot be is not used") {
  const Scratch scratch;
  const auto cache = Cache::read_write(scratch / "operators.h5");
  const Exec exec;
  const auto p = points();
  Plan first(exec, Laplace<double>{}, p, options(cache, false));
  std::string notice;
  OperatorCache::store_tuning(cache, key_of(first), -3, notice);
  Plan second(exec, Laplace<double>{}, p, options(cache, false));
  CHECK(second.facts().near_over_far == 1);
  CHECK(second.facts().notice.find("near_over_far") != std::string::npos);
}
