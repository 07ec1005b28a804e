#ifndef OCTOPOLE_RANK_TRAFFIC_HPP
#define OCTOPOLE_RANK_TRAFFIC_HPP

#include <core/plan/impl/Octopole_PlanParts.hpp>
#include <core/ranks/Octopole_Communicator.hpp>
#include <core/ranks/Octopole_ItemExchange.hpp>
#include <operators/edges/Octopole_Packing.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>

namespace Octopole::Impl {

/// A caller's charges, as ItemExchange takes them: those of one right-hand side after those of the other.
template <class T>
struct ChargeRows {
  Values<const T> charges;
  int components;  ///< numbers per charge
  KOKKOS_FUNCTION double operator()(int item, int row) const {
    return charges(item, row % components, row / components);
  }
};

/// A caller's results, as ItemExchange writes them: of each right-hand side the rows of all outputs, one after
/// the other.
template <class T>
struct ResultRows {
  Kokkos::Array<Values<T>, output_count> results;  ///< without data where not wanted
  Kokkos::Array<int, output_count + 1> first;      ///< row of each output, and the end
  int n_outputs;
  KOKKOS_FUNCTION void set(int item, int row, double number) const {
    const int r = row / first[n_outputs], k = row % first[n_outputs];
    int i = 0;
    while (i + 1 < n_outputs && k >= first[i + 1]) ++i;
    if (results[i].data != nullptr) results[i](item, k - first[i], r) = T(number);
  }
};

/// What passes between the ranks at both ends of an execute: charges from where the caller has them to where
/// their points are, and from there to the ranks for which they are ghosts; results back home.
template <class ExecutionSpace, class T>
struct RankTraffic {
  using MemorySpace = typename ExecutionSpace::memory_space;
  using Rows = Kokkos::View<T**, Kokkos::LayoutRight, MemorySpace>;

  std::shared_ptr<const Communicator> ranks;
  ItemExchange<MemorySpace>
      home,      ///< of charges, from the caller's order to that of the rank's own points
      ghosts,    ///< of charges, from own points to ghosts
      back;      ///< of results, `home` the other way
  Rows charges,  ///< (own points, then ghosts; numbers per charge times right-hand sides)
      results;   ///< (own points; rows of all outputs that may be asked for times right-hand sides)

  int own_slots = 0;  ///< of the packed sources: those of ghosts follow

  /// Memory that the traffic holds.
  std::size_t bytes() const {
    return home.bytes() + ghosts.bytes() + back.bytes() + bytes_of(charges, results);
  }
  /// What this rank sends to others in an execute, beside multipoles.
  std::int64_t bytes_sent() const {
    const int rank = ranks->rank();
    return home.bytes_sent(rank) + ghosts.bytes_sent(rank) + back.bytes_sent(rank);
  }

  /// Numbers `first` to `first` + `n` - 1 of each right-hand side, of `per_side` each.
  template <class X>
  static Values<X> values_of(const Rows& rows, int first, int n, int per_side) {
    Values<X> values;
    values.data = rows.data();
    values.point = std::int64_t(rows.extent(1));
    values.right_hand_side = per_side;
    for (int k = 0; k < n; ++k) values.row[k] = first + k;
    return values;
  }

  /// Charges of all ranks into the slots, in a unit that all ranks share. Waits for `exec`.
  template <class Parts>
  void bring_charges(const ExecutionSpace& exec, const Values<const T>& of_caller,
                     const Parts& parts) const {
    const int components = parts.kernel->statement().charges;
    home.apply(exec, *ranks, ChargeRows<T>{of_caller, components}, ItemRows<Rows>{charges});
    ghosts.apply(exec, *ranks, ItemRows<Rows>{charges}, ItemRows<Rows>{charges});
    const auto local = values_of<const T>(charges, 0, components, components);
    find_largest_charges(exec, components, int(charges.extent(0)), local, parts.sources);
    exec.fence("Octopole::Ranks::largest_charge");
    share_largest(exec, parts.sources.largest);
    set_charges(exec, components, local, parts.sources);
  }

  /// The largest charge of all ranks on all ranks.
  template <class Largest>
  void share_largest(const ExecutionSpace& exec, const Largest& largest) const {
    const auto host = to_host(largest);
    ranks->largest(host.data(), host.extent(0));
    // Where the host cannot read it, `host` is a copy.
    if (host.data() != largest.data()) {
      copy_elements("Octopole::Ranks::largest_charge", exec, largest, 0,
                    to_space<MemorySpace>(host), host.extent(0));
      exec.fence("Octopole::Ranks::largest_charge");
    }
  }

  /// Results of outputs 0 to `last_output`, those that some rank has asked for, to the callers' points. Waits for
  /// `exec`.
  template <class Parts, class Results>
  void bring_results(const ExecutionSpace& exec, const Results& of_caller, int last_output,
                     const Parts& parts) const {
    const KernelStatement& statement = parts.kernel->statement();
    ResultRows<T> to{};
    to.n_outputs = parts.most_output() + 1;
    for (int i = 0; i < to.n_outputs; ++i) {
      const int rows = statement.terms[i].rows();
      to.results[i] = of_caller[i];
      to.first[i + 1] = to.first[i] + rows;
    }
    for (int i = 0; i <= last_output; ++i) {
      const int rows = to.first[i + 1] - to.first[i];
      unpack_results(exec, parts.sources, parts.targets, to.first[i], rows,
                     statement.rows_of(last_output),
                     values_of<T>(results, to.first[i], rows, to.first[to.n_outputs]),
                     parts.unit_of(i, parts.tree.domain.half_width));
    }
    back.apply(exec, *ranks, ItemRows<Rows>{results}, to);
    exec.fence("Octopole::Ranks::results");
  }
};

}  // namespace Octopole::Impl

#endif
