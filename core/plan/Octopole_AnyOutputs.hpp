#ifndef OCTOPOLE_ANY_OUTPUTS_HPP
#define OCTOPOLE_ANY_OUTPUTS_HPP

#include <core/plan/Octopole_AnyArray.hpp>
#include <core/plan/Octopole_Outputs.hpp>

#include <array>
#include <initializer_list>
#include <stdexcept>
#include <utility>

namespace Octopole {

/// Where results go, chosen at run time: `AnyOutputs{{Output::potential, u}, {Output::gradient,
/// g}}`, or from Outputs. Extents are those that Outputs names.
class AnyOutputs {
 public:
  /// No output; assign to those wanted, as in `outputs[Output::potential] = u`.
  AnyOutputs() = default;
  /// @param outputs  pairs of a single output and its array; of one named twice the last counts
  AnyOutputs(std::initializer_list<std::pair<Output, AnyArray>> outputs) {
    for (const auto& [one, array] : outputs) (*this)[one] = array;
  }
  /// @param outputs  Views of rank 1 to 4
  template <class... Views>
  AnyOutputs(const Outputs<Views...>& outputs) {
    outputs.for_each([&](Output one, const auto& view) { (*this)[one] = view; });
  }

  /// Throws std::invalid_argument where that is none or several.
  /// @param one  a single output
  /// @return its array
  AnyArray& operator[](Output one) { return m_arrays[place(one)]; }
  /// @copydoc operator[](Output)
  const AnyArray& operator[](Output one) const { return m_arrays[place(one)]; }

  /// @return the set of outputs that have an array
  Output wanted() const {
    Output all = Output::none;
    for (int i = 0; i < output_count; ++i)
      if (m_arrays[i].is_given()) all |= output_at(i);
    return all;
  }

 private:
  static int place(Output one) {
    const int i = index_of(one);
    if (output_at(i) != one)
      throw std::invalid_argument("Octopole::AnyOutputs: found an array for '" + names_of(one) +
                                  "', allowed one for each single output");
    return i;
  }

  std::array<AnyArray, output_count> m_arrays{};
};

}  // namespace Octopole

#endif
