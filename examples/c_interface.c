/* SPDX-License-Identifier: BSD-3-Clause */
/* From C: Laplace potentials and gradients of random charges by octopole.h, held against the plain sum. */
#include <math.h>
#include <octopole.h>
#include <stdio.h>
#include <stdlib.h>

enum { n = 20000, checked = 50 };

static double x[n][3], q[n], u[n], g[n][3];

static double uniform(void) {
  return rand() / (RAND_MAX + 1.0);
}

/* The largest error of potential and gradient at some targets, over the largest of each. */
static double error(void) {
  const double four_pi = 4 * acos(-1.0);
  double worst = 0;
  double scale[2] = {0, 0}, wrong[2] = {0, 0};
  for (int i = 0; i < checked; ++i) {
    double sum[4] = {0, 0, 0, 0};
    for (int j = 0; j < n; ++j) {
      const double r[3] = {x[i][0] - x[j][0], x[i][1] - x[j][1], x[i][2] - x[j][2]};
      const double r2 = r[0] * r[0] + r[1] * r[1] + r[2] * r[2];
      if (r2 == 0) continue;
      const double value = q[j] / (four_pi * sqrt(r2));
      sum[3] += value;
      for (int d = 0; d < 3; ++d) sum[d] -= value * r[d] / r2;
    }
    scale[0] = fmax(scale[0], fabs(sum[3]));
    wrong[0] = fmax(wrong[0], fabs(u[i] - sum[3]));
    for (int d = 0; d < 3; ++d) {
      scale[1] = fmax(scale[1], fabs(sum[d]));
      wrong[1] = fmax(wrong[1], fabs(g[i][d] - sum[d]));
    }
  }
  for (int k = 0; k < 2; ++k) worst = fmax(worst, wrong[k] / scale[k]);
  return worst;
}

int main(void) {
  for (int i = 0; i < n; ++i) {
    for (int d = 0; d < 3; ++d) x[i][d] = uniform();
    q[i] = uniform() - 0.5;
  }
  const octopole_array points = {x, OCTOPOLE_DOUBLE, 2, {n, 3}, {0}};
  const octopole_array charges = {q, OCTOPOLE_DOUBLE, 1, {n}, {0}};
  const octopole_array results[] = {{u, OCTOPOLE_DOUBLE, 1, {n}, {0}},
                                    {g, OCTOPOLE_DOUBLE, 2, {n, 3}, {0}}};
  const char* const names[] = {"potential", "gradient"};
  octopole_options options = octopole_default_options();
  options.outputs = "potential, gradient";

  octopole_plan* plan = NULL;
  if (octopole_initialize(0) ||
      octopole_plan_create(&plan, "laplace", NULL, 0, OCTOPOLE_DOUBLE, &points, NULL, &options) ||
      octopole_plan_execute(plan, &charges, 2, names, results)) {
    fprintf(stderr, "%s\n", octopole_error());
    return 2;
  }
  printf("%s\n", octopole_plan_description(plan));
  const double worst = error();
  printf("largest error %.1e\n", worst);

  /* What is refused is said in a sentence, and the plan stays as it was. */
  const octopole_array few = {q, OCTOPOLE_DOUBLE, 1, {n - 1}, {0}};
  const int status = octopole_plan_execute(plan, &few, 2, names, results);
  printf("refused: %s\n", octopole_error());
  octopole_plan_destroy(plan);
  octopole_finalize();
  return worst < 1e-5 && status == OCTOPOLE_BAD_ARGUMENT ? 0 : 1;
}
