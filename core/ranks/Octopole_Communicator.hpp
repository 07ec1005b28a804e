#ifndef OCTOPOLE_COMMUNICATOR_HPP
#define OCTOPOLE_COMMUNICATOR_HPP

#include <core/ranks/Octopole_Messages.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace Octopole {

/// The ranks that work on one plan, and what they say to each other. Everything but `rank` and `size` is
/// collective: all ranks call it, in the same order. The only implementation, MpiCommunicator, is all
/// that knows MPI's names.
class Communicator {
 public:
  virtual ~Communicator() = default;

  /// @return 0 to size() - 1
  virtual int rank() const = 0;
  /// @return R, at least 1
  virtual int size() const = 0;

  /// Replaces numbers by their sums over the ranks.
  /// @param[in,out] values  (n)
  /// @param n  the same on all ranks
  virtual void sum(std::int64_t* values, std::size_t n) const = 0;
  /// The same; the order of addition, and with it the last bits, depend on the number of ranks.
  /// @param[in,out] values  (n)
  /// @param n  the same on all ranks
  virtual void sum(double* values, std::size_t n) const = 0;
  /// Replaces numbers by the largest of all ranks; what is not a number stays one.
  /// @param[in,out] values  (n)
  /// @param n  the same on all ranks
  virtual void largest(double* values, std::size_t n) const = 0;
  /// Replaces bytes by those of one rank.
  /// @param[in,out] data  (bytes)
  /// @param bytes  the same on all ranks
  /// @param root  whose
  virtual void broadcast(void* data, std::size_t bytes, int root) const = 0;
  /// Bytes of every rank to every rank, in the order of the ranks. What they hold together is bounded
  /// whatever the number of points.
  /// @param mine  (bytes)
  /// @param bytes  of this rank
  /// @return those of all ranks
  virtual std::vector<std::byte> gather(const void* mine, std::size_t bytes) const = 0;
  /// Numbers of every rank to every rank, in the order of the ranks.
  /// @param mine  (counts of this rank)
  /// @param counts  (R) numbers of each rank, known to all
  /// @param[out] all  (sum of the counts)
  virtual void spread(const double* mine, const std::vector<int>& counts, double* all) const = 0;
  /// One number from each rank to each.
  /// @param values  (R) to whom
  /// @return (R) from whom
  virtual std::vector<std::int64_t> transpose(const std::vector<std::int64_t>& values) const = 0;
  /// Bytes from ranks to ranks, those of a rank to itself included; ranks that have nothing to say to each
  /// other exchange no message.
  /// @param sent  one after the other, in the order of the ranks
  /// @param n_sent  (R) bytes
  /// @param[out] received  one after the other, in the order of the ranks
  /// @param n_received  (R) bytes, known to both
  virtual void exchange(const std::byte* sent, const std::vector<std::int64_t>& n_sent,
                        std::byte* received, const std::vector<std::int64_t>& n_received) const = 0;

  /// Whether buffers of prepared messages may lie in a device's memory.
  /// @return false: in the host's alone
  virtual bool reads_device_memory() const { return false; }
  /// The same exchange, again and again from and to the same memory. Says nothing to the others yet.
  /// @param sent,n_sent,received,n_received  as for exchange; to be there as long as the messages
  /// @param tag  0 to 30000: tells these messages from others on their way
  /// @return the messages, nothing of them started
  virtual std::shared_ptr<Messages> prepare(const std::byte* sent,
                                            const std::vector<std::int64_t>& n_sent,
                                            std::byte* received,
                                            const std::vector<std::int64_t>& n_received,
                                            int tag) const = 0;
  /// The same for `spread`. Ranks start it in the same order with regard to whatever is collective.
  /// @param mine,counts,all  as for spread; to be there as long as the messages
  /// @return the messages, nothing of them started
  virtual std::shared_ptr<Messages> prepare_spread(const double* mine,
                                                   const std::vector<int>& counts,
                                                   double* all) const = 0;
};

namespace Impl {

/// Numbers of every rank on every rank.
template <class X>
std::vector<X> gather(const Communicator& ranks, const std::vector<X>& mine) {
  const auto bytes = ranks.gather(mine.data(), mine.size() * sizeof(X));
  std::vector<X> all(bytes.size() / sizeof(X));
  for (std::size_t i = 0; i < bytes.size(); ++i)
    reinterpret_cast<std::byte*>(all.data())[i] = bytes[i];
  return all;
}

/// What each rank is sent, and what each has sent: values of a type that may be copied byte by byte.
template <class X>
std::vector<std::vector<X>> exchange_values(const Communicator& ranks,
                                            const std::vector<std::vector<X>>& to) {
  const int R = ranks.size();
  std::vector<std::int64_t> n_sent(R);
  std::vector<X> sent;
  for (int r = 0; r < R; ++r) {
    n_sent[r] = std::int64_t(to[r].size() * sizeof(X));
    sent.insert(sent.end(), to[r].begin(), to[r].end());
  }
  const auto n_received = ranks.transpose(n_sent);
  std::size_t bytes = 0;
  for (const std::int64_t n : n_received) bytes += std::size_t(n);
  std::vector<X> received(bytes / sizeof(X));
  ranks.exchange(reinterpret_cast<const std::byte*>(sent.data()), n_sent,
                 reinterpret_cast<std::byte*>(received.data()), n_received);
  std::vector<std::vector<X>> from(R);
  auto at = received.begin();
  for (int r = 0; r < R; ++r) {
    const auto n = n_received[r] / std::int64_t(sizeof(X));
    from[r].assign(at, at + n);
    at += n;
  }
  return from;
}

/// Replaces a text by that of one rank. Collective.
inline void broadcast_text(const Communicator& ranks, std::string& text, int root) {
  std::int64_t length = std::int64_t(text.size());
  ranks.broadcast(&length, sizeof length, root);
  text.resize(std::size_t(length));
  ranks.broadcast(text.data(), text.size(), root);
}

/// What all ranks have agreed to throw, and throw at the same time: nobody is left to be told.
struct Agreed : std::invalid_argument {
  using std::invalid_argument::invalid_argument;
};

/// What ends a call where another rank has the sentence.
struct EndedElsewhere {};

/// What ended a call on one rank ends it on all: with the sentence of the first rank that has one.
/// `sentence`: of this rank, empty where nothing is wrong. Throws Agreed.
inline void agree(const Communicator& ranks, const std::string& sentence) {
  std::int64_t wrong = !sentence.empty();
  ranks.sum(&wrong, 1);
  if (wrong == 0) return;
  const std::vector<std::int64_t> lengths =
      gather(ranks, std::vector<std::int64_t>{std::int64_t(sentence.size())});
  int first = 0;
  while (lengths[first] == 0) ++first;
  std::string all = sentence;
  broadcast_text(ranks, all, first);
  throw Agreed(all);
}

/// Does what one rank may refuse, without any word to the others, and then agrees.
template <class Work>
void agree_on(const Communicator& ranks, const Work& work) {
  std::string sentence;
  try {
    work();
  } catch (const Agreed&) {
    throw;
  } catch (const EndedElsewhere&) {
  } catch (const std::exception& error) {
    sentence = error.what();
    if (sentence.empty()) sentence = "Octopole: an error without a word";
  }
  agree(ranks, sentence);
}

/// The same ranks for work that may end anywhere, for want of memory say: before they say anything to each other
/// they agree that nobody has given up. Whoever does all its work within agree_on(ranks, ...) of the ranks that
/// this was made of leaves nobody waiting.
class GuardedCommunicator final : public Communicator {
 public:
  /// @param ranks  which; to be there as long as this
  explicit GuardedCommunicator(const Communicator& ranks) : m_ranks(ranks) {}

  int rank() const override { return m_ranks.rank(); }
  int size() const override { return m_ranks.size(); }
  void sum(std::int64_t* values, std::size_t n) const override { asked().sum(values, n); }
  void sum(double* values, std::size_t n) const override { asked().sum(values, n); }
  void largest(double* values, std::size_t n) const override { asked().largest(values, n); }
  void broadcast(void* data, std::size_t bytes, int root) const override {
    asked().broadcast(data, bytes, root);
  }
  std::vector<std::byte> gather(const void* mine, std::size_t bytes) const override {
    return asked().gather(mine, bytes);
  }
  void spread(const double* mine, const std::vector<int>& counts, double* all) const override {
    asked().spread(mine, counts, all);
  }
  // Messages need no question: see Messages.
  bool reads_device_memory() const override { return m_ranks.reads_device_memory(); }
  std::shared_ptr<Messages> prepare(const std::byte* sent, const std::vector<std::int64_t>& n_sent,
                                    std::byte* received,
                                    const std::vector<std::int64_t>& n_received,
                                    int tag) const override {
    return m_ranks.prepare(sent, n_sent, received, n_received, tag);
  }
  std::shared_ptr<Messages> prepare_spread(const double* mine, const std::vector<int>& counts,
                                           double* all) const override {
    return m_ranks.prepare_spread(mine, counts, all);
  }
  std::vector<std::int64_t> transpose(const std::vector<std::int64_t>& values) const override {
    return asked().transpose(values);
  }
  void exchange(const std::byte* sent, const std::vector<std::int64_t>& n_sent, std::byte* received,
                const std::vector<std::int64_t>& n_received) const override {
    asked().exchange(sent, n_sent, received, n_received);
  }

 private:
  const Communicator& asked() const {
    agree(m_ranks, "");
    return m_ranks;
  }
  const Communicator& m_ranks;
};

}  // namespace Impl
}  // namespace Octopole

#endif
