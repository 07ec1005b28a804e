// SPDX-License-Identifier: BSD-3-Clause
#include <perf/driver/driver_combine.hpp>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <vector>

namespace Octopole::Driver {
namespace {

/// Numbers of all ranks, told at once: each is named with what is to become of those of all.
class Combined {
 public:
  using Take = std::function<void(const std::vector<double>&)>;  ///< one number of every rank

  void number(double mine, Take take) {
    m_mine.push_back(mine);
    m_takes.push_back(std::move(take));
  }
  template <class Number>
  void add(Number& to) {
    number(static_cast<double>(to),
           [&to](const auto& all) { to = static_cast<Number>(total(all)); });
  }
  template <class Number>
  void take_most(Number& to) {
    number(static_cast<double>(to),
           [&to](const auto& all) { to = static_cast<Number>(most(all)); });
  }
  void exchange(const Ranks& ranks) const {
    const std::vector<double> all = ranks.on_all(m_mine);
    std::vector<double> one(all.size() / m_mine.size());
    for (std::size_t i = 0; i < m_mine.size(); ++i) {
      for (std::size_t r = 0; r < one.size(); ++r) one[r] = all[r * m_mine.size() + i];
      m_takes[i](one);
    }
  }

  static double total(const std::vector<double>& numbers) {
    double sum = 0;
    for (const double x : numbers) sum += x;
    return sum;
  }
  static double most(const std::vector<double>& numbers) {
    return *std::max_element(numbers.begin(), numbers.end());
  }

 private:
  std::vector<double> m_mine;
  std::vector<Take> m_takes;
};

void combine_facts(Combined& all, PlanFacts& f) {
  for (auto* points : {&f.n_sources, &f.n_targets, &f.n_leaves, &f.n_boxes, &f.n_ghosts})
    all.add(*points);
  for (auto* pairs : {&f.pairs_p2p, &f.pairs_m2l, &f.pairs_m2p, &f.pairs_p2l}) all.add(*pairs);
  all.add(f.m2l_flops);
  all.add(f.bytes_sent);
  all.add(f.messages_sent);
  all.take_most(f.depth);
  all.take_most(f.largest_leaf);
  all.take_most(f.plan_bytes);
  all.take_most(f.launches);
}

}  // namespace

void combine(const Ranks& ranks, Result& result) {
  if (ranks.is_alone()) return;
  OverRanks over;
  over.ranks = ranks.size();
  Combined all;
  const auto over_ranks = [&](double StageSeconds::* stage) {
    all.number(result.seconds.*stage, [&over, stage](const auto& seconds) {
      over.least.*stage = *std::min_element(seconds.begin(), seconds.end());
      over.mean.*stage = Combined::total(seconds) / double(seconds.size());
      over.most.*stage = Combined::most(seconds);
    });
  };
  for (const Stage& stage : stages) over_ranks(stage.seconds);
  for (const Stage& wait : waits) over_ranks(wait.seconds);
  all.number(static_cast<double>(result.facts.pairs_p2p), [&](const auto& pairs) {
    const double total = Combined::total(pairs);
    if (total > 0) over.imbalance = Combined::most(pairs) / (total / double(pairs.size()));
  });
  if (result.update_seconds) all.take_most(*result.update_seconds);
  all.take_most(result.peak_rss_bytes);
  for (std::size_t& numbers : result.not_finite) all.add(numbers);
  all.add(result.charge_times_potential);
  combine_facts(all, result.facts);
  all.exchange(ranks);
  result.seconds = over.most;
  PlanFacts& f = result.facts;
  f.n_boxes -= f.n_ghosts;
  f.boxes_by_level.resize(std::size_t(f.depth) + 1, 0);
  Combined levels;
  for (std::size_t& boxes : f.boxes_by_level) levels.add(boxes);
  levels.exchange(ranks);
  over.bytes_sent = f.bytes_sent, over.messages_sent = f.messages_sent;
  result.over_ranks = over;
}

}  // namespace Octopole::Driver
