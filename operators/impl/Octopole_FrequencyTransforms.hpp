#ifndef OCTOPOLE_FREQUENCY_TRANSFORMS_HPP
#define OCTOPOLE_FREQUENCY_TRANSFORMS_HPP

#include <impl/Octopole_FrequencySlab.hpp>

/// The transforms of M2L `fft`. The axes are transformed one by one by their definition: of each
/// only `order` points are not zero, or wanted, so that these are small dense products with the
/// eight children in lanes. Frequencies k and -k share their sums: one with cosines, one with
/// sines.
namespace Octopole::Impl {

/// Multipoles of the eight children of each parent to frequencies.
template <class Data, class S>
struct ToFrequencies {
  FrequencySlab<Data, S> s;

  KOKKOS_FUNCTION void operator()(const int worker) const {
    s.for_slots(worker, s.n_sources, [&](const int slot, const int n) {
      for (int c = 0; c < s.d.columns * Data::C; ++c) {
        for (int b = 0; b < n; ++b) collect(slot + b, c, s.surface(worker, b));
        int kz = -1;
        for (int u = s.first_unit; u < s.last_unit; ++u) {
          const auto unit = s.tables.grid.unit(u);
          if (unit.kz != kz) {
            kz = unit.kz;
            for (int b = 0; b < n; ++b) along_z(s.surface(worker, b), kz, s.plane(worker, b));
          }
          const int frequency = s.frequency(unit.pencil);
          for (int b = 0; b < n; ++b) {
            along_y(s.plane(worker, b), unit.ky, s.line(worker, 0), s.line(worker, 1));
            along_x(s.line(worker, 0), frequency, c, slot + b);
            if (unit.both)
              along_x(s.line(worker, 1), frequency + s.tables.grid.edge(), c, slot + b);
          }
        }
      }
    });
  }

 private:
  using Real = typename FrequencySlab<Data, S>::Real;
  using Complex = typename FrequencySlab<Data, S>::Complex;

  /// Sums of `v` with cosines (even) and sines (odd), and what they make: the frequencies k and -k.
  struct Pair {
    Complex even = Complex::zero(), odd = Complex::zero();
    KOKKOS_FORCEINLINE_FUNCTION void add(S cosine, S sine, const Complex& v) {
      even.re.add(cosine, v.re);
      even.im.add(cosine, v.im);
      odd.re.add(sine, v.re);
      odd.im.add(sine, v.im);
    }
    KOKKOS_FORCEINLINE_FUNCTION void plus(S* to) const {
      Complex{even.re + odd.im, even.im - odd.re}.to(to);
    }
    KOKKOS_FORCEINLINE_FUNCTION void minus(S* to) const {
      Complex{even.re - odd.im, even.im + odd.re}.to(to);
    }
  };

  KOKKOS_FORCEINLINE_FUNCTION void collect(int slot, int c, S* surface) const {
    int child[8];
    s.children(s.source_boxes(s.first_source + slot), child);
    const int n = s.tables.surface, padded = s.d.inner.padded;
    for (int o = 0; o < 8; ++o) {
      // Without sources nothing has been written there.
      if (child[o] >= 0 && s.d.tree.n_sources(child[o]) > 0) {
        const auto* from =
            &s.d.multipole(c % Data::C * padded, child[o] * s.d.columns + c / Data::C);
        for (int j = 0; j < n; ++j) surface[8 * j + o] = S(from[j]);
      } else {
        for (int j = 0; j < n; ++j) surface[8 * j + o] = S(0);
      }
    }
  }
  KOKKOS_FORCEINLINE_FUNCTION void along_z(const S* surface, int kz, S* plane) const {
    const int p = s.tables.grid.order;
    const S *cosine = &s.tables.cosine(kz, 0), *sine = &s.tables.sine(kz, 0);
    for (int y = 0; y < p; ++y)
      for (int x = 0; x < p; ++x) {
        Complex sum = Complex::zero();
        const bool face = y == 0 || y == p - 1 || x == 0 || x == p - 1;
        for (int z = 0; z < p; z += face ? 1 : p - 1) {
          const Real q = Real::from(surface + 8 * s.tables.point(z, y, x));
          sum.re.add(cosine[z], q);
          sum.im.subtract(sine[z], q);
        }
        sum.to(plane + 16 * (y * p + x));
      }
  }
  /// Two columns at a time: they share the table.
  KOKKOS_FORCEINLINE_FUNCTION void along_y(const S* plane, int ky, S* line, S* opposite) const {
    const int p = s.tables.grid.order;
    const S *cosine = &s.tables.cosine(ky, 0), *sine = &s.tables.sine(ky, 0);
    int x = 0;
    for (; x + 2 <= p; x += 2) {
      Pair a, b;
      for (int y = 0; y < p; ++y) {
        a.add(cosine[y], sine[y], Complex::from(plane + 16 * (y * p + x)));
        b.add(cosine[y], sine[y], Complex::from(plane + 16 * (y * p + x + 1)));
      }
      a.plus(line + 16 * x);
      a.minus(opposite + 16 * x);
      b.plus(line + 16 * (x + 1));
      b.minus(opposite + 16 * (x + 1));
    }
    if (x < p) {
      Pair a;
      for (int y = 0; y < p; ++y)
        a.add(cosine[y], sine[y], Complex::from(plane + 16 * (y * p + x)));
      a.plus(line + 16 * x);
      a.minus(opposite + 16 * x);
    }
  }
  /// Two frequencies at a time: they share the line.
  KOKKOS_FORCEINLINE_FUNCTION void along_x(const S* line, int frequency, int c, int slot) const {
    const int p = s.tables.grid.order, edge = s.tables.grid.edge();
    const auto put = [&](const Pair& sums, int k) {
      sums.plus(s.source_at(frequency + k, c, slot));
      if (k > 0) sums.minus(s.source_at(frequency + edge - k, c, slot));
    };
    int k = 0;
    for (; k + 2 <= p; k += 2) {
      Pair a, b;
      for (int x = 0; x < p; ++x) {
        const Complex v = Complex::from(line + 16 * x);
        a.add(s.tables.cosine(k, x), s.tables.sine(k, x), v);
        b.add(s.tables.cosine(k + 1, x), s.tables.sine(k + 1, x), v);
      }
      put(a, k);
      put(b, k + 1);
    }
    if (k < p) {
      Pair a;
      for (int x = 0; x < p; ++x)
        a.add(s.tables.cosine(k, x), s.tables.sine(k, x), Complex::from(line + 16 * x));
      put(a, k);
    }
  }
};

/// Back from frequencies to the downward check surfaces of the children, overwriting them with the
/// first slab and adding the others.
template <class Data, class S>
struct FromFrequencies {
  FrequencySlab<Data, S> s;

  KOKKOS_FUNCTION void operator()(const int worker) const {
    const int p = s.tables.grid.order, edge = s.tables.grid.edge();
    s.for_slots(worker, s.n_targets, [&](const int slot, const int n) {
      for (int k = 0; k < s.d.columns * Data::K; ++k) {
        for (int b = 0; b < n; ++b)
          for (int i = 0; i < 8 * s.tables.surface; ++i) s.surface(worker, b)[i] = S(0);
        for (int u = s.first_unit; u < s.last_unit;) {
          const int kz = s.tables.grid.unit(u).kz;
          for (int b = 0; b < n; ++b)
            for (int i = 0; i < 16 * p * p; ++i) s.plane(worker, b)[i] = S(0);
          for (; u < s.last_unit && s.tables.grid.unit(u).kz == kz; ++u) {
            const auto unit = s.tables.grid.unit(u);
            const int frequency = s.frequency(unit.pencil);
            for (int b = 0; b < n; ++b) {
              along_x(slot + b, k, frequency, s.line(worker, 0), s.line(worker, 2));
              if (unit.both)
                along_x(slot + b, k, frequency + edge, s.line(worker, 1), s.line(worker, 2));
              along_y(s.line(worker, 0), s.line(worker, 1), unit, s.plane(worker, b));
            }
          }
          for (int b = 0; b < n; ++b) along_z(s.plane(worker, b), kz, s.surface(worker, b));
        }
        for (int b = 0; b < n; ++b) distribute(slot + b, k, s.surface(worker, b));
      }
    });
  }

 private:
  using Real = typename FrequencySlab<Data, S>::Real;
  using Complex = typename FrequencySlab<Data, S>::Complex;

  /// sum += cosine * even + i sine * odd
  KOKKOS_FORCEINLINE_FUNCTION static void add(Complex& sum, S cosine, S sine, const Complex& even,
                                              const Complex& odd) {
    sum.re.add(cosine, even.re);
    sum.im.add(cosine, even.im);
    sum.re.subtract(sine, odd.im);
    sum.im.add(sine, odd.re);
  }
  KOKKOS_FORCEINLINE_FUNCTION static Complex sum_of(const Complex& a, const Complex& b) {
    return {a.re + b.re, a.im + b.im};
  }
  KOKKOS_FORCEINLINE_FUNCTION static Complex difference_of(const Complex& a, const Complex& b) {
    return {a.re - b.re, a.im - b.im};
  }

  /// `pairs`: scratch for the sums and differences of frequencies k and -k.
  KOKKOS_FORCEINLINE_FUNCTION void along_x(int slot, int c, int frequency, S* line,
                                           S* pairs) const {
    const int p = s.tables.grid.order, edge = s.tables.grid.edge();
    for (int k = 0; k < p; ++k) {
      const Complex a = Complex::from(s.target_at(frequency + k, c, slot));
      const Complex b =
          k == 0 ? Complex::zero() : Complex::from(s.target_at(frequency + edge - k, c, slot));
      sum_of(a, b).to(pairs + 32 * k);
      difference_of(a, b).to(pairs + 32 * k + 16);
    }
    // Two points at a time: they share the frequencies.
    int x = 0;
    for (; x + 2 <= p; x += 2) {
      Complex a = Complex::zero(), b = a;
      for (int k = 0; k < p; ++k) {
        const Complex even = Complex::from(pairs + 32 * k),
                      odd = Complex::from(pairs + 32 * k + 16);
        add(a, s.tables.cosine(x, k), s.tables.sine(x, k), even, odd);
        add(b, s.tables.cosine(x + 1, k), s.tables.sine(x + 1, k), even, odd);
      }
      a.to(line + 16 * x);
      b.to(line + 16 * (x + 1));
    }
    if (x < p) {
      Complex a = Complex::zero();
      for (int k = 0; k < p; ++k)
        add(a, s.tables.cosine(x, k), s.tables.sine(x, k), Complex::from(pairs + 32 * k),
            Complex::from(pairs + 32 * k + 16));
      a.to(line + 16 * x);
    }
  }
  KOKKOS_FORCEINLINE_FUNCTION void along_y(const S* line, const S* opposite,
                                           const FrequencyGrid::Unit& unit, S* plane) const {
    const int p = s.tables.grid.order;
    const S *cosine = &s.tables.cosine(unit.ky, 0), *sine = &s.tables.sine(unit.ky, 0);
    for (int x = 0; x < p; ++x) {
      Complex even = Complex::from(line + 16 * x), odd = even;
      if (unit.both) {
        const Complex b = Complex::from(opposite + 16 * x);
        odd = difference_of(even, b);
        even = sum_of(even, b);
      }
      for (int y = 0; y < p; ++y) {
        S* to = plane + 16 * (y * p + x);
        Complex sum = Complex::from(to);
        add(sum, cosine[y], sine[y], even, odd);
        sum.to(to);
      }
    }
  }
  /// The real part; the conjugates that are not kept are in the operators' weights.
  KOKKOS_FORCEINLINE_FUNCTION void along_z(const S* plane, int kz, S* surface) const {
    const int p = s.tables.grid.order;
    const S *cosine = &s.tables.cosine(kz, 0), *sine = &s.tables.sine(kz, 0);
    for (int y = 0; y < p; ++y)
      for (int x = 0; x < p; ++x) {
        const Complex v = Complex::from(plane + 16 * (y * p + x));
        const bool face = y == 0 || y == p - 1 || x == 0 || x == p - 1;
        for (int z = 0; z < p; z += face ? 1 : p - 1) {
          S* to = surface + 8 * s.tables.point(z, y, x);
          Real sum = Real::from(to);
          sum.add(cosine[z], v.re);
          sum.subtract(sine[z], v.im);
          sum.to(to);
        }
      }
  }
  KOKKOS_FORCEINLINE_FUNCTION void distribute(int slot, int k, const S* surface) const {
    using T = typename Data::T;
    int child[8];
    s.children(s.target_boxes(s.first_target + slot), child);
    const int n = s.tables.surface, padded = s.d.inner.padded;
    for (int o = 0; o < 8; ++o) {
      if (child[o] < 0) continue;
      T* to = &s.d.down_check(k % Data::K * padded, child[o] * s.d.columns + k / Data::K);
      if (s.first_unit == 0) {
        for (int j = 0; j < n; ++j) to[j] = T(surface[8 * j + o]);
        for (int j = n; j < padded; ++j) to[j] = T(0);
      } else {
        for (int j = 0; j < n; ++j) to[j] += T(surface[8 * j + o]);
      }
    }
  }
};

}  // namespace Octopole::Impl

#endif
