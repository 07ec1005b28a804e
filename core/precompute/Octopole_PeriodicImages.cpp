#include <core/kernels/Octopole_Laplace.hpp>
#include <core/precompute/Octopole_PeriodicImages.hpp>
#include <core/precompute/Octopole_Precompute.hpp>
#include <core/precompute/Octopole_Surface.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <utility>
#include <vector>

namespace Octopole::Impl {

namespace {

constexpr double pi = std::numbers::pi, side = 2, volume = side * side * side;

/// Calls f(offset) for the centres of the cells up to `reach` cells away along each axis that repeats, but for those up to
/// `left_out`; -1 leaves out none.
template <class F>
void for_cells(unsigned axes, int reach, int left_out, const F& f) {
  const auto most = [&](int d) { return axes >> d & 1u ? reach : 0; };
  for (int i = -most(0); i <= most(0); ++i)
    for (int j = -most(1); j <= most(1); ++j)
      for (int k = -most(2); k <= most(2); ++k)
        if (std::max({std::abs(i), std::abs(j), std::abs(k)}) > left_out)
          f(std::array<double, 3>{side * i, side * j, side * k});
}

/// Ewald's sum without the 27 nearest images, and of what is not screened without the part that is not harmonic.
class DistantImages {
 public:
  explicit DistantImages(double screening) : m_screening(screening) {
    for (int i = 0; i <= most; ++i)
      for (int j = 0; j <= most; ++j)
        for (int k = 0; k <= most; ++k) {
          const int square = i * i + j * j + k * k;
          if ((square == 0 && screening == 0) || square > most * most) continue;
          // Of the wave vector, whose unit is pi, 2 pi / side.
          const double k2 = pi * pi * square + screening * screening;
          const int signs = (i > 0 ? 2 : 1) * (j > 0 ? 2 : 1) * (k > 0 ? 2 : 1);
          m_waves.push_back(
              {i, j, k,
               signs * 4 * pi / (volume * k2) * std::exp(-k2 / (4 * splitting * splitting))});
        }
  }

  /// @param r  components up to 2.4 or so, absolute
  double operator()(const std::array<double, 3>& r) const {
    double sum = 0;
    if (m_screening == 0) {
      const double square = r[0] * r[0] + r[1] * r[1] + r[2] * r[2];
      sum = -pi / (volume * splitting * splitting) - 4 * pi * square / (6 * volume);
    }
    constexpr int reach = 3;
    for (int i = -reach; i <= reach; ++i)
      for (int j = -reach; j <= reach; ++j)
        for (int k = -reach; k <= reach; ++k) {
          const double distance = std::hypot(r[0] + side * i, r[1] + side * j, r[2] + side * k);
          sum += std::max({std::abs(i), std::abs(j), std::abs(k)}) > 1 ? short_part(distance)
                                                                       : less_long_part(distance);
        }
    double cosine[3][most + 1];
    for (int d = 0; d < 3; ++d)
      for (int m = 0; m <= most; ++m) cosine[d][m] = std::cos(pi * m * r[std::size_t(d)]);
    for (const Wave& w : m_waves)
      sum += w.weight * cosine[0][w.i] * cosine[1][w.j] * cosine[2][w.k];
    return sum;
  }

 private:
  static constexpr double splitting = 3;
  /// exp(-(pi most)^2 / (4 splitting^2)) is below 1e-17.
  static constexpr int most = 12;
  struct Wave {
    int i, j, k;
    double weight;
  };

  /// exp(l r) erfc(a r + l / (2 a)), which decays as exp(-(a r)^2).
  double grown(double distance) const {
    return std::exp(m_screening * distance) *
           std::erfc(splitting * distance + m_screening / (2 * splitting));
  }
  /// What is summed image by image: erfc(a r) / r without screening.
  double short_part(double distance) const {
    const double decayed = std::exp(-m_screening * distance) *
                           std::erfc(splitting * distance - m_screening / (2 * splitting));
    return (grown(distance) + decayed) / (2 * distance);
  }
  /// The same less all of exp(-l r) / r: -erf(a r) / r without screening.
  double less_long_part(double distance) const {
    const double b = m_screening / (2 * splitting);
    if (distance == 0)
      return m_screening * std::erfc(b) - 2 * splitting / std::sqrt(pi) * std::exp(-b * b);
    const double left = std::exp(-m_screening * distance) * std::erfc(b - splitting * distance);
    return (grown(distance) - left) / (2 * distance);
  }

  double m_screening;
  std::vector<Wave> m_waves;
};

/// The sum of -n_x/|r + n| over distant images n, as it is described for first moments.
class DistantMoments {
 public:
  /// @param r  components up to 2.4 or so, absolute
  double operator()(const std::array<double, 3>& r) const {
    const double square = r[0] * r[0] + r[1] * r[1] + r[2] * r[2];
    return r[0] * (m_images(r) + 4 * pi / (15 * volume) * square) - slope_of_lengths(r);
  }

 private:
  static constexpr double splitting = 3;
  static constexpr int most = 12, reach = 3;

  /// d/dx of the sum of all |r + n| but the nearest, whose two series are those of |r| erfc(a |r|) less a Gaussian, which
  /// together have the slope erfc(a |r|), and of the rest.
  static double slope_of_lengths(const std::array<double, 3>& r) {
    double sum = 0;
    for (int i = -reach; i <= reach; ++i)
      for (int j = -reach; j <= reach; ++j)
        for (int k = -reach; k <= reach; ++k) {
          const double x = r[0] + side * i,
                       distance = std::hypot(x, r[1] + side * j, r[2] + side * k);
          if (distance == 0) continue;
          const bool distant = std::max({std::abs(i), std::abs(j), std::abs(k)}) > 1;
          sum += x / distance *
                 (distant ? std::erfc(splitting * distance) : -std::erf(splitting * distance));
        }
    constexpr double a2 = 4 * splitting * splitting;
    for (int i = 1; i <= most; ++i)
      for (int j = 0; j <= most; ++j)
        for (int k = 0; k <= most; ++k) {
          const int steps = i * i + j * j + k * k;
          if (steps > most * most) continue;
          const double k2 = pi * pi * steps;
          const int signs = 2 * (j > 0 ? 2 : 1) * (k > 0 ? 2 : 1);
          sum += signs * 8 * pi / (volume * k2 * k2) * (1 + k2 / a2) * std::exp(-k2 / a2) * pi * i *
                 std::sin(pi * i * r[0]) * std::cos(pi * j * r[1]) * std::cos(pi * k * r[2]);
        }
    return sum;
  }

  DistantImages m_images{0};
};

/// exp(-l r)/r of the images beyond the nearest ones, along one or two axes.
class ScreenedImages {
 public:
  ScreenedImages(double screening, unsigned axes) : m_screening(screening), m_axes(axes) {}
  double operator()(const std::array<double, 3>& r) const {
    // Beyond this exp(-l r) is below 1e-17.
    const int reach = int(40 / (m_screening * side)) + 3;
    double sum = 0;
    for_cells(m_axes, reach, 1, [&](const std::array<double, 3>& at) {
      const double distance = std::hypot(r[0] + at[0], r[1] + at[1], r[2] + at[2]);
      sum += std::exp(-m_screening * distance) / distance;
    });
    return sum;
  }

 private:
  double m_screening;
  unsigned m_axes;
};

/// What a function of differences is at the steps from one point of a surface to another, 0 to order - 1 along each axis.
class StepValues {
 public:
  /// `by_size`: the function does not change with the order of the components.
  template <class Images>
  StepValues(const Images& images, bool by_size, int order, double radius)
      : m_by_size(by_size),
        m_order(order),
        m_spacing(2 * radius / (order - 1)),
        m_points(Surface::points(order, radius)),
        m_value(std::size_t(order) * order * order) {
    Kokkos::parallel_for(
        "Octopole::Precompute::periodic_images",
        Kokkos::RangePolicy<Kokkos::DefaultHostExecutionSpace>(0, int(m_value.size())),
        [&](const int i) {
          const std::array<int, 3> step = {i % order, i / order % order, i / order / order};
          if (index(step) == std::size_t(i))
            m_value[index(step)] =
                images({m_spacing * step[0], m_spacing * step[1], m_spacing * step[2]});
        });
  }

  /// Into columns from `first` on, of a function that does not change with the signs of the components.
  void fill(const HostMatrix& matrix, int first) const {
    fill_by(matrix, first, [&](std::size_t i, std::size_t j) { return value(step(i, j)); });
  }
  /// Of one that changes with that of the first, whose part `axis` takes.
  void fill_odd(const HostMatrix& matrix, int first, std::size_t axis) const {
    fill_by(matrix, first, [&](std::size_t i, std::size_t j) {
      std::array<int, 3> turned = step(i, j);
      std::swap(turned[0], turned[axis]);
      const bool negative = m_points[i][axis] < m_points[j][axis];
      return negative ? -value(turned) : value(turned);
    });
  }

 private:
  template <class F>
  void fill_by(const HostMatrix& matrix, int first, const F& f) const {
    for (std::size_t j = 0; j < m_points.size(); ++j)
      for (std::size_t i = 0; i < m_points.size(); ++i) matrix(i, std::size_t(first) + j) = f(i, j);
  }
  std::size_t index(std::array<int, 3> s) const {
    if (m_by_size) std::sort(s.begin(), s.end());
    return std::size_t((s[2] * m_order + s[1]) * m_order + s[0]);
  }
  double value(const std::array<int, 3>& s) const { return m_value[index(s)]; }
  std::array<int, 3> step(std::size_t i, std::size_t j) const {
    std::array<int, 3> s{};
    for (std::size_t d = 0; d < 3; ++d)
      s[d] = int(std::lround(std::abs(m_points[i][d] - m_points[j][d]) / m_spacing));
    return s;
  }

  bool m_by_size;
  int m_order;
  double m_spacing;
  std::vector<std::array<double, 3>> m_points;
  std::vector<double> m_value;
};

/// A matrix of its own.
template <class Images>
HostMatrix matrix_of(const Images& images, bool by_size, int order, double radius, int padded) {
  const HostMatrix matrix = zero_matrix("Octopole::Precompute::periodic_images", padded, padded);
  StepValues(images, by_size, order, radius).fill(matrix, 0);
  return matrix;
}

/// See periodic_images.
HostMatrix images_with_moments(int order, double radius, int padded) {
  const HostMatrix matrix =
      zero_matrix("Octopole::Precompute::periodic_images", padded, 4 * padded);
  StepValues(DistantImages(0), true, order, radius).fill(matrix, 0);
  const StepValues moments(DistantMoments(), false, order, radius);
  for (int d = 0; d < 3; ++d) moments.fill_odd(matrix, (1 + d) * padded, std::size_t(d));
  return matrix;
}

/// Takes from each column its mean over the rows that are not padding.
void remove_means(const HostMatrix& m, int rows) {
  for (std::size_t j = 0; j < m.extent(1); ++j) {
    double mean = 0;
    for (int i = 0; i < rows; ++i) mean += m(i, j) / rows;
    for (int i = 0; i < rows; ++i) m(i, j) -= mean;
  }
}

HostMatrix product(const HostMatrix& a, const HostMatrix& b) {
  const HostMatrix c =
      zero_matrix("Octopole::Precompute::periodic_images", a.extent(0), b.extent(1));
  multiply(false, a, b, false, c);
  return c;
}

/// See periodic_images; rows and columns padded as operators in double are.
HostMatrix gathered_images(const OperatorSpec& spec, unsigned axes) {
  using T = double;
  const Laplace<T> kernel;
  const int p = spec.order, pc = spec.check_order, points = Surface::size(p);
  const int E = padded_size<T>(p), U = padded_size<T>(pc);
  const auto matrix = [](int rows, int columns) {
    return zero_matrix("Octopole::Precompute::periodic_images", rows, columns);
  };
  const HostMatrix one = matrix(U, E), block = matrix(E, E);
  const auto add = [](const HostMatrix& to, double factor, const HostMatrix& m) {
    for (std::size_t i = 0; i < m.span(); ++i) to.data()[i] += factor * m.data()[i];
  };
  // From a cell to the densities of its 3 or 9 images as seen from afar, in thrice its half-width as the unit: there
  // potentials are three times as large.
  const HostMatrix gathered = matrix(U, E);
  for_cells(axes, 1, -1, [&](const std::array<double, 3>& at) {
    fill_block<T>(kernel, {pc, 3 * spec.outer}, {p, spec.inner, at}, one, 0, 0);
    add(gathered, 3, one);
  });
  const OperatorSet<T> set = precompute_inverses<T>(kernel, spec);
  HostMatrix up = product(set.up_left, product(set.up_right, gathered));
  remove_means(up, points);
  // From potentials at the gathered cell, in its unit, to those at the cell.
  const HostMatrix down = matrix(E, E);
  fill_block<T>(kernel, {p, spec.inner}, {p, 3 * spec.outer}, down, 0, 0);
  HostMatrix back = product(product(down, set.down_left), set.down_right);
  // From the images between the nearest 3 and 9.
  HostMatrix sum = matrix(E, E);
  for_cells(axes, 4, 1, [&](const std::array<double, 3>& at) {
    fill_block<T>(kernel, {p, spec.inner}, {p, spec.inner, at}, block, 0, 0);
    add(sum, 1, block);
  });
  for (int doubling = 0; doubling < 5; ++doubling) {
    add(sum, 1, product(back, product(sum, up)));
    back = product(back, back), up = product(up, up);
  }
  return sum;
}

}  // namespace

HostMatrix periodic_images(const OperatorSpec& spec, unsigned axes, double screening,
                           bool first_moment, int padded) {
  if (first_moment) return images_with_moments(spec.order, spec.inner, padded);
  // Nothing is left beyond the nearest images where it has decayed by 1e-17 over their distance.
  if (screening > 24) return zero_matrix("Octopole::Precompute::periodic_images", padded, padded);
  if (axes == 7) return matrix_of(DistantImages(screening), true, spec.order, spec.inner, padded);
  if (screening > 0)
    return matrix_of(ScreenedImages(screening, axes), false, spec.order, spec.inner, padded);
  const HostMatrix images = gathered_images(spec, axes),
                   matrix = zero_matrix("Octopole::Precompute::periodic_images", padded, padded);
  const int points = Surface::size(spec.order);
  for (int j = 0; j < points; ++j)
    for (int i = 0; i < points; ++i) matrix(i, j) = images(i, j);
  return matrix;
}

}  // namespace Octopole::Impl
