#ifndef OCTOPOLE_M2L_HPP
#define OCTOPOLE_M2L_HPP

#include <core/base/Octopole_Variants.hpp>
#include <operators/m2l/Octopole_M2LBlas.hpp>
#include <operators/m2l/Octopole_M2LFft.hpp>

#include <cstddef>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

namespace Octopole {

/// M2L, multipole to local, by one of the methods: `fft`, `fft` in single precision under a far field
/// in double, or `blas`. What a method is asked for stands here, nothing asks which one it is; another one
/// is an alternative more.
template <class Work>
class M2LMethod {
 public:
  using Exec = typename Work::execution_space;      ///< where it runs
  using MemorySpace = typename Work::memory_space;  ///< where its Views live
  using T = typename Work::T;                       ///< scalar of the expansions
  using InWorkingScalar = M2LFft<Work>;             ///< `fft`
  /// Stands for `fft` in single precision where T is float: there that is `fft`.
  struct None {};
  using InSingle =
      std::conditional_t<std::is_same_v<T, float>, None, M2LFft<Work, float>>;  ///< `fft` in single
  using ByMatrices = M2LBlas<Work>;                                             ///< `blas`

  /// No far field.
  M2LMethod() = default;
  /// @param method  one of the methods, its memory not made yet
  template <class Method>
  explicit M2LMethod(Method method) : m_method(std::move(method)) {}

  /// Makes the memory that `apply` needs.
  /// @param exec  instance to work on
  /// @param before  an M2L that is not applied any more: transforms lie in its memory where they fit
  void allocate(const Exec& exec, const M2LMethod& before = {}) {
    visit([&](auto& method) {
      using Own = std::decay_t<decltype(method)>;
      const Own* old = std::get_if<Own>(&before.m_method);
      method.allocate(exec, old != nullptr ? *old : Own{});
    });
  }

  /// The potential of all V lists of `level` on the downward check surfaces. Overwrites `down_check`
  /// of the level's boxes.
  /// @param exec  instance to work on; not waited for
  /// @param tree  as given to the method
  /// @param set  the operators of `level`
  /// @param level  at least x.top_level
  /// @param x  `multipole` is read, `down_check` written
  void apply(const Exec& exec, const Octree<MemorySpace>& tree,
             const OperatorSet<T, MemorySpace>& set, int level,
             const Expansions<T, MemorySpace>& x) const {
    visit([&](const auto& method) { method.apply(exec, tree, set, level, x); });
  }

  /// @return memory, also before `allocate`
  std::size_t bytes() const {
    std::size_t bytes = 0;
    visit([&](const auto& method) { bytes = method.bytes(); });
    return bytes;
  }
  /// @return floating-point operations of all levels, transforms left out
  double flops() const {
    double flops = 0;
    visit([&](const auto& method) { flops = method.flops(); });
    return flops;
  }
  /// @return pairs of a parent and a neighbour, over all levels; 0 with `blas`
  long long parent_pairs() const {
    long long pairs = 0;
    visit([&](const auto& method) { pairs = method.parent_pairs(); });
    return pairs;
  }
  /// @return rank of the common bases of `blas`, or the number of coefficients where nothing is
  ///   compressed; 0 with `fft`
  int rank() const {
    int rank = 0;
    visit([&](const auto& method) { rank = method.rank(); });
    return rank;
  }
  /// @return "fft", "blas", or "none" where there is no far field
  const char* name() const {
    const char* name = "none";
    visit([&](const auto& method) { name = name_of(method.method); });
    return name;
  }
  /// @return the region that it is seen in by profilers, as "Octopole::M2L[fft]"
  const std::string& region() const {
    static const std::string none = "Octopole::M2L[none]";
    const std::string* region = &none;
    visit([&](const auto& method) {
      static const std::string own =
          std::string("Octopole::M2L[") + name_of(std::decay_t<decltype(method)>::method) + "]";
      region = &own;
    });
    return *region;
  }

 private:
  template <class F>
  void visit(const F& f) {
    std::visit([&](auto& method) { call(f, method); }, m_method);
  }
  template <class F>
  void visit(const F& f) const {
    std::visit([&](const auto& method) { call(f, method); }, m_method);
  }
  template <class F, class Method>
  static void call(const F& f, Method& method) {
    using Bare = std::remove_const_t<Method>;
    if constexpr (!std::is_same_v<Bare, std::monostate> && !std::is_same_v<Bare, None>) f(method);
  }

  std::variant<std::monostate, InWorkingScalar, InSingle, ByMatrices> m_method;
};

}  // namespace Octopole

#endif
