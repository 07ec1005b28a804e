#ifndef OCTOPOLE_POINT_INPUT_HPP
#define OCTOPOLE_POINT_INPUT_HPP

#include <Kokkos_Core.hpp>

#include <cstddef>
#include <cstdint>

namespace Octopole {

/// Points where the caller has them: (N, 3), any strides.
template <class X, class MemorySpace>
using PointsView = Kokkos::View<const X**, Kokkos::LayoutStride, MemorySpace,
                                Kokkos::MemoryTraits<Kokkos::Unmanaged>>;

/// The same in double or float, known at run time: what is made of points is compiled for both once,
/// in the library.
template <class MemorySpace>
class PointInput {
 public:
  using Doubles = PointsView<double, MemorySpace>;  ///< one of the two
  using Floats = PointsView<float, MemorySpace>;    ///< the other

  /// No points.
  PointInput() = default;
  /// @param points  (N, 3)
  PointInput(const Doubles& points) : m_doubles(points) {}  // NOLINT
  /// @param points  (N, 3)
  PointInput(const Floats& points) : m_floats(points), m_single(true) {}  // NOLINT

  /// @return N; the argument is 0
  KOKKOS_FUNCTION std::size_t extent(int) const {
    return m_single ? m_floats.extent(0) : m_doubles.extent(0);
  }
  /// One coordinate, where reading is not what takes the time.
  /// @param i  the caller's index
  /// @param d  axis, 0 to 2
  /// @return coordinate d of point i
  KOKKOS_FUNCTION double operator()(std::int64_t i, int d) const {
    return m_single ? double(m_floats(i, d)) : m_doubles(i, d);
  }
  /// Calls f with the View of the type that the points have.
  /// @param f  f(PointsView<X, MemorySpace>)
  /// @return what it returns
  template <class F>
  auto visit(const F& f) const {
    return m_single ? f(m_floats) : f(m_doubles);
  }

 private:
  Doubles m_doubles;
  Floats m_floats;
  bool m_single = false;
};

}  // namespace Octopole

#endif
