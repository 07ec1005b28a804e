// SPDX-License-Identifier: BSD-3-Clause
// Plans on the ranks of a communicator, held against the plan of one rank with all points: bit by bit the same.
// Run under mpirun (tests/CMakeLists.txt).
#include <mpi.h>

#include <Kokkos_Core.hpp>
#include <Octopole.hpp>
#include <cstdint>
#include <tests/support/octopole_catch.hpp>
#include <tests/support/octopole_point_sets.hpp>
#include <tests/support/octopole_ranks.hpp>
#include <tree/Octopole_WorkLists.hpp>
#include <vector>

using namespace octopole_test;

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

TEST_CASE("M2L by matrix products on ranks gives the bits of one rank") {
  mpi();
  if (!Octopole::on_host<Execution>) return;  // a GPU's library does not promise them
  using Octopole::Output;
  // Few boxes of a rank have a transfer vector in common, and at some levels many.
  for (const Case& one : {Case{"Plummer", clustered(8000, 26)}, Case{"cube", uniform(8000, 27)}})
    for (const int rank : {0, -1}) {
      INFO(one.name << ", m2l_rank " << rank);
      check_same_bits(Octopole::Laplace<double>{}, one.points, Deal::by_chance,
                      {.digits = 4,
                       .m2l = Octopole::M2L::blas,
                       .m2l_rank = rank,
                       .leaf_capacity = 30,
                       .outputs = Output::potential | Output::gradient});
    }
  check_same_bits(Octopole::Laplace<float>{}, clustered(6000, 28), Deal::by_chance,
                  {.digits = 3, .m2l = Octopole::M2L::blas, .leaf_capacity = 30});
  // First moments go along from parent to parent.
  check_same_bits(
      Octopole::Stokeslet<double>{}, clustered(5000, 29), Deal::by_chance,
      {.digits = 3, .m2l = Octopole::M2L::blas, .leaf_capacity = 30, .right_hand_sides = 2});
  const Points targets = uniform(3000, 30);
  check_same_bits(Octopole::Yukawa<double>{.screening = 3}, clustered(5000, 31), Deal::by_chance,
                  {.digits = 3, .m2l = Octopole::M2L::blas, .leaf_capacity = 30}, &targets);
}

TEST_CASE("other digits and kernels on ranks give the bits of one rank") {
  mpi();
  const Points points = clustered(10000, 5);
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
  Points deep = uniform(5000, 21);
  // The deepest levels are the last rank's alone, and few of its boxes.
  for (std::size_t i = 0; i < 400; ++i) deep[i] = scaled(deep[i], 1e-3, {0.99, 0.99, 0.99});
  check_same_bits(Octopole::Yukawa<double>{.screening = 2}, deep, Deal::by_chance, options);
  check_same_bits(Octopole::Yukawa<double>{.screening = 300}, uniform(6000, 22), Deal::in_parts,
                  options);
  // Waves so short that the probe raises the order.
  const int order = check_same_bits(Octopole::Helmholtz<double>{.wavenumber = 9}, sphere(4000, 23),
                                    Deal::by_chance, {.digits = 4, .outputs = Output::potential});
  CHECK(order > check_same_bits(Octopole::Laplace<double>{}, sphere(100, 23), Deal::by_chance,
                                {.digits = 4, .leaf_capacity = 20}));
}

TEST_CASE("targets of their own on ranks give the bits of one rank") {
  mpi();
  using Octopole::Output;
  const auto gradient = Output::potential | Output::gradient;
  const Octopole::Laplace<double> laplace;
  // In the same places, on a surface in a cloud, and few among many.
  const Points cube = uniform(6000, 32);
  for (const Deal deal : {Deal::in_parts, Deal::by_chance})
    check_same_bits(laplace, clustered(8000, 31), deal, {.digits = 4, .outputs = gradient}, &cube);
  const Points surface = sphere(6000, 33);
  check_same_bits(laplace, two_scale(8000, 34), Deal::by_chance,
                  {.digits = 6, .leaf_capacity = 40, .outputs = gradient}, &surface);
  // So little memory that M2L's blocks and slabs are cut, by which of them have targets.
  check_same_bits(laplace, uniform(8000, 41), Deal::by_chance,
                  {.digits = 4, .m2l_memory = 1 << 20, .leaf_capacity = 20}, &surface);
  const Points few = uniform(5, 35);
  check_same_bits(laplace, uniform(8000, 36), Deal::all_to_the_last,
                  {.digits = 4, .leaf_capacity = 60}, &few);
  check_same_bits(laplace, few, Deal::by_chance, {.digits = 4, .leaf_capacity = 30}, &surface);
  // Any against any, in leaves of so few points that most boxes ask for what is near.
  for (const Case& one : cases_of(1500))
    for (const Case& other : {Case{"sheet", sheet(1200, 39)}, Case{"sphere", sphere(1000, 40)}}) {
      INFO(one.name << " at " << other.name);
      check_same_bits(laplace, one.points, Deal::by_chance, {.digits = 3, .leaf_capacity = 7},
                      &other.points);
    }
  // Two clouds that share little: boxes are split as far as the other kind is near, on whatever rank that is, and
  // the order is that for far targets.
  Points sources = clustered(6000, 37), targets = uniform(6000, 38);
  for (auto& x : sources) x = scaled(x, 0.02, {0.25, 0.25, 0.75});
  for (std::size_t i = 0; i < targets.size(); ++i)
    targets[i] = scaled(targets[i], i % 4 ? 0.1 : 1, {0.5, 0.5, 0});
  for (const Deal deal : {Deal::in_parts, Deal::by_chance})
    check_same_bits(laplace, sources, deal, {.digits = 5, .leaf_capacity = 50, .outputs = gradient},
                    &targets);
  check_same_bits(
      Octopole::Stokeslet<double>{}, surface, Deal::by_chance,
      {.digits = 3, .leaf_capacity = 40, .outputs = Output::velocity, .right_hand_sides = 2},
      &targets);
  check_same_bits(Octopole::Yukawa<double>{.screening = 5}, sources, Deal::by_chance,
                  {.digits = 3, .leaf_capacity = 50, .outputs = gradient}, &targets);
}

TEST_CASE("balanced trees on ranks give the bits of one rank") {
  mpi();
  using Octopole::Output;
  // What a box of one rank forces may be far inside another's part.
  for (const Case& one :
       {Case{"Plummer", clustered(6000, 42)}, Case{"two-scale", two_scale(6000, 43)},
        Case{"sphere", octopole_test::sphere(6000, 44)}}) {
    INFO(one.name);
    check_same_bits(Octopole::Laplace<double>{}, one.points, Deal::by_chance,
                    {.digits = 4,
                     .leaf_capacity = 20,
                     .balance = 1,
                     .outputs = Output::potential | Output::gradient});
  }
  const Points targets = clustered(3000, 45);
  check_same_bits(Octopole::Yukawa<double>{.screening = 20}, clustered(4000, 46), Deal::by_chance,
                  {.digits = 3, .leaf_capacity = 20, .balance = 1}, &targets);
}

TEST_CASE("several right-hand sides and float on ranks give the bits of one rank") {
  mpi();
  using Octopole::Output;
  const Points cloud = clustered(6000, 24);
  const Points surface = sphere(6000, 25);
  check_same_bits(Octopole::Laplace<double>{}, cloud, Deal::by_chance,
                  {.digits = 4,
                   .leaf_capacity = 40,
                   .outputs = Output::potential | Output::gradient,
                   .right_hand_sides = 3});
  check_same_bits(Octopole::Stokeslet<double>{}, surface, Deal::by_chance,
                  {.digits = 3,
                   .leaf_capacity = 40,
                   .outputs = Output::velocity | Output::pressure,
                   .right_hand_sides = 2});
  check_same_bits(Octopole::Laplace<float>{}, cloud, Deal::by_chance,
                  {.digits = 3, .outputs = Output::potential | Output::gradient});
}

TEST_CASE("terminals in the parts of several ranks are those of one rank") {
  mpi();
  // Two clouds far smaller than their distance: what one gives the other ends at boxes that ranks share.
  Points points = uniform(9000, 12);
  for (std::size_t i = 0; i < points.size(); ++i)
    points[i] = i % 3 == 0 ? scaled(points[i], 0.1, {0.9, 0.9, 0.8})
                           : scaled(points[i], 0x1p-9, {0.3, 0.2, 0.4});
  const auto planted = plant(points, nullptr, 60, false);
  REQUIRE(Octopole::make_work_lists(Execution(), planted.tree, 0, false, 0).terminals.bytes() > 0);
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

TEST_CASE("ranks without points, and fewer leaves than ranks") {
  mpi();
  for (const int n : {1, 2, 20, 400, 3000}) {
    INFO(n);
    check_same_bits(Octopole::Laplace<double>{}, uniform(n, 6), Deal::all_to_the_last,
                    {.digits = 4, .leaf_capacity = 50});
  }
}
