// SPDX-License-Identifier: BSD-3-Clause
// Numbers of the host into Views of any space, and back.
#ifndef OCTOPOLE_TEST_VIEWS_HPP
#define OCTOPOLE_TEST_VIEWS_HPP

#include <Kokkos_Core.hpp>
#include <cstddef>
#include <vector>

/// A contiguous View of `n` rows that begins with `values`; zero beyond them.
template <class View>
View view_of(const std::vector<double>& values, std::size_t n) {
  const View view("Octopole::test::view", n);
  const auto host = Kokkos::create_mirror_view(view);
  for (std::size_t i = 0; i < values.size(); ++i)
    host.data()[i] = static_cast<typename View::value_type>(values[i]);
  Kokkos::deep_copy(view, host);
  return view;
}

/// The elements of a contiguous View as they lie in memory.
template <class View>
std::vector<double> numbers(const View& view) {
  const auto host = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace{}, view);
  return std::vector<double>(host.data(), host.data() + host.size());
}

#endif
