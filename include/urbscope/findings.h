/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Findings: what in a snapshot deserves a sentence. They are judgements over its figures, made
 * here once, so that the text report, the JSON report and the screen agree.
 *
 * A finding holds numbers, no prose; what they mean depends on its kind.
 */
#ifndef URBSCOPE_FINDINGS_H
#define URBSCOPE_FINDINGS_H

#include <stdbool.h>

#include "urbscope/snapshot.h"

/* In the order in which they matter: what makes figures doubtful comes first. */
enum finding_kind {
	/* Of the run. */
	FINDING_EVENTS_LOST,	/* count: events known to be lost */
	FINDING_TABLE_FULL,	/* count: endpoints that were not followed */
	FINDING_SKIPPED,	/* count: records that were not understood */
	/* Of an endpoint, or of one of its streams. */
	FINDING_LOST,		/* count: events lost here; 0: it has not drained since a loss */
	FINDING_INCOMPLETE,	/* count: unpaired completions; 0: no submission was seen */
	FINDING_ERRORS,		/* count: failed transfers; total: completions */
	FINDING_SUBMIT_ERRORS,	/* count: refused submissions; total: all submissions */
	/*
	 * Bulk or isochronous, never more than one URB in flight, and gaps: share of busy time,
	 * count of gaps, longest_ns, and `bridged_by`.
	 */
	FINDING_SYNC,
	/*
	 * Queued deeper than one, and ran empty all the same: like FINDING_SYNC. Only for OUT;
	 * on an IN endpoint that is FINDING_UNPOSTED.
	 */
	FINDING_GAPS,
	/*
	 * An IN endpoint, not control, had no URB posted though there was more to come: the device
	 * could not have sent. Like FINDING_SYNC, which may be the cause; idle_ns besides. Idle
	 * time alone is no finding: an endpoint that answers commands is not posted between them.
	 */
	FINDING_UNPOSTED,
	/*
	 * Bulk OUT, hardly ever (1 % of the busy time) fewer than two in flight, and half of the
	 * transfers take a tenth of a second or longer: they wait in the queue, and a shorter one
	 * would keep the bus as busy. count: the depth that it hardly ever fell below; longest_ns:
	 * the median latency. An IN endpoint's URBs wait for the device, whatever their number.
	 */
	FINDING_DEEP,
	FINDING_KINDS,
};

struct finding {
	enum finding_kind kind;
	const struct endpoint_figures *endpoint; /* of the snapshot; NULL for the run */
	const struct endpoint_figures *parent;	 /* if `endpoint` is a stream: its endpoint */
	uint64_t count, total;
	double share;		/* 0..1 */
	uint64_t total_ns, longest_ns, idle_ns;
	/*
	 * FINDING_SYNC: with so many in flight 99 % of the gaps would have passed while a transfer went on; 0: with
	 * no number, because gaps take longer than transfers, or it is not the driver's to choose. It presumes
	 * that transfers take as long, one at a time, as they did, and do not wait for each other's data:
	 * 1 + p99 of the gaps / mean time in flight of a transfer, rounded up.
	 */
	uint64_t bridged_by;
	/*
	 * Of FINDING_SYNC, FINDING_GAPS, FINDING_UNPOSTED: true, and no fault of the driver's. A disk's
	 * driver has an answer to each command before the next (usb-storage), or as many commands out as
	 * the block layer has given it (uas): what is between commands is not its to fill.
	 */
	bool by_protocol;
};

/* Of an endpoint at most one a kind: room for these is always enough. */
#define FINDINGS_PER_ENDPOINT FINDING_KINDS

/* The findings of one endpoint (not of its streams), those that matter most first. */
size_t findings_of_endpoint(const struct endpoint_figures *ep,
			    struct finding out[FINDINGS_PER_ENDPOINT]);

/*
 * All findings of a snapshot: by kind, then in the order of the snapshot; those of a stream only
 * if its endpoint does not have the same, and never of depth and gaps: one URB in each stream is
 * how streams are used, the endpoint's own figures tell. The array points into the snapshot;
 * free() it. NULL with *cnt 0 if there are none, with *cnt SIZE_MAX if memory is short.
 */
struct finding *findings_new(const struct snapshot *snap, size_t *cnt);

/* "sync", "unposted", "events-lost": the word in JSON and on the screen. */
const char *finding_name(enum finding_kind kind);

/*
 * Is a status (or error) the trace of an orderly end, not of a fault: unlinked by the driver
 * (-ENOENT, -ECONNRESET), or by the device's going (-ESHUTDOWN)?
 */
bool status_is_cancel(int status);

/* Completions that failed: with a status other than 0 and than a cancellation's. */
uint64_t endpoint_failures(const struct endpoint_figures *ep);

#endif
