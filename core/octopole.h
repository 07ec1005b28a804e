/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file octopole.h
 * Octopole for C, and for languages that call C: sums over all pairs of many points,
 *     u(x_i) = sum_j K(x_i, y_j) q_j,
 * by the kernel-independent fast multipole method. What can be computed is what AnyPlan computes: the kernel, its
 * outputs and the type of every array are chosen at run time.
 *
 *     octopole_initialize(0);
 *     octopole_options options = octopole_default_options();
 *     octopole_plan* plan = NULL;
 *     if (octopole_plan_create(&plan, "laplace", NULL, 0, OCTOPOLE_DOUBLE, &x, NULL, &options)) puts(octopole_error());
 *     if (octopole_plan_execute(plan, &q, 1, &name, &u)) puts(octopole_error());
 *     octopole_plan_destroy(plan);
 *     octopole_finalize();
 *
 * Every function that can fail returns a status and leaves a sentence about it with octopole_error. No exception
 * passes through. A plan is used by one thread at a time.
 */
#ifndef OCTOPOLE_H
#define OCTOPOLE_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* NOLINTBEGIN(modernize-use-using): C has no other word. */
/** What a function returns. */
typedef enum octopole_status {
  OCTOPOLE_SUCCESS = 0,      /**< all is done */
  OCTOPOLE_BAD_ARGUMENT = 1, /**< something given is not allowed; nothing was changed */
  OCTOPOLE_FAILURE = 2       /**< anything else, no memory for one */
} octopole_status;

/** The type of numbers. */
typedef enum octopole_type {
  OCTOPOLE_FLOAT = 0,         /**< float, Fortran's c_float */
  OCTOPOLE_DOUBLE = 1,        /**< double, c_double */
  OCTOPOLE_FLOAT_COMPLEX = 2, /**< two of float, c_float_complex */
  OCTOPOLE_DOUBLE_COMPLEX = 3 /**< two of double, c_double_complex */
} octopole_type;

/**
 * An array of the caller's, in memory that the library's default execution space reads: the host's, unless it
 * was built for a GPU. Extents count points first: points (N, 3), charges and results as in the C++ class Outputs.
 * A Fortran array x(3, N) is of extents {N, 3} and its own order of memory, which is that of strides 0.
 */
typedef struct octopole_array {
  void* data;         /**< the first number; only results are written */
  int type;           /**< an octopole_type */
  int rank;           /**< extents used, 1 to 4 */
  size_t extents[4];  /**< the point first */
  size_t strides[4];  /**< from an index to the next, in numbers; all 0: the last index runs fastest */
} octopole_array;

/** How to plan; begin with octopole_default_options. */
typedef struct octopole_options {
  int digits;           /**< relative L2 error at most 10^-digits; 6 */
  int order;            /**< instead of digits where not 0 */
  int right_hand_sides; /**< charges at once; 1 */
  const char* outputs;  /**< "potential,gradient": those that may be asked for; NULL: the kernel's first */
  const char* method;   /**< "auto", "fmm" or "direct"; NULL: auto */
  const char* cache;    /**< file in which operators are kept, or "off"; NULL: the usual one, only read */
} octopole_options;

/** A cube that repeats, see Options::periodic of the C++ interface; what is not named is 0. */
typedef struct octopole_cell {
  double side;     /**< above 0, in the points' unit */
  double lower[3]; /**< the corner with the smallest coordinates; along axes that repeat any does */
  int axes[3];     /**< 1 where it repeats along x, y and z, 0 where not; all 0: along all three */
  int in_vacuum;   /**< 0: a conductor is around the sphere that all images fill, 1: a vacuum */
} octopole_cell;

/** A plan: points, their tree and all that belongs to it. */
typedef struct octopole_plan octopole_plan;

/**
 * Starts Kokkos unless the program has; plans need it.
 *
 * @param threads  0 for as many as there are
 * @return an octopole_status
 */
int octopole_initialize(int threads);
/** Ends Kokkos if octopole_initialize started it. All plans have to be destroyed. */
void octopole_finalize(void);

/** @return the version, "0.1.0" */
const char* octopole_version(void);
/** @return one sentence about the last failure in this thread: what was found and what is allowed; empty at first */
const char* octopole_error(void);

/** @return 6 digits of the kernel's first output, one right-hand side, all else chosen by the library */
octopole_options octopole_default_options(void);

/**
 * Plans for sources (N, 3) and targets (M, 3), or NULL where the sources are the targets; they are not kept.
 *
 * @param[out] plan  set where it succeeds
 * @param kernel  "laplace", "laplace dipole", "yukawa", "helmholtz", "stokeslet", "biot-savart",
 *   "charge-dipole" or "softened-laplace"
 * @param parameters  the kernel's, as the README says; NULL for their defaults where n_parameters is 0
 * @param n_parameters  how many
 * @param precision  OCTOPOLE_FLOAT or OCTOPOLE_DOUBLE: of charges, results and sums
 * @param sources  of either
 * @param targets  of either, or NULL
 * @param options  or NULL for the default ones
 * @return an octopole_status
 */
int octopole_plan_create(octopole_plan** plan, const char* kernel, const double* parameters,
                         int n_parameters, int precision, const octopole_array* sources,
                         const octopole_array* targets, const octopole_options* options);
/**
 * Plans for sums over the sources and all their images in a cube that repeats, else as octopole_plan_create.
 *
 * @param[out] plan  set where it succeeds
 * @param kernel,parameters,n_parameters,precision,sources,targets,options  as there; not "helmholtz"
 * @param cell  the cube; or NULL for points that do not repeat
 * @return an octopole_status
 */
int octopole_plan_create_periodic(octopole_plan** plan, const char* kernel,
                                  const double* parameters, int n_parameters, int precision,
                                  const octopole_array* sources, const octopole_array* targets,
                                  const octopole_options* options, const octopole_cell* cell);
/**
 * Sums for these charges; the results are there when it returns.
 *
 * @param plan  by octopole_plan_create
 * @param charges  in the order of the sources
 * @param n_outputs  how many results are asked for
 * @param names  of each: "potential", "gradient", "hessian", "velocity", "pressure" or "velocity_gradient"
 * @param results  of each: where it goes, overwritten
 * @return an octopole_status
 */
int octopole_plan_execute(octopole_plan* plan, const octopole_array* charges, int n_outputs,
                          const char* const* names, const octopole_array* results);
/**
 * New positions for time steps, as Plan::update_points.
 *
 * @param plan  left as it was where it fails
 * @param sources  (N, 3), N may be another one
 * @param targets  (M, 3), or NULL where the sources are the targets
 * @return an octopole_status
 */
int octopole_plan_update_points(octopole_plan* plan, const octopole_array* sources,
                                const octopole_array* targets);
/**
 * The choices and the tree in a few lines.
 *
 * @param plan  or NULL
 * @return text that is valid until the next call for this plan; NULL without one
 */
const char* octopole_plan_description(octopole_plan* plan);
/**
 * Gives all memory back.
 *
 * @param plan  not to be used any more; or NULL
 */
void octopole_plan_destroy(octopole_plan* plan);

/* NOLINTEND(modernize-use-using) */
#ifdef __cplusplus
}
#endif

#endif
