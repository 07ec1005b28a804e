// SPDX-License-Identifier: BSD-3-Clause
#ifndef OCTOPOLE_RANKS_TEST_HPP
#define OCTOPOLE_RANKS_TEST_HPP

#include <mpi.h>

#include <Kokkos_Core.hpp>
#include <Octopole.hpp>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <string>
#include <tests/support/octopole_catch.hpp>
#include <tests/support/octopole_point_sets.hpp>
#include <vector>

// What tests of plans on ranks share: MPI, points dealt to the ranks, and results held against those of one rank, bit
// by bit. For programs that mpirun starts (tests/CMakeLists.txt).
namespace octopole_test {

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

inline const Mpi& mpi() {
  static const Mpi one;
  return one;
}

template <class T>
using Rows = Kokkos::View<T**, Kokkos::LayoutRight, Memory>;

// These numbers, rows of some points, as a View of those extents.
template <class View, class T, class... Extents>
View shaped(const Rows<T>& rows, Extents... extents) {
  return View(rows.data(), rows.extent(0), std::size_t(extents)...);
}

// How points are dealt to the ranks: in parts of the order in which they are made, by chance, or all to one.
enum class Deal { in_parts, by_chance, all_to_the_last };

inline const char* name_of(Deal deal) {
  return deal == Deal::in_parts    ? "in parts"
         : deal == Deal::by_chance ? "by chance"
                                   : "to the last";
}

// The points, rank after rank, and where this rank's begin.
struct Dealt {
  Points all;
  int first = 0, n = 0;  // of this rank
};

inline Dealt dealt(const Points& points, Deal deal, std::uint64_t seed = 7) {
  const std::int64_t R = mpi().size, n = std::int64_t(points.size());
  std::vector<Points> of_rank(R);
  Random random(seed);
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

// Of this rank's results, those that differ from the first rank's, which are of all points.
template <class T>
void check_bits(const Rows<T>& whole, const Rows<T>& part, int first) {
  MPI_Bcast(whole.data(), int(whole.size() * sizeof(T)), MPI_BYTE, 0, MPI_COMM_WORLD);
  std::int64_t different = 0, zeros = 0;
  for (std::size_t i = 0; i < part.extent(0); ++i)
    for (std::size_t k = 0; k < part.extent(1); ++k)
      different += std::memcmp(&whole(std::size_t(first) + i, k), &part(i, k), sizeof(T)) != 0;
  CHECK(mpi().sum(different) == 0);
  // What is compared is there. (A single point has no other.)
  for (std::size_t i = 0; i < whole.extent(0); ++i) zeros += whole(i, 0) == 0;
  if (whole.extent(0) > 5) CHECK(zeros == 0);
}

// Results of a plan: potential or velocity, and gradient or pressure where the options say so.
template <class Kernel>
class Results {
 public:
  using T = typename Kernel::scalar;
  using Output = Octopole::Output;

  Results(int n, const Octopole::Options& options)
      : m_sides(options.right_hand_sides),
        m_second(contains(options.outputs, Output::gradient) ||
                 contains(options.outputs, Output::pressure)),
        m_a("a", n, (of_potential ? 1 : 3) * parts * m_sides),
        m_b("b", n, (of_pressure ? 1 : 3) * parts * m_sides) {}

  template <class Plan>
  void fill(const Execution& exec, Plan& plan, const Rows<T>& charges) const {
    constexpr int C = Octopole::Family<Kernel>::charges;
    if constexpr (C == 1)
      fill_of(exec, plan, shaped<Two>(charges, m_sides));
    else
      fill_of(exec, plan, shaped<Three>(charges, C, m_sides));
  }
  void check(const Results& part, int first) const {
    check_bits(m_a, part.m_a, first);
    if (m_second) check_bits(m_b, part.m_b, first);
  }

 private:
  static constexpr Output offered = Octopole::outputs_of<Kernel>;
  static constexpr bool of_potential = contains(offered, Output::potential),
                        of_pressure = contains(offered, Output::pressure);
  static constexpr int parts = Octopole::is_complex<Kernel> ? 2 : 1;
  using Two = Kokkos::View<T**, Kokkos::LayoutRight, Memory>;
  using Three = Kokkos::View<T***, Kokkos::LayoutRight, Memory>;
  using Four = Kokkos::View<T****, Kokkos::LayoutRight, Memory>;

  template <class Plan, class Charges>
  void fill_of(const Execution& exec, Plan& plan, const Charges& q) const {
    using Octopole::Outputs;
    if constexpr (parts == 2) {
      const auto u = shaped<Three>(m_a, 2, m_sides);
      if (m_second)
        plan.execute(exec, q,
                     Outputs{.potential = u, .gradient = shaped<Four>(m_b, 3, 2, m_sides)});
      else
        plan.execute(exec, q, u);
    } else if constexpr (of_potential) {
      const auto u = shaped<Two>(m_a, m_sides);
      if (m_second)
        plan.execute(exec, q, Outputs{.potential = u, .gradient = shaped<Three>(m_b, 3, m_sides)});
      else
        plan.execute(exec, q, u);
    } else {
      const auto u = shaped<Three>(m_a, 3, m_sides);
      if constexpr (of_pressure) {
        if (m_second)
          plan.execute(exec, q, Outputs{.velocity = u, .pressure = shaped<Two>(m_b, m_sides)});
      }
      if (!m_second) plan.execute(exec, q, Outputs{.velocity = u});
    }
    exec.fence();
  }

  int m_sides;
  bool m_second;
  Rows<T> m_a, m_b;
};

// This rank's of the points.
template <class View>
auto part_of(const View& view, const Dealt& dealt) {
  return Kokkos::subview(view, std::make_pair(dealt.first, dealt.first + dealt.n), Kokkos::ALL);
}

// Results of all ranks for these points against those of one, which the first rank makes, for two laws of charges.
// `targets`: of their own, dealt by chance. Returns the order.
template <class Kernel>
int check_same_bits(const Kernel& kernel, const Points& points, Deal deal,
                    Octopole::Options options, const Points* targets = nullptr) {
  using T = typename Kernel::scalar;
  const Execution exec;
  INFO(Kernel::name() << ", " << options.right_hand_sides << " right-hand sides"
                      << (sizeof(T) == 4 ? " in float" : ""));
  using MyPlan = Octopole::Plan<Memory, Kernel>;
  const Dealt own = dealt(points, deal);
  const Dealt own_targets = targets ? dealt(*targets, Deal::by_chance) : own;
  const int n = int(points.size());
  const auto all_points = to_view(own.all), all_targets = to_view(own_targets.all);
  const auto here = part_of(all_points, own), targets_here = part_of(all_targets, own_targets);
  MyPlan plan = targets ? MyPlan(exec, MPI_COMM_WORLD, kernel, here, targets_here, options)
                        : MyPlan(exec, MPI_COMM_WORLD, kernel, here, options);
  options.method = Octopole::Method::fmm;
  std::optional<MyPlan> whole;
  if (mpi().rank == 0) {
    if (targets)
      whole.emplace(exec, kernel, all_points, all_targets, options);
    else
      whole.emplace(exec, kernel, all_points, options);
    CHECK(plan.options().leaf_capacity == whole->options().leaf_capacity);
    CHECK(plan.options().root_scale == whole->options().root_scale);
    CHECK(plan.options().order == whole->options().order);
  }
  const int numbers = Octopole::Family<Kernel>::charges * options.right_hand_sides;
  const Rows<T> all_charges("Octopole::test::charges", n, numbers);
  const Results<Kernel> of_all(int(own_targets.all.size()), options), mine(own_targets.n, options);
  for (const bool of_both_signs : {true, false}) {
    Random random(11);
    for (int i = 0; i < n; ++i)
      for (int k = 0; k < numbers; ++k)
        all_charges(i, k) = T(of_both_signs ? random() - 0.5 : 1e5 * random());
    // One rank has the largest by far: the unit of the packed charges is that of all.
    if (!of_both_signs) all_charges(n / 3, 0) = T(3e7);
    if (whole) of_all.fill(exec, *whole, all_charges);
    mine.fill(exec, plan, Rows<T>(part_of(all_charges, own)));
    of_all.check(mine, own_targets.first);
  }
  return plan.options().order;
}

struct Case {
  const char* name;
  Points points;
};

inline std::vector<Case> cases_of(int n) {
  return {{"uniform", uniform(n, 1)},
          {"sphere", sphere(n, 2)},
          {"Plummer", clustered(n, 3)},
          {"two-scale", two_scale(n, 4)}};
}

// More points by OCTOPOLE_RANKS_POINTS=100000, say.
inline std::vector<Case> cases(int n) {
  const char* given = std::getenv("OCTOPOLE_RANKS_POINTS");
  return cases_of(given ? std::atoi(given) : n);
}

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
inline void check_sentence(const std::string& found, const std::string& part) {
  INFO(found);
  CHECK(mpi().sum(found.find(part) == std::string::npos) == 0);
}

}  // namespace octopole_test

#endif
