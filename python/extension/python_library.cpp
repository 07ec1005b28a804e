// SPDX-License-Identifier: BSD-3-Clause
#include <python_library.hpp>

#include <Kokkos_Core.hpp>

#include <cstdlib>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>

namespace Octopole::Python {
namespace {

std::mutex turns;
bool started_here = false;

/// Never destroyed: plans may outlive what is static.
std::set<Resident*>& residents() {
  static auto* const all = new std::set<Resident*>;
  return *all;
}

}  // namespace

Turn::Turn() : m_lock(turns) {}

Resident::Resident() {
  residents().insert(this);
}
Resident::~Resident() {
  residents().erase(this);
}

void start(int threads) {
  if (threads < 0)
    throw std::invalid_argument("octopole: found " + std::to_string(threads) +
                                " threads, allowed 0 and more");
  if (Kokkos::is_finalized())
    throw std::invalid_argument("octopole: Kokkos has ended, and it starts only once in a program");
  if (Kokkos::is_initialized()) {
    const int running = Kokkos::DefaultExecutionSpace().concurrency();
    if (threads > 0 && threads != running)
      throw std::invalid_argument("octopole: found " + std::to_string(threads) +
                                  " threads, but Kokkos runs with " + std::to_string(running) +
                                  " already: call octopole.initialize before the first plan");
    return;
  }
  Kokkos::InitializationSettings settings;
  if (threads > 0) settings.set_num_threads(threads);
  // It would advise to bind threads to cores, which binds all threads that Python starts later to one.
  if (std::getenv("OMP_PROC_BIND") == nullptr) settings.set_disable_warnings(true);
  Kokkos::initialize(settings);
  started_here = true;
}

void end() {
  for (Resident* const one : residents()) one->leave();
  if (std::exchange(started_here, false) && !Kokkos::is_finalized()) Kokkos::finalize();
}

}  // namespace Octopole::Python
