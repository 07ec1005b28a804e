#ifndef OCTOPOLE_OPTION_NAMES_HPP
#define OCTOPOLE_OPTION_NAMES_HPP

#include <core/base/Octopole_Variants.hpp>
#include <core/kernels/Octopole_Output.hpp>

#include <string_view>

/// @file
/// Choices by the words that programs give where they have no enumerators: the driver, C, Python. The
/// word of an enumerator is its name; that of `automatic` is "auto".

namespace Octopole {

/// Throws std::invalid_argument, which lists the names, where there is no such output.
/// @param word  as name_of gives it, "velocity_gradient" for one
/// @return a single output
Output output_named(std::string_view word);
/// Throws std::invalid_argument, which lists the words, for any other.
/// @param word  "auto", "fmm" or "direct"
/// @return the method
Method method_named(std::string_view word);
/// Throws std::invalid_argument, which lists the words, for any other.
/// @param word  "auto", "blas" or "fft"
/// @return how M2L is applied
M2L m2l_named(std::string_view word);
/// Throws std::invalid_argument, which lists the words, for any other.
/// @param word  "auto", "exact", "fast", "mixed" or "rough"
/// @return how P2P is computed
NearField near_field_named(std::string_view word);

/// @param method  any of them
/// @return the word that method_named takes
const char* word_of(Method method);
/// @param m2l  any of them
/// @return the word that m2l_named takes
const char* word_of(M2L m2l);
/// @param near_field  any of them
/// @return the word that near_field_named takes
const char* word_of(NearField near_field);

}  // namespace Octopole

#endif
