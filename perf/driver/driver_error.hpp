// SPDX-License-Identifier: BSD-3-Clause
#ifndef OCTOPOLE_DRIVER_ERROR_HPP
#define OCTOPOLE_DRIVER_ERROR_HPP

#include <stdexcept>
#include <string>
#include <string_view>

namespace Octopole::Driver {

/// Those that no line of ours may hold: line ends, escapes to the terminal.
inline bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

/// Text of a user in quotes, fit for one line: control characters replaced, long ones shortened.
inline std::string in_quotes(std::string_view text) {
  constexpr std::size_t longest = 60;
  std::string result = "'";
  for (const char c : text.substr(0, longest)) result += is_control(c) ? '?' : c;
  return result + (text.size() > longest ? "...'" : "'");
}

/// Everything that is wrong with what the user gave, in one form: PLACE: found X, expected Y.
class BadInput : public std::runtime_error {
 public:
  BadInput(const std::string& place, const std::string& found, const std::string& expected)
      : std::runtime_error(place + ": found " + found + ", expected " + expected) {}
};

}  // namespace Octopole::Driver

#endif
