// SPDX-License-Identifier: BSD-3-Clause
// Same plan, charges and backend: the same bits, from run to run, from plan to plan and for any
// number of threads. Every kernel built in, through AnyPlan:
//
//   OCTOPOLE_REPEATS=100 test_determinism "Every kernel*"      so many executes instead of five
#include <unistd.h>

#include <Octopole.hpp>
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <perf/judge/Octopole_Workloads.hpp>
#include <sstream>
#include <string>
#include <tests/support/octopole_catch.hpp>
#include <tests/support/octopole_cell_plans.hpp>
#include <tests/support/octopole_cells.hpp>
#include <tests/support/octopole_shared_operators.hpp>
#include <vector>

#include <tests/support/test_scratch.hpp>

namespace {

using Execution = Kokkos::DefaultExecutionSpace;
using Memory = Execution::memory_space;

/// 64-bit FNV-1a over the bytes of a View in index order.
template <class View>
std::uint64_t hash(const View& view) {
  const auto host = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace{}, view);
  std::uint64_t h = 1469598103934665603ull;
  const auto* bytes = reinterpret_cast<const unsigned char*>(host.data());
  for (std::size_t i = 0; i < host.span() * sizeof(typename View::value_type); ++i)
    h = (h ^ bytes[i]) * 1099511628211ull;
  return h;
}

template <class T>
struct Problem {
  Kokkos::View<double* [3], Kokkos::LayoutRight, Memory> points;
  Kokkos::View<T*, Memory> charges;
};

template <class T>
Problem<T> problem(const char* distribution, std::size_t n, std::uint64_t seed) {
  const auto made = Octopole::Workloads::make(distribution, "zero-mean", n, seed);
  Problem<T> p;
  p.points = decltype(p.points)("Octopole::test::points", n);
  p.charges = decltype(p.charges)("Octopole::test::charges", n);
  const auto x = Kokkos::create_mirror_view(p.points);
  const auto q = Kokkos::create_mirror_view(p.charges);
  for (std::size_t i = 0; i < n; ++i) {
    for (int d = 0; d < 3; ++d) x(i, d) = made.xyz[3 * i + d];
    q(i) = static_cast<T>(made.q[i]);
  }
  Kokkos::deep_copy(p.points, x);
  Kokkos::deep_copy(p.charges, q);
  return p;
}

Octopole::Options options(int leaf_capacity, int balance, Octopole::M2L m2l,
                          Octopole::Cache cache = Octopole::Cache::off()) {
  // What is compressed is kept in the cache; the library compresses nothing here, where leaves hold few points.
  const double tolerance = m2l == Octopole::M2L::blas ? 1e-5 : 0;
  return {.digits = 3,
          .m2l = m2l,
          .m2l_tolerance = tolerance,
          .method = Octopole::Method::fmm,
          .leaf_capacity = leaf_capacity,
          .balance = balance,
          .cache = cache,
          .outputs = Octopole::Output::gradient};
}

constexpr const char *threads_case = "Bitwise equal for any number of threads",
                     *kernels_case =
                         "Every kernel gives bitwise equal results with 1 and 2 and 4 threads";

struct Bits {
  std::uint64_t potential, gradient;
  bool operator==(const Bits&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Bits& b) {
  return out << std::hex << b.potential << ' ' << b.gradient << std::dec;
}

/// What is compared: sets of points whose lists are all in use, and some that are odd.
struct Setup {
  const char* distribution;
  std::size_t n;
  int leaf_capacity, balance;
  bool w_and_x;
  Octopole::M2L m2l;
  bool periodic = false;
};
constexpr Setup setups[] = {{"plummer", 6000, 10, 0, true, Octopole::M2L::blas},
                            {"filament", 6000, 10, 0, true, Octopole::M2L::fft},
                            {"two-scale", 5001, 10, 1, true, Octopole::M2L::fft},
                            {"cube", 4096, 64, 0, false, Octopole::M2L::blas},
                            {"plummer", 6000, 10, 0, true, Octopole::M2L::fft, true}};

Octopole::Options options(const Setup& setup, const Octopole::Cache& cache) {
  auto o = options(setup.leaf_capacity, setup.balance, setup.m2l, cache);
  if (setup.periodic) o.periodic = Octopole::Periodic{.cell = 20, .lower = {-10, -10, -10}};
  return o;
}

/// The operators whose results are compared all have something to do.
template <class Plan>
void require_lists(const Plan& plan, const Setup& setup) {
  const auto& f = plan.facts();
  REQUIRE(f.method == "fmm");
  REQUIRE(f.pairs_p2p > 0);
  REQUIRE(f.pairs_m2l > 0);
  if (setup.w_and_x) {
    REQUIRE(f.pairs_m2p > 0);
    REQUIRE(f.pairs_p2l > 0);
  }
}

template <class T>
Bits run(auto& plan, const Problem<T>& p) {
  const Execution exec;
  const std::size_t n = p.charges.extent(0);
  const Kokkos::View<T*, Memory> u("Octopole::test::potential", n);
  const Kokkos::View<T* [3], Kokkos::LayoutRight, Memory> g("Octopole::test::gradient", n);
  Kokkos::deep_copy(u, T(-77));
  Kokkos::deep_copy(g, T(-77));
  plan.execute(exec, p.charges, Octopole::outputs().potential(u).gradient(g));
  exec.fence("Octopole::test");
  return {hash(u), hash(g)};
}

/// The bits of every setup in both precisions, one line each; with operators from the cache only.
std::string all_bits(const Octopole::Cache& cache) {
  const std::string expected = cache.mode() == Octopole::Cache::Mode::off ? "computed" : "cache";
  std::ostringstream out;
  const auto each = [&]<class T>(T) {
    for (const Setup& setup : setups) {
      const auto p = problem<T>(setup.distribution, setup.n, 11);
      octopole_test::forget_operators<Memory>();
      Octopole::Plan plan(Execution{}, Octopole::Laplace<T>{}, p.points, options(setup, cache));
      require_lists(plan, setup);
      REQUIRE(plan.facts().operators_source == expected);
      out << (sizeof(T) == 4 ? "float " : "double ") << setup.distribution << ' ' << run(plan, p)
          << '\n';
    }
  };
  each(double{});
  each(float{});
  return out.str();
}

/// The bits of every output of every kernel in both precisions, one line each; the same ones from each of
/// several executes.
std::string bits_of_kernels() {
  using octopole_test::Cell, octopole_test::CellPlan;
  const long repeats = octopole_test::number_of("OCTOPOLE_REPEATS", 5);
  std::ostringstream out;
  for (const auto& info : Octopole::kernel_infos())
    for (const bool single : {false, true}) {
      Cell cell{.kernel = info.name,
                .single = single,
                .digits = 3,
                .outputs = int(info.outputs.size()),
                .sources = "plummer",
                .n = 2000};
      cell.options.method = Octopole::Method::fmm;
      cell.options.leaf_capacity = 20;
      if (info.name == "yukawa" || info.name == "helmholtz") {
        cell.parameter = 3;
        cell.sources = "cube", cell.options.leaf_capacity = 60;
      }
      const auto p = octopole_test::make_problem(cell);
      CellPlan plan(cell, p);
      REQUIRE(plan.facts().pairs_p2p > 0);
      REQUIRE(plan.facts().pairs_m2l > 0);
      const auto first = plan(p.charges);
      for (long repeat = 1; repeat < repeats; ++repeat) REQUIRE((plan(p.charges) == first));
      out << (single ? "float " : "double ") << info.name << std::hex;
      for (const auto& output : first)
        out << ' ' << hash(view_of<Kokkos::View<double*, Memory>>(output, output.size()));
      out << std::dec << '\n';
    }
  return out.str();
}

/// This executable again, with so many threads; what it wrote, its number of threads first.
/// `cache`: a file of operators, or none.
std::string bits_with_threads(int threads, const Scratch& scratch, const std::string& cache,
                              const char* test_case = threads_case) {
  char self[4096] = {};
  REQUIRE(readlink("/proc/self/exe", self, sizeof self - 1) > 0);
  const std::string n = std::to_string(threads);
  const std::string file = scratch / ("threads-" + n);
  const std::string command = "OCTOPOLE_TEST_BITS='" + file + "' OCTOPOLE_TEST_OPERATORS='" +
                              cache + "' KOKKOS_NUM_THREADS=" + n + " OMP_NUM_THREADS=" + n +
                              " OMP_PROC_BIND=false '" + self + "' '" + test_case + "' >'" + file +
                              ".log' 2>&1";
  const int status = std::system(command.c_str());
  std::ostringstream log, text;
  log << std::ifstream(file + ".log").rdbuf();
  INFO(log.str());
  REQUIRE(status == 0);
  text << std::ifstream(file).rdbuf();
  const std::string all = text.str();
  const std::size_t end = all.find('\n');
  if (Kokkos::SpaceAccessibility<Kokkos::HostSpace, Memory>::accessible &&
      std::string(Execution::name()) != "Serial")
    REQUIRE(all.substr(0, end) == n);
  REQUIRE(all.size() > 300);
  return all.substr(end + 1);
}

/// Started by itself: writes what it finds, and that is all.
bool was_asked_for_bits(bool of_kernels = false) {
  const char* const file = std::getenv("OCTOPOLE_TEST_BITS");
  if (file == nullptr) return false;
  const std::string operators = std::getenv("OCTOPOLE_TEST_OPERATORS");
  const std::string bits =
      of_kernels ? bits_of_kernels()
                 : all_bits(operators.empty() ? Octopole::Cache::off()
                                              : Octopole::Cache::read_only(operators));
  std::ofstream out(file);
  out << Execution{}.concurrency() << '\n' << bits;
  return true;
}

}  // namespace

TEMPLATE_TEST_CASE("Bitwise equal over 20 repeats, and from a fresh plan", "", double, float) {
  for (const Setup& setup : setups) {
    CAPTURE(setup.distribution);
    const auto p = problem<TestType>(setup.distribution, setup.n, 7);
    const Octopole::Options o = options(setup.leaf_capacity, setup.balance, setup.m2l);
    Octopole::Plan plan(Execution{}, Octopole::Laplace<TestType>{}, p.points, o);
    require_lists(plan, setup);
    const Bits first = run(plan, p);
    for (int repeat = 1; repeat < 20; ++repeat) REQUIRE(run(plan, p) == first);

    // Other charges give other bits: what is compared is the results.
    auto other = p;
    other.charges = Kokkos::View<TestType*, Memory>("Octopole::test::charges", setup.n);
    Kokkos::deep_copy(other.charges, TestType(1));
    const Bits others = run(plan, other);
    CHECK(others.potential != first.potential);
    CHECK(others.gradient != first.gradient);
    // And nothing of them is left behind.
    CHECK(run(plan, p) == first);

    Octopole::Plan fresh(Execution{}, Octopole::Laplace<TestType>{}, p.points, o);
    CHECK(run(fresh, p) == first);
    // The same points once more, in the same root cube.
    plan.update_points(Execution{}, p.points);
    CHECK(run(plan, p) == first);
  }
}

TEST_CASE("Bitwise equal for any number of threads") {
  if (was_asked_for_bits()) return;
  const Scratch scratch;
  SECTION("with the same operators") {
    const std::string file = scratch / "operators.h5";
    const auto store = [&]<class T>(T) {
      for (const Setup& setup : setups)
        Octopole::Plan(Execution{}, Octopole::Laplace<T>{},
                       problem<T>(setup.distribution, setup.n, 11).points,
                       options(setup, Octopole::Cache::read_write(file)));
    };
    store(double{});
    store(float{});
    const std::string one = bits_with_threads(1, scratch, file);
    CHECK(bits_with_threads(2, scratch, file) == one);
    CHECK(bits_with_threads(3, scratch, file) == one);
  }
  SECTION("with operators computed by as many threads") {
    const std::string one = bits_with_threads(1, scratch, "");
    CHECK(bits_with_threads(2, scratch, "") == one);
    CHECK(bits_with_threads(3, scratch, "") == one);
  }
}

TEST_CASE("Every kernel gives bitwise equal results with 1 and 2 and 4 threads") {
  if (was_asked_for_bits(true)) return;
  const Scratch scratch;
  const std::string one = bits_with_threads(1, scratch, "", kernels_case);
  CHECK(bits_with_threads(2, scratch, "", kernels_case) == one);
  CHECK(bits_with_threads(4, scratch, "", kernels_case) == one);
}
