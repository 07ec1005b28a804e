#ifndef OCTOPOLE_CHECK_ON_RANKS_HPP
#define OCTOPOLE_CHECK_ON_RANKS_HPP

#include <core/base/Octopole_Transfer.hpp>
#include <core/kernels/Octopole_CheckResult.hpp>
#include <core/plan/impl/Octopole_PlanParts.hpp>
#include <core/plan/impl/Octopole_RankTraffic.hpp>
#include <core/ranks/Octopole_Communicator.hpp>
#include <core/ranks/Octopole_ItemExchange.hpp>
#include <core/ranks/Octopole_OwnBoxes.hpp>
#include <operators/edges/Octopole_SampledError.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

/// Plan::check on ranks: the sampled targets go to all ranks, each of which sums over its own sources.
namespace Octopole::Impl {

/// Which of all ranks' targets, one caller's after the other's, are compared, and which of those are this caller's.
struct SamplesOfRanks {
  std::int64_t stride = 1;  ///< sample i is target i * stride
  int size = 0,             ///< of all ranks
      first = 0, n = 0,     ///< this rank's samples
      first_target = 0;     ///< the caller's index of the first of them
};

/// Evenly strided samples. Collective. `n_targets`: of this rank.
inline SamplesOfRanks samples_of_ranks(const Communicator& ranks, std::int64_t n_targets,
                                       int samples) {
  const std::vector<std::int64_t> counts =
      gather(ranks, std::vector<std::int64_t>{n_targets, std::int64_t(samples)});
  std::int64_t before = 0, all = 0, most = 0;
  for (int r = 0; r < ranks.size(); ++r) {
    if (r < ranks.rank()) before += counts[2 * r];
    all += counts[2 * r];
    most = std::max(most, counts[2 * r + 1]);
  }
  SamplesOfRanks s;
  s.size = int(std::min(most, all));
  if (s.size <= 0) return {};
  s.stride = all / s.size;
  const auto up_to = [&](std::int64_t target) {
    return int(std::min<std::int64_t>((target + s.stride - 1) / s.stride, s.size));
  };
  s.first = up_to(before);
  s.n = up_to(before + n_targets) - s.first;
  s.first_target = int(s.first * s.stride - before);
  return s;
}

/// Coordinates of a rank's own targets, in the exact unit and in the order in which they came.
template <class ExecutionSpace, class Points, class Rows>
void unpack_coordinates(const ExecutionSpace& exec, const Points& points, const Rows& at) {
  Kokkos::parallel_for(
      "Octopole::Ranks::coordinates", Kokkos::RangePolicy<ExecutionSpace>(exec, 0, points.slots),
      KOKKOS_LAMBDA(const int slot) {
        const int to = points.input(slot);
        for (int d = 0; to >= 0 && d < 3; ++d) at(to, d) = points.exact(d, slot);
      });
  exec.fence("Octopole::Ranks::coordinates");
}

/// The sampled targets of all ranks, as if they were packed targets. Collective.
template <class Work>
TargetPoints<typename Work::T, typename Work::memory_space> gather_samples(
    const typename Work::execution_space& exec, const PlanParts<Work>& parts,
    const RankTraffic<typename Work::execution_space, typename Work::T>& traffic,
    const SamplesOfRanks& samples, int n_targets) {
  using Memory = typename Work::memory_space;
  using Rows = Kokkos::View<double**, Kokkos::LayoutRight, Memory>;
  const Rows own("Octopole::Check::own_targets", traffic.results.extent(0), 3),
      of_caller("Octopole::Check::targets", std::size_t(n_targets), 3);
  unpack_coordinates(exec, parts.targets.points, own);
  traffic.back.with_rows(exec, 3).apply(exec, *traffic.ranks, ItemRows<Rows>{own},
                                        ItemRows<Rows>{of_caller});
  exec.fence("Octopole::Check::targets");
  std::vector<double> mine;
  for (int i = 0; i < samples.n; ++i) {
    const auto one = to_host(Kokkos::subview(
        of_caller, std::size_t(samples.first_target) + std::size_t(i) * samples.stride,
        Kokkos::ALL));
    for (int d = 0; d < 3; ++d) mine.push_back(one(d));
  }
  const std::vector<double> all = gather(*traffic.ranks, mine);
  const typename Rows::host_mirror_type exact("Octopole::Check::samples", 3, samples.size);
  for (int i = 0; i < samples.size; ++i)
    for (int d = 0; d < 3; ++d) exact(d, i) = all[std::size_t(3 * i + d)];
  TargetPoints<typename Work::T, Memory> targets;
  targets.points.exact = to_space<Memory>(exact);
  targets.points.slots = targets.points.used = samples.size;
  return targets;
}

/// Sums over the sources of all ranks at samples, of this rank's `n` from `first` on. Collective.
template <class Work>
SampledTargets<typename Work::memory_space> sums_of_ranks(
    const typename Work::execution_space& exec, const Communicator& ranks,
    const SampledTargets<typename Work::memory_space>& partial, int first, int n) {
  using Sums = decltype(partial.sums);
  const auto host = to_host(partial.sums);
  const std::size_t chunks = host.extent(1), rows = host.extent(2);
  std::vector<double> sums(std::size_t(partial.size()) * rows, 0.0);
  for (int i = 0; i < partial.size(); ++i)
    for (std::size_t c = 0; c < chunks; ++c)
      for (std::size_t k = 0; k < rows; ++k) sums[std::size_t(i) * rows + k] += host(i, c, k);
  ranks.sum(sums.data(), sums.size());
  const typename std::remove_const_t<Sums>::host_mirror_type mine("Octopole::Check::sums", n,
                                                                  chunks, rows);
  for (int i = 0; i < n; ++i)
    for (std::size_t k = 0; k < rows; ++k) mine(i, 0, k) = sums[std::size_t(first + i) * rows + k];
  SampledTargets<typename Work::memory_space> samples;
  allocate_into(samples.slot, exec, "Octopole::Check::slots", n);
  samples.sums = to_space<typename Work::memory_space>(mine);
  return samples;
}

/// Errors of results that `execute` gave for these charges, whose sums are packed already. Collective.
/// `n_targets`: the caller's. `results`: the caller's, by output, without data where not given.
template <class Work, class Results>
CheckResult check_on_ranks(
    const typename Work::execution_space& exec, const PlanParts<Work>& parts,
    const RankTraffic<typename Work::execution_space, typename Work::T>& traffic,
    const Results& results, int n_targets, int at_most) {
  using Memory = typename Work::memory_space;
  const Communicator& ranks = *traffic.ranks;
  const KernelStatement& statement = parts.kernel->statement();
  const int n_outputs = statement.n_outputs();
  CheckResult result;
  const SamplesOfRanks chosen = samples_of_ranks(ranks, n_targets, at_most);
  if (chosen.size == 0) return result;
  result.targets = std::size_t(chosen.size);
  const auto targets = gather_samples(exec, parts, traffic, chosen, n_targets);
  auto sources = parts.sources;
  sources.points.used = traffic.own_slots;
  std::vector<int> slots(std::size_t(chosen.size));
  for (int i = 0; i < chosen.size; ++i) slots[std::size_t(i)] = i;
  SampledTargets<Memory> partial;
  partial.slot = view_of<Kokkos::View<int*, Memory>>("Octopole::Check::slots", slots);
  allocate_into(partial.sums, exec, "Octopole::Check::partial", chosen.size,
                SampledTargets<Memory>::chunks, statement.rows_of(n_outputs - 1));
  const auto largest = to_host(sources.largest);
  const double exact_unit = parts.tree.domain.exact_unit();
  std::array<ErrorSums, output_count> sums;
  for (int i = 0; i < n_outputs; ++i) sums[i] = no_errors(parts.unit_of(i, exact_unit), largest);
  for (int rhs = 0; rhs < sources.right_hand_sides; ++rhs) {
    parts.kernel->sum_at_samples(exec, parts.tree.domain, sources, targets, partial, rhs);
    exec.fence("Octopole::Check::sums");
    auto samples = sums_of_ranks<Work>(exec, ranks, partial, chosen.first, chosen.n);
    samples.stride = int(chosen.stride);
    for (int i = 0, first = 0; i < n_outputs && chosen.n > 0; ++i) {
      const int rows = statement.terms[i].rows();
      auto output = results[i];
      if (output.data != nullptr) {
        output.data += chosen.first_target * output.point;
        add_errors(exec, samples, output, first, rows, parts.unit_of(i, exact_unit),
                   charge_unit(largest(rhs)), rhs, sums[i]);
      }
      first += rows;
    }
  }
  for (int i = 0; i < n_outputs; ++i) {
    double added[2] = {sums[i].error, sums[i].norm};
    std::int64_t n = std::int64_t(sums[i].targets);
    ranks.sum(added, 2);
    ranks.largest(&sums[i].largest, 1);
    ranks.sum(&n, 1);
    sums[i].error = added[0], sums[i].norm = added[1], sums[i].targets = std::size_t(n);
    if (n > 0) result[statement.terms[i].output] = sums[i].result();
  }
  return result;
}

}  // namespace Octopole::Impl

#endif
