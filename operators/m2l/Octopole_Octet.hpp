#ifndef OCTOPOLE_OCTET_HPP
#define OCTOPOLE_OCTET_HPP

#include <core/simd/Octopole_Simd.hpp>

namespace Octopole {

/// One number for each of the eight children of a box, in as many packs as that takes; without
/// packs the number of one child, and eight threads make an octet. In memory: eight consecutive
/// numbers, aligned to all eight, of which a thread's own are the first that it is given.
template <class Where, class T>
struct Octet {
  using V = typename OctetTraits<Where, T>::pack;                     ///< a pack, or a scalar
  static constexpr int width = OctetTraits<Where, T>::width;          ///< lanes of V
  static constexpr int packs = OctetTraits<Where, T>::count / width;  ///< how many V
  V v[packs];                                                         ///< the numbers

  /// @return zeros
  KOKKOS_FORCEINLINE_FUNCTION static Octet zero() {
    Octet o;
    for (int i = 0; i < packs; ++i) o.v[i] = V(T(0));
    return o;
  }
  /// @param p  the thread's numbers
  /// @return these
  KOKKOS_FORCEINLINE_FUNCTION static Octet from(const T* p) {
    Octet o;
    for (int i = 0; i < packs; ++i) o.v[i] = load<V>(p + i * width);
    return o;
  }
  /// @param[out] p  the thread's numbers
  KOKKOS_FORCEINLINE_FUNCTION void to(T* p) const {
    for (int i = 0; i < packs; ++i) store(p + i * width, v[i]);
  }
  /// this += factor * o
  /// @param factor  of all
  /// @param o  the thread's numbers
  KOKKOS_FORCEINLINE_FUNCTION void add(T factor, const Octet& o) {
    for (int i = 0; i < packs; ++i) v[i] = V(factor) * o.v[i] + v[i];
  }
  /// this -= factor * o
  /// @param factor  of all
  /// @param o  the thread's numbers
  KOKKOS_FORCEINLINE_FUNCTION void subtract(T factor, const Octet& o) {
    for (int i = 0; i < packs; ++i) v[i] = v[i] - V(factor) * o.v[i];
  }
  /// @param a,b  eight numbers each
  /// @return their sums
  KOKKOS_FORCEINLINE_FUNCTION friend Octet operator+(const Octet& a, const Octet& b) {
    Octet o;
    for (int i = 0; i < packs; ++i) o.v[i] = a.v[i] + b.v[i];
    return o;
  }
  /// @param a,b  eight numbers each
  /// @return their differences
  KOKKOS_FORCEINLINE_FUNCTION friend Octet operator-(const Octet& a, const Octet& b) {
    Octet o;
    for (int i = 0; i < packs; ++i) o.v[i] = a.v[i] - b.v[i];
    return o;
  }
};

/// Complex numbers for the eight children: real parts, then imaginary ones; 16 numbers in memory.
template <class Where, class T>
struct ComplexOctet {
  using Real = Octet<Where, T>;  ///< real or imaginary parts
  Real re,                       ///< real parts
      im;                        ///< imaginary parts

  /// @return eight zeros
  KOKKOS_FORCEINLINE_FUNCTION static ComplexOctet zero() { return {Real::zero(), Real::zero()}; }
  /// @param p  16 numbers, aligned to eight
  /// @return these
  KOKKOS_FORCEINLINE_FUNCTION static ComplexOctet from(const T* p) {
    return {Real::from(p), Real::from(p + 8)};
  }
  /// @param[out] p  16 numbers, aligned to eight
  KOKKOS_FORCEINLINE_FUNCTION void to(T* p) const {
    re.to(p);
    im.to(p + 8);
  }
  /// this += (a + i b) * o
  /// @param a,b  real and imaginary part of a factor of all eight
  /// @param o  eight numbers
  KOKKOS_FORCEINLINE_FUNCTION void add(T a, T b, const ComplexOctet& o) {
    re.add(a, o.re);
    im.add(a, o.im);
    re.subtract(b, o.im);
    im.add(b, o.re);
  }
};

}  // namespace Octopole

#endif
