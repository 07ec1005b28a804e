// SPDX-License-Identifier: BSD-3-Clause
// Reads reference/reference.txt: points, charges and, for every kernel and output, the sums in 50
// digits, rounded once. reference/make_reference.py made it and says how it is written.
#ifndef OCTOPOLE_REFERENCE_HPP
#define OCTOPOLE_REFERENCE_HPP

#include <cstddef>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace octopole_test {

/// Row-major.
struct Section {
  std::size_t rows = 0, columns = 0;
  std::vector<double> values;

  double operator()(std::size_t row, std::size_t column = 0) const {
    return values[row * columns + column];
  }
};

/// Sections by name:
///     points (500, 3)     sources, and targets too; two of them are equal
///     targets (100, 1)    indices of the points whose results are given
///     charges.scalar (500, 1), charges.complex (500, 2), charges.vector (500, 3)
///     yukawa.screening, helmholtz.wavenumber, biot_savart_core.radius (1, 1)
/// and KERNEL.OUTPUT, a row per target, complex numbers as re im:
///     laplace: potential (1), gradient (3), hessian (6: xx xy xz yy yz zz)      charges.scalar
///     laplace_dipole: the same                                                  charges.vector
///     yukawa: potential (1), gradient (3)                                       charges.scalar
///     helmholtz: potential (2), gradient (6)                                    charges.complex
///     stokeslet: velocity (3), pressure (1)                                     charges.vector
///     biot_savart, biot_savart_core:
///       velocity (3), velocity_gradient (9: d u_a / d x_b, b faster)            charges.vector
struct Reference {
  std::map<std::string, Section> sections;
  std::vector<std::size_t> targets;

  const Section& operator[](const std::string& name) const {
    const auto found = sections.find(name);
    if (found == sections.end()) throw std::runtime_error("reference: no section " + name);
    return found->second;
  }
  double parameter(const std::string& name) const { return (*this)[name](0); }
};

inline Reference read_reference(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error(path + ": cannot be read");
  Reference reference;
  for (std::string name; file >> name;) {
    if (name.starts_with('#')) {
      std::getline(file, name);
      continue;
    }
    Section section;
    file >> section.rows >> section.columns;
    if (file) section.values.resize(section.rows * section.columns);
    for (double& value : section.values) file >> value;
    if (!file || !reference.sections.emplace(name, std::move(section)).second)
      throw std::runtime_error(path + ": section " + name + " is incomplete or there twice");
  }
  for (const double index : reference["targets"].values)
    reference.targets.push_back(static_cast<std::size_t>(index));
  return reference;
}

/// The file, read once.
inline const Reference& reference() {
  static const Reference all = read_reference(OCTOPOLE_REFERENCE_FILE);
  return all;
}

}  // namespace octopole_test

#endif
