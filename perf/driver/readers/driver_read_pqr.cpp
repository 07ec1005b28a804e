// SPDX-License-Identifier: BSD-3-Clause
// .pqr: PDB's ATOM and HETATM records, occupancy and B factor replaced by charge (e) and radius; coordinates
// in Angstrom. Words between blanks,
//   ATOM serial name residue [chain] [number] x y z charge radius
// or, where fields have run together ("-45.751-100.406"), PDB's columns: x y z in 31-38, 39-46, 47-54. The cell of a crystal
// stands in CRYST1.
#include <algorithm>
#include <array>
#include <cctype>

#include <perf/driver/readers/driver_lines.hpp>
#include <perf/driver/readers/driver_readers.hpp>

namespace Octopole::Driver {
namespace {

using Fields = std::vector<std::string_view>;
/// x, y, z, charge and radius.
using Atom = std::array<double, 5>;

bool has_digit(std::string_view text) {
  return text.find_first_of("0123456789") != text.npos;
}
bool has_point(std::string_view text) {
  return text.find('.') != text.npos;
}

/// The letters that the line begins with, in capitals.
std::string record_of(std::string_view first_word) {
  std::string record;
  for (const char c : first_word) {
    const auto letter = static_cast<unsigned char>(c);
    if (!std::isalpha(letter)) break;
    record += static_cast<char>(std::toupper(letter));
  }
  return record;
}

/// A letter more, less or another, or two letters exchanged: who writes ATMO means ATOM.
bool almost(std::string_view a, std::string_view b) {
  if (a.size() > b.size()) std::swap(a, b);
  if (b.size() > a.size() + 1) return false;
  std::size_t same = 0;
  while (same < a.size() && a[same] == b[same]) ++same;
  const auto ends_alike = [&](std::size_t from_a, std::size_t from_b) {
    return a.substr(std::min(from_a, a.size())) == b.substr(std::min(from_b, b.size()));
  };
  if (a.size() < b.size()) return ends_alike(same, same + 1);
  const bool exchanged = same + 1 < a.size() && a[same] == b[same + 1] && a[same + 1] == b[same];
  return ends_alike(same + 1, same + 1) || (exchanged && ends_alike(same + 2, same + 2));
}

/// Words before [chain] [number]; where the record's name and a long serial number have grown together
/// ("HETATM100000") there is one fewer. Zero: another record. BadInput: one that is almost an atom.
std::size_t words_before_chain(const Lines& lines, std::string_view first_word) {
  const std::string record = record_of(first_word);
  for (const std::string_view name : {"ATOM", "HETATM"}) {
    if (record == name) {
      const std::string_view rest = first_word.substr(name.size());
      if (rest.empty()) return 4;
      if (rest.find_first_not_of("0123456789") == rest.npos) return 3;
    }
    if (record == name || almost(record, name))
      throw BadInput(lines.place(), "the record " + in_quotes(first_word),
                     "ATOM or HETATM, or a record that is not almost one of the two");
  }
  return 0;
}

/// The last five words are x y z charge radius. A line that lacks one of them, but has a chain or a number,
/// has as many words as one without those; of x and the word before it, only a coordinate has a point.
Atom from_words(const Lines& lines, const Fields& fields, std::size_t before_chain) {
  for (std::size_t c = before_chain; c < fields.size(); ++c)
    if (std::count(fields[c].begin(), fields[c].end(), '.') > 1)
      throw BadInput(lines.place() + ": column " + std::to_string(c + 1), in_quotes(fields[c]),
                     "one number, or PDB's columns: x y z in 31-38, 39-46 and 47-54");
  const std::size_t least = before_chain + 5, most = least + 2;
  if (fields.size() < least || fields.size() > most)
    throw BadInput(lines.place(), std::to_string(fields.size()) + " fields",
                   std::to_string(least) + " to " + std::to_string(most) +
                       ": ATOM serial name residue [chain] [number] x y z charge radius");
  const std::size_t x = fields.size() - 5;
  const bool numbered = x > before_chain && has_digit(fields[x - 1]) && !has_point(fields[x - 1]);
  if (!numbered && (has_point(fields[x - 1]) || !has_point(fields[x])))
    throw BadInput(lines.place() + ": column " + std::to_string(x), in_quotes(fields[x - 1]),
                   "a residue number, or none and coordinates with a decimal point");
  Atom atom;
  for (std::size_t k = 0; k < atom.size(); ++k) atom[k] = lines.finite(fields[x + k], x + k);
  return atom;
}

/// PDB's columns, each coordinate with its three decimals at the end: shifted columns are no such line.
std::optional<Atom> from_columns(std::string_view line) {
  constexpr std::size_t first = 30, width = 8;
  Atom atom;
  for (std::size_t k = 0; k < 3; ++k) {
    const std::size_t begin = first + k * width;
    if (line.size() < begin + width) return {};
    const std::string_view text = line.substr(begin, width);
    const auto value = number_in(trimmed(text));
    if (text[width - 4] != '.' || !value || !std::isfinite(*value)) return {};
    atom[k] = *value;
  }
  Fields rest;
  split_at_blanks(line.substr(first + 3 * width), rest);
  if (rest.size() != 2) return {};
  for (std::size_t k = 0; k < 2; ++k) {
    const auto value = number_in(rest[k]);
    if (!value || !std::isfinite(*value)) return {};
    atom[3 + k] = *value;
  }
  return atom;
}

/// CRYST1 a b c alpha beta gamma [group]: words, since edges of less than 10,000 Angstrom leave blanks between PDB's columns.
Crystal crystal_of(const Lines& lines, const Fields& words) {
  Crystal crystal;
  for (std::size_t k = 0; k < 6; ++k) {
    const auto value = k + 1 < words.size() ? number_in(words[k + 1]) : std::nullopt;
    if (!value || !std::isfinite(*value) || *value <= 0)
      throw BadInput(lines.place(), "a record CRYST1 without six numbers above 0",
                     "three edges in Angstrom and three angles in degrees");
    (k < 3 ? crystal.edges[k] : crystal.angles[k - 3]) = *value;
  }
  return crystal;
}

bool all_numbers(const Fields& fields, std::size_t from) {
  return std::all_of(fields.begin() + std::ptrdiff_t(std::min(from, fields.size())), fields.end(),
                     [](std::string_view f) { return number_in(f).has_value(); });
}

}  // namespace

PointSet read_pqr(const std::string& path, const ChargeShape& shape, const InputChoice&) {
  if (shape.numbers() != 1)
    throw BadInput(path, "one charge per atom, all that .pqr holds",
                   shape.in_words() + " (.h5, .hdf5, .xyz, .csv or .txt)");
  PointSet points;
  points.molecule = true;
  Lines lines(path);
  Fields fields;
  while (lines.next()) {
    split_at_blanks(lines.text(), fields);
    if (!fields.empty() && fields[0] == "CRYST1") points.crystal = crystal_of(lines, fields);
    const std::size_t before_chain = fields.empty() ? 0 : words_before_chain(lines, fields[0]);
    if (before_chain == 0) continue;
    // What has run together is no number: a line of whole words is never read by columns.
    const std::size_t x = fields.size() < 5 ? 0 : fields.size() - 5;
    std::optional<Atom> atom;
    if (!all_numbers(fields, x)) atom = from_columns(lines.whole());
    if (!atom) atom = from_words(lines, fields, before_chain);
    points.sources.insert(points.sources.end(), atom->begin(), atom->begin() + 3);
    points.charges.push_back((*atom)[3]);
  }
  if (points.charges.empty())
    throw BadInput(lines.name(), "no atoms", "at least one ATOM or HETATM line");
  return points;
}

}  // namespace Octopole::Driver
