#ifndef OCTOPOLE_M2M_HPP
#define OCTOPOLE_M2M_HPP

#include <Octopole_FmmData.hpp>
#include <Octopole_Gemm.hpp>

#include <string>
#include <utility>

namespace Octopole {

namespace Impl {

/// The densities of a parent's 8 children side by side in one column, zeros for those that are
/// missing: parents own their sums, so that nothing is added in a race.
template <class Data>
struct M2MGather {
  Data d;
  Kokkos::View<const int*, typename Data::memory_space> parents;
  int first;
  typename Data::Columns children;

  KOKKOS_FUNCTION void operator()(const int i, const int octant) const {
    const int child = d.tree.child(parents(first + i), octant);
    const int n = static_cast<int>(d.multipole.extent(0));
    for (int j = 0; j < n; ++j)
      children(octant * n + j, i) = child < 0 ? 0 : d.multipole(j, child);
  }
};

template <class Data>
struct M2MScatter {
  Data d;
  Kokkos::View<const int*, typename Data::memory_space> parents;
  int first;
  typename Data::Columns check;

  KOKKOS_FUNCTION void operator()(const int i) const {
    const int parent = parents(first + i);
    for (int j = 0; j < int(d.up_check.extent(0)); ++j) d.up_check(j, parent) = check(j, i);
  }
};

}  // namespace Impl

/// M2M, multipole to multipole: the potential of their children's densities on the upward check
/// surfaces of `parents` (range [first, last): the split boxes of one level); one product with the
/// 8 octants' matrices side by side. Overwrites `up_check` of those boxes.
/// `children`: (8 E, width) and `check`: (rows of up_check, width) scratch.
template <class Data, class Matrix>
void m2m(const typename Data::execution_space& exec, const Data& d, const Matrix& matrix,
         const Kokkos::View<const int*, typename Data::memory_space>& parents, int first, int last,
         const typename Data::Columns& children, const typename Data::Columns& check) {
  using Exec = typename Data::execution_space;
  static const std::string gather = "Octopole::M2M::gather", scatter = "Octopole::M2M::scatter";
  const int width = static_cast<int>(children.extent(1));
  for (int begin = first; begin < last; begin += width) {
    const int n = std::min(width, last - begin);
    const auto columns = std::make_pair(0, n);
    Kokkos::parallel_for(
        gather, Kokkos::MDRangePolicy<Exec, Kokkos::Rank<2>>(exec, {0, 0}, {n, 8}),
        Impl::M2MGather<Data>{d, parents, begin, children});
    gemm(exec, matrix, Kokkos::subview(children, Kokkos::ALL, columns), 0,
         Kokkos::subview(check, Kokkos::ALL, columns));
    Kokkos::parallel_for(scatter, Kokkos::RangePolicy<Exec>(exec, 0, n),
                         Impl::M2MScatter<Data>{d, parents, begin, check});
  }
}

}  // namespace Octopole

#endif
