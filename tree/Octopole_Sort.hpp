#ifndef OCTOPOLE_SORT_HPP
#define OCTOPOLE_SORT_HPP

#include <Kokkos_Core.hpp>
#include <Kokkos_Sort.hpp>
#include <impl/Octopole_Allocate.hpp>

#include <algorithm>
#include <cstdint>
#include <utility>

namespace Octopole {

namespace Impl {

/// One pass of a least-significant-digit radix sort over 8 bits. Each chunk counts its digits, the
/// counts are scanned digit by digit over the chunks, and each chunk writes in its own order: the
/// result is stable and does not depend on the number of chunks.
template <class ExecutionSpace, class Keys, class Values, class Counts>
void radix_pass(const ExecutionSpace& exec, const Keys& keys, const Values& values,
                const Keys& keys_out, const Values& values_out, const Counts& counts, int shift) {
  const std::int64_t n = keys.extent(0);
  const int n_chunks = counts.extent(1);
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

}  // namespace Impl

/// Sorts `keys` (std::uint64_t) and `values` (int) by the low `bits` bits of the keys, stably, on
/// `exec`. The higher bits must be zero. Extents must agree and stay below 2^31. Both Views may be
/// replaced by others of the same extents. Kokkos' own sort_by_key is a serial std::sort on host
/// spaces, so a radix sort takes its place there.
template <class ExecutionSpace, class Keys, class Values>
void sort_by_key(const ExecutionSpace& exec, Keys& keys, Values& values, int bits) {
  if constexpr (Kokkos::SpaceAccessibility<Kokkos::HostSpace,
                                           typename ExecutionSpace::memory_space>::accessible) {
    const std::int64_t n = keys.extent(0);
    const int n_chunks = int(std::clamp<std::int64_t>(n / 8192, 1, exec.concurrency()));
    using Counts =
        Kokkos::View<int**, Kokkos::LayoutRight, typename ExecutionSpace::memory_space>;
    auto keys_out = Impl::allocate<Keys>(exec, "Octopole::Sort::keys", n);
    auto values_out = Impl::allocate<Values>(exec, "Octopole::Sort::values", n);
    const auto counts = Impl::allocate<Counts>(exec, "Octopole::Sort::counts", 256, n_chunks);
    for (int shift = 0; shift < bits; shift += 8) {
      Impl::radix_pass(exec, keys, values, keys_out, values_out, counts, shift);
      std::swap(keys, keys_out);
      std::swap(values, values_out);
    }
    exec.fence("Octopole::Sort");  // the buffers go out of scope
  } else {
    Kokkos::Experimental::sort_by_key(exec, keys, values);
  }
}

/// First index in [begin, end) whose element of the sorted View is not less than `value`; else end.
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

}  // namespace Octopole

#endif
