#ifndef OCTOPOLE_CHECK_TO_EQUIVALENT_HPP
#define OCTOPOLE_CHECK_TO_EQUIVALENT_HPP

#include <Octopole_BoxLists.hpp>
#include <Octopole_Columns.hpp>
#include <Octopole_Gemm.hpp>

#include <algorithm>
#include <string>
#include <utility>

namespace Octopole {

namespace Impl {
struct CheckToEquivalent;
}

/// Solves for the densities whose potential is the one given on the check surface, for the boxes
/// [first, last) of one level at once: densities = left * (right * check), two tall products, the
/// two factors never multiplied out. `half`: scratch of at least right.extent(0) rows.
template <class ExecutionSpace, class Matrix, class Columns>
void check_to_equivalent(const ExecutionSpace& exec, const Matrix& left, const Matrix& right,
                         const Columns& check, const Columns& densities, int first, int last,
                         const Columns& half) {
  const int width = static_cast<int>(half.extent(1));
  for (int begin = first; begin < last; begin += width) {
    const auto boxes = std::make_pair(begin, std::min(begin + width, last));
    const auto product = Kokkos::subview(half, std::make_pair(std::size_t(0), right.extent(0)),
                                         std::make_pair(0, boxes.second - boxes.first));
    gemm(exec, right, Kokkos::subview(check, Kokkos::ALL, boxes), 0, product);
    gemm(exec, left, product, 0, Kokkos::subview(densities, Kokkos::ALL, boxes));
  }
}

/// The same for one group of a list of boxes. `side`: scratch for columns brought side by side.
template <class ExecutionSpace, class Matrix, class Columns, class MemorySpace>
void check_to_equivalent(const ExecutionSpace& exec, const Matrix& left, const Matrix& right,
                         const Columns& check, const Columns& densities,
                         const BoxList<MemorySpace>& list, int group, const Columns& half,
                         const Columns& side) {
  static const std::string gather_label = "Octopole::C2E.g",
                           scatter_label = "Octopole::C2E.s";
  using Index = Kokkos::View<const int*, MemorySpace>;
  const int width = static_cast<int>(std::min(half.extent(1), side.extent(1)));
  for (int begin = list.first(group); begin < list.last(group); begin += width) {
    const auto columns = std::make_pair(0, std::min(width, list.last(group) - begin));
    const auto rows = [](std::size_t n) { return std::make_pair(std::size_t(0), n); };
    const Impl::BoxColumn<Index> box{list.boxes, begin};
    const Columns in = Kokkos::subview(side, rows(check.extent(0)), columns);
    const Columns out = Kokkos::subview(side, rows(densities.extent(0)), columns);
    const Columns product = Kokkos::subview(half, rows(right.extent(0)), columns);
    gather<Impl::CheckToEquivalent>(gather_label, exec, check, in, box);
    gemm(exec, right, in, 0, product);
    gemm(exec, left, product, 0, out);
    scatter<Impl::CheckToEquivalent, false>(scatter_label, exec, out, densities, box);
  }
}

}  // namespace Octopole

#endif
