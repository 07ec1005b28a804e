// SPDX-License-Identifier: BSD-3-Clause
// .pqr: PDB's ATOM and HETATM records as words between blanks, occupancy and B factor replaced by
// charge (e) and radius; coordinates in Angstrom.
//   ATOM serial name residue [chain] number x y z charge radius
#include <perf/driver/readers/driver_lines.hpp>
#include <perf/driver/readers/driver_readers.hpp>

namespace Octopole::Driver {
namespace {

bool has_digit(std::string_view text) {
  return text.find_first_of("0123456789") != text.npos;
}

/// Words before x, y, z, charge, radius; where the record's name and a long serial number have
/// grown together ("HETATM100000") there is one fewer. Zero: not an atom.
std::size_t least_words_before_x(std::string_view first_word) {
  for (const std::string_view name : {"ATOM", "HETATM"}) {
    if (!first_word.starts_with(name)) continue;
    const std::string_view rest = first_word.substr(name.size());
    if (rest.empty()) return 5;
    if (rest.find_first_not_of("0123456789") == rest.npos) return 4;
  }
  return 0;
}

}  // namespace

PointSet read_pqr(const std::string& path, const ChargeShape& shape) {
  if (shape.numbers() != 1)
    throw BadInput(path, "one charge per atom, all that .pqr holds",
                   shape.in_words() + " (.h5, .hdf5, .csv or .txt)");
  PointSet points;
  points.molecule = true;
  Lines lines(path);
  std::vector<std::string_view> fields;
  while (lines.next()) {
    split_at_blanks(lines.text(), fields);
    const std::size_t least = fields.empty() ? 0 : least_words_before_x(fields[0]);
    if (least == 0) continue;
    const std::size_t without_chain = least + 5, with_chain = without_chain + 1;
    if (fields.size() != without_chain && fields.size() != with_chain)
      throw BadInput(
          lines.place(), std::to_string(fields.size()) + " fields",
          std::to_string(without_chain) + " (or " + std::to_string(with_chain) +
              " with a chain): ATOM serial name residue [chain] number x y z charge radius");
    const std::size_t x = fields.size() - 5;
    // Without this a line that lacks its radius, but has a chain, would be read shifted by one.
    if (!has_digit(fields[x - 1]))
      throw BadInput(lines.place() + ": column " + std::to_string(x), in_quotes(fields[x - 1]),
                     "a residue number");
    for (std::size_t k = 0; k < 3; ++k)
      points.sources.push_back(lines.finite(fields[x + k], x + k));
    points.charges.push_back(lines.finite(fields[x + 3], x + 3));
    lines.finite(fields[x + 4], x + 4);
  }
  if (points.charges.empty()) throw BadInput(path, "no atoms", "at least one ATOM or HETATM line");
  return points;
}

}  // namespace Octopole::Driver
