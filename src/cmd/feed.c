// SPDX-License-Identifier: GPL-2.0
#include "feed.h"

#include <errno.h>
#include <string.h>

/* Ten minutes, or what fits into this. */
#define HISTORY_NS    UINT64_C(600000000000)
#define HISTORY_BYTES ((size_t)32 << 20)

static int observe(void *ctx, const struct track_step *step)
{
	return recent_apply(ctx, step);
}

int feed_init(struct feed *feed)
{
	memset(feed, 0, sizeof(*feed));
	feed->history = history_new(HISTORY_NS, HISTORY_BYTES);
	return feed->history ? 0 : -ENOMEM;
}

int feed_begin(struct feed *feed, struct figures *figures)
{
	if (!feed->history)
		return 0;
	recent_free(feed->recent);
	feed->recent = recent_new();
	if (!feed->recent)
		return -ENOMEM;
	feed->last_of = 0;
	feed->kernel = source_info(figures->src)->live;
	figures->observe = observe;
	figures->observe_ctx = feed->recent;
	return 0;
}

static void forget_past(struct feed *feed)
{
	snapshot_free(feed->past_total);
	snapshot_free(feed->past_interval);
	feed->past_total = feed->past_interval = NULL;
	feed->past = 0;
}

void feed_release(struct feed *feed)
{
	forget_past(feed);
	history_free(feed->history);
	recent_free(feed->recent);
	source_symbols_free(feed->symbols);
}

int feed_add(struct feed *feed, const struct snapshot *total, const struct snapshot *interval)
{
	return feed->history ? history_add(feed->history, total, interval) : 0;
}

/* Read once, when the first name is wanted: that takes some time. */
static const char *symbol(void *ctx, uint64_t address)
{
	struct feed *feed = ctx;

	if (!feed->symbols)
		feed->symbols = source_symbols_new();
	return feed->symbols ? source_symbol(feed->symbols, address) : NULL;
}

static int recall(struct feed *feed, uint64_t moment, const struct snapshot *latest)
{
	int err;

	if (moment == feed->past)
		return 0;
	forget_past(feed);
	if (!moment)
		return 0;
	err = history_recall(feed->history, moment, latest, &feed->past_total,
			     &feed->past_interval);
	if (!err)
		feed->past = moment;
	return err == -ENOMEM ? err : 0;
}

/* While the view is held, what happened last stays what it was then. */
static void look_at_last(struct feed *feed, const struct top_view *view)
{
	uint32_t serial = top_endpoint(view);
	uint64_t moment = top_moment(view);

	if (!serial || !feed->recent || (moment && feed->last_moment && serial == feed->last_of))
		return;
	recent_of(feed->recent, serial, &feed->last);
	feed->last_of = serial;
	feed->last_moment = moment;
}

int feed_look(struct feed *feed, const struct top_view *view, const struct snapshot *total,
	      const struct snapshot *interval, struct top_data *data)
{
	uint64_t moment = feed->history ? top_moment(view) : 0;
	int err;

	if (moment && moment < history_first(feed->history))
		moment = history_first(feed->history);
	/* the newest is here as it is, with the distributions of the run */
	if (moment && moment == history_last(feed->history))
		err = recall(feed, 0, total);
	else
		err = recall(feed, moment, total);
	if (err)
		return err;
	look_at_last(feed, view);
	if (!moment)
		feed->last_moment = 0;
	*data = (struct top_data){
		.total = feed->past ? feed->past_total : total,
		.interval = feed->past ? feed->past_interval : interval,
		.history = feed->history,
		.recent = top_endpoint(view) && feed->recent ? &feed->last : NULL,
		.symbol = feed->kernel ? symbol : NULL,
		.symbol_ctx = feed,
	};
	return 0;
}
