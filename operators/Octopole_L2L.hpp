#ifndef OCTOPOLE_L2L_HPP
#define OCTOPOLE_L2L_HPP

#include <Octopole_BoxLists.hpp>
#include <Octopole_Columns.hpp>
#include <Octopole_FmmData.hpp>
#include <Octopole_Gemm.hpp>

#include <string>
#include <utility>

namespace Octopole {

namespace Impl {
struct L2L;
}

/// L2L, local to local: adds the potential of their parents' densities on the downward check
/// surfaces of the boxes of `level`, octant after octant. `octants`: all boxes in groups
/// 8 * level + octant; `side`, `product`: scratch.
template <class Data, class Matrix>
void l2l(const typename Data::execution_space& exec, const Data& d, const Matrix& matrix, int level,
         const BoxList<typename Data::memory_space>& octants, const typename Data::Columns& side,
         const typename Data::Columns& product) {
  using Columns = typename Data::Columns;
  using Index = Kokkos::View<const int*, typename Data::memory_space>;
  static const std::string gather_label = "Octopole::L2L.g",
                           scatter_label = "Octopole::L2L.s";
  const int E = static_cast<int>(d.local.extent(0)), D = static_cast<int>(d.down_check.extent(0));
  const int width = static_cast<int>(std::min(side.extent(1), product.extent(1)));
  for (int octant = 0; octant < 8; ++octant) {
    const int group = 8 * level + octant;
    const auto matrix_o = Kokkos::subview(matrix, std::make_pair(octant * D, (octant + 1) * D), Kokkos::ALL);
    for (int begin = octants.first(group); begin < octants.last(group); begin += width) {
      const auto columns = std::make_pair(0, std::min(width, octants.last(group) - begin));
      const Columns in = Kokkos::subview(side, std::make_pair(0, E), columns);
      const Columns out = Kokkos::subview(product, std::make_pair(0, D), columns);
      gather<Impl::L2L>(
          gather_label, exec, d.local, in,
          Impl::ParentColumn<Index, decltype(d.tree.parent)>{octants.boxes, d.tree.parent, begin});
      gemm(exec, matrix_o, in, 0, out);
      scatter<Impl::L2L, true>(scatter_label, exec, out, d.down_check,
                               Impl::BoxColumn<Index>{octants.boxes, begin});
    }
  }
}

}  // namespace Octopole

#endif
