// SPDX-License-Identifier: BSD-3-Clause
#include <perf/driver/writers/driver_writers.hpp>

#include <stdexcept>

namespace Octopole::Driver {
namespace {

/// "_x", "_xy" (of the six of a Hessian), "_xy" (row, column): what a component is called.
std::string component_name(const OutputInfo& output, std::size_t i) {
  constexpr const char* axes[] = {"x", "y", "z"};
  constexpr const char* six[] = {"xx", "xy", "xz", "yy", "yz", "zz"};
  switch (output.components()) {
    case 1:
      return "";
    case 3:
      return std::string("_") + axes[i];
    case 6:
      return std::string("_") + six[i];
    default:
      return std::string("_") + axes[i / 3] + axes[i % 3];
  }
}

bool is_stokes(const Results& r) {
  return r.kernel().name == "stokeslet";
}
bool is_vortex(const Results& r) {
  return r.kernel().name == "biot-savart";
}

}  // namespace

std::vector<OutputInfo> Results::outputs() const {
  std::vector<OutputInfo> wanted;
  for (const OutputInfo& output : kernel().outputs)
    if (contains(options.outputs, output.output)) wanted.push_back(output);
  return wanted;
}

std::vector<Column> columns_of(const Results& results, const OutputInfo& output,
                               const std::vector<double>& values) {
  const std::size_t parts = results.kernel().parts(), sides = results.sides();
  const std::size_t numbers = output.components() * parts * sides;
  std::vector<Column> columns;
  for (std::size_t i = 0; i < numbers; ++i) {
    std::string name = name_of(output.output) + component_name(output, i / (parts * sides));
    if (parts > 1) name += i / sides % parts == 0 ? "_re" : "_im";
    if (sides > 1) name.append("_").append(std::to_string(i % sides));
    columns.push_back({std::move(name), values.data() + i, numbers});
  }
  return columns;
}

std::vector<double> parts_together(const std::vector<double>& values, std::size_t sides) {
  std::vector<double> pairs(values.size());
  for (std::size_t i = 0; i < values.size() / 2; ++i)
    for (std::size_t part = 0; part < 2; ++part)
      pairs[2 * i + part] = values[(i / sides * 2 + part) * sides + i % sides];
  return pairs;
}

std::string unit_of_length(const Results& results) {
  return results.points.molecule ? "Angstrom" : "length";
}

std::string unit_of_charges(const Results& results) {
  if (is_stokes(results)) return "force";
  if (is_vortex(results)) return "length^3/time";
  const std::string charge = results.points.molecule ? "e" : "charge";
  return results.options.dipole ? charge + "*" + unit_of_length(results) : charge;
}

std::string unit_of(const Results& results, const Output& output) {
  const std::string charge = results.points.molecule ? "e" : "charge";
  const std::string length = unit_of_length(results);
  switch (output) {
    case Output::potential:
      return charge + "/" + length;
    case Output::gradient:
      return charge + "/" + length + "^2";
    case Output::hessian:
      return charge + "/" + length + "^3";
    case Output::velocity:
      return is_vortex(results) ? "length/time" : "force/(viscosity*length)";
    case Output::pressure:
      return "force/length^2";
    case Output::velocity_gradient:
      return "1/time";
    case Output::none:
      break;
  }
  throw std::logic_error("Octopole::Driver: no unit is written for this output");
}

void expect_written(bool good, const std::string& path) {
  if (!good)
    throw std::runtime_error(path +
                             ": found an error while writing, expected room for the results");
}

}  // namespace Octopole::Driver
