#ifndef OCTOPOLE_PRECOMPUTE_FREQUENCIES_HPP
#define OCTOPOLE_PRECOMPUTE_FREQUENCIES_HPP

#include <Kokkos_Core.hpp>
#include <core/precompute/Octopole_FrequencyGrid.hpp>
#include <core/precompute/Octopole_OperatorSet.hpp>

#include <algorithm>
#include <cmath>
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

/// The transforms of the translation kernel for all transfer vectors, as OperatorSet::m2l_frequencies
/// holds them, in units of a box's half-width, divided by the number of grid points and with the
/// weight of the frequencies that are not kept: the real part of the transform back is the sum.
template <class T, class Kernel>
auto m2l_frequencies(const Kernel& kernel, const OperatorSpec& spec) {
  constexpr int C = Kernel::source_components, K = Kernel::target_components;
  const FrequencyGrid grid{spec.order};
  const int p = spec.order, edge = grid.edge();
  const double step = 2 * spec.inner / (p - 1), scale = 1.0 / (double(edge) * edge * edge);
  typename OperatorSet<T>::Matrix out(
      Kokkos::view_alloc(std::string("Octopole::OperatorSet::m2l_frequencies"),
                         Kokkos::WithoutInitializing),
      2 * FrequencyGrid::rows, grid.size() * K * C);
  std::fill_n(out.data(), out.span(), T(0));
  Kokkos::parallel_for(
      "Octopole::Precompute::frequencies",
      Kokkos::RangePolicy<Kokkos::DefaultHostExecutionSpace, Kokkos::Schedule<Kokkos::Dynamic>>(
          0, TransferVector::count),
      [&](const int v) {
        const int hash = TransferVector::all()[v];
        const int t[3] = {TransferVector::component(hash, 0), TransferVector::component(hash, 1),
                          TransferVector::component(hash, 2)};
        const int row = FrequencyGrid::row(t[0], t[1], t[2]);
        // Difference of two grid points, target minus source, that stands at place i of an axis.
        const auto at = [&](int i, int d) { return step * (i < p ? i : i - edge) - 2.0 * t[d]; };
        for (int c = 0; c < C; ++c) {
          std::vector<std::vector<Kokkos::complex<double>>> values(
              K, std::vector<Kokkos::complex<double>>(std::size_t(edge) * edge * edge));
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
            auto f = transform_axis(values[k], 1, edge, edge * edge, p);
            f = transform_axis(f, p, edge, edge, edge);
            f = transform_axis(f, p * edge, edge, 1, edge);
            for (int u = 0; u < grid.units(); ++u) {
              const auto unit = grid.unit(u);
              // Twice for the conjugate that is not kept.
              const double weight = unit.kz == 0 && unit.ky == 0 ? 1 : 2;
              for (int sign = 0; sign <= int(unit.both); ++sign)
                for (int kx = 0; kx < edge; ++kx) {
                  const int ky = sign ? edge - unit.ky : unit.ky;
                  const auto value = weight * f[(unit.kz * edge + ky) * edge + kx];
                  const int column = (((unit.pencil + sign) * edge + kx) * K + k) * C + c;
                  out(row, column) = static_cast<T>(value.real());
                  out(FrequencyGrid::rows + row, column) = static_cast<T>(value.imag());
                }
            }
          }
        }
      });
  return out;
}

}  // namespace Octopole::Impl

#endif
