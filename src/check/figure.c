// SPDX-License-Identifier: GPL-2.0
/* What the snapshot says of each kind of assertion, and which of them must see the run as it goes. */
#include "check/check.h"
#include "urbscope/findings.h"

const struct watch_ops *watch_ops_of(enum assertion_kind kind)
{
	switch (kind) {
	case ASSERT_MIN_DEPTH:
	case ASSERT_MAX_DEPTH:
		return &depth_watch;
	case ASSERT_MIN_MEAN_DEPTH:
	case ASSERT_MIN_P1_DEPTH:
	case ASSERT_MIN_P50_DEPTH:
	case ASSERT_MAX_GAP:
	case ASSERT_MAX_GAP_P99:
	case ASSERT_MAX_GAP_SHARE:
	case ASSERT_MAX_UNPOSTED:
		return &gap_watch;
	case ASSERT_MAX_LATENCY:
	case ASSERT_MAX_ERRORS:
	case ASSERT_MAX_STATUS:
		return &completion_watch;
	case ASSERT_MAX_REFUSED:
		return &refused_watch;
	default:
		return NULL;
	}
}

static struct figure exactly(double value, bool seen, bool some)
{
	return (struct figure){ value, value, seen, some };
}

static struct figure percentile(const struct hist *hist, uint64_t value, bool seen)
{
	unsigned int bucket = hist_bucket(value);
	struct figure f = { .seen = seen, .some = hist };

	if (!hist)
		return f;
	f.low = bucket ? (double)hist_upper(bucket - 1) + 1 : 0;
	f.high = (double)(hist_upper(bucket) < hist->max ? hist_upper(bucket) : hist->max);
	if (f.low > f.high)
		f.low = f.high;
	return f;
}

static uint64_t status_count(const struct endpoint_figures *ep, int32_t status)
{
	for (size_t i = 0; i < ep->status_cnt; i++) {
		if (ep->status[i].status == status)
			return ep->status[i].count;
	}
	return 0;
}

struct figure figure_of(const struct assertion *a, const struct endpoint_figures *ep)
{
	const struct time_figures *latency = &ep->latency;
	bool depth = ep->depth.seen, busy = ep->busy_ns;

	switch (a->kind) {
	case ASSERT_MIN_MEAN_DEPTH:
	case ASSERT_MAX_MEAN_DEPTH:
		return exactly(ep->depth.mean, depth, busy);
	case ASSERT_MIN_P1_DEPTH:
		return exactly(ep->depth.p1, depth, busy);
	case ASSERT_MIN_P50_DEPTH:
		return exactly(ep->depth.p50, depth, busy);
	case ASSERT_MAX_P99_DEPTH:
		return exactly(ep->depth.p99, depth, busy);
	case ASSERT_MAX_GAP:
		return exactly((double)ep->gaps.max_ns, depth, busy);
	case ASSERT_MAX_GAP_P99:
		return ep->gaps.count ? percentile(ep->gaps.hist, ep->gaps.p99_ns, depth)
				      : exactly(0, depth, busy);
	case ASSERT_MAX_GAP_SHARE:
		return exactly(ep->gaps.share, depth, busy);
	case ASSERT_MAX_UNPOSTED:
		return exactly((double)ep->unposted_ns, depth, busy);
	case ASSERT_MAX_LATENCY:
		return exactly((double)latency->max_ns, latency->seen, latency->count);
	case ASSERT_MAX_LATENCY_P99:
		return percentile(latency->hist, latency->p99_ns, latency->seen);
	case ASSERT_MAX_LATENCY_MEAN:
		return exactly(latency->mean_ns, latency->seen, latency->count);
	case ASSERT_MIN_THROUGHPUT:
		return exactly(busy ? (double)ep->bytes * 1e9 / (double)ep->busy_ns : 0, depth, busy);
	case ASSERT_MAX_ERRORS:
		return exactly((double)endpoint_failures(ep), true, ep->transfers.completed);
	case ASSERT_MAX_STATUS:
		return exactly((double)status_count(ep, a->status), true, ep->transfers.completed);
	case ASSERT_MAX_REFUSED:
		return exactly((double)ep->transfers.failed_submit, true, true);
	case ASSERT_MIN_TRANSFERS:
		return exactly((double)ep->transfers.completed, true, true);
	case ASSERT_MIN_BYTES:
		return exactly((double)ep->bytes, true, true);
	default:
		return exactly(0, false, false);
	}
}
