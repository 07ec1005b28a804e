#ifndef OCTOPOLE_GATHER_SCATTER_HPP
#define OCTOPOLE_GATHER_SCATTER_HPP

#include <Kokkos_Core.hpp>
#include <core/base/Octopole_Launch.hpp>

#include <string>

namespace Octopole {

/// How columns of boxes are brought side by side for a product, and its result taken back. The
/// first template argument names the operator, for profilers.
namespace Impl {

/// to(:, i) = from(:, column(i)).
template <class Operator, class From, class To, class Column>
struct Gather {
  From from;
  To to;
  Column column;
  KOKKOS_FUNCTION void operator()(const int i) const {
    const int c = column(i);
    const int rows = static_cast<int>(to.extent(0));
    for (int j = 0; j < rows; ++j) to(j, i) = from(j, c);
  }
};

/// to(:, column(i)) = from(:, i), or += where columns are all different: one writer each.
template <class Operator, bool Add, class From, class To, class Column>
struct Scatter {
  From from;
  To to;
  Column column;
  KOKKOS_FUNCTION void operator()(const int i) const {
    const int c = column(i);
    const int rows = static_cast<int>(from.extent(0));
    for (int j = 0; j < rows; ++j) {
      if constexpr (Add)
        to(j, c) += from(j, i);
      else
        to(j, c) = from(j, i);
    }
  }
};

/// The columns, `columns` per box, of the boxes of a list from `first` on; boxes are counted from
/// `shift`.
template <class Index>
struct BoxColumn {
  Index boxes;
  int first, shift, columns;
  KOKKOS_FUNCTION int operator()(int i) const {
    return (boxes(first + i / columns) - shift) * columns + i % columns;
  }
};

}  // namespace Impl

/// Brings columns side by side: to(:, i) = from(:, column(i)).
/// @param label  of the step that this is of
/// @param exec  instance to work on; not waited for
/// @param from  (rows or more, all columns)
/// @param[out] to  (rows, n)
/// @param column  column(i), on the device
template <class Operator, class ExecutionSpace, class From, class To, class Column>
void gather(const std::string& label, const ExecutionSpace& exec, const From& from, const To& to,
            const Column& column) {
  launch(label, Kokkos::RangePolicy<ExecutionSpace>(exec, 0, to.extent(1)),
         Impl::Gather<Operator, From, To, Column>{from, to, column});
}

/// Takes them back: to(:, column(i)) = from(:, i), or += with `Add`. One writer per column.
/// @param label  of the step that this is of
/// @param exec  instance to work on; not waited for
/// @param from  (rows, n)
/// @param[in,out] to  (rows or more, all columns)
/// @param column  column(i), on the device; no two equal
template <class Operator, bool Add, class ExecutionSpace, class From, class To, class Column>
void scatter(const std::string& label, const ExecutionSpace& exec, const From& from, const To& to,
             const Column& column) {
  launch(label, Kokkos::RangePolicy<ExecutionSpace>(exec, 0, from.extent(1)),
         Impl::Scatter<Operator, Add, From, To, Column>{from, to, column});
}

}  // namespace Octopole

#endif
