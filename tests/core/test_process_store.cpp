// SPDX-License-Identifier: BSD-3-Clause
// What a process keeps of what it made.
#include <core/base/Octopole_ProcessStore.hpp>
#include <memory>
#include <string>
#include <tests/support/octopole_catch.hpp>

namespace {

struct Made {
  int number;
};
using Store = Octopole::Impl::ProcessStore<Made>;

constexpr std::size_t megabyte = std::size_t(1) << 20;

Store::Shared add(const std::string& key, int number, std::size_t bytes) {
  return Store::instance().add(key, std::make_shared<const Made>(Made{number}), bytes);
}

}  // namespace

TEST_CASE("process store: one value for a key, the first that was made") {
  Store& store = Store::instance();
  store.clear();
  CHECK_FALSE(store.find("a"));
  const auto first = add("a", 1, 8);
  CHECK(first->number == 1);
  CHECK(store.find("a") == first);
  CHECK(add("a", 2, 8) == first);  // of a thread that was slower
  CHECK_FALSE(store.find("b"));
  store.clear();
  CHECK_FALSE(store.find("a"));
  CHECK(first->number == 1);
}

TEST_CASE("process store: what is held stays, of the rest the latest asked for") {
  Store& store = Store::instance();
  store.clear();
  const auto held = add("held", 0, 1000 * megabyte);
  add("old", 1, 100 * megabyte);
  add("new", 2, 100 * megabyte);
  CHECK(store.find("old"));  // asked for after "new"
  add("newer", 3, 100 * megabyte);
  // The one just added is still in its maker's hands, so that one more makes room.
  add("newest", 4, 1 * megabyte);
  CHECK_FALSE(store.find("new"));
  CHECK(store.find("old"));
  CHECK(store.find("newer"));
  CHECK(store.find("newest"));
  CHECK(store.find("held") == held);
  store.clear();
}
