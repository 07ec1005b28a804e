#ifndef OCTOPOLE_WORK_SHAPE_HPP
#define OCTOPOLE_WORK_SHAPE_HPP

#include <Kokkos_Core.hpp>

#include <cstddef>
#include <type_traits>

namespace Octopole {

/// How work is cut for a processor: one thread per team, several targets or children in the lanes
/// of its packs, what is read again and again in its caches. How an operator's work differs between
/// backends is a value here; no operator asks which backend it is compiled for. (Where the data lie
/// decides three more things, see on_host: which sort is called, whether a product waits for the
/// library's one handle, and how many points a thread encodes at a time.)
struct ProcessorShape {
  /// Inner loops compute with packs, else with one scalar per thread.
  static constexpr bool packs = true;
  /// Threads of a team that works on the targets of a leaf; 0: Kokkos chooses.
  static constexpr int near_team = 0;
  /// Sources that P2P brings into the memory of a team at a time; 0: they are read where they lie.
  static constexpr int near_tile = 0;
  /// Largest request, in bytes, that is placed in level-0 scratch memory (shared memory on a GPU).
  static constexpr std::size_t nearest = 32 << 10;
  /// Whether a near field in float pays beside a far field in double.
  static constexpr bool near_in_float = true;
  /// Teams that the columns of a product are shared by; 0: four for each thread.
  static constexpr int column_teams = 0;
  /// Most threads of such a team, which has one for each row where they suffice; 0: Kokkos chooses.
  static constexpr int column_team = 0;
  /// Parents whose transforms are made together: what they write, frequency by frequency, is
  /// adjacent.
  static constexpr int transform_block = 4;
  /// Threads of a team that makes them, each of them eight lanes, one per child, without packs.
  static constexpr int transform_team = 1;
  /// Teams per thread that share all parents; 0: a team for each block of them.
  static constexpr int transform_teams = 16;
  /// Threads of a team that multiplies the frequencies of as many parents; 0: a thread takes many
  /// parents one after the other.
  static constexpr int product_team = 0;
  /// Bytes for the transforms of M2L where Options::m2l_memory is 0.
  static constexpr std::size_t m2l_memory = std::size_t(64) << 20;
  /// Whether a Plan executes once without anything to do, so that the first execute finds all the
  /// memory that Kokkos takes at a first launch. A processor would take as long as for any other.
  static constexpr bool dry_execute = false;
};

/// How work is cut for a GPU: one target or check point per thread, teams of threads that share in
/// scratch memory what all of them read.
struct DeviceShape {
  /// @cond SHAPE
  static constexpr bool packs = false;
  static constexpr int near_team = 64;
  static constexpr int near_tile = 128;
  static constexpr std::size_t nearest = 47 << 10;  // of the 48 KiB there are
  static constexpr bool near_in_float = false;
  static constexpr int column_teams = 256;
  static constexpr int column_team = 256;
  static constexpr int transform_block = 1;
  static constexpr int transform_team = 8;
  static constexpr int transform_teams = 0;
  static constexpr int product_team = 128;
  static constexpr std::size_t m2l_memory = std::size_t(1) << 30;
  static constexpr bool dry_execute = true;
  /// @endcond
};

/// Whether an execution space's memory is the host's own. Memory that both host and device can read
/// is a device's.
template <class Space>
inline constexpr bool on_host = std::is_same_v<typename Space::memory_space, Kokkos::HostSpace>;

/// @cond HELPER
template <class Where>
struct WorkShapeTraits {
  using type = Where;
};
template <class Where>
  requires requires { typename Where::memory_space; }
struct WorkShapeTraits<Where> {
  using type = std::conditional_t<on_host<Where>, ProcessorShape, DeviceShape>;
};
/// @endcond
/// The shape of work on an execution space; a shape is its own.
template <class Where>
using WorkShapeOf = typename WorkShapeTraits<Where>::type;

}  // namespace Octopole

#endif
