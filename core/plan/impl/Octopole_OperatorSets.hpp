#ifndef OCTOPOLE_OPERATOR_SETS_HPP
#define OCTOPOLE_OPERATOR_SETS_HPP

#include <core/base/Octopole_Allocate.hpp>
#include <core/base/Octopole_ProcessStore.hpp>
#include <core/base/Octopole_Transfer.hpp>
#include <core/kernels/Octopole_Accuracy.hpp>
#include <core/plan/impl/Octopole_Choices.hpp>
#include <core/precompute/Octopole_OperatorCache.hpp>
#include <core/precompute/Octopole_OperatorSet.hpp>
#include <core/precompute/Octopole_PeriodicImages.hpp>
#include <core/precompute/Octopole_Precompute.hpp>
#include <operators/Octopole_KernelOperators.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

/// Which operators a plan has, and at what order.
namespace Octopole::Impl {

/// The operators of all levels: one set where the kernel is homogeneous, else one per level. Immutable,
/// shared by copies and by plans.
template <class T, class MemorySpace>
class OperatorSets {
 public:
  using Set = OperatorSet<T, MemorySpace>;
  using Shared = std::shared_ptr<const Set>;

  OperatorSets() = default;
  /// `root_side`: of the cube whose levels they are for, from `top_level` on. `source`: see
  /// PlanFacts::operators_source.
  OperatorSets(std::vector<Shared> sets, bool homogeneous, int top_level, double root_side,
               std::string source)
      : m_sets(std::make_shared<const std::vector<Shared>>(std::move(sets))),
        m_homogeneous(homogeneous),
        m_top_level(top_level),
        m_root_side(root_side),
        m_source(std::move(source)) {}

  const Set& at(int level) const { return *(*m_sets)[m_homogeneous ? 0 : level]; }
  /// Of the finest level.
  const Set& last() const { return *m_sets->back(); }
  const std::string& source() const { return m_source; }
  std::size_t bytes() const {
    std::size_t bytes = 0;
    if (m_sets)
      for (const Shared& set : *m_sets) bytes += set->bytes();
    return bytes;
  }
  /// Whether they serve levels `top_level` to `depth` of a cube.
  bool serve(int top_level, int depth, double root_side) const {
    if (!m_sets) return false;
    if (depth < top_level) return true;  // nothing is translated
    if (m_source == "none") return false;
    return m_homogeneous ||
           (int(m_sets->size()) > depth && m_top_level <= top_level && m_root_side == root_side);
  }

 private:
  std::shared_ptr<const std::vector<Shared>> m_sets;
  bool m_homogeneous = true;
  int m_top_level = 0;
  double m_root_side = 0;
  std::string m_source = "none";
};

/// The box sizes that a plan needs operators for, by the index of their set: that of the level, or 0
/// for all levels where the kernel is homogeneous.
struct BoxSizes {
  bool homogeneous;
  int depth, top_level;

  int count() const { return homogeneous ? 1 : depth + 1; }
  /// Half-width of the boxes of set `s`, in the root's.
  static double half_width(int s) { return 1.0 / double(std::uint64_t(1) << s); }
  /// Whether set `s` moves anything: nothing is translated above the top level, though its children's
  /// parents start there, and nothing at all in a tree that ends above it.
  bool has_far_field(int s) const { return depth >= top_level && (homogeneous || s >= top_level); }
};

/// What a cache stands for beside a key: plans with other caches do not share what they found, so that
/// each cache is read and filled as if there were no other plan.
inline std::string text_of(const Cache& cache) {
  return std::to_string(int(cache.mode())) + " " + OperatorCache::file(cache) + "; ";
}

/// Whether what is shared may be taken: not where its file is to be kept and has gone.
inline bool may_share(const Cache& cache) {
  std::error_code error;
  return cache.mode() != Cache::Mode::read_write ||
         std::filesystem::exists(OperatorCache::file(cache), error);
}

/// How many sets came from where.
struct SetOrigins {
  int shared = 0, cached = 0, computed = 0;

  /// See PlanFacts::operators_source.
  std::string text() const {
    return computed > 0 ? "computed" : cached > 0 ? "cache" : shared > 0 ? "shared" : "none";
  }
};

/// Throws std::invalid_argument where M2L `blas` may drop nothing (Choices::keep_all_of_m2l) of matrices that, whole,
/// are too large.
inline void check_whole_m2l(const KernelStatement& kernel, const BoxSizes& sizes,
                            const Choices& choices) {
  if (!choices.choose_m2l_rank || choices.spec.m2l_rank >= 0) return;
  constexpr double most = 6e9;  // one set of 14 points per edge, scalar, in double takes 2.6e9
  int sets = 0;
  for (int s = 0; s < sizes.count(); ++s) sets += int(sizes.has_far_field(s));
  const double n = Surface::size(choices.spec.order);
  const double bytes = sets * TransferVector::count * n * n * kernel.source_components *
                       kernel.check_components * (kernel.single ? 4 : 8);
  if (bytes <= most) return;
  char gigabytes[32];
  std::snprintf(gigabytes, sizeof gigabytes, "%.0f GB", 1e-9 * bytes);
  refuse("m2l",
         "blas, of whose matrices nothing may be dropped where boxes are few or hold few points, "
         "and which take " +
             std::string(gigabytes) + " then",
         "fft, or blas with an m2l_tolerance");
}

/// The sets of the order that is set: those that the process has, else loaded or computed. `kernel`: in
/// half-widths of the root. A failure of the cache goes to `notice`.
template <class ExecutionSpace, class T, class WorkShape>
auto find_or_compute(const KernelOperators<ExecutionSpace, T, WorkShape>& kernel,
                     const BoxSizes& sizes, const Choices& choices, double root_side,
                     std::string& notice) {
  using MemorySpace = typename ExecutionSpace::memory_space;
  using Set = OperatorSet<T, MemorySpace>;
  auto& store = ProcessStore<Set>::instance();
  const Cache& cache = choices.options.cache;
  const std::string of_cache = text_of(cache);
  const bool single = choices.options.m2l_single == 1, share = may_share(cache);
  // To compute whole matrices takes no longer than to read them.
  const bool written = cache.mode() == Cache::Mode::read_write && choices.spec.m2l_rank >= 0;
  std::vector<std::shared_ptr<const Set>> sets;
  std::vector<OperatorCache::KeyedSet<T>> computed;
  SetOrigins origins;
  for (int s = 0; s < sizes.count(); ++s) {
    if (!sizes.has_far_field(s)) {
      sets.push_back(std::make_shared<const Set>());
      continue;
    }
    const auto scaled = kernel.rescaled(BoxSizes::half_width(s));
    const std::string key = scaled->operator_key(choices.spec),
                      shared_key = of_cache + key + (single ? "; frequencies single" : "");
    if (auto shared = share ? store.find(shared_key) : nullptr) {
      ++origins.shared;
      sets.push_back(std::move(shared));
      continue;
    }
    OperatorSet<T> set;
    if (OperatorCache::load(cache, key, set, notice)) {
      ++origins.cached;
    } else {
      ++origins.computed;
      set = scaled->precompute(choices.spec);
      if (written) computed.push_back({key, set});
    }
    if (single) set.make_frequencies_single();
    auto made = std::make_shared<const Set>(copy_to<MemorySpace>(set));
    sets.push_back(store.add(shared_key, made, made->bytes()));
  }
  if (!computed.empty()) OperatorCache::store(cache, computed, notice);
  return OperatorSets<T, MemorySpace>(std::move(sets), sizes.homogeneous, sizes.top_level,
                                      root_side, origins.text());
}

/// Of a kernel that is screened, in one over its unit of length; 0 of others.
template <class Kernel>
double screening_of(const Kernel& kernel) {
  const double left = kernel.decay(1);
  return left < 1 ? -std::log(left) : 0;
}

/// The text of everything that decides the matrix of periodic_images.
inline std::string root_images_key(const KernelStatement& statement, const OperatorSpec& spec,
                                   Morton::Axes axes, double screening) {
  char key[300];
  std::snprintf(
      key, sizeof key,
      "periodic images%s, axes %u, screening %.17g, scalar %s, orders %d and %d, radii %.17g and "
      "%.17g, cut-off %.17g",
      statement.first_moment ? " with moments" : "", axes, screening,
      statement.single ? "float" : "double", spec.order, spec.check_order, spec.inner, spec.outer,
      spec.cutoff);
  return key;
}

/// What the distant images of a root give that repeats along `axes`: the matrix that the process has, else loaded or
/// computed. `kernel`: in half-widths of the root. A failure of the cache goes to `notice`.
template <class ExecutionSpace, class T, class WorkShape>
auto find_root_images(const KernelOperators<ExecutionSpace, T, WorkShape>& kernel,
                      const Choices& choices, Morton::Axes axes, std::string& notice) {
  using MemorySpace = typename ExecutionSpace::memory_space;
  using Set = OperatorSet<T, MemorySpace>;
  auto& store = ProcessStore<Set>::instance();
  const OperatorSpec& spec = choices.spec;
  const double screening = screening_of(kernel);
  const std::string key = root_images_key(kernel.statement(), spec, axes, screening);
  const Cache& cache = choices.options.cache;
  const std::string shared_key = text_of(cache) + key;
  const auto images_of = [](const std::shared_ptr<const Set>& set) {
    return std::shared_ptr<const typename Set::Matrix>(set, &set->root_images);
  };
  if (may_share(cache))
    if (const auto shared = store.find(shared_key)) return images_of(shared);
  OperatorSet<T> set;
  if (!OperatorCache::load(cache, key, set, notice)) {
    set.root_images = cast<T>(periodic_images(
        spec, axes, screening, kernel.statement().first_moment, padded_size<T>(spec.order)));
    OperatorCache::store<T>(cache, {{key, set}}, notice);
  }
  const auto made = std::make_shared<const Set>(copy_to<MemorySpace>(set));
  return images_of(store.add(shared_key, made, made->bytes()));
}

/// Whether a probe looks at box size `s`: at all where targets are far, else at those that need the order
/// most, the largest, where waves resonate, and the smallest.
inline bool is_probed(const BoxSizes& sizes, int s, const Choices& choices) {
  const bool between = s > sizes.top_level + 1 && s < sizes.count() - 1 && !choices.far_targets;
  return sizes.has_far_field(s) && !between;
}

/// The corners that the probe looks at in boxes of set `s`, whose half-width is the kernel's unit.
template <class ExecutionSpace, class T, class WorkShape>
unsigned probed_corners(const KernelOperators<ExecutionSpace, T, WorkShape>& kernel, int s,
                        const Choices& choices) {
  return choices.far_targets ? kernel.probe_corners(choices.apart / BoxSizes::half_width(s)) : 0;
}

/// The largest error of the probed box sizes, with the inverses alone. 0 where no box has a far field.
template <class ExecutionSpace, class T, class WorkShape>
double probed_error(const KernelOperators<ExecutionSpace, T, WorkShape>& kernel,
                    const BoxSizes& sizes, const Choices& choices) {
  const int last_output = kernel.statement().last_output_of(choices.options.outputs);
  double error = 0;
  for (int s = 0; s < sizes.count(); ++s) {
    if (!is_probed(sizes, s, choices)) continue;
    const auto scaled = kernel.rescaled(BoxSizes::half_width(s));
    error = std::max(
        error, scaled->probe_error(choices.spec, last_output, probed_corners(*scaled, s, choices)));
  }
  return error;
}

/// What of the probe's usual error may be left.
inline double probe_strictness(const KernelStatement& statement, const Choices& choices) {
  // Where the tables' orders are probed, they are raised already.
  const double of_order = std::pow(0.2, statement.states_orders ? 0 : choices.more_orders);
  if (!choices.far_targets || !statement.single || !statement.homogeneous) return of_order;
  // A float's rounding, which the probe sees as it is, but for what decays within boxes; and columns cancel each
  // other where few vortices point at a target, 3.8 times the promise. Dipoles of which half lie at one place, 3
  // digits: the gradient of 642 places 1.0 to 4.2 at orders 6 to 9, of 4001 up to 1.3; the potential of 642 2.0.
  const bool few = choices.few_floats;
  return (statement.of_dipoles()         ? (few ? 0.3 : 1)
          : few && statement.columns > 1 ? 0.1
                                         : 4) *
         of_order;
}

/// The error that a probe may leave.
inline double allowed_error(const KernelStatement& statement, const Choices& choices) {
  const int last_output = statement.last_output_of(choices.options.outputs);
  return Accuracy::probe_error(choices.options.digits, last_output, choices.far_targets) *
         probe_strictness(statement, choices);
}

/// The text of everything that decides what probe_order finds.
template <class ExecutionSpace, class T, class WorkShape>
std::string order_key(const KernelOperators<ExecutionSpace, T, WorkShape>& kernel,
                      const BoxSizes& sizes, const Choices& choices) {
  const KernelStatement& statement = kernel.statement();
  OperatorSpec spec = choices.spec;
  spec.m2l = M2L::fft;  // nothing is moved between boxes
  char allowed[40];
  std::snprintf(allowed, sizeof allowed, "%.17g", allowed_error(statement, choices));
  std::string key = std::string("allowed ") + allowed +
                    (choices.default_inner ? "; inner may move" : "; inner given");
  for (int s = 0; s < sizes.count(); ++s) {
    if (!is_probed(sizes, s, choices)) continue;
    const auto scaled = kernel.rescaled(BoxSizes::half_width(s));
    key += "; box " +
           scaled->probe_key(statement.last_output_of(choices.options.outputs),
                             probed_corners(*scaled, s, choices)) +
           "; " + scaled->operator_key(spec);
  }
  return key;
}

/// Sets the lowest order, from the one that is set on, whose operators keep the digits on a small
/// problem; its error. Throws std::invalid_argument with the digits reached where the error stops
/// falling: the kernel is not what the method needs.
template <class ExecutionSpace, class T, class WorkShape>
double probe_order(const KernelOperators<ExecutionSpace, T, WorkShape>& kernel,
                   const BoxSizes& sizes, Choices& choices) {
  const KernelStatement& statement = kernel.statement();
  OperatorSpec& spec = choices.spec;
  Options& options = choices.options;
  const int last_output = statement.last_output_of(options.outputs);
  const double allowed = allowed_error(statement, choices);
  double error[Accuracy::max_order + 1], least = 1e300;
  for (int first = spec.order, order = first; order <= Accuracy::max_order; ++order) {
    if (order > first) choices.set_order(statement, order);
    error[order] = probed_error(kernel, sizes, choices);
    if (statement.complex && choices.default_inner && error[order] > allowed) {
      // A wave may fit into the cube of the equivalent surface: another cube is out of tune.
      const double inner = spec.inner, other = inner == 1.05 ? 1.15 : 1.05;
      spec.inner = other;
      const double moved = probed_error(kernel, sizes, choices);
      if (moved < 0.3 * error[order])
        error[order] = moved;
      else
        spec.inner = inner;  // the order does not do in either
      options.inner = spec.inner;
    }
    if (error[order] <= allowed) return error[order];
    least = std::min(least, error[order]);
    // Odd orders gain little over even ones, so two steps are looked at; Laplace's falls 6-fold then.
    if (order >= first + 2 && error[order] > 0.3 * error[order - 2]) break;
  }
  const std::string fewer = "; ask for fewer digits, or Method::direct";
  // Such levels have no far field but where neighbours have decayed, too.
  const double nearest = 2 / double(std::uint64_t(1) << sizes.top_level);
  const bool decayed = kernel.decay(nearest) < 0.01 * std::pow(10.0, -options.digits);
  const std::string reason =
      statement.complex
          ? "waves of this length are too short for boxes this large, or resonate in them; ask for "
            "fewer digits"
      : decayed && !choices.far_targets
          ? "neighbours are many decay lengths apart, and what is left of them has decayed within "
            "single boxes" +
                fewer
      : !choices.far_targets
          ? "away from the source it does not solve a homogeneous elliptic equation (Plummer's "
            "softening does not; that of SoftenedLaplace does), or not to these digits"
      : statement.homogeneous
          ? "most targets have no source near, or all share few leaves, and these outputs of what "
            "comes from afar lose digits" +
                fewer
          : "most targets have no source near, and what reaches them has decayed within single "
            "boxes" +
                fewer;
  const int reached = Accuracy::digits_of_probe(least / probe_strictness(statement, choices),
                                                last_output, choices.far_targets);
  char found[160];
  std::snprintf(found, sizeof found,
                "found a relative error of %.1e that falls no further with the order, allowed %.1e",
                least, allowed);
  throw std::invalid_argument(
      "Octopole::Plan: kernel " + statement.name + ": " + found + " for " +
      std::to_string(options.digits) + " digits: " + reason +
      (statement.complex ? "" : "; at most " + std::to_string(reached) + " are reached"));
}

/// Sets an order that was found before; false, and nothing is set, where the library now takes other
/// numbers with it.
inline bool set_found_order(const KernelStatement& statement,
                            const OperatorCache::FoundOrder& found, Choices& choices) {
  if (found.order < choices.spec.order || found.order > Accuracy::max_order) return false;
  Choices tried = choices;
  tried.set_order(statement, found.order);
  if (tried.spec.check_order != found.check_order || tried.spec.cutoff != found.cutoff)
    return false;
  tried.spec.inner = tried.options.inner = found.inner;
  choices = std::move(tried);
  return true;
}

/// Sets the order that probe_order finds; what it found before is kept in the process and in the cache.
template <class ExecutionSpace, class T, class WorkShape>
void find_order(const KernelOperators<ExecutionSpace, T, WorkShape>& kernel, const BoxSizes& sizes,
                Choices& choices, std::string& notice) {
  using OperatorCache::FoundOrder;
  const KernelStatement& statement = kernel.statement();
  const Cache cache = choices.options.cache;
  auto& store = ProcessStore<FoundOrder>::instance();
  const std::string key = order_key(kernel, sizes, choices), shared_key = text_of(cache) + key;
  if (may_share(cache))
    if (const auto shared = store.find(shared_key);
        shared && set_found_order(statement, *shared, choices))
      return;
  std::optional<FoundOrder> found = OperatorCache::load_order(cache, key, notice);
  if (!found || !set_found_order(statement, *found, choices)) {
    const double error = probe_order(kernel, sizes, choices);
    const OperatorSpec& spec = choices.spec;
    found = FoundOrder{spec.order, spec.check_order, spec.inner, spec.cutoff, error};
    OperatorCache::store_order(cache, key, *found, notice);
  }
  store.add(shared_key, std::make_shared<const FoundOrder>(*found), key.size());
}

}  // namespace Octopole::Impl

#endif
