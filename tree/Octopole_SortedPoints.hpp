#ifndef OCTOPOLE_SORTED_POINTS_HPP
#define OCTOPOLE_SORTED_POINTS_HPP

#include <core/base/Octopole_Allocate.hpp>
#include <tree/Octopole_Domain.hpp>
#include <tree/Octopole_Morton.hpp>
#include <tree/Octopole_Sort.hpp>

namespace Octopole {

/// Points in Morton order: `code(i)` ascending, `input(i)` the caller's index of the i-th.
template <class MemorySpace>
struct SortedPoints {
  using Codes = Kokkos::View<std::uint64_t*, MemorySpace>;  ///< of 64 bits
  using Indices = Kokkos::View<int*, MemorySpace>;          ///< below 2^31
  Codes code;                                               ///< (N) see Domain::code
  Indices input;                                            ///< (N) a permutation
  SortSpace<Codes, Indices> space;  ///< what sorting needed, for the next time
  /// @return N
  int size() const { return static_cast<int>(code.extent(0)); }
};

/// Codes of `points` (N,3) in the caller's order, and their bounds, in one pass. Codes of points
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

/// Both of the above, for points that lie in `domain`.
/// @param exec  instance to work on
/// @param domain  holds the points
/// @param points  called as points(i, d); has extent(0), below 2^31
/// @return codes and order
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
