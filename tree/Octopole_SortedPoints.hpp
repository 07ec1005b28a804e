#ifndef OCTOPOLE_SORTED_POINTS_HPP
#define OCTOPOLE_SORTED_POINTS_HPP

#include <core/base/Octopole_Allocate.hpp>
#include <tree/Octopole_Domain.hpp>
#include <tree/Octopole_Morton.hpp>
#include <tree/Octopole_Sort.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace Octopole {

/// The codes of points in Morton order, as kernels take them.
template <class MemorySpace>
struct PointCodes {
  using Codes = Kokkos::View<std::uint64_t*, MemorySpace>;  ///< of 64 bits
  Kokkos::Array<Codes, Morton::words> word;                 ///< (N) each, those that there are
  int n_words = 1,                                          ///< 1 to Morton::words
      size = 0;                                             ///< N

  /// Whether two points lie in one cell, as far as their codes tell.
  /// @param i,j  0 to N - 1
  /// @return whether their codes agree
  KOKKOS_FUNCTION bool same(int i, int j) const {
    for (int w = 0; w < n_words; ++w)
      if (word[w](i) != word[w](j)) return false;
    return true;
  }
  /// The box of a level that holds a point.
  /// @param i  0 to N - 1
  /// @param level  0 to Morton::finest_level(n_words)
  /// @return its key
  KOKKOS_FUNCTION Morton::Key box_of(int i, int level) const {
    Morton::Key box{{0, 0, 0}, 0};
    for (int w = 0; box.level < level; ++w)
      box = Morton::box_within(box, word[w](i), Kokkos::min(level, Morton::finest_level(w + 1)));
    return box;
  }
  /// The points in a box among those of its parent, or of any box from that in which its word starts on.
  /// @param begin,end  range of the points in that box
  /// @param box  level at most Morton::finest_level(n_words)
  /// @return first and one past the last
  KOKKOS_FUNCTION Kokkos::pair<int, int> in_box(int begin, int end, const Morton::Key& box) const {
    const auto& code = word[Morton::word_of(Morton::level(box))];
    const Morton::CodeRange codes = Morton::codes(box);
    const int first = lower_bound(code, begin, end, codes.first);
    return {first, lower_bound(code, first, end, codes.end)};
  }
  /// The points in a box among all.
  /// @param box  as for the other
  /// @return first and one past the last
  KOKKOS_FUNCTION Kokkos::pair<int, int> in_box(const Morton::Key& box) const {
    Kokkos::pair<int, int> range{0, size};
    const int level = Morton::level(box);
    for (int w = 0; w <= Morton::word_of(level); ++w)
      range = in_box(range.first, range.second,
                     Morton::ancestor(box, Kokkos::min(level, Morton::finest_level(w + 1))));
    return range;
  }
};

/// Points in Morton order: codes ascending, `input(i)` the caller's index of the i-th.
template <class MemorySpace>
struct SortedPoints {
  using Codes = Kokkos::View<std::uint64_t*, MemorySpace>;  ///< of 64 bits
  using Indices = Kokkos::View<int*, MemorySpace>;          ///< below 2^31
  Codes code;                                               ///< (N) word 0
  Kokkos::Array<Codes, Morton::words - 1> deeper;  ///< (N) the other words, where there are any
  int n_words = 1;                                 ///< words that there are, see sort_deeper
  bool crowded = false;  ///< more points than a leaf takes share all words, see sort_deeper
  Indices input;         ///< (N) a permutation
  SortSpace<Codes, Indices> space;  ///< what sorting needed, for the next time
  /// @return N
  int size() const { return static_cast<int>(code.extent(0)); }
  /// @return all words that there are
  PointCodes<MemorySpace> codes() const {
    PointCodes<MemorySpace> all{{code}, n_words, size()};
    for (int w = 1; w < n_words; ++w) all.word[w] = deeper[w - 1];
    return all;
  }
  /// @return memory that the points hold
  std::size_t bytes() const {
    return Impl::bytes_of(code, deeper[0], deeper[1], input, space.keys, space.values);
  }
  /// Gives back the codes: only the order is left.
  void release_codes() {
    code = {};
    deeper = {};
    n_words = 1;
  }
};

/// Whether two points have the same coordinates.
/// @param points  called as points(i, d)
/// @param a,b  the caller's indices
/// @return whether they are at one place
template <class Points>
KOKKOS_FORCEINLINE_FUNCTION bool at_one_place(const Points& points, int a, int b) {
  return points(a, 0) == points(b, 0) && points(a, 1) == points(b, 1) &&
         points(a, 2) == points(b, 2);
}

/// Word 0 of the codes of `points` (N,3) in the caller's order, and their bounds, in one pass. Codes of points
/// outside `domain` are of no use. Waits for `exec`.
/// @param exec  instance to work on
/// @param domain  a cube, which holds the points or not
/// @param points  called as points(i, d); has extent(0), below 2^31
/// @param[in,out] sorted  takes the codes, and the indices 0 to N - 1; memory is kept where N is the
///   same
/// @return bounds in the points' unit
template <class ExecutionSpace, class Points>
Bounds encode_points(const ExecutionSpace& exec, const Domain& domain, const Points& points,
                     SortedPoints<typename ExecutionSpace::memory_space>& sorted) {
  const int n = static_cast<int>(points.extent(0));
  if (sorted.size() != n) {
    Impl::allocate_into(sorted.code, exec, "Octopole::Points::code", n);
    Impl::allocate_into(sorted.input, exec, "Octopole::Points::input", n);
  }
  sorted.n_words = 1;
  const auto codes = sorted.code;
  const auto input = sorted.input;
  // On the host several at a time, which the compiler turns into vectors.
  constexpr int lanes = on_host<ExecutionSpace> ? 16 : 1;
  Bounds b;
  Kokkos::parallel_reduce(
      "Octopole::Points::encode",
      Kokkos::RangePolicy<ExecutionSpace>(exec, 0, (n + lanes - 1) / lanes),
      KOKKOS_LAMBDA(const int block, Bounds& sum) {
        const int begin = block * lanes, count = n - begin < lanes ? n - begin : lanes;
        double x[lanes] = {}, y[lanes] = {}, z[lanes] = {};
        Bounds here;
        for (int i = 0; i < count; ++i) {
          x[i] = points(begin + i, 0);
          y[i] = points(begin + i, 1);
          z[i] = points(begin + i, 2);
          here.add(x[i], y[i], z[i]);
        }
        std::uint64_t code[lanes];
        for (int i = 0; i < lanes; ++i) code[i] = domain.code(x[i], y[i], z[i]);
        for (int i = 0; i < count; ++i) {
          codes(begin + i) = code[i];
          input(begin + i) = begin + i;
        }
        sum = unite(sum, here);
      },
      Impl::UniteBounds(b));
  exec.fence("Octopole::Points::encode");
  return b;
}

/// Sorts what `encode_points` has made along the Morton curve; equal codes keep the caller's order.
/// @param exec  instance to work on
/// @param[in,out] sorted  codes and indices
template <class ExecutionSpace>
void sort_codes(const ExecutionSpace& exec,
                SortedPoints<typename ExecutionSpace::memory_space>& sorted) {
  sort_by_key(exec, sorted.code, sorted.input, Morton::code_bits, sorted.space);
}

/// The same for points that come in runs along the curve, of which there may be many.
/// @param exec  instance to work on; waited for
/// @param lengths  of the runs, one after the other, 0 among them; together N
/// @param[in,out] sorted  codes and indices
template <class ExecutionSpace>
void merge_codes(const ExecutionSpace& exec, const std::vector<std::int64_t>& lengths,
                 SortedPoints<typename ExecutionSpace::memory_space>& sorted) {
  SortedRuns runs{};
  std::int64_t end = 0;
  for (const std::int64_t length : lengths) {
    if (length == 0) continue;
    if (runs.size == SortedRuns::most) return sort_codes(exec, sorted);
    end += length;
    runs.begin[++runs.size] = int(end);
  }
  merge_runs(exec, runs, sorted.code, sorted.input, sorted.space);
}

/// encode_points and sort_codes, for points that lie in `domain`.
/// @param exec  instance to work on
/// @param domain  holds the points
/// @param points  called as points(i, d); has extent(0), below 2^31
/// @return word 0 of the codes, and the order
template <class ExecutionSpace, class Points>
SortedPoints<typename ExecutionSpace::memory_space> sort_points(const ExecutionSpace& exec,
                                                                const Domain& domain,
                                                                const Points& points) {
  SortedPoints<typename ExecutionSpace::memory_space> sorted;
  encode_points(exec, domain, points, sorted);
  sort_codes(exec, sorted);
  sorted.space = {};
  return sorted;
}

}  // namespace Octopole

#endif
