#ifndef OCTOPOLE_PROCESS_STORE_HPP
#define OCTOPOLE_PROCESS_STORE_HPP

#include <Kokkos_Core.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace Octopole::Impl {

/// Values that were made in this process and never change, by the text of everything that decides them:
/// who asks for one again gets the same. Those that nobody but the store holds any more stay, the latest
/// asked for, up to `spare_bytes` of them. Any thread may ask. Given back when Kokkos is finalised.
template <class Value>
class ProcessStore {
 public:
  using Shared = std::shared_ptr<const Value>;

  /// The only one. Kokkos is initialised.
  static ProcessStore& instance() {
    static ProcessStore store;
    return store;
  }

  /// Null where there is none.
  Shared find(const std::string& key) {
    const std::lock_guard lock(m_mutex);
    const auto found = m_values.find(key);
    if (found == m_values.end()) return {};
    found->second.asked = ++m_time;
    return found->second.value;
  }
  /// Keeps `value`, of so many bytes, unless another thread was first; the value that is kept.
  Shared add(const std::string& key, Shared value, std::size_t bytes) {
    const std::lock_guard lock(m_mutex);
    auto& entry = m_values.try_emplace(key, Entry{std::move(value), bytes, 0}).first->second;
    entry.asked = ++m_time;
    const Shared kept = entry.value;
    drop_spare();
    return kept;
  }
  /// Keeps none; who holds one has it.
  void clear() {
    const std::lock_guard lock(m_mutex);
    m_values.clear();
  }

 private:
  static constexpr std::size_t spare_bytes = std::size_t(256) << 20;

  struct Entry {
    Shared value;
    std::size_t bytes;
    std::uint64_t asked;
    bool spare() const { return value.use_count() == 1; }
  };

  ProcessStore() {
    Kokkos::push_finalize_hook([] { instance().clear(); });
  }
  void drop_spare() {
    std::size_t spare = 0;
    for (const auto& [key, entry] : m_values)
      if (entry.spare()) spare += entry.bytes;
    while (spare > spare_bytes) {
      auto oldest = m_values.end();
      for (auto it = m_values.begin(); it != m_values.end(); ++it)
        if (it->second.spare() &&
            (oldest == m_values.end() || it->second.asked < oldest->second.asked))
          oldest = it;
      spare -= oldest->second.bytes;
      m_values.erase(oldest);
    }
  }

  std::mutex m_mutex;
  std::map<std::string, Entry> m_values;
  std::uint64_t m_time = 0;
};

}  // namespace Octopole::Impl

#endif
