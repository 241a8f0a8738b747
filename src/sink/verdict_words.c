// SPDX-License-Identifier: GPL-2.0
#include "sink/verdict_words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sink/table.h"
#include "urbscope/format.h"
#include "urbscope/verdict.h"

static const struct {
	const char *name, *says;
} doubts[DOUBTS] = {
	[DOUBT_NOT_FOUND] = { "not-found",
		"no such endpoint was seen; `urbscope list` shows what there is" },
	[DOUBT_NO_TRAFFIC] = { "no-traffic", "no traffic that it could be judged by" },
	[DOUBT_LOST] = { "lost", "events were lost: a larger --ring, or a narrower --select, keeps up" },
	[DOUBT_UNPAIRED] = { "unpaired", "the beginning or the end of a transfer was not seen" },
	[DOUBT_UNSEEN] = { "unseen", "the source cannot see what it needs" },
	[DOUBT_NOT_IN] = { "not-in", "is about IN endpoints" },
	[DOUBT_RESOLUTION] = { "resolution",
		"the limit is within the 9% that a percentile is known to" },
	[DOUBT_BROKEN_OFF] = { "broken-off", "the recording broke off" },
	[DOUBT_ORDER] = { "order", "events came too late, or out of order" },
	[DOUBT_SKIPPED] = { "skipped", "records of the recording were not understood" },
};

const char *doubt_name(enum doubt doubt)
{
	return doubt < DOUBTS ? doubts[doubt].name : NULL;
}

const char *verdict_name(enum verdict verdict)
{
	static const char *const names[] = {
		[VERDICT_HOLDS] = "holds",
		[VERDICT_INCONCLUSIVE] = "inconclusive",
		[VERDICT_VIOLATED] = "violated",
	};

	return names[verdict];
}

static void value_text(enum assertion_unit unit, double value, char *buf, size_t size)
{
	char f[FMT_SIZE];

	switch (unit) {
	case UNIT_MEAN:
		snprintf(buf, size, "%s", fmt_mean(f, value));
		return;
	case UNIT_TIME:
		snprintf(buf, size, "%s", fmt_duration(f, (uint64_t)value));
		return;
	case UNIT_SHARE:
		snprintf(buf, size, "%s", fmt_percent(f, value));
		return;
	case UNIT_BYTE_RATE:
		snprintf(buf, size, "%s MB/s", fmt_mbps(f, value));
		return;
	case UNIT_BYTES:
		snprintf(buf, size, "%.0f bytes", value);
		return;
	default:
		snprintf(buf, size, "%.0f", value);
	}
}

static void limit_text(const struct assertion *a, char *buf, size_t size)
{
	const struct assertion_info *info = assertion_info(a->kind);
	const char *status = a->kind == ASSERT_MAX_STATUS ? urb_errno_name(a->status) : NULL;
	char limit[64], share[FMT_SIZE];

	value_text(info->unit, a->limit, limit, sizeof(limit));
	if (a->kind == ASSERT_RULES)
		snprintf(buf, size, "%s", info->name);
	else if (a->kind >= ASSERTION_KINDS)
		snprintf(buf, size, "%s of depth %s", info->name, limit);
	else if (a->share < 1)
		snprintf(buf, size, "%s %s for %s", info->name, limit, fmt_percent(share, a->share));
	else
		snprintf(buf, size, "%s %s%s%s", info->name, status ? status : "", status ? "=" : "",
			 limit);
}

static void endpoint_text(const struct check_result *r, char *buf, size_t size)
{
	const struct endpoint_figures *ep = r->parent ? r->parent : r->endpoint;
	char device[DEVICE_SIZE], type[TYPE_SIZE], stream[16] = "";

	device_name(ep, device);
	endpoint_type(ep, type);
	if (r->parent)
		snprintf(stream, sizeof(stream), "#%u", r->endpoint->stream);
	snprintf(buf, size, "%s 0x%02x%s %s", device, urb_ep_endpoint(ep->ep), stream, type);
}

void result_name(const struct check_result *r, char *buf, size_t size)
{
	char object[128], limit[128] = "";

	if (!r->assertion) {
		snprintf(buf, size, "%s", r->target->name);
		return;
	}
	limit_text(r->assertion, limit, sizeof(limit));
	if (r->endpoint)
		endpoint_text(r, object, sizeof(object));
	snprintf(buf, size, "%s: %s%s%s", r->endpoint ? object : r->target->name, limit,
		 r->rule ? ", " : "", check_rule_info(r->rule)->name);
}

void verdict_assertion(const struct check_target *target, const struct assertion *assertion, char *buf,
		       size_t size)
{
	const struct check_result nowhere = { .target = target, .assertion = assertion };

	result_name(&nowhere, buf, size);
}

static void depth_sentence(const struct check_result *r, char *buf, size_t size)
{
	bool min = r->assertion->kind == ASSERT_MIN_DEPTH;
	char bad[FMT_SIZE], counted[FMT_SIZE], share[FMT_SIZE], never[64] = "";

	if (!r->bad_ns && !r->never_cnt) {
		snprintf(buf, size, "always, for %s", fmt_duration(counted, r->counted_ns));
		return;
	}
	if (r->never_cnt)
		snprintf(never, sizeof(never), "; %" PRIu64 " burst%s never reached it", r->never_cnt,
			 r->never_cnt == 1 ? "" : "s");
	snprintf(buf, size, "%s than %.0f in flight for %s of %s (%s), %" PRIu64 " time%s%s",
		 min ? "fewer" : "more", r->assertion->limit, fmt_duration(bad, r->bad_ns),
		 fmt_duration(counted, r->counted_ns),
		 fmt_percent(share, r->counted_ns ? (double)r->bad_ns / (double)r->counted_ns : 0),
		 r->bad_cnt, r->bad_cnt == 1 ? "" : "s", never);
}

/* No mistake of the driver's, and worth knowing. */
static void note_streams(const struct check_result *r, char *buf, size_t size)
{
	size_t at = strlen(buf);

	if (r->streams_asked)
		snprintf(buf + at, size - at, " (%" PRIu32 " granted of %" PRIu32 " asked for)",
			 r->streams_granted, r->streams_asked);
}

void result_sentence(const struct check_result *r, char *buf, size_t size)
{
	bool depth = r->assertion && (r->assertion->kind == ASSERT_MIN_DEPTH ||
				      r->assertion->kind == ASSERT_MAX_DEPTH);
	char measured[192] = "";

	if (depth && r->has_measured)
		depth_sentence(r, measured, sizeof(measured));
	else if (r->has_measured && !r->rule)
		value_text(assertion_info(r->assertion->kind)->unit, r->measured, measured,
			   sizeof(measured));
	if (r->rule && r->verdict == VERDICT_VIOLATED)
		snprintf(buf, size, "%s, %" PRIu64 " time%s", check_rule_info(r->rule)->broken, r->bad_cnt,
			 r->bad_cnt == 1 ? "" : "s");
	else if (r->rule && r->verdict == VERDICT_HOLDS)
		snprintf(buf, size, "%s", check_rule_info(r->rule)->says);
	else if (r->verdict != VERDICT_INCONCLUSIVE)
		snprintf(buf, size, "%s", measured);
	else
		snprintf(buf, size, "%s%s%s%s", doubts[r->doubt].says, measured[0] ? " (seen: " : "",
			 measured, measured[0] ? ")" : "");
	note_streams(r, buf, size);
}

const char *result_advice(const struct check_result *r)
{
	if (r->verdict != VERDICT_VIOLATED)
		return NULL;
	if (r->rule)
		return check_rule_info(r->rule)->source;
	switch (r->assertion->kind) {
	case ASSERT_MIN_DEPTH:
	case ASSERT_MIN_MEAN_DEPTH:
	case ASSERT_MIN_P1_DEPTH:
	case ASSERT_MIN_P50_DEPTH:
		return r->never_cnt ? "the driver never had that many URBs queued: is each transfer "
				      "waited for before the next one is submitted?"
				    : "a completed URB was not replaced in time: look at what runs "
				      "between its completion and the next submission";
	case ASSERT_MAX_DEPTH:
	case ASSERT_MAX_MEAN_DEPTH:
	case ASSERT_MAX_P99_DEPTH:
		return "what is queued deeper than the device needs waits longer: compare latency";
	case ASSERT_MAX_GAP:
	case ASSERT_MAX_GAP_P99:
	case ASSERT_MAX_GAP_SHARE:
		return "the bus waited for the host: keep another URB queued, or shorten what runs "
		       "between a completion and the next submission";
	case ASSERT_MAX_UNPOSTED:
		return "the device could not send: keep a URB posted";
	case ASSERT_MAX_UNPOSTED_PENDING:
		return "a device that must answer before it takes more blocks for ever: post IN before OUT";
	case ASSERT_MAX_LATENCY:
	case ASSERT_MAX_LATENCY_P99:
	case ASSERT_MAX_LATENCY_MEAN:
		return "`urbscope report --level full` parts it into the device's time, the giveback's "
		       "and the handler's";
	case ASSERT_MIN_THROUGHPUT:
		return "`urbscope report` tells depth and gaps of the same run";
	case ASSERT_MAX_REFUSED:
		return "usb_submit_urb() returned an error: see the rules of "
		       "Documentation/driver-api/usb/URB.rst";
	default:
		return NULL;
	}
}

void scene_sentence(const struct check_result *r, uint64_t start_ns, char *buf, size_t size)
{
	const struct check_scene *s = &r->scene;
	char length[FMT_SIZE];

	snprintf(buf, size, "at %.6f s: %" PRIu32 " in flight%s%s",
		 (double)(s->time_ns - start_ns) / 1e9, s->depth, s->length_ns ? ", for " : "",
		 s->length_ns ? fmt_duration(length, s->length_ns) : "");
}

static const char *const moment_words[] = {
	[MOMENT_SUBMITTED] = "submitted",
	[MOMENT_IN_FLIGHT] = "in flight",
	[MOMENT_COMPLETED] = "completed",
	[MOMENT_REFUSED] = "refused",
	[MOMENT_STREAMS_ASKED] = "usb_alloc_streams()",
	[MOMENT_STREAMS_FREED] = "usb_free_streams()",
	[MOMENT_STREAMS_ARE] = "streams",
};

static void streams_line(const struct check_moment *m, double seconds, const char *error, char *buf,
			 size_t size)
{
	char on[16] = "";

	if (!error && m->kind != MOMENT_STREAMS_FREED)
		snprintf(on, sizeof(on), "%" PRIu32, m->length);
	snprintf(buf, size, "%12.6f s  %-21s %-19s %24" PRIu32 " in flight", seconds,
		 moment_words[m->kind], error ? error : on, m->level);
}

void moment_line(const struct check_moment *m, uint64_t start_ns, char *buf, size_t size)
{
	const char *name = m->status ? urb_errno_name(m->status) : NULL;
	double seconds = (double)(int64_t)(m->time_ns - start_ns) / 1e9;
	char number[16] = "", after[FMT_SIZE + 8] = "", latency[FMT_SIZE];

	if (m->status && !name)
		snprintf(number, sizeof(number), "%" PRId32, m->status);
	if (m->kind >= MOMENT_STREAMS_ASKED) {
		streams_line(m, seconds, m->status ? name ? name : number : NULL, buf, size);
		return;
	}
	if (m->latency_ns)
		snprintf(after, sizeof(after), "after %s", fmt_duration(latency, m->latency_ns));
	snprintf(buf, size, "%12.6f s  %-9s  URB %-4" PRIu32 " %7" PRIu32 " bytes  %-10s %-15s %4" PRIu32
		 " in flight", seconds, moment_words[m->kind], m->urb, m->length,
		 name ? name : number, after, m->level);
}
