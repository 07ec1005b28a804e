#ifndef OCTOPOLE_ANY_ARRAY_HPP
#define OCTOPOLE_ANY_ARRAY_HPP

#include <Kokkos_Core.hpp>
#include <core/base/Octopole_ArrayLayout.hpp>
#include <core/base/Octopole_HostRanges.hpp>

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

namespace Octopole {

/// The scalar of numbers whose type is known at run time only.
enum class Precision {
  float32,  ///< float
  float64   ///< double
};

/// @param p  either
/// @return "float" or "double"
constexpr const char* name_of(Precision p) {
  return p == Precision::float32 ? "float" : "double";
}

/// A View whose scalar, rank, extents and strides are known at run time only; it owns nothing. Made
/// of a View, or of a pointer; the memory is accessible from Kokkos::DefaultExecutionSpace and
/// stays until the work that was given the array has ended. Elements are float, double or
/// Kokkos::complex of these, const or not.
class AnyArray {
 public:
  static constexpr int most_rank = 4;  ///< extents at most

  /// No array: stands for one that is not wanted.
  AnyArray() = default;

  /// An array whose last index runs fastest, as in C and NumPy. Throws std::invalid_argument where
  /// there are no or more than `most_rank` extents, or no memory for the numbers.
  /// @param data  the first element
  /// @param extents  1 to 4 of them
  template <class T>
  AnyArray(T* data, const std::vector<std::size_t>& extents) : AnyArray(type_of<T>(), data) {
    set_layout(extents, nullptr);
  }
  /// The same with strides. Throws std::invalid_argument where they are not as many as extents.
  /// @param data  the first element
  /// @param extents  1 to 4 of them
  /// @param strides  from an index to the next, in elements; as many as extents
  template <class T>
  AnyArray(T* data, const std::vector<std::size_t>& extents,
           const std::vector<std::size_t>& strides)
      : AnyArray(type_of<T>(), data) {
    set_layout(extents, &strides);
  }
  /// The array that a View is, of any layout. Takes no memory.
  /// @param view  of rank 1 to 4
  template <class View>
    requires Kokkos::is_view_v<View>
  AnyArray(const View& view) : AnyArray(type_of<typename View::value_type>(), view.data()) {
    static_assert(View::rank() >= 1 && View::rank() <= most_rank,
                  "Octopole::AnyArray: a View has rank 1 to 4");
    static_assert(
        Kokkos::SpaceAccessibility<Kokkos::DefaultExecutionSpace,
                                   typename View::memory_space>::accessible,
        "Octopole::AnyArray: the View is not accessible from the default execution space");
    m_layout = Impl::layout_of(view, m_layout.complex);
  }

  /// The array that a std::vector, std::span or the like of the host is, of rank 1, or 2 where an element is a
  /// std::array.
  /// @param range  stays where it is
  template <Impl::HostRange Range>  // which an AnyArray is not: copies stay copies
  AnyArray(Range&& range)           // NOLINT(bugprone-forwarding-reference-overload)
      : AnyArray(Impl::host_view(range)) {}

  /// @return whether there is an array
  bool is_given() const { return m_layout.rank > 0; }
  /// @return the first element
  const void* data() const { return m_data; }
  /// @return float or double, of complex numbers that of their parts
  Precision precision() const { return m_precision; }
  /// @return whether elements are Kokkos::complex
  bool is_complex() const { return m_layout.complex; }
  /// @return whether elements may only be read
  bool is_const() const { return m_const; }
  /// @return number of extents
  int rank() const { return m_layout.rank; }
  /// @param r  0 to rank() - 1
  /// @return the extent
  std::size_t extent(int r) const { return m_layout.extents[r]; }
  /// @param r  0 to rank() - 1
  /// @return from an index to the next, in elements
  std::int64_t stride(int r) const { return m_layout.strides[r]; }
  /// @cond HELPER
  const Impl::ArrayLayout& layout() const { return m_layout; }
  /// @endcond

 private:
  struct Type {
    Precision precision;
    bool complex, constant;
  };
  template <class T>
  static constexpr Type type_of() {
    using X = std::remove_const_t<T>;
    constexpr bool complex32 = std::is_same_v<X, Kokkos::complex<float>>,
                   complex64 = std::is_same_v<X, Kokkos::complex<double>>;
    static_assert(std::is_same_v<X, float> || std::is_same_v<X, double> || complex32 || complex64,
                  "Octopole::AnyArray: elements are float, double or Kokkos::complex of these");
    return {std::is_same_v<X, float> || complex32 ? Precision::float32 : Precision::float64,
            complex32 || complex64, std::is_const_v<T>};
  }

  AnyArray(Type type, const void* data)
      : m_data(data), m_precision(type.precision), m_const(type.constant) {
    m_layout.complex = type.complex;
  }
  /// Row-major without strides.
  void set_layout(const std::vector<std::size_t>& extents, const std::vector<std::size_t>* strides);

  const void* m_data = nullptr;
  Precision m_precision = Precision::float64;
  bool m_const = false;
  Impl::ArrayLayout m_layout;
};

}  // namespace Octopole

#endif
