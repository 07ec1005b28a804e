// SPDX-License-Identifier: BSD-3-Clause
#ifndef OCTOPOLE_DRIVER_ERROR_HPP
#define OCTOPOLE_DRIVER_ERROR_HPP

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

namespace Octopole::Driver {

/// Bytes of the UTF-8 character that `text` begins with; 0 where it is none, or one that no line of ours
/// may hold: controls (line ends, escapes to the terminal, C1 too) and those that turn the direction of writing.
inline std::size_t printable_bytes(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  if (first < 0x80) return first >= 0x20 && first != 0x7f;
  const std::size_t bytes = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < bytes) return 0;
  unsigned code = first & (0xffu >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
    code = code << 6 | (byte(i) & 0x3f);
  }
  const bool too_long = code < (bytes == 3 ? 0x800u : bytes == 4 ? 0x10000u : 0x80u);
  const bool surrogate = code >= 0xd800 && code < 0xe000, control = code < 0xa0;
  const bool turns = (code >= 0x200e && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
                     (code >= 0x2066 && code <= 0x2069);
  return too_long || surrogate || control || turns || code > 0x10ffff ? 0 : bytes;
}

/// The text fit for one line, each byte of anything else replaced by '?', a line end by a blank.
inline std::string printable(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const std::size_t bytes = printable_bytes(text);
    if (bytes > 0)
      result += text.substr(0, bytes);
    else
      result += text[0] == '\n' || text[0] == '\r' ? ' ' : '?';
    text.remove_prefix(bytes > 0 ? bytes : 1);
  }
  return result;
}

/// Text of a user in quotes, fit for one line, long ones shortened.
inline std::string in_quotes(std::string_view text) {
  constexpr std::size_t longest = 60;
  if (text.size() <= longest) return std::string("'").append(printable(text)).append("'");
  std::size_t end = longest;  // not within a character
  while (end > longest - 4 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return std::string("'").append(printable(text.substr(0, end))).append("...'");
}

/// Everything that is wrong with what the user gave, in one form: PLACE: found X, expected Y.
class BadInput : public std::runtime_error {
 public:
  BadInput(const std::string& place, const std::string& found, const std::string& expected)
      : std::runtime_error(printable(place + ": found " + found + ", expected " + expected)) {}
};

}  // namespace Octopole::Driver

#endif
