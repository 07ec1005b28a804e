// SPDX-License-Identifier: BSD-3-Clause
#ifndef OCTOPOLE_DRIVER_LINES_HPP
#define OCTOPOLE_DRIVER_LINES_HPP

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <perf/driver/driver_error.hpp>
#include <perf/driver/readers/driver_readers.hpp>

namespace Octopole::Driver {

inline constexpr std::string_view blanks = " \t\r\f\v";

inline std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(blanks);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

/// Words between runs of blanks.
inline void split_at_blanks(std::string_view line, std::vector<std::string_view>& fields) {
  fields.clear();
  for (std::size_t begin; (begin = line.find_first_not_of(blanks)) != line.npos;) {
    line.remove_prefix(begin);
    const std::size_t length = std::min(line.find_first_of(blanks), line.size());
    fields.push_back(line.substr(0, length));
    line.remove_prefix(length);
  }
}

/// A number of any value, NaN and infinities included, also as Fortran writes it (1.0D+00); nothing when
/// the text is not one.
inline std::optional<double> number_in(std::string_view text) {
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  double value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size() || error == std::errc::invalid_argument) {
    // A D where C has an E, behind a number and before another.
    const std::size_t d = text.find_first_of("dD");
    if (d == 0 || d == text.npos || error == std::errc::invalid_argument ||
        end != text.data() + d || text.find_first_of("eEnN") < d)
      return {};
    std::string with_e(text);
    with_e[d] = 'e';
    return number_in(with_e);
  }
  // Too large or too small for a double: strtod tells which.
  if (error == std::errc::result_out_of_range)
    return std::strtod(std::string(text).c_str(), nullptr);
  return value;
}

/// What --input and --targets take for the program's standard input.
inline constexpr std::string_view standard_input = "-";

/// A text file or the standard input, line by line, of all or of a slice of its bytes; knows where it is.
class Lines {
 public:
  /// Letters of a line. More than the charges of 1024 right-hand sides need, and few enough that a
  /// file without line ends does not fill the memory.
  static constexpr std::size_t longest = std::size_t(1) << 20;

  explicit Lines(const std::string& path, const Slice& slice = {})
      : m_path(path == standard_input ? "standard input" : path), m_letters(longest + 1) {
    if (path == standard_input) return;
    m_opened.open(path, std::ios::binary);
    if (!m_opened) throw BadInput(path, "no file that can be read", "a readable file");
    m_file = &m_opened;
    if (slice.is_all()) return;
    std::error_code error;
    const auto bytes = std::filesystem::file_size(path, error);
    if (error) throw BadInput(path, "no regular file", "one, which several ranks can read");
    m_slice_begin = slice.begin(bytes);
    m_slice_end = slice.end(bytes);
  }
  Lines(const Lines&) = delete;
  Lines& operator=(const Lines&) = delete;

  /// Up to the last line that begins in the slice; what precedes the slice comes too.
  bool next() {
    m_begin = m_end;
    if (m_begin >= m_slice_end) return false;
    m_file->getline(m_letters.data(), std::streamsize(longest + 1));
    const auto read = static_cast<std::size_t>(m_file->gcount());
    if (read == 0 && m_file->eof()) return false;
    ++m_number;
    m_end += read;
    if (m_file->fail())  // the line's end was not met, or the device failed
      throw BadInput(place(),
                     read < longest ? "an error while reading"
                                    : "a line of more than " + std::to_string(longest) + " letters",
                     "the numbers of one point");
    m_line = {m_letters.data(), m_file->eof() ? read : read - 1};  // less the line's end
    if (m_begin == 0 && m_line.starts_with("\xef\xbb\xbf"))
      m_line.remove_prefix(3);  // byte order mark
    return true;
  }

  /// Whether the line begins in the slice.
  bool in_slice() const { return m_begin >= m_slice_begin; }
  /// Leaves out what precedes the slice.
  void go_to_slice() {
    if (m_end >= m_slice_begin) return;
    m_file->clear();
    m_file->seekg(std::streamoff(m_slice_begin) - 1);  // at a line's end perhaps
    m_file->ignore(std::numeric_limits<std::streamsize>::max(), '\n');
    m_end = m_slice_begin - 1 + std::size_t(m_file->gcount());
    m_skipped_to = m_end;
    m_number = 0;
  }

  /// The line without blanks at its ends, valid until the next one.
  std::string_view text() const { return trimmed(m_line); }
  /// The line as it is, for formats of fixed columns.
  std::string_view whole() const { return m_line; }
  std::string place() const { return m_path + ":" + std::to_string(m_number + lines_left_out()); }
  /// The file, for messages.
  const std::string& name() const { return m_path; }

  /// Field `column` (from 0) of the line, or BadInput.
  double finite(std::string_view field, std::size_t column) const {
    const std::optional<double> value = number_in(field);
    if (!value || !std::isfinite(*value))
      throw BadInput(place() + ": column " + std::to_string(column + 1), in_quotes(field),
                     "a finite number");
    return *value;
  }

 private:
  /// Lines are counted where they are asked for alone.
  std::size_t lines_left_out() const {
    if (m_skipped_to == 0) return 0;
    std::ifstream file(m_path, std::ios::binary);
    std::size_t lines = 0;
    char c = 0;
    for (std::size_t i = 0; i < m_skipped_to && file.get(c); ++i) lines += c == '\n';
    return lines;
  }

  std::string m_path;
  std::ifstream m_opened;
  std::istream* m_file = &std::cin;
  std::vector<char> m_letters;
  std::string_view m_line;
  std::size_t m_number = 0;  ///< of the line, of those behind m_skipped_to
  std::size_t m_slice_begin = 0, m_slice_end = std::numeric_limits<std::size_t>::max();
  std::size_t m_begin = 0, m_end = 0, m_skipped_to = 0;  ///< bytes of the file; of the line, if two
};

}  // namespace Octopole::Driver

#endif
