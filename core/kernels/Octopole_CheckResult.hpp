#ifndef OCTOPOLE_CHECK_RESULT_HPP
#define OCTOPOLE_CHECK_RESULT_HPP

#include <core/kernels/Octopole_Output.hpp>

#include <array>
#include <cmath>
#include <cstddef>

namespace Octopole {

/// Of one output; NaN where it was not given.
struct OutputError {
  double rel_l2 = NAN;  ///< relative L2 error
  double max = NAN;     ///< largest error of a target over the RMS of the reference
};

/// Errors of a plan's results against a direct sum, over all right-hand sides.
struct CheckResult {
  std::size_t targets = 0;                         ///< how many were compared
  std::array<OutputError, output_count> errors{};  ///< by index_of(output)

  /// @param one  a single output
  /// @return its errors
  OutputError& operator[](Output one) { return errors[index_of(one)]; }
  /// @copydoc operator[](Output)
  const OutputError& operator[](Output one) const { return errors[index_of(one)]; }
};

}  // namespace Octopole

#endif
