#ifndef OCTOPOLE_L2L_HPP
#define OCTOPOLE_L2L_HPP

#include <Octopole_FmmData.hpp>
#include <Octopole_Gemm.hpp>

#include <string>
#include <utility>

namespace Octopole {

namespace Impl {

template <class Data>
struct L2LGather {
  Data d;
  Kokkos::View<const int*, typename Data::memory_space> parents;
  int first;
  typename Data::Columns densities;

  KOKKOS_FUNCTION void operator()(const int i) const {
    const int parent = parents(first + i);
    for (int j = 0; j < int(d.local.extent(0)); ++j) densities(j, i) = d.local(j, parent);
  }
};

/// Each child takes its octant's rows: a child has one parent, so nothing races.
template <class Data>
struct L2LScatter {
  Data d;
  Kokkos::View<const int*, typename Data::memory_space> parents;
  int first;
  typename Data::Columns checks;

  KOKKOS_FUNCTION void operator()(const int i, const int octant) const {
    const int child = d.tree.child(parents(first + i), octant);
    if (child < 0) return;
    const int n = static_cast<int>(d.down_check.extent(0));
    for (int j = 0; j < n; ++j) d.down_check(j, child) += checks(octant * n + j, i);
  }
};

}  // namespace Impl

/// L2L, local to local: adds the potential of the densities of `parents` (range [first, last): the
/// split boxes of one level) on the downward check surfaces of their children; one product with the
/// 8 octants' matrices stacked. `densities`: (E, width) and `checks`: (8 D, width) scratch.
template <class Data, class Matrix>
void l2l(const typename Data::execution_space& exec, const Data& d, const Matrix& matrix,
         const Kokkos::View<const int*, typename Data::memory_space>& parents, int first, int last,
         const typename Data::Columns& densities, const typename Data::Columns& checks) {
  using Exec = typename Data::execution_space;
  static const std::string gather = "Octopole::L2L::gather", scatter = "Octopole::L2L::scatter";
  const int width = static_cast<int>(checks.extent(1));
  for (int begin = first; begin < last; begin += width) {
    const int n = std::min(width, last - begin);
    const auto columns = std::make_pair(0, n);
    Kokkos::parallel_for(gather, Kokkos::RangePolicy<Exec>(exec, 0, n),
                         Impl::L2LGather<Data>{d, parents, begin, densities});
    gemm(exec, matrix, Kokkos::subview(densities, Kokkos::ALL, columns), 0,
         Kokkos::subview(checks, Kokkos::ALL, columns));
    Kokkos::parallel_for(
        scatter, Kokkos::MDRangePolicy<Exec, Kokkos::Rank<2>>(exec, {0, 0}, {n, 8}),
        Impl::L2LScatter<Data>{d, parents, begin, checks});
  }
}

}  // namespace Octopole

#endif
