#ifndef OCTOPOLE_HOST_RANGES_HPP
#define OCTOPOLE_HOST_RANGES_HPP

#include <Kokkos_Core.hpp>

#include <array>
#include <complex>
#include <cstddef>
#include <iterator>
#include <type_traits>

/// std::vector, std::span and the like where a View is expected: as the View that they are.
namespace Octopole::Impl {

/// Elements one after the other in memory of the host, of something that is no View.
template <class Range>
concept HostRange = !Kokkos::is_view_v<std::remove_cvref_t<Range>> && requires(Range& range) {
  std::size(range);
  requires std::is_pointer_v<decltype(std::data(range))>;
};

/// What an element is in a View: a number, for a std::complex Kokkos' (both are two reals), or a row of
/// `columns` numbers.
template <class X>
struct HostElement {
  using Number = X;
  static constexpr std::size_t columns = 0;
};
template <class T>
struct HostElement<std::complex<T>> : HostElement<Kokkos::complex<T>> {};
template <class X, std::size_t K>
struct HostElement<std::array<X, K>> {
  using Number = typename HostElement<X>::Number;
  static constexpr std::size_t columns = K;
};
template <class X, std::size_t K>
struct HostElement<Kokkos::Array<X, K>> : HostElement<std::array<X, K>> {};

template <class X>
inline constexpr bool is_view_number =
    std::is_floating_point_v<X> || std::is_same_v<X, Kokkos::complex<double>> ||
    std::is_same_v<X, Kokkos::complex<float>>;

/// The same numbers as a View of rank 1, or 2 where an element is an array; it owns nothing.
template <HostRange Range>
auto host_view(Range& range) {
  using Given = std::remove_pointer_t<decltype(std::data(range))>;
  using Element = HostElement<std::remove_const_t<Given>>;
  using Number = typename Element::Number;
  static_assert(
      is_view_number<Number>,
      "Octopole: elements of a std::vector or std::span are float, double, complex numbers "
      "of these, or a std::array of them");
  using X = std::conditional_t<std::is_const_v<Given>, const Number, Number>;
  using Unmanaged = Kokkos::MemoryTraits<Kokkos::Unmanaged>;
  if constexpr (!is_view_number<Number>)
    return Kokkos::View<double*, Kokkos::HostSpace>();  // the assertion has failed
  else if constexpr (Element::columns == 0)
    return Kokkos::View<X*, Kokkos::HostSpace, Unmanaged>(reinterpret_cast<X*>(std::data(range)),
                                                          std::size(range));
  else
    return Kokkos::View<X * [Element::columns], Kokkos::LayoutRight, Kokkos::HostSpace, Unmanaged>(
        reinterpret_cast<X*>(std::data(range)), std::size(range));
}

/// Arrays of callers: a View as it is, a HostRange as its View, anything else as it is.
template <class Array>
auto as_view(Array& array) {
  if constexpr (HostRange<Array>)
    return host_view(array);
  else
    return std::remove_const_t<Array>(array);
}

}  // namespace Octopole::Impl

#endif
