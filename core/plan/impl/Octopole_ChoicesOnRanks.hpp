#ifndef OCTOPOLE_CHOICES_ON_RANKS_HPP
#define OCTOPOLE_CHOICES_ON_RANKS_HPP

#include <core/base/Octopole_Transfer.hpp>
#include <core/plan/impl/Octopole_MakeParts.hpp>
#include <core/ranks/Octopole_Communicator.hpp>
#include <core/ranks/Octopole_OwnBoxes.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

/// The choices of a plan on ranks, each from facts of all of them and the same on all.
namespace Octopole::Impl {

/// Refuses what a plan on ranks does not have yet. `with_blas`: M2L `blas` has bits that do not depend on how many
/// boxes a rank has. Throws std::invalid_argument.
inline void refuse_on_ranks(const Options& o, bool with_blas) {
  const auto refuse_it = [](const std::string& found, const std::string& allowed) {
    throw std::invalid_argument("Octopole::Plan on ranks: found " + found + ", allowed " + allowed);
  };
  if (o.method == Method::direct) refuse_it("Method::direct", "Method::fmm");
  if (!with_blas && (o.m2l == M2L::blas || o.m2l_tolerance != 0 || o.m2l_rank != 0))
    refuse_it("M2L::blas", "M2L::fft");
  if (o.periodic) refuse_it("Options::periodic", "none");
  if (o.tune) refuse_it("Options::tune", "Options::leaf_capacity, or the library's choice");
}

/// A number that differs where kernels do, or their parameters.
template <class Kernel>
double fingerprint(const Kernel& kernel) {
  double sum = 0;
  for (const char c : kernel.statement().name + kernel.operator_key(OperatorSpec{}))
    sum = 31 * std::fmod(sum, 1e9) + c;
  return sum + kernel.near_range(1e-3);
}

/// Refuses kernels and options that are not the same on all ranks. Collective.
template <class Kernel>
void agree_on_options(const Communicator& ranks, const Options& o, const Kernel& kernel) {
  const BoundingBox box = o.bounding_box.value_or(BoundingBox{});
  std::vector<double> mine{double(o.digits),
                           double(o.order),
                           double(o.check_order),
                           o.inner,
                           o.outer,
                           o.cutoff,
                           double(int(o.m2l)),
                           o.m2l_tolerance,
                           double(o.m2l_rank),
                           double(o.m2l_single),
                           double(o.m2l_memory),
                           double(int(o.near_field)),
                           double(int(o.method)),
                           double(o.leaf_capacity),
                           o.root_scale,
                           double(o.balance),
                           double(unsigned(o.outputs)),
                           double(o.right_hand_sides),
                           double(o.tune),
                           double(o.bounding_box.has_value()),
                           fingerprint(kernel)};
  mine.insert(mine.end(), box.lower.begin(), box.lower.end());
  mine.insert(mine.end(), box.upper.begin(), box.upper.end());
  std::vector<double> most = mine, least = mine;
  for (double& x : least) x = -x;
  ranks.largest(most.data(), most.size());
  ranks.largest(least.data(), least.size());
  for (std::size_t i = 0; i < mine.size(); ++i)
    if (most[i] != -least[i])
      throw std::invalid_argument(
          "Octopole::Plan on ranks: found kernels or options that differ from rank to rank, "
          "allowed the same on all");
}

/// The points of all ranks, as far as the choices depend on them.
struct PointsOfAll {
  PointBounds bounds;
  std::int64_t n_sources = 0, n_targets = 0;
};

/// Bounds of the points of all ranks, and how many there are. Refuses targets that only some ranks have. Collective.
template <class ExecutionSpace, class MemorySpace>
PointsOfAll points_of_all(const ExecutionSpace& exec, const Communicator& ranks,
                          const PointSet<MemorySpace>& points,
                          PlanningMemory<MemorySpace>& memory) {
  PointBounds b = bounds_of(exec, points, nullptr, memory);
  for (Bounds* one : {&b.sources, &b.targets}) {
    double extremes[6];
    for (int d = 0; d < 3; ++d) extremes[d] = -one->lower[d], extremes[3 + d] = one->upper[d];
    ranks.largest(extremes, 6);
    for (int d = 0; d < 3; ++d) one->lower[d] = -extremes[d], one->upper[d] = extremes[3 + d];
  }
  std::int64_t n[3] = {std::int64_t(points.n_sources()), std::int64_t(points.n_targets()),
                       points.targets.has_value()};
  ranks.sum(n, 3);
  if (n[2] != 0 && n[2] != ranks.size())
    throw std::invalid_argument("Octopole::Plan on ranks: found targets of their own on " +
                                std::to_string(n[2]) + " of " + std::to_string(ranks.size()) +
                                " ranks, allowed on all or on none");
  return {b, n[0], n[1]};
}

/// Those of a rank's points that are in a sample of all ranks' points, one caller's after the other's, and after
/// `n_before` points of another kind. All of them on all ranks, in their order: (n, 3) numbers. Collective.
template <class ExecutionSpace, class MemorySpace>
std::vector<double> sampled_on_ranks(const ExecutionSpace& exec, const Communicator& ranks,
                                     const PointInput<MemorySpace>& points,
                                     const SampledIndices& index, std::int64_t n_before) {
  using Rows = Kokkos::View<double**, Kokkos::LayoutRight, MemorySpace>;
  const std::vector<std::int64_t> counts =
      gather(ranks, std::vector<std::int64_t>{std::int64_t(points.extent(0))});
  std::int64_t before = n_before;
  for (int r = 0; r < ranks.rank(); ++r) before += counts[r];
  const std::int64_t here = counts[ranks.rank()];
  std::vector<int> chosen;
  for (std::int64_t i = 0; i < index.size; ++i)
    if (index(i) >= before && index(i) < before + here) chosen.push_back(int(index(i) - before));
  const auto items = view_of<Kokkos::View<int*, MemorySpace>>("Octopole::Ranks::sampled", chosen);
  const Rows mine("Octopole::Ranks::sample", chosen.size(), 3);
  const auto from = points;
  Kokkos::parallel_for(
      "Octopole::Ranks::sample", Kokkos::RangePolicy<ExecutionSpace>(exec, 0, items.extent(0)),
      KOKKOS_LAMBDA(const int i) {
        for (int d = 0; d < 3; ++d) mine(i, d) = from(items(i), d);
      });
  exec.fence("Octopole::Ranks::sample");
  const auto host = to_host(mine);
  return gather(ranks, std::vector<double>(host.data(), host.data() + host.size()));
}

/// The sample that choose_leaf_size would take of all points, the sources rank after rank and then the targets,
/// as if they were one caller's. Its size is bounded. Collective.
template <class ExecutionSpace, class MemorySpace>
auto sample_on_ranks(const ExecutionSpace& exec, const Communicator& ranks,
                     const PointSet<MemorySpace>& points, const PointsOfAll& all) {
  using Rows = Kokkos::View<double**, Kokkos::LayoutRight, MemorySpace>;
  const SampledIndices index = sample_of(all.n_sources + (points.targets ? all.n_targets : 0));
  std::vector<double> chosen = sampled_on_ranks(exec, ranks, points.sources, index, 0);
  if (points.targets) {
    const auto more = sampled_on_ranks(exec, ranks, *points.targets, index, all.n_sources);
    chosen.insert(chosen.end(), more.begin(), more.end());
  }
  const typename Rows::host_mirror_type sample("Octopole::Ranks::sample", chosen.size() / 3, 3);
  std::copy(chosen.begin(), chosen.end(), sample.data());
  return to_space<MemorySpace>(sample);
}

/// The root cube of the points of all ranks, and the leaf size. `old`: as for choose_root_of. Collective.
template <class Work>
RootCube choose_root_on_ranks(const typename Work::execution_space& exec, const Communicator& ranks,
                              const KernelStatement& kernel, const PointsOfAll& all,
                              const PointSet<typename Work::memory_space>& points,
                              const Domain* old, Choices& choices) {
  using T = typename Work::T;
  ranks.broadcast(&choices.near_over_far, sizeof(double), 0);
  return choose_root_of<T, typename Work::WorkShape>(
      kernel, all.bounds, {std::size_t(all.n_sources), std::size_t(all.n_targets)}, old, choices,
      [&](const Domain& tight, const TreeCosts& costs, const std::vector<double>& scales) {
        if (all.n_sources + all.n_targets == 0) return LeafSize{256, scales.front()};
        const auto sample = sample_on_ranks(exec, ranks, points, all);
        LeafSize size =
            leaf_size_of_sample(exec, tight, sample, std::max(all.n_sources, all.n_targets), costs,
                                scales, deepest_level<T>);
        ranks.broadcast(&size, sizeof size, 0);  // whatever the processors differ in
        return size;
      });
}

}  // namespace Octopole::Impl

#endif
