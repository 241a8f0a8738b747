// SPDX-License-Identifier: GPL-2.0
#include "urbscope/report.h"

#include <inttypes.h>
#include <string.h>

#include "sink/table.h"
#include "urbscope/format.h"

static const char *plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

/* A count in a sentence is exact. */
static void of_run(const struct finding *f, char *buf, size_t size)
{
	const char *s = plural(f->count);

	switch (f->kind) {
	case FINDING_EVENTS_LOST:
		snprintf(buf, size,
			 "%" PRIu64 " event%s lost: what the endpoints concerned did is not "
			 "certain until each was looked at anew or has drained", f->count, s);
		break;
	case FINDING_TABLE_FULL:
		snprintf(buf, size,
			 "%" PRIu64 " more endpoint%s than there is room for: not followed",
			 f->count, s);
		break;
	default:
		snprintf(buf, size, "%" PRIu64 " record%s skipped: not understood", f->count, s);
	}
}

static const char *protocol(const struct finding *f)
{
	if (!f->by_protocol)
		return "";
	return strcmp(f->endpoint->facts.driver, "uas")
		       ? "; usb-storage sends one command at a time, by its protocol"
		       : "; uas sends the commands that the block layer gives it, by its protocol";
}

/* Where the gaps' time went, the most first: ": 93% of that after the handler had returned, ...". */
static void parts(const struct gap_figures *gaps, char *buf, size_t size)
{
	static const char *const where[GAP_PARTS] = {
		[GAP_BEFORE_HANDLER] = "before the completion handler ran",
		[GAP_IN_HANDLER] = "in the completion handler",
		[GAP_AFTER_HANDLER] = "between the completion handler's return and "
				      "the next usb_submit_urb()",
		[GAP_IN_SUBMIT] = "in usb_submit_urb()",
	};
	bool told[GAP_PARTS] = { false };
	char share[FMT_SIZE];
	size_t used = 0;
	int n, i, most;

	snprintf(buf, size, "%s", "");
	for (n = 0; gaps->parted && gaps->total_ns && n < GAP_PARTS && used < size; n++) {
		for (i = 0, most = -1; i < GAP_PARTS; i++)
			if (!told[i] && (most < 0 || gaps->part_ns[i] > gaps->part_ns[most]))
				most = i;
		told[most] = true;
		/* what is less explains nothing */
		if ((double)gaps->part_ns[most] < 0.02 * (double)gaps->total_ns)
			return;
		fmt_percent(share, (double)gaps->part_ns[most] / (double)gaps->total_ns);
		used += (size_t)snprintf(buf + used, size - used, "%s%s%s %s", n ? ", " : ": ", share,
					 n ? "" : " of that", where[most]);
	}
}

static void of_sync(const struct finding *f, char *buf, size_t size)
{
	size_t used = strlen(buf);

	if (f->by_protocol)
		return;
	if (f->bridged_by)
		snprintf(buf + used, size - used, "; %" PRIu64 " in flight would bridge 99%% of the gaps",
			 f->bridged_by);
	else
		snprintf(buf + used, size - used,
			 "; gaps take longer than transfers: a queue would bridge a part of them");
}

static void of_depth(const struct finding *f, char *buf, size_t size)
{
	char why[FINDING_SIZE], share[FMT_SIZE], longest[FMT_SIZE], total[FMT_SIZE], idle[FMT_SIZE];
	const char *s = plural(f->count);

	fmt_percent(share, f->share);
	fmt_duration(longest, f->longest_ns);
	fmt_duration(total, f->total_ns);
	fmt_duration(idle, f->idle_ns);
	parts(&f->endpoint->gaps, why, sizeof(why));
	if (f->kind == FINDING_SYNC)
		snprintf(buf, size,
			 "synchronous: never more than one URB in flight; the bus waited for the "
			 "host %s of the busy time (%" PRIu64 " gap%s, longest %s)%s%s",
			 share, f->count, s, longest, why, protocol(f));
	else if (f->kind == FINDING_GAPS)
		snprintf(buf, size,
			 "up to %u URBs in flight, and yet the queue ran empty: the bus waited for "
			 "the host %s of the busy time (%" PRIu64 " gap%s, longest %s)%s%s",
			 f->endpoint->in_flight_max, share, f->count, s, longest, why, protocol(f));
	else
		snprintf(buf, size,
			 "unposted for %s of the busy time: the device could not have sent "
			 "(%" PRIu64 " gap%s, longest %s, %s in all)%s%s%s%s%s",
			 share, f->count, s, longest, total, f->idle_ns ? ", and " : "",
			 f->idle_ns ? idle : "", f->idle_ns ? " in longer pauses" : "",
			 f->endpoint->in_flight_max > 1 ? why : "", protocol(f));
	if (f->kind == FINDING_SYNC)
		of_sync(f, buf, size);
}

static void of_errors(const struct finding *f, char *buf, size_t size)
{
	char names[96];

	if (f->kind == FINDING_SUBMIT_ERRORS) {
		snprintf(buf, size, "%" PRIu64 " of %" PRIu64 " submissions refused by "
			 "usb_submit_urb()", f->count, f->total);
		return;
	}
	status_names(f->endpoint, names, sizeof(names));
	snprintf(buf, size, "%" PRIu64 " of %" PRIu64 " transfers failed: %s", f->count, f->total,
		 names);
}

static void of_certainty(const struct finding *f, char *buf, size_t size)
{
	const char *s = plural(f->count);

	if (f->kind == FINDING_LOST && f->count)
		snprintf(buf, size, "%" PRIu64 " event%s lost here: its figures are not certain",
			 f->count, s);
	else if (f->kind == FINDING_LOST)
		snprintf(buf, size, "not certain: neither looked at anew nor drained since events were lost");
	else if (f->count)
		snprintf(buf, size,
			 "incomplete: %" PRIu64 " completion%s without submission, or the reverse",
			 f->count, s);
	else
		snprintf(buf, size,
			 "incomplete: no submission was seen, so no queue depth is known");
}

void finding_sentence(const struct finding *f, char *buf, size_t size)
{
	char longest[FMT_SIZE];

	switch (f->kind) {
	case FINDING_EVENTS_LOST:
	case FINDING_TABLE_FULL:
	case FINDING_SKIPPED:
		of_run(f, buf, size);
		break;
	case FINDING_LOST:
	case FINDING_INCOMPLETE:
		of_certainty(f, buf, size);
		break;
	case FINDING_ERRORS:
	case FINDING_SUBMIT_ERRORS:
		of_errors(f, buf, size);
		break;
	case FINDING_DEEP:
		fmt_duration(longest, f->longest_ns);
		snprintf(buf, size,
			 "too deep: hardly ever fewer than %" PRIu64 " URBs in flight, and half of "
			 "the transfers took %s or longer, most of it waiting in the queue", f->count,
			 longest);
		break;
	default:
		of_depth(f, buf, size);
	}
}

void finding_object(const struct finding *f, char *buf, size_t size)
{
	const struct endpoint_figures *ep = f->parent ? f->parent : f->endpoint;
	char device[DEVICE_SIZE], type[TYPE_SIZE];

	if (!ep) {
		snprintf(buf, size, "%s", "");
		return;
	}
	device_name(ep, device);
	endpoint_type(ep, type);
	if (f->parent)
		snprintf(buf, size, "%s 0x%02x #%u", device, urb_ep_endpoint(ep->ep),
			 f->endpoint->stream);
	else
		snprintf(buf, size, "%s 0x%02x %s", device, urb_ep_endpoint(ep->ep), type);
}
