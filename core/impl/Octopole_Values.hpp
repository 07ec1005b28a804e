#ifndef OCTOPOLE_VALUES_HPP
#define OCTOPOLE_VALUES_HPP

#include <Kokkos_Core.hpp>
#include <impl/Octopole_ViewShapes.hpp>

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

/// What a View of values has to look like: extents of one in `extents` are left out.
struct ValuesShape {
  const char* what;
  std::size_t n;
  int extents[2];
  bool complex;
  int right_hand_sides;

  int rows() const { return extents[0] * extents[1] * (complex ? 2 : 1); }
};

/// The Values in a View of the kernel's scalar (or Kokkos::complex of it). Allowed extents: (n), then
/// those of `shape` that are not one, then 2 for a complex number in a View of real ones, then the
/// number of right-hand sides, which may be left out if it is one. Throws std::invalid_argument.
template <class T, class MemorySpace, class View>
Values<T> as_values(const View& view, const ValuesShape& shape) {
  using X = typename View::non_const_value_type;
  using Real = std::remove_const_t<T>;
  constexpr bool complex_view = std::is_same_v<X, Kokkos::complex<Real>>;
  static_assert(complex_view || std::is_same_v<X, Real>,
                "Octopole: charges and results have the kernel's scalar type, or Kokkos::complex of it "
                "for a complex kernel");
  static_assert(std::is_const_v<T> || !std::is_const_v<typename View::value_type>,
                "Octopole: results are written: their View cannot be const");
  static_assert(Kokkos::SpaceAccessibility<typename MemorySpace::execution_space,
                                           typename View::memory_space>::accessible,
                "Octopole: a View is not accessible from the plan's execution space");
  // Rows are numbered like a LayoutRight array of these extents. No memory is taken: this is part of
  // `execute`.
  std::size_t inner[3] = {};
  std::size_t n_inner = 0;
  for (const int e : shape.extents)
    if (e > 1) inner[n_inner++] = e;
  const std::size_t components = n_inner;
  if (shape.complex && !complex_view) inner[n_inner++] = 2;
  const auto fail = [&] {
    std::string expected = "(" + std::to_string(shape.n);
    for (std::size_t i = 0; i < n_inner; ++i) expected += ", " + std::to_string(inner[i]);
    if (shape.right_hand_sides > 1) expected += ", " + std::to_string(shape.right_hand_sides);
    expected += complex_view ? ") of complex numbers" : ")";
    throw std::invalid_argument(std::string("Octopole: ") + shape.what +
                                ": found a View of extents " + shape_of(view) +
                                (complex_view ? " of complex numbers" : "") + ", expected " +
                                (complex_view && !shape.complex ? "real numbers" : expected));
  };
  const std::size_t rank = View::rank();
  const bool has_sides = rank == n_inner + 2;
  if ((complex_view && !shape.complex) || rank < n_inner + 1 || rank > n_inner + 2 ||
      view.extent(0) != shape.n || (shape.right_hand_sides > 1 && !has_sides))
    fail();
  for (std::size_t i = 0; i < n_inner; ++i)
    if (view.extent(i + 1) != inner[i]) fail();
  if (has_sides && view.extent(rank - 1) != std::size_t(shape.right_hand_sides)) fail();

  Values<T> values;
  constexpr int unit = complex_view ? 2 : 1;  // reals per element
  values.data = reinterpret_cast<T*>(view.data());
  values.point = unit * std::int64_t(view.stride(0));
  values.right_hand_side = has_sides ? unit * std::int64_t(view.stride(rank - 1)) : 0;
  for (int k = 0; k < shape.rows(); ++k) {
    int rest = k;
    if (complex_view && shape.complex) {
      values.row[k] += rest % 2;
      rest /= 2;
    }
    for (std::size_t i = complex_view ? components : n_inner; i-- > 0; rest /= int(inner[i]))
      values.row[k] += unit * std::int64_t(view.stride(i + 1)) * (rest % int(inner[i]));
  }
  return values;
}

}  // namespace Octopole::Impl

#endif
