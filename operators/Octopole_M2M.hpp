#ifndef OCTOPOLE_M2M_HPP
#define OCTOPOLE_M2M_HPP

#include <Octopole_BoxLists.hpp>
#include <Octopole_Columns.hpp>
#include <Octopole_FmmData.hpp>
#include <Octopole_Gemm.hpp>
#include <impl/Octopole_Allocate.hpp>

#include <string>
#include <utility>

namespace Octopole {

namespace Impl {

struct M2M;

template <class Columns, class Index>
struct ZeroColumns {
  Columns columns;
  Index boxes;
  int first;
  KOKKOS_FUNCTION void operator()(const int i) const {
    const int box = boxes(first + i);
    for (int j = 0; j < int(columns.extent(0)); ++j) columns(j, box) = 0;
  }
};

}  // namespace Impl

/// M2M, multipole to multipole: the potential of their children's densities on the upward check
/// surfaces of the split boxes of `level`. Octant after octant, the children that exist side by
/// side: a parent has one child per octant, so its sums have one writer. Overwrites `up_check` of
/// those boxes. `parents`: split boxes by level; `octants`: all boxes in groups 8 * level + octant;
/// `side`, `product`: scratch.
template <class Data, class Matrix>
void m2m(const typename Data::execution_space& exec, const Data& d, const Matrix& matrix, int level,
         const BoxList<typename Data::memory_space>& parents,
         const BoxList<typename Data::memory_space>& octants, const typename Data::Columns& side,
         const typename Data::Columns& product) {
  using Exec = typename Data::execution_space;
  using Columns = typename Data::Columns;
  using Index = Kokkos::View<const int*, typename Data::memory_space>;
  static const std::string zero_label = "Octopole::M2M.0",
                           gather_label = "Octopole::M2M.g",
                           scatter_label = "Octopole::M2M.s";
  const int first = parents.first(level), last = parents.last(level);
  if (first == last) return;
  Kokkos::parallel_for(zero_label, Kokkos::RangePolicy<Exec>(exec, 0, last - first),
                       Impl::ZeroColumns<Columns, Index>{d.up_check, parents.boxes, first});
  const int E = static_cast<int>(d.multipole.extent(0)), U = static_cast<int>(d.up_check.extent(0));
  const int width = static_cast<int>(std::min(side.extent(1), product.extent(1)));
  for (int octant = 0; octant < 8; ++octant) {
    const int group = 8 * (level + 1) + octant;
    const auto matrix_o = Kokkos::subview(matrix, Kokkos::ALL, std::make_pair(octant * E, (octant + 1) * E));
    for (int begin = octants.first(group); begin < octants.last(group); begin += width) {
      const auto columns = std::make_pair(0, std::min(width, octants.last(group) - begin));
      const Columns in = Kokkos::subview(side, std::make_pair(0, E), columns);
      const Columns out = Kokkos::subview(product, std::make_pair(0, U), columns);
      gather<Impl::M2M>(gather_label, exec, d.multipole, in,
                        Impl::BoxColumn<Index>{octants.boxes, begin});
      gemm(exec, matrix_o, in, 0, out);
      scatter<Impl::M2M, true>(
          scatter_label, exec, out, d.up_check,
          Impl::ParentColumn<Index, decltype(d.tree.parent)>{octants.boxes, d.tree.parent, begin});
    }
  }
}

}  // namespace Octopole

#endif
