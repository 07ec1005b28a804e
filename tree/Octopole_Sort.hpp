#ifndef OCTOPOLE_SORT_HPP
#define OCTOPOLE_SORT_HPP

#include <Kokkos_Core.hpp>
#include <Kokkos_Sort.hpp>
#include <core/base/Octopole_Allocate.hpp>
#include <core/base/Octopole_WorkShape.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

namespace Octopole {

namespace Impl {

/// One pass of a least-significant-digit radix sort over 8 bits. Each chunk counts its digits, the
/// counts are scanned digit by digit over the chunks, and each chunk writes in its own order: the
/// result is stable and does not depend on the number of chunks.
template <class ExecutionSpace, class Keys, class Values, class Counts>
void radix_pass(const ExecutionSpace& exec, const Keys& keys, const Values& values,
                const Keys& keys_out, const Values& values_out, const Counts& counts, int shift) {
  const std::int64_t n = keys.extent(0);
  const int n_chunks = int(counts.extent(1));
  Kokkos::parallel_for(
      "Octopole::Sort::count", Kokkos::RangePolicy<ExecutionSpace>(exec, 0, n_chunks),
      KOKKOS_LAMBDA(const int chunk) {
        // In registers and cache of its own: neighbouring chunks share lines of `counts`.
        int count[256] = {};
        const std::int64_t end = n * (chunk + 1) / n_chunks;
        for (std::int64_t i = n * chunk / n_chunks; i < end; ++i) ++count[keys(i) >> shift & 255];
        for (int d = 0; d < 256; ++d) counts(d, chunk) = count[d];
      });
  Kokkos::parallel_scan(
      "Octopole::Sort::scan", Kokkos::RangePolicy<ExecutionSpace>(exec, 0, 256 * n_chunks),
      KOKKOS_LAMBDA(const int i, int& sum, const bool last) {
        const int c = counts(i / n_chunks, i % n_chunks);
        if (last) counts(i / n_chunks, i % n_chunks) = sum;
        sum += c;
      });
  Kokkos::parallel_for(
      "Octopole::Sort::scatter", Kokkos::RangePolicy<ExecutionSpace>(exec, 0, n_chunks),
      KOKKOS_LAMBDA(const int chunk) {
        int next[256];
        for (int d = 0; d < 256; ++d) next[d] = counts(d, chunk);
        const std::int64_t end = n * (chunk + 1) / n_chunks;
        for (std::int64_t i = n * chunk / n_chunks; i < end; ++i) {
          const int to = next[keys(i) >> shift & 255]++;
          keys_out(to) = keys(i);
          values_out(to) = values(i);
        }
      });
}

/// The lowest bit from which on a sort should start: above it lie so few pairs of unequal keys that
/// agree, as a sample of the keys tells, that it is cheaper to sort those one by one afterwards.
template <class Keys>
int first_bit_to_sort(const Keys& keys, int bits) {
  const std::int64_t n = keys.extent(0);
  if (n < 4096) return 0;
  // Of a sample of sqrt(8 n) keys 8 pairs agree where n pairs of all do.
  const auto size = std::int64_t(std::sqrt(8.0 * double(n)));
  std::vector<std::uint64_t> sample(size);
  for (std::int64_t i = 0; i < size; ++i) sample[i] = keys(n * i / size);
  std::sort(sample.begin(), sample.end());
  for (int first = bits - 16; first > 0; first -= 8) {
    std::int64_t pairs = 0;
    for (std::int64_t i = 0, j, run; i < size; i = j) {
      run = 0;
      for (j = i + 1; j < size && sample[j] >> first == sample[i] >> first; ++j)
        if (sample[j] != sample[j - 1])
          run = j - i;
        else if (run > 0)
          ++run;
      pairs += run * (run + 1) / 2;
    }
    if (pairs <= 8) return first;
  }
  return 0;
}

/// Sorts, stably, [begin, end) by merging runs of twice the length again and again.
template <class Keys, class Values>
KOKKOS_FUNCTION void merge_sort(const Keys& keys, const Values& values, const Keys& spare_keys,
                                const Values& spare_values, std::int64_t begin, std::int64_t end) {
  for (std::int64_t length = 1; length < end - begin; length *= 2) {
    for (std::int64_t first = begin; first < end; first += 2 * length) {
      const std::int64_t middle = Kokkos::min(first + length, end),
                         last = Kokkos::min(first + 2 * length, end);
      for (std::int64_t a = first, b = middle, to = first; to < last; ++to) {
        const std::int64_t from = b == last || (a < middle && keys(a) <= keys(b)) ? a++ : b++;
        spare_keys(to) = keys(from);
        spare_values(to) = values(from);
      }
    }
    for (std::int64_t i = begin; i < end; ++i) {
      keys(i) = spare_keys(i);
      values(i) = spare_values(i);
    }
  }
}

/// What is left when keys are sorted from bit `first` on: runs of keys that agree there are sorted
/// by what is below.
template <class ExecutionSpace, class Keys, class Values>
void sort_runs(const ExecutionSpace& exec, const Keys& keys, const Values& values,
               const Keys& spare_keys, const Values& spare_values, int n_chunks, int first) {
  const std::int64_t n = keys.extent(0);
  Kokkos::parallel_for(
      "Octopole::Sort::runs",
      Kokkos::RangePolicy<ExecutionSpace, Kokkos::Schedule<Kokkos::Dynamic>>(exec, 0, n_chunks),
      KOKKOS_LAMBDA(const int chunk) {
        const auto same_run = [&](std::int64_t a, std::int64_t b) {
          return keys(a) >> first == keys(b) >> first;
        };
        // A run belongs to the chunk in which it starts.
        std::int64_t begin = n * chunk / n_chunks, end = n * (chunk + 1) / n_chunks;
        while (begin > 0 && begin < end && same_run(begin - 1, begin)) ++begin;
        while (end > begin && end < n && same_run(end - 1, end)) ++end;
        // Keys descend only within a run.
        for (std::int64_t i = begin + 1; i < end; ++i) {
          if (keys(i - 1) <= keys(i)) continue;
          std::int64_t run_begin = i - 1, run_end = i + 1;
          while (run_begin > begin && same_run(run_begin - 1, i)) --run_begin;
          while (run_end < end && same_run(run_end, i)) ++run_end;
          merge_sort(keys, values, spare_keys, spare_values, run_begin, run_end);
          i = run_end;
        }
      });
}

}  // namespace Impl

/// What a sort needs beside its keys and values: memory that is made where it does not fit.
template <class Keys, class Values>
struct SortSpace {
  Keys keys;      ///< (n) or anything
  Values values;  ///< (n) or anything

  /// Makes memory where it does not fit.
  /// @param exec  instance to work on
  /// @param n  keys
  template <class ExecutionSpace>
  void fit(const ExecutionSpace& exec, std::int64_t n) {
    if (std::int64_t(keys.extent(0)) == n) return;
    Impl::allocate_into(keys, exec, "Octopole::Sort::keys", n);
    Impl::allocate_into(values, exec, "Octopole::Sort::values", n);
  }
};

/// Sorts `keys` (std::uint64_t) and `values` (int) by the low `bits` bits of the keys, stably, on
/// `exec`. The higher bits must be zero. Extents must agree and stay below 2^31. Both Views may be
/// replaced by others of the same extents. Kokkos' own sort_by_key is a serial std::sort on host
/// spaces, so a radix sort takes its place there.
/// @param exec  instance to work on; on host spaces fenced before the return
/// @param[in,out] keys  (n)
/// @param[in,out] values  (n)
/// @param bits  1 to 64
/// @param[in,out] space  of an earlier sort, for the next
template <class ExecutionSpace, class Keys, class Values>
void sort_by_key(const ExecutionSpace& exec, Keys& keys, Values& values, int bits,
                 SortSpace<Keys, Values>& space) {
  if constexpr (on_host<ExecutionSpace>) {
    const std::int64_t n = keys.extent(0);
    const int n_chunks = int(std::clamp<std::int64_t>(n / 8192, 1, exec.concurrency()));
    using Counts = Kokkos::View<int**, Kokkos::LayoutRight, typename ExecutionSpace::memory_space>;
    auto& keys_out = space.keys;
    auto& values_out = space.values;
    space.fit(exec, n);
    const auto counts = Impl::allocate<Counts>(exec, "Octopole::Sort::counts", 256, n_chunks);
    exec.fence("Octopole::Sort");  // the host looks at the keys
    const int first = Impl::first_bit_to_sort(keys, bits);
    for (int shift = first; shift < bits; shift += 8) {
      Impl::radix_pass(exec, keys, values, keys_out, values_out, counts, shift);
      std::swap(keys, keys_out);
      std::swap(values, values_out);
    }
    if (first > 0) Impl::sort_runs(exec, keys, values, keys_out, values_out, 16 * n_chunks, first);
    exec.fence("Octopole::Sort");  // the buffers may go out of scope
  } else {
    Kokkos::Experimental::sort_by_key(exec, keys, values);
  }
}

/// Sorts with buffers of its own.
/// @param exec,keys,values,bits  as for the sort with SortSpace
template <class ExecutionSpace, class Keys, class Values>
void sort_by_key(const ExecutionSpace& exec, Keys& keys, Values& values, int bits) {
  SortSpace<Keys, Values> space;
  sort_by_key(exec, keys, values, bits, space);
}

/// First index in [begin, end) whose element of the sorted View is not less than `value`; else end.
/// @param sorted  ascending in [begin, end)
/// @param begin,end  the range to look at
/// @param value  to look for
/// @return begin to end
template <class View, class T>
KOKKOS_INLINE_FUNCTION int lower_bound(const View& sorted, int begin, int end, const T& value) {
  while (begin < end) {
    const int middle = begin + (end - begin) / 2;
    if (sorted(middle) < value)
      begin = middle + 1;
    else
      end = middle;
  }
  return begin;
}

/// Where ascending runs begin that lie one after the other.
struct SortedRuns {
  static constexpr int most = 8;         ///< beyond which sorting is faster
  Kokkos::Array<int, most + 1> begin{};  ///< of each run, and the end
  int size = 0;                          ///< runs with something in them, at most `most`
};

namespace Impl {

/// The place of each element of a run in the order of all, block by block: found once for the block's first,
/// and then by walking along the other runs.
template <class Keys, class Values>
struct MergeRuns {
  static constexpr int block = on_host<typename Keys::execution_space> ? 1024 : 4;
  Keys keys, keys_out;
  Values values, values_out;
  SortedRuns runs;

  KOKKOS_FUNCTION void operator()(const int b) const {
    const int begin = b * block, end = Kokkos::min(begin + block, runs.begin[runs.size]);
    int run = 0;
    while (runs.begin[run + 1] <= begin) ++run;
    for (int first = begin; first < end; ++run) {
      const int last = Kokkos::min(end, runs.begin[run + 1]);
      place(run, first, last);
      first = last;
    }
  }

 private:
  /// Elements `first` to `last` of one run. Of equal keys those of earlier runs come first.
  KOKKOS_FUNCTION void place(int run, int first, int last) const {
    int before[SortedRuns::most] = {};  // elements of each other run that come before
    for (int other = 0; other < runs.size; ++other)
      if (other != run)
        before[other] = lower_bound(keys, runs.begin[other], runs.begin[other + 1],
                                    keys(first) + std::uint64_t(other < run));
    for (int i = first; i < last; ++i) {
      const std::uint64_t key = keys(i);
      int place = i - runs.begin[run];
      for (int other = 0; other < runs.size; ++other) {
        if (other == run) continue;
        int& at = before[other];
        while (at < runs.begin[other + 1] && keys(at) < key + std::uint64_t(other < run)) ++at;
        place += at - runs.begin[other];
      }
      keys_out(place) = key;
      values_out(place) = values(i);
    }
  }
};

}  // namespace Impl

/// The order that sort_by_key would give to keys that come in ascending runs. Keys are below 2^64 - 1.
/// @param exec  instance to work on; waited for
/// @param runs  of the keys
/// @param[in,out] keys,values,space  as for sort_by_key
template <class ExecutionSpace, class Keys, class Values>
void merge_runs(const ExecutionSpace& exec, const SortedRuns& runs, Keys& keys, Values& values,
                SortSpace<Keys, Values>& space) {
  if (runs.size <= 1) return;
  const int n = runs.begin[runs.size];
  space.fit(exec, n);
  using Merge = Impl::MergeRuns<Keys, Values>;
  Kokkos::parallel_for(
      "Octopole::Sort::merge",
      Kokkos::RangePolicy<ExecutionSpace>(exec, 0, (n + Merge::block - 1) / Merge::block),
      Merge{keys, space.keys, values, space.values, runs});
  exec.fence("Octopole::Sort::merge");
  std::swap(keys, space.keys);
  std::swap(values, space.values);
}

}  // namespace Octopole

#endif
