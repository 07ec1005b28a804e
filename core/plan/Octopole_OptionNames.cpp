// SPDX-License-Identifier: BSD-3-Clause
#include <core/plan/Octopole_OptionNames.hpp>

#include <initializer_list>
#include <stdexcept>
#include <string>

namespace Octopole {
namespace {

/// The choice among `all` whose word this is.
template <class Choice, class WordOf>
Choice named(const char* what, std::string_view word, std::initializer_list<Choice> all,
             const WordOf& word_of) {
  std::string words;
  for (const Choice one : all) {
    if (word == word_of(one)) return one;
    words.append(words.empty() ? "" : ", ").append(word_of(one));
  }
  throw std::invalid_argument("octopole: found the " + std::string(what) + " '" +
                              std::string(word) + "', allowed " + words);
}

template <class Choice>
Choice named(const char* what, std::string_view word, std::initializer_list<Choice> all) {
  return named(what, word, all, [](Choice one) { return word_of(one); });
}

}  // namespace

Output output_named(std::string_view word) {
  static_assert(output_count == 6);
  return named("output", word,
               {Output::potential, Output::gradient, Output::hessian, Output::velocity,
                Output::pressure, Output::velocity_gradient},
               [](Output one) { return name_of(one); });
}
Method method_named(std::string_view word) {
  return named("method", word, {Method::automatic, Method::fmm, Method::direct});
}
M2L m2l_named(std::string_view word) {
  return named("M2L", word, {M2L::automatic, M2L::blas, M2L::fft});
}
NearField near_field_named(std::string_view word) {
  return named("near field", word,
               {NearField::automatic, NearField::exact, NearField::fast, NearField::mixed,
                NearField::rough});
}

const char* word_of(Method method) {
  switch (method) {
    case Method::fmm:
      return "fmm";
    case Method::direct:
      return "direct";
    case Method::automatic:
      break;
  }
  return "auto";
}
const char* word_of(M2L m2l) {
  return m2l == M2L::automatic ? "auto" : name_of(m2l);
}
const char* word_of(NearField near_field) {
  return near_field == NearField::automatic ? "auto" : name_of(near_field);
}

}  // namespace Octopole
