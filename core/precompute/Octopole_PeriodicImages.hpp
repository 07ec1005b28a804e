#ifndef OCTOPOLE_PERIODIC_IMAGES_HPP
#define OCTOPOLE_PERIODIC_IMAGES_HPP

#include <core/precompute/Octopole_LinearAlgebra.hpp>
#include <core/precompute/Octopole_OperatorSet.hpp>

namespace Octopole::Impl {

/// Least screening times the side of a cell: at weaker ones the sum of a single charge's images is so large that what
/// cancels between charges takes digits.
inline constexpr double least_periodic_screening = 2;

/// What all images of a cell but itself and its nearest neighbours give: from densities on the inner surface of the root
/// to potentials there, of Laplace's kernel 1/r in half-widths of the root, so that the cell has side 2.
///
/// Along three axes, apart from a polynomial: entry (i, j) is G(x_i - y_j) - sum over the 27 nearest images of 1/r -
/// 4 pi |x_i - y_j|^2 / (6 V), where V = 8 and G is the sum over all images of 1/r with a uniform background of the
/// opposite charge and no mean over the cell, by Ewald's two series (M. Deserno and C. Holm, J. Chem. Phys. 109 (1998) 7678,
/// section II). The last term, which the background gives, is left to PeriodicField: without it the matrix is harmonic
/// in both points, as the method needs.
///
/// Along one or two axes, of densities that sum to zero: cells are gathered by threes along each axis, and these again, so
/// that all images follow from those between the nearest three and nine (C. L. Berman and L. Greengard, J. Math. Phys. 35
/// (1994) 6036): T = A + B T U, U from a cell's densities to those of its gathered neighbours, from which what sums to
/// other than zero is taken, B from potentials at the gathered cell to those at the cell. Thirty-two times over,
/// by doubling.
///
/// Of first moments (FirstMoment, for forces on a viscous fluid), along three axes, three matrices follow it, one for each
/// component d of the densities that come before the moments: from these to moments, entry (i, j) of the sum over distant
/// images n of -n_d/|r + n|, r = x_i - y_j, which is r_d G - dB/dr_d, B the sum of all |r + n| (H. Hasimoto, J. Fluid
/// Mech. 5 (1959) 317; by D. Lindbo and A.-K. Tornberg's two series, J. Comput. Phys. 229 (2010) 8994), both without the
/// nearest images and without what is not harmonic: of B that is 4 pi r^4 / (60 V).
///
/// With a screening the kernel is exp(-l r)/r: along three axes by Ewald's series for it (G. Salin and J.-M. Caillol,
/// J. Chem. Phys. 113 (2000) 10459, section II), else image by image.
/// @param spec  orders, radii and cut-off of the surfaces
/// @param axes  along which the cell repeats, not 0
/// @param screening  l in one over half-widths of the root; 0, or at least half of least_periodic_screening
/// @param first_moment  whether the three matrices are wanted; then without screening, along three axes
/// @param padded  rows and columns; those past the surface's points are zero
/// @return (padded, padded), of first moments (padded, 4 padded)
HostMatrix periodic_images(const OperatorSpec& spec, unsigned axes, double screening,
                           bool first_moment, int padded);

}  // namespace Octopole::Impl

#endif
