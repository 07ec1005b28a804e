#ifndef OCTOPOLE_OUTPUT_HPP
#define OCTOPOLE_OUTPUT_HPP

#include <Kokkos_Macros.hpp>

#include <string>

namespace Octopole {

/// What kernels can give at targets, and sets of those: `Output::potential | Output::gradient`.
enum class Output : unsigned {
  none = 0,
  potential = 1,
  gradient = 2,  ///< grad_x of the potential, not a force
  hessian = 4,   ///< xx xy xz yy yz zz
  velocity = 8,
  pressure = 16,
  velocity_gradient = 32  ///< (a, b): d u_a / d x_b
};
/// How many single outputs there are.
inline constexpr int output_count = 6;

/// @param a,b  outputs or sets of them
/// @return their union
constexpr Output operator|(Output a, Output b) {
  return static_cast<Output>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}
/// Adds to a set.
/// @param[in,out] a  the set
/// @param b  what is added
/// @return a
constexpr Output& operator|=(Output& a, Output b) {
  return a = a | b;
}
/// Whether all of `some` are in `set`.
/// @param set  the larger
/// @param some  the smaller; `none` is in every set
/// @return whether that is so
constexpr bool contains(Output set, Output some) {
  return (static_cast<unsigned>(set) & static_cast<unsigned>(some)) == static_cast<unsigned>(some);
}
/// Of a single output: its place in the enumeration, 0 to output_count - 1.
/// @param one  not `none`, not several
/// @return its place
constexpr int index_of(Output one) {
  int i = 0;
  while (i < output_count - 1 && static_cast<unsigned>(one) >> (i + 1) != 0) ++i;
  return i;
}
/// The inverse of index_of.
/// @param index  0 to output_count - 1
/// @return a single output
constexpr Output output_at(int index) {
  return static_cast<Output>(1u << index);
}

/// @param one  a single output
/// @return its name in the enumeration
constexpr const char* name_of(Output one) {
  constexpr const char* names[output_count] = {"potential", "gradient", "hessian",
                                               "velocity",  "pressure", "velocity_gradient"};
  return names[index_of(one)];
}

/// @param outputs  any set
/// @return "potential, gradient" and such, in the order of the enumeration; "none"
inline std::string names_of(Output outputs) {
  std::string names;
  for (int i = 0; i < output_count; ++i)
    if (contains(outputs, output_at(i)))
      names += (names.empty() ? "" : ", ") + std::string(name_of(output_at(i)));
  return names.empty() ? "none" : names;
}

/// What a kernel states about one of its outputs. At a target it is an array of extents[0] by
/// extents[1] numbers; an extent of one is left out of the caller's Views. Outputs are computed with
/// lengths in another unit h, and brought back by K(h r) = h^degree rescaled(h).K(r).
struct OutputTerm {
  Output output = Output::none;  ///< a single one
  int extents[2] = {1, 1};       ///< of the output at one target; {1, 2}: one complex number
  int degree = 0;                ///< of homogeneity: K(h r) = h^degree rescaled(h).K(r)
  double prefactor = 1;  ///< by which results are multiplied, 1/(4 pi) say: functors leave it out

  /// @return numbers per target
  KOKKOS_FUNCTION constexpr int rows() const { return extents[0] * extents[1]; }
};

}  // namespace Octopole

#endif
