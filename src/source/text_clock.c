// SPDX-License-Identifier: GPL-2.0
#include "text_clock.h"

#define LONG_PERIOD_NS ((UINT64_C(1) << 32) * 1000)
#define INVERSION_NS   UINT64_C(1000000000)

uint64_t text_clock_at(const struct text_record *rec, uint64_t now_us)
{
	const uint64_t period_us = TEXT_PERIOD_NS / 1000;
	uint64_t stamp_us = rec->stamp_ns / 1000 % period_us;

	return (now_us - (now_us % period_us + period_us - stamp_us) % period_us) * 1000;
}

/* How far this stamp is ahead of the last, by a clock that begins anew; *late: it is behind. */
static uint64_t step_of(const struct text_clock *clock, const struct text_record *rec, bool *late)
{
	uint64_t period = clock->long_period ? LONG_PERIOD_NS : TEXT_PERIOD_NS;
	uint64_t from = clock->stamp_ns, to = rec->stamp_ns;
	bool wraps = !rec->in_seconds && from < period && to < period;

	if (to < from) {
		*late = !wraps || from - to <= TEXT_PERIOD_NS / 2;
		return *late ? 0 : to + period - from;
	}
	/* a little older, from before the clock began anew */
	*late = wraps && from + period - to <= INVERSION_NS;
	return *late ? 0 : to - from;
}

uint64_t text_clock_tell(struct text_clock *clock, const struct text_record *rec, bool *late)
{
	uint64_t step;

	*late = false;
	clock->long_period |= rec->stamp_ns >= TEXT_PERIOD_NS;
	if (!clock->begun) {
		clock->begun = true;
		clock->stamp_ns = clock->now_ns = rec->stamp_ns;
		return clock->now_ns;
	}
	/* kernels of old gave an E record no stamp */
	if (rec->kind == 'E' && !rec->stamp_ns)
		return clock->now_ns;
	step = step_of(clock, rec, late);
	if (step > UINT64_MAX / 2 - clock->now_ns)
		*late = true;
	else
		clock->now_ns += step;
	if (!*late || clock->stamp_ns > rec->stamp_ns + INVERSION_NS)
		clock->stamp_ns = rec->stamp_ns;
	return clock->now_ns;
}
