// SPDX-License-Identifier: BSD-3-Clause
#include <perf/driver/driver_combine.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace Octopole::Driver {
namespace {

/// Reads and writes a number of any type as a double.
template <class Number>
void put(double from, Number& to) {
  to = static_cast<Number>(from);
}

/// One number of every rank, in their order.
std::vector<double> of_all(const Ranks& ranks, double mine) {
  return ranks.on_all({mine});
}
double total(const std::vector<double>& numbers) {
  double sum = 0;
  for (const double x : numbers) sum += x;
  return sum;
}
double most(const std::vector<double>& numbers) {
  return *std::max_element(numbers.begin(), numbers.end());
}

template <class Number>
void add(const Ranks& ranks, Number& number) {
  put(total(of_all(ranks, static_cast<double>(number))), number);
}
template <class Number>
void take_most(const Ranks& ranks, Number& number) {
  put(most(of_all(ranks, static_cast<double>(number))), number);
}

void combine_facts(const Ranks& ranks, PlanFacts& f) {
  for (auto* points : {&f.n_sources, &f.n_targets, &f.n_leaves, &f.n_boxes, &f.n_ghosts})
    add(ranks, *points);
  f.n_boxes -= f.n_ghosts;
  for (auto* pairs : {&f.pairs_p2p, &f.pairs_m2l, &f.pairs_m2p, &f.pairs_p2l}) add(ranks, *pairs);
  add(ranks, f.m2l_flops);
  add(ranks, f.bytes_sent);
  take_most(ranks, f.depth);
  take_most(ranks, f.largest_leaf);
  take_most(ranks, f.plan_bytes);
  take_most(ranks, f.launches);
  f.boxes_by_level.resize(std::size_t(f.depth) + 1, 0);
  for (std::size_t& boxes : f.boxes_by_level) add(ranks, boxes);
}

}  // namespace

void combine(const Ranks& ranks, Result& result) {
  if (ranks.is_alone()) return;
  OverRanks over;
  over.ranks = ranks.size();
  for (const Stage& stage : stages) {
    const auto seconds = of_all(ranks, result.seconds.*stage.seconds);
    over.least.*stage.seconds = *std::min_element(seconds.begin(), seconds.end());
    over.mean.*stage.seconds = total(seconds) / ranks.size();
    over.most.*stage.seconds = most(seconds);
  }
  const auto pairs = of_all(ranks, static_cast<double>(result.facts.pairs_p2p));
  if (total(pairs) > 0) over.imbalance = most(pairs) / (total(pairs) / ranks.size());
  result.seconds = over.most;
  if (result.update_seconds) take_most(ranks, *result.update_seconds);
  take_most(ranks, result.peak_rss_bytes);
  for (std::size_t& numbers : result.not_finite) add(ranks, numbers);
  add(ranks, result.charge_times_potential);
  combine_facts(ranks, result.facts);
  over.bytes_sent = result.facts.bytes_sent;
  result.over_ranks = over;
}

void collect_on_first(const Ranks& ranks, PointSet& points, Result& result) {
  for (auto* numbers : {&points.sources, &points.charges, &points.targets})
    *numbers = ranks.on_first(std::move(*numbers));
  for (auto& values : result.values) values = ranks.on_first(std::move(values));
}

}  // namespace Octopole::Driver
