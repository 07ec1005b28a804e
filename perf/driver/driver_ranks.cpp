// SPDX-License-Identifier: BSD-3-Clause
#include <perf/driver/driver_ranks.hpp>

#ifdef OCTOPOLE_HAVE_MPI
#include <mpi.h>
#endif

#include <algorithm>
#include <core/ranks/Octopole_MpiCommunicator.hpp>
#include <cstdint>
#include <utility>

namespace Octopole::Driver {

#ifdef OCTOPOLE_HAVE_MPI
Ranks::Ranks() {
  int provided = 0, size = 1;
  MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  if (size == 1) return;
  m_ranks = std::make_unique<const MpiCommunicator>(MPI_COMM_WORLD);
  m_guarded = std::make_unique<const Impl::GuardedCommunicator>(*m_ranks);
}
Ranks::~Ranks() {
  m_guarded.reset();
  m_ranks.reset();
  MPI_Finalize();
}
#else
Ranks::Ranks() = default;
Ranks::~Ranks() = default;
#endif

namespace {

/// Ranks agree on one text, by the calls that a GuardedCommunicator agrees by: the status stands in front of it, behind
/// a letter that no sentence begins with.
constexpr char mark = '\1';

std::string text_of(int status, const std::string& sentence) {
  return status == 0 ? "" : std::string{mark, char('0' + status)} + sentence;
}

}  // namespace

void Ranks::expect_not_agreed(const std::string& text) {
  if (text.size() > 1 && text[0] == mark) throw Failure(text[1] - '0', text.substr(2));
}

void Ranks::agree(int status, const std::string& sentence) const {
  if (is_alone()) {
    if (status != 0) throw Failure(status, sentence);
    return;
  }
  try {
    Impl::agree(*m_ranks, text_of(status, sentence));
  } catch (const Impl::Agreed& agreed) {
    expect_not_agreed(agreed.what());
  }
}

void Ranks::ready() const {
  std::vector<double> nothing(1, 0.0);
  sum(nothing);
}

void Ranks::sum(std::vector<double>& numbers) const {
  if (!is_alone()) others().sum(numbers.data(), numbers.size());
}

std::pair<std::size_t, std::size_t> Ranks::place_of(std::size_t here) const {
  if (is_alone()) return {0, here};
  const auto counts = Impl::gather(others(), std::vector<std::uint64_t>{here});
  std::size_t before = 0, n = 0;
  for (std::size_t r = 0; r < counts.size(); ++r) {
    if (int(r) < rank()) before += counts[r];
    n += counts[r];
  }
  return {before, n};
}

std::vector<double> Ranks::sent_to(const std::vector<std::vector<double>>& to) const {
  std::vector<double> all;
  for (const std::vector<double>& of_rank : Impl::exchange_values(others(), to))
    all.insert(all.end(), of_rank.begin(), of_rank.end());
  return all;
}

std::vector<double> Ranks::on_first(std::vector<double> mine) const {
  if (is_alone()) return mine;
  std::vector<std::vector<double>> to(static_cast<std::size_t>(size()));
  to[0] = std::move(mine);
  return sent_to(to);
}

std::vector<double> Ranks::on_all(std::vector<double> mine) const {
  return is_alone() ? mine : Impl::gather(others(), mine);
}

std::vector<double> Ranks::levelled(std::vector<double> mine, std::size_t per_point) const {
  if (is_alone()) return mine;
  const auto R = static_cast<std::size_t>(size());
  const std::size_t here = mine.size() / per_point;
  const auto [first, n] = place_of(here);
  const std::size_t before = first;
  std::vector<std::vector<double>> to(R);
  for (std::size_t r = 0; r < R; ++r) {
    const Slice slice{r, R};
    const auto place = [&](std::size_t i) {  // of point i of all, among mine
      return mine.begin() +
             std::ptrdiff_t((std::clamp(i, before, before + here) - before) * per_point);
    };
    to[r].assign(place(slice.begin(n)), place(slice.end(n)));
  }
  mine = {};
  return sent_to(to);
}

}  // namespace Octopole::Driver
