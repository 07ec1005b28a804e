// SPDX-License-Identifier: BSD-3-Clause
#ifndef OCTOPOLE_DRIVER_COLUMNS_HPP
#define OCTOPOLE_DRIVER_COLUMNS_HPP

#include <algorithm>
#include <cctype>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <perf/driver/driver_kernels.hpp>

namespace Octopole::Driver {

inline std::string in_small_letters(std::string_view text) {
  std::string small(text);
  std::transform(small.begin(), small.end(), small.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return small;
}

/// The names under which people keep the charges of a shape, the usual ones first, each list one name per
/// number: {"q"}, {"charge"} and so on, {"re", "im"}, {"q1", "q2", "q3"}, {"fx", "fy", "fz"}.
inline std::vector<std::vector<std::string>> charge_names(const ChargeShape& shape) {
  const std::size_t n = shape.numbers();
  std::vector<std::vector<std::string>> lists;
  if (n == 1)
    for (const char* name : {"q", "charge", "charges", "mass", "m", "weight"})
      lists.push_back({name});
  if (n == 2 && shape.parts == 2) lists = {{"re", "im"}, {"q_re", "q_im"}};
  if (n == 3 && shape.components == 3)
    for (const std::string name : {"q", "f", "d", "w", "force_", "dipole_"})
      lists.push_back({name + "x", name + "y", name + "z"});
  std::vector<std::string> numbered;
  for (std::size_t i = 1; i <= n; ++i)
    numbered.push_back(std::string("q").append(std::to_string(i)));
  lists.push_back(std::move(numbered));
  return lists;
}

/// Where the names stand in a header, compared in small letters. Empty where one is missing or is there twice.
inline std::vector<std::size_t> places_of(const std::vector<std::string>& names,
                                          const std::vector<std::string>& header) {
  std::vector<std::size_t> places;
  for (const std::string& name : names) {
    if (std::count(header.begin(), header.end(), name) != 1) return {};
    places.push_back(std::size_t(std::find(header.begin(), header.end(), name) - header.begin()));
  }
  return places;
}

}  // namespace Octopole::Driver

#endif
