#ifndef OCTOPOLE_FREQUENCY_TRANSFORMS_HPP
#define OCTOPOLE_FREQUENCY_TRANSFORMS_HPP

#include <operators/m2l/Octopole_FrequencySlab.hpp>

/// The transforms of M2L `fft`. The axes are transformed one by one by their definition: of each
/// only `order` points are not zero, or wanted, so that these are small dense products with the
/// eight children in lanes: of a pack, or of threads that share an instruction. Frequencies k and
/// -k share their sums: one with cosines, one with sines.
namespace Octopole::Impl {

/// Multipoles of the eight children of each parent to frequencies.
template <class Work, class S>
struct ToFrequencies {
  using Slab = FrequencySlab<Work, S>;
  using Member = typename Slab::Member;
  Slab s;

  KOKKOS_FUNCTION void operator()(const Member& team) const {
    const int p = s.tables.grid.order;
    const typename Slab::Scratch scratch(s, team);
    s.for_slots(team.league_rank(), s.n_sources, [&](const int slot, const int n) {
      for (int c = 0; c < s.x.columns * s.x.source_components; ++c) {
        Kokkos::parallel_for(Kokkos::TeamThreadRange(team, 8 * n), [&](const int i) {
          collect(team, slot + i / 8, i % 8, c, scratch.surface(i / 8) + i % 8);
        });
        for (int u = s.first_unit, end; u < s.last_unit; u = end) {
          const int kz = s.tables.grid.unit(u).kz;
          end = s.end_of(u);
          team.team_barrier();
          Kokkos::parallel_for(Kokkos::TeamThreadRange(team, n * p), [&](const int i) {
            Slab::for_lanes(team, [&](const int lane) {
              along_z(scratch.surface(i / p) + lane, kz, i % p, scratch.plane(i / p) + lane);
            });
          });
          team.team_barrier();
          Kokkos::parallel_for(Kokkos::TeamThreadRange(team, end - u), [&](const int i) {
            const auto unit = s.tables.grid.unit(u + i);
            const int frequency = s.frequency(unit.pencil);
            S *const line = scratch.own_line(0), *const opposite = scratch.own_line(1);
            for (int b = 0; b < n; ++b)
              Slab::for_lanes(team, [&](const int lane) {
                along_y(scratch.plane(b) + lane, unit.ky, line + lane, opposite + lane);
                along_x(line + lane, frequency, c, slot + b, lane);
                if (unit.both)
                  along_x(opposite + lane, frequency + s.tables.grid.edge(), c, slot + b, lane);
              });
          });
        }
        team.team_barrier();
      }
    });
  }

 private:
  using Real = typename Slab::Real;
  using Complex = typename Slab::Complex;

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

  /// One child's surface, to every eighth number.
  KOKKOS_FORCEINLINE_FUNCTION void collect(const Member& team, int slot, int octant, int c,
                                           S* surface) const {
    const int child = s.tree.child(s.source_boxes(s.first_source + slot), octant);
    const int n = s.tables.surface, padded = s.x.inner.padded, C = s.x.source_components;
    // Without sources nothing has been written there.
    if (child >= 0 && s.tree.n_sources(child) > 0) {
      const auto* from = &s.x.multipole(c % C * padded, child * s.x.columns + c / C);
      Slab::for_range(team, n, [&](const int j) { surface[8 * j] = S(from[j]); });
    } else {
      Slab::for_range(team, n, [&](const int j) { surface[8 * j] = S(0); });
    }
  }
  /// One row of the plane of frequency kz.
  KOKKOS_FORCEINLINE_FUNCTION void along_z(const S* surface, int kz, int y, S* plane) const {
    const int p = s.tables.grid.order;
    const S *cosine = &s.tables.cosine(kz, 0), *sine = &s.tables.sine(kz, 0);
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
  KOKKOS_FORCEINLINE_FUNCTION void along_x(const S* line, int frequency, int c, int slot,
                                           int lane) const {
    const int p = s.tables.grid.order, edge = s.tables.grid.edge();
    const auto put = [&](const Pair& sums, int k) {
      sums.plus(s.source_at(frequency + k, c, slot) + lane);
      if (k > 0) sums.minus(s.source_at(frequency + edge - k, c, slot) + lane);
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
template <class Work, class S>
struct FromFrequencies {
  using Slab = FrequencySlab<Work, S>;
  using Member = typename Slab::Member;
  Slab s;

  KOKKOS_FUNCTION void operator()(const Member& team) const {
    const int p = s.tables.grid.order, points = s.tables.surface;
    const typename Slab::Scratch scratch(s, team);
    s.for_slots(team.league_rank(), s.n_targets, [&](const int slot, const int n) {
      for (int k = 0; k < s.x.columns * s.x.check_components; ++k) {
        Kokkos::parallel_for(Kokkos::TeamThreadRange(team, n * points), [&](const int i) {
          Slab::for_lanes(team, [&](const int lane) {
            Real::zero().to(scratch.surface(i / points) + 8 * (i % points) + lane);
          });
        });
        for (int u = s.first_unit, end; u < s.last_unit; u = end) {
          const int kz = s.tables.grid.unit(u).kz;
          end = s.end_of(u);
          for (int b = 0; b < n; ++b) {
            Kokkos::parallel_for(Kokkos::TeamThreadRange(team, end - u), [&](const int i) {
              Slab::for_lanes(team, [&](const int lane) {
                along_x(slot + b, k, s.tables.grid.unit(u + i), scratch.own_line(0) + lane,
                        scratch.line(i) + lane, lane);
              });
            });
            team.team_barrier();
            Kokkos::parallel_for(Kokkos::TeamThreadRange(team, p), [&](const int x) {
              Slab::for_lanes(team, [&](const int lane) {
                along_y(scratch.line(0) + lane, u, end, x, scratch.plane(0) + lane);
              });
            });
            team.team_barrier();
            Kokkos::parallel_for(Kokkos::TeamThreadRange(team, p), [&](const int y) {
              Slab::for_lanes(team, [&](const int lane) {
                along_z(scratch.plane(0) + lane, kz, y, scratch.surface(b) + lane);
              });
            });
          }
        }
        team.team_barrier();
        Kokkos::parallel_for(Kokkos::TeamThreadRange(team, 8 * n), [&](const int i) {
          distribute(team, slot + i / 8, i % 8, k, scratch.surface(i / 8) + i % 8);
        });
        team.team_barrier();
      }
    });
  }

 private:
  using Real = typename Slab::Real;
  using Complex = typename Slab::Complex;

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

  /// The pencils of ky and -ky of a unit to points along x: their sum (even) and difference (odd)
  /// at line + 32 x. `pairs`: scratch for the sums and differences of frequencies k and -k.
  KOKKOS_FORCEINLINE_FUNCTION void along_x(int slot, int c, const FrequencyGrid::Unit& unit,
                                           S* pairs, S* line, int lane) const {
    const int first = s.frequency(unit.pencil);
    pair_up(slot, c, first, pairs, lane);
    for_points(pairs, [&](const int x, const Complex& a) {
      a.to(line + 32 * x);
      a.to(line + 32 * x + 16);
    });
    if (!unit.both) return;
    pair_up(slot, c, first + s.tables.grid.edge(), pairs, lane);
    for_points(pairs, [&](const int x, const Complex& b) {
      const Complex a = Complex::from(line + 32 * x);
      sum_of(a, b).to(line + 32 * x);
      difference_of(a, b).to(line + 32 * x + 16);
    });
  }
  KOKKOS_FORCEINLINE_FUNCTION void pair_up(int slot, int c, int frequency, S* pairs,
                                           int lane) const {
    const int p = s.tables.grid.order, edge = s.tables.grid.edge();
    for (int k = 0; k < p; ++k) {
      const Complex a = Complex::from(s.target_at(frequency + k, c, slot) + lane);
      const Complex b = k == 0 ? Complex::zero()
                               : Complex::from(s.target_at(frequency + edge - k, c, slot) + lane);
      sum_of(a, b).to(pairs + 32 * k);
      difference_of(a, b).to(pairs + 32 * k + 16);
    }
  }
  /// Calls put(x, value) for the points along x, two at a time: they share the frequencies.
  template <class Put>
  KOKKOS_FORCEINLINE_FUNCTION void for_points(const S* pairs, const Put& put) const {
    const int p = s.tables.grid.order;
    int x = 0;
    for (; x + 2 <= p; x += 2) {
      Complex a = Complex::zero(), b = a;
      for (int k = 0; k < p; ++k) {
        const Complex even = Complex::from(pairs + 32 * k),
                      odd = Complex::from(pairs + 32 * k + 16);
        add(a, s.tables.cosine(x, k), s.tables.sine(x, k), even, odd);
        add(b, s.tables.cosine(x + 1, k), s.tables.sine(x + 1, k), even, odd);
      }
      put(x, a);
      put(x + 1, b);
    }
    if (x < p) {
      Complex a = Complex::zero();
      for (int k = 0; k < p; ++k)
        add(a, s.tables.cosine(x, k), s.tables.sine(x, k), Complex::from(pairs + 32 * k),
            Complex::from(pairs + 32 * k + 16));
      put(x, a);
    }
  }
  /// One column of the plane from the units [first, last) of one kz; two points at a time: they
  /// share the lines.
  KOKKOS_FORCEINLINE_FUNCTION void along_y(const S* lines, int first, int last, int x,
                                           S* plane) const {
    const int p = s.tables.grid.order, ky = s.tables.grid.unit(first).ky;
    int y = 0;
    for (; y + 2 <= p; y += 2) {
      Complex a = Complex::zero(), b = a;
      for (int i = 0; i < last - first; ++i) {
        const S* line = lines + 32 * (p * i + x);
        const Complex even = Complex::from(line), odd = Complex::from(line + 16);
        add(a, s.tables.cosine(y, ky + i), s.tables.sine(y, ky + i), even, odd);
        add(b, s.tables.cosine(y + 1, ky + i), s.tables.sine(y + 1, ky + i), even, odd);
      }
      a.to(plane + 16 * (y * p + x));
      b.to(plane + 16 * ((y + 1) * p + x));
    }
    if (y < p) {
      Complex a = Complex::zero();
      for (int i = 0; i < last - first; ++i) {
        const S* line = lines + 32 * (p * i + x);
        add(a, s.tables.cosine(y, ky + i), s.tables.sine(y, ky + i), Complex::from(line),
            Complex::from(line + 16));
      }
      a.to(plane + 16 * (y * p + x));
    }
  }
  /// The real part of one row; the conjugates that are not kept are in the operators' weights.
  KOKKOS_FORCEINLINE_FUNCTION void along_z(const S* plane, int kz, int y, S* surface) const {
    const int p = s.tables.grid.order;
    const S *cosine = &s.tables.cosine(kz, 0), *sine = &s.tables.sine(kz, 0);
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
  /// One child's surface, from every eighth number.
  KOKKOS_FORCEINLINE_FUNCTION void distribute(const Member& team, int slot, int octant, int k,
                                              const S* surface) const {
    using T = typename Work::T;
    const int child = s.tree.child(s.target_boxes(s.first_target + slot), octant);
    if (child < 0) return;
    const int n = s.tables.surface, padded = s.x.inner.padded, K = s.x.check_components;
    T* to = &s.x.down_check(k % K * padded, child * s.x.columns + k / K);
    if (s.first_unit == 0) {
      Slab::for_range(team, n, [&](const int j) { to[j] = T(surface[8 * j]); });
      Slab::for_range(team, padded - n, [&](const int j) { to[n + j] = T(0); });
    } else {
      Slab::for_range(team, n, [&](const int j) { to[j] += T(surface[8 * j]); });
    }
  }
};

}  // namespace Octopole::Impl

#endif
