#ifndef OCTOPOLE_ITEM_EXCHANGE_HPP
#define OCTOPOLE_ITEM_EXCHANGE_HPP

#include <core/base/Octopole_Allocate.hpp>
#include <core/base/Octopole_Transfer.hpp>
#include <core/base/Octopole_Values.hpp>
#include <core/ranks/Octopole_Communicator.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

namespace Octopole {

/// Where messages of numbers in a device's memory lie, if MPI takes none from there: in memory of the host that the device
/// copies to and from directly, where there is such.
#ifdef KOKKOS_HAS_SHARED_HOST_PINNED_SPACE
using MessageSpace = Kokkos::SharedHostPinnedSpace;
#else
using MessageSpace = Kokkos::HostSpace;
#endif

/// A message's numbers in the memory that they are made or used in, and, prepared, where MPI takes or puts them: there too
/// if the host reads it, or MPI does, else in the host's memory.
template <class MemorySpace>
struct MessageBuffer {
  using Numbers = Kokkos::View<double*, MemorySpace>;  ///< as they travel
  static constexpr bool on_host =
      Kokkos::SpaceAccessibility<Kokkos::HostSpace, MemorySpace>::accessible;

  Numbers numbers;                              ///< (items * rows)
  Kokkos::View<double*, MessageSpace> for_mpi;  ///< empty where MPI takes `numbers`

  /// Takes the host's memory if that is needed.
  /// @param mpi_reads_it  MPI takes numbers from wherever they are
  void prepare(bool mpi_reads_it) {
    if (on_host || mpi_reads_it || numbers.extent(0) == 0) return;
    for_mpi = Kokkos::View<double*, MessageSpace>(
        Kokkos::view_alloc("Octopole::Ranks::message", Kokkos::WithoutInitializing),
        numbers.extent(0));
  }
  /// @return what MPI is given
  double* data() const { return for_mpi.extent(0) > 0 ? for_mpi.data() : numbers.data(); }
  /// The numbers to where MPI takes them. Waits for `exec`.
  /// @param exec  instance to work on
  template <class ExecutionSpace>
  void to_mpi(const ExecutionSpace& exec) const {
    if constexpr (!on_host)
      if (for_mpi.extent(0) > 0) Impl::copy_across(exec, for_mpi, numbers);
    exec.fence("Octopole::Ranks::outgoing");
  }
  /// The numbers from where MPI has put them, asynchronously.
  /// @param exec  instance to work on
  template <class ExecutionSpace>
  void from_mpi([[maybe_unused]] const ExecutionSpace& exec) const {
    if constexpr (!on_host)
      if (for_mpi.extent(0) > 0) Impl::copy_across(exec, numbers, for_mpi);
  }
  /// @return memory of both
  std::size_t bytes() const { return Impl::bytes_of(numbers, for_mpi); }
};

/// Which items (points, boxes) a rank sends to each other rank and which it receives from each, fixed once and
/// carried out again and again, with `rows` doubles per item. Sender and receiver have the items of a pair of
/// ranks in the same order. What a rank has for itself goes there at once and takes no memory.
template <class MemorySpace>
class ItemExchange {
 public:
  using Indices = Kokkos::View<int*, MemorySpace>;     ///< of items
  using Numbers = Kokkos::View<double*, MemorySpace>;  ///< as they travel

  /// Nothing is sent.
  ItemExchange() = default;
  /// Takes the memory that messages need.
  /// @param exec  instance to work on
  /// @param rank  this one
  /// @param sent  items to send, one rank's after the other's
  /// @param n_sent  (R) how many to each rank, this one included
  /// @param received  where the items that come belong, in the same way
  /// @param n_received  (R) how many from each
  /// @param rows  doubles per item, at least 1
  template <class ExecutionSpace>
  ItemExchange(const ExecutionSpace& exec, int rank, Indices sent, std::vector<std::int64_t> n_sent,
               Indices received, std::vector<std::int64_t> n_received, int rows)
      : m_sent{std::move(sent), rank, std::move(n_sent)},
        m_received{std::move(received), rank, std::move(n_received)},
        m_rank(rank),
        m_rows(rows) {
    Impl::allocate_into(m_outgoing.numbers, exec, "Octopole::Ranks::outgoing",
                        m_sent.n_others() * rows);
    Impl::allocate_into(m_incoming.numbers, exec, "Octopole::Ranks::incoming",
                        m_received.n_others() * rows);
  }

  /// Fetches numbers once, on all ranks. Waits for `exec`, and for the other ranks.
  /// @param exec  instance to work on
  /// @param ranks  the ranks
  /// @param from  from(item, row) is read, of items sent
  /// @param to  to.set(item, row, number) is called, of items received
  template <class ExecutionSpace, class From, class To>
  void apply(const ExecutionSpace& exec, const Communicator& ranks, const From& from,
             const To& to) const {
    auto outgoing = m_outgoing, incoming = m_incoming;
    if constexpr (!MessageBuffer<MemorySpace>::on_host) {
      outgoing.prepare(false), incoming.prepare(false);
    }
    gather(exec, m_sent, m_rows, from, outgoing.numbers);
    outgoing.to_mpi(exec);
    ranks.exchange(reinterpret_cast<const std::byte*>(outgoing.data()), m_sent.bytes(m_rows),
                   reinterpret_cast<std::byte*>(incoming.data()), m_received.bytes(m_rows));
    keep(exec, m_sent, m_received, m_rows, from, to);
    incoming.from_mpi(exec);
    scatter(exec, m_received, m_rows, incoming.numbers, to);
    if constexpr (!MessageBuffer<MemorySpace>::on_host) exec.fence("Octopole::Ranks::incoming");
  }

  /// Prepares for start() and finish(). Copies made afterwards share the messages.
  /// @param ranks  the ranks
  /// @param tag  see Communicator::prepare
  void prepare(const Communicator& ranks, int tag) {
    m_outgoing.prepare(ranks.reads_device_memory());
    m_incoming.prepare(ranks.reads_device_memory());
    m_messages = ranks.prepare(
        reinterpret_cast<const std::byte*>(m_outgoing.data()), m_sent.bytes(m_rows),
        reinterpret_cast<std::byte*>(m_incoming.data()), m_received.bytes(m_rows), tag);
  }
  /// The first half of what apply() does: sends. Waits for `exec`, not for the other ranks.
  /// @param exec  instance to work on
  /// @param from  from(item, row) is read, of items sent
  template <class ExecutionSpace, class From>
  void start(const ExecutionSpace& exec, const From& from) const {
    gather(exec, m_sent, m_rows, from, m_outgoing.numbers);
    m_outgoing.to_mpi(exec);
    m_messages->start();
  }
  /// The second half. Waits for what the other ranks send.
  /// @param exec  instance to work on; not waited for
  /// @param from  from(item, row) is read, of items that this rank sends itself
  /// @param to  to.set(item, row, number) is called, of items received
  template <class ExecutionSpace, class From, class To>
  void finish(const ExecutionSpace& exec, const From& from, const To& to) const {
    keep(exec, m_sent, m_received, m_rows, from, to);
    m_messages->wait();
    m_incoming.from_mpi(exec);
    scatter(exec, m_received, m_rows, m_incoming.numbers, to);
  }
  /// @return those that were prepared
  const std::shared_ptr<Messages>& messages() const { return m_messages; }

  /// The same items with another number of rows.
  /// @param exec  instance to work on
  /// @param rows  doubles per item
  /// @return the exchange
  template <class ExecutionSpace>
  ItemExchange with_rows(const ExecutionSpace& exec, int rows) const {
    return ItemExchange(exec, m_rank, m_sent.items, m_sent.counts, m_received.items,
                        m_received.counts, rows);
  }
  /// The way back: what was received is sent, and comes where it was sent from.
  /// @param exec  instance to work on
  /// @param rows  doubles per item
  /// @return the exchange
  template <class ExecutionSpace>
  ItemExchange back(const ExecutionSpace& exec, int rows) const {
    return ItemExchange(exec, m_rank, m_received.items, m_received.counts, m_sent.items,
                        m_sent.counts, rows);
  }

  /// To which rank each item is sent, where each is sent to one.
  /// @param exec  instance to work on; waited for
  /// @return (items sent)
  template <class ExecutionSpace>
  Indices receivers(const ExecutionSpace& exec) const {
    const Indices to("Octopole::Ranks::receivers", m_sent.items.extent(0));
    std::int64_t first = 0;
    for (int r = 0; r < int(m_sent.counts.size()); first += m_sent.counts[r++])
      mark(exec, m_sent.items, first, first + m_sent.counts[r], r, to);
    exec.fence("Octopole::Ranks::receivers");
    return to;
  }

  /// @return bytes that this rank sends to others each time
  std::int64_t bytes_sent() const {
    return std::int64_t(sizeof(double)) * std::int64_t(m_sent.n_others()) * m_rows;
  }
  /// @return memory of indices and messages
  std::size_t bytes() const {
    return Impl::bytes_of(m_sent.items, m_received.items) + m_outgoing.bytes() + m_incoming.bytes();
  }

  /// @return items that come from the ranks, this one included
  std::int64_t n_received() const { return std::int64_t(m_received.items.extent(0)); }

  /// @return (R) items that come from each rank
  const std::vector<std::int64_t>& received_counts() const { return m_received.counts; }

  /// Items by rank, those of this rank among them.
  struct Side {
    Indices items;                     ///< one rank's after the other's
    int rank = 0;                      ///< this one
    std::vector<std::int64_t> counts;  ///< (R) how many of each

    /// @return items before this rank's own
    std::int64_t first_own() const {
      return std::accumulate(counts.begin(), counts.begin() + (counts.empty() ? 0 : rank),
                             std::int64_t(0));
    }
    /// @return items of this rank for itself
    std::int64_t n_own() const { return counts.empty() ? 0 : counts[std::size_t(rank)]; }
    /// @return items of all other ranks
    std::size_t n_others() const { return items.extent(0) - std::size_t(n_own()); }
    /// @param rows  doubles per item
    /// @return (R) of messages, of which there is none from a rank to itself
    std::vector<std::int64_t> bytes(int rows) const {
      std::vector<std::int64_t> all = counts;
      for (std::int64_t& n : all) n *= std::int64_t(sizeof(double)) * rows;
      if (!all.empty()) all[std::size_t(rank)] = 0;
      return all;
    }
  };

  // Public because they launch kernels, which nvcc asks of a function that does.
  /// @cond KERNELS
  /// The items of all other ranks, as they lie in messages.
  struct OtherItems {
    Indices items;
    std::int64_t first_own, n_own;
    explicit OtherItems(const Side& side)
        : items(side.items), first_own(side.first_own()), n_own(side.n_own()) {}
    KOKKOS_FUNCTION int operator()(std::int64_t at) const {
      return items(at < first_own ? at : at + n_own);
    }
  };
  template <class ExecutionSpace>
  using RangeOf = Kokkos::RangePolicy<ExecutionSpace, Kokkos::IndexType<std::int64_t>>;
  template <class ExecutionSpace, class From>
  static void gather(const ExecutionSpace& exec, const Side& side, int rows, const From& from,
                     const Numbers& numbers) {
    static const std::string label = "Octopole::Ranks::gather";
    const OtherItems items(side);
    launch(
        label, RangeOf<ExecutionSpace>(exec, 0, std::int64_t(numbers.extent(0))),
        KOKKOS_LAMBDA(const std::int64_t i) { numbers(i) = from(items(i / rows), int(i % rows)); });
  }
  template <class ExecutionSpace, class From, class To>
  static void keep(const ExecutionSpace& exec, const Side& sent, const Side& received, int rows,
                   const From& from, const To& to) {
    static const std::string label = "Octopole::Ranks::keep";
    const std::int64_t first_sent = sent.first_own(), first_received = received.first_own(),
                       n_own = sent.n_own();
    if (n_own == 0) return;
    const auto from_items = sent.items, to_items = received.items;
    launch(
        label, RangeOf<ExecutionSpace>(exec, 0, n_own), KOKKOS_LAMBDA(const std::int64_t i) {
          const int item = from_items(first_sent + i), there = to_items(first_received + i);
          for (int row = 0; row < rows; ++row) to.set(there, row, from(item, row));
        });
  }
  template <class ExecutionSpace>
  static void mark(const ExecutionSpace& exec, const Indices& items, std::int64_t first,
                   std::int64_t end, int value, const Indices& to) {
    Kokkos::parallel_for(
        "Octopole::Ranks::receivers", Kokkos::RangePolicy<ExecutionSpace>(exec, first, end),
        KOKKOS_LAMBDA(const std::int64_t i) { to(items(i)) = value; });
  }
  template <class ExecutionSpace, class To>
  static void scatter(const ExecutionSpace& exec, const Side& side, int rows,
                      const Numbers& numbers, const To& to) {
    static const std::string label = "Octopole::Ranks::scatter";
    const OtherItems items(side);
    launch(
        label, RangeOf<ExecutionSpace>(exec, 0, std::int64_t(numbers.extent(0))),
        KOKKOS_LAMBDA(const std::int64_t i) {
          to.set(items(i / rows), int(i % rows), numbers(i));
        });
  }
  /// @endcond

 private:
  Side m_sent, m_received;
  int m_rank = 0, m_rows = 0;
  MessageBuffer<MemorySpace> m_outgoing, m_incoming;
  std::shared_ptr<Messages> m_messages;  ///< null where nothing was prepared
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
