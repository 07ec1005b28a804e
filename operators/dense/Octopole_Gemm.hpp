#ifndef OCTOPOLE_GEMM_HPP
#define OCTOPOLE_GEMM_HPP

#include <KokkosBlas3_gemm.hpp>
#include <Kokkos_Core.hpp>
#include <core/base/Octopole_Launch.hpp>
#include <core/base/Octopole_WorkShape.hpp>

#include <mutex>
#include <string>
#include <type_traits>

namespace Octopole {

namespace Impl {

/// Held while a product is handed to a GPU's library.
inline std::mutex& gemm_handle() {
  static std::mutex mutex;
  return mutex;
}

}  // namespace Impl

/// C = A B + beta C on `exec`, all column-major. Mixed layouts would cost six times as much without
/// a word, so they do not compile. A single column would turn into another routine of the library,
/// with another order of summation: it gets a plain loop here.
/// @param exec  instance to work on; not waited for
/// @param a  (m, k)
/// @param b  (k, n)
/// @param beta  0: `c` is not read
/// @param[in,out] c  (m, n)
template <class ExecutionSpace, class A, class B, class C>
void gemm(const ExecutionSpace& exec, const A& a, const B& b, typename C::const_value_type beta,
          const C& c) {
  using T = typename C::non_const_value_type;
  static_assert(std::is_same_v<typename A::array_layout, Kokkos::LayoutLeft> &&
                    std::is_same_v<typename B::array_layout, Kokkos::LayoutLeft> &&
                    std::is_same_v<typename C::array_layout, Kokkos::LayoutLeft>,
                "Octopole::gemm takes column-major (LayoutLeft) matrices only");
  if (c.extent(1) == 1) {
    static const std::string label = "Octopole::gemm[one column]";
    const int inner = static_cast<int>(a.extent(1));
    launch(
        label, Kokkos::RangePolicy<ExecutionSpace>(exec, 0, c.extent(0)),
        KOKKOS_LAMBDA(const int i) {
          T sum = beta == T(0) ? T(0) : beta * c(i, 0);
          for (int k = 0; k < inner; ++k) sum += a(i, k) * b(k, 0);
          c(i, 0) = sum;
        });
    return;
  }
  ++Impl::launches();  // of the library's own loops
  // A GPU's library has one handle for all: it must not change its instance under a product.
  std::unique_lock<std::mutex> lock(Impl::gemm_handle(), std::defer_lock);
  if constexpr (!on_host<ExecutionSpace>) lock.lock();
  KokkosBlas::gemm(exec, "N", "N", T(1), a, b, beta, c);
}

}  // namespace Octopole

#endif
