#ifndef OCTOPOLE_FREQUENCY_SLAB_HPP
#define OCTOPOLE_FREQUENCY_SLAB_HPP

#include <Octopole_FmmData.hpp>
#include <Octopole_FrequencyGrid.hpp>
#include <Octopole_Octet.hpp>

#include <cmath>
#include <string>

namespace Octopole::Impl {

/// Where the points of a surface lie on the grid, and the trigonometric tables of its transforms.
template <class S, class MemorySpace>
struct FrequencyTables {
  FrequencyGrid grid;
  Kokkos::View<int***, Kokkos::LayoutRight, MemorySpace> point;  ///< (z, y, x): its index, or -1
  Kokkos::View<S**, Kokkos::LayoutRight, MemorySpace> cosine, sine;  ///< (k, j): of 2 pi k j / edge
  int surface = 0;                                                   ///< points on it
};

template <class S, class MemorySpace>
FrequencyTables<S, MemorySpace> make_frequency_tables(int order) {
  FrequencyTables<S, MemorySpace> t;
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
  typename decltype(t.cosine)::host_mirror_type cosine(uninitialised("Octopole::M2L::cosine"),
                                                       order, order),
      sine(uninitialised("Octopole::M2L::sine"), order, order);
  for (int k = 0; k < order; ++k)
    for (int j = 0; j < order; ++j) {
      const double angle = 2 * M_PI * (k * j % edge) / edge;
      cosine(k, j) = S(std::cos(angle));
      sine(k, j) = S(std::sin(angle));
    }
  t.point = Kokkos::create_mirror_view_and_copy(MemorySpace(), point);
  t.cosine = Kokkos::create_mirror_view_and_copy(MemorySpace(), cosine);
  t.sine = Kokkos::create_mirror_view_and_copy(MemorySpace(), sine);
  return t;
}

/// What the three steps of M2L share: a block of parents and those around it, a slot each, and the
/// part of the frequencies that is worked on: units [first_unit, last_unit). S: the scalar of the
/// transforms.
template <class Data, class S>
struct FrequencySlab {
  using MemorySpace = typename Data::memory_space;
  using Real = Octet<typename Data::execution_space, S>;
  using Complex = ComplexOctet<typename Data::execution_space, S>;
  Data d;
  FrequencyTables<S, MemorySpace> tables;
  Kokkos::View<const int*, MemorySpace> source_boxes, target_boxes;  ///< of all blocks
  int first_source, n_sources, first_target, n_targets;              ///< this block's
  int first_unit, last_unit;
  S* source;  ///< (pencils * edge, columns * C, n_sources, 16) transforms of the multipoles
  S* target;  ///< (pencils * edge, columns * K, n_targets, 16) transforms of the check potentials
  Kokkos::View<S**, Kokkos::LayoutRight, MemorySpace> scratch;  ///< (worker, ...)
  int workers;

  /// Slots that are transformed together: what they write, frequency by frequency, is adjacent.
  static constexpr int block = 4;

  KOKKOS_FORCEINLINE_FUNCTION S* source_at(int frequency, int c, int slot) const {
    return source + ((std::size_t(frequency) * (d.columns * Data::C) + c) * n_sources + slot) * 16;
  }
  KOKKOS_FORCEINLINE_FUNCTION S* target_at(int frequency, int k, int slot) const {
    return target + ((std::size_t(frequency) * (d.columns * Data::K) + k) * n_targets + slot) * 16;
  }
  /// The first frequency of a pencil, counted from the slab's.
  KOKKOS_FORCEINLINE_FUNCTION int frequency(int pencil) const {
    return (pencil - tables.grid.first_pencil(first_unit)) * tables.grid.edge();
  }
  /// Frequencies of the slab.
  KOKKOS_FUNCTION int count() const { return frequency(tables.grid.first_pencil(last_unit)); }

  KOKKOS_FORCEINLINE_FUNCTION void children(int parent, int (&child)[8]) const {
    for (int o = 0; o < 8; ++o) child[o] = d.tree.child(parent, o);
  }
  /// Calls f(slot, n) for the slots of a worker, n <= block at a time.
  template <class F>
  KOKKOS_FORCEINLINE_FUNCTION void for_slots(int worker, int slots, const F& f) const {
    const int blocks = (slots + block - 1) / block;
    const int end = int(std::int64_t(blocks) * (worker + 1) / workers);
    for (int b = int(std::int64_t(blocks) * worker / workers); b < end; ++b)
      f(b * block, Kokkos::min(int(block), slots - b * block));
  }

  /// A worker's scratch: for each slot of a block the surfaces of its eight children and a plane of
  /// complex octets; then lines of them for one pencil and its opposite, and for pairs of
  /// frequencies.
  KOKKOS_FORCEINLINE_FUNCTION S* surface(int worker, int b) const {
    return &scratch(worker, 8 * tables.surface * b);
  }
  KOKKOS_FORCEINLINE_FUNCTION S* plane(int worker, int b) const {
    return &scratch(worker, block * 8 * tables.surface + b * 16 * tables.grid.units());
  }
  KOKKOS_FORCEINLINE_FUNCTION S* line(int worker, int which) const {
    return plane(worker, block) + which * 16 * tables.grid.order;
  }
  static int scratch_size(const FrequencyTables<S, MemorySpace>& t) {
    return block * (8 * t.surface + 16 * t.grid.units()) + 4 * 16 * t.grid.order;
  }
};

}  // namespace Octopole::Impl

#endif
