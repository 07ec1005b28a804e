#ifndef OCTOPOLE_OPTIONS_HPP
#define OCTOPOLE_OPTIONS_HPP

#include <core/base/Octopole_Cache.hpp>
#include <core/base/Octopole_Variants.hpp>
#include <core/kernels/Octopole_Output.hpp>

#include <array>
#include <cstddef>
#include <optional>

namespace Octopole {

/// Corners of an axis-aligned box, in the points' coordinates: lower <= upper, all finite.
struct BoundingBox {
  std::array<double, 3> lower{},  ///< the corner with the smallest coordinates
      upper{};                    ///< the opposite one
};

/// A cubic cell that repeats.
struct Periodic {
  /// Length of its edges, above 0, in the points' unit.
  double cell = 0;
  /// The corner with the smallest coordinates. Along axes that repeat any does.
  std::array<double, 3> lower{};
  /// Along which axes it repeats: at least one.
  std::array<bool, 3> axes{true, true, true};
  /// What is around the sphere that all images fill, where they do so along three axes.
  Surroundings surroundings = Surroundings::conductor;
};

/// Everything a Plan can be told. Zero (or -1 where zero means something) leaves the choice to the
/// library; `Plan::options()` returns the choices made, and a Plan given those makes the same ones.
struct Options {
  /// Relative L2 error asked for: 10^-digits. 1 to 10 with double, 1 to 4 with float. Where most
  /// targets have no source near, or all are in a few leaves, the fast method takes an order that a
  /// probe finds, no M2L in single precision, and refuses more than 6 to 10 digits with double, 1 to
  /// 4 with float, by kernel and output.
  int digits = 6;
  /// Points per edge of the equivalent surface; 0: from `digits`. 2 to 14.
  int order = 0;
  /// Points per edge of the upward check surface; 0: as `order`, and one more for a user's kernel of
  /// several components that are not one complex number. At least `order`, at most 14.
  int check_order = 0;
  /// Radii of the inner and the outer surface in half-widths of the box: 1 < inner < outer < 3.
  double inner = 1.05;
  /// The outer one, see `inner`.
  double outer = 2.95;
  /// Relative cut-off of the check-to-equivalent inverses in units of the scalar's epsilon; 0: the
  /// larger of 4 and a part of the order's truncation error, see Accuracy::cutoff. 0.001 to 1e12.
  double cutoff = 0;

  /// How multipole-to-local translations are applied.
  M2L m2l = M2L::automatic;
  /// Relative size of what M2L `blas` may drop; 0: by digits or order, nothing where few boxes or sources average out.
  double m2l_tolerance = 0;
  /// Rank of the common M2L bases; 0: from the tolerance; -1: full, nothing is compressed.
  int m2l_rank = 0;
  /// M2L `fft` in single precision beside a far field in double: 1 on, 0 off, -1 the library chooses, by
  /// `digits` (up to 6, with a gradient up to 4) for real kernels without a first moment; off with `order`.
  int m2l_single = -1;
  /// Bytes that M2L `fft` may take for its transforms, which are worked through in slabs of that
  /// size; 0: 64 MB in host memory, 1 GB on a device.
  std::size_t m2l_memory = 0;

  /// How P2P is computed.
  NearField near_field = NearField::automatic;
  /// Fast method or plain sum.
  Method method = Method::automatic;
  /// Most points (sources and targets counted apart) in a leaf; 0: the library chooses, by what near
  /// and far field cost. Where no targets are near a leaf may hold more sources,
  /// where no sources are more targets. Leaves that then hold few, at most 32 on the whole, take a higher
  /// order where derivatives are wanted, at most 12 everywhere, or are refused where there is none.
  int leaf_capacity = 0;
  /// Side of the root cube in longest edges of the points' bounding box, 1 to 4; 0: 1 where
  /// `leaf_capacity` is given, else the library chooses, so that leaves hold as many points as suits.
  double root_scale = 0;
  /// 2:1 balance of adjacent leaves: 1 on, 0 off, -1 the library chooses. On is for trees of at most 19
  /// levels: planning refuses it where points lie so close that there are more.
  int balance = -1;
  /// Space that the root cube is made to hold besides the points: the box that moving points stay
  /// in, so that `update_points` keeps the cube.
  std::optional<BoundingBox> bounding_box{};
  /// Sums over all images of the sources in a cell, u(x) = sum_j q_j G(x - y_j), of Laplace's charges (softened ones,
  /// too), dipoles or both, of screened charges (Yukawa, whose screening times the cell's side is at least 2), and along
  /// three axes of vortices (BiotSavart) and of forces on a fluid (Stokeslet). A pair at distance zero counts by its other
  /// images alone.
  ///
  /// Of Laplace's charges along three axes G is the sum of all images of 1/(4 pi r) less a uniform background of as much
  /// charge, and has no mean over the cell, as Ewald's sum has it (M. Deserno and C. Holm, J. Chem. Phys. 109 (1998) 7678;
  /// where the charges sum to zero there is no background). In a vacuum the field of the surface comes on top, D.x/(3 V): D
  /// is sum q y, of the charges as they lie in the cell, x and y are seen from its centre, V is its volume. Of vortices
  /// the velocity is the curl of such sums. The digits hold against that; of a net charge, whose potential the
  /// background nearly cancels, and of forces of one direction, whose velocity the pressure gradient does, relative to a
  /// hundredth of sum_j |q_j|/(4 pi r) over the nearest images where that is more.
  ///
  /// Of forces the flow has no mean, and what they sum to is balanced by a uniform pressure gradient, which is no part of
  /// the pressure (H. Hasimoto, J. Fluid Mech. 5 (1959) 317).
  ///
  /// Of Laplace's charges along one or two axes the sum is the limit of that over the images up to a distance, the same
  /// on both sides: it exists where the charges sum to zero. Where they do not, to a millionth of sum |q|, all results are
  /// NaN.
  ///
  /// Points may lie outside of the cell along axes that repeat: those are folded into it. By the fast method
  /// only, without `bounding_box` or ranks; Plan::check, which sums pairs, is refused.
  std::optional<Periodic> periodic{};
  /// Where operators and what `tune` found are looked for, and kept if it may be written.
  Cache cache = Cache::read_only();
  /// What `execute` will be asked for: the digits are promised for these, and memory is there for
  /// them (a gradient costs about one order, a Hessian two). `none`: the kernel's first output. An
  /// `execute` with a further one, in the order in which the kernel lists them, is refused.
  Output outputs = Output::none;
  /// Charges that `execute` is given at once, the last extent of charges and results. 1 to 1024.
  int right_hand_sides = 1;
  /// The Plan refuses to hold more bytes than this (see Plan::bytes), by a count made before it
  /// takes memory for expansions and what points carry; blocks of a pool that are somewhat larger than what lies
  /// in them may add some percent. 0: no limit.
  std::size_t memory_limit = 0;
  /// Where the library chooses the leaf capacity: measure near and far field on these points, which
  /// takes seconds, at most about a minute, and choose by that. Kept in the cache if that may be written, apart from the
  /// operators, and used from then on by every plan of the same processor, backend, number of threads,
  /// kernel and accuracy that may read it. Without it nothing is ever measured.
  bool tune = false;
};

}  // namespace Octopole

#endif
