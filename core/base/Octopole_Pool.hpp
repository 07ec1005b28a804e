#ifndef OCTOPOLE_POOL_HPP
#define OCTOPOLE_POOL_HPP

#include <Kokkos_Core.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace Octopole::Impl {

/// Memory for the arrays that come and go while a tree and what is made from it are built: taking
/// and giving back memory makes a GPU wait, and a processor fetch new pages. A block is free when
/// nobody but the pool holds a View of it, so that nothing has to be given back by hand. Kernels that
/// still run on a block when it becomes free end before those launched on it next begin, because a
/// plan works on one instance at a time. Blocks hold integers, in one dimension.
template <class MemorySpace>
class Pool {
 public:
  template <class T>
  using Block = Kokkos::View<T*, MemorySpace>;

  /// Whether the pool has Views of this type.
  template <class View>
  static constexpr bool has() {
    using T = typename View::value_type;
    if constexpr (std::is_same_v<View, Block<T>>)
      return (std::is_same_v<T, int> || std::is_same_v<T, unsigned> ||
              std::is_same_v<T, std::int64_t> || std::is_same_v<T, std::uint64_t>);
    else
      return false;
  }

  /// n elements of a free block, not initialised; of a new one where none is about as large.
  template <class T, class ExecutionSpace>
  Block<T> take(const ExecutionSpace& exec, std::size_t n) {
    if (n == 0) return {};
    auto& blocks = std::get<Blocks<T>>(m_blocks);
    Held<T>* best = nullptr;
    for (Held<T>& block : blocks)
      if (block.free() && block.size() >= n && block.size() <= 2 * n + small &&
          (best == nullptr || block.size() < best->size()))
        best = &block;
    if (best == nullptr) {
      // Somewhat more: how many boxes and pairs there are changes with every step of the points.
      static const std::string label = "Octopole::Pool";
      blocks.push_back({Block<T>(Kokkos::view_alloc(exec, Kokkos::WithoutInitializing, label),
                                 n < small ? small : n + n / 32)});
      best = &blocks.back();
    }
    best->age = 0;
    best->lent = n;
    return Kokkos::subview(best->view, std::make_pair(std::size_t(0), n));
  }

  /// Gives back to Kokkos the blocks that have been free for `age` rounds, and begins another.
  void release(int age) {
    for_each([age](auto& blocks) {
      std::erase_if(blocks, [age](auto& block) { return block.free() && block.age++ >= age; });
    });
  }

  /// Bytes that nobody uses: free blocks, and what is left over of the others.
  std::size_t spare_bytes() const {
    std::size_t bytes = 0;
    for_each([&](const auto& blocks) {
      for (const auto& block : blocks)
        bytes += (block.size() - (block.free() ? 0 : block.lent)) * sizeof(block.view.data()[0]);
    });
    return bytes;
  }

  /// The pool that `allocate` takes from on this host thread, or none.
  static Pool*& current() {
    thread_local Pool* pool = nullptr;
    return pool;
  }

 private:
  static constexpr std::size_t small = 1024;  ///< elements of the smallest block

  template <class T>
  struct Held {
    Block<T> view;
    int age = 0;           ///< rounds since it was given back
    std::size_t lent = 0;  ///< elements that were last asked for
    bool free() const { return view.use_count() == 1; }
    std::size_t size() const { return view.extent(0); }
  };
  template <class T>
  using Blocks = std::vector<Held<T>>;

  template <class F>
  void for_each(const F& f) {
    std::apply([&](auto&... blocks) { (f(blocks), ...); }, m_blocks);
  }
  template <class F>
  void for_each(const F& f) const {
    std::apply([&](const auto&... blocks) { (f(blocks), ...); }, m_blocks);
  }

  std::tuple<Blocks<int>, Blocks<unsigned>, Blocks<std::int64_t>, Blocks<std::uint64_t>> m_blocks;
};

/// While it lives, `allocate` takes from a pool.
template <class MemorySpace>
class PoolScope {
 public:
  explicit PoolScope(Pool<MemorySpace>& pool)
      : m_outer(std::exchange(Pool<MemorySpace>::current(), &pool)) {}
  ~PoolScope() { Pool<MemorySpace>::current() = m_outer; }
  PoolScope(const PoolScope&) = delete;
  PoolScope& operator=(const PoolScope&) = delete;

 private:
  Pool<MemorySpace>* m_outer;
};

}  // namespace Octopole::Impl

#endif
