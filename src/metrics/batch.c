// SPDX-License-Identifier: GPL-2.0
#include "urbscope/batch.h"

#include <stdlib.h>

void batch_add(struct batch *to, const struct batch *more)
{
	to->wall_ns += more->wall_ns;
	to->busy_ns += more->busy_ns;
	to->gap_ns += more->gap_ns;
	to->level_ns += more->level_ns;
	to->gaps += more->gaps;
	to->latency_ns += more->latency_ns;
	to->latency_cnt += more->latency_cnt;
	to->bytes += more->bytes;
	to->completed += more->completed;
	to->failures += more->failures;
	to->submissions += more->submissions;
	to->refused += more->refused;
}

const struct batch_list *batches_find(const struct batches *batches, uint32_t serial)
{
	size_t low = 0, high = batches->cnt;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (batches->list[middle].serial == serial)
			return &batches->list[middle];
		if (batches->list[middle].serial < serial)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

void batches_free(struct batches *batches)
{
	/* list and batches are of the same allocation */
	free(batches);
}
