// SPDX-License-Identifier: BSD-3-Clause
// Many time steps: a plan whose points move for ever takes no more memory than it took early on, and
// is worth as much as a fresh one at the end.
//
//   OCTOPOLE_STEPS=10000 test_long_runs      so many steps, instead of some hundred
#include <unistd.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <Octopole.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <perf/judge/Octopole_Workloads.hpp>
#include <string>
#include <tests/support/octopole_catch.hpp>
#include <tests/support/octopole_results.hpp>
#include <type_traits>
#include <vector>

#include <tests/support/test_scratch.hpp>
#include <tests/support/test_views.hpp>

namespace {

using Execution = Kokkos::DefaultExecutionSpace;
using Memory = Execution::memory_space;
using octopole_test::Numbers;
using octopole_test::Results;

#if defined(__SANITIZE_ADDRESS__)
constexpr bool frees_at_once = false;  // what is freed is kept for a while
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
constexpr bool frees_at_once = false;
#else
constexpr bool frees_at_once = true;
#endif
#else
constexpr bool frees_at_once = true;
#endif

/// Bytes of the process that are in memory; 0 where the system does not say.
std::size_t resident_bytes() {
  std::size_t all = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> all >> resident;
  return resident * std::size_t(sysconf(_SC_PAGESIZE));
}

/// Bytes that were asked of the allocator and not given back, to the byte and whatever holes it keeps between them; 0
/// where it does not say.
std::size_t allocated_bytes() {
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 33)
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
#else
  return 0;
#endif
}

auto points(const Numbers& xyz) {
  return view_of<Kokkos::View<double* [3], Kokkos::LayoutRight, Memory>>(xyz, xyz.size() / 3);
}

template <class T>
Results execute(auto& plan, const Numbers& q) {
  const Execution exec;
  const std::size_t n = q.size();
  const auto u = view_of<Kokkos::View<T*, Memory>>(Numbers(n, -77), n);
  const auto g = view_of<Kokkos::View<T* [3], Kokkos::LayoutRight, Memory>>(Numbers(3 * n, -77), n);
  plan.execute(exec, view_of<Kokkos::View<T*, Memory>>(q, n),
               Octopole::outputs().potential(u).gradient(g));
  exec.fence("Octopole::test");
  return {numbers(u), numbers(g)};
}

/// Where the points are at a step, 300 to 500 of them: a walk within [-1, 1]^3 that never ends, and what
/// becomes of it at some steps. These come round after 40 steps, so that a warm-up meets them all.
class Walk {
 public:
  static constexpr int round = 40;

  explicit Walk(double outlier) : m_outlier(outlier), m_all(points_of(1)) {}

  Numbers at(int step) {
    const Numbers by = points_of(std::uint64_t(step) + 2);
    for (std::size_t i = 0; i < m_all.size(); ++i)
      m_all[i] = std::clamp(m_all[i] + 0.1 * by[i], -1.0, 1.0);
    const std::size_t n = 300 + std::size_t(step * 37 % 201);
    Numbers xyz(m_all.begin(), m_all.begin() + std::ptrdiff_t(3 * n));
    switch (step % round) {
      case 7:  // all of them into a cluster
        for (double& x : xyz) x = 0.3 + 1e-4 * x;
        break;
      case 13:  // half of them
        for (std::size_t i = 0; i < 3 * (n / 2); ++i) xyz[i] = -0.2 + 1e-7 * xyz[i];
        break;
      case 19:  // half of them onto one place
        for (std::size_t i = 0; i < 3 * (n / 2); ++i) xyz[i] = 0.25;
        break;
      case 25:  // all of them, but for two
        for (std::size_t i = 6; i < 3 * n; ++i) xyz[i] = 0.125;
        break;
      case 31:  // one far away from a small cluster
        for (std::size_t i = 3; i < 3 * n; ++i) xyz[i] = 1e-3 * xyz[i];
        std::fill_n(xyz.begin(), 3, m_outlier);
        break;
      case 37:  // on a line
        for (std::size_t i = 0; i < 3 * n; i += 3) xyz[i + 1] = xyz[i + 2] = 0.5;
        break;
      default:
        break;
    }
    return xyz;
  }

 private:
  /// In [-1, 1]^3.
  static Numbers points_of(std::uint64_t seed) {
    Numbers xyz = Octopole::Workloads::make("cube", "zero-mean", 500, seed).xyz;
    for (double& x : xyz) x = 2 * x - 1;
    return xyz;
  }

  double m_outlier;
  Numbers m_all;
};

int steps() {
  const char* text = std::getenv("OCTOPOLE_STEPS");
  return std::max(5 * Walk::round, text != nullptr ? std::atoi(text) : 0);
}

template <class Kernel>
void run(const Kernel& kernel, double outlier, bool bitwise) {
  using T = typename Kernel::scalar;
  const Execution exec;
  const Scratch scratch;
  constexpr bool single = std::is_same_v<T, float>;
  // What 3 digits take in large leaves: by digits the order goes with the leaves, so that each step might take another
  // size of everything.
  Octopole::Options options{
      .order = 5,
      .m2l_single = single ? -1 : 1,
      .near_field = single ? Octopole::NearField::fast : Octopole::NearField::rough,
      .method = Octopole::Method::fmm,
      .leaf_capacity = 12,
      .cache = Octopole::Cache::read_write(scratch / "operators.h5"),
      .outputs = Octopole::Output::gradient};
  // The root cube of an updated plan is then that of a fresh one, as long as no point leaves it.
  options.bounding_box = Octopole::BoundingBox{.lower = {-1, -1, -1}, .upper = {1, 1, 1}};
  Walk walk(outlier);
  Numbers xyz = walk.at(0);
  const Numbers all_charges = Octopole::Workloads::make("cube", "zero-mean", 500, 3).q;
  const auto charges = [&] {
    Numbers q(all_charges.begin(), all_charges.begin() + std::ptrdiff_t(xyz.size() / 3));
    for (double& x : q) x = double(T(x));
    return q;
  };
  Octopole::Plan plan(exec, kernel, points(xyz), options);
  REQUIRE(plan.facts().pairs_m2l > 0);
  // After so many steps everything has been met twice, with numbers of points that are about the largest.
  const int last = steps(), warm = std::max(2 * Walk::round, last / 5);
  std::size_t plan_bytes = 0, resident = 0, most_plan_bytes = 0, most_resident = 0;
  std::int64_t beside = 0, most_beside = 0;  // what is allocated beside the plan
  for (int step = 1; step <= last; ++step) {
    xyz = walk.at(step);
    plan.update_points(exec, points(xyz));
    const Results found = execute<T>(plan, charges());
    // Not all a sum of errors that end somewhere.
    for (const double u : found.potential)
      if (!std::isfinite(u)) FAIL("step " << step << " gave " << u);
    (step <= warm ? plan_bytes : most_plan_bytes) =
        std::max(step <= warm ? plan_bytes : most_plan_bytes, plan.facts().plan_bytes);
    (step <= warm ? resident : most_resident) =
        std::max(step <= warm ? resident : most_resident, resident_bytes());
    const std::int64_t now =
        std::int64_t(allocated_bytes()) - std::int64_t(plan.facts().plan_bytes);
    (step <= warm ? beside : most_beside) = std::max(step <= warm ? beside : most_beside, now);
  }
  CAPTURE(last, plan_bytes, most_plan_bytes, resident, most_resident, beside, most_beside);
  if (std::getenv("OCTOPOLE_TEST_VERBOSE"))
    std::printf(
        "%s %s: %d steps, plan %.2f MB, then %.2f MB; beside it %.3f MB, then %.3f MB; resident "
        "%.1f MB, then %.1f MB\n",
        Kernel::name().c_str(), sizeof(T) == 4 ? "float" : "double", last,
        1e-6 * double(plan_bytes), 1e-6 * double(most_plan_bytes), 1e-6 * double(beside),
        1e-6 * double(most_beside), 1e-6 * double(resident), 1e-6 * double(most_resident));
  // A tree somewhat larger than any before may come at any time.
  CHECK(plan_bytes > 0);
  CHECK(double(most_plan_bytes) <= 1.25 * double(plan_bytes));
  // An array of the points left behind at every step would be 1 MB after 200.
  if (allocated_bytes() > 0) CHECK(double(most_beside) <= double(beside) + 1e5);
  // What is resident goes in jumps, by the holes between blocks; in the long run they are filled again.
  if (frees_at_once && last >= 1000) CHECK(double(most_resident) <= double(resident) + 1e6);

  const Numbers q = charges();
  const Results found = execute<T>(plan, q);
  Octopole::Plan fresh(exec, kernel, points(xyz), bitwise ? plan.options() : options);
  const Results expected = execute<T>(fresh, q);
  if (bitwise)
    octopole_test::require_equal(found, expected);
  else  // each is right to the digits
    octopole_test::require_close(found, expected, 2e-3);
  if constexpr (std::is_same_v<Kernel, Octopole::Laplace<T>>)
    octopole_test::require_close(found, octopole_test::direct(xyz, xyz, q));
}

}  // namespace

TEMPLATE_TEST_CASE("Steps in one root cube take no more memory, and end as a fresh plan", "",
                   double, float) {
  run(Octopole::Laplace<TestType>{}, 1, true);
}

TEST_CASE("Steps of a kernel with a length take no more memory, and end as a fresh plan") {
  run(Octopole::Yukawa<double>{2}, 1, true);
}

TEST_CASE("Steps with points that leave the root cube take no more memory") {
  run(Octopole::Laplace<double>{}, 50, false);
  run(Octopole::Yukawa<double>{0.5}, 50, false);
}
