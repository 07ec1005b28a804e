// SPDX-License-Identifier: BSD-3-Clause
// Gadget: /PartType0 to 5, each with Coordinates (N,3) and Masses (N), or the mass that all of a type have in
// /Header's MassTable. H5MD (h5md.org): /particles/NAME with position and charge, each a dataset, (N,3) and
// (N), or where it depends on time a group with the dataset value, (frames,N,3) and (frames,N).
// The cell that repeats is /Header's BoxSize of the one, box/edges of the other.
#include <Octopole_Config.hpp>

#ifdef OCTOPOLE_HAVE_HDF5
#include <algorithm>
#include <array>
#include <optional>

#include <perf/driver/readers/driver_hdf5_values.hpp>
#include <perf/driver/readers/driver_particles.hpp>

namespace Octopole::Driver {
namespace {

using Impl::Hdf5File;
using namespace Hdf5Values;

constexpr std::string_view gadget_type = "PartType";

bool is_gadget(const Hdf5File& file) {
  const std::vector<std::string> names = file.names_in("/");
  return std::any_of(names.begin(), names.end(),
                     [](const std::string& name) { return name.starts_with(gadget_type); });
}

/// The groups of particles, by the names that --particles takes, which have positions.
std::vector<std::string> groups_of(const Hdf5File& file, const std::string& parent,
                                   std::string_view prefix, const char* positions) {
  std::vector<std::string> groups;
  for (const std::string& name : file.names_in(parent))
    if (name.starts_with(prefix) &&
        file.exists((parent == "/" ? "/" : parent + "/") + name + "/" + positions))
      groups.push_back(name);
  return groups;
}

std::string chosen(const Hdf5File& file, const std::vector<std::string>& groups,
                   const InputChoice& choice) {
  std::string all;
  for (const std::string& name : groups)
    all.append(all.empty() ? "" : ", ").append(printable(name));
  if (groups.empty())
    throw BadInput(file.path(), "no group of particles with positions", "one or more");
  if (choice.particles.empty()) {
    if (groups.size() > 1)
      throw BadInput(file.path(), "particles of several kinds, " + all,
                     "--particles with one of them");
    return groups[0];
  }
  if (std::find(groups.begin(), groups.end(), choice.particles) == groups.end())
    throw BadInput("--particles", in_quotes(choice.particles),
                   all + ", which " + file.path() + " has");
  return choice.particles;
}

void expect_one_number(const std::string& place, const ChargeShape& shape, const char* what) {
  if (shape.numbers() != 1)
    throw BadInput(place, what, shape.in_words() + " (/sources and /charges, or .csv)");
}

/// Of edges, or three vectors one after the other; none of numbers that say no cell.
std::optional<Crystal> crystal_of(const std::vector<double>& numbers) {
  if (numbers.size() == 1) return crystal_of_edges(numbers[0], numbers[0], numbers[0]);
  if (numbers.size() == 3) return crystal_of_edges(numbers[0], numbers[1], numbers[2]);
  if (numbers.size() != 9) return {};
  std::array<double, 9> vectors;
  std::copy(numbers.begin(), numbers.end(), vectors.begin());
  return crystal_of_vectors(vectors);
}

PointSet read_gadget(const Hdf5File& file, const ChargeShape* shape, const InputChoice& choice) {
  if (choice.frame)
    throw BadInput("--frame", "it with a snapshot of Gadget", "an H5MD file or .xyz");
  if (file.has_attribute("/Header", "NumFilesPerSnapshot")) {
    const double files = file.read_attribute_numbers("/Header", "NumFilesPerSnapshot")[0];
    if (files > 1)
      throw BadInput(file.path(), "one of several files of a snapshot", "a snapshot in one file");
  }
  const std::string type = chosen(file, groups_of(file, "/", gadget_type, "Coordinates"), choice);
  const std::string group = "/" + type + "/", expected = "shape (N, 3) with N at least 1";
  const Shape extents = shape_of(file, group + "Coordinates", expected);
  if (extents.size() != 2 || extents[1] != 3 || extents[0] == 0)
    throw BadInput(place_of(file, group + "Coordinates"), "shape " + text_of(extents), expected);
  PointSet points;
  points.sources = finite_values(file, group + "Coordinates", extents);
  if (!shape) return points;
  if (file.has_attribute("/Header", "BoxSize"))  // 0 where nothing repeats
    points.crystal = crystal_of(file.read_attribute_numbers("/Header", "BoxSize"));
  expect_one_number(place_of(file, group), *shape, "one mass per particle, all that it holds");
  const Shape masses{extents[0]};
  if (file.exists(group + "Masses")) {
    const std::string words = "shape " + text_of(masses);
    const Shape found = shape_of(file, group + "Masses", words);
    if (found != masses)
      throw BadInput(place_of(file, group + "Masses"), "shape " + text_of(found), words);
    points.charges = finite_values(file, group + "Masses", masses);
    return points;
  }
  const std::string number = type.substr(gadget_type.size());
  std::vector<double> table;
  if (file.has_attribute("/Header", "MassTable"))
    table = file.read_attribute_numbers("/Header", "MassTable");
  const std::size_t i = number.size() == 1 ? std::size_t(number[0] - '0') : table.size();
  if (i >= table.size() || !(table[i] > 0) || !std::isfinite(table[i]))
    throw BadInput(place_of(file, group), "neither Masses nor a mass of all in /Header's MassTable",
                   "one of the two");
  points.charges.assign(extents[0], table[i]);
  return points;
}

/// A property of H5MD's particles in one frame, of `numbers` numbers per particle. `frames`: how many there are, 0 where it
/// does not depend on time.
std::vector<double> read_property(const Hdf5File& file, const std::string& name,
                                  std::size_t numbers, const InputChoice& choice,
                                  std::size_t& frames) {
  const bool timed = file.exists(name + "/value");
  const std::string dataset = timed ? name + "/value" : name;
  const std::string expected = std::string(timed ? "shape (frames, N" : "shape (N") +
                               (numbers > 1 ? ", " + std::to_string(numbers) : "") + ")";
  Shape shape = shape_of(file, dataset, expected);
  const std::size_t rank = (timed ? 2 : 1) + (numbers > 1 ? 1 : 0);
  if (shape.size() != rank || (numbers > 1 && shape.back() != numbers) ||
      std::find(shape.begin(), shape.end(), 0) != shape.end())
    throw BadInput(place_of(file, dataset), "shape " + text_of(shape), expected);
  frames = timed ? shape[0] : 0;
  if (!timed) return finite_values(file, dataset, shape);
  expect_one_frame(place_of(file, dataset), frames, choice);
  std::vector<double> values = file.read_rows(dataset, choice.frame.value_or(0), 1);
  shape.erase(shape.begin());
  expect_finite(values, shape,
                place_of(file, dataset) + ", frame " + std::to_string(choice.frame.value_or(0)));
  return values;
}

/// A box of H5MD: edges along the axes or three vectors, a dataset, a group with the dataset value, or, as older files
/// have it, an attribute. `frame` of `frames` that the positions have; a box of others may belong to other times.
std::optional<Crystal> read_box(const Hdf5File& file, const std::string& box, std::size_t frame,
                                std::size_t frames) {
  if (!file.exists(box)) return {};
  const std::string edges = box + "/edges";
  const bool timed = file.exists(edges + "/value");
  const std::string dataset = timed ? edges + "/value" : edges;
  if (!file.exists(dataset))
    return file.has_attribute(box, "edges") ? crystal_of(file.read_attribute_numbers(box, "edges"))
                                            : std::nullopt;
  const std::string expected =
      timed ? "shape (frames, 3) or (frames, 3, 3)" : "shape (3) or (3, 3)";
  const Shape shape = shape_of(file, dataset, expected);
  const std::size_t rank = shape.size() - (timed ? 1 : 0);
  if (shape.size() < (timed ? 2u : 1u) || shape[0] == 0 || rank > 2 || shape.back() != 3 ||
      (rank == 2 && shape[shape.size() - 2] != 3))
    throw BadInput(place_of(file, dataset), "shape " + text_of(shape), expected);
  if (!timed) return crystal_of(finite_values(file, dataset, shape));
  if (shape[0] != 1 && shape[0] != frames) return {};
  return crystal_of(file.read_rows(dataset, shape[0] == 1 ? 0 : frame, 1));
}

PointSet read_h5md(const Hdf5File& file, const ChargeShape* shape, const InputChoice& choice) {
  const std::string group =
      "/particles/" + chosen(file, groups_of(file, "/particles", "", "position"), choice);
  PointSet points;
  std::size_t moving = 0, changing = 0;  // frames
  points.sources = read_property(file, group + "/position", 3, choice, moving);
  if (shape) {
    expect_one_number(place_of(file, group), *shape,
                      "one charge per particle, all that H5MD holds");
    points.charges = read_property(file, group + "/charge", 1, choice, changing);
  }
  if (choice.frame && moving == 0 && changing == 0)
    throw BadInput("--frame", "it with particles that do not depend on time", "a trajectory");
  if (!shape) return points;
  points.crystal =
      read_box(file, group + "/box", choice.frame.value_or(0), std::max<std::size_t>(moving, 1));
  if (points.charges.size() != points.n_sources())
    throw BadInput(place_of(file, group + "/charge"),
                   std::to_string(points.charges.size()) + " charges",
                   std::to_string(points.n_sources()) + ", one per particle");
  return points;
}

}  // namespace

bool holds_particles(const Hdf5File& file) {
  return is_gadget(file) || file.exists("/particles");
}

PointSet read_particles(const Hdf5File& file, const ChargeShape* shape, const InputChoice& choice) {
  return is_gadget(file) ? read_gadget(file, shape, choice) : read_h5md(file, shape, choice);
}

void expect_no_choice(const Hdf5File& file, const InputChoice& choice) {
  const char* given = !choice.particles.empty() ? "--particles"
                      : choice.frame            ? "--frame"
                                                : nullptr;
  if (given)
    throw BadInput(given, "it with " + file.path() + ", which has no groups of particles",
                   "a Gadget snapshot or an H5MD file");
}

}  // namespace Octopole::Driver

#endif
