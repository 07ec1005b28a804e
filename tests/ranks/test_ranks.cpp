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

template <class T>
using Rows = Kokkos::View<T**, Kokkos::LayoutRight, Memory>;

// These numbers, rows of some points, as a View of those extents.
template <class View, class T, class... Extents>
View shaped(const Rows<T>& rows, Extents... extents) {
  return View(rows.data(), rows.extent(0), std::size_t(extents)...);
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

Dealt dealt(const Points& points, Deal deal, std::uint64_t seed = 7) {
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
  const auto all_points = octopole_test::to_view(own.all),
             all_targets = octopole_test::to_view(own_targets.all);
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

std::vector<Case> cases_of(int n) {
  return {{"uniform", octopole_test::uniform(n, 1)},
          {"sphere", octopole_test::sphere(n, 2)},
          {"Plummer", octopole_test::clustered(n, 3)},
          {"two-scale", octopole_test::two_scale(n, 4)}};
}

// More points by OCTOPOLE_RANKS_POINTS=100000, say.
std::vector<Case> cases(int n) {
  const char* given = std::getenv("OCTOPOLE_RANKS_POINTS");
  return cases_of(given ? std::atoi(given) : n);
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

TEST_CASE("kernels with operators per level on ranks give the bits of one rank") {
  mpi();
  using Octopole::Output;
  const Octopole::Options options{
      .digits = 4, .leaf_capacity = 40, .outputs = Output::potential | Output::gradient};
  Points deep = octopole_test::uniform(5000, 21);
  // The deepest levels are the last rank's alone, and few of its boxes.
  for (std::size_t i = 0; i < 400; ++i)
    deep[i] = octopole_test::scaled(deep[i], 1e-3, {0.99, 0.99, 0.99});
  check_same_bits(Octopole::Yukawa<double>{.screening = 2}, deep, Deal::by_chance, options);
  check_same_bits(Octopole::Yukawa<double>{.screening = 300}, octopole_test::uniform(6000, 22),
                  Deal::in_parts, options);
  // Waves so short that the probe raises the order.
  const int order =
      check_same_bits(Octopole::Helmholtz<double>{.wavenumber = 9}, octopole_test::sphere(4000, 23),
                      Deal::by_chance, {.digits = 4, .outputs = Output::potential});
  CHECK(order > check_same_bits(Octopole::Laplace<double>{}, octopole_test::sphere(100, 23),
                                Deal::by_chance, {.digits = 4, .leaf_capacity = 20}));
}

TEST_CASE("targets of their own on ranks give the bits of one rank") {
  mpi();
  using Octopole::Output;
  const auto gradient = Output::potential | Output::gradient;
  const Octopole::Laplace<double> laplace;
  // In the same places, on a surface in a cloud, and few among many.
  const Points cube = octopole_test::uniform(6000, 32);
  for (const Deal deal : {Deal::in_parts, Deal::by_chance})
    check_same_bits(laplace, octopole_test::clustered(8000, 31), deal,
                    {.digits = 4, .outputs = gradient}, &cube);
  const Points sphere = octopole_test::sphere(6000, 33);
  check_same_bits(laplace, octopole_test::two_scale(8000, 34), Deal::by_chance,
                  {.digits = 6, .leaf_capacity = 40, .outputs = gradient}, &sphere);
  // So little memory that M2L's blocks and slabs are cut, by which of them have targets.
  check_same_bits(laplace, octopole_test::uniform(8000, 41), Deal::by_chance,
                  {.digits = 4, .m2l_memory = 1 << 20, .leaf_capacity = 20}, &sphere);
  const Points few = octopole_test::uniform(5, 35);
  check_same_bits(laplace, octopole_test::uniform(8000, 36), Deal::all_to_the_last,
                  {.digits = 4, .leaf_capacity = 60}, &few);
  check_same_bits(laplace, few, Deal::by_chance, {.digits = 4, .leaf_capacity = 30}, &sphere);
  // Any against any, in leaves of so few points that most boxes ask for what is near.
  for (const Case& one : cases_of(1500))
    for (const Case& other : {Case{"sheet", octopole_test::sheet(1200, 39)},
                              Case{"sphere", octopole_test::sphere(1000, 40)}}) {
      INFO(one.name << " at " << other.name);
      check_same_bits(laplace, one.points, Deal::by_chance, {.digits = 3, .leaf_capacity = 7},
                      &other.points);
    }
  // Two clouds that share little: boxes are split as far as the other kind is near, on whatever rank that is, and
  // the order is that for far targets.
  Points sources = octopole_test::clustered(6000, 37), targets = octopole_test::uniform(6000, 38);
  for (auto& x : sources) x = octopole_test::scaled(x, 0.02, {0.25, 0.25, 0.75});
  for (std::size_t i = 0; i < targets.size(); ++i)
    targets[i] = octopole_test::scaled(targets[i], i % 4 ? 0.1 : 1, {0.5, 0.5, 0});
  for (const Deal deal : {Deal::in_parts, Deal::by_chance})
    check_same_bits(laplace, sources, deal, {.digits = 5, .leaf_capacity = 50, .outputs = gradient},
                    &targets);
  check_same_bits(
      Octopole::Stokeslet<double>{}, sphere, Deal::by_chance,
      {.digits = 3, .leaf_capacity = 40, .outputs = Output::velocity, .right_hand_sides = 2},
      &targets);
  check_same_bits(Octopole::Yukawa<double>{.screening = 5}, sources, Deal::by_chance,
                  {.digits = 3, .leaf_capacity = 50, .outputs = gradient}, &targets);
}

TEST_CASE("several right-hand sides and float on ranks give the bits of one rank") {
  mpi();
  using Octopole::Output;
  const Points cloud = octopole_test::clustered(6000, 24);
  const Points sphere = octopole_test::sphere(6000, 25);
  check_same_bits(Octopole::Laplace<double>{}, cloud, Deal::by_chance,
                  {.digits = 4,
                   .leaf_capacity = 40,
                   .outputs = Output::potential | Output::gradient,
                   .right_hand_sides = 3});
  check_same_bits(Octopole::Stokeslet<double>{}, sphere, Deal::by_chance,
                  {.digits = 3,
                   .leaf_capacity = 40,
                   .outputs = Output::velocity | Output::pressure,
                   .right_hand_sides = 2});
  check_same_bits(Octopole::Laplace<float>{}, cloud, Deal::by_chance,
                  {.digits = 3, .outputs = Output::potential | Output::gradient});
}

namespace {

// Steps of moving points, dealt anew each time, against the plan of one rank that takes the same steps.
template <class Kernel>
void check_steps(const Kernel& kernel, const Octopole::Options& options, int n_steps) {
  const Execution exec;
  Points points = octopole_test::clustered(3000, 50);
  Random random(51);
  const auto view_of = [&](const Dealt& own) { return octopole_test::to_view(own.all); };
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
      for (auto& x : points) x = octopole_test::scaled(x, 1.5);
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
    plan.update_points(exec, part_of(octopole_test::to_view(bad), own));
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
  const Points sources = octopole_test::clustered(3000, 70),
               targets = octopole_test::uniform(700, 71);
  using Laplace = Octopole::Laplace<double>;
  using MyPlan = Octopole::Plan<Memory, Laplace>;
  for (const bool own_targets : {false, true}) {
    INFO("targets of their own: " << own_targets);
    const Dealt own = dealt(sources, Deal::by_chance),
                at = own_targets ? dealt(targets, Deal::all_to_the_last) : own;
    const auto all = octopole_test::to_view(own.all), all_targets = octopole_test::to_view(at.all);
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
  const Points sources = octopole_test::uniform(3000, 60),
               targets = octopole_test::sphere(2000, 61);
  const Dealt own = dealt(sources, Deal::by_chance), at = dealt(targets, Deal::by_chance);
  const auto all = octopole_test::to_view(own.all), all_targets = octopole_test::to_view(at.all);
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

TEST_CASE("points that have gone to their destination stay there") {
  const Execution exec;
  const Octopole::Laplace<double> laplace;
  const Octopole::Options options{.digits = 4, .leaf_capacity = 40, .root_scale = 1};
  const Points points = octopole_test::clustered(4000, 80);
  const Dealt own = dealt(points, Deal::by_chance);
  Octopole::Plan plan(exec, MPI_COMM_WORLD, laplace, part_of(octopole_test::to_view(own.all), own),
                      options);
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
  Octopole::Plan there(exec, MPI_COMM_WORLD, laplace, octopole_test::to_view(moved), options);
  const auto stays = there.destination(exec);
  int elsewhere = 0;
  for (std::size_t i = 0; i < stays.extent(0); ++i) elsewhere += stays(i) != mpi().rank;
  CHECK(mpi().sum(elsewhere) == 0);
  const std::int64_t before = mpi().sum(std::int64_t(plan.facts().bytes_sent)),
                     after = mpi().sum(std::int64_t(there.facts().bytes_sent));
  CHECK((mpi().size == 1 || after < before));

  Octopole::Plan alone(exec, laplace, octopole_test::to_view(moved), options);
  CHECK_THROWS_AS(alone.destination(exec), std::logic_error);
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
  if (mpi().size > 1) {
    check_sentence(plan_with(laplace, good, {.digits = last ? 5 : 6}), "differ from rank to rank");
    check_sentence(plan_with(Octopole::Yukawa<double>{.screening = last ? 2.0 : 1.0}, good, {}),
                   "differ from rank to rank");
    check_sentence(plan_with(Octopole::BiotSavart<double>{.core = last ? 0.2 : 0.1}, good, {}),
                   "differ from rank to rank");
  }
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
  const auto points = octopole_test::to_view(octopole_test::uniform(3000, 8 + mpi().rank));
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
  REQUIRE(mpi().sum(n < 50) == 0);
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
  const auto points = octopole_test::to_view(octopole_test::uniform(500, 8));
  const auto refused = [&](const auto& kernel, const Octopole::Options& o, const char* part) {
    check_sentence(
        sentence_of([&] { Octopole::Plan plan(exec, MPI_COMM_WORLD, kernel, points, o); }), part);
  };
  const Octopole::Laplace<double> laplace;
  refused(laplace, {.method = Octopole::Method::direct}, "found Method::direct");
  refused(laplace, {.m2l = Octopole::M2L::blas}, "found M2L::blas");
  refused(laplace, {.balance = 1}, "found Options::balance 1");
  refused(laplace, {.tune = true}, "found Options::tune");
}
