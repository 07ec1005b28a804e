#include <core/plan/impl/Octopole_Choices.hpp>
#include <core/precompute/Octopole_OperatorCache.hpp>

#include <algorithm>
#include <array>
#include <climits>
#include <cmath>
#include <cstdio>
#include <optional>
#include <stdexcept>
#include <string>

namespace Octopole::Impl {

void refuse(const std::string& option, const std::string& found, const std::string& allowed) {
  throw std::invalid_argument("Octopole::Options::" + option + ": found " + found + ", allowed " +
                              allowed);
}

namespace {

void require_range(const char* option, double value, double low, double high, const char* allowed) {
  if (!(value >= low && value <= high)) {
    char found[40];
    std::snprintf(found, sizeof found, "%g", value);
    refuse(option, found, allowed);
  }
}

}  // namespace

void check_point_counts(std::size_t n_sources, std::size_t n_targets) {
  if (n_sources >= INT_MAX / 2 || n_targets >= INT_MAX / 2)
    refuse("points", std::to_string(std::max(n_sources, n_targets)), "at most 2^30 - 1");
}

namespace {

/// Checks what a plan of a periodic cell is asked for, and sets what it leaves no choice of.
void choose_for_periodic(const KernelStatement& kernel, Options& o) {
  const Periodic& p = *o.periodic;
  char found[120];
  // Powers of lengths stay in range, and points in the cell can be told apart.
  if (!(p.cell >= 1e-90 && p.cell <= 1e90)) {
    std::snprintf(found, sizeof found, "a cell of %g", p.cell);
    refuse("periodic", found, "1e-90 to 1e90");
  }
  for (int d = 0; d < 3; ++d)
    if (!(std::abs(p.lower[d]) <= 1e6 * p.cell)) {
      std::snprintf(found, sizeof found, "lower %g along axis %d", p.lower[d], d);
      refuse("periodic", found, "at most a million cells from the origin");
    }
  const auto along = std::count(p.axes.begin(), p.axes.end(), true);
  if (along == 0) refuse("periodic", "no axes", "one or more");
  if (along < 3 &&
      (kernel.periodic_sum == PeriodicSum::vortices || kernel.periodic_sum == PeriodicSum::forces))
    refuse("periodic", std::to_string(along) + " axes with the kernel " + kernel.name,
           "all three of them");
  const bool has_field = kernel.periodic_sum == PeriodicSum::charges ||
                         kernel.periodic_sum == PeriodicSum::dipoles ||
                         kernel.periodic_sum == PeriodicSum::charges_and_dipoles;
  if (p.surroundings == Surroundings::vacuum && (along < 3 || !has_field))
    refuse("periodic", "a vacuum around it",
           "a conductor, but with charges and dipoles that are not screened, along three axes");
  if (kernel.periodic_sum == PeriodicSum::none)
    refuse("periodic", "the kernel " + kernel.name,
           "laplace, laplace dipole, charge-dipole, softened-laplace, stokeslet, biot-savart and "
           "yukawa");
  if (o.method == Method::direct)
    refuse("method", "direct", "automatic or fmm in a periodic cell, whose images have no end");
  if (o.bounding_box) refuse("bounding_box", "one", "none in a periodic cell, which is the root");
  if (o.root_scale != 0 && o.root_scale != 1)
    refuse("root_scale", std::to_string(o.root_scale), "0 or 1 in a periodic cell, the root");
  o.method = Method::fmm;
  o.root_scale = 1;
}

}  // namespace

/// Whether sums over all images are made that a background nearly cancels where charges have one sign: then the errors of the
/// far field, of what is cancelled, count for more.
static bool has_background(const KernelStatement& kernel, const Options& options) {
  return options.periodic && kernel.periodic_sum != PeriodicSum::screened &&
         options.periodic->axes == std::array{true, true, true};
}

/// The order that keeps the digits of these outputs in many leaves of many points. Measured in a cell, in units of the
/// promise, 20,000 points around a corner, positive charges: 4 digits of a gradient 1.4 and 0.09 with an order more, 5 of
/// a potential 9 and 0.4, 6 of dipoles 3.8; 2000 forces of one direction 3.2 with 6.
static int first_order(const KernelStatement& kernel, const Options& options) {
  const int order = kernel.order_for(options.digits, kernel.last_output_of(options.outputs));
  return has_background(kernel, options) ? std::min(order + 1, Accuracy::max_order) : order;
}

/// Refuses digits that are lost to what a background cancels: in float the fourth (2.4 times the promise with positive
/// charges, whichever the order), but of dipoles, and of forces the last in double, for which there is no order more (1.8).
static void check_digits_beside_background(const KernelStatement& kernel, const Options& options) {
  if (!has_background(kernel, options)) return;
  const bool forces = kernel.periodic_sum == PeriodicSum::forces,
             dipoles = kernel.periodic_sum == PeriodicSum::dipoles;
  const int most = kernel.max_digits - int(kernel.single ? !dipoles : forces);
  if (options.digits > most)
    refuse("digits", std::to_string(options.digits),
           "1 to " + std::to_string(most) + " with " + (kernel.single ? "float" : "double") +
               " and this kernel in a cell that repeats along three axes");
}

Choices make_choices(const Options& options, const KernelStatement& kernel, const ShapeFacts& shape,
                     std::size_t n_sources, std::size_t n_targets) {
  Options o = options;
  const int digits = kernel.max_digits;
  const std::string scalar = kernel.single ? "float" : "double";
  check_point_counts(n_sources, n_targets);
  if (o.order == 0 && (o.digits < 1 || o.digits > digits))
    refuse("digits", std::to_string(o.digits),
           "1 to " + std::to_string(digits) + " with " + scalar);
  if (o.order != 0)
    require_range("order", o.order, 2, 14, "2 to 14, or 0 for the library's choice");
  require_range("leaf_capacity", o.leaf_capacity, 0, INT_MAX,
                "1 or more, or 0 for the library's choice");
  if (o.root_scale != 0)
    require_range("root_scale", o.root_scale, 1, 4, "1 to 4, or 0 for the library's choice");
  require_range("balance", o.balance, -1, 1, "1 (on), 0 (off) or -1 for the library's choice");
  require_range("outer", o.outer, 1.0 + 2e-6, 3.0 - 1e-6, "above inner and below 3");
  require_range("inner", o.inner, 1.0 + 1e-6, o.outer - 1e-6, "above 1 and below outer");
  if (o.cutoff != 0)
    require_range("cutoff", o.cutoff, 1e-3, 1e12, "0.001 to 1e12, or 0 for the library's choice");
  require_range("m2l_tolerance", o.m2l_tolerance, 0, 0.5,
                "above 0 and at most 0.5, or 0 for the library's choice");
  require_range("m2l_rank", o.m2l_rank, -1, 100000, "1 or more, 0 (by the tolerance) or -1 (full)");
  if (o.bounding_box)
    for (int d = 0; d < 3; ++d) {
      const double low = o.bounding_box->lower[d], high = o.bounding_box->upper[d];
      if (!(std::isfinite(low) && std::isfinite(high) && low <= high)) {
        char found[80];
        std::snprintf(found, sizeof found, "%g to %g along axis %d", low, high, d);
        refuse("bounding_box", found, "finite bounds with lower <= upper");
      }
    }
  if (o.periodic) choose_for_periodic(kernel, o);
  require_range("right_hand_sides", o.right_hand_sides, 1, 1024, "1 to 1024");
  if (o.tune && (o.leaf_capacity != 0 || o.method == Method::direct))
    refuse("tune", "true",
           "false where leaf_capacity is given or method is direct: nothing is left to tune");
  if (!contains(kernel.outputs(), o.outputs))
    refuse("outputs", names_of(o.outputs),
           names_of(kernel.outputs()) + " with the kernel " + kernel.name);
  if (o.outputs == Output::none) o.outputs = kernel.terms[0].output;
  const int last_output = kernel.last_output_of(o.outputs);

  const bool by_order = o.order != 0;
  if (!by_order) {
    check_digits_beside_background(kernel, o);
    o.order = first_order(kernel, o);
  }
  if (o.cutoff == 0) o.cutoff = kernel.cutoff(o.order);
  if (o.check_order == 0) o.check_order = kernel.check_order(o.order);
  require_range("check_order", o.check_order, o.order, 14, "order to 14, or 0 for the order");
  const bool given_tolerance = o.m2l_tolerance != 0;
  const double error = by_order ? Accuracy::truncation_error(o.order) : std::pow(10.0, -o.digits);
  if (o.m2l == M2L::fft && (given_tolerance || o.m2l_rank != 0))
    refuse("m2l", "fft with a tolerance or rank", "those with blas only: fft drops nothing");
  if (o.m2l == M2L::automatic) o.m2l = given_tolerance || o.m2l_rank != 0 ? M2L::blas : M2L::fft;
  const bool single_possible = o.m2l == M2L::fft && !kernel.single;
  require_range("m2l_single", o.m2l_single, -1, 1,
                "1 (on), 0 (off) or -1 for the library's choice");
  if (o.m2l_single == 1 && !single_possible)
    refuse("m2l_single", "1", "0 or -1 but for fft with a kernel in double");
  if (o.m2l_single < 0)
    o.m2l_single = single_possible && !by_order && !has_background(kernel, o) &&
                   kernel.m2l_single(o.digits, last_output);
  if (o.m2l_tolerance == 0 && o.m2l != M2L::fft)
    o.m2l_tolerance = kernel.m2l_tolerance(error, last_output, kernel.epsilon);
  if (o.balance < 0) o.balance = 0;
  if (o.near_field == NearField::automatic) {
    o.near_field = by_order ? NearField::exact : kernel.near_field(o.digits);
    if (!shape.near_in_float &&
        (o.near_field == NearField::mixed || o.near_field == NearField::rough))
      o.near_field = NearField::fast;
  }
  if (o.near_field != NearField::exact && !kernel.has_roots)
    refuse("near_field", name_of(o.near_field),
           "exact with the kernel " + kernel.name + ", which has no functor of other accuracy");
  if ((o.near_field == NearField::mixed || o.near_field == NearField::rough) && kernel.single)
    refuse("near_field", name_of(o.near_field), "exact or fast with float");

  // Below this many pairs the direct sum is faster. Measured (Zen 4, 2 threads), potential, equal at
  // about N = 2000 for order 4, 3500 for 7, 6000 for 11, where the far field's operators still have
  // to be loaded or computed: that is what the margin is for.
  double direct_pairs = 0;
  if (o.method == Method::automatic) {
    direct_pairs = o.order <= 5 ? 1e7 : o.order <= 8 ? 2.5e7 : 6.4e7;
    o.method = double(n_sources) * double(n_targets) <= direct_pairs ? Method::direct : Method::fmm;
  }
  if (o.method == Method::direct) {
    if (o.leaf_capacity == 0) o.leaf_capacity = 256;
    o.root_scale = 1;
    o.tune = false;
  }
  // The rest of the tree's size is chosen when the points are seen.
  if (o.leaf_capacity != 0 && o.root_scale == 0) o.root_scale = 1;

  if (o.m2l_memory == 0) o.m2l_memory = shape.m2l_memory;

  Choices c;
  c.spec.order = o.order, c.spec.check_order = o.check_order;
  c.spec.inner = o.inner, c.spec.outer = o.outer, c.spec.cutoff = o.cutoff;
  c.spec.m2l = o.m2l, c.spec.m2l_tolerance = o.m2l_tolerance, c.spec.m2l_rank = o.m2l_rank;
  c.direct = o.method == Method::direct;
  c.direct_pairs = direct_pairs;
  c.single = kernel.single;
  c.by_order = by_order;
  c.choose_check_order = options.check_order == 0;
  c.choose_cutoff = options.cutoff == 0;
  c.choose_m2l_single = options.m2l_single < 0;
  c.choose_m2l_rank = !given_tolerance && o.m2l_rank == 0;
  c.choose_near_field = options.near_field == NearField::automatic;
  c.probing = !by_order && !c.direct && !kernel.states_orders;
  c.default_inner = options.inner == Options{}.inner;
  c.choose_capacity = o.leaf_capacity == 0;
  c.choose_root = o.root_scale == 0;
  c.options = o;
  c.raise_for_few_points(kernel, o.leaf_capacity, std::int64_t(n_sources),
                         std::to_string(o.leaf_capacity), "");
  c.unraised.reset();  // that is for any tree
  return c;
}

double Choices::promise() const {
  return std::min(Accuracy::truncation_error(spec.order), std::pow(10.0, -options.digits));
}

void Choices::set_spec(const OperatorSpec& other) {
  spec = other;
  options.order = spec.order, options.check_order = spec.check_order;
  options.inner = spec.inner, options.cutoff = spec.cutoff;
  options.m2l_rank = spec.m2l_rank;
}

void Choices::set_order(const KernelStatement& kernel, int order) {
  spec.order = options.order = order;
  if (choose_check_order || spec.check_order < order)
    spec.check_order = options.check_order = kernel.check_order(order);
  if (choose_cutoff) spec.cutoff = options.cutoff = kernel.cutoff(order);
}

/// Of the potential, most that the outputs take.
static int derivatives_of(const KernelStatement& kernel, const Options& options) {
  return kernel.derivatives_of(kernel.last_output_of(options.outputs));
}

/// Most digits that floats have. The rounding of few does not average out: of derivatives one digit less is left then
/// (the gradient of 1687 alternating charges on a helix 1.13 times the promise in 16 leaves, whichever the order), and
/// of second ones in leaves of few points two.
static int digits_of_floats(const KernelStatement& kernel, const Options& options, double points,
                            std::int64_t sources) {
  if (!kernel.single || !Accuracy::are_few_floats(sources)) return kernel.max_digits;
  const int derivatives = derivatives_of(kernel, options);
  const bool rounded = derivatives == 1 || (derivatives >= 2 && points <= 12);
  return kernel.max_digits - int(derivatives >= 2) - int(rounded);
}

/// Most digits in few leaves. In double the last order leaves dipoles one less with each derivative.
static int digits_in_few_leaves(const KernelStatement& kernel, const Options& options,
                                double points, std::int64_t sources) {
  if (kernel.single) return digits_of_floats(kernel, options, points, sources);
  return kernel.max_digits - (kernel.of_dipoles() ? derivatives_of(kernel, options) : 0);
}

/// Orders more in leaves that hold so many points, none where no order keeps the digits there.
static std::optional<int> orders_for_few_points(const KernelStatement& kernel,
                                                const Options& options, double points,
                                                std::int64_t sources) {
  const int last_output = kernel.last_output_of(options.outputs);
  const int order = first_order(kernel, options);
  const int derivatives = kernel.derivatives_of(last_output);
  const int more = Accuracy::orders_for_few_points(points, derivatives, options.digits, order);
  if (more == 0) return 0;
  const int left = Accuracy::max_order - order;
  // A float's rounding leaves four digits where many points share it, and one less of second derivatives.
  const bool last = kernel.single && options.digits >= kernel.max_digits - int(derivatives >= 2);
  if (points <= 4) return more <= left && !last ? std::optional(more) : std::nullopt;
  if (options.digits > digits_of_floats(kernel, options, points, sources)) return std::nullopt;
  // In float it grows with the order, too.
  if (kernel.single) return derivatives == 0 ? 1 : last && derivatives >= 2 ? 0 : 2;
  if (derivatives >= 2) return more <= left ? std::optional(more) : std::nullopt;
  // What dipoles give is a derivative already: no order is to spare.
  if (kernel.columns > 1 ? more <= left && options.digits < 9 : left > 0)
    return std::min(more, left);
  return std::nullopt;
}

void Choices::raise_order(const KernelStatement& kernel, int more) {
  if (more <= more_orders) return;
  remember();
  // Densities of higher orders cancel more than floats bear.
  if (choose_m2l_single) options.m2l_single = 0;
  keep_all_of_m2l();
  more_orders = more;
  if (!kernel.states_orders) return;  // the probe is held to less
  const int first = first_order(kernel, options);
  set_order(kernel, std::max(spec.order, std::min(first + more, Accuracy::max_order)));
}

void Choices::raise_for_few_points(const KernelStatement& kernel, double points,
                                   std::int64_t sources, const std::string& found,
                                   const std::string& allowed) {
  if (direct || by_order || choose_capacity) return;
  const auto more = orders_for_few_points(kernel, options, points, sources);
  if (more) return raise_order(kernel, *more);
  int enough = 49;
  for (const int fewer : {33, 13, 5})
    if (orders_for_few_points(kernel, options, fewer, sources)) enough = fewer;
  refuse("leaf_capacity", found,
         allowed + std::to_string(enough) + " or more with " + std::to_string(options.digits) +
             " digits of these outputs, or Method::direct");
}

void Choices::remember() {
  if (!unraised) unraised = {spec, options.m2l_single, more_orders, options.near_field};
}

void Choices::keep_all_of_m2l() {
  if (choose_m2l_rank && options.m2l == M2L::blas) spec.m2l_rank = options.m2l_rank = -1;
}

void Choices::forget_last_tree() {
  // What far targets raised on top of it stays.
  if (unraised && !far_targets) {
    options.m2l_single = unraised->m2l_single, options.near_field = unraised->near_field;
    OperatorSpec before = spec;
    before.m2l_rank = unraised->spec.m2l_rank;
    // Else an order that a probe found is kept.
    if (more_orders > unraised->more_orders)
      before = unraised->spec, more_orders = unraised->more_orders;
    set_spec(before);
  }
  unraised.reset();
}

void Choices::raise_for_leaves(const KernelStatement& kernel, std::int64_t sources,
                               std::int64_t leaves) {
  if (direct || by_order || leaves == 0) return;
  const double points = double(sources) / double(leaves);
  char found[80];
  std::snprintf(found, sizeof found, "%d, with which leaves hold %.1f sources on the whole",
                options.leaf_capacity, points);
  // Where all leaves hold at most 4, the capacity said so.
  raise_for_few_points(kernel, std::max(points, 5.0), sources, found, "one with which they hold ");
  const int derivatives = derivatives_of(kernel, options);
  const int more = Accuracy::orders_for_few_leaves(leaves, points, kernel.of_dipoles(), derivatives,
                                                   options.digits);
  const int most = digits_in_few_leaves(kernel, options, points, sources);
  if (more > 0 && options.digits > most)
    refuse("digits", std::to_string(options.digits),
           "1 to " + std::to_string(most) + " for these outputs of " +
               (kernel.single ? "float" : "double") + " where " + std::to_string(leaves) +
               " leaves hold " + std::to_string(sources) + " sources, or Method::direct");
  raise_order(kernel, more);
}

void Choices::raise_for_few_sources(std::int64_t n_sources) {
  few_floats = Accuracy::are_few_floats(n_sources);
  if (direct || by_order || !Accuracy::has_few_sources(n_sources)) return;
  remember();
  if (choose_near_field) options.near_field = NearField::exact;
  if (choose_m2l_single) options.m2l_single = 0;
  keep_all_of_m2l();
}

void Choices::raise_for_targets(const KernelStatement& kernel, const NearTargets& near,
                                std::size_t n_targets, int depth, double apart_now) {
  if (near.may_be_far(n_targets, depth)) return raise_for_far_targets(apart_now);
  if (direct || by_order || depth < 2 || !near.some_are_far(n_targets)) return;
  // The rounding of second derivatives in float, which higher orders do not mend.
  const int derivatives = derivatives_of(kernel, options);
  const int most = kernel.max_digits - int(kernel.single && derivatives >= 2);
  if (options.digits > most)
    refuse("digits", std::to_string(options.digits),
           "1 to " + std::to_string(most) +
               " for these outputs of float where a tenth of the targets have no source near, or "
               "Method::direct");
  raise_order(kernel, options.digits >= 9 ? 2 : 1);
}

void Choices::raise_for_far_targets(double apart_now) {
  apart = apart_now;
  if (far_targets || direct) return;
  far_targets = true;
  if (by_order) return;
  // Their rounding is relative to the sum of the charges' potentials: beside a near field it is not
  // seen, without one that sum may have cancelled, or decayed on the way.
  if (choose_m2l_single) options.m2l_single = 0;
  if (choose_near_field) options.near_field = NearField::exact;
  // What is dropped would be relative to densities whose sum may have cancelled, those of dipoles have, and
  // to what reaches the nearest box, which a screened kernel does not leave the others of.
  keep_all_of_m2l();
  probing = true;  // from the order of the tables on
}

void Choices::raise_for_decayed_pairs(double decay) {
  // Near fields that are not exact take a fifth of the promise where nothing has decayed.
  if (choose_near_field && decay < std::exp(-4.0)) options.near_field = NearField::exact;
}

double Choices::lonely_part(const KernelStatement& kernel) const {
  // Each level that local expansions pass adds the error of a cut-off inverse, in second derivatives four times as
  // large. Measured in units of the promise, 100,000 points and one charge beside them, 3 to 5 of their cube's lengths
  // away, that outweighs all others: a Hessian of 3 digits 83 in double and 91 in float, 0.42 where the box into which that
  // charge comes is a terminal (with a thousandth, 3000 points in leaves of 20 still 1.06). It costs nothing where points
  // fill a cube or a sphere, and a third of a Hessian's time in Plummer's halo. Gradients of 4 digits were 1.4 and 1.6,
  // and are left at that. Derivatives are those at the targets: one of a dipole's is taken at its source.
  const int derivatives = derivatives_of(kernel, options) - int(kernel.of_dipoles());
  return derivatives >= 2 ? 3e-3 : 0;
}

std::string tuning_key(const std::string& backend, int threads, const KernelStatement& kernel,
                       const OperatorSpec& spec, const Options& options) {
  return "processor " + OperatorCache::processor() + "; backend " + backend + "; threads " +
         std::to_string(threads) + "; kernel " + kernel.name + "; scalar " +
         (kernel.single ? "float" : "double") + "; order " + std::to_string(spec.order) +
         "; near field " + name_of(options.near_field) + "; outputs " +
         std::to_string(static_cast<unsigned>(options.outputs)) + "; right-hand sides " +
         std::to_string(options.right_hand_sides) + "; m2l " + name_of(spec.m2l) +
         (options.m2l_single == 1 ? ", single" : "");
}

}  // namespace Octopole::Impl
