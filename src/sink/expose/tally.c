// SPDX-License-Identifier: GPL-2.0
#include "sink/expose/tally.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ROUND 16	/* cells, so that a tally does not grow one by one */

void tally_release(struct tally *tally)
{
	free(tally->cell);
	*tally = (struct tally){ 0 };
}

/* Makes room for the cells from `first` to before `end`. */
static int tally_room(struct tally *tally, uint32_t first, uint32_t end)
{
	uint32_t low = tally->first, high = tally->first + tally->cnt;
	uint64_t *cell;

	if (tally->cnt && first >= low && end <= high)
		return 0;
	first = first / ROUND * ROUND;
	end = (end + ROUND - 1) / ROUND * ROUND;
	if (tally->cnt && first > low)
		first = low;
	if (tally->cnt && end < high)
		end = high;
	cell = calloc(end - first, sizeof(*cell));
	if (!cell)
		return -ENOMEM;
	if (tally->cnt)
		memcpy(cell + (low - first), tally->cell, tally->cnt * sizeof(*cell));
	free(tally->cell);
	tally->cell = cell;
	tally->first = first;
	tally->cnt = end - first;
	return 0;
}

static uint64_t minus(uint64_t to, uint64_t from)
{
	return to > from ? to - from : 0;
}

/* Adds what `to` has more in the cells from `first` to before `end`; returns how much. */
static uint64_t grow_cells(struct tally *tally, const struct hist *to, const struct hist *from,
			   uint32_t first, uint32_t end)
{
	uint64_t grown = 0;

	for (uint32_t i = first; i < end; i++) {
		uint64_t more = minus(to->bucket[i], from->bucket[i]);

		tally->cell[i - tally->first] += more;
		grown += more;
	}
	return grown;
}

/* What is in use of a histogram lies together, most often. */
static void used_range(const struct hist *h, uint32_t *first, uint32_t *end)
{
	*first = 0;
	*end = HIST_BUCKETS;
	while (*first < *end && !h->bucket[*first])
		++*first;
	while (*end > *first && !h->bucket[*end - 1])
		--*end;
}

int tally_grow_times(struct tally *tally, const struct hist *to, const struct hist *from)
{
	static const struct hist empty;
	uint32_t old_first = tally->first, old_end = tally->first + tally->cnt, first, end;
	uint64_t more, grown;

	if (!to)
		return 0;
	if (!from)
		from = &empty;
	more = minus(to->count, from->count);
	grown = grow_cells(tally, to, from, old_first, old_end);
	/* Elsewhere something was counted for the first time: seldom, and a histogram is large. */
	if (grown < more) {
		used_range(to, &first, &end);
		if (tally_room(tally, first, end)) {
			tally->count += grown;
			return -ENOMEM;
		}
		if (old_first == old_end)
			old_first = old_end = end;
		grown += grow_cells(tally, to, from, first, old_first);
		grown += grow_cells(tally, to, from, old_end, end);
	}
	tally->count += grown;
	tally->sum += minus(to->sum, from->sum);
	return 0;
}

int tally_grow_depths(struct tally *tally, const struct depth_figures *to,
		      const struct endpoint_earlier *from)
{
	uint32_t first = 0, end = to->at_submit_cnt;

	while (first < end && to->at_submit[first] <= earlier_at_submit(from, first))
		first++;
	if (first == end)
		return 0;
	if (tally_room(tally, first, end))
		return -ENOMEM;
	for (uint32_t i = first; i < end; i++) {
		uint64_t more = minus(to->at_submit[i], earlier_at_submit(from, i));

		tally->cell[i - tally->first] += more;
		tally->count += more;
		tally->sum += i * more;
	}
	return 0;
}

int tally_merge(struct tally *tally, const struct tally *other)
{
	if (!other->cnt)
		return 0;
	if (tally_room(tally, other->first, other->first + other->cnt))
		return -ENOMEM;
	for (uint32_t i = 0; i < other->cnt; i++)
		tally->cell[other->first + i - tally->first] += other->cell[i];
	tally->count += other->count;
	tally->sum += other->sum;
	return 0;
}
