// SPDX-License-Identifier: BSD-3-Clause
#include <perf/driver/driver_rows.hpp>

#include <cstdint>
#include <utility>

namespace Octopole::Driver {
namespace {

/// What the first rank asks the others for; no array: it asks no more.
struct Request {
  std::int64_t array = -1, first = 0, n = 0;
};

Request say(const Ranks& ranks, Request request) {
  ranks.others().broadcast(&request, sizeof request, 0);
  return request;
}

}  // namespace

AllRows::AllRows(const Ranks& ranks, const Options& options, const PointSet& points,
                 const Result& result)
    : m_ranks(ranks) {
  m_arrays[sources] = {&points.sources, 3};
  m_arrays[charges] = {&points.charges, options.charge_shape().numbers()};
  m_arrays[targets] = {&points.target_coordinates(), 3};
  const KernelInfo& kernel = options.kernel_info();
  for (const OutputInfo& one : kernel.outputs)
    if (contains(options.outputs, one.output))
      m_arrays[std::size_t(of(one.output))] = {
          &result[one.output],
          one.components() * kernel.parts() * std::size_t(options.right_hand_sides)};
  const std::size_t here[] = {points.n_sources(), points.n_targets()};
  for (std::size_t kind = 0; kind < 2; ++kind) {
    const auto [before, n] = ranks.place_of(here[kind]);
    m_places[kind] = {before, here[kind], n};
  }
}

std::vector<double> AllRows::rows_for_first(int array, std::size_t first, std::size_t n) const {
  const Array& a = m_arrays[std::size_t(array)];
  const Place& place = place_of(array);
  const auto at = [&](std::size_t row) {
    return a.numbers->begin() +
           std::ptrdiff_t(
               (std::clamp(row, place.before, place.before + place.here) - place.before) *
               a.per_row);
  };
  return m_ranks.on_first({at(first), at(first + n)});
}

std::vector<double> AllRows::read(int array, std::size_t first, std::size_t n) const {
  if (!m_ranks.is_alone()) say(m_ranks, {array, std::int64_t(first), std::int64_t(n)});
  return rows_for_first(array, first, n);
}

void AllRows::serve() const {
  for (;;) {
    const Request request = say(m_ranks, {});
    if (request.array < 0) return;
    rows_for_first(int(request.array), std::size_t(request.first), std::size_t(request.n));
  }
}

void AllRows::end() const {
  if (!m_ranks.is_alone()) say(m_ranks, {});
}

}  // namespace Octopole::Driver
