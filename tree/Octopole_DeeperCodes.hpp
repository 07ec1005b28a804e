#ifndef OCTOPOLE_DEEPER_CODES_HPP
#define OCTOPOLE_DEEPER_CODES_HPP

#include <core/base/Octopole_Allocate.hpp>
#include <tree/Octopole_SortedPoints.hpp>

#include <bit>

namespace Octopole {

namespace Impl {

/// Whether more than `capacity` points share their codes: one pass over the last word. Waits for `exec`.
template <class ExecutionSpace, class MemorySpace>
bool crowded(const ExecutionSpace& exec, const SortedPoints<MemorySpace>& sorted, int capacity) {
  const int n_windows = sorted.size() - capacity;
  if (n_windows <= 0) return false;
  const auto codes = sorted.codes();
  const auto last = codes.word[codes.n_words - 1];
  int found = 0;
  Kokkos::parallel_reduce(
      "Octopole::Points::long_runs", Kokkos::RangePolicy<ExecutionSpace>(exec, 0, n_windows),
      KOKKOS_LAMBDA(const int i, int& sum) {
        sum += last(i) == last(i + capacity) && codes.same(i, i + capacity);
      },
      found);
  return found > 0;
}

/// Whether more than `capacity` points share their codes and are not all at one place; notes in
/// `sorted` whether it is crowded. Waits for `exec`.
template <class ExecutionSpace, class Points, class MemorySpace>
bool need_deeper(const ExecutionSpace& exec, const Points& points,
                 SortedPoints<MemorySpace>& sorted, int capacity) {
  sorted.crowded = crowded(exec, sorted, capacity);
  if (!sorted.crowded) return false;
  const int n = sorted.size();
  const auto codes = sorted.codes();
  const auto input = sorted.input;
  int found = 0;
  Kokkos::parallel_reduce(
      "Octopole::Points::places", Kokkos::RangePolicy<ExecutionSpace>(exec, 0, n - 1),
      KOKKOS_LAMBDA(const int i, int& sum) {
        if (!codes.same(i, i + 1)) return;
        if (at_one_place(points, input(i), input(i + 1))) return;
        // How far the run reaches to both sides, `capacity` at most.
        int before = 0, after = 1;
        for (int step = capacity; step > 0; step /= 2) {
          while (before + step <= capacity && i - before - step >= 0 &&
                 codes.same(i, i - before - step))
            before += step;
          while (after + step <= capacity && i + after + step < n &&
                 codes.same(i, i + after + step))
            after += step;
        }
        sum += before + after >= capacity;
      },
      found);
  return found > 0;
}

/// Adds the next word and sorts by it the points that the words before do not tell apart. Waits for
/// `exec`.
template <class ExecutionSpace, class Points, class MemorySpace>
void add_word(const ExecutionSpace& exec, const Domain& domain, const Points& points,
              SortedPoints<MemorySpace>& sorted) {
  using Sorted = SortedPoints<MemorySpace>;
  const int n = sorted.size(), level = Morton::finest_level(sorted.n_words);
  const auto codes = sorted.codes();
  const auto input = sorted.input;
  auto& word = sorted.deeper[sorted.n_words - 1];
  if (static_cast<int>(word.extent(0)) != n)
    allocate_into(word, exec, "Octopole::Points::deeper_code", n);
  ++sorted.n_words;
  if (n == 0) return;
  auto keys = allocate<typename Sorted::Codes>(exec, "Octopole::Points::keys", n);
  auto order = allocate<typename Sorted::Indices>(exec, "Octopole::Points::order", n);
  const Kokkos::RangePolicy<ExecutionSpace> all(exec, 0, n);
  {
    const auto key = keys;
    const auto at = order;
    const auto to = word;
    Kokkos::parallel_for(
        "Octopole::Points::encode_deeper", all, KOKKOS_LAMBDA(const int i) {
          const int from = input(i);
          to(i) = key(i) = domain.code_within(points(from, 0), points(from, 1), points(from, 2),
                                              codes.box_of(i, level));
          at(i) = i;
        });
  }
  sort_by_key(exec, keys, order, Morton::code_bits, sorted.space);
  // Then by what the points are sorted by already, whose place is taken by the number of the run.
  const auto run = allocate<typename Sorted::Indices>(exec, "Octopole::Points::run", n);
  int n_runs = 0;
  Kokkos::parallel_scan(
      "Octopole::Points::runs", all,
      KOKKOS_LAMBDA(const int i, int& sum, const bool last) {
        if (i > 0 && !codes.same(i - 1, i)) ++sum;
        if (last) run(i) = sum;
      },
      n_runs);
  {
    const auto key = keys;
    const auto at = order;
    Kokkos::parallel_for(
        "Octopole::Points::run_of", all,
        KOKKOS_LAMBDA(const int i) { key(i) = std::uint64_t(run(at(i))); });
  }
  sort_by_key(exec, keys, order, int(std::bit_width(std::uint64_t(n_runs) | 1)), sorted.space);
  const auto unsorted = allocate<typename Sorted::Codes>(exec, "Octopole::Points::unsorted", n);
  copy_elements("Octopole::Points::unsorted", exec, unsorted, 0, word, n);
  copy_elements("Octopole::Points::unsorted", exec, run, 0, input, n);
  const auto at = order;
  const auto to = word;
  Kokkos::parallel_for(
      "Octopole::Points::reorder", all, KOKKOS_LAMBDA(const int i) {
        to(i) = unsorted(at(i));
        input(i) = run(at(i));
      });
  exec.fence("Octopole::Points::reorder");
}

}  // namespace Impl

/// Sorts on where word 0 of the codes is not enough for leaves of `capacity` points: adds words, to
/// sources and targets alike, while more points than that share all words in one of the two and are
/// not at one place. Points whose words all agree keep the caller's order. Waits for `exec`.
/// @param exec  instance to work on
/// @param domain  holds the points
/// @param sources,targets  called as points(i, d)
/// @param[in,out] sorted_sources,sorted_targets  these, sorted by word 0
/// @param capacity  at least 1
/// @param finest  the finest level that is to be told apart, 0 to Morton::max_level
template <class ExecutionSpace, class Sources, class Targets, class MemorySpace>
void sort_deeper(const ExecutionSpace& exec, const Domain& domain, const Sources& sources,
                 SortedPoints<MemorySpace>& sorted_sources, const Targets& targets,
                 SortedPoints<MemorySpace>& sorted_targets, int capacity,
                 int finest = Morton::max_level) {
  for (;;) {
    const bool of_sources = Impl::need_deeper(exec, sources, sorted_sources, capacity);
    const bool of_targets = Impl::need_deeper(exec, targets, sorted_targets, capacity);
    const bool finest_there = Morton::finest_level(sorted_sources.n_words) >= finest;
    if (finest_there || !(of_sources || of_targets)) return;
    Impl::add_word(exec, domain, sources, sorted_sources);
    Impl::add_word(exec, domain, targets, sorted_targets);
  }
}

/// The same where the sources are the targets.
/// @param exec,domain,capacity,finest  as for the other
/// @param points  called as points(i, d)
/// @param[in,out] sorted  these, sorted by word 0
template <class ExecutionSpace, class Points, class MemorySpace>
void sort_deeper(const ExecutionSpace& exec, const Domain& domain, const Points& points,
                 SortedPoints<MemorySpace>& sorted, int capacity, int finest = Morton::max_level) {
  while (Impl::need_deeper(exec, points, sorted, capacity) &&
         Morton::finest_level(sorted.n_words) < finest)
    Impl::add_word(exec, domain, points, sorted);
}

}  // namespace Octopole

#endif
