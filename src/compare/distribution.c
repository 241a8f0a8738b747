// SPDX-License-Identifier: GPL-2.0
#include "compare/distribution.h"

#include <math.h>

#define EPSILON	  1e-15
#define TINY	  1e-300
#define MAX_TERMS 200000	/* about the root of the larger of a and b is enough */

/* Coefficient d(m) of the continued fraction, m from 1. */
static double coefficient(double a, double b, double x, unsigned int m)
{
	double k = m / 2;

	if (m % 2)
		return -(a + k) * (a + b + k) * x / ((a + 2 * k) * (a + 2 * k + 1));
	return k * (b - k) * x / ((a + 2 * k - 1) * (a + 2 * k));
}

static double away_from_zero(double value)
{
	return fabs(value) < TINY ? TINY : value;
}

/* 1/(1 + d(1)/(1 + d(2)/(1 + ...))), front to back as Lentz does it: one ratio a term. */
static double continued_fraction(double a, double b, double x)
{
	double value = 1, c = 1, d = 0;

	for (unsigned int m = 1; m <= MAX_TERMS; m++) {
		double term = coefficient(a, b, x, m), step;

		d = 1 / away_from_zero(1 + term * d);
		c = away_from_zero(1 + term / c);
		step = c * d;
		value *= step;
		if (fabs(step - 1) < EPSILON)
			break;
	}
	return 1 / value;
}

static double log_gamma(double x)
{
	int sign;

	return lgamma_r(x, &sign);
}

double beta_regularised(double a, double b, double x)
{
	double front;

	if (x <= 0)
		return 0;
	if (x >= 1)
		return 1;
	/* the fraction converges fast on this side of the mean only */
	if (x > (a + 1) / (a + b + 2))
		return 1 - beta_regularised(b, a, 1 - x);
	front = log_gamma(a + b) - log_gamma(a) - log_gamma(b) + a * log(x) + b * log1p(-x);
	return exp(front) / a * continued_fraction(a, b, x);
}

double student_two_sided(double t, double df)
{
	if (isinf(t))
		return 0;
	return beta_regularised(df / 2, 0.5, df / (df + t * t));
}

double student_quantile(double p, double df)
{
	double low = 0, high = 1;

	while (student_two_sided(high, df) > p && high < 1e12)
		high *= 2;
	for (int i = 0; i < 100; i++) {
		double middle = (low + high) / 2;

		if (student_two_sided(middle, df) > p)
			low = middle;
		else
			high = middle;
	}
	return (low + high) / 2;
}

double binomial_two_sided(uint64_t k, uint64_t n, double p)
{
	double below, above, tail;

	if (!n)
		return 1;
	/* P(X >= k) is I_p(k, n - k + 1) (8.17.5 there) */
	above = k ? beta_regularised(k, (double)(n - k) + 1, p) : 1;
	below = k < n ? 1 - beta_regularised((double)k + 1, n - k, p) : 1;
	tail = above < below ? above : below;
	return tail < 0.5 ? 2 * tail : 1;
}
