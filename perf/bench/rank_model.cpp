// SPDX-License-Identifier: BSD-3-Clause
// Counts what plans on ranks would hold and send, for numbers of ranks that no machine at hand has:
//   rank_model --distribution sphere --n 2e6 --sample 8 --capacity 60 --order 7 --ranks 2 8 64 512
// makes the partition and every rank's essential tree of 2e6 points, each of which stands for 8, in leaves of 60 / 8, and
// prints a row of perf/RESULTS.md for each number of ranks. Nothing is sent. With --rates FILE, what `octopole_fmm --json
// FILE` has measured of one rank, the time of an execute is predicted too: pairs, boxes and points of the slowest rank at
// those rates, then its messages by --latency and --bandwidth, nothing of which overlaps.
#include <CLI/CLI.hpp>
#include <Kokkos_Core.hpp>
#include <algorithm>
#include <cmath>
#include <core/kernels/Octopole_Laplace.hpp>
#include <core/plan/impl/Octopole_Choices.hpp>
#include <core/plan/impl/Octopole_MakeParts.hpp>
#include <core/plan/impl/Octopole_TreeCosts.hpp>
#include <core/precompute/Octopole_Surface.hpp>
#include <core/ranks/Octopole_Halo.hpp>
#include <core/ranks/Octopole_RankWork.hpp>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <operators/Octopole_PointOperators.hpp>
#include <optional>
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
  int sample = 1, capacity = 100, order = 7, charges = 1, to_all = 0;
  std::vector<int> ranks{1, 2, 8, 64};
  std::string rates;  // a file
  double latency = 2e-6, bandwidth = 1e10;
};

// Seconds for one of each on one rank, measured.
struct Rates {
  double near_pair = 0, box_pair = 0, box = 0, point = 0, surface_pair = 0;

  explicit Rates(const std::string& path) {
    const auto run = nlohmann::json::parse(std::ifstream(path));
    const auto& s = run.at("seconds");
    const auto& pairs = run.at("pairs");
    const auto per = [](double seconds, double n) { return n > 0 ? seconds / n : 0; };
    double boxes = 0;
    for (const double of_level : run.at("boxes_by_level")) boxes += of_level;
    near_pair = per(s.at("p2p"), pairs.at("p2p"));
    box_pair = per(s.at("m2l"), pairs.at("m2l"));
    box = per(s.at("m2m").get<double>() + s.at("l2l").get<double>(), boxes);
    point =
        per(s.at("p2m").get<double>() + s.at("l2p").get<double>() + s.at("permute").get<double>(),
            run.at("n_targets"));
    surface_pair = per(s.at("m2p").get<double>() + s.at("p2l").get<double>(),
                       pairs.at("m2p").get<double>() + pairs.at("p2l").get<double>());
  }
};

// Of one rank; points and bytes of all that the sample stands for.
struct Counts {
  double points = 0, leaves = 0, boxes = 0, ghost_points = 0, ghost_leaves = 0, multipoles = 0,
         children = 0, partners = 0, sent = 0, messages = 0, to_all = 0;
  double near_pairs = 0, box_pairs = 0, surface_pairs = 0, held = 0;  // of own targets and boxes

  double compute(const Rates& rates) const {
    return rates.near_pair * near_pairs + rates.box_pair * box_pairs + rates.box * held +
           rates.surface_pair * surface_pairs + rates.point * points;
  }
  // What is passed on goes in as many steps as the number of ranks has bits.
  double send(const Model& model, int n_ranks) const {
    return model.latency * (messages + (to_all > 0 ? std::ceil(std::log2(n_ranks)) : 0)) +
           (sent + to_all) / model.bandwidth;
  }
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

// Who is to be sent the multipole of each box, by owner and index there.
using Receivers = std::map<std::pair<int, std::uint64_t>, std::vector<int>>;

// What the units of the partition cost, as a plan finds it.
std::vector<double> work_of(const Execution& exec, const Ranks& ranks, const Model& model) {
  using Shape = Octopole::WorkShapeOf<Execution>;
  const Octopole::PointOperators<Execution, Octopole::Laplace<double>> kernel{{}};
  const auto choices = Octopole::Impl::make_choices(
      {.order = model.order, .method = Octopole::Method::fmm}, kernel.statement(),
      Octopole::Impl::facts_of_shape<Shape>(), std::size_t(model.n), std::size_t(model.n));
  const Octopole::WorkCosts costs{
      Octopole::Impl::tree_costs_of<double, Shape>(kernel.statement(), choices),
      double(Octopole::Surface::size(model.order)), double(model.sample)};
  const int few = std::max(Octopole::Surface::size(model.order) / model.sample, 1);
  std::vector<double> work(ranks.units.size(), 0.0);
  for (int r = 0; r < ranks.size(); ++r) {
    const auto essential = ranks.tree(r);
    const auto lists = Octopole::make_lists(exec, essential.tree, few, false);
    const auto here = Octopole::work_of_units(exec, essential, lists, ranks.units, r, costs);
    for (std::size_t i = 0; i < work.size(); ++i) work[i] += here[i];
  }
  return work;
}

std::vector<Counts> count(const Execution& exec, const Ranks& ranks, const Model& model) {
  constexpr int top_level = 2;
  const int few = std::max(Octopole::Surface::size(model.order) / model.sample, 1);
  const double multipole = sizeof(double) * Octopole::Impl::padded_size<double>(model.order);
  const double point = sizeof(double) * double(model.charges) * model.sample;
  std::vector<Counts> counts(ranks.size());
  // Messages that each rank sends: to whom, by stage.
  std::vector<std::set<std::pair<int, int>>> to(ranks.size());
  std::vector<std::set<int>> partners(ranks.size());
  Receivers receivers;
  for (int r = 0; r < ranks.size(); ++r) {
    const auto essential = ranks.tree(r);
    const auto& tree = essential.tree;
    const auto lists = Octopole::make_lists(exec, tree, few, !model.rates.empty());
    const auto needed =
        Octopole::needed_of_lists(exec, tree, lists, essential.with_targets, top_level);
    Counts& here = counts[r];
    for (int b = 0; b < tree.n_boxes; ++b) {
      const int owner = essential.owner[b];
      here.held += owner == r;
      const double here_targets = double(essential.n_targets[b]) * model.sample;
      for (auto e = lists.u.begin(b); e < lists.u.begin(b + 1); ++e)
        here.near_pairs += here_targets * tree.n_sources(lists.u.entry(e)) * model.sample;
      if (!model.rates.empty()) here.box_pairs += double(lists.v.begin(b + 1) - lists.v.begin(b));
      here.surface_pairs += double(lists.w.begin(b + 1) - lists.w.begin(b)) +
                            double(lists.x.begin(b + 1) - lists.x.begin(b));
      if (essential.first_child[b] < 0) {
        here.leaves += essential.n_targets[b] > 0;
        here.points += double(essential.n_targets[b]) * model.sample;
      }
      if (owner == r) continue;
      if (needed(b) & Octopole::needed_points) {
        const double n = tree.n_sources(b);
        ++here.ghost_leaves, here.ghost_points += n * model.sample;
        counts[owner].sent += n * point;
        to[owner].insert({0, r}), partners[r].insert(owner);
      }
      if (needed(b) & Octopole::needed_multipole) {
        ++here.multipoles;
        receivers[{owner, essential.place[b].place | std::uint64_t(essential.place[b].level) << 58}]
            .push_back(r);
      }
    }
    for (int l = top_level; l < tree.depth; ++l) {
      const auto traffic = Octopole::children_of_shared(essential, l, r, ranks.size());
      for (int from = 0; from < ranks.size(); ++from) {
        if (traffic.received[from].empty()) continue;
        here.children += double(traffic.received[from].size());
        counts[from].sent += multipole * double(traffic.received[from].size());
        to[from].insert({2 + l, r}), partners[r].insert(from);
      }
    }
    here.boxes = tree.n_boxes;
  }
  const int many = model.to_all > 0 ? model.to_all : Octopole::receivers_for_all(ranks.size());
  for (const auto& [box, of] : receivers) {
    Counts& owner = counts[std::size_t(box.first)];
    if (int(of.size()) >= many) {
      // Passed on from rank to rank: each sends all of them once.
      for (Counts& each : counts) each.to_all += multipole;
      continue;
    }
    owner.sent += multipole * double(of.size());
    for (const int r : of) {
      to[std::size_t(box.first)].insert({1, r});
      partners[std::size_t(r)].insert(box.first);
    }
  }
  for (int r = 0; r < ranks.size(); ++r) {
    counts[r].messages = double(to[r].size());
    counts[r].partners = double(partners[r].size());
  }
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
  app.add_option("--rates", model.rates, "what octopole_fmm --json has measured of one rank");
  app.add_option("--latency", model.latency, "seconds of a message")->capture_default_str();
  app.add_option("--bandwidth", model.bandwidth, "bytes per second of a rank")
      ->capture_default_str();
  app.add_option("--to-all", model.to_all,
                 "ranks from which on a multipole that they need goes to all (0: as the library)")
      ->capture_default_str();
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
  std::optional<Rates> rates;
  if (!model.rates.empty()) rates.emplace(model.rates);
  std::printf(
      "%s, %.3g points by one in %d, leaves of %d, order %d; the largest rank, messages and MB per "
      "execute\n"
      "| ranks | work over mean, cut by points | cut by work | points over mean | own leaves | "
      "boxes | ghost leaves | ghost multipoles | MB sent "
      "| MB to all | messages | partners |%s\n"
      "|---|---|---|---|---|---|---|---|---|---|---|---|%s\n",
      model.distribution.c_str(), double(n) * model.sample, model.sample, model.capacity,
      model.order, rates ? " seconds, predicted | of it sending | mean over slowest |" : "",
      rates ? "---|---|---|" : "");
  for (const int n_ranks : model.ranks) {
    const auto ranks_of = [&](const std::vector<double>& weights) {
      return Ranks(exec, domain, points, sorted, std::max(model.capacity / model.sample, 1),
                   Octopole::Morton::levels_per_word, n_ranks, weights);
    };
    auto ranks = std::make_unique<Ranks>(ranks_of({}));
    const auto work = work_of(exec, *ranks, model);
    const double first_cut = Octopole::imbalance(ranks->units, work, ranks->splitters);
    if (first_cut > 1.1) {
      ranks.reset();
      ranks = std::make_unique<Ranks>(ranks_of(work));
    }
    const auto counts = count(exec, *ranks, model);
    std::printf(
        "| %d | %.3f | %.3f | %.3f | %.0f | %.0f | %.0f | %.0f | %.3f | %.3f | %.0f | %.0f |",
        n_ranks, first_cut, Octopole::imbalance(ranks->units, work, ranks->splitters),
        largest(counts, &Counts::points) * n_ranks / total(counts, &Counts::points),
        largest(counts, &Counts::leaves), largest(counts, &Counts::boxes),
        largest(counts, &Counts::ghost_leaves), largest(counts, &Counts::multipoles),
        1e-6 * largest(counts, &Counts::sent), 1e-6 * counts[0].to_all,
        largest(counts, &Counts::messages), largest(counts, &Counts::partners));
    if (rates) {
      double slowest = 0, sending = 0, mean = 0;
      for (const Counts& one : counts) {
        const double compute = one.compute(*rates), send = one.send(model, n_ranks);
        mean += compute / n_ranks;
        if (compute + send > slowest) slowest = compute + send, sending = send;
      }
      std::printf(" %.4f | %.5f | %.3f |", slowest, sending, mean / slowest);
    }
    std::printf("\n");
    std::fflush(stdout);
  }
  return 0;
}
