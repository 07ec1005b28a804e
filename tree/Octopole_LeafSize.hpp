#ifndef OCTOPOLE_LEAF_SIZE_HPP
#define OCTOPOLE_LEAF_SIZE_HPP

#include <core/base/Octopole_Transfer.hpp>
#include <tree/Octopole_CoincidentPoints.hpp>
#include <tree/Octopole_DeeperCodes.hpp>
#include <tree/Octopole_Octree.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace Octopole {

/// What the parts of an FMM cost, in any one unit of time.
struct TreeCosts {
  double near_pair = 0;    ///< a target and a source in P2P
  double box = 0;          ///< of level 2 or finer: its solves, M2M and L2L
  double box_pair = 0;     ///< an entry of V, where M2L works pair by pair
  double parent = 0;       ///< of level 1 or finer: the transforms of its children
  double parent_pair = 0;  ///< a parent and one of its 26 neighbours, where M2L works by parents
  double lanes = 1;        ///< targets that P2P takes at a time: leaves are padded to them
};

/// The two numbers that fix the tree of given points.
struct LeafSize {
  int capacity = 0;       ///< most sources and most targets in a leaf
  double root_scale = 1;  ///< side of the root cube in longest edges of the points' bounding box
};

namespace Impl {

/// Points as they come, or a sample of them: one out of each of `size` equal parts, where in its
/// part by a hash, so that no regular order of the points is met in step.
struct SampledIndices {
  std::int64_t n_all, size;

  KOKKOS_FUNCTION std::int64_t operator()(std::int64_t i) const {
    const std::int64_t begin = n_all * i / size, part = n_all * (i + 1) / size - begin;
    std::uint64_t h = (std::uint64_t(i) + 1) * 0x9E3779B97F4A7C15ull;
    h = (h ^ (h >> 29)) * 0xBF58476D1CE4E5B9ull;
    return begin + std::int64_t((h >> 33) % std::uint64_t(part));
  }
};

/// The sample of so many points.
inline SampledIndices sample_of(std::int64_t n_all) {
  return {n_all, std::min<std::int64_t>(n_all, std::clamp<std::int64_t>(n_all / 8, 16384, 131072))};
}

/// The points of a sample: sources, then targets.
template <class Sources, class Targets>
struct PointSample {
  Sources sources;
  Targets targets;
  std::int64_t n_sources;
  SampledIndices index;

  KOKKOS_FUNCTION std::int64_t extent(int) const { return index.size; }
  KOKKOS_FUNCTION double operator()(std::int64_t i, int d) const {
    const std::int64_t at = index(i);
    return at < n_sources ? sources(at, d) : targets(at - n_sources, d);
  }
};

/// How many points a cube of any size holds around typical points, from counts in the boxes of a
/// sample's octree: read off between levels, and carried on as a power law below the level at which
/// the sample gets too thin.
class DensityProfile {
 public:
  static constexpr int witnesses = 512;
  static constexpr int thin = 64;  // points of the sample; their number is then known to an eighth

  /// `sorted`: the sample in the cube that counts as size 1, by so many words that no more than `thin`
  /// share a cell; `n` points stand behind it.
  template <class ExecutionSpace, class Sorted>
  DensityProfile(const ExecutionSpace& exec, const Sorted& sorted, double n) {
    const int size = sorted.size(), levels = Morton::finest_level(sorted.n_words) + 1;
    m_levels = levels;
    m_count = std::min(size, witnesses);
    using Counts = Kokkos::View<int**, Kokkos::LayoutRight, typename ExecutionSpace::memory_space>;
    const auto counts =
        allocate<Counts>(exec, "Octopole::LeafSize::counts", std::size_t(m_count), levels);
    count(exec, sorted.codes(), counts);
    const auto host = to_host(counts);
    m_log.resize(std::size_t(m_count) * levels);
    m_finest.resize(m_count);
    m_slope.resize(m_count);
    for (int w = 0; w < m_count; ++w) {
      double* log = &m_log[std::size_t(w) * levels];
      int finest = 0;
      for (int l = 0; l < levels; ++l) {
        log[l] = std::log2(n * host(w, l) / size);
        if (host(w, l) >= thin) finest = l;
      }
      const int above = std::max(finest - 2, 0);
      m_finest[w] = finest;
      m_slope[w] =
          finest == 0 ? 3 : std::clamp((log[above] - log[finest]) / (finest - above), 0.0, 3.0);
    }
  }

  int size() const { return m_count; }
  int levels() const { return m_levels; }
  /// log2 of the points in a cube of side 2^-t around a witness.
  double log_count(int witness, double t) const {
    const double* log = &m_log[std::size_t(witness) * m_levels];
    const int finest = m_finest[witness];
    if (t <= 0) return log[0];
    if (t >= finest) return std::max(log[finest] - m_slope[witness] * (t - finest), 0.0);
    const int l = int(t);
    return log[l] + (t - l) * (log[l + 1] - log[l]);
  }

  // Public because it launches a kernel, which nvcc asks of a function that does.
  template <class ExecutionSpace, class Codes, class Counts>
  static void count(const ExecutionSpace& exec, const Codes& codes, const Counts& counts) {
    const std::int64_t size = codes.size, rows = counts.extent(0), levels = counts.extent(1);
    Kokkos::parallel_for(
        "Octopole::LeafSize::count", Kokkos::RangePolicy<ExecutionSpace>(exec, 0, rows * levels),
        KOKKOS_LAMBDA(const int i) {
          const std::int64_t w = i / levels, l = i % levels;
          const auto around = codes.in_box(codes.box_of(int(size * w / rows), int(l)));
          counts(w, l) = around.second - around.first;
        });
    exec.fence("Octopole::LeafSize::count");
  }

 private:
  int m_count = 0, m_levels = 0;
  std::vector<double> m_log, m_slope;
  std::vector<int> m_finest;
};

/// What a tree with root cube `scale` would cost, per point and witness, for each of `capacities`.
inline std::vector<double> tree_costs(const DensityProfile& profile, const TreeCosts& costs,
                                      double scale, const std::vector<int>& capacities) {
  const int levels = profile.levels();
  const double shift = std::log2(scale), log3 = std::log2(3.0), log6 = log3 + 1;
  // Where the points fill the space, cells that the faces of the data cut through are extra.
  std::vector<double> extra(levels);
  for (int l = 0; l < levels; ++l) {
    double dimension = 0;
    for (int w = 0; w < profile.size(); ++w)
      dimension += profile.log_count(w, l - shift - 1) - profile.log_count(w, l - shift);
    const double cells = std::exp2(l) / scale;
    extra[l] =
        dimension > 2.5 * profile.size() ? std::pow(std::ceil(cells * (1 - 1e-9)) / cells, 3) : 1;
  }
  std::vector<double> total(capacities.size());
  for (int w = 0; w < profile.size(); ++w) {
    double above = 0;                      // of the witness' share in the boxes that hold it
    std::size_t open = capacities.size();  // so many of the smallest go on splitting
    for (int l = 0; l < levels && open > 0; ++l) {
      const double here = std::exp2(profile.log_count(w, l - shift));
      const double near = std::exp2(profile.log_count(w, l - shift - log3));
      const double share = extra[l] / here, around = near / here;
      if (l >= 2) {
        const double wide = std::exp2(profile.log_count(w, l - shift - log6)) / here;
        above += share * (costs.box + costs.box_pair * std::clamp(wide - around, 0.0, 189.0));
      }
      for (; open > 0 && (here <= capacities[open - 1] || l == levels - 1); --open)
        total[open - 1] += above + costs.near_pair * near * (1 + 0.5 * (costs.lanes - 1) / here);
      if (l >= 1)
        above += share * (costs.parent + costs.parent_pair * std::clamp(around - 1, 0.0, 26.0));
    }
  }
  return total;
}

}  // namespace Impl

/// Root cubes to choose from, in longest edges of the data: for points that fill a cube, whose
/// leaves then number m along an edge, m even, and are all full (sides of 2^d / m).
/// @return 1 to below 2, ascending
inline std::vector<double> root_scales() {
  std::vector<double> scales;
  for (int m = 32; m > 16; m -= 2) scales.push_back(32.0 / m);
  return scales;
}
/// The same for kernels whose roots stand on the ladder of `make_domain`: the rungs of the next
/// octave.
/// @param side  longest edge of the points' bounding box, above 0
/// @return `rungs` scales, at least 1, ascending
inline std::vector<double> root_scales_on_ladder(double side) {
  std::vector<double> scales;
  scales.reserve(rungs);
  const double next = std::ceil(rungs * std::log2(side));
  for (int j = 0; j < rungs; ++j)
    scales.push_back(std::max(1.0, std::exp2((next + j) / rungs) / side * (1 - 1e-9)));
  return scales;
}

/// See choose_leaf_size: by a sample of the points.
/// @param exec,cube,costs,scales,finest  as for choose_leaf_size
/// @param sample  called as sample(i, d); has extent(0) above 0
/// @param n_points  sources or targets, whichever are more, that it was taken from
/// @return the choice
template <class ExecutionSpace, class Sample>
LeafSize leaf_size_of_sample(const ExecutionSpace& exec, const Domain& cube, const Sample& sample,
                             std::int64_t n_points, const TreeCosts& costs,
                             const std::vector<double>& scales, int finest = Morton::max_level) {
  LeafSize best{256, scales.front()};
  auto sorted = sort_points(exec, cube, sample);
  sort_deeper(exec, cube, sample, sorted, Impl::DensityProfile::thin, finest);
  // Points at one place count once in the tree too.
  const double before = sorted.size();
  merge_coincident(exec, sample, sorted, Impl::DensityProfile::thin);
  const Impl::DensityProfile profile(exec, sorted, double(n_points) * sorted.size() / before);
  std::vector<int> capacities;
  double capacity = 16;
  while (capacity < 2000) capacities.push_back(int(capacity)), capacity *= 1.19;
  double least = -1;
  for (const double scale : scales) {
    const auto total = Impl::tree_costs(profile, costs, scale, capacities);
    const auto lowest = std::min_element(total.begin(), total.end());
    if (least >= 0 && *lowest >= least) continue;
    least = *lowest;
    // The middle of all that are as good: where boxes hold about equal numbers, any capacity
    // between those and eight times those makes the same tree, but for boxes that chance has
    // filled.
    auto low = lowest, high = lowest;
    while (low != total.begin() && *(low - 1) <= 1.02 * least) --low;
    while (high + 1 != total.end() && *(high + 1) <= 1.02 * least) ++high;
    best = {capacities[(low - total.begin() + (high - total.begin())) / 2], scale};
  }
  return best;
}

/// The leaf capacity and root cube, out of `scales`, with the least cost. Octaves alone would let
/// the points per leaf, and with them the time, swing by a factor of 2 to 8 with their number.
/// `cube` holds the points, its lowest corner at theirs, and counts as scale 1. Waits for `exec`.
/// @param exec  instance to work on
/// @param sources,targets  called as points(i, d); have extent(0)
/// @param same_points  targets are the sources; `targets` is then not looked at
/// @param cube  holds the points
/// @param costs  measured or modelled; above 0 those that count
/// @param scales  not empty, each at least 1
/// @param finest  the finest level that the tree will have
/// @return the choice; 256 points and the first scale where there are no points
template <class ExecutionSpace, class Sources, class Targets>
LeafSize choose_leaf_size(const ExecutionSpace& exec, const Domain& cube, const Sources& sources,
                          const Targets& targets, bool same_points, const TreeCosts& costs,
                          const std::vector<double>& scales, int finest = Morton::max_level) {
  const std::int64_t n_sources = sources.extent(0);
  const std::int64_t n_targets = same_points ? 0 : targets.extent(0), n_all = n_sources + n_targets;
  LeafSize best{256, scales.front()};
  if (n_all == 0) return best;
  const Impl::PointSample<Sources, Targets> sample{sources, targets, n_sources,
                                                   Impl::sample_of(n_all)};
  return leaf_size_of_sample(exec, cube, sample, std::max(n_sources, n_targets), costs, scales,
                             finest);
}

}  // namespace Octopole

#endif
