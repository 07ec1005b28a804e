#ifndef OCTOPOLE_M2L_FFT_HPP
#define OCTOPOLE_M2L_FFT_HPP

#include <Octopole_BoxLists.hpp>
#include <Octopole_FmmData.hpp>
#include <Octopole_FrequencyGrid.hpp>
#include <Octopole_Octet.hpp>
#include <impl/Octopole_Allocate.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace Octopole {

namespace Impl {

/// Where the points of a surface lie on the grid, and the trigonometric tables of its transforms.
template <class T, class MemorySpace>
struct FrequencyTables {
  FrequencyGrid grid;
  Kokkos::View<int***, Kokkos::LayoutRight, MemorySpace> point;  ///< (z, y, x): its index, or -1
  Kokkos::View<T**, Kokkos::LayoutRight, MemorySpace> cosine, sine;  ///< (k, j): of 2 pi k j / edge
  int surface = 0;  ///< points on it
};

template <class T, class MemorySpace>
FrequencyTables<T, MemorySpace> make_frequency_tables(int order) {
  FrequencyTables<T, MemorySpace> t;
  t.grid = {order};
  t.surface = Surface::size(order);
  const int edge = t.grid.edge();
  const auto uninitialised = [](const char* label) {
    return Kokkos::view_alloc(std::string(label), Kokkos::WithoutInitializing);
  };
  typename decltype(t.point)::host_mirror_type point(uninitialised("Octopole::M2L::point"), order,
                                                     order, order);
  const auto on_face = [&](int i) { return i == 0 || i == order - 1; };
  for (int z = 0, n = 0; z < order; ++z)
    for (int y = 0; y < order; ++y)
      for (int x = 0; x < order; ++x)
        point(z, y, x) = on_face(x) || on_face(y) || on_face(z) ? n++ : -1;
  typename decltype(t.cosine)::host_mirror_type cosine(uninitialised("Octopole::M2L::cosine"), edge,
                                                       order),
      sine(uninitialised("Octopole::M2L::sine"), edge, order);
  for (int k = 0; k < edge; ++k)
    for (int j = 0; j < order; ++j) {
      const double angle = 2 * M_PI * (k * j % edge) / edge;
      cosine(k, j) = T(std::cos(angle));
      sine(k, j) = T(std::sin(angle));
    }
  t.point = Kokkos::create_mirror_view_and_copy(MemorySpace(), point);
  t.cosine = Kokkos::create_mirror_view_and_copy(MemorySpace(), cosine);
  t.sine = Kokkos::create_mirror_view_and_copy(MemorySpace(), sine);
  return t;
}

/// What the three steps of M2L share: the parents of one level's boxes, a slot each, and the part of
/// the frequencies that is worked on: pencils [first, first + count).
template <class Data>
struct FrequencySlab {
  using T = typename Data::T;
  using MemorySpace = typename Data::memory_space;
  using Real = Octet<typename Data::execution_space, T>;
  using Complex = ComplexOctet<typename Data::execution_space, T>;
  Data d;
  FrequencyTables<T, MemorySpace> tables;
  Kokkos::View<const int*, MemorySpace> parents;  ///< boxes of all levels that are split
  int first_parent, slots;                        ///< those of this level
  int first, count;
  T* source;  ///< (count * edge, C, slots, 16) transforms of the multipoles
  T* target;  ///< (count * edge, K, slots, 16) transforms of the check potentials
  Kokkos::View<T**, Kokkos::LayoutRight, MemorySpace> scratch;  ///< (worker, ...)
  int workers;

  KOKKOS_FORCEINLINE_FUNCTION int parent(int slot) const { return parents(first_parent + slot); }
  KOKKOS_FORCEINLINE_FUNCTION T* at(T* array, int components, int frequency, int c,
                                    int slot) const {
    return array + ((std::size_t(frequency) * components + c) * slots + slot) * 16;
  }
  KOKKOS_FORCEINLINE_FUNCTION void children(int slot, int (&child)[8]) const {
    for (int o = 0; o < 8; ++o) child[o] = d.tree.child(parent(slot), o);
  }
  /// Calls f(slot) for each slot of a worker.
  template <class F>
  KOKKOS_FORCEINLINE_FUNCTION void for_slots(int worker, const F& f) const {
    const int end = int(std::int64_t(slots) * (worker + 1) / workers);
    for (int slot = int(std::int64_t(slots) * worker / workers); slot < end; ++slot) f(slot);
  }
  /// Numbers of scratch a worker takes.
  static int scratch_size(const FrequencyTables<T, MemorySpace>& t) {
    const int p = t.grid.order;
    return 8 * t.surface + 16 * (p * p + 3 * p);
  }
};

/// Multipoles of the eight children of each parent to frequencies. The axes are transformed one by
/// one, z, y, x, by their definition: of each axis only `order` points are not zero, so that these
/// are small dense products with the children in lanes.
template <class Data>
struct ToFrequencies {
  FrequencySlab<Data> s;

  KOKKOS_FUNCTION void operator()(const int worker) const {
    using T = typename Data::T;
    T* surface = &s.scratch(worker, 0);
    const int p = s.tables.grid.order;
    T* plane = surface + 8 * s.tables.surface;
    T* line = plane + 16 * p * p;
    s.for_slots(worker, [&](const int slot) {
      for (int c = 0; c < Data::C; ++c) {
        collect(slot, c, surface);
        int kz = -1;
        for (int i = 0; i < s.count; ++i) {
          const int pencil = s.first + i;
          if (pencil / s.tables.grid.edge() != kz) {
            kz = pencil / s.tables.grid.edge();
            along_z(surface, kz, plane);
          }
          along_y(plane, pencil % s.tables.grid.edge(), line);
          along_x(line, slot, c, i);
        }
      }
    });
  }

 private:
  using T = typename Data::T;
  using Real = typename FrequencySlab<Data>::Real;
  using Complex = typename FrequencySlab<Data>::Complex;

  KOKKOS_FORCEINLINE_FUNCTION void collect(int slot, int c, T* surface) const {
    int child[8];
    s.children(slot, child);
    const int n = s.tables.surface, padded = s.d.inner.padded;
    for (int o = 0; o < 8; ++o) {
      // Without sources nothing has been written there.
      if (child[o] >= 0 && s.d.tree.n_sources(child[o]) > 0) {
        const T* from = &s.d.multipole(c * padded, child[o]);
        for (int j = 0; j < n; ++j) surface[8 * j + o] = from[j];
      } else {
        for (int j = 0; j < n; ++j) surface[8 * j + o] = T(0);
      }
    }
  }
  KOKKOS_FORCEINLINE_FUNCTION void along_z(const T* surface, int kz, T* plane) const {
    const int p = s.tables.grid.order;
    for (int y = 0; y < p; ++y)
      for (int x = 0; x < p; ++x) {
        Complex sum = Complex::zero();
        const bool face = y == 0 || y == p - 1 || x == 0 || x == p - 1;
        for (int z = 0; z < p; z += face ? 1 : p - 1) {
          const Real q = Real::from(surface + 8 * s.tables.point(z, y, x));
          sum.re.add(s.tables.cosine(kz, z), q);
          sum.im.subtract(s.tables.sine(kz, z), q);
        }
        sum.to(plane + 16 * (y * p + x));
      }
  }
  KOKKOS_FORCEINLINE_FUNCTION void along_y(const T* plane, int ky, T* line) const {
    const int p = s.tables.grid.order;
    for (int x = 0; x < p; ++x) {
      Complex sum = Complex::zero();
      for (int y = 0; y < p; ++y)
        sum.add(s.tables.cosine(ky, y), -s.tables.sine(ky, y), Complex::from(plane + 16 * (y * p + x)));
      sum.to(line + 16 * x);
    }
  }
  /// Frequencies k and -k together: one sum with cosines, one with sines.
  KOKKOS_FORCEINLINE_FUNCTION void along_x(const T* line, int slot, int c, int pencil) const {
    const int p = s.tables.grid.order, edge = s.tables.grid.edge();
    for (int k = 0; k < p; ++k) {
      Complex even = Complex::zero(), odd = Complex::zero();
      for (int x = 0; x < p; ++x) {
        const Complex v = Complex::from(line + 16 * x);
        const T a = s.tables.cosine(k, x), b = s.tables.sine(k, x);
        even.re.add(a, v.re);
        even.im.add(a, v.im);
        odd.re.add(b, v.re);
        odd.im.add(b, v.im);
      }
      const Complex plus{even.re + odd.im, even.im - odd.re};
      plus.to(s.at(s.source, Data::C, pencil * edge + k, c, slot));
      if (k == 0) continue;
      const Complex minus{even.re - odd.im, even.im + odd.re};
      minus.to(s.at(s.source, Data::C, pencil * edge + edge - k, c, slot));
    }
  }
};

/// Per frequency and direction an 8 x 8 complex matrix, from the children of a neighbouring parent
/// to the children of each parent: one writer per parent, frequency by frequency.
template <class Data, class Set>
struct FrequencyProduct {
  FrequencySlab<Data> s;
  Set set;
  /// (27, parents of all levels): slots of their colleagues, ordered as in InteractionLists; -1: none.
  Kokkos::View<const int**, Kokkos::LayoutRight, typename Data::memory_space> neighbour;
  int blocks;
  static constexpr int block = 256;  ///< parents that share an assembled matrix
  /// Parents whose sums are held in registers: eight packs of sums hide the latency of the
  /// multiply-adds and leave registers for a column of the matrix.
  static constexpr int group = Kokkos::max(1, 4 / FrequencySlab<Data>::Real::packs);

  KOKKOS_FUNCTION void operator()(const int item) const {
    const int frequency = item / blocks, begin = item % blocks * block;
    const int end = Kokkos::min(begin + block, s.slots);
    constexpr int C = Data::C, K = Data::K;
    for (int k = 0; k < K; ++k) {
      T* out = s.at(s.target, K, frequency, k, begin);
      for (int i = 0; i < 16 * (end - begin); ++i) out[i] = T(0);
    }
    const int edge = s.tables.grid.edge();
    for (int n = 0; n < 27; ++n) {
      if (n == 13) continue;
      for (int k = 0; k < K; ++k)
        for (int c = 0; c < C; ++c) {
          alignas(64) T matrix[128];
          assemble(&set.m2l_frequencies(0, ((s.first * edge + frequency) * K + k) * C + c), n, matrix);
          const T* x[group];
          T* y[group];
          int held = 0;
          for (int slot = begin; slot < end; ++slot) {
            const int from = neighbour(n, s.first_parent + slot);
            if (from < 0) continue;
            x[held] = s.at(s.source, C, frequency, c, from);
            y[held] = s.at(s.target, K, frequency, k, slot);
            if (++held < group) continue;
            multiply<group>(matrix, x, y);
            held = 0;
          }
          for (int h = 0; h < held; ++h) multiply<1>(matrix, x + h, y + h);
        }
    }
  }

 private:
  using T = typename Data::T;
  using Real = typename FrequencySlab<Data>::Real;
  using Complex = typename FrequencySlab<Data>::Complex;

  /// Column by column (children of the neighbour) the rows (own children): real, imaginary.
  KOKKOS_FORCEINLINE_FUNCTION static void assemble(const T* operators, int n, T* matrix) {
    const int dx = 2 * (n % 3 - 1), dy = 2 * (n / 3 % 3 - 1), dz = 2 * (n / 9 - 1);
    for (int from = 0; from < 8; ++from)
      for (int to = 0; to < 8; ++to) {
        const int row = FrequencyGrid::row(dx + (from & 1) - (to & 1),
                                           dy + (from >> 1 & 1) - (to >> 1 & 1),
                                           dz + (from >> 2) - (to >> 2));
        matrix[16 * from + to] = operators[row];
        matrix[16 * from + 8 + to] = operators[FrequencyGrid::rows + row];
      }
  }
  template <int N>
  KOKKOS_FORCEINLINE_FUNCTION static void multiply(const T* matrix, const T* const* x, T* const* y) {
    Complex sum[N];
    for (int i = 0; i < N; ++i) sum[i] = Complex::from(y[i]);
    for (int from = 0; from < 8; ++from) {
      const Complex column = Complex::from(matrix + 16 * from);
      for (int i = 0; i < N; ++i) sum[i].add(x[i][from], x[i][8 + from], column);
    }
    for (int i = 0; i < N; ++i) sum[i].to(y[i]);
  }
};

/// Back from frequencies to the downward check surfaces of the children, overwriting them with the
/// first slab and adding the others.
template <class Data>
struct FromFrequencies {
  FrequencySlab<Data> s;

  KOKKOS_FUNCTION void operator()(const int worker) const {
    const int p = s.tables.grid.order, edge = s.tables.grid.edge();
    T* surface = &s.scratch(worker, 0);
    T* plane = surface + 8 * s.tables.surface;
    T* line = plane + 16 * p * p;
    s.for_slots(worker, [&](const int slot) {
      for (int k = 0; k < Data::K; ++k) {
        for (int i = 0; i < 8 * s.tables.surface; ++i) surface[i] = T(0);
        for (int i = 0; i < s.count;) {
          const int kz = (s.first + i) / edge;
          for (int j = 0; j < 16 * p * p; ++j) plane[j] = T(0);
          for (; i < s.count && (s.first + i) / edge == kz; ++i) {
            along_x(slot, k, i, line);
            along_y(line, (s.first + i) % edge, plane);
          }
          along_z(plane, kz, surface);
        }
        distribute(slot, k, surface);
      }
    });
  }

 private:
  using T = typename Data::T;
  using Real = typename FrequencySlab<Data>::Real;
  using Complex = typename FrequencySlab<Data>::Complex;

  KOKKOS_FORCEINLINE_FUNCTION void along_x(int slot, int c, int pencil, T* line) const {
    const int p = s.tables.grid.order, edge = s.tables.grid.edge();
    T* pairs = line + 16 * p;  // sums and differences of frequencies k and -k
    for (int k = 0; k < p; ++k) {
      const Complex a = Complex::from(s.at(s.target, Data::K, pencil * edge + k, c, slot));
      if (k == 0) {
        a.to(pairs);
        Complex::zero().to(pairs + 16);
        continue;
      }
      const Complex b = Complex::from(s.at(s.target, Data::K, pencil * edge + edge - k, c, slot));
      Complex{a.re + b.re, a.im + b.im}.to(pairs + 32 * k);
      Complex{a.re - b.re, a.im - b.im}.to(pairs + 32 * k + 16);
    }
    for (int x = 0; x < p; ++x) {
      Complex sum = Complex::zero();
      for (int k = 0; k < p; ++k) {
        const T a = s.tables.cosine(k, x), b = s.tables.sine(k, x);
        const Complex even = Complex::from(pairs + 32 * k), odd = Complex::from(pairs + 32 * k + 16);
        sum.re.add(a, even.re);
        sum.im.add(a, even.im);
        sum.re.subtract(b, odd.im);
        sum.im.add(b, odd.re);
      }
      sum.to(line + 16 * x);
    }
  }
  KOKKOS_FORCEINLINE_FUNCTION void along_y(const T* line, int ky, T* plane) const {
    const int p = s.tables.grid.order;
    for (int x = 0; x < p; ++x) {
      const Complex v = Complex::from(line + 16 * x);
      for (int y = 0; y < p; ++y) {
        Complex sum = Complex::from(plane + 16 * (y * p + x));
        sum.add(s.tables.cosine(ky, y), s.tables.sine(ky, y), v);
        sum.to(plane + 16 * (y * p + x));
      }
    }
  }
  /// The half of the frequencies that is not kept is the conjugate of the other: twice the real part.
  KOKKOS_FORCEINLINE_FUNCTION void along_z(const T* plane, int kz, T* surface) const {
    const int p = s.tables.grid.order;
    const T weight = kz == 0 ? 1 : 2;
    for (int y = 0; y < p; ++y)
      for (int x = 0; x < p; ++x) {
        const Complex v = Complex::from(plane + 16 * (y * p + x));
        const bool face = y == 0 || y == p - 1 || x == 0 || x == p - 1;
        for (int z = 0; z < p; z += face ? 1 : p - 1) {
          T* to = surface + 8 * s.tables.point(z, y, x);
          Real sum = Real::from(to);
          sum.add(weight * s.tables.cosine(kz, z), v.re);
          sum.subtract(weight * s.tables.sine(kz, z), v.im);
          sum.to(to);
        }
      }
  }
  KOKKOS_FORCEINLINE_FUNCTION void distribute(int slot, int k, const T* surface) const {
    int child[8];
    s.children(slot, child);
    const int n = s.tables.surface, padded = s.d.inner.padded;
    for (int o = 0; o < 8; ++o) {
      if (child[o] < 0) continue;
      T* to = &s.d.down_check(k * padded, child[o]);
      if (s.first == 0) {
        for (int j = 0; j < n; ++j) to[j] = surface[8 * j + o];
        for (int j = n; j < padded; ++j) to[j] = T(0);
      } else {
        for (int j = 0; j < n; ++j) to[j] += surface[8 * j + o];
      }
    }
  }
};

}  // namespace Impl

/// M2L by Fourier transforms over pairs of neighbouring parents (Ying, Biros and Zorin 2004, section
/// 3.3; the 8 x 8 blocks per frequency: Malhotra and Biros 2015). Frequencies are worked through in
/// slabs, so that the transforms of a level take a bounded space.
template <class Data>
class M2LFft {
 public:
  using Exec = typename Data::execution_space;
  using MemorySpace = typename Data::memory_space;
  using T = typename Data::T;
  using Set = OperatorSet<T, MemorySpace>;

  static constexpr std::size_t default_memory =
      (Data::Simd::on_host ? std::size_t(64) : std::size_t(1024)) << 20;

  M2LFft() = default;

  /// `parents`: the split boxes by level. Allocates all that `apply` needs: at most `limit` bytes for
  /// the transforms, or one pencil where that takes more.
  M2LFft(const Exec& exec, const Data& d, const BoxList<MemorySpace>& parents, int order,
         std::size_t limit)
      : m_parents(parents) {
    m_tables = Impl::make_frequency_tables<T, MemorySpace>(order);
    const int depth = d.tree.depth, n_parents = parents.last(depth);
    find_neighbours(exec, d, n_parents);
    int widest = 0;
    for (int l = 1; l < depth; ++l) widest = std::max(widest, slots(l));
    const std::size_t per_pencil =
        std::size_t(m_tables.grid.edge()) * (Data::C + Data::K) * 16 * widest;
    m_pencils = int(std::clamp<std::size_t>(limit / (sizeof(T) * std::max<std::size_t>(per_pencil, 1)),
                                            1, m_tables.grid.pencils()));
    const std::size_t part = std::size_t(m_tables.grid.edge()) * 16 * widest * m_pencils;
    Impl::allocate_into(m_source, exec, "Octopole::M2L::source", part * Data::C);
    Impl::allocate_into(m_target, exec, "Octopole::M2L::target", part * Data::K);
    m_workers = std::clamp(16 * int(exec.concurrency()), 1, 4096);
    Impl::allocate_into(m_scratch, exec, "Octopole::M2L::scratch", m_workers,
                        Impl::round_up(Slab::scratch_size(m_tables), 64));
    count_flops(exec, d);
  }

  /// Of the block products, transforms left out.
  double flops() const { return m_flops; }
  std::size_t bytes() const {
    return sizeof(T) * (m_source.span() + m_target.span() + m_scratch.span()) +
           sizeof(int) * m_neighbour.span();
  }

  /// The potential of all V lists of `level` on the downward check surfaces. Overwrites `down_check`
  /// of the level's boxes.
  void apply(const Exec& exec, const Data& d, const Set& set, int level) const {
    static const std::string to = "Octopole::M2L.f", multiply = "Octopole::M2L.m",
                             from = "Octopole::M2L.b";
    using Dynamic = Kokkos::RangePolicy<Exec, Kokkos::Schedule<Kokkos::Dynamic>>;
    using Product = Impl::FrequencyProduct<Data, Set>;
    const int n = slots(level - 1);
    const int blocks = (n + Product::block - 1) / Product::block;
    const int workers = std::min(m_workers, n);
    for (int first = 0; first < m_tables.grid.pencils(); first += m_pencils) {
      const int count = std::min(m_pencils, m_tables.grid.pencils() - first);
      const Slab slab{d,     m_tables,        m_parents.boxes, m_parents.first(level - 1), n,
                      first, count,           m_source.data(), m_target.data(),            m_scratch,
                      workers};
      Kokkos::parallel_for(to, Dynamic(exec, 0, workers), Impl::ToFrequencies<Data>{slab});
      Kokkos::parallel_for(multiply, Dynamic(exec, 0, count * m_tables.grid.edge() * blocks),
                           Product{slab, set, m_neighbour, blocks});
      Kokkos::parallel_for(from, Dynamic(exec, 0, workers), Impl::FromFrequencies<Data>{slab});
    }
  }

  // Public because it launches a kernel, which nvcc asks of a function that does.
  void find_neighbours(const Exec& exec, const Data& d, int n_parents) {
    using Range = Kokkos::RangePolicy<Exec>;
    const auto slot_of = Impl::allocate<Kokkos::View<int*, MemorySpace>>(
        exec, "Octopole::M2L::slot_of", d.tree.n_boxes);
    Impl::allocate_into(m_neighbour, exec, "Octopole::M2L::neighbour", 27, n_parents);
    const auto tree = d.tree;
    const auto colleague = d.lists.colleague;
    const auto boxes = m_parents.boxes;
    const auto neighbour = m_neighbour;
    Impl::fill("Octopole::M2L::slot_of", exec, slot_of, -1);
    for (int l = 0; l < tree.depth; ++l) {
      const int begin = m_parents.first(l);
      Kokkos::parallel_for(
          "Octopole::M2L::slot_of", Range(exec, begin, m_parents.last(l)),
          KOKKOS_LAMBDA(const int i) { slot_of(boxes(i)) = i - begin; });
    }
    Kokkos::parallel_for(
        "Octopole::M2L::neighbour", Range(exec, 0, n_parents), KOKKOS_LAMBDA(const int i) {
          const int box = boxes(i);
          for (int n = 0; n < 27; ++n) {
            const int c = tree.n_targets(box) > 0 ? colleague(box, n) : -1;
            neighbour(n, i) = c >= 0 && tree.n_sources(c) > 0 ? slot_of(c) : -1;
          }
        });
    exec.fence("Octopole::M2L::neighbour");
  }
  void count_flops(const Exec& exec, const Data&) {
    const auto neighbour = m_neighbour;
    long long pairs = 0;
    const int begin = m_parents.first(1);
    Kokkos::parallel_reduce(
        "Octopole::M2L::count", Kokkos::RangePolicy<Exec>(exec, begin, neighbour.extent(1)),
        KOKKOS_LAMBDA(const int i, long long& sum) {
          for (int n = 0; n < 27; ++n) sum += n != 13 && neighbour(n, i) >= 0;
        },
        pairs);
    m_flops = 512.0 * Data::C * Data::K * m_tables.grid.size() * double(pairs);
  }

 private:
  using Slab = Impl::FrequencySlab<Data>;

  int slots(int level) const { return m_parents.last(level) - m_parents.first(level); }

  BoxList<MemorySpace> m_parents;
  Impl::FrequencyTables<T, MemorySpace> m_tables;
  Kokkos::View<int**, Kokkos::LayoutRight, MemorySpace> m_neighbour;
  Kokkos::View<T*, MemorySpace> m_source, m_target;
  Kokkos::View<T**, Kokkos::LayoutRight, MemorySpace> m_scratch;
  int m_pencils = 1, m_workers = 1;
  double m_flops = 0;
};

}  // namespace Octopole

#endif
