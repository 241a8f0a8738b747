/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Checks: assertions over a run, and what became of them.
 *
 * A spec names targets: endpoints by selectors, and what must hold on each of them. A checker takes
 * every step of the tracker, as metrics do, and at the end the snapshot of the whole run; it answers
 * with one result for each assertion on each endpoint. It calls no clock and prints nothing.
 *
 * Nothing passes on doubt. From the first event lost on an endpoint, or the first transfer of which
 * one end was not seen, no violation is found on it any more that is not beyond doubt, and nothing
 * holds: the result is inconclusive. It is so too where nothing was selected, where nothing
 * happened, and where the source cannot see what an assertion needs.
 */
#ifndef URBSCOPE_CHECK_H
#define URBSCOPE_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "urbscope/selector.h"
#include "urbscope/snapshot.h"
#include "urbscope/track.h"

enum assertion_kind {
	/*
	 * In flight, all of the busy time or `share` of it. A burst ramps up until the limit is
	 * first reached and drains after its last submission; that time does not count unless the
	 * target includes it. A burst that never reaches the limit counts whole.
	 */
	ASSERT_MIN_DEPTH,
	ASSERT_MAX_DEPTH,	/* ramp-up and drain make no difference here */
	/* Of the time-weighted distribution of depth over busy time. */
	ASSERT_MIN_MEAN_DEPTH,
	ASSERT_MAX_MEAN_DEPTH,
	ASSERT_MIN_P1_DEPTH,
	ASSERT_MIN_P50_DEPTH,
	ASSERT_MAX_P99_DEPTH,
	/* Gaps: zero intervals between two transfers, shorter than the idle threshold. */
	ASSERT_MAX_GAP,
	ASSERT_MAX_GAP_P99,
	ASSERT_MAX_GAP_SHARE,	/* of busy time, 0..1 */
	/* IN endpoints: the sum of gap and idle time. */
	ASSERT_MAX_UNPOSTED,
	/*
	 * IN endpoints: the longest stretch without a URB while a URB to any OUT endpoint of the same
	 * device, control apart, is in flight: the device cannot answer, and may not take more.
	 */
	ASSERT_MAX_UNPOSTED_PENDING,
	ASSERT_MAX_LATENCY,
	ASSERT_MAX_LATENCY_P99,
	ASSERT_MAX_LATENCY_MEAN,
	ASSERT_MIN_THROUGHPUT,	/* bytes per second of busy time */
	/* Completions with a status other than 0 and than a cancellation's; or with one status. */
	ASSERT_MAX_ERRORS,
	ASSERT_MAX_STATUS,
	ASSERT_MAX_REFUSED,	/* submissions that usb_submit_urb() refused */
	ASSERT_MIN_TRANSFERS,	/* completed */
	ASSERT_MIN_BYTES,
	ASSERTION_KINDS,
	/*
	 * That an endpoint is driven as a queue of a known design is (check_rules below say what
	 * that means): one result for each rule. The limit is the depth of the queue.
	 */
	ASSERT_BULK_IN_QUEUE = ASSERTION_KINDS,
	ASSERT_BULK_OUT_QUEUE,
	/* The rules that the kernel has for everybody who submits URBs: no limit. */
	ASSERT_RULES,
	ASSERTIONS,
};

/*
 * The rules of the queue models, then those for all URBs.
 *
 * bulk-in-queue: `depth` URBs, all submitted when it is opened; each completion is copied out, in the
 * order of submission, and its URB submitted again at once, whatever its status was.
 * bulk-out-queue: `depth` URBs, submitted in turn without waiting; one is reaped when its turn comes
 * again.
 * Both are closed by killing every URB.
 */
enum check_rule {
	RULE_NONE,
	RULE_SLOTS,		/* there are `depth` URBs, each submitted once before any is again */
	RULE_ORDER,		/* they are submitted in turn, always in the same order */
	RULE_MAX,		/* never more than `depth` in flight */
	RULE_LENGTH,		/* IN: each asks for buf_len bytes */
	/*
	 * IN: when one completes, all others are in flight, for 90% of the completions at least: a
	 * device that is faster than the reader gets ahead of it now and then.
	 */
	RULE_POSTED,
	RULE_RESUBMIT,		/* IN: one that completed with an error is submitted again, too */
	RULE_PIPELINED,		/* OUT: the next is submitted while one is in flight */
	/* OUT: once around, all are in flight after each submission, for 90% of them as above. */
	RULE_FILLED,
	RULE_ACTIVE,		/* none is submitted while it is in flight */
	RULE_CLOSED,		/* none is in flight after the close, or left for usbcore to end */
	RULE_KILLED,		/* what is cancelled is killed (-ENOENT), not unlinked */
	/* RULES: RULE_ACTIVE, too. */
	RULE_ONCE,		/* each submission has one completion, each completion one submission */
	RULE_GFP,		/* no GFP flags that may sleep in interrupt context */
	RULE_ACCEPTED,		/* none is refused for what it asks */
	RULE_KILL,		/* none is submitted while it is being killed (-EPERM) */
	RULE_HALTED,		/* none is submitted to an endpoint that is halted (-EPIPE) */
	RULE_PERIODIC,		/* isochronous, interrupt IN: not empty for longer than the interval */
	RULE_STREAM,		/* with streams on, each is submitted to one that was granted */
	RULE_ALLOCATED,		/* none is submitted to a stream while streams are off */
	RULE_TWICE,		/* streams are allocated, and freed, once */
	RULE_DRAINED,		/* ... with nothing queued */
	RULE_TWO,		/* fewer than two streams are not asked for */
	RULE_TYPE,		/* the pipe is of the endpoint's type ("BOGUS urb xfer") */
	CHECK_RULES,
};

struct check_rule_info {
	const char *name;	/* "slots" */
	const char *says;	/* what must be, a sentence */
	const char *broken;	/* what is wrong where it is violated, a sentence for result lines */
	const char *source;	/* where it comes from */
};

const struct check_rule_info *check_rule_info(enum check_rule rule);

enum assertion_unit {
	UNIT_DEPTH,		/* URBs, a whole number */
	UNIT_MEAN,		/* URBs */
	UNIT_TIME,		/* ns */
	UNIT_SHARE,		/* 0..1 */
	UNIT_BYTE_RATE,		/* bytes per second */
	UNIT_BYTES,
	UNIT_COUNT,
};

/* What there is to know of a kind; the same words in flags, specs and results. */
struct assertion_info {
	const char *name;	/* "min-depth" */
	uint8_t unit;		/* enum assertion_unit */
	bool at_least;		/* holds from the limit up; else up to the limit */
	const char *brief;	/* for --help */
};

const struct assertion_info *assertion_info(enum assertion_kind kind);

struct assertion {
	enum assertion_kind kind;
	double limit;		/* in the unit of its kind */
	double share;		/* MIN_DEPTH, MAX_DEPTH: of the time that counts; 1: all */
	int32_t status;		/* MAX_STATUS: -errno */
	uint32_t buf_len;	/* BULK_IN_QUEUE: bytes, 0: not asserted */
};

/*
 * Reads a limit as people write it: "2" (depth, count), "1.5" (mean), "50us", "1%", "30MB/s",
 * "64KiB", "EPIPE=3" for MAX_STATUS, "2 for 99%" for MIN_DEPTH and MAX_DEPTH. 0, or -EINVAL with the
 * fault filled in.
 */
int assertion_parse(enum assertion_kind kind, const char *text, struct assertion *out,
		    struct fault *fault);

/* "bulk-in-queue:depth=8,buf_len=16384", "bulk-out-queue:depth=8". As above. */
int assertion_parse_model(const char *text, struct assertion *out, struct fault *fault);

#define CHECK_SELECTORS 8

struct check_target {
	char name[96];			/* as the user wrote it */
	struct selector selectors[CHECK_SELECTORS];
	size_t selector_cnt;
	bool include_ramp, include_drain;
	struct assertion *assertions;
	size_t assertion_cnt;
};

struct check_spec {
	struct check_target *targets;
	size_t target_cnt;
};

/* Both return what was added, for the caller to fill in, or NULL with errno ENOMEM. */
struct check_target *check_spec_target(struct check_spec *spec);
struct assertion *check_target_assertion(struct check_target *target);
void check_spec_release(struct check_spec *spec);

enum verdict { VERDICT_HOLDS, VERDICT_INCONCLUSIVE, VERDICT_VIOLATED };

/* Why a result is inconclusive. */
enum doubt {
	DOUBT_NONE,
	DOUBT_NOT_FOUND,	/* no endpoint was selected */
	DOUBT_NO_TRAFFIC,	/* nothing happened on it, or nothing that the assertion is about */
	DOUBT_LOST,		/* events were lost that may have been its */
	DOUBT_UNPAIRED,		/* a transfer without its beginning or its end */
	DOUBT_UNSEEN,		/* the source cannot see it */
	DOUBT_NOT_IN,		/* the assertion is about IN endpoints */
	DOUBT_RESOLUTION,	/* the limit falls into the bucket that the percentile is in */
	DOUBT_BROKEN_OFF,	/* the recording has no end */
	DOUBT_ORDER,		/* events came too late or out of order */
	DOUBT_SKIPPED,		/* records were not understood, and may have been its */
	DOUBTS,
};

enum moment_kind {
	MOMENT_SUBMITTED,
	MOMENT_IN_FLIGHT,	/* was submitted before the run began */
	MOMENT_COMPLETED,
	MOMENT_REFUSED,		/* the submission was */
	MOMENT_STREAMS_ASKED,	/* usb_alloc_streams(): .length granted */
	MOMENT_STREAMS_FREED,
	MOMENT_STREAMS_ARE,	/* .length are on */
};

/* What happened on an endpoint around a violation, in order. */
struct check_moment {
	uint64_t time_ns;
	uint64_t latency_ns;	/* COMPLETED; 0: not known */
	uint32_t urb;		/* a small number for the URB, from 1 */
	uint32_t level;		/* in flight after it */
	uint32_t length;	/* bytes: asked for, or actual */
	int32_t status;		/* COMPLETED, REFUSED, STREAMS_* */
	uint8_t kind;		/* enum moment_kind */
};

#define SCENE_BEFORE 8		/* the last one is what began the violation */
#define SCENE_AFTER  6

struct check_scene {
	uint64_t time_ns;	/* when it began, on the clock of the source */
	uint64_t length_ns;	/* of the first stretch; 0: a moment */
	uint32_t depth;		/* in flight then */
	struct check_moment moments[SCENE_BEFORE + SCENE_AFTER];
	uint32_t before_cnt, cnt; /* of moments, in order */
};

struct check_result {
	const struct check_target *target;
	const struct assertion *assertion;	 /* NULL: a selector of the target found nothing */
	const struct endpoint_figures *endpoint; /* of the snapshot; NULL the same */
	const struct endpoint_figures *parent;	 /* if that is a stream: its endpoint */
	enum check_rule rule;	/* of a model; RULE_NONE: of a figure */
	enum verdict verdict;
	enum doubt doubt;	/* INCONCLUSIVE */
	double measured;	/* in the unit of the kind; of a rule: the share that kept it */
	bool has_measured;
	/* Depths: of the time that counts, what was beyond the limit; and how often. */
	uint64_t counted_ns, bad_ns, bad_cnt;
	uint64_t never_cnt;	/* MIN_DEPTH: bursts that never reached the limit */
	/* RULE_STREAM: so many streams were asked for, and fewer granted; 0: never so. */
	uint32_t streams_asked, streams_granted;
	bool has_scene;
	struct check_scene scene; /* of the first violation */
};

struct check_report {
	const struct snapshot *snapshot;
	struct check_result *results; /* in the order of the spec, then of the snapshot */
	size_t cnt;
	enum verdict verdict;	/* the worst; INCONCLUSIVE if there is none at all */
	size_t holds, inconclusive, violated;
};

struct checker;

struct checker_config {
	const struct check_spec *spec;	/* must live as long as the checker */
	uint64_t idle_threshold_ns;
	bool has_start;		/* as of the tracker */
	uint64_t start_ns;
};

/* NULL with errno ENOMEM. */
struct checker *checker_new(const struct checker_config *config);
void checker_free(struct checker *self);

/* Takes the next step of a tracker, every one. 0 or -ENOMEM: then no verdict can be had. */
int checker_apply(struct checker *self, const struct track_step *step);

/* What the source knows about the run that makes all of it doubtful. */
struct check_doubts {
	uint64_t late;		/* source_late() */
	uint64_t skipped;	/* records that may have been events */
	bool broken_off;	/* the recording has no end */
};

/*
 * The end of the run: the results, by a snapshot of it, which must live as long as they do. NULL
 * with errno ENOMEM.
 */
struct check_report *checker_finish(struct checker *self, const struct snapshot *snap,
				    const struct check_doubts *doubts);
void check_report_free(struct check_report *report);

#endif
