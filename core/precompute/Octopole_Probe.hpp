#ifndef OCTOPOLE_PROBE_HPP
#define OCTOPOLE_PROBE_HPP

#include <core/kernels/Octopole_FirstMoment.hpp>
#include <core/kernels/Octopole_KernelFamily.hpp>
#include <core/precompute/Octopole_OperatorSet.hpp>
#include <core/precompute/Octopole_Precompute.hpp>
#include <core/precompute/Octopole_Surface.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <vector>

namespace Octopole::Impl {

/// A small problem with the operators of one box size: sources in a box, targets in the nearest boxes
/// of its V list, by way of the two equivalent surfaces, against the plain sum.
template <class T, class Kernel>
class Probe {
 public:
  using Parts = Family<Kernel>;
  using Translation = typename Parts::Translation;

  /// `kernel`: rescaled to the box's half-width. `set`: its operators, in host memory.
  Probe(const Kernel& kernel, const OperatorSpec& spec, const OperatorSet<T>& set)
      : m_kernel(kernel), m_spec(spec), m_set(set) {}

  /// Of the values of all functors that the error depends on, beside the translation kernel's own.
  static std::uint64_t functor_hash(const Kernel& kernel) {
    NumberHash hash;
    add_values<Parts::charges, columns * K>(hash, Parts::source(kernel),
                                            std::integral_constant<int, 0>());
    constexpr std::integral_constant<int, Parts::n_outputs - 1> top;
    add_values<Parts::charges, all_rows>(hash, Parts::template near<Root::exact, true>(kernel),
                                         top);
    add_values<columns * C, all_rows>(hash, Parts::evaluation(kernel), top);
    return hash.value();
  }

  /// The largest relative L2 error of the outputs 0 to `last_output`, over three neighbours and those problems
  /// of clouds in corners that the bits of `corners` name. Whole boxes of points may be seen from a few
  /// corners, where nothing averages out and a derivative is that of the surfaces' ripples: measured 50 to
  /// 1000 times the potential's error in gradients and Hessians, and in float that many times its rounding.
  double error(int last_output, unsigned corners) const {
    double worst = 0;
    const Cloud whole{};
    for (const auto& offset : {Point{4, 0, 0}, Point{4, 2, -2}, Point{-4, 4, 6}})
      worst = larger(worst, error_at(last_output, offset, whole, whole));
    for (int problem = 0; problem < n_corner_problems; ++problem) {
      if ((corners >> problem & 1) == 0) continue;
      const double apart = boxes_apart(problem);
      worst = larger(worst, error_at(last_output, {apart, apart, apart}, corner(source_of(problem)),
                                     corner(target_of(problem))));
    }
    return worst;
  }

  /// The problems of corners that count where no source is nearer to a target than `nearest`: those that a
  /// screened kernel leaves a ten-thousandth of what it does there, since few charges, or small ones, may be that
  /// near (with a hundredth 17 times the promise); all, where nothing is screened.
  static unsigned corners_that_count([[maybe_unused]] const Kernel& kernel,
                                     [[maybe_unused]] double nearest) {
    unsigned corners = (1u << n_corner_problems) - 1;
    if constexpr (requires { kernel.decay(1.0); })
      for (int problem = 0; problem < n_corner_problems; ++problem) {
        const double distance =
            std::sqrt(3.0) * (boxes_apart(problem) + target_of(problem) - source_of(problem));
        // Boxes that are not adjacent are a side apart.
        if (kernel.decay(distance) < 1e-4 * kernel.decay(std::max(nearest, 2.0)))
          corners &= ~(1u << problem);
      }
    return corners;
  }

 private:
  using Point = std::array<double, 3>;
  /// Where points are in their box.
  struct Cloud {
    double middle = 0;  ///< along each axis, from the box's
    double half_width = 1;
  };
  /// Along all axes: which corner of each box, and where the other box is, the next but one or, level by
  /// level, further.
  static constexpr int n_corner_problems = 12;
  static double source_of(int problem) { return problem & 1 ? 1 : -1; }
  static double target_of(int problem) { return problem & 2 ? 1 : -1; }
  static double boxes_apart(int problem) { return problem < 4 ? 4 : problem < 8 ? 6 : 14; }
  /// A hundredth of the box, in its upper (1) or lower (-1) corner along all axes.
  static Cloud corner(double side) { return {0.99 * side, 0.01}; }
  static constexpr int n = 24;  ///< sources, and targets
  /// M2L's own rounding, relative to what a check potential is: measured in float, by transforms.
  static constexpr double noise = 8 * std::numeric_limits<T>::epsilon();
  static constexpr int C = Translation::source_components, K = Translation::target_components;
  static constexpr int columns = Parts::columns;
  static constexpr int all_rows = rows_of<Kernel>(Parts::n_outputs - 1);

  /// Uniform in [-1, 1), the same every time.
  static double uniform(std::uint64_t& state) {
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    return double(state >> 11) / double(std::uint64_t(1) << 52) - 1;
  }
  static double at(const Point& x, const Point& y, int d) { return x[d] - y[d]; }
  /// What is no number is larger than any: operators that left the scalar's range.
  static double larger(double worst, double error) {
    return error <= worst      ? worst
           : std::isnan(error) ? std::numeric_limits<double>::infinity()
                               : error;
  }

  /// What a functor makes of each of its inputs, at some distances.
  template <int inputs, int rows, class Functor, int last>
  static void add_values(NumberHash& hash, const Functor& functor,
                         std::integral_constant<int, last>) {
    for_sample_pairs([&](double dx, double dy, double dz) {
      for (int c = 0; c < inputs; ++c) {
        double q[inputs] = {}, out[rows] = {};
        q[c] = 1;
        functor.template add<last>(dx, dy, dz, q, out);
        for (const double x : out) hash.add(x);
      }
    });
  }

  /// As T holds it, for which most of the probe's sums are too exact.
  static double held(double x) { return static_cast<double>(static_cast<T>(x)); }

  /// left * (right * check), of every column.
  template <class Matrix>
  static std::vector<double> solve(const Matrix& left, const Matrix& right,
                                   const std::vector<double>& check) {
    const std::size_t rows = right.extent(1), rank = right.extent(0), out = left.extent(0);
    std::vector<double> densities(columns * out, 0.0), half(rank);
    for (int c = 0; c < columns; ++c) {
      std::fill(half.begin(), half.end(), 0.0);
      for (std::size_t j = 0; j < rows; ++j)
        for (std::size_t i = 0; i < rank; ++i)
          half[i] += double(right(i, j)) * held(check[c * rows + j]);
      for (std::size_t j = 0; j < rank; ++j)
        for (std::size_t i = 0; i < out; ++i)
          densities[c * out + i] += double(left(i, j)) * held(half[j]);
    }
    for (double& density : densities) density = held(density);
    return densities;
  }
  std::vector<Point> surface(int order, double radius, const Point& centre) const {
    std::vector<Point> points;
    for (const auto& x : Surface::points(order, radius))
      points.push_back({x[0] + centre[0], x[1] + centre[1], x[2] + centre[2]});
    return points;
  }

  double error_at(int last_output, const Point& offset, const Cloud& source_cloud,
                  const Cloud& target_cloud) const {
    std::uint64_t random = 2026;
    std::vector<Point> sources(n), targets(n);
    std::vector<std::array<double, Parts::charges>> charges(n);
    for (int i = 0; i < n; ++i) {
      for (int d = 0; d < 3; ++d) {
        sources[i][d] = source_cloud.middle + source_cloud.half_width * uniform(random);
        targets[i][d] = offset[d] + target_cloud.middle + target_cloud.half_width * uniform(random);
      }
      for (double& x : charges[i]) x = uniform(random);
    }
    const auto up = surface(m_spec.check_order, m_spec.outer, {});
    const int up_padded = padded_size<T>(m_spec.check_order), padded = padded_size<T>(m_spec.order);
    std::vector<double> check(std::size_t(columns) * K * up_padded, 0.0);
    const auto source = Parts::source(m_kernel);
    for (std::size_t i = 0; i < up.size(); ++i) {
      double sum[columns * K] = {};
      for (int j = 0; j < n; ++j) {
        double q[Parts::charges];
        std::copy(charges[j].begin(), charges[j].end(), q);
        source.template add<0>(at(up[i], sources[j], 0), at(up[i], sources[j], 1),
                               at(up[i], sources[j], 2), q, sum);
      }
      if constexpr (Parts::first_moment) sum[3] = moment_from_origin(sum, 1, up[i], 1);
      for (int k = 0; k < columns * K; ++k) check[k * up_padded + i] = sum[k];
    }
    const auto multipole = solve(m_set.up_left, m_set.up_right, check);

    const auto equivalent = surface(m_spec.order, m_spec.inner, {});
    const auto down = surface(m_spec.order, m_spec.inner, offset);
    const Translation translation = Parts::translation(m_kernel);
    check.assign(std::size_t(columns) * K * padded, 0.0);
    for (std::size_t i = 0; i < down.size(); ++i)
      for (int column = 0; column < columns; ++column) {
        double sum[K] = {};
        for (std::size_t j = 0; j < equivalent.size(); ++j) {
          double q[C];
          for (int c = 0; c < C; ++c) q[c] = multipole[(column * C + c) * padded + j];
          translation.potential(at(down[i], equivalent[j], 0), at(down[i], equivalent[j], 1),
                                at(down[i], equivalent[j], 2), q, sum);
        }
        for (int k = 0; k < K; ++k)
          check[(column * K + k) * padded + i] = sum[k] * (1 + noise * uniform(random));
      }
    auto local = solve(m_set.down_left, m_set.down_right, check);

    const auto outer = surface(m_spec.order, m_spec.outer, offset);
    if constexpr (Parts::first_moment)
      for (std::size_t j = 0; j < outer.size(); ++j)
        local[3 * padded + j] = moment_from_origin(&local[j], padded, outer[j], -1);
    return compare(last_output, sources, targets, charges, outer, local, padded);
  }

  template <class Charges>
  double compare(int last_output, const std::vector<Point>& sources,
                 const std::vector<Point>& targets, const Charges& charges,
                 const std::vector<Point>& outer, const std::vector<double>& local,
                 int padded) const {
    constexpr int top = Parts::n_outputs - 1;
    const auto near = Parts::template near<Root::exact, true>(m_kernel);
    const auto evaluation = Parts::evaluation(m_kernel);
    std::array<double, Parts::n_outputs> difference{}, norm{};
    for (int i = 0; i < n; ++i) {
      double exact[all_rows] = {}, found[all_rows] = {};
      for (int j = 0; j < n; ++j) {
        double q[Parts::charges];
        std::copy(charges[j].begin(), charges[j].end(), q);
        near.template add<top>(at(targets[i], sources[j], 0), at(targets[i], sources[j], 1),
                               at(targets[i], sources[j], 2), q, exact);
      }
      for (std::size_t j = 0; j < outer.size(); ++j) {
        double q[columns * C];
        for (int c = 0; c < columns * C; ++c) q[c] = local[c * padded + j];
        evaluation.template add<top>(at(targets[i], outer[j], 0), at(targets[i], outer[j], 1),
                                     at(targets[i], outer[j], 2), q, found);
      }
      for (int term = 0, row = 0; term < Parts::n_outputs; ++term)
        for (int k = 0; k < Parts::term(term).rows(); ++k, ++row) {
          difference[term] += (found[row] - exact[row]) * (found[row] - exact[row]);
          norm[term] += exact[row] * exact[row];
        }
    }
    double worst = 0;
    for (int term = 0; term <= last_output; ++term)
      if (norm[term] > 0 || !std::isfinite(difference[term]))
        worst = larger(worst, std::sqrt(difference[term] / norm[term]));
    return worst;
  }

  /// The first moment of four columns at `x`, from there to the origin (sign 1) or back (-1).
  static double moment_from_origin(const double* at, std::int64_t stride, const Point& x,
                                   double sign) {
    return FirstMoment::moved(at[3 * stride], at[0], at[stride], at[2 * stride], sign * x[0],
                              sign * x[1], sign * x[2]);
  }

  const Kernel& m_kernel;
  const OperatorSpec& m_spec;
  const OperatorSet<T>& m_set;
};

}  // namespace Octopole::Impl

#endif
