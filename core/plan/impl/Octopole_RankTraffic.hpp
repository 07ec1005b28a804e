#ifndef OCTOPOLE_RANK_TRAFFIC_HPP
#define OCTOPOLE_RANK_TRAFFIC_HPP

#include <core/plan/impl/Octopole_PlanParts.hpp>
#include <core/ranks/Octopole_Communicator.hpp>
#include <core/ranks/Octopole_ItemExchange.hpp>
#include <core/ranks/Octopole_Messages.hpp>
#include <operators/edges/Octopole_Packing.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

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

/// What the ranks say to each other at the beginning of an execute, all at once: how far outputs are wanted, how large
/// charges are, and whether somebody has to give up before any of it.
class Opening {
 public:
  /// `ranks`: unguarded. `right_hand_sides`: as of the plan.
  Opening(const Communicator& ranks, int right_hand_sides)
      : m_ranks(ranks), m_numbers(std::size_t(2 + right_hand_sides), 0.0) {}

  /// Returns the last output that some rank wants. Throws EndedElsewhere where another rank has given up.
  template <class Largest>
  int share(int last_output, const Largest& largest) {
    m_numbers[1] = last_output;
    for (std::size_t r = 0; r + 2 < m_numbers.size(); ++r) m_numbers[2 + r] = largest(r);
    speak();
    if (m_numbers[0] > 0) throw EndedElsewhere();
    return int(m_numbers[1]);
  }
  /// Of all ranks.
  double largest(int right_hand_side) const { return m_numbers[std::size_t(2 + right_hand_side)]; }
  /// Tells the others, who may wait for a word.
  void give_up() {
    if (m_said) return;
    m_numbers[0] = 1;
    speak();
  }

 private:
  void speak() {
    m_said = true;
    m_ranks.largest(m_numbers.data(), m_numbers.size());
  }
  const Communicator& m_ranks;
  std::vector<double> m_numbers;  ///< giving up, last output, largest charges
  bool m_said = false;
};

/// What passes between the ranks at both ends of an execute: charges from where the caller has them to where
/// their points are, and from there to the ranks for which they are ghosts; results back home.
template <class ExecutionSpace, class T>
struct RankTraffic {
  using MemorySpace = typename ExecutionSpace::memory_space;
  using Rows = Kokkos::View<T**, Kokkos::LayoutRight, MemorySpace>;

  std::shared_ptr<const Communicator> ranks;  ///< guarded
  ItemExchange<MemorySpace>
      home,      ///< of charges, from the caller's order to that of the rank's own points
      ghosts,    ///< of charges, from own points to ghosts
      back;      ///< of results, `home` the other way
  Rows charges,  ///< (own points, then ghosts; numbers per charge times right-hand sides)
      results;   ///< (own points; rows of all outputs that may be asked for times right-hand sides)

  int own_slots = 0;  ///< of the packed sources: those of ghosts follow
  /// Of an execute, and of what brings charges alone, in the order in which they are started.
  std::vector<std::shared_ptr<Messages>> of_execute, of_charges;

  /// Memory that the traffic holds.
  std::size_t bytes() const {
    return home.bytes() + ghosts.bytes() + back.bytes() + bytes_of(charges, results);
  }
  /// What this rank sends to others in an execute, beside multipoles.
  std::int64_t bytes_sent() const {
    return home.bytes_sent() + ghosts.bytes_sent() + back.bytes_sent();
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

  /// Prepares the messages. `others`: of the expansions.
  void prepare(const std::vector<std::shared_ptr<Messages>>& others) {
    home.prepare(*ranks, 0);
    ghosts.prepare(*ranks, 1);
    back.prepare(*ranks, 2);
    of_charges = {home.messages(), ghosts.messages()};
    of_execute = of_charges;
    of_execute.insert(of_execute.end(), others.begin(), others.end());
    of_execute.push_back(back.messages());
  }
  std::int64_t messages_sent() const {
    std::int64_t sum = 0;
    for (const auto& messages : of_execute) sum += messages->n_sent();
    return sum;
  }

  /// Does work that exchanges `messages`, of which any part may fail: then the rank ends the round alone, and throws.
  /// Before any message, `work` agrees on its opening. To be called within agree_on.
  template <class Work>
  static void in_a_round(Opening& opening, const std::vector<std::shared_ptr<Messages>>& messages,
                         const Work& work) {
    for (const auto& one : messages) one->begin_round();
    try {
      work();
    } catch (...) {
      opening.give_up();
      finish_round(messages);
      throw;
    }
  }

  /// Charges of all ranks into the slots of own points, in a unit that all ranks share, and on their way to where they
  /// are ghosts. Waits for `exec`. `last_output`: the last that this rank wants. Returns the last that some rank
  /// does, which is held against what was planned for by check_last(last).
  template <class Parts, class CheckLast>
  int bring_charges(const ExecutionSpace& exec, const Values<const T>& of_caller, int last_output,
                    const Parts& parts, Opening& opening, const CheckLast& check_last) const {
    const int components = parts.kernel->statement().charges;
    const auto& sources = parts.sources;
    home.start(exec, ChargeRows<T>{of_caller, components});
    find_largest_charges(exec, components, int(parts.facts.n_sources), of_caller, sources);
    exec.fence("Octopole::Ranks::largest_charge");
    const int last = opening.share(last_output, to_host(sources.largest));
    check_last(last);
    set_largest(exec, opening, sources.largest);
    home.finish(exec, ChargeRows<T>{of_caller, components}, ItemRows<Rows>{charges});
    ghosts.start(exec, ItemRows<Rows>{charges});
    set_charges(exec, components, values_of<const T>(charges, 0, components, components), sources,
                0, own_slots);
    return last;
  }
  /// Charges of ghosts into theirs.
  template <class Parts>
  void finish_charges(const ExecutionSpace& exec, const Parts& parts) const {
    const int components = parts.kernel->statement().charges;
    ghosts.finish(exec, ItemRows<Rows>{charges}, ItemRows<Rows>{charges});
    set_charges(exec, components, values_of<const T>(charges, 0, components, components),
                parts.sources, own_slots, parts.sources.points.slots);
  }

  /// The largest charges of all ranks.
  template <class Largest>
  void set_largest([[maybe_unused]] const ExecutionSpace& exec, const Opening& opening,
                   const Largest& largest) const {
    if constexpr (MessageBuffer<MemorySpace>::on_host) {
      for (std::size_t r = 0; r < largest.extent(0); ++r) largest(r) = opening.largest(int(r));
    } else {
      const typename Largest::host_mirror_type host("Octopole::Ranks::largest", largest.extent(0));
      for (std::size_t r = 0; r < host.extent(0); ++r) host(r) = opening.largest(int(r));
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
    back.start(exec, ItemRows<Rows>{results});
    back.finish(exec, ItemRows<Rows>{results}, to);
    exec.fence("Octopole::Ranks::results");
  }
};

}  // namespace Octopole::Impl

#endif
