#ifndef OCTOPOLE_OPERATOR_SET_HPP
#define OCTOPOLE_OPERATOR_SET_HPP

#include <Kokkos_Core.hpp>
#include <core/base/Octopole_Transfer.hpp>
#include <core/base/Octopole_Variants.hpp>
#include <core/precompute/Octopole_TransferVector.hpp>

#include <array>
#include <cstddef>
#include <string>
#include <type_traits>

namespace Octopole {

/// What decides the values of an OperatorSet, apart from the kernel.
struct OperatorSpec {
  int order = 0,             ///< points per edge of the equivalent surface
      check_order = 0;       ///< points per edge of the upward check surface
  double inner = 1.05,       ///< radius of the inner surface in half-widths of the box
      outer = 2.95;          ///< radius of the outer one
  double cutoff = 4;         ///< in units of the scalar's epsilon
  M2L m2l = M2L::blas;       ///< `blas` or `fft`
  double m2l_tolerance = 0;  ///< relative size of what the compression drops
  int m2l_rank = 0;          ///< of the common bases; 0: by the tolerance; -1: nothing compressed
};

/// The precomputed matrices for boxes of one size, column-major, ready to be applied.
///
/// Coefficients of a box are laid out component by component, each component padded to
/// `padded` (`check_padded` on the upward check surface) entries; padding rows and columns of the
/// matrices are zero. With C source and K target components of the translation kernel a box has
/// E = C * padded densities, D = K * padded potentials on the downward check surface and
/// U = K * check_padded on the upward one.
template <class T, class MemorySpace = Kokkos::HostSpace>
struct OperatorSet {
  using Matrix = Kokkos::View<T**, Kokkos::LayoutLeft, MemorySpace>;  ///< column-major
  using Vector = Kokkos::View<T*, MemorySpace>;  ///< matrices one after the other

  /// Check potential to equivalent density in two factors: density = left * (right * potential).
  Matrix up_left, up_right;  ///< (E, r) and (r, U)
  /// The same from the downward check surface: (E, r) and (r, D).
  Matrix down_left, down_right;  ///< (E, r) and (r, D)
  Matrix m2m;  ///< (U, 8 E): the densities of the 8 children, side by side, to the parent's check
  Matrix l2l;  ///< (8 D, E): the parent's density to the checks of the 8 children, stacked

  /// M2L `blas` per transfer vector t, in the order of TransferVector::all().
  /// Compressed to rank k: target_basis (D, k) * left_t (k, r_t) * right_t (r_t, k) * source_basis
  /// (k, E). Full: bases are empty and left_t is (D, E), r_t = E.
  Matrix target_basis, source_basis;                  ///< (D, k) and (k, E)
  Vector m2l_left,                                    ///< the left_t of all t, one after the other
      m2l_right;                                      ///< the right_t
  std::array<int, TransferVector::count> m2l_rank{};  ///< r_t

  /// M2L `fft`: the kernel's transform. Column (f K + k) C + c, f, k and c being frequency, target and
  /// source component, holds 2 FrequencyGrid::rows numbers. Empty with `blas`, as the above with `fft`.
  Matrix m2l_frequencies;
  /// The same in single precision, which then takes its place; made from it, never stored.
  Kokkos::View<float**, Kokkos::LayoutLeft, MemorySpace> m2l_frequencies_single;

  /// In a set of its own, without the above: what all but the nearest images of a root that repeats give, (padded, padded) or
  /// with first moments (padded, 4 padded), see Impl::periodic_images.
  Matrix root_images;

  /// The transforms in scalar S: T or float.
  /// @return m2l_frequencies or m2l_frequencies_single; empty if not made
  template <class S>
  const auto& frequencies() const {
    if constexpr (std::is_same_v<S, T>)
      return m2l_frequencies;
    else
      return m2l_frequencies_single;
  }
  /// Turns m2l_frequencies into m2l_frequencies_single (host only).
  void make_frequencies_single() {
    m2l_frequencies_single = decltype(m2l_frequencies_single)(
        Kokkos::view_alloc(std::string("Octopole::OperatorSet::m2l_frequencies_single"),
                           Kokkos::WithoutInitializing),
        m2l_frequencies.extent(0), m2l_frequencies.extent(1));
    for (std::size_t i = 0; i < m2l_frequencies.span(); ++i)
      m2l_frequencies_single.data()[i] = static_cast<float>(m2l_frequencies.data()[i]);
    m2l_frequencies = Matrix();
  }

  /// @return whether M2L `blas` has bases
  bool compressed() const { return target_basis.extent(0) > 0; }

  /// Calls f(name, View) for each array: copying, storing and counting go through this list.
  /// @param self  a set, const or not
  /// @param f  f(const char*, View); the Views are Matrix or Vector
  template <class Self, class F>
  static void for_each(Self& self, F&& f) {
    f("up_left", self.up_left);
    f("up_right", self.up_right);
    f("down_left", self.down_left);
    f("down_right", self.down_right);
    f("m2m", self.m2m);
    f("l2l", self.l2l);
    f("target_basis", self.target_basis);
    f("source_basis", self.source_basis);
    f("m2l_left", self.m2l_left);
    f("m2l_right", self.m2l_right);
    f("m2l_frequencies", self.m2l_frequencies);
    f("root_images", self.root_images);
  }

  /// @return bytes of all arrays
  std::size_t bytes() const {
    std::size_t sum = 0;
    for_each(*this, [&](const char*, const auto& view) { sum += view.span() * sizeof(T); });
    return sum + m2l_frequencies_single.span() * sizeof(float);
  }
};

/// Copies a set to another memory space (or returns it when it is there already).
/// @param set  in host memory
/// @return shares the arrays of `set` where MemorySpace is HostSpace
template <class MemorySpace, class T>
OperatorSet<T, MemorySpace> copy_to(const OperatorSet<T, Kokkos::HostSpace>& set) {
  if constexpr (std::is_same_v<MemorySpace, Kokkos::HostSpace>) {
    return set;
  } else {
    using Set = OperatorSet<T, MemorySpace>;
    Set out;
    out.m2l_rank = set.m2l_rank;
    const auto copy = [](const auto& view) { return Impl::to_space<MemorySpace>(view); };
    out.up_left = copy(set.up_left), out.up_right = copy(set.up_right);
    out.down_left = copy(set.down_left), out.down_right = copy(set.down_right);
    out.m2m = copy(set.m2m), out.l2l = copy(set.l2l);
    out.target_basis = copy(set.target_basis), out.source_basis = copy(set.source_basis);
    out.m2l_left = copy(set.m2l_left), out.m2l_right = copy(set.m2l_right);
    out.m2l_frequencies = copy(set.m2l_frequencies);
    out.m2l_frequencies_single = copy(set.m2l_frequencies_single);
    out.root_images = copy(set.root_images);
    return out;
  }
}

}  // namespace Octopole

#endif
