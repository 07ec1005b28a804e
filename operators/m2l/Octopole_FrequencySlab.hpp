#ifndef OCTOPOLE_FREQUENCY_SLAB_HPP
#define OCTOPOLE_FREQUENCY_SLAB_HPP

#include <core/base/Octopole_Transfer.hpp>
#include <core/kernels/Octopole_FirstMoment.hpp>
#include <core/precompute/Octopole_FrequencyGrid.hpp>
#include <operators/Octopole_Expansions.hpp>
#include <operators/Octopole_WorkTypes.hpp>
#include <operators/m2l/Octopole_Octet.hpp>
#include <tree/Octopole_Octree.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
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
  t.point = to_space<MemorySpace>(point);
  t.cosine = to_space<MemorySpace>(cosine);
  t.sine = to_space<MemorySpace>(sine);
  return t;
}

/// What the three steps of M2L share: a block of parents and those around it, a slot each, and the
/// part of the frequencies that is worked on: units [first_unit, last_unit). S: the scalar of the
/// transforms.
template <class Work, class S>
struct FrequencySlab {
  using MemorySpace = typename Work::memory_space;
  using T = typename Work::T;
  using Real = Octet<typename Work::WorkShape, S>;
  using Complex = ComplexOctet<typename Work::WorkShape, S>;
  Octree<MemorySpace> tree;
  Expansions<T, MemorySpace> x;
  FrequencyTables<S, MemorySpace> tables;
  Kokkos::View<const int*, MemorySpace> source_boxes, target_boxes;  ///< of all blocks
  int first_source, n_sources, first_target, n_targets;              ///< this block's
  int first_unit, last_unit;
  S* source;  ///< (pencils * edge, columns * C, n_sources, 16) transforms of the multipoles
  S* target;  ///< (pencils * edge, columns * K, n_targets, 16) transforms of the check potentials
  S parent_side;  ///< side of the parents, in half-widths of the root
  int teams;      ///< that share the parents

  using WorkShape = typename Work::WorkShape;
  using Policy =
      Kokkos::TeamPolicy<typename Work::execution_space, Kokkos::Schedule<Kokkos::Dynamic>>;
  using Member = typename Policy::member_type;
  /// Slots that are transformed together: what they write, frequency by frequency, is adjacent.
  static constexpr int block = WorkShape::transform_block;
  /// Threads that an octet is shared by.
  static constexpr int lanes = 8 / OctetTraits<WorkShape, S>::count;

  KOKKOS_FORCEINLINE_FUNCTION S* source_at(int frequency, int c, int slot) const {
    return source +
           ((std::size_t(frequency) * (x.columns * x.source_components) + c) * n_sources + slot) *
               16;
  }
  KOKKOS_FORCEINLINE_FUNCTION S* target_at(int frequency, int k, int slot) const {
    return target +
           ((std::size_t(frequency) * (x.columns * x.check_components) + k) * n_targets + slot) *
               16;
  }
  /// Whether column c is a first moment, which M2L takes from the source's parent's centre to the
  /// target's parent's: `neighbour_centre` tells where the one lies as seen from the other.
  KOKKOS_FORCEINLINE_FUNCTION bool is_moment(int c) const {
    return x.first_moment && c % FirstMoment::columns == 3;
  }
  /// The centre of the neighbour in `direction`, seen from a parent's own.
  KOKKOS_FORCEINLINE_FUNCTION Kokkos::Array<S, 3> neighbour_centre(int direction) const {
    const int x_sides = direction % 3 - 1, y_sides = direction / 3 % 3 - 1,
              z_sides = direction / 9 - 1;
    return {parent_side * S(x_sides), parent_side * S(y_sides), parent_side * S(z_sides)};
  }
  /// An octet of moments seen from another origin: FirstMoment::moved of 16 numbers.
  /// `g`: the octet, as source_at gives it. `d`: the old origin seen from the new one.
  KOKKOS_FORCEINLINE_FUNCTION void move_moments(const S* g, const Kokkos::Array<S, 3>& d,
                                                S* moved) const {
    const std::int64_t column = std::int64_t(n_sources) * 16;
    for (int i = 0; i < 16; ++i)
      moved[i] = FirstMoment::moved(g[i], g[i - 3 * column], g[i - 2 * column], g[i - column], d[0],
                                    d[1], d[2]);
  }
  /// The first frequency of a pencil, counted from the slab's.
  KOKKOS_FORCEINLINE_FUNCTION int frequency(int pencil) const {
    return (pencil - tables.grid.first_pencil(first_unit)) * tables.grid.edge();
  }
  /// Frequencies of the slab.
  KOKKOS_FUNCTION int count() const { return frequency(tables.grid.first_pencil(last_unit)); }

  /// One past the last unit that has the kz of unit u.
  KOKKOS_FORCEINLINE_FUNCTION int end_of(int u) const {
    return Kokkos::min(last_unit, (tables.grid.unit(u).kz + 1) * tables.grid.order);
  }
  /// Calls f(slot, n) for the slots of a team, n <= block at a time.
  template <class F>
  KOKKOS_FORCEINLINE_FUNCTION void for_slots(int team, int slots, const F& f) const {
    const int blocks = (slots + block - 1) / block;
    const int end = int(std::int64_t(blocks) * (team + 1) / teams);
    for (int b = int(std::int64_t(blocks) * team / teams); b < end; ++b)
      f(b * block, Kokkos::min(int(block), slots - b * block));
  }
  /// Calls f(lane) for the lanes of an octet, which are threads where there are no packs.
  template <class F>
  KOKKOS_FORCEINLINE_FUNCTION static void for_lanes(const Member& team, const F& f) {
    if constexpr (lanes == 1)
      f(0);
    else
      Kokkos::parallel_for(Kokkos::ThreadVectorRange(team, int(lanes)), f);
  }
  /// Calls f(i) for i < n, shared by the same threads.
  template <class F>
  KOKKOS_FORCEINLINE_FUNCTION static void for_range(const Member& team, int n, const F& f) {
    if constexpr (lanes == 1)
      for (int i = 0; i < n; ++i) f(i);
    else
      Kokkos::parallel_for(Kokkos::ThreadVectorRange(team, n), f);
  }

  /// A team's memory: for each slot of a block the surfaces of its eight children; planes of
  /// complex octets; two lines of them for each thread.
  class Scratch {
   public:
    KOKKOS_FORCEINLINE_FUNCTION Scratch(const FrequencySlab& s, const Member& team)
        : m_surface(8 * s.tables.surface),
          m_line(16 * s.tables.grid.order),
          m_plane(m_line * s.tables.grid.order),
          m_rank(team.team_rank()) {
      const std::size_t bytes = Scratch::bytes(s.tables, team.team_size());
      m_data = static_cast<S*>(team.team_scratch(level(bytes + 64)).get_shmem_aligned(bytes, 64));
    }
    KOKKOS_FORCEINLINE_FUNCTION S* surface(int b) const { return m_data + m_surface * b; }
    KOKKOS_FORCEINLINE_FUNCTION S* plane(int b) const { return surface(block) + m_plane * b; }
    /// Of all threads, two lines each unit of one kz: where the second and third plane would be.
    KOKKOS_FORCEINLINE_FUNCTION S* line(int unit) const { return plane(1) + 2 * m_line * unit; }
    /// Of this thread, i = 0 or 1.
    KOKKOS_FORCEINLINE_FUNCTION S* own_line(int i) const {
      return plane(planes) + m_line * (2 * m_rank + i);
    }

    /// In the team's own memory where it fits.
    KOKKOS_FORCEINLINE_FUNCTION static int level(std::size_t bytes) {
      return bytes <= WorkShape::nearest ? 0 : 1;
    }
    KOKKOS_FORCEINLINE_FUNCTION static std::size_t bytes(const FrequencyTables<S, MemorySpace>& t,
                                                         int threads) {
      const std::size_t p = t.grid.order;
      return sizeof(S) * (8 * block * std::size_t(t.surface) + 16 * p * (planes * p + 2 * threads));
    }

   private:
    static constexpr int planes = block > 3 ? block : 3;
    int m_surface, m_line, m_plane, m_rank;
    S* m_data;
  };

  /// Teams for so many slots.
  static int teams_for(const typename Work::execution_space& exec, int slots) {
    const int blocks = (slots + block - 1) / block;
    if constexpr (WorkShape::transform_teams == 0)
      return blocks;
    else
      return std::min(blocks,
                      std::clamp(WorkShape::transform_teams * int(exec.concurrency()), 1, 4096));
  }
  Policy policy(const typename Work::execution_space& exec) const {
    const std::size_t bytes = Scratch::bytes(tables, WorkShape::transform_team) + 64;
    return Policy(exec, teams, WorkShape::transform_team, lanes)
        .set_scratch_size(Scratch::level(bytes), Kokkos::PerTeam(int(bytes)));
  }
};

}  // namespace Octopole::Impl

#endif
