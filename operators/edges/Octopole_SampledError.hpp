#ifndef OCTOPOLE_SAMPLED_ERROR_HPP
#define OCTOPOLE_SAMPLED_ERROR_HPP

#include <core/base/Octopole_Allocate.hpp>
#include <core/base/Octopole_Transfer.hpp>
#include <core/base/Octopole_Values.hpp>
#include <core/kernels/Octopole_CheckResult.hpp>
#include <core/kernels/Octopole_KernelFamily.hpp>
#include <operators/Octopole_PointValues.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace Octopole {

/// Some targets, evenly strided in the caller's order, and plain sums at them.
template <class MemorySpace>
struct SampledTargets {
  static constexpr int chunks = 16;      ///< parts that the sources are summed in
  int stride = 1;                        ///< sample i is target i * stride
  Kokkos::View<int*, MemorySpace> slot,  ///< (samples) of the packed targets
      leaf;                              ///< (samples) box that holds it
  Kokkos::View<double***, Kokkos::LayoutRight, MemorySpace> sums;  ///< (samples, chunks, rows)
  /// @return number of samples
  int size() const { return int(slot.extent(0)); }
};

namespace Impl {

/// Slots of the targets whose input index is a multiple of `stride`.
template <class T, class MemorySpace>
struct FindSamples {
  TargetPoints<T, MemorySpace> targets;
  SampledTargets<MemorySpace> samples;
  KOKKOS_FUNCTION void operator()(const int slot) const {
    const int i = targets.points.input(slot), stride = samples.stride;
    if (i >= 0 && i % stride == 0 && i / stride < int(samples.slot.extent(0)))
      samples.slot(i / stride) = slot;
  }
};

template <class T, class MemorySpace>
struct FindLeaves {
  Octree<MemorySpace> tree;
  TargetPoints<T, MemorySpace> targets;
  SampledTargets<MemorySpace> samples;
  KOKKOS_FUNCTION void operator()(const int l) const {
    const int leaf = tree.leaves(l);
    const int begin = targets.points.begin(leaf), end = begin + tree.n_targets(leaf);
    for (int i = 0; i < int(samples.slot.extent(0)); ++i)
      if (samples.slot(i) >= begin && samples.slot(i) < end) samples.leaf(i) = leaf;
  }
};

/// The sum over one chunk of the leaves at one sampled target for one right-hand side, in scalars of
/// double with exact roots: it shares the packed points with the operators, but none of their loops.
template <class Kernel, class MemorySpace>
struct SampleSums {
  using T = typename Kernel::scalar;
  Kernel kernel;
  Octree<MemorySpace> tree;
  ChargedPoints<T, MemorySpace> sources;
  TargetPoints<T, MemorySpace> targets;
  SampledTargets<MemorySpace> samples;
  int rhs;

  KOKKOS_FUNCTION void operator()(const int sample, const int chunk) const {
    using Parts = Family<Kernel>;
    constexpr int C = Parts::charges, top = Parts::n_outputs - 1;
    const auto near = Parts::template near<Root::exact, true>(kernel);
    constexpr int rows = decltype(near)::template rows<top>;
    const auto &x = targets.points, &y = sources.points;
    const int slot = samples.slot(sample);
    const auto home = box_centre(tree.key(samples.leaf(sample)));
    double sum[rows] = {};
    const int chunks = static_cast<int>(samples.sums.extent(1));
    for (int l = chunk; l < tree.n_leaves; l += chunks) {
      const int leaf = tree.leaves(l);
      const auto centre = box_centre(tree.key(leaf));
      const int begin = y.begin(leaf), end = begin + tree.n_sources(leaf);
      for (int s = begin; s < end; ++s) {
        double q[C];
        for (int c = 0; c < C; ++c) q[c] = sources.charges(rhs * C + c, s);
        const double dx = double(x.x(slot)) - (double(y.x(s)) + (centre[0] - home[0]));
        const double dy = double(x.y(slot)) - (double(y.y(s)) + (centre[1] - home[1]));
        const double dz = double(x.z(slot)) - (double(y.z(s)) + (centre[2] - home[2]));
        near.template add<top>(dx, dy, dz, q, sum);
      }
    }
    for (int k = 0; k < rows; ++k) samples.sums(sample, chunk, k) = sum[k];
  }
};

template <class T, class Sampled>
struct SampleOutput {
  Values<T> output;
  Sampled sampled;
  int stride, rhs;
  KOKKOS_FUNCTION void operator()(const int i) const {
    for (int k = 0; k < int(sampled.extent(1)); ++k) sampled(i, k) = output(i * stride, k, rhs);
  }
};

/// Errors of one output, gathered over targets and right-hand sides.
struct ErrorSums {
  double error = 0, norm = 0, largest = 0;
  std::size_t targets = 0;

  OutputError result() const {
    // All-zero references (all points equal, say) are met exactly or not at all.
    const double rms = std::sqrt(norm / double(targets));
    return {norm > 0 ? std::sqrt(error / norm) : std::sqrt(error),
            norm > 0 ? std::sqrt(largest) / rms : std::sqrt(largest)};
  }
};

}  // namespace Impl

/// Chooses `samples` evenly strided targets, with room for their sums.
/// @param exec  instance to work on
/// @param tree  see Octree
/// @param targets  packed
/// @param n_targets  M
/// @param samples  at least 1, at most M
/// @param rows  sums per target
/// @return the samples, without sums
template <class ExecutionSpace, class T, class MemorySpace>
SampledTargets<MemorySpace> sample_targets(const ExecutionSpace& exec,
                                           const Octree<MemorySpace>& tree,
                                           const TargetPoints<T, MemorySpace>& targets,
                                           int n_targets, int samples, int rows) {
  SampledTargets<MemorySpace> s;
  s.stride = n_targets / samples;
  Impl::allocate_into(s.slot, exec, "Octopole::Check::slots", samples);
  Impl::allocate_into(s.leaf, exec, "Octopole::Check::leaves", samples);
  Impl::allocate_into(s.sums, exec, "Octopole::Check::partial", samples,
                      SampledTargets<MemorySpace>::chunks, rows);
  Kokkos::parallel_for("Octopole::Check::samples",
                       Kokkos::RangePolicy<ExecutionSpace>(exec, 0, targets.points.slots),
                       Impl::FindSamples<T, MemorySpace>{targets, s});
  Kokkos::parallel_for("Octopole::Check::leaves",
                       Kokkos::RangePolicy<ExecutionSpace>(exec, 0, tree.n_leaves),
                       Impl::FindLeaves<T, MemorySpace>{tree, targets, s});
  return s;
}

/// Plain double sums at sampled targets, for one right-hand side.
/// @param exec  instance to work on; not waited for
/// @param kernel  in half-widths of the root
/// @param tree  see Octree
/// @param sources  points and packed charges are read
/// @param targets  points are read
/// @param samples  `sums` is written
/// @param rhs  0 to R - 1
template <class ExecutionSpace, class Kernel, class T, class MemorySpace>
void sum_at_samples(const ExecutionSpace& exec, const Kernel& kernel,
                    const Octree<MemorySpace>& tree, const ChargedPoints<T, MemorySpace>& sources,
                    const TargetPoints<T, MemorySpace>& targets,
                    const SampledTargets<MemorySpace>& samples, int rhs) {
  Kokkos::parallel_for(
      "Octopole::Check::sums",
      Kokkos::MDRangePolicy<ExecutionSpace, Kokkos::Rank<2>>(
          exec, {0, 0}, {samples.size(), int(samples.sums.extent(1))}),
      Impl::SampleSums<Kernel, MemorySpace>{kernel, tree, sources, targets, samples, rhs});
}

/// Adds the differences between results and the sums at samples, for one right-hand side. Waits for
/// `exec`.
/// @param exec  instance to work on
/// @param samples  with their sums
/// @param output  results in the caller's order
/// @param first,rows  which of the sums are this output's
/// @param factor  by which the sums are to be multiplied
/// @param rhs  0 to R - 1
/// @param[in,out] e  the sums of errors
template <class ExecutionSpace, class T, class MemorySpace>
void add_errors(const ExecutionSpace& exec, const SampledTargets<MemorySpace>& samples,
                const Impl::Values<T>& output, int first, int rows, double factor, int rhs,
                Impl::ErrorSums& e) {
  using Sampled = Kokkos::View<double**, Kokkos::LayoutRight, MemorySpace>;
  const auto sampled =
      Impl::allocate<Sampled>(exec, "Octopole::Check::output", samples.size(), rows);
  Kokkos::parallel_for("Octopole::Check::output",
                       Kokkos::RangePolicy<ExecutionSpace>(exec, 0, samples.size()),
                       Impl::SampleOutput<T, Sampled>{output, sampled, samples.stride, rhs});
  exec.fence("Octopole::Check::output");
  const auto got = Impl::to_host(sampled);
  const auto sums = Impl::to_host(samples.sums);
  e.targets += samples.size();
  for (int i = 0; i < samples.size(); ++i) {
    double error = 0;
    for (int k = 0; k < rows; ++k) {
      double exact = 0;
      for (int c = 0; c < SampledTargets<MemorySpace>::chunks; ++c) exact += sums(i, c, first + k);
      exact *= factor;
      error += (got(i, k) - exact) * (got(i, k) - exact);
      e.norm += exact * exact;
    }
    e.error += error;
    e.largest = std::max(e.largest, error);
  }
}

}  // namespace Octopole

#endif
