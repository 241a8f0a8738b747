// SPDX-License-Identifier: GPL-2.0
/* Files of a trace: to begin in the middle of one, several that are one, and one with no more room. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "../lib/lives.h"
#include "../lib/run.h"
#include "../lib/testmain.h"
#include "../lib/traces.h"
#include "cmd/rotation.h"

#define CNT    20000
#define SLOWER 20000

static struct urb_event events[CNT];
static struct got whole, got;

static void make_events(uint64_t seed)
{
	struct lives lives = { 0 };

	lives_draw(&lives, &seed);
	lives.losses = lives.inherited = lives.handlers = false;
	lives_generate(&lives, &seed, events, CNT);
	for (size_t i = 0; i < CNT; i++) {
		events[i].time_ns *= SLOWER;
		if (i && events[i].time_ns < events[i - 1].time_ns)
			events[i].time_ns = events[i - 1].time_ns;
	}
}

static bool is_of_a_urb(const struct urb_event *ev)
{
	return ev->kind != URB_EV_INFLIGHT && ev->kind <= URB_EV_RETURNED;
}

/* What is in flight before whole.ev[until], by number: slow and plain. */
static size_t open_before(size_t until, bool *open, size_t max)
{
	size_t cnt = 0;

	memset(open, 0, max * sizeof(*open));
	for (size_t i = 0; i < until; i++) {
		const struct urb_event *ev = &whole.ev[i];

		assert_true(ev->id < max);
		if (ev->kind == URB_EV_SUBMIT)
			open[ev->id] = true;
		else if (ev->kind == URB_EV_COMPLETE)
			open[ev->id] = false;
		else if (ev->kind == URB_EV_SUBMIT_ERROR && !(ev->flags & URB_F_ACTIVE))
			open[ev->id] = false;
	}
	for (size_t i = 0; i < max; i++)
		cnt += open[i];
	return cnt;
}

/* It goes on as the whole one does, from a moment on, having told what was in flight then. */
static size_t assert_rest_of_whole(void)
{
	enum { IDS = 1024 };
	static bool open[IDS];
	size_t told = 0, next, first;

	while (told < got.cnt && got.ev[told].kind == URB_EV_INFLIGHT)
		told++;
	for (next = told; next < got.cnt && got.ev[next].kind == URB_EV_SYNC; next++)
		assert_true(got.ev[next].ep != URB_EP_ANY);
	first = whole.cnt - (got.cnt - next);
	assert_int_equal(open_before(first, open, IDS), told);
	for (size_t i = 0; i < told; i++) {
		assert_true(got.ev[i].id < IDS && open[got.ev[i].id]);
		open[got.ev[i].id] = false;
		assert_in_range(got.ev[i].time_ns, first ? whole.ev[first - 1].time_ns : 0,
				first < whole.cnt ? whole.ev[first].time_ns : whole.now_ns);
	}
	for (size_t i = first; i < whole.cnt; i++) {
		const struct urb_event *a = &whole.ev[i], *b = &got.ev[next + i - first];

		assert_true(is_of_a_urb(b));
		assert_int_equal(a->kind, b->kind);
		assert_int_equal(a->time_ns, b->time_ns);
		assert_int_equal(a->id, b->id);
		assert_int_equal(a->ep, b->ep);
	}
	return first;
}

/* Begins at `from_ns`, and tells how many events that saves. */
static size_t read_from(const uint8_t *bytes, size_t size, uint64_t from_ns)
{
	struct source_config config = { .from_ns = from_ns };
	size_t first;

	trace_read_all(trace_of_bytes(bytes, size), &config, &got);
	assert_int_equal(got.end, -ENODATA);
	assert_int_equal(got.info.damaged, 0);
	assert_int_equal(got.info.start_ns, whole.info.start_ns);
	assert_int_equal(got.now_ns, whole.now_ns);
	first = assert_rest_of_whole();
	/* none that was asked for is missing */
	if (first)
		assert_true(whole.ev[first - 1].time_ns <= whole.info.start_ns + from_ns);
	return first;
}

static void test_begins_in_the_middle(void **state)
{
	struct trace_run run = trace_run_example();

	(void)state;
	for (uint64_t seed = 1; seed < 8; seed++) {
		size_t size, end, most = 0;
		uint64_t last;
		uint8_t *bytes;

		make_events(seed);
		run.start_ns = events[0].time_ns;
		bytes = trace_bytes(trace_written(&run, events, CNT, 100, true), &size);
		trace_read_all(trace_of_bytes(bytes, size), NULL, &whole);
		assert_int_equal(whole.cnt, CNT);
		last = whole.now_ns - whole.info.start_ns;
		for (uint64_t part = 0; part <= 12; part++) {
			size_t saved = read_from(bytes, size, last / 10 * part);

			/* the same where the end is missing, and with it the index */
			end = size - TRACE_TRAILER_BYTES - 1;
			trace_read_all(trace_of_bytes(bytes, end),
				       &(struct source_config){ .from_ns = last / 10 * part }, &got);
			assert_true(got.info.broken_off);
			assert_int_equal(assert_rest_of_whole(), saved);
			most = saved > most ? saved : most;
		}
		assert_true(most > CNT / 2);
		free(bytes);
	}
}

/* From a pipe nobody can leap; what comes before is told, too. */
static void test_pipe_begins_at_its_beginning(void **state)
{
	struct source_config config = { .from_ns = UINT64_C(1) << 62 };
	struct trace_run run = trace_run_example();
	struct fault fault = { "" };
	int fds[2], fd;
	struct source *src;
	uint8_t *bytes;
	size_t size;

	(void)state;
	make_events(3);
	fd = trace_written(&run, events, 1000, 100, true);
	bytes = trace_bytes(fd, &size);
	assert_int_equal(pipe2(fds, O_NONBLOCK | O_CLOEXEC), 0);
	assert_true(fcntl(fds[1], F_SETPIPE_SZ, 1 << 20) >= (int)size);
	assert_int_equal(write(fds[1], bytes, size), size);
	close(fds[1]);
	src = trace_opened(fds[0], &config);
	got.cnt = 0;
	while (source_read(src, got_event, &got, &fault) >= 0)
		;
	assert_int_equal(got.cnt, 1000);
	source_close(src);
	close(fds[0]);
	free(bytes);
}

/* --- several files ------------------------------------------------------------------------------ */

static char folder[] = "/tmp/urbscope-test-XXXXXX";

static int open_file(const char *name, int flags)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, flags | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	return fd;
}

static int open_number(unsigned int number, int flags)
{
	char name[32];

	snprintf(name, sizeof(name), "run.%05u.urb", number);
	return open_file(name, flags);
}

static void empty_folder(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s/*", folder);
	assert_int_equal(system(command), 0);
}

/* A recording in `files` files, run.00000.urb and so on. */
static void write_files(unsigned int files)
{
	struct trace_run run = trace_run_example();
	struct trace_writer *writer = NULL;
	int fd = -1, next;

	run.start_ns = events[0].time_ns;
	for (size_t i = 0; i < CNT; i++) {
		unsigned int number = i * files / CNT;

		if (i && number != (i - 1) * files / CNT) {
			next = open_number(number, O_WRONLY | O_CREAT);
			assert_int_equal(trace_writer_rotate(writer, next, events[i - 1].time_ns), 0);
			close(fd);
			fd = next;
		} else if (!i) {
			fd = open_number(0, O_WRONLY | O_CREAT);
			writer = trace_writer_new(fd, &run, 77);
		}
		trace_writer_event(writer, &events[i]);
	}
	assert_int_equal(trace_writer_end(writer, events[CNT - 1].time_ns + 1000), 0);
	trace_writer_free(writer);
	close(fd);
}

static void read_set(void)
{
	struct source_config config = { 0 };
	char path[128];
	struct source *src;

	snprintf(path, sizeof(path), "%s/run.urb", folder);
	got.cnt = 0;
	got.fault.text[0] = '\0';
	src = source_open_recording(path, &config, &got.fault);
	if (!src)
		fail_msg("%s", got.fault.text);
	do
		got.end = source_read(src, got_event, &got, &got.fault);
	while (got.end >= 0);
	got.info = *source_info(src);
	got.now_ns = source_now(src);
	source_close(src);
}

static void make_set(unsigned int files)
{
	struct trace_run run = trace_run_example();

	make_events(5);
	run.start_ns = events[0].time_ns;
	trace_read_all(trace_written(&run, events, CNT, 0, true), NULL, &whole);
	empty_folder();
	write_files(files);
}

static void test_files_are_one(void **state)
{
	(void)state;
	make_set(12);
	read_set();
	assert_int_equal(got.end, -ENODATA);
	assert_false(got.info.broken_off);
	assert_int_equal(got.info.damaged, 0);
	assert_int_equal(got.cnt, CNT);
	assert_int_equal(assert_rest_of_whole(), 0);
	assert_int_equal(got.now_ns, whole.now_ns);
}

/* The oldest were removed for want of room: it begins with what was in flight then. */
static void test_oldest_files_are_gone(void **state)
{
	char command[64];

	(void)state;
	make_set(12);
	snprintf(command, sizeof(command), "rm %s/run.0000[0-6].urb", folder);
	assert_int_equal(system(command), 0);
	read_set();
	assert_int_equal(got.end, -ENODATA);
	assert_int_equal(got.info.damaged, 0);
	assert_true(assert_rest_of_whole() >= 7 * CNT / 12);
	/* and each by itself */
	trace_read_all(open_number(11, O_RDONLY), NULL, &got);
	assert_int_equal(got.end, -ENODATA);
	assert_int_equal(got.info.damaged, 0);
	assert_true(assert_rest_of_whole() >= 11 * CNT / 12);
}

static void test_a_file_in_between_is_gone(void **state)
{
	uint64_t lost = 0, read = 0;
	char command[64];

	(void)state;
	make_set(12);
	snprintf(command, sizeof(command), "rm %s/run.00004.urb", folder);
	assert_int_equal(system(command), 0);
	read_set();
	assert_int_equal(got.end, -ENODATA);
	assert_int_equal(got.info.damaged, 1);
	for (size_t i = 0; i < got.cnt; i++) {
		lost += got.ev[i].kind == URB_EV_LOST ? got.ev[i].lost.count : 0;
		read += is_of_a_urb(&got.ev[i]);
	}
	assert_int_equal(read + lost, CNT);
	assert_in_range(lost, CNT / 12 - 1, CNT / 12 + 1);
}

/* `cat run.*.urb | urbscope report -` */
static void test_files_behind_one_another(void **state)
{
	char command[128];

	(void)state;
	make_set(7);
	snprintf(command, sizeof(command), "cat %s/run.*.urb >%s/joined", folder, folder);
	assert_int_equal(system(command), 0);
	trace_read_all(open_file("joined", O_RDONLY), NULL, &got);
	assert_int_equal(got.end, -ENODATA);
	assert_int_equal(got.info.damaged, 0);
	assert_int_equal(got.cnt, CNT);
	assert_int_equal(assert_rest_of_whole(), 0);
}

static bool is_there(unsigned int number)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/run.%05u.urb", folder, number);
	return !access(path, F_OK);
}

static void test_rotation_keeps_the_newest(void **state)
{
	struct rotation r = { .max = 80000 };
	char path[128], *first;
	int fd;

	(void)state;
	empty_folder();
	close(open_file("run.urb", O_WRONLY | O_CREAT));
	for (unsigned int i = 0; i < 5; i++)
		close(open_number(i, O_WRONLY | O_CREAT));
	snprintf(path, sizeof(path), "%s/run.urb", folder);
	first = rotation_first(&r, path);
	assert_non_null(strstr(first, "/run.00000.urb"));
	rotation_begin(&r, 0);
	/* of what was there before nothing is left that could be taken for this recording */
	assert_int_equal(access(path, F_OK), -1);
	assert_true(is_there(0) && !is_there(1) && !is_there(4));
	assert_int_equal(r.size, 10000);
	assert_false(rotation_due(&r, 9999, 1));
	assert_true(rotation_due(&r, 10000, 1));
	for (unsigned int i = 1; i <= 20; i++) {
		fd = rotation_open(&r, 10000);
		assert_true(fd >= 0);
		rotation_turned(&r, fd, i);
		rotation_trim(&r, 5000);
		assert_true(is_there(i));
		assert_int_equal(is_there(i - (i < 7 ? i : 7)), true);
		if (i >= 8)
			assert_false(is_there(i - 8));
	}
	rotation_release(&r);
	free(first);
}

static void test_rotation_by_time(void **state)
{
	struct rotation r = { .ns = 1000 };
	char path[128], *first;

	(void)state;
	empty_folder();
	snprintf(path, sizeof(path), "%s/run", folder);
	first = rotation_first(&r, path);
	rotation_begin(&r, 500);
	assert_false(rotation_due(&r, 1 << 30, 1499));
	assert_true(rotation_due(&r, 0, 1500));
	rotation_release(&r);
	free(first);
}

static void test_sizes(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} good[] = { { "0", 0 }, { "65536", 65536 }, { "64K", 65536 }, { "1.5M", 1572864 },
		     { "2GiB", UINT64_C(2) << 30 }, { "3TB", UINT64_C(3) << 40 }, { "7B", 7 } };
	static const char *const bad[] = { "", "-1", "M", "1X", "1MM", "nan", "inf", "1 M", "1e30", "1Mi" };
	uint64_t bytes;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(parse_size(good[i].text, &bytes), 0);
		assert_int_equal(bytes, good[i].bytes);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(parse_size(bad[i], &bytes), -EINVAL);
}

/* --- no more room ------------------------------------------------------------------------------- */

/* Wherever a file may grow no more, what was written before is whole, and has its end if that fits. */
static void test_no_room(void **state)
{
	struct trace_run run = trace_run_example();
	struct rlimit before, limit;
	size_t ended = 0;

	(void)state;
	make_events(4);
	run.start_ns = events[0].time_ns;
	trace_read_all(trace_written(&run, events, CNT, 100, true), NULL, &whole);
	getrlimit(RLIMIT_FSIZE, &before);
	signal(SIGXFSZ, SIG_IGN);
	for (size_t room = 0; room < 30000; room += 331) {
		int fd = trace_of_bytes("", 0), err = 0;
		struct trace_writer *writer;

		limit = (struct rlimit){ room, before.rlim_max };
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
		writer = trace_writer_new(fd, &run, 1);
		for (size_t i = 0; i < CNT && !err; i++) {
			trace_writer_event(writer, &events[i]);
			if (i % 100 == 99)
				err = trace_writer_tick(writer, events[i].time_ns);
		}
		assert_int_equal(err, -EFBIG);
		assert_int_equal(trace_writer_end(writer, events[CNT - 1].time_ns), -EFBIG);
		trace_writer_free(writer);
		setrlimit(RLIMIT_FSIZE, &before);
		trace_read_all(fd, NULL, &got);
		/* not even the first block */
		if (room < 3000)
			continue;
		if (got.end != -ENODATA) fail_msg("room %zu: %s", room, got.fault.text);
		assert_int_equal(got.info.damaged, 0);
		ended += !got.info.broken_off;
		for (size_t i = 0; i < got.cnt; i++)
			assert_int_equal(got.ev[i].time_ns, whole.ev[i].time_ns);
		/* it is as much as fits: what is missing had no room */
		assert_true(got.cnt * 30 + 3000 > room);
	}
	/* half a block is often more than an end takes */
	assert_true(ended > 10);
}

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	(void)state;
	empty_folder();
	return rmdir(folder);
}

static const struct CMUnitTest tests[] = {
	TEST("trace-begins-in-the-middle", test_begins_in_the_middle),
	TEST("pipe-begins-at-its-beginning", test_pipe_begins_at_its_beginning),
	TEST("files-of-a-recording-are-one", test_files_are_one),
	TEST("oldest-files-may-be-gone", test_oldest_files_are_gone),
	TEST("file-in-between-counts-as-lost", test_a_file_in_between_is_gone),
	TEST("files-may-stand-behind-one-another", test_files_behind_one_another),
	TEST("rotation-keeps-the-newest", test_rotation_keeps_the_newest),
	TEST("rotation-by-time", test_rotation_by_time),
	TEST("sizes-are-understood", test_sizes),
	TEST("trace-is-whole-where-the-disk-is-full", test_no_room),
};

int main(void)
{
	const char *filter = getenv("T");

	if (filter)
		cmocka_set_test_filter(filter);
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
