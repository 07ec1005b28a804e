#ifndef OCTOPOLE_PRECOMPUTE_FREQUENCIES_HPP
#define OCTOPOLE_PRECOMPUTE_FREQUENCIES_HPP

#include <Kokkos_Core.hpp>
#include <core/precompute/Octopole_FrequencyGrid.hpp>
#include <core/precompute/Octopole_MirrorSymmetry.hpp>
#include <core/precompute/Octopole_OperatorSet.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

namespace Octopole::Impl {

/// One axis of a discrete Fourier transform by its definition: out(o, k, i) = sum over j of
/// w^(j k) in(o, j, i) for k < wanted; outer * edge * inner values in.
inline std::vector<Kokkos::complex<double>> transform_axis(
    const std::vector<Kokkos::complex<double>>& in, int outer, int edge, int inner, int wanted) {
  std::vector<Kokkos::complex<double>> root(edge), out(std::size_t(outer) * wanted * inner);
  for (int j = 0; j < edge; ++j)
    root[j] =
        Kokkos::complex<double>(std::cos(2 * M_PI * j / edge), -std::sin(2 * M_PI * j / edge));
  for (int o = 0; o < outer; ++o)
    for (int k = 0; k < wanted; ++k)
      for (int j = 0; j < edge; ++j) {
        const auto w = root[j * k % edge];
        for (int i = 0; i < inner; ++i)
          out[(std::size_t(o) * wanted + k) * inner + i] +=
              w * in[(std::size_t(o) * edge + j) * inner + i];
      }
  return out;
}

/// The transform of the translation kernel for one transfer vector and one component of a density:
/// per component of a potential the frequencies kz < order, all ky, all kx.
template <class Kernel>
class TransferTransform {
 public:
  static constexpr int C = Kernel::source_components, K = Kernel::target_components;
  using Complex = Kokkos::complex<double>;

  /// `t`: in box sides. `c`: the component of the density.
  TransferTransform(const Kernel& kernel, const OperatorSpec& spec, const std::array<int, 3>& t,
                    int c)
      : m_edge(FrequencyGrid{spec.order}.edge()) {
    const int p = spec.order, edge = m_edge;
    const double step = 2 * spec.inner / (p - 1), scale = 1.0 / (double(edge) * edge * edge);
    // Difference of two grid points, target minus source, that stands at place i of an axis.
    const auto at = [&](int i, int d) { return step * (i < p ? i : i - edge) - 2.0 * t[d]; };
    std::vector<Complex> values[K];
    for (auto& of_component : values) of_component.resize(std::size_t(edge) * edge * edge);
    double q[C] = {};
    q[c] = 1;
    for (int z = 0, i = 0; z < edge; ++z)
      for (int y = 0; y < edge; ++y)
        for (int x = 0; x < edge; ++x, ++i) {
          double u[K] = {};
          kernel.potential(at(x, 0), at(y, 1), at(z, 2), q, u);
          for (int k = 0; k < K; ++k) values[k][i] = u[k] * scale;
        }
    for (int k = 0; k < K; ++k) {
      m_found[k] = transform_axis(values[k], 1, edge, edge * edge, p);
      m_found[k] = transform_axis(m_found[k], p, edge, edge, edge);
      m_found[k] = transform_axis(m_found[k], p * edge, edge, 1, edge);
    }
  }

  /// At the frequency whose `axes` have been reflected; what is not kept is a conjugate, since the values
  /// are real.
  Complex at(int k, int axes, int kz, int ky, int kx) const {
    const auto reflected = [&](int f) { return f == 0 ? 0 : m_edge - f; };
    if (axes & 1) kx = reflected(kx);
    if (axes & 2) ky = reflected(ky);
    if ((axes & 4) == 0 || kz == 0) return m_found[k][(kz * m_edge + ky) * m_edge + kx];
    return Kokkos::conj(m_found[k][(kz * m_edge + reflected(ky)) * m_edge + reflected(kx)]);
  }

 private:
  int m_edge;
  std::vector<Complex> m_found[K];
};

/// The transforms of the translation kernel for all transfer vectors, as OperatorSet::m2l_frequencies
/// holds them, in units of a box's half-width, divided by the number of grid points and with the
/// weight of the frequencies that are not kept: the real part of the transform back is the sum.
/// Where the kernel follows the reflections, a vector's mirror images have its transform at the images of
/// the frequencies.
template <class T, class Kernel>
auto m2l_frequencies(const Kernel& kernel, const OperatorSpec& spec) {
  constexpr int C = Kernel::source_components, K = Kernel::target_components;
  const FrequencyGrid grid{spec.order};
  const int edge = grid.edge();
  typename OperatorSet<T>::Matrix out(
      Kokkos::view_alloc(std::string("Octopole::OperatorSet::m2l_frequencies"),
                         Kokkos::WithoutInitializing),
      2 * FrequencyGrid::rows, grid.size() * K * C);
  std::fill_n(out.data(), out.span(), T(0));
  const auto signs = mirror_signs(kernel);
  const auto vectors = TransferVector::all();
  Kokkos::parallel_for(
      "Octopole::Precompute::frequencies",
      Kokkos::RangePolicy<Kokkos::DefaultHostExecutionSpace, Kokkos::Schedule<Kokkos::Dynamic>>(
          0, TransferVector::count),
      [&](const int v) {
        std::array<int, 3> t;
        int images = 0;  // the axes in which it is not its own image
        for (int d = 0; d < 3; ++d) {
          t[d] = TransferVector::component(vectors[v], d);
          if (signs && t[d] < 0) return;  // filled with its image
          if (signs && t[d] > 0) images |= 1 << d;
        }
        for (int c = 0; c < C; ++c) {
          const TransferTransform<Kernel> transform(kernel, spec, t, c);
          for (int axes = 0; axes < mirror_parts; ++axes) {
            if ((axes & images) != axes) continue;
            const auto image = [&](int d) { return axes >> d & 1 ? -t[d] : t[d]; };
            const int row = FrequencyGrid::row(image(0), image(1), image(2));
            for (int k = 0; k < K; ++k) {
              const double sign =
                  signs ? mirror_sign(signs->target[k] ^ signs->source[c], axes) : 1.0;
              for (int u = 0; u < grid.units(); ++u) {
                const auto unit = grid.unit(u);
                // Twice for the conjugate that is not kept.
                const double weight = sign * (unit.kz == 0 && unit.ky == 0 ? 1 : 2);
                for (int opposite = 0; opposite <= int(unit.both); ++opposite)
                  for (int kx = 0; kx < edge; ++kx) {
                    const int ky = opposite ? edge - unit.ky : unit.ky;
                    const auto value = weight * transform.at(k, axes, unit.kz, ky, kx);
                    const int column = (((unit.pencil + opposite) * edge + kx) * K + k) * C + c;
                    out(row, column) = static_cast<T>(value.real());
                    out(FrequencyGrid::rows + row, column) = static_cast<T>(value.imag());
                  }
              }
            }
          }
        }
      });
  return out;
}

}  // namespace Octopole::Impl

#endif
