#ifndef OCTOPOLE_MESSAGES_HPP
#define OCTOPOLE_MESSAGES_HPP

#include <chrono>
#include <cstdint>
#include <memory>

namespace Octopole {

/// Messages between ranks that are prepared once and exchanged again and again: in a round, `start` sends what lies in the
/// buffers and does not wait, `wait` does. All ranks start and wait, each once in a round. A rank that gives up within a
/// round still sends and takes what the others wait for, see `finish_round`: nobody has to ask the others first.
class Messages {
 public:
  virtual ~Messages() = default;

  /// A new round, in which nothing is started yet.
  void begin_round() { m_state = State::ready, m_waited = 0; }
  /// The buffers of what is sent are filled, those of what is received may be written.
  void start() {
    start_all();
    m_state = State::started;
  }
  /// Afterwards what was received lies in its buffers, and all of them may be written. Nothing where it is done.
  void wait() {
    if (m_state != State::started) return;
    const auto begin = std::chrono::steady_clock::now();
    wait_for_all();
    m_waited += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    m_state = State::done;
  }
  /// @return whether this round's start is still to come
  bool is_ready() const { return m_state == State::ready; }
  /// @return seconds that `wait` took in this round
  double waited() const { return m_waited; }

  /// @return messages to other ranks that a round sends
  virtual std::int64_t n_sent() const = 0;

 protected:
  /// Sends and receives, without waiting.
  virtual void start_all() = 0;
  /// Waits for what start_all() began.
  virtual void wait_for_all() = 0;

 private:
  enum class State { ready, started, done };
  State m_state = State::done;
  double m_waited = 0;
};

namespace Impl {

/// Ends a round that this rank cannot go on with: whatever lies in the buffers is sent, so that no other rank waits.
/// `in_order`: all messages of the round, in the order in which the ranks start them.
template <class AllMessages>
void finish_round(const AllMessages& in_order) {
  for (const auto& messages : in_order)
    if (messages->is_ready()) messages->start();
  for (const auto& messages : in_order) messages->wait();
}

}  // namespace Impl
}  // namespace Octopole

#endif
