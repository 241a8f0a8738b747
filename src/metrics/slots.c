// SPDX-License-Identifier: GPL-2.0
#include "metrics/slots.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void slots_release(struct slots *slots)
{
	free(slots->ends);
	*slots = (struct slots){ 0 };
}

/* How many end at `time_ns` or before. */
static uint32_t ended_by(const struct slots *slots, uint64_t time_ns)
{
	uint32_t low = 0, high = slots->cnt;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (slots->ends[middle].end_ns <= time_ns)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int add(struct slots *slots)
{
	uint32_t room = slots->room ? slots->room * 2 : 8;
	struct slot_end *bigger;

	if (slots->cnt < slots->room)
		return 0;
	bigger = realloc(slots->ends, room * sizeof(*bigger));
	if (!bigger)
		return -ENOMEM;
	slots->ends = bigger;
	slots->room = room;
	return 0;
}

int slots_take(struct slots *slots, uint64_t start_ns, uint64_t end_ns, uint32_t *slot)
{
	uint32_t at = ended_by(slots, start_ns);

	if (at) {
		at--;
		*slot = slots->ends[at].slot;
		memmove(slots->ends + at, slots->ends + at + 1,
			(slots->cnt - at - 1) * sizeof(*slots->ends));
		slots->cnt--;
	} else if (add(slots)) {
		return -ENOMEM;
	} else {
		*slot = slots->cnt;
	}
	at = ended_by(slots, end_ns);
	memmove(slots->ends + at + 1, slots->ends + at, (slots->cnt - at) * sizeof(*slots->ends));
	slots->ends[at] = (struct slot_end){ end_ns, *slot };
	slots->cnt++;
	return 0;
}
