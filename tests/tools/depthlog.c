// SPDX-License-Identifier: GPL-2.0
/*
 * depthlog: does a report's queue depth agree with what other witnesses of the run imply?
 *
 *   depthlog --report FILE --at PATH --usbmon FILE --tag Bi:4:002:1
 *            --host LOG --endpoint 0x81 --probe FILE [--sharp PERCENT]
 *
 * The witnesses: usbmon's text log, the workload's log (tests/workload/lib/witness.h), and a
 * kprobe event `done` at usb_hcd_giveback_urb with the URB as `urb`, by the trace clock `mono`.
 * Nothing here shares code with the tool; everything is reckoned straight from the definitions,
 * in quadratic time.
 *
 * A URB counts as in flight from `queued` to `done`. The witnesses bracket both:
 *
 *   usbmon's S    <= queued <= the return of the submitting call (workload's log)
 *   kprobe's done <= done   <= usbmon's C
 *
 * usb_hcd_submit_urb() stamps S and then has the HCD link the URB. A kprobe at a function's entry
 * runs before BPF's trampoline there (that only takes over when all of ftrace's callbacks are
 * through). __usb_hcd_giveback_urb() stamps C after the HCD has called usb_hcd_giveback_urb().
 *
 * So every transfer was in flight at most during U = [S, C] and at least during L = [return,
 * kprobe's done]. The in-flight count is then between the counts of the L and of the U at every
 * moment, and the time with at least i in flight, for each i >= 1, between that of the L and
 * that of the U. The same holds for gap time, the other way round. This is exact: no tolerance,
 * no statistics. It is also sharp: L and U differ by what the two calls take, and if that is
 * more than PERCENT (5) of the busy time, the run proves too little and fails.
 *
 * All three tell CLOCK_MONOTONIC. usbmon's stamps are cut off to microseconds, the kprobe's are
 * rounded: both are widened by one.
 *
 * Exit: 0 agreed; 1 not; 2 the logs cannot be read or do not belong together.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/jsonread.h"

#define TRANSFERS_MAX	20000
#define DEPTH_MAX	1024
#define WRAP_NS		4096000000000LL	/* usbmon's microseconds are 12 bits of seconds */

struct span {
	int64_t from, to;
};

struct transfer {
	char urb[24];
	int64_t s_ns, c_ns, call_ns, return_ns, reap_ns, done_ns; /* 0: none */
	int status;
};

/* What the arguments name, and what is read from it. */
struct run {
	const char *report, *at, *usbmon, *tag, *host, *endpoint, *probe;
	double sharp;
	struct transfer transfer[TRANSFERS_MAX];
	size_t cnt;
};

struct depths {
	int64_t time_ns[DEPTH_MAX];	/* with exactly that many; [0] is gap time */
	int64_t zero_max_ns;		/* gap time if what may be idle is not */
	unsigned int max;
};

__attribute__((noreturn, format(printf, 1, 2))) static void die(const char *fmt, ...)
{
	va_list ap;

	fputs("depthlog: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(2);
}

static FILE *open_log(const char *path)
{
	FILE *in = path ? fopen(path, "r") : NULL;

	if (!in)
		die("%s: cannot be read", path ? path : "(no file given)");
	return in;
}

static struct transfer *open_transfer(struct run *run, const char *urb)
{
	for (size_t i = run->cnt; i; i--) {
		if (!run->transfer[i - 1].c_ns && !strcmp(run->transfer[i - 1].urb, urb))
			return &run->transfer[i - 1];
	}
	return NULL;
}

static void read_usbmon(struct run *run)
{
	FILE *in = open_log(run->usbmon);
	int64_t wraps = 0, before = 0;
	char line[1024];

	while (fgets(line, sizeof(line), in)) {
		char urb[24], event, tag[32];
		long long us;
		int status = 0;
		struct transfer *t;

		if (sscanf(line, "%23s %lld %c %31s %d", urb, &us, &event, tag, &status) < 4)
			die("%s: no usbmon text: %s", run->usbmon, line);
		if (us * 1000 < before - WRAP_NS / 2)
			wraps += WRAP_NS;
		before = us * 1000;
		if (strcmp(tag, run->tag))
			continue;
		if (event == 'S') {
			if (run->cnt == TRANSFERS_MAX)
				die("more than %d transfers", TRANSFERS_MAX);
			t = &run->transfer[run->cnt++];
			memcpy(t->urb, urb, sizeof(urb));
			t->s_ns = us * 1000 + wraps;
			continue;
		}
		t = open_transfer(run, urb);
		if (event != 'C' || !t)
			die("%s: a %c without its S: usbmon has lost events", run->usbmon, event);
		t->c_ns = us * 1000 + wraps;
		t->status = status;
	}
	fclose(in);
	for (size_t i = 0; i < run->cnt; i++) {
		if (!run->transfer[i].c_ns)
			die("%s: an S without its C: usbmon has lost events", run->usbmon);
	}
	if (!run->cnt)
		die("%s: nothing of %s", run->usbmon, run->tag);
}

/* One thread submits, so usbmon's k-th S is the log's k-th submission. */
static void read_host(struct run *run)
{
	FILE *in = open_log(run->host);
	char line[256], endpoint[8], event[24];
	long long ns;
	size_t seq, calls = 0;

	while (fgets(line, sizeof(line), in)) {
		struct transfer *t;

		if (sscanf(line, "event %lld %7s %23s %zu", &ns, endpoint, event, &seq) != 4 ||
		    strcmp(endpoint, run->endpoint))
			continue;
		if (seq >= run->cnt)
			die("%s: %zu submissions or more, usbmon saw %zu", run->host, seq + 1, run->cnt);
		t = &run->transfer[seq];
		calls += !strcmp(event, "submit-call");
		if (!strcmp(event, "submit-call"))
			t->call_ns = ns;
		else if (!strcmp(event, "submit-return"))
			t->return_ns = ns;
		else if (!strcmp(event, "reap"))
			t->reap_ns = ns;
	}
	fclose(in);
	if (calls != run->cnt)
		die("%s: %zu submissions, usbmon saw %zu", run->host, calls, run->cnt);
	for (size_t i = 0; i < run->cnt; i++) {
		if (!run->transfer[i].call_ns || !run->transfer[i].return_ns ||
		    !run->transfer[i].reap_ns)
			die("%s: transfer %zu is not whole", run->host, i);
	}
}

/* The witnesses may not contradict each other: a submitting call holds its S. */
static void match_times(const struct run *run)
{
	for (size_t i = 0; i < run->cnt; i++) {
		const struct transfer *t = &run->transfer[i];

		if (t->s_ns + 1000 < t->call_ns || t->s_ns > t->return_ns || t->c_ns > t->reap_ns)
			die("transfer %zu: usbmon's and the log's times do not fit together", i);
	}
}

/* The transfer of that URB that usbmon saw given back next. */
static struct transfer *given_back(struct run *run, const char *urb, int64_t ns)
{
	struct transfer *best = NULL;

	for (size_t i = 0; i < run->cnt; i++) {
		struct transfer *t = &run->transfer[i];

		if (!strcmp(t->urb, urb) && t->c_ns + 1000 >= ns &&
		    (!best || t->c_ns < best->c_ns))
			best = t;
	}
	return best;
}

/* "  task-1  [000] d.s2.   12.345678: done: (usb_hcd_giveback_urb+0x0/0x90) urb=0xffff..." */
static void read_probe(struct run *run)
{
	FILE *in = open_log(run->probe);
	char line[1024];

	while (fgets(line, sizeof(line), in)) {
		char *done = strstr(line, ": done: ("), *urb = strstr(line, "urb=0x");
		unsigned long long s, us;
		struct transfer *t;

		if (!done || !urb || line[0] == '#')
			continue;
		while (done > line && done[-1] != ' ')
			done--;
		if (sscanf(done, "%llu.%llu", &s, &us) != 2)
			die("%s: no time: %s", run->probe, line);
		urb += strlen("urb=0x");
		urb[strcspn(urb, " \n")] = '\0';
		t = given_back(run, urb, (int64_t)(s * 1000000000 + us * 1000));
		/* the last before C: the address may have been another endpoint's in between */
		if (t)
			t->done_ns = (int64_t)(s * 1000000000 + us * 1000) - 1000;
	}
	fclose(in);
	for (size_t i = 0; i < run->cnt; i++) {
		const struct transfer *t = &run->transfer[i];

		if (!t->done_ns || t->done_ns < t->call_ns)
			die("%s: nothing of transfer %zu", run->probe, i);
	}
}

static struct span longest(const struct run *run, size_t i)
{
	const struct transfer *t = &run->transfer[i];

	return (struct span){ t->s_ns, t->c_ns + 1000 };
}

static struct span shortest(const struct run *run, size_t i)
{
	const struct transfer *t = &run->transfer[i];

	return (struct span){ t->return_ns, t->done_ns };
}

static int by_time(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/*
 * The definition, moment by moment: between two neighbouring ends of spans the count does not
 * change, so it is counted once there. Zero stretches join until somebody is in flight again;
 * `idle` or longer is no gap. Spans that are empty never count.
 */
static void reckon(const struct span *spans, size_t cnt, int64_t idle, struct span window,
		   struct depths *d)
{
	int64_t *times = calloc(2 * cnt + 2, sizeof(*times)), zero = 0;
	size_t time_cnt = 0;

	if (!times)
		die("no memory");
	memset(d, 0, sizeof(*d));
	for (size_t i = 0; i < cnt; i++) {
		if (spans[i].to <= spans[i].from)
			continue;
		times[time_cnt++] = spans[i].from;
		times[time_cnt++] = spans[i].to;
	}
	times[time_cnt++] = window.from;
	times[time_cnt++] = window.to;
	qsort(times, time_cnt, sizeof(*times), by_time);
	for (size_t k = 0; k + 1 < time_cnt; k++) {
		unsigned int n = 0;

		for (size_t i = 0; i < cnt; i++)
			n += spans[i].from <= times[k] && times[k] < spans[i].to;
		if (n >= DEPTH_MAX)
			die("more than %d in flight", DEPTH_MAX);
		if (!n) {
			zero += times[k + 1] - times[k];
			continue;
		}
		d->zero_max_ns += zero;
		d->time_ns[0] += zero < idle ? zero : 0;
		zero = 0;
		d->time_ns[n] += times[k + 1] - times[k];
		d->max = n > d->max ? n : d->max;
	}
	d->zero_max_ns += zero;
	free(times);
}

static int64_t at_least(const int64_t *time_ns, unsigned int depth)
{
	int64_t sum = 0;

	for (unsigned int i = depth; i < DEPTH_MAX; i++)
		sum += time_ns[i];
	return sum;
}

static void read_report(const struct run *run, struct depths *d, int64_t *idle)
{
	FILE *in = open_log(run->report);
	char error[128], path[256], *text = calloc(1, 16 << 20);
	size_t n = text ? fread(text, 1, (16 << 20) - 1, in) : 0;
	struct json_value *root = json_read(text, n, error, sizeof(error));
	const struct json_value *v;
	unsigned int i = 0;

	fclose(in);
	free(text);
	if (!root)
		die("%s: %s", run->report, error);
	memset(d, 0, sizeof(*d));
	*idle = (int64_t)json_u64_at(root, "idle_threshold_ns");
	snprintf(path, sizeof(path), "%s.depth.time_ns", run->at);
	v = json_at(root, path, NULL);
	if (!v || v->kind != JSON_ARRAY)
		die("%s: no %s", run->report, path);
	for (v = v->first; v && i < DEPTH_MAX; v = v->next)
		d->time_ns[i++] = strtoll(v->text, NULL, 10);
	snprintf(path, sizeof(path), "%s.in_flight.max", run->at);
	d->max = (unsigned int)json_u64_at(root, path);
	json_value_free(root);
}

static bool within(const char *what, unsigned int i, int64_t least, int64_t got, int64_t most,
		   int64_t busy)
{
	bool good = least <= got && got <= most;

	printf("%s %s %u: %" PRId64 " <= %" PRId64 " <= %" PRId64 " us, apart %.2f%% of busy time\n",
	       good ? "  " : "NO", what, i, least / 1000, got / 1000, most / 1000,
	       100.0 * (double)(most - least) / (double)busy);
	return good;
}

static bool compare(const struct run *run, const struct depths *got, const struct depths *least,
		    const struct depths *most)
{
	int64_t busy = at_least(most->time_ns, 1), differ = 0, apart = 0;
	unsigned int top = most->max > got->max ? most->max : got->max;
	/* what is empty for the U is empty in truth, and what is so in truth for the L */
	bool good = within("gaps,    ", 0, most->time_ns[0], got->time_ns[0], least->zero_max_ns, busy);

	for (unsigned int i = 1; i <= top; i++) {
		int64_t low = at_least(least->time_ns, i), high = at_least(most->time_ns, i);

		good &= within("at least", i, low, at_least(got->time_ns, i), high, busy);
		apart = high - low > apart ? high - low : apart;
	}
	for (unsigned int i = 0; i <= top; i++)
		differ += llabs(got->time_ns[i] - most->time_ns[i]);
	printf("   deepest %u, usbmon %u; %zu transfers; distribution "
	       "differs from usbmon's in %.3f%% of busy time\n", got->max, most->max, run->cnt, 50.0 * (double)differ / (double)busy);
	if (got->max < least->max || got->max > most->max) {
		printf("NO deepest: %u to %u\n", least->max, most->max);
		good = false;
	}
	if ((double)apart > run->sharp / 100 * (double)busy) {
		printf("NO the witnesses leave %.2f%% of the busy time open, more than %.1f%%\n",
		       100.0 * (double)apart / (double)busy, run->sharp);
		good = false;
	}
	return good;
}

static void parse(struct run *run, int argc, char **argv)
{
	static const struct option options[] = {
		{ "report", required_argument, NULL, 'r' }, { "at", required_argument, NULL, 'a' },
		{ "usbmon", required_argument, NULL, 'u' }, { "tag", required_argument, NULL, 't' },
		{ "host", required_argument, NULL, 'h' }, { "probe", required_argument, NULL, 'p' },
		{ "endpoint", required_argument, NULL, 'e' },
		{ "sharp", required_argument, NULL, 's' }, { 0 },
	};
	const char **field[256] = {
		['r'] = &run->report, ['a'] = &run->at, ['u'] = &run->usbmon, ['t'] = &run->tag,
		['h'] = &run->host, ['p'] = &run->probe, ['e'] = &run->endpoint,
	};
	int opt;

	run->sharp = 5;
	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (opt == 's')
			run->sharp = strtod(optarg, NULL);
		else if (opt != '?')
			*field[opt] = optarg;
		else
			exit(2);
	}
	if (!run->report || !run->at || !run->tag || !run->endpoint)
		die("--report, --at, --usbmon, --tag, --host, --endpoint and --probe are needed");
}

int main(int argc, char **argv)
{
	static struct run run;
	static struct depths got, least, most;
	static struct span spans[TRANSFERS_MAX];
	struct span window = { 0, 0 };
	int64_t idle;

	parse(&run, argc, argv);
	read_usbmon(&run);
	read_host(&run);
	match_times(&run);
	read_probe(&run);
	read_report(&run, &got, &idle);
	for (size_t i = 0; i < run.cnt; i++) {
		spans[i] = longest(&run, i);
		window.from = i && window.from < spans[i].from ? window.from : spans[i].from;
		window.to = i && window.to > spans[i].to ? window.to : spans[i].to;
	}
	reckon(spans, run.cnt, idle, window, &most);
	for (size_t i = 0; i < run.cnt; i++)
		spans[i] = shortest(&run, i);
	reckon(spans, run.cnt, idle, window, &least);
	return compare(&run, &got, &least, &most) ? 0 : 1;
}
