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

inline std::string shape_of(const ArrayLayout& array) {
  std::string text = "(";
  for (int r = 0; r < array.rank; ++r)
    text.append(r > 0 ? ", " : "").append(std::to_string(array.extents[r]));
  return text.append(")");
}

}  // namespace Octopole::Impl

#endif
