// SPDX-License-Identifier: GPL-2.0
#include "skips.h"

#include <string.h>

#include "urbscope/source.h"

void skips_init(struct skips *skips, size_t probes)
{
	memset(skips, 0, sizeof(*skips));
	skips->cnt = probes;
	for (size_t i = 0; i < probes; i++)
		skips->probe[i] = (struct skips_probe){ .known = UINT64_MAX, .now = UINT64_MAX };
}

void skips_read(struct skips *skips, size_t probe, uint64_t hits, uint64_t runs)
{
	uint64_t without = hits > runs ? hits - runs : 0;

	if (without < skips->probe[probe].now)
		skips->probe[probe].now = without;
}

bool skips_unclear(const struct skips *skips)
{
	for (size_t i = 0; i < skips->cnt; i++) {
		if (skips->probe[i].now > skips->probe[i].known)
			return true;
	}
	return false;
}

static void doubt(struct skips_probe *p, uint64_t now)
{
	p->since_ns = now;
	p->least = UINT64_MAX;
}

static uint64_t settle(struct skips_probe *p, uint64_t now)
{
	uint64_t fresh;

	if (p->now <= p->known) {
		/* less: a hit that was on its way had been taken for one from before */
		p->known = p->now;
		p->since_ns = 0;
		p->clean_ns = now;
		return 0;
	}
	if (!p->since_ns)
		doubt(p, now);
	if (p->now <= p->least) {
		p->least = p->now;
		p->least_ns = now;
	}
	if (now - p->since_ns < SOURCE_HORIZON_NS)
		return 0;
	fresh = p->least - p->known;
	p->known = p->least;
	p->clean_ns = p->least_ns;
	p->since_ns = 0;
	if (p->now > p->known)
		doubt(p, now);
	return fresh;
}

uint64_t skips_settle(struct skips *skips, uint64_t now, uint64_t *clean_ns)
{
	uint64_t fresh = 0;

	*clean_ns = now;
	for (size_t i = 0; i < skips->cnt; i++) {
		struct skips_probe *p = &skips->probe[i];

		fresh += settle(p, now);
		if (p->since_ns && p->clean_ns < *clean_ns)
			*clean_ns = p->clean_ns;
		p->last = p->now;
		p->now = UINT64_MAX;
	}
	return fresh;
}

uint64_t skips_left(const struct skips *skips)
{
	uint64_t left = 0;

	for (size_t i = 0; i < skips->cnt; i++) {
		const struct skips_probe *p = &skips->probe[i];

		if (p->since_ns)
			left += p->last - p->known;
	}
	return left;
}
