#ifndef OCTOPOLE_TEST_MESSAGES_HPP
#define OCTOPOLE_TEST_MESSAGES_HPP

#include <exception>
#include <string>

namespace octopole_test {

// What `work` throws says; empty where it throws nothing.
inline std::string message_of(auto work) {
  try {
    work();
  } catch (const std::exception& e) {
    return e.what();
  }
  return "";
}

}  // namespace octopole_test

#endif
