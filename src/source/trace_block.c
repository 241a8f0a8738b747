// SPDX-License-Identifier: GPL-2.0
/* From blocks to events, and over what is missing. */
#include "trace_source.h"

#include <errno.h>

static void put_event(struct trace_source *src, const struct urb_event *ev)
{
	if (src->selection.selector_cnt && !selection_has(&src->selection, ev))
		return;
	src->out.emit(src->out.ctx, ev);
	src->out.cnt++;
}

static void put_plain(struct trace_source *src, enum urb_event_kind kind, uint32_t ep, uint64_t ns)
{
	struct urb_event ev = { .time_ns = ns, .ep = ep, .kind = kind, .type = URB_TYPE_UNKNOWN };

	if (kind == URB_EV_LOST)
		ev.lost.until_ns = ns;
	put_event(src, &ev);
}

static void put_lost(struct trace_source *src, const struct trace_block *block)
{
	struct urb_event ev = {
		.time_ns = src->begun ? src->reached_ns : block->first_ns,
		.ep = URB_EP_ANY,
		.kind = URB_EV_LOST,
		.type = URB_TYPE_UNKNOWN,
		.lost = { .count = block->event - src->event, .until_ns = block->first_ns },
	};

	put_event(src, &ev);
	src->lost = true;
}

static uint32_t generation_of(const struct trace_source *src, uint32_t ep)
{
	uint32_t cnt = idmap_find(&src->gone, ep & ~UINT32_C(0xff), 0);

	return cnt == IDMAP_NONE ? 0 : cnt;
}

static int set_generation(struct trace_source *src, uint32_t ep, uint32_t generation)
{
	return idmap_set(&src->gone, ep & ~UINT32_C(0xff), 0, generation);
}

/* What was unplugged unseen: all of it is over, whatever is at its address now. */
static int put_gone(struct trace_source *src, uint64_t ns)
{
	const struct trace_known *known;
	size_t cnt;

	known = trace_decoder_known(src->dec, &cnt);
	for (size_t i = 0; i < cnt; i++) {
		uint32_t ep = known[i].ep;

		if (known[i].generation == generation_of(src, ep))
			continue;
		if (src->lost)
			put_plain(src, URB_EV_GONE, ep, ns);
		for (size_t j = i; src->lost && j < cnt; j++) {
			if ((known[j].ep ^ ep) < 0x100)
				put_plain(src, URB_EV_SYNC, known[j].ep, ns);
		}
		if (set_generation(src, ep, known[i].generation))
			return -ENOMEM;
	}
	return 0;
}

/* Who leaps has to know of doubts that are over: contradictions count after one. */
static bool is_history(const struct trace_source *src, const struct trace_known *known)
{
	return src->leapt && known->flags & TRACE_ONCE && !(known->flags & TRACE_LOST);
}

static void put_facts(struct trace_source *src, const struct trace_known *known, uint64_t ns)
{
	struct urb_event ev = {
		.time_ns = ns,
		.ep = known->ep,
		.kind = URB_EV_FACTS,
		.type = known->facts ? known->facts->type : URB_TYPE_UNKNOWN,
		.facts = known->facts,
	};

	if (known->facts)
		put_event(src, &ev);
	/* the recording itself was in doubt here; we are told so no more than once */
	if (!src->lost && (known->flags & TRACE_LOST || is_history(src, known)))
		put_plain(src, URB_EV_LOST, known->ep, ns);
}

static int put_in_flight(struct trace_source *src, uint64_t ns)
{
	struct trace_open open;
	int got;

	while ((got = trace_decoder_open(src->dec, &open)) > 0) {
		struct urb_event ev = {
			.time_ns = ns,
			.id = open.number,
			.ep = open.ep,
			.stream = open.stream,
			.kind = URB_EV_INFLIGHT,
			.type = open.type,
			.submit = { .slot = open.slot, .length = open.length },
		};

		/* a SYNC to come will tell; until then nobody knows */
		if (!(idmap_find(&src->flags, open.ep, 0) & TRACE_LOST))
			put_event(src, &ev);
	}
	return got;
}

/* The block tells what was known before it, and we do not know: the gap is over. */
static int put_scene(struct trace_source *src, const struct trace_block *block)
{
	uint64_t ns = block->first_ns;
	const struct trace_known *known;
	size_t cnt;
	int err;

	known = trace_decoder_known(src->dec, &cnt);
	for (size_t i = 0; i < cnt; i++) {
		put_facts(src, &known[i], ns);
		if (idmap_set(&src->flags, known[i].ep, 0, known[i].flags))
			return -ENOMEM;
	}
	src->told |= block->flags & TRACE_TOLD;
	err = put_in_flight(src, ns);
	/* what was just named is not confirmed for a SYNC that was recorded */
	for (size_t i = 0; i < cnt && !err && !src->lost; i++) {
		if (!(known[i].flags & TRACE_LOST))
			put_plain(src, URB_EV_SYNC, known[i].ep, ns);
	}
	if (err || !src->lost)
		return err;
	if (block->flags & TRACE_WHOLE)
		put_plain(src, URB_EV_SYNC, URB_EP_ANY, ns);
	for (size_t i = 0; i < cnt && !(block->flags & TRACE_WHOLE); i++) {
		if (known[i].flags & TRACE_SURE)
			put_plain(src, URB_EV_SYNC, known[i].ep, ns);
	}
	src->lost = false;
	return 0;
}

static void take_run(struct trace_source *src)
{
	const struct trace_run *run = trace_decoder_run(src->dec);

	if (!run)
		return;
	src->run = *run;
	src->run.id = src->head.run;
	src->base.late = run->late;
	src->base.skipped = run->skipped;
}

/* The first block that can be begun with. */
static void begin(struct trace_source *src, const struct trace_block *block)
{
	struct source_info *info = &src->base.info;

	info->kind = src->run.kind;
	info->clock = src->run.clock;
	info->resolution_ns = src->run.resolution_ns;
	info->sees = src->run.sees;
	info->silent = src->run.silent;
	info->walks = src->run.walks;
	info->run = &src->run;
	info->start_ns = src->start_ns;
	if (!src->start_ns)
		info->start_ns = src->middle ? block->first_ns : src->run.start_ns;
	src->begun = true;
}

/* Is all told that was in flight there before what was read? */
static bool is_named(const struct trace_source *src, uint32_t ep)
{
	uint32_t flags = idmap_find(&src->flags, ep, 0);

	return flags == IDMAP_NONE ? src->told : flags & TRACE_NAMED;
}

static int put_events(struct trace_source *src)
{
	struct urb_event ev;
	int got, err;

	while ((got = trace_decoder_event(src->dec, &ev)) > 0) {
		/* one that was seen is no news to the next block that tells what is known */
		err = ev.kind == URB_EV_GONE ? set_generation(src, ev.ep, generation_of(src, ev.ep) + 1) : 0;
		if (err)
			return err;
		if (src->middle && ev.kind == URB_EV_COMPLETE && is_named(src, ev.ep))
			ev.flags |= URB_F_TOLD;
		put_event(src, &ev);
	}
	return got;
}

int trace_take_block(struct trace_source *src, const struct trace_block *block)
{
	bool key = block->flags & TRACE_KEY, middle = !src->begun && src->middle;
	int err = 0;

	if (block->seq != src->seq)
		trace_damage(src);
	take_run(src);
	/* what cannot be understood without what was lost is lost as well */
	if (!src->begun && !key && block->type != TRACE_END) {
		src->seq = block->seq + 1;
		return 0;
	}
	if (!src->begun)
		begin(src, block);
	src->base.info.wall_ns = block->wall_ns;
	if (block->event != src->event)
		put_lost(src, block);
	if (key)
		err = put_gone(src, block->first_ns);
	if (!err && key && (src->lost || middle))
		err = put_scene(src, block);
	if (!err)
		err = put_events(src);
	src->seq = block->seq + 1;
	src->event = block->event + block->events;
	src->reached_ns = block->last_ns;
	src->ended = block->type == TRACE_END;
	return err;
}
