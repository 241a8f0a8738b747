/* SPDX-License-Identifier: GPL-2.0 */
/* Inside compare: the distributions that its tests need. */
#ifndef URBSCOPE_COMPARE_DISTRIBUTION_H
#define URBSCOPE_COMPARE_DISTRIBUTION_H

#include <stdint.h>

/*
 * The regularised incomplete beta function I_x(a, b), a and b > 0, 0 <= x <= 1 (NIST Digital
 * Library of Mathematical Functions, 8.17), by its continued fraction 8.17.22.
 */
double beta_regularised(double a, double b, double x);

/* P(|T| >= |t|) of Student's t with `df` degrees of freedom, which need not be whole. */
double student_two_sided(double t, double df);

/* The t > 0 of which student_two_sided() is p, 0 < p < 1. */
double student_quantile(double p, double df);

/*
 * Of k successes in n trials of probability p, twice the smaller tail, at most 1: exact, and
 * never less than the probability of an outcome as rare as this one.
 */
double binomial_two_sided(uint64_t k, uint64_t n, double p);

#endif
