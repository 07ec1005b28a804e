// SPDX-License-Identifier: BSD-3-Clause
// .xyz and .extxyz: the number of atoms, a line of comment, a line per atom; then perhaps the next frame.
// The comment of the extended format says what the columns are, Properties=species:S:1:pos:R:3:charge:R:1;
// else they are "species x y z" and the charges. Lattice="..." in it holds the three vectors of a cell that repeats.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

#include <perf/driver/readers/driver_columns.hpp>
#include <perf/driver/readers/driver_lines.hpp>
#include <perf/driver/readers/driver_readers.hpp>

namespace Octopole::Driver {
namespace {

using Fields = std::vector<std::string_view>;

/// Of a line: where the coordinates and the charges begin, and how many columns there are.
struct Layout {
  std::size_t position = 1, charge = 4, columns = 0;
};

std::size_t whole_number(std::string_view text, std::size_t most) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && value <= most ? value : 0;
}

/// The value behind a key in small letters, "properties=", in a comment, in quotes or not; empty where there is none.
std::string_view value_in(std::string_view comment, std::string_view key) {
  const std::size_t at = in_small_letters(comment).find(key);
  if (at == comment.npos) return {};
  std::string_view value = comment.substr(at + key.size());
  if (value.starts_with('"')) {
    value.remove_prefix(1);
    return value.substr(0, value.find('"'));
  }
  return value.substr(0, value.find_first_of(blanks));
}

/// Names of a property that holds the charges; of vectors, what ASE and others write.
std::vector<std::string> property_names(const ChargeShape& shape) {
  if (shape.numbers() == 1) return {"charge", "charges", "initial_charges", "q", "mass", "masses"};
  if (shape.numbers() == 3 && shape.components == 3)
    return {"q", "force", "forces", "dipole", "dipoles"};
  return {"q"};
}

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text.append(text.empty() ? "" : ", ").append(name);
  return text;
}

/// `shape`: none for targets.
Layout layout_of(const Lines& lines, std::string_view properties, const ChargeShape* shape) {
  Fields words;
  for (;;) {
    const std::size_t end = properties.find(':');
    words.push_back(properties.substr(0, end));
    if (end == properties.npos) break;
    properties.remove_prefix(end + 1);
  }
  const auto refuse = [&](const std::string& found, const std::string& expected) {
    throw BadInput(lines.place() + ": Properties", found, expected);
  };
  constexpr std::size_t most_columns = 100'000;
  if (words.size() % 3 != 0) refuse("no triples", "name:type:columns, one after the other");
  Layout layout;
  layout.position = layout.charge = std::string_view::npos;
  const std::size_t numbers = shape ? shape->numbers() : 0;
  const auto names = shape ? property_names(*shape) : std::vector<std::string>{};
  std::size_t best = names.size();
  for (std::size_t w = 0; w < words.size(); w += 3) {
    const std::size_t columns = whole_number(words[w + 2], most_columns);
    if (columns == 0 || layout.columns + columns > most_columns)
      refuse(in_quotes(words[w + 2]), "a number of columns");
    const std::string name = in_small_letters(words[w]);
    if ((name == "pos" || name == "positions") && columns == 3) layout.position = layout.columns;
    const auto place = std::size_t(std::find(names.begin(), names.end(), name) - names.begin());
    if (place < best && columns == numbers) {
      best = place;
      layout.charge = layout.columns;
    }
    layout.columns += columns;
  }
  if (layout.position == std::string_view::npos)
    refuse("no property pos of three columns", "pos:R:3 among them");
  if (numbers > 0 && layout.charge == std::string_view::npos)
    refuse("no property of " + std::to_string(numbers) + (numbers == 1 ? " column" : " columns") +
               " for the charges",
           "one of " + listed(names) + " (" + shape->in_words() + ")");
  return layout;
}

/// The cell whose vectors stand in the comment, none where there are none.
std::optional<Crystal> lattice_of(const Lines& lines) {
  const std::string_view text = value_in(lines.text(), "lattice=");
  if (text.empty()) return {};
  Fields words;
  split_at_blanks(text, words);
  std::array<double, 9> vectors{};
  bool right = words.size() == vectors.size();
  for (std::size_t i = 0; right && i < vectors.size(); ++i) {
    const auto number = number_in(words[i]);
    right = number && std::isfinite(*number);
    if (right) vectors[i] = *number;
  }
  if (!right)
    throw BadInput(lines.place() + ": Lattice", in_quotes(text),
                   "nine numbers in quotes, three vectors of a cell");
  return crystal_of_vectors(vectors);
}

/// One frame, where `lines` stand at its number of atoms.
PointSet read_frame(Lines& lines, std::size_t atoms, const ChargeShape* shape) {
  const std::size_t numbers = shape ? shape->numbers() : 0;
  const auto cut_off = [&](std::size_t found) {
    throw BadInput(lines.name(),
                   "the end of the file after " + std::to_string(found) + " atoms of a frame",
                   std::to_string(atoms));
  };
  if (!lines.next()) cut_off(0);
  Layout layout;
  if (const std::string_view properties = value_in(lines.text(), "properties=");
      !properties.empty())
    layout = layout_of(lines, properties, shape);
  PointSet points;
  points.crystal = lattice_of(lines);
  Fields fields;
  for (std::size_t i = 0; i < atoms; ++i) {
    if (!lines.next()) cut_off(i);
    split_at_blanks(lines.text(), fields);
    const std::size_t needed = layout.columns > 0 ? layout.columns : layout.charge + numbers;
    if (layout.columns > 0 || shape ? fields.size() != needed : fields.size() < needed)
      throw BadInput(lines.place(), std::to_string(fields.size()) + " columns",
                     std::to_string(needed) +
                         (layout.columns > 0 ? ", as Properties says"
                          : shape ? ": species x y z and the charges (" + shape->in_words() + ")"
                                  : ": species x y z"));
    for (std::size_t k = 0; k < 3; ++k)
      points.sources.push_back(lines.finite(fields[layout.position + k], layout.position + k));
    for (std::size_t k = 0; k < numbers; ++k)
      points.charges.push_back(lines.finite(fields[layout.charge + k], layout.charge + k));
  }
  return points;
}

/// The frame asked for, the only one where none is.
PointSet read_frames(const std::string& path, const ChargeShape* shape, const InputChoice& choice) {
  Lines lines(path);
  PointSet points;
  std::size_t frames = 0;
  while (lines.next()) {
    if (lines.text().empty()) continue;  // behind the last frame
    const std::size_t atoms = whole_number(lines.text(), std::size_t(1) << 40);
    if (atoms == 0)
      throw BadInput(lines.place(), in_quotes(lines.text()),
                     "a number of atoms, which begins a frame");
    if (frames == choice.frame.value_or(0)) {
      points = read_frame(lines, atoms, shape);
      if (choice.frame) return points;
    } else {
      for (std::size_t skipped = 0; skipped <= atoms; ++skipped)
        if (!lines.next())
          throw BadInput(lines.name(), "the end of the file within a frame", "whole frames");
    }
    ++frames;
  }
  if (frames == 0)
    throw BadInput(lines.name(), "no atoms", "a number of atoms, which begins a frame");
  expect_one_frame(lines.name(), frames, choice);
  return points;
}

}  // namespace

PointSet read_xyz(const std::string& path, const ChargeShape& shape, const InputChoice& choice) {
  return read_frames(path, &shape, choice);
}

std::vector<double> read_xyz_targets(const std::string& path, const InputChoice& choice) {
  return read_frames(path, nullptr, choice).sources;
}

}  // namespace Octopole::Driver
