// SPDX-License-Identifier: BSD-3-Clause
#include <perf/driver/driver_help.hpp>

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>

namespace Octopole::Driver {
namespace {

/// One line of the text, without its end, after what stands in the line already.
void wrap_line(std::string_view line, std::size_t indent, std::size_t width, std::string& out) {
  const std::size_t blanks = std::min(line.find_first_not_of(' '), line.size());
  std::string now(line.substr(0, blanks));  // the words of this line of the result
  bool empty = true;
  for (std::string_view rest = line.substr(blanks); !rest.empty();) {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    const std::string_view word = rest.substr(0, end);
    rest.remove_prefix(std::min(rest.find_first_not_of(' ', end), rest.size()));
    if (!empty && indent + now.size() + 1 + word.size() > width) {
      out += now + '\n' + std::string(indent, ' ');
      now.assign(blanks, ' ');
      empty = true;
    }
    if (!empty) now += ' ';
    now += word;
    empty = false;
  }
  out += now + '\n';
}

}  // namespace

std::string wrapped(std::string_view text, std::size_t indent, std::size_t width) {
  std::string out;
  for (bool first = true;; first = false) {
    const std::size_t end = text.find('\n');
    if (!first) out += std::string(end == 0 ? 0 : indent, ' ');
    wrap_line(text.substr(0, end), indent, width, out);
    if (end == text.npos) return out;
    text.remove_prefix(end + 1);
  }
}

std::size_t help_width() {
  winsize size{};
  if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
    return 80;
  return std::clamp<std::size_t>(size.ws_col, 40, 120);
}

std::string HelpFormatter::make_help(const CLI::App* app, std::string name,
                                     CLI::AppFormatMode mode) const {
  // Not CLI11's own: from 2.5 on that wraps too, at a width of its own, and takes away the examples' indentation.
  std::string text = wrapped(app->get_description(), 0, m_width) + "\nUsage: " + name +
                     " [OPTIONS] [FILE]\n" + make_positionals(app) + make_groups(app, mode) + '\n' +
                     wrapped(app->get_footer(), 0, m_width);
  for (std::size_t at; (at = text.find("\n\n\n")) != text.npos;) text.erase(at, 1);
  return text;
}

std::string HelpFormatter::make_option(const CLI::Option* option, bool is_positional) const {
  std::string text = "  " + make_option_name(option, is_positional);
  if (option->get_type_size() != 0 && !option->get_type_name().empty())
    text += ' ' + option->get_type_name();
  const std::size_t column = get_column_width();
  if (text.size() + 2 > column)
    text += '\n' + std::string(column, ' ');
  else
    text.resize(column, ' ');
  return text + wrapped(option->get_description(), column, m_width);
}

}  // namespace Octopole::Driver
