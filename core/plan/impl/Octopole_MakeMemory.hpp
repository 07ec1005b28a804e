#ifndef OCTOPOLE_MAKE_MEMORY_HPP
#define OCTOPOLE_MAKE_MEMORY_HPP

#include <core/base/Octopole_Allocate.hpp>
#include <core/plan/impl/Octopole_PlanParts.hpp>
#include <core/precompute/Octopole_Precompute.hpp>

#include <array>
#include <climits>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>

/// The last link of the chain that makes a plan: what is large, sized before it is made.
namespace Octopole::Impl {

/// Numbers per slot: rows of charges, of charges in float, and of results.
template <class Work>
std::array<std::size_t, 3> value_rows(const PlanParts<Work>& parts) {
  const KernelStatement& kernel = parts.kernel->statement();
  const std::size_t n_rhs = parts.choices.options.right_hand_sides,
                    charges = n_rhs * kernel.charges;
  const bool beside = parts.choices.near_in_float() && !std::is_same_v<typename Work::T, float>;
  return {charges, beside ? charges : 0, n_rhs * kernel.rows_of(parts.most_output())};
}

template <class Work>
void make_values(const typename Work::execution_space& exec, const PlanParts<Work>* before,
                 PlanParts<Work>& parts) {
  const auto make = [&](auto& view, const auto* old, const char* label, std::size_t rows,
                        std::size_t slots) {
    if (old != nullptr && old->extent(0) == rows && old->extent(1) == slots)
      view = *old;
    else
      allocate_into(view, exec, label, rows, slots);
  };
  const auto rows = value_rows(parts);
  const std::size_t sources = parts.sources.points.slots, targets = parts.targets.points.slots;
  make(parts.sources.charges, before ? &before->sources.charges : nullptr, "Octopole::charges",
       rows[0], sources);
  if constexpr (std::is_same_v<typename Work::T, float>)
    parts.sources.float_charges = parts.sources.charges;
  else
    make(parts.sources.float_charges, before ? &before->sources.float_charges : nullptr,
         "Octopole::float_charges", rows[1], sources);
  if (before) {
    parts.sources.largest = before->sources.largest;
    parts.sources.largest_of_part = before->sources.largest_of_part;
  } else {
    const int n_rhs = parts.choices.options.right_hand_sides;
    allocate_into(parts.sources.largest, exec, "Octopole::largest_charge", n_rhs);
    allocate_into(parts.sources.largest_of_part, exec, "Octopole::largest_charge_of_part", n_rhs,
                  charge_parts);
  }
  make(parts.targets.results, before ? &before->targets.results : nullptr, "Octopole::results",
       rows[2], targets);
}

template <class Work>
ExpansionSizes expansion_sizes(const PlanParts<Work>& parts) {
  using T = typename Work::T;
  const KernelStatement& kernel = parts.kernel->statement();
  ExpansionSizes sizes;
  sizes.source_components = kernel.source_components;
  sizes.check_components = kernel.check_components;
  sizes.columns = parts.choices.options.right_hand_sides * kernel.columns;
  sizes.first_moment = kernel.first_moment;
  sizes.boxes = parts.tree.n_boxes, sizes.levels = parts.tree.depth + 1;
  sizes.padded = padded_size<T>(parts.choices.spec.order);
  sizes.check_padded = padded_size<T>(parts.choices.spec.check_order);
  return sizes;
}

/// M2L by the method chosen; its memory is not made yet.
template <class Work>
M2LMethod<Work> make_m2l(const typename Work::execution_space& exec, const PlanParts<Work>& parts,
                         const ExpansionSizes& sizes, int top_level) {
  using Method = M2LMethod<Work>;
  const Choices& choices = parts.choices;
  const auto by_fft = [&]<class Fft>() {
    return Method(Fft(exec, parts.tree, parts.lists.interactions.colleague, parts.lists.parents,
                      sizes, choices.spec.order, choices.options.m2l_memory, parts.cut_parents));
  };
  if constexpr (!std::is_same_v<typename Work::T, float>)
    if (choices.options.m2l_single == 1)
      return by_fft.template operator()<typename Method::InSingle>();
  switch (choices.spec.m2l) {
    case M2L::automatic:
      break;
    case M2L::fft:
      return by_fft.template operator()<typename Method::InWorkingScalar>();
    case M2L::blas: {
      const auto sets = [&](int level) -> const auto& { return parts.sets.at(level); };
      return Method(typename Method::ByMatrices(exec, parts.tree, parts.lists.interactions.v, sets,
                                                sizes, top_level));
    }
  }
  m2l_not_chosen();
}

/// What these parts will take, counted before the large arrays are made. `shared`: expansions whose
/// memory they will lie in where it is large enough.
template <class Work>
std::size_t predicted_bytes(
    const PlanParts<Work>& parts, const ExpansionSizes& sizes,
    const Expansions<typename Work::T, typename Work::memory_space>& shared) {
  const auto rows = value_rows(parts);
  const std::size_t number = sizeof(typename Work::T);
  std::size_t sum = parts.bytes();
  sum += (number * rows[0] + sizeof(float) * rows[1]) * std::size_t(parts.sources.points.slots);
  sum += sizeof(double) * rows[2] * std::size_t(parts.targets.points.slots);
  sum += sizeof(double) * (1 + charge_parts) * std::size_t(parts.choices.options.right_hand_sides);
  if (parts.choices.direct) return sum;
  sum += sizes.bytes(number);
  // What of the shared arrays is longer than need be.
  const std::size_t n = sizes.all_columns();
  const auto longer = [&](const auto& view) {
    return view.extent(1) > n ? number * view.extent(0) * (view.extent(1) - n) : 0;
  };
  sum += longer(shared.up_check) + longer(shared.multipole) + longer(shared.down_check) +
         longer(shared.local);
  return sum;
}

/// Expansions, M2L and what points carry: sized, held against Options::memory_limit, then made.
/// `kept`: boxes and lists are those of `before`, and so is whatever is made from them.
template <class Work>
void make_memory(const typename Work::execution_space& exec, const PlanParts<Work>* before,
                 bool kept, int top_level, PlanningMemory<typename Work::memory_space>& memory,
                 PlanParts<Work>& parts) {
  using T = typename Work::T;
  using Boxes = Expansions<T, typename Work::memory_space>;
  const Options& options = parts.choices.options;
  const bool direct = parts.choices.direct;
  const ExpansionSizes sizes = expansion_sizes(parts);
  if (!direct && sizes.all_columns() >= INT_MAX)
    refuse("right_hand_sides", std::to_string(options.right_hand_sides),
           "fewer: boxes times columns have to be below 2^31");
  if (const Morton::Axes axes = parts.tree.periodic; axes != 0) {
    parts.periodic_field =
        make_periodic_field(exec, parts.kernel->statement().periodic_sum, axes == 7,
                            parts.sources.points.slots, options.right_hand_sides);
    parts.periodic_field.dipole_length = parts.kernel->dipole_length();
    parts.periodic_field.vacuum = options.periodic->surroundings == Surroundings::vacuum;
  }
  if (kept)
    parts.m2l = before->m2l;
  else if (!direct)
    parts.m2l = make_m2l(exec, parts, sizes, top_level);
  const std::size_t limit = options.memory_limit;
  Boxes shared = before ? before->expansions : Boxes{};
  std::size_t bytes = predicted_bytes(parts, sizes, shared);
  if (limit > 0 && bytes > limit) {
    shared = {};
    bytes = predicted_bytes(parts, sizes, shared);
  }
  if (limit > 0 && bytes > limit)
    refuse("memory_limit", std::to_string(limit),
           "at least " + std::to_string(bytes) + " bytes, which this plan takes");

  // What sorting and lists needed makes room for the large arrays where room is asked for.
  if (!before && limit > 0) memory.pool.release(0);
  make_values(exec, before, parts);
  if (kept) {
    parts.expansions = before->expansions;
  } else if (!direct) {
    parts.expansions =
        make_expansions<T>(exec, sizes, parts.choices.spec, top_level, shared, limit == 0);
    parts.m2l.allocate(exec, before && limit == 0 ? before->m2l : M2LMethod<Work>{});
  }
}

}  // namespace Octopole::Impl

#endif
