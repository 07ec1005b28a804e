#ifndef OCTOPOLE_ITEM_EXCHANGE_HPP
#define OCTOPOLE_ITEM_EXCHANGE_HPP

#include <core/base/Octopole_Allocate.hpp>
#include <core/base/Octopole_Transfer.hpp>
#include <core/base/Octopole_Values.hpp>
#include <core/ranks/Octopole_Communicator.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace Octopole {

/// Which items (points, boxes) a rank sends to each other rank and which it receives from each, fixed once and
/// carried out again and again, with `rows` doubles per item. Sender and receiver have the items of a pair of
/// ranks in the same order.
template <class MemorySpace>
class ItemExchange {
 public:
  using Indices = Kokkos::View<int*, MemorySpace>;     ///< of items
  using Numbers = Kokkos::View<double*, MemorySpace>;  ///< as they travel

  /// Nothing is sent.
  ItemExchange() = default;
  /// Takes the memory that messages need.
  /// @param exec  instance to work on
  /// @param sent  items to send, one rank's after the other's
  /// @param n_sent  (R) how many to each rank
  /// @param received  where the items that come belong, in the same way
  /// @param n_received  (R) how many from each
  /// @param rows  doubles per item, at least 1
  template <class ExecutionSpace>
  ItemExchange(const ExecutionSpace& exec, Indices sent, std::vector<std::int64_t> n_sent,
               Indices received, std::vector<std::int64_t> n_received, int rows)
      : m_sent(std::move(sent)),
        m_received(std::move(received)),
        m_n_sent(std::move(n_sent)),
        m_n_received(std::move(n_received)),
        m_rows(rows) {
    Impl::allocate_into(m_outgoing, exec, "Octopole::Ranks::outgoing", m_sent.extent(0) * rows);
    Impl::allocate_into(m_incoming, exec, "Octopole::Ranks::incoming", m_received.extent(0) * rows);
    for (auto& n : m_n_sent) n *= std::int64_t(sizeof(double)) * rows;
    for (auto& n : m_n_received) n *= std::int64_t(sizeof(double)) * rows;
  }

  /// Fetches numbers, on all ranks. Waits for `exec`, and for the other ranks.
  /// @param exec  instance to work on
  /// @param ranks  the ranks
  /// @param from  from(item, row) is read, of items sent
  /// @param to  to.set(item, row, number) is called, of items received
  template <class ExecutionSpace, class From, class To>
  void apply(const ExecutionSpace& exec, const Communicator& ranks, const From& from,
             const To& to) const {
    gather(exec, m_sent, m_rows, from, m_outgoing);
    exec.fence("Octopole::Ranks::outgoing");
    const auto outgoing = Impl::to_host(m_outgoing);
    if constexpr (Kokkos::SpaceAccessibility<Kokkos::HostSpace, MemorySpace>::accessible) {
      ranks.exchange(reinterpret_cast<const std::byte*>(outgoing.data()), m_n_sent,
                     reinterpret_cast<std::byte*>(m_incoming.data()), m_n_received);
      scatter(exec, m_received, m_rows, m_incoming, to);
    } else {
      const typename Numbers::host_mirror_type incoming(
          Kokkos::view_alloc("Octopole::Ranks::incoming", Kokkos::WithoutInitializing),
          m_incoming.extent(0));
      ranks.exchange(reinterpret_cast<const std::byte*>(outgoing.data()), m_n_sent,
                     reinterpret_cast<std::byte*>(incoming.data()), m_n_received);
      scatter(exec, m_received, m_rows, Impl::to_space<MemorySpace>(incoming), to);
      exec.fence("Octopole::Ranks::incoming");
    }
  }

  /// The same items with another number of rows.
  /// @param exec  instance to work on
  /// @param rows  doubles per item
  /// @return the exchange
  template <class ExecutionSpace>
  ItemExchange with_rows(const ExecutionSpace& exec, int rows) const {
    return ItemExchange(exec, m_sent, items(m_n_sent), m_received, items(m_n_received), rows);
  }
  /// The way back: what was received is sent, and comes where it was sent from.
  /// @param exec  instance to work on
  /// @param rows  doubles per item
  /// @return the exchange
  template <class ExecutionSpace>
  ItemExchange back(const ExecutionSpace& exec, int rows) const {
    return ItemExchange(exec, m_received, items(m_n_received), m_sent, items(m_n_sent), rows);
  }

  /// To which rank each item is sent, where each is sent to one.
  /// @param exec  instance to work on; waited for
  /// @return (items sent)
  template <class ExecutionSpace>
  Indices receivers(const ExecutionSpace& exec) const {
    const Indices to("Octopole::Ranks::receivers", m_sent.extent(0));
    std::int64_t first = 0;
    const auto counts = items(m_n_sent);
    for (int r = 0; r < int(counts.size()); first += counts[r++])
      mark(exec, m_sent, first, first + counts[r], r, to);
    exec.fence("Octopole::Ranks::receivers");
    return to;
  }

  /// @return bytes that this rank sends to others each time
  std::int64_t bytes_sent(int rank) const {
    std::int64_t sum = 0;
    for (int r = 0; r < int(m_n_sent.size()); ++r)
      if (r != rank) sum += m_n_sent[r];
    return sum;
  }
  /// @return memory of indices and messages
  std::size_t bytes() const { return Impl::bytes_of(m_sent, m_received, m_outgoing, m_incoming); }

  /// @return items that come from the ranks, in all
  std::int64_t n_received() const { return std::int64_t(m_received.extent(0)); }

  // Public because they launch kernels, which nvcc asks of a function that does.
  /// @cond KERNELS
  template <class ExecutionSpace, class From>
  static void gather(const ExecutionSpace& exec, const Indices& items, int rows, const From& from,
                     const Numbers& numbers) {
    static const std::string label = "Octopole::Ranks::gather";
    using Range = Kokkos::RangePolicy<ExecutionSpace, Kokkos::IndexType<std::int64_t>>;
    launch(
        label, Range(exec, 0, std::int64_t(numbers.extent(0))),
        KOKKOS_LAMBDA(const std::int64_t i) { numbers(i) = from(items(i / rows), int(i % rows)); });
  }
  template <class ExecutionSpace>
  static void mark(const ExecutionSpace& exec, const Indices& items, std::int64_t first,
                   std::int64_t end, int value, const Indices& to) {
    Kokkos::parallel_for(
        "Octopole::Ranks::receivers", Kokkos::RangePolicy<ExecutionSpace>(exec, first, end),
        KOKKOS_LAMBDA(const std::int64_t i) { to(items(i)) = value; });
  }
  template <class ExecutionSpace, class To>
  static void scatter(const ExecutionSpace& exec, const Indices& items, int rows,
                      const Numbers& numbers, const To& to) {
    static const std::string label = "Octopole::Ranks::scatter";
    using Range = Kokkos::RangePolicy<ExecutionSpace, Kokkos::IndexType<std::int64_t>>;
    launch(
        label, Range(exec, 0, std::int64_t(numbers.extent(0))),
        KOKKOS_LAMBDA(const std::int64_t i) {
          to.set(items(i / rows), int(i % rows), numbers(i));
        });
  }
  /// @endcond

 private:
  std::vector<std::int64_t> items(std::vector<std::int64_t> bytes) const {
    for (auto& n : bytes) n /= std::int64_t(sizeof(double)) * m_rows;
    return bytes;
  }

  Indices m_sent, m_received;
  std::vector<std::int64_t> m_n_sent, m_n_received;  ///< bytes
  int m_rows = 0;
  Numbers m_outgoing, m_incoming;
};

/// The numbers of an item in a View (items, rows), as ItemExchange takes them.
template <class View>
struct ItemRows {
  View view;  ///< (items, rows)
  /// @param item,row  which number
  /// @return it
  KOKKOS_FUNCTION double operator()(int item, int row) const { return view(item, row); }
  /// @param item,row  which number
  /// @param number  to be it
  KOKKOS_FUNCTION void set(int item, int row, double number) const {
    view(item, row) = typename View::non_const_value_type(number);
  }
};

/// The coefficients of a box, as ItemExchange takes them.
template <class Columns>
struct BoxColumns {
  Columns coefficients;  ///< (C p, boxes * columns)
  int columns;           ///< per box
  /// @param box  index
  /// @param row  0 to columns * C p - 1
  /// @return a coefficient
  KOKKOS_FUNCTION double operator()(int box, int row) const {
    const int rows = int(coefficients.extent(0));
    return coefficients(row % rows, box * columns + row / rows);
  }
  /// @param box,row  which coefficient
  /// @param number  to be it
  KOKKOS_FUNCTION void set(int box, int row, double number) const {
    const int rows = int(coefficients.extent(0));
    coefficients(row % rows, box * columns + row / rows) =
        typename Columns::non_const_value_type(number);
  }
};

}  // namespace Octopole

#endif
