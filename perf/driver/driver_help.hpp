// SPDX-License-Identifier: BSD-3-Clause
#ifndef OCTOPOLE_DRIVER_HELP_HPP
#define OCTOPOLE_DRIVER_HELP_HPP

#include <CLI/CLI.hpp>
#include <cstddef>
#include <string>
#include <string_view>

namespace Octopole::Driver {

/// The text in lines of at most `width` characters, each after `indent` blanks and ended by a line end; the first line's
/// blanks are left out, for the caller stands there already. Breaks at blanks alone: a longer word has a line of
/// its own. Line ends in the text stay, and with them the blanks that a line begins with.
std::string wrapped(std::string_view text, std::size_t indent, std::size_t width);

/// Columns of the terminal on stdout, from 40 to 120; 80 where it is none, so that what is kept of the help
/// (the manual page) does not depend on who made it.
std::size_t help_width();

/// CLI11's help with descriptions wrapped beside the options' words.
class HelpFormatter : public CLI::Formatter {
 public:
  explicit HelpFormatter(std::size_t width) : m_width(width) { column_width(26); }

  std::string make_help(const CLI::App* app, std::string name,
                        CLI::AppFormatMode mode) const override;
  std::string make_option(const CLI::Option* option, bool is_positional) const override;

 private:
  std::size_t m_width;
};

}  // namespace Octopole::Driver

#endif
