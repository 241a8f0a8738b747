// SPDX-License-Identifier: GPL-2.0
/* Memory: flat in steady state, and bounded for the largest run that is promised. */
#include "../lib/testmain.h"

#include <malloc.h>
#include <sys/resource.h>

#include "../lib/run.h"

#define ENDPOINTS 4096
#define IN_FLIGHT 65536

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif

static uint32_t ep_of(uint64_t i)
{
	return urb_ep(1 + i / 3600, 1 + i / 30 % 120, i % 30 < 15 ? i % 15 + 1 : i % 15 + 0x81);
}

/* IN_FLIGHT transfers over all endpoints go round `rounds` times, with handlers. */
static void go_round(struct run *run, uint64_t *now, int rounds)
{
	for (int r = 0; r < rounds; r++) {
		for (uint64_t i = 0; i < IN_FLIGHT; i++) {
			struct urb_event ev = done_event(*now, i, ep_of(i % ENDPOINTS));

			if (r || *now > IN_FLIGHT * 100) {
				run_feed(run, &ev);
				run_plain(run, URB_EV_HANDLER, *now + 20, i, ev.ep);
				ev = plain_event(URB_EV_RETURNED, *now + 50, i, ev.ep);
				ev.seen = URB_RETURNED;
				ev.returned.handler_ns = *now + 20;
				run_feed(run, &ev);
			}
			ev = queued_event(*now + 60, *now + 80, i, ep_of(i % ENDPOINTS));
			run_feed(run, &ev);
			*now += 100;
		}
	}
}

static void largest_run_fits_into_64_mib(void **state)
{
	struct rusage before, after;
	struct mallinfo2 first, last;
	uint64_t now = 0;
	struct run run;

	(void)state;
#ifdef SANITIZED
	skip();
#endif
	getrusage(RUSAGE_SELF, &before);
	run_init(&run, NULL, NULL);
	go_round(&run, &now, 3);
	assert_int_equal(tracker_in_flight(run.tracker), IN_FLIGHT);
	first = mallinfo2();
	go_round(&run, &now, 10);
	last = mallinfo2();
	getrusage(RUSAGE_SELF, &after);
	print_message("# RSS grew by %ld KiB\n", after.ru_maxrss - before.ru_maxrss);
	assert_true(after.ru_maxrss - before.ru_maxrss < 64 * 1024);
	assert_int_equal(last.uordblks + last.hblkhd, first.uordblks + first.hblkhd);
	run_release(&run);
}

/* Devices that come and go: what they leave behind is used again. */
static void replug(const struct track_config *config)
{
	struct mallinfo2 first = { 0 }, last;
	struct run run;

	run_init(&run, config, NULL);
	for (uint64_t i = 0; i < 5000; i++) {
		uint32_t ep = urb_ep(1, 1 + i % 100, 0x81);
		struct urb_event ev = submit_event(i * 1000, 1, ep);

		ev.stream = 1 + i % 3;
		run_feed(&run, &ev);
		run_complete(&run, i * 1000 + 300, 1, ep);
		run_submit(&run, i * 1000 + 400, 1, ep);
		run_complete(&run, i * 1000 + 500, 1, ep);
		run_plain(&run, URB_EV_GONE, i * 1000 + 900, 0, ep);
		if (i == 1000)
			first = mallinfo2();
	}
	last = mallinfo2();
	assert_int_equal(last.uordblks, first.uordblks);
	run_release(&run);
}

static void replugging_needs_no_memory(void **state)
{
	const struct track_config full = { .max_endpoints = 8 }, few = { .max_gone = 8 };

	(void)state;
#ifdef SANITIZED
	skip();
#endif
	replug(&full);
	replug(&few);
}

static const struct CMUnitTest tests[] = {
	TEST("largest-run-fits-into-64-mib", largest_run_fits_into_64_mib),
	TEST("replugging-needs-no-memory", replugging_needs_no_memory),
};

TEST_MAIN(tests)
