// SPDX-License-Identifier: GPL-2.0
#include "checkrun.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void must(int holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "checkrun: %s\n", what);
	abort();
}

void checkrun_init(struct checkrun *run)
{
	memset(run, 0, sizeof(*run));
	run->idle_ns = 1000;
	run->sees = URB_QUEUED | URB_DONE;
}

void checkrun_target(struct checkrun *run, const char *selector)
{
	struct check_target *target = check_spec_target(&run->spec);
	struct fault fault = { "" };

	must(target != NULL, "memory");
	snprintf(target->name, sizeof(target->name), "%s", selector);
	must(!selector_parse(selector, &target->selectors[target->selector_cnt++], &fault),
	     fault.text);
}

struct assertion *checkrun_assert(struct checkrun *run, enum assertion_kind kind, const char *limit)
{
	struct fault fault = { "" };
	struct assertion *a;

	if (!run->spec.target_cnt)
		checkrun_target(run, "*");
	a = check_target_assertion(&run->spec.targets[run->spec.target_cnt - 1]);
	must(a != NULL, "memory");
	must(!assertion_parse(kind, limit, a, &fault), fault.text);
	return a;
}

/* The spec is whole with the first event. */
static void begin(struct checkrun *run)
{
	struct track_config track = { .has_start = true };
	struct metrics_config metrics = { .has_start = true, .idle_threshold_ns = run->idle_ns };
	struct checker_config config = {
		.spec = &run->spec, .has_start = true, .idle_threshold_ns = run->idle_ns
	};

	if (run->checker)
		return;
	run->tracker = tracker_new(&track);
	run->metrics = metrics_new(&metrics);
	run->checker = checker_new(&config);
	must(run->tracker && run->metrics && run->checker, "memory");
}

void checkrun_feed(struct checkrun *run, const struct urb_event *event)
{
	struct track_step step;

	begin(run);
	tracker_feed(run->tracker, event, &step);
	do {
		must(!metrics_apply(run->metrics, &step), "metrics");
		must(!checker_apply(run->checker, &step), "checker");
	} while (tracker_next(run->tracker, &step));
}

void checkrun_finish(struct checkrun *run, uint64_t now_ns, const struct check_doubts *doubts)
{
	const struct snapshot_source source = { .kind = "test", .sees = run->sees };
	static const struct check_doubts none = { 0 };

	begin(run);
	run->snap = metrics_snapshot(run->metrics, now_ns, &source, 0);
	must(run->snap != NULL, "memory");
	run->report = checker_finish(run->checker, run->snap, doubts ? doubts : &none);
	must(run->report != NULL, "memory");
}

void checkrun_release(struct checkrun *run)
{
	check_report_free(run->report);
	snapshot_free(run->snap);
	checker_free(run->checker);
	metrics_free(run->metrics);
	tracker_free(run->tracker);
	check_spec_release(&run->spec);
}

const struct check_result *checkrun_result(const struct checkrun *run, uint32_t ep)
{
	const struct check_result *r = NULL;

	for (size_t i = 0; !r && i < run->report->cnt; i++) {
		if (run->report->results[i].endpoint && run->report->results[i].endpoint->ep == ep)
			r = &run->report->results[i];
	}
	must(r != NULL, "no result");
	return r;
}
