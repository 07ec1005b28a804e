#ifndef OCTOPOLE_CHOICES_HPP
#define OCTOPOLE_CHOICES_HPP

#include <core/kernels/Octopole_KernelStatement.hpp>
#include <core/plan/Octopole_Options.hpp>
#include <core/precompute/Octopole_OperatorSet.hpp>
#include <tree/Octopole_Octree.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace Octopole::Impl {

/// Throws std::invalid_argument: "Octopole::Options::option: found ..., allowed ...".
[[noreturn]] void refuse(const std::string& option, const std::string& found,
                         const std::string& allowed);

/// What of a shape of work the choices depend on.
struct ShapeFacts {
  bool near_in_float = true;   ///< whether a near field in float pays beside a far field in double
  std::size_t m2l_memory = 0;  ///< bytes for the transforms of M2L where none are given
};

/// @return of ProcessorShape or DeviceShape
template <class WorkShape>
constexpr ShapeFacts facts_of_shape() {
  return {WorkShape::near_in_float, WorkShape::m2l_memory};
}

/// The first value of a plan: the choices that can be made without the points, and which choices are
/// left to the points. Planning works on a copy, in which it fills in what points and probe decide.
struct Choices {
  Options options;          ///< with all choices made but those named below
  OperatorSpec spec;        ///< what the operators are computed from
  bool direct = false;      ///< the plain sum
  double direct_pairs = 0;  ///< up to which the library takes it; 0 where the method was given
  bool single = false;      ///< everything is in float
  bool by_order = false;    ///< the order was given, not the digits
  bool probing = false;     ///< the order is found by a probe
  bool choose_m2l_single = false,  ///< whether M2L works in single precision,
      choose_near_field = false;   ///< and how the near field does, was left to the library
  bool choose_m2l_rank = false;    ///< what M2L `blas` drops was
  bool choose_check_order = true,  ///< both follow from the order
      choose_cutoff = true;        ///< where they were not given
  int more_orders = 0;             ///< than in many leaves of many points: few average out
  /// What an octree raised, as it was without it.
  struct Unraised {
    OperatorSpec spec;
    int m2l_single, more_orders;
    NearField near_field;
  };
  std::optional<Unraised> unraised{};
  bool far_targets = false;      ///< most targets have no source near
  double apart = 0;              ///< then: how far their bounds are, in half-widths of the root
  bool few_floats = false;       ///< see Accuracy::are_few_floats
  bool default_inner = false;    ///< the inner surface may be moved
  bool choose_capacity = false,  ///< the points decide the leaf capacity,
      choose_root = false;       ///< and the root cube when they are new
  double near_over_far = 1;      ///< measured cost of a near pair over the cost model's
  std::array<std::size_t, 2> chosen_for{};  ///< sources and targets when the capacity was chosen

  /// Whether the near field is computed in float, beside a far field in double or where all is.
  bool near_in_float() const {
    return !direct && (single || options.near_field == NearField::mixed ||
                       options.near_field == NearField::rough);
  }
  /// Relative error that the plan is held to: the smaller one of 10^-digits and of the truncation error
  /// of the order. (With an order given, `digits` may be its default.)
  double promise() const;
  /// Sets what the operators are computed from, and what the options say of it.
  void set_spec(const OperatorSpec& other);
  /// Sets the order, and what follows from it.
  void set_order(const KernelStatement& kernel, int order);
  /// What keeps the digits in leaves of a capacity that was given and that hold so many `points`, at most or
  /// on the whole, of all `sources`; throws std::invalid_argument where no order does, with `found`, and `allowed`
  /// before a number.
  void raise_for_few_points(const KernelStatement& kernel, double points, std::int64_t sources,
                            const std::string& found, const std::string& allowed);
  /// What keeps the digits in an octree of which so many leaves hold so many sources: few each, or few boxes.
  /// Throws as raise_for_few_points.
  void raise_for_leaves(const KernelStatement& kernel, std::int64_t sources, std::int64_t leaves);
  /// Pairs and M2L exactly, where the library chooses, if sums are of few sources.
  void raise_for_few_sources(std::int64_t n_sources);
  /// Takes back what the leaves and sources of the last octree raised, before the next is looked at.
  void forget_last_tree();
  /// raise_for_far_targets where most targets have no source near, or all are in few leaves; an order more where
  /// some have none, at 9 digits two: one charge on a line of 8000 that outweighs the others, 2.5 times the promise
  /// (0.15 with it), 2.0 at 9 digits (1.3 with one). `apart_now`: as there. Refuses four digits of second derivatives
  /// in float where some have none: a velocity gradient of 8000 vortices 1.2 times at order 8, 1.2 and 1.3 above it.
  void raise_for_targets(const KernelStatement& kernel, const NearTargets& near,
                         std::size_t n_targets, int depth, double apart_now);
  /// Pairs exactly, where the library chooses, if those that give most have decayed: the relative error of
  /// exp(-x) is that of the root times x. `decay`: what is left of a screened kernel there, at most 1.
  void raise_for_decayed_pairs(double decay);
  /// Part of the sources near by up to which what comes in goes straight to the targets, see find_terminals.
  double lonely_part(const KernelStatement& kernel) const;

 private:
  /// What keeps the digits at targets without sources near: nothing is left to averages there, so that the
  /// order is probed, whichever the kernel states. Once: what was raised stays. `apart_now`: the distance
  /// between the bounds of sources and targets, in half-widths of the root.
  void raise_for_far_targets(double apart_now);
  /// Keeps what is about to be raised for an octree.
  void remember();
  /// So many orders more than in many leaves of many points, if they are not set already.
  void raise_order(const KernelStatement& kernel, int more);
  /// M2L `blas` drops nothing, where that was left to the library: where little averages out, what is dropped does
  /// not either (2 to 140 times the promise). Without a decomposition the matrices are made in a tenth of the time.
  void keep_all_of_m2l();
};

/// Throws std::invalid_argument where points are too many to be counted in 31 bits with their padding.
void check_point_counts(std::size_t n_sources, std::size_t n_targets);

/// Makes every choice that was left to the library, but for the tree's (`leaf_capacity` and
/// `root_scale`, 0 where the points decide), and checks every one that was not; throws
/// std::invalid_argument.
Choices make_choices(const Options& options, const KernelStatement& kernel, const ShapeFacts& shape,
                     std::size_t n_sources, std::size_t n_targets);

/// The text of everything that decides how fast near and far field are. `threads`: concurrency of the
/// backend.
std::string tuning_key(const std::string& backend, int threads, const KernelStatement& kernel,
                       const OperatorSpec& spec, const Options& options);

}  // namespace Octopole::Impl

#endif
