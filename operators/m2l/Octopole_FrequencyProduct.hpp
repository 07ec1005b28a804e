#ifndef OCTOPOLE_FREQUENCY_PRODUCT_HPP
#define OCTOPOLE_FREQUENCY_PRODUCT_HPP

#include <operators/m2l/Octopole_FrequencySlab.hpp>

namespace Octopole::Impl {

/// Per frequency and direction an 8 x 8 complex matrix, from the children of a neighbouring parent
/// to the children of each parent: one writer per parent, frequency by frequency. `Moments`: the columns
/// are those of FirstMoment.
template <class Work, class S, class Operators, bool Moments>
struct FrequencyProduct {
  FrequencySlab<Work, S> s;
  Operators operators;  ///< OperatorSet::m2l_frequencies
  /// (27, parents of all levels): see ParentBlocks.
  Kokkos::View<const int**, Kokkos::LayoutRight, typename Work::memory_space> neighbour;
  int blocks;
  static constexpr int block = 256;  ///< parents that share an assembled matrix
  /// Parents whose sums are held in registers, in eight packs that do not wait for each other:
  /// products with the real and the imaginary parts of the numbers are summed apart. Measured (Zen
  /// 4, GF/s in double / float, of 117 / 234): 1 parent 99 / 189, 2 parents 101 / 185, 4 parents 99
  /// / 159; with one sum for both parts 2 parents 93 / 156, 4 parents 63 / 90.
  static constexpr int group = Kokkos::max(1, 2 / FrequencySlab<Work, S>::Real::packs);

  KOKKOS_FUNCTION void operator()(const int item) const {
    const int frequency = item / blocks, begin = item % blocks * block;
    const int end = Kokkos::min(begin + block, s.n_targets);
    const int C = s.x.source_components, K = s.x.check_components;
    for (int k = 0; k < s.x.columns * K; ++k) {
      S* out = s.target_at(frequency, k, begin);
      for (int i = 0; i < 16 * (end - begin); ++i) out[i] = S(0);
    }
    const auto& grid = s.tables.grid;
    const int absolute = grid.first_pencil(s.first_unit) * grid.edge() + frequency;
    for (int n = 0; n < 27; ++n) {
      if (n == 13) continue;
      for (int k = 0; k < K; ++k)
        for (int c = 0; c < C; ++c) {
          alignas(64) S matrix[128];
          assemble(&operators(0, (absolute * K + k) * C + c), n, matrix);
          for (int column = 0; column < s.x.columns; ++column) {
            const S* sources = s.source_at(frequency, column * C + c, 0);
            S* targets = s.target_at(frequency, column * K + k, 0);
            if constexpr (Moments)
              if (s.is_moment(column)) {
                add_products<true>(matrix, n, sources, targets, begin, end);
                continue;
              }
            add_products<false>(matrix, n, sources, targets, begin, end);
          }
        }
    }
  }

 private:
  using Real = typename FrequencySlab<Work, S>::Real;
  using Complex = typename FrequencySlab<Work, S>::Complex;

  /// Column by column (children of the neighbour) the rows (own children): real, imaginary.
  KOKKOS_FORCEINLINE_FUNCTION static void assemble(const S* entries, int n, S* matrix) {
    const int first = FrequencyGrid::row_of(n);
    for (int from = 0; from < 8; ++from)
      for (int to = 0; to < 8; ++to) {
        const int row = first + FrequencyGrid::row_step(from, to);
        matrix[16 * from + to] = entries[row];
        matrix[16 * from + 8 + to] = entries[FrequencyGrid::rows + row];
      }
  }
  /// Of the slots [begin, end) with their neighbours in direction n. `Move`: of a column of moments, which
  /// are brought to the parent's origin first.
  template <bool Move>
  KOKKOS_FORCEINLINE_FUNCTION void add_products(const S* matrix, int n, const S* sources,
                                                S* targets, int begin, int end) const {
    const int* neighbours = &neighbour(n, s.first_target);
    const auto centre = s.neighbour_centre(n);
    alignas(64) S moved[Move ? group : 1][16];
    const S* x[group];
    S* y[group];
    int held = 0;
    for (int slot = begin; slot < end; ++slot) {
      const int from = neighbours[slot];
      if (from < 0) continue;
      x[held] = sources + 16 * std::int64_t(from);
      y[held] = targets + 16 * std::int64_t(slot);
      if constexpr (Move) {
        s.move_moments(x[held], centre, moved[held]);
        x[held] = moved[held];
      }
      if (++held < group) continue;
      multiply<group>(matrix, x, y);
      held = 0;
    }
    for (int h = 0; h < held; ++h) multiply<1>(matrix, x + h, y + h);
  }
  template <int N>
  KOKKOS_FORCEINLINE_FUNCTION static void multiply(const S* matrix, const S* const* x,
                                                   S* const* y) {
    Complex by_real[N];
    Real re[N], im[N];  // products of imaginary parts with the column's two
    for (int i = 0; i < N; ++i) {
      by_real[i] = Complex::from(y[i]);
      re[i] = im[i] = Real::zero();
    }
    for (int from = 0; from < 8; ++from) {
      const Complex column = Complex::from(matrix + 16 * from);
      for (int i = 0; i < N; ++i) {
        by_real[i].re.add(x[i][from], column.re);
        by_real[i].im.add(x[i][from], column.im);
        re[i].add(x[i][8 + from], column.im);
        im[i].add(x[i][8 + from], column.re);
      }
    }
    for (int i = 0; i < N; ++i) Complex{by_real[i].re - re[i], by_real[i].im + im[i]}.to(y[i]);
  }
};

}  // namespace Octopole::Impl

#endif
