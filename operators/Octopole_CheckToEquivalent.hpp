#ifndef OCTOPOLE_CHECK_TO_EQUIVALENT_HPP
#define OCTOPOLE_CHECK_TO_EQUIVALENT_HPP

#include <Octopole_Gemm.hpp>

#include <utility>

namespace Octopole {

/// Solves for the densities whose potential is the one given on the check surface, for the boxes
/// [first, last) of one level at once: densities = left * (right * check), two tall products, the
/// two factors never multiplied out. `scratch`: at least (right.extent(0), scratch columns).
template <class ExecutionSpace, class Matrix, class Columns>
void check_to_equivalent(const ExecutionSpace& exec, const Matrix& left, const Matrix& right,
                         const Columns& check, const Columns& densities, int first, int last,
                         const Columns& scratch) {
  const int width = static_cast<int>(scratch.extent(1));
  for (int begin = first; begin < last; begin += width) {
    const auto boxes = std::make_pair(begin, std::min(begin + width, last));
    const auto half = Kokkos::subview(scratch, std::make_pair(std::size_t(0), right.extent(0)),
                                      std::make_pair(0, boxes.second - boxes.first));
    gemm(exec, right, Kokkos::subview(check, Kokkos::ALL, boxes), 0, half);
    gemm(exec, left, half, 0, Kokkos::subview(densities, Kokkos::ALL, boxes));
  }
}

}  // namespace Octopole

#endif
