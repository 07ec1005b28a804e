#ifndef OCTOPOLE_VALUES_HPP
#define OCTOPOLE_VALUES_HPP

#include <Kokkos_Core.hpp>
#include <core/base/Octopole_ArrayLayout.hpp>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <type_traits>

namespace Octopole::Impl {

/// Charges or results where the caller has them, whatever their layout, as (point, row, right-hand
/// side). Without data: not wanted.
template <class T>
struct Values {
  static constexpr int most_rows = 32;
  T* data = nullptr;
  std::int64_t point = 0, right_hand_side = 0;  ///< strides
  std::int64_t row[most_rows] = {};             ///< offsets

  KOKKOS_FUNCTION T& operator()(std::int64_t i, int k, int r) const {
    return data[i * point + row[k] + r * right_hand_side];
  }
};

/// What an array of values has to look like: extents of one in `extents` are left out.
struct ValuesShape {
  const char* what;
  std::size_t n;
  int extents[2];
  bool complex;
  int right_hand_sides;

  int rows() const { return extents[0] * extents[1] * (complex ? 2 : 1); }
};

/// The Values in an array of the kernel's scalar, or of complex numbers of it. Allowed extents: (n), then
/// those of `shape` that are not one, then 2 for a complex number in an array of real ones, then the
/// number of right-hand sides, which may be left out if it is one. Throws std::invalid_argument. No
/// memory is taken unless it throws: this is part of `execute`.
template <class T>
Values<T> values_in(T* data, const ArrayLayout& array, const ValuesShape& shape) {
  // Rows are numbered like a LayoutRight array of these extents.
  std::size_t inner[3] = {};
  int n_inner = 0;
  for (const int e : shape.extents)
    if (e > 1) inner[n_inner++] = e;
  const int components = n_inner;
  if (shape.complex && !array.complex) inner[n_inner++] = 2;
  const auto fail = [&] {
    std::string expected = "(" + std::to_string(shape.n);
    for (int i = 0; i < n_inner; ++i) expected += ", " + std::to_string(inner[i]);
    if (shape.right_hand_sides > 1) expected += ", " + std::to_string(shape.right_hand_sides);
    expected += array.complex ? ") of complex numbers" : ")";
    throw std::invalid_argument(std::string("Octopole: ") + shape.what +
                                ": found a View of extents " + shape_of(array) +
                                (array.complex ? " of complex numbers" : "") + ", expected " +
                                (array.complex && !shape.complex ? "real numbers" : expected));
  };
  const int rank = array.rank;
  const bool has_sides = rank == n_inner + 2;
  if ((array.complex && !shape.complex) || rank < n_inner + 1 || rank > n_inner + 2 ||
      array.extents[0] != shape.n || (shape.right_hand_sides > 1 && !has_sides))
    fail();
  for (int i = 0; i < n_inner; ++i)
    if (array.extents[i + 1] != inner[i]) fail();
  if (has_sides && array.extents[rank - 1] != std::size_t(shape.right_hand_sides)) fail();
  if (shape.rows() > Values<T>::most_rows)
    throw std::invalid_argument(
        std::string("Octopole: ") + shape.what + ": found " + std::to_string(shape.rows()) +
        " numbers per point, allowed at most " + std::to_string(Values<T>::most_rows));

  Values<T> values;
  const int unit = array.complex ? 2 : 1;  // reals per element
  values.data = data;
  values.point = unit * array.strides[0];
  values.right_hand_side = has_sides ? unit * array.strides[rank - 1] : 0;
  for (int k = 0; k < shape.rows(); ++k) {
    int rest = k;
    if (array.complex) {
      values.row[k] += rest % 2;
      rest /= 2;
    }
    for (int i = array.complex ? components : n_inner; i-- > 0; rest /= int(inner[i]))
      values.row[k] += unit * array.strides[i + 1] * (rest % int(inner[i]));
  }
  return values;
}

/// The same of a View.
template <class T, class MemorySpace, class View>
Values<T> as_values(const View& view, const ValuesShape& shape) {
  static_assert(
      Kokkos::is_view_v<View>,
      "Octopole: charges and results are Views, or on the host a std::vector, std::span or "
      "the like");
  using X = typename View::non_const_value_type;
  using Real = std::remove_const_t<T>;
  constexpr bool complex_view = std::is_same_v<X, Kokkos::complex<Real>>;
  static_assert(
      complex_view || std::is_same_v<X, Real>,
      "Octopole: charges and results have the kernel's scalar type, or Kokkos::complex of it "
      "for a complex kernel");
  static_assert(
      std::is_const_v<T> || !std::is_const_v<typename View::value_type>,
      "Octopole: results are written: their View cannot be const (Outputs{} holds a copy of a "
      "std::vector: name it by outputs(), or a std::span)");
  static_assert(Kokkos::SpaceAccessibility<typename MemorySpace::execution_space,
                                           typename View::memory_space>::accessible,
                "Octopole: a View is not accessible from the plan's execution space");
  return values_in(reinterpret_cast<T*>(view.data()), layout_of(view, complex_view), shape);
}

}  // namespace Octopole::Impl

#endif
