// SPDX-License-Identifier: GPL-2.0
#include "compare/estimate.h"

#include <math.h>

#include "compare/distribution.h"

/* Of the numbers of batches that are tried: Schmeiser, Operations Research 30 (1982). */
static const size_t ladder[] = { 32, 24, 18, 13, 9 };
#define STEPS	  (sizeof(ladder) / sizeof(ladder[0]))
#define FEWEST	  9
#define UNRELATED 0.1	/* a lag-1 correlation up to this is accepted */
#define RELATED	  0.3	/* ... up to this at the end of the ladder, for few degrees of freedom */
#define LITTLE_FREEDOM 2
#define ROUNDING  1e-9	/* of doubles and of times in ns, relative */

/* Of residuals x - ratio * y, summed up into m batches. */
struct batching {
	double squares;		/* sum of squares */
	double correlation;	/* lag-1 */
};

static struct batching batch_up(const struct pair *pairs, size_t cnt, double ratio, size_t m)
{
	struct batching b = { 0 };
	double products = 0, before = 0;

	for (size_t i = 0; i < m; i++) {
		double sum = 0;

		for (size_t k = i * cnt / m; k < (i + 1) * cnt / m; k++)
			sum += pairs[k].x - ratio * pairs[k].y;
		b.squares += sum * sum;
		products += sum * before;
		before = sum;
	}
	b.correlation = b.squares > 0 ? products / b.squares : 0;
	return b;
}

/*
 * Residuals sum up to 0, which takes 1/m from their correlation. What is left of it is taken to go
 * on as in an autoregression of the first order, of which the variance of the sum is known.
 */
static double inflation(double correlation, size_t m)
{
	double r = correlation + 1. / m;

	return r > 0 ? (1 + r) / (1 - r) : 1;
}

static void take_noise(struct compare_estimate *e, const struct batching *b, size_t m, double sum_y,
		       double freedom)
{
	e->noise_known = true;
	e->batches = m;
	e->freedom = freedom;
	e->variance = b->squares * m / (m - 1) / (sum_y * sum_y) * inflation(b->correlation, m);
}

struct compare_estimate estimate_within(const struct pair *pairs, size_t cnt)
{
	struct compare_estimate e = { 0 };
	double sum_x = 0, sum_y = 0;
	struct batching b;

	for (size_t i = 0; i < cnt; i++) {
		sum_x += pairs[i].x;
		sum_y += pairs[i].y;
	}
	if (!(sum_y > 0))
		return e;
	e.value = sum_x / sum_y;
	if (cnt < COMPARE_MIN_BATCHES)
		return e;
	for (size_t i = 0; i < STEPS; i++) {
		b = batch_up(pairs, cnt, e.value, ladder[i]);
		if (b.correlation > UNRELATED)
			continue;
		take_noise(&e, &b, ladder[i], sum_y, ladder[i] - 1);
		return e;
	}
	if (b.correlation <= RELATED)
		take_noise(&e, &b, FEWEST, sum_y, LITTLE_FREEDOM);
	return e;
}

struct compare_estimate estimate_between(const struct compare_estimate *runs, size_t cnt)
{
	struct compare_estimate e = { 0 };
	double within = 0, squares = 0;

	for (size_t i = 0; i < cnt; i++) {
		e.value += runs[i].value / cnt;
		e.count += runs[i].count;
		e.of += runs[i].of;
		within += runs[i].noise_known ? runs[i].variance / cnt / cnt : 0;
	}
	if (cnt < 2)
		return e;
	for (size_t i = 0; i < cnt; i++)
		squares += (runs[i].value - e.value) * (runs[i].value - e.value);
	e.noise_known = true;
	e.freedom = cnt - 1;
	e.variance = fmax(squares / (cnt - 1) / cnt, within);
	return e;
}

/* Returns the half width of the interval, in standard errors. */
static double welch(struct compare_result *r)
{
	const struct compare_estimate *a = &r->side[COMPARE_BEFORE], *b = &r->side[COMPARE_AFTER];
	double difference = b->value - a->value, size = fmax(fabs(a->value), fabs(b->value));
	double variance = a->variance + b->variance, error = sqrt(variance), freedom;

	if (error <= ROUNDING * size) {
		/* nothing varies at all */
		r->p = fabs(difference) <= ROUNDING * size ? 1 : 0;
		return 0;
	}
	freedom = variance * variance / (a->variance * a->variance / a->freedom +
					 b->variance * b->variance / b->freedom);
	r->p = student_two_sided(difference / error, freedom);
	return student_quantile(COMPARE_FALSE_ALARMS, freedom);
}

/*
 * E. C. Fieller, J. R. Statist. Soc. B 16 (1954): all ratios q of which after - q * before is no
 * further from 0 than `reach` of its standard errors. 1 is one of them just where the difference
 * is not told apart. Without an upper end where `before` may be 0.
 */
static void ratio_interval(struct compare_result *r, double reach)
{
	const struct compare_estimate *before = &r->side[COMPARE_BEFORE];
	const struct compare_estimate *after = &r->side[COMPARE_AFTER];
	double square = before->value * before->value - reach * reach * before->variance;
	double rest = after->value * after->value - reach * reach * after->variance;
	double product = after->value * before->value;
	double root = sqrt(fmax(0, product * product - square * rest));

	/* roots of square * q^2 - 2 * product * q + rest, without taking like from like */
	r->low = rest > 0 ? rest / (product + root) - 1 : -1;
	r->high = square > 0 ? (product + root) / square - 1 : INFINITY;
}

void compare_estimates(struct compare_result *r, bool relative)
{
	const struct compare_estimate *a = &r->side[COMPARE_BEFORE], *b = &r->side[COMPARE_AFTER];
	double reach = welch(r), width = reach * sqrt(a->variance + b->variance);

	r->relative = relative && a->value > 0 && b->value > 0;
	if (r->relative) {
		r->change = b->value / a->value - 1;
		ratio_interval(r, reach);
		return;
	}
	r->change = b->value - a->value;
	r->low = r->change - width;
	r->high = r->change + width;
}

double compare_counts(const struct compare_estimate *a, const struct compare_estimate *b)
{
	double share;

	if (!a->of || !b->of)
		return 1;
	share = (double)a->of / ((double)a->of + (double)b->of);
	return binomial_two_sided(a->count, a->count + b->count, share);
}

void holm_adjust(const double *p, double *adjusted, size_t cnt)
{
	double largest = 0;

	for (size_t i = 0; i < cnt; i++) {
		largest = fmax(largest, fmin(1, p[i] * (cnt - i)));
		adjusted[i] = largest;
	}
}
