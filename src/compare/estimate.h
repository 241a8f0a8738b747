/* SPDX-License-Identifier: GPL-2.0 */
/* Inside compare: how noisy a figure is, and whether two differ. */
#ifndef URBSCOPE_COMPARE_ESTIMATE_H
#define URBSCOPE_COMPARE_ESTIMATE_H

#include "urbscope/compare.h"

/* A figure is the sum of x over the sum of y; a piece of a run gives one pair. */
struct pair {
	double x, y;
};

/*
 * The ratio sum(x) / sum(y) of one run, and its noise by the method of batch means. `noise_known`
 * stays false where there are fewer than COMPARE_MIN_BATCHES pairs, or where neighbouring batches
 * are alike however long they are made: then the noise is slower than the run.
 */
struct compare_estimate estimate_within(const struct pair *pairs, size_t cnt);

/* The mean of at least two runs; its noise is that between them, but not less than that within. */
struct compare_estimate estimate_between(const struct compare_estimate *runs, size_t cnt);

/*
 * Fills in change, its interval and p (Welch's t: B. L. Welch, Biometrika 34, 1947); both noises must
 * be known. The change of a relative figure is that of their ratio, unless one is 0.
 */
void compare_estimates(struct compare_result *result, bool relative);

/* The probability of counts as unequal as these, were they of one rate: exact (see docs/diff.md). */
double compare_counts(const struct compare_estimate *before, const struct compare_estimate *after);

/* Holm's correction of `cnt` values of p, which are sorted, into adjusted[]. */
void holm_adjust(const double *p, double *adjusted, size_t cnt);

#endif
