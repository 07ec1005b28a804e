// SPDX-License-Identifier: BSD-3-Clause
// How much memory a rank takes while it plans, executes, moves its points and checks: that of its own points and of what
// is at their seams, whatever the number of all points. Every allocation of the process is seen, of Views and of
// containers.
// Run under mpirun (tests/CMakeLists.txt).
#include <mpi.h>

#include <Kokkos_Core.hpp>
#include <Octopole.hpp>
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <new>
#include <string>
#include <tests/support/octopole_catch.hpp>
#include <tests/support/octopole_point_sets.hpp>
#include <tests/support/octopole_ranks.hpp>

namespace {

// The largest allocation since it was set to 0.
std::atomic<std::size_t> largest_new{0};

void raise(std::size_t bytes) {
  std::size_t seen = largest_new;
  while (bytes > seen && !largest_new.compare_exchange_weak(seen, bytes)) {
  }
}

// Where it is inlined, GCC sees memory of `new` freed, and warns.
[[gnu::noinline]] void give_back(void* p) noexcept {
  std::free(p);
}

}  // namespace

void* operator new(std::size_t bytes) {
  raise(bytes);
  if (void* const p = std::malloc(bytes > 0 ? bytes : 1)) return p;
  throw std::bad_alloc();
}
void operator delete(void* p) noexcept {
  give_back(p);
}
void operator delete(void* p, std::size_t) noexcept {
  give_back(p);
}

using namespace octopole_test;

namespace {

// The largest Views of each label, and the largest of all other arrays.
struct Largest {
  std::map<std::string, std::size_t> views;
  std::size_t others = 0;
};
Largest* listening = nullptr;

void on_allocate(Kokkos::Tools::SpaceHandle, const char* label, const void*, std::uint64_t bytes) {
  std::size_t& most = listening->views[label];
  most = std::max(most, std::size_t(bytes));
}

// Of one rank of `communicator`, whose ranks have so many points each.
Largest largest_arrays(MPI_Comm communicator, int points_per_rank) {
  const Execution exec;
  int rank = 0;
  MPI_Comm_rank(communicator, &rank);
  // Boxes get more as points do, at all levels.
  const Points points = clustered(std::size_t(points_per_rank), std::uint64_t(200 + rank));
  const auto at = to_view(points);
  const Kokkos::View<double*, Memory> q("q", points.size()), u("u", points.size());
  Kokkos::deep_copy(q, 1.0);
  const Octopole::Options options{.digits = 3, .leaf_capacity = 60, .root_scale = 1};
  // Operators come from the process then, of one size whatever the points.
  {
    const Octopole::Plan warm(exec, communicator, Octopole::Laplace<double>{}, at, options);
  }
  Largest largest;
  listening = &largest;
  largest_new = 0;
  Kokkos::Tools::Experimental::set_allocate_data_callback(on_allocate);
  Octopole::Plan plan(exec, communicator, Octopole::Laplace<double>{}, at, options);
  plan.execute(exec, q, u);
  plan.check(exec, q, Octopole::Outputs{.potential = u}, 100);
  plan.update_points(exec, at);
  plan.execute(exec, q, u);
  plan.destination(exec);
  exec.fence();
  Kokkos::Tools::Experimental::set_allocate_data_callback(nullptr);
  largest.others = largest_new;
  return largest;
}

}  // namespace

TEST_CASE("no array of a rank grows with the points of all ranks") {
  const int R = mpi().size;
  // An array of all points would be R times as large as of one rank's. What is at the seams comes on top of these: of
  // two ranks less than of three, and of many points less than of few.
  const double allowed = R == 1 ? 1.0 : R == 2 ? 1.8 : 2.5;
  for (const int n : {20000, 40000}) {
    INFO(n << " points on each rank");
    const Largest alone = largest_arrays(MPI_COMM_SELF, n),
                  among = largest_arrays(MPI_COMM_WORLD, n);
    const std::size_t index_of_all = 4 * std::size_t(n) * std::size_t(R),
                      own_points = 24 * std::size_t(n);
    int of_points = 0;
    std::string larger;
    for (const auto& [label, bytes] : among.views) {
      // What one rank alone does not have: messages, of some boxes' expansions, and operators, which do not grow.
      const bool message = label == "Octopole::Ranks::mine" || label == "Octopole::Ranks::of_all" ||
                           label == "Octopole::Ranks::incoming" ||
                           label == "Octopole::Ranks::outgoing";
      const auto other = alone.views.find(message ? "Octopole::multipole" : label);
      // One rank moves no points: what others move is at most the coordinates of as many.
      const std::size_t before = other == alone.views.end() ? own_points : other->second;
      of_points += before >= 4 * std::size_t(n);
      if (bytes >= index_of_all && double(bytes) > allowed * double(before) &&
          !label.starts_with("Octopole::OperatorSet"))
        larger += label + ": " + std::to_string(bytes) + " bytes, of one rank alone " +
                  std::to_string(before) + ". ";
    }
    INFO(larger);
    CHECK(mpi().sum(!larger.empty()) == 0);
    CHECK(mpi().sum(of_points < 10) == 0);  // they are seen
    CAPTURE(alone.others, among.others);
    CHECK(mpi().sum(double(among.others) > allowed * double(own_points)) == 0);
    CHECK(mpi().sum(R > 1 && among.others < 4 * std::size_t(n)) == 0);
  }
}
