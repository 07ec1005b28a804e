// SPDX-License-Identifier: BSD-3-Clause
// Counts what plans on ranks would hold and send, for numbers of ranks that no machine at hand has:
//   rank_model --distribution sphere --n 2e6 --sample 8 --capacity 60 --order 7 --ranks 2 8 64 512
// makes the partition and every rank's essential tree of 2e6 points, each of which stands for 8, in leaves of 60 / 8, and
// prints a row of perf/RESULTS.md for each number of ranks. Nothing is sent and no time is predicted.
#include <CLI/CLI.hpp>
#include <Kokkos_Core.hpp>
#include <algorithm>
#include <core/precompute/Octopole_Surface.hpp>
#include <core/ranks/Octopole_Halo.hpp>
#include <cstdint>
#include <cstdio>
#include <perf/bench/Octopole_VirtualRanks.hpp>
#include <perf/judge/Octopole_Workloads.hpp>
#include <set>
#include <string>
#include <tree/Octopole_InteractionLists.hpp>
#include <vector>

namespace {

using Execution = Kokkos::DefaultHostExecutionSpace;
using Memory = Execution::memory_space;
using Ranks = Octopole::Bench::VirtualRanks<Execution>;

struct Model {
  std::string distribution = "cube";
  double n = 1e6;
  int sample = 1, capacity = 100, order = 7, charges = 1;
  std::vector<int> ranks{1, 2, 8, 64};
};

// Of one rank; points and bytes of all that the sample stands for.
struct Counts {
  double points = 0, leaves = 0, boxes = 0, ghost_points = 0, ghost_leaves = 0, multipoles = 0,
         children = 0, partners = 0, sent = 0, messages = 0;
};

double largest(const std::vector<Counts>& all, double Counts::* what) {
  double most = 0;
  for (const Counts& one : all) most = std::max(most, one.*what);
  return most;
}
double total(const std::vector<Counts>& all, double Counts::* what) {
  double sum = 0;
  for (const Counts& one : all) sum += one.*what;
  return sum;
}

std::vector<Counts> count(const Execution& exec, const Ranks& ranks, const Model& model) {
  constexpr int top_level = 2;
  const int few = std::max(Octopole::Surface::size(model.order) / model.sample, 1);
  const double multipole = sizeof(double) * Octopole::Impl::padded_size<double>(model.order);
  const double point = sizeof(double) * double(model.charges) * model.sample;
  std::vector<Counts> counts(ranks.size());
  // Messages that each rank sends: to whom, by stage.
  std::vector<std::set<std::pair<int, int>>> to(ranks.size());
  for (int r = 0; r < ranks.size(); ++r) {
    const auto essential = ranks.tree(r);
    const auto& tree = essential.tree;
    const auto lists = Octopole::make_lists(exec, tree, few, false);
    const auto needed =
        Octopole::needed_of_lists(exec, tree, lists, essential.with_targets, top_level);
    Counts& here = counts[r];
    std::set<int> partners;
    for (int b = 0; b < tree.n_boxes; ++b) {
      const int owner = essential.owner[b];
      if (essential.first_child[b] < 0) {
        here.leaves += essential.n_targets[b] > 0;
        here.points += double(essential.n_targets[b]) * model.sample;
      }
      if (owner == r) continue;
      if (needed(b) & Octopole::needed_points) {
        const double n = tree.n_sources(b);
        ++here.ghost_leaves, here.ghost_points += n * model.sample;
        counts[owner].sent += n * point;
        to[owner].insert({0, r}), partners.insert(owner);
      }
      if (needed(b) & Octopole::needed_multipole) {
        ++here.multipoles;
        counts[owner].sent += multipole;
        to[owner].insert({1, r}), partners.insert(owner);
      }
    }
    for (int l = top_level; l < tree.depth; ++l) {
      const auto traffic = Octopole::children_of_shared(essential, l, r, ranks.size());
      for (int from = 0; from < ranks.size(); ++from) {
        if (traffic.received[from].empty()) continue;
        here.children += double(traffic.received[from].size());
        counts[from].sent += multipole * double(traffic.received[from].size());
        to[from].insert({2 + l, r}), partners.insert(from);
      }
    }
    here.boxes = tree.n_boxes, here.partners = double(partners.size());
  }
  for (int r = 0; r < ranks.size(); ++r) counts[r].messages = double(to[r].size());
  return counts;
}

}  // namespace

int main(int argc, char** argv) {
  Model model;
  CLI::App app("What plans on ranks would hold and send");
  app.add_option("--distribution", model.distribution, "cube, sphere, plummer, filament, two-scale")
      ->capture_default_str();
  app.add_option("--n", model.n, "points made")->capture_default_str();
  app.add_option("--sample", model.sample, "how many each of them stands for")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_option("--capacity", model.capacity, "most points in a leaf, of all")
      ->capture_default_str();
  app.add_option("--order", model.order, "of the expansions")
      ->capture_default_str()
      ->check(CLI::Range(2, 14));
  app.add_option("--charges", model.charges, "numbers per charge")->capture_default_str();
  app.add_option("--ranks", model.ranks, "numbers of ranks")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  const Kokkos::ScopeGuard guard(argc, argv);
  const Execution exec;
  const auto made =
      Octopole::Workloads::make(model.distribution, "zero-mean", std::size_t(model.n), 1);
  const std::size_t n = made.xyz.size() / 3;
  const Ranks::Rows points("points", n, 3);
  for (std::size_t i = 0; i < n; ++i)
    for (int d = 0; d < 3; ++d) points(i, d) = made.xyz[3 * i + std::size_t(d)];
  const auto domain = Octopole::make_domain(Octopole::bounds(exec, points), false);
  const auto sorted = Octopole::sort_points(exec, domain, points);
  std::printf(
      "%s, %.3g points by one in %d, leaves of %d, order %d; the largest rank, messages and MB per "
      "execute\n"
      "| ranks | points over mean | own leaves | boxes | ghost leaves | ghost multipoles | MB sent "
      "| messages | partners |\n"
      "|---|---|---|---|---|---|---|---|---|\n",
      model.distribution.c_str(), double(n) * model.sample, model.sample, model.capacity,
      model.order);
  for (const int n_ranks : model.ranks) {
    const Ranks ranks(exec, domain, points, sorted, std::max(model.capacity / model.sample, 1),
                      Octopole::Morton::levels_per_word, n_ranks);
    const auto counts = count(exec, ranks, model);
    std::printf("| %d | %.3f | %.0f | %.0f | %.0f | %.0f | %.3f | %.0f | %.0f |\n", n_ranks,
                largest(counts, &Counts::points) * n_ranks / total(counts, &Counts::points),
                largest(counts, &Counts::leaves), largest(counts, &Counts::boxes),
                largest(counts, &Counts::ghost_leaves), largest(counts, &Counts::multipoles),
                1e-6 * largest(counts, &Counts::sent), largest(counts, &Counts::messages),
                largest(counts, &Counts::partners));
    std::fflush(stdout);
  }
  return 0;
}
