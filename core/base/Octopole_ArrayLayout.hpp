#ifndef OCTOPOLE_ARRAY_LAYOUT_HPP
#define OCTOPOLE_ARRAY_LAYOUT_HPP

#include <cstddef>
#include <cstdint>
#include <string>

namespace Octopole::Impl {

/// How an array lies in memory: what a View of any type and an AnyArray have in common.
struct ArrayLayout {
  static constexpr int most_rank = 8;
  int rank = 0;
  std::size_t extents[most_rank] = {};
  std::int64_t strides[most_rank] = {};  ///< in elements
  bool complex = false;                  ///< an element is a complex number, two reals
};

/// That of a View of any layout. Takes no memory.
template <class View>
ArrayLayout layout_of(const View& view, bool complex = false) {
  static_assert(int(View::rank()) <= ArrayLayout::most_rank);
  ArrayLayout array;
  array.rank = int(View::rank());
  array.complex = complex;
  for (int r = 0; r < array.rank; ++r) {
    array.extents[r] = view.extent(r);
    array.strides[r] = std::int64_t(view.stride(r));
  }
  return array;
}

/// The extents, as "(1000, 3)", for messages.
inline std::string shape_of(const ArrayLayout& array) {
  std::string text = "(";
  for (int r = 0; r < array.rank; ++r)
    text.append(r > 0 ? ", " : "").append(std::to_string(array.extents[r]));
  return text.append(")");
}

}  // namespace Octopole::Impl

#endif
