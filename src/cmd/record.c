// SPDX-License-Identifier: GPL-2.0
/* urbscope record: keeps the events of this machine, or hands them to another urbscope. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arguments.h"
#include "command.h"
#include "disk_sync.h"
#include "rotation.h"
#include "run.h"
#include "trace_run.h"
#include "urbscope/format.h"
#include "urbscope/trace_writer.h"

#define FLUSH_NS  100000000ULL
#define SHOW_NS	  500000000ULL
#define OUT_OF_BOX "urbscope.urb"

enum { KEY_ROTATE_SIZE = 0x200, KEY_ROTATE_TIME, KEY_MAX_SIZE, KEY_SYNC };

struct record {
	struct run_options options;
	struct rotation rotation;
	char *first;		/* name of the first file of several */
	struct trace_writer *writer;
	uint64_t flush_ns, began_ns, shown_ns; /* of loop_clock() */
	uint64_t bytes;		/* of files before this one */
	uint64_t lost;		/* events, so far */
	uint64_t sync_ns;	/* how often it is brought to the disk; 0: when the kernel likes */
	uint64_t synced_ns, synced_bytes; /* the last time, of loop_clock(); what was written by then */
	struct disk_sync sync;
	int folder;		/* descriptor; for entries of new files */
	bool shows;		/* a line on a terminal */
	int width;		/* of what stands there */
};

static const struct argp_option options[] = {
	{ "rotate-size", KEY_ROTATE_SIZE, "SIZE", 0,
	  "Begin another file when one has grown to SIZE. That is such as 100M; for -o F.urb the files are "
	  "F.00000.urb, F.00001.urb, ..., and `urbscope report F.urb` reads them as one", 2 },
	{ "rotate-time", KEY_ROTATE_TIME, "DUR", 0, "Begin another file when one has lasted for DUR", 2 },
	{ "max-size", KEY_MAX_SIZE, "SIZE", 0,
	  "All files together take no more than about SIZE. The oldest go; a file's size is an eighth of "
	  "it, unless --rotate-size says more", 2 },
	{ "sync", KEY_SYNC, "DUR", 0,
	  "Bring it to the disk every DUR. What is older survives a crash of the machine, which else "
	  "takes with it the last half a minute or more", 2 },
	{ 0 },
};

static void take_size(const struct argp_state *state, const char *option, const char *arg, uint64_t *bytes)
{
	if (parse_size(arg, bytes) || *bytes < 4096)
		refuse(state, "--%s %s: write a size from 4K on, such as 100M or 2G", option, arg);
}

static void complete_options(struct record *r, const struct argp_state *state)
{
	if (r->options.input)
		refuse(state, "a command to run stands behind --: -- %s", r->options.input);
	if (!r->options.output)
		r->options.output = OUT_OF_BOX;
	if (r->sync_ns && !strcmp(r->options.output, "-"))
		refuse(state, "--sync is for a file on a disk: -o FILE");
	if (!rotation_wanted(&r->rotation))
		return;
	if (!strcmp(r->options.output, "-"))
		refuse(state, "a pipe cannot be parted into files: -o FILE");
	if (r->rotation.max && r->rotation.size > r->rotation.max / 2)
		refuse(state, "--rotate-size of more than half of --max-size: nothing would be left to keep");
	r->first = rotation_first(&r->rotation, r->options.output);
	r->options.output = r->first;
	r->options.folder = r->rotation.folder;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct record *r = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &r->options;
		return 0;
	case KEY_ROTATE_SIZE:
		take_size(state, "rotate-size", arg, &r->rotation.size);
		return 0;
	case KEY_ROTATE_TIME:
		if (parse_duration(arg, &r->rotation.ns) || !r->rotation.ns)
			refuse(state, "--rotate-time %s: write a time such as 10 or 500ms", arg);
		return 0;
	case KEY_MAX_SIZE:
		take_size(state, "max-size", arg, &r->rotation.max);
		return 0;
	case KEY_SYNC:
		if (parse_duration(arg, &r->sync_ns) || !r->sync_ns)
			refuse(state, "--sync %s: write a time such as 1 or 200ms", arg);
		return 0;
	case ARGP_KEY_END:
		complete_options(r, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const char doc[] =
	"Watches URBs and records their events in a trace (-o FILE, else " OUT_OF_BOX "), as long as COMMAND "
	"runs, N seconds, or until it is interrupted. Every command that reads reads it; -o - writes it to a "
	"pipe. Ends with the status of COMMAND.\v"
	"EXAMPLES\n"
	"  urbscope record -o run.urb -- dd if=/dev/sda of=/dev/null bs=1M count=100\n"
	"  urbscope report run.urb\n"
	"  ssh board urbscope record -o - | urbtop -\n"
	"  urbscope record -o usb.urb --max-size 1G           the newest gigabyte\n"
	"  urbscope record -o crash.urb --sync 200ms          should the machine crash\n\n"
	"EXIT STATUS\n"
	"  That of COMMAND; without one:\n"
	"  0  recorded\n"
	"  2  it cannot run, or not go on: usage, permission, a full disk\n";

static const struct argp argp = { options, parse, "[-- COMMAND...]", doc, run_argp_children,
				  NULL, NULL };

const struct argp *record_argp(void)
{
	return &argp;
}

/* From now on there is such a file, whatever happens; what has no disk is not for that. */
static int sync_first(struct record *r, int fd, struct fault *fault)
{
	char *folder = rotation_folder(r->options.output);

	r->folder = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	free(folder);
	if (!fsync(fd) && !fsync(r->folder))
		return 0;
	if (errno != EINVAL && errno != EROFS)
		return -errno;
	fault_set(fault, "%s is not on a disk: without --sync", r->options.output);
	return -EINVAL;
}

static int begin(void *ctx, struct run *run, struct fault *fault)
{
	struct record *r = ctx;
	struct trace_run head;
	int err = r->sync_ns ? sync_first(r, fileno(run->out), fault) : 0;

	if (err)
		return err;
	trace_run_of(run->src, run->options->command, &head);
	r->began_ns = loop_clock();
	/* what a command writes to the same terminal comes first */
	r->shows = !run->options->command && isatty(STDERR_FILENO);
	if (r->first)
		rotation_begin(&r->rotation, r->began_ns);
	r->writer = trace_writer_new(fileno(run->out), &head, 0);
	/* from now on it is a trace, whatever happens */
	return r->writer ? trace_writer_tick(r->writer, head.start_ns) : -errno;
}

static void event(void *ctx, const struct urb_event *ev)
{
	struct record *r = ctx;

	if (ev->kind == URB_EV_LOST)
		r->lost += ev->lost.count;
	trace_writer_event(r->writer, ev);
}

static void note_source(struct record *r, const struct source *src)
{
	trace_writer_wall(r->writer, trace_wall_of(src));
	trace_writer_counts(r->writer, source_late(src), source_skipped(src));
}

/* Not by stderr, which lets no carriage return pass. */
static void draw(struct record *r, const char *line)
{
	int width = strlen(line), rest = r->width > width ? r->width - width : 0;
	char out[160];

	snprintf(out, sizeof(out), "\r%s%*s%s", line, rest, "", width ? "" : "\r");
	r->shows = write(STDERR_FILENO, out, strlen(out)) >= 0;
	r->width = width;
}

static void show(struct record *r)
{
	char line[100], time[FMT_SIZE], events[FMT_SIZE], bytes[FMT_SIZE], lost[FMT_SIZE];

	snprintf(line, sizeof(line), "%s, %s events, %sB, %s lost; Ctrl-C ends it",
		 fmt_duration(time, loop_clock() - r->began_ns),
		 fmt_count(events, trace_writer_events(r->writer)),
		 fmt_count(bytes, r->bytes + trace_writer_bytes(r->writer)),
		 r->lost ? fmt_count(lost, r->lost) : "nothing");
	draw(r, line);
}

/* Of the file under way. */
static int file_of(const struct record *r, const struct run *run)
{
	return r->first && r->rotation.fd >= 0 ? r->rotation.fd : fileno(run->out);
}

/* Not while it waits for the disk, nor if nothing is new. */
static int sync_written(struct record *r, int fd, uint64_t now)
{
	uint64_t bytes = r->bytes + trace_writer_bytes(r->writer);

	if (now < r->synced_ns + r->sync_ns || bytes == r->synced_bytes || disk_sync_is_busy(&r->sync))
		return 0;
	r->synced_ns = now;
	r->synced_bytes = bytes;
	return disk_sync_put(&r->sync, fd);
}

static int rotate(struct record *r, const struct run *run)
{
	uint64_t bytes = trace_writer_bytes(r->writer), now = loop_clock();
	int fd, err;

	rotation_trim(&r->rotation, bytes);
	if (!rotation_due(&r->rotation, bytes, now))
		return 0;
	fd = rotation_open(&r->rotation, bytes);
	if (fd < 0)
		return fd;
	err = trace_writer_rotate(r->writer, fd, source_now(run->src));
	if (!err && r->sync_ns)
		err = disk_sync_put(&r->sync, file_of(r, run));
	if (!err && r->sync_ns)
		err = disk_sync_put(&r->sync, r->folder);
	rotation_turned(&r->rotation, fd, now);
	r->bytes += bytes;
	return err;
}

static int turn(void *ctx, struct run *run)
{
	uint64_t now = loop_clock();
	struct record *r = ctx;
	int err;

	if (now < r->flush_ns)
		return 0;
	r->flush_ns = now + FLUSH_NS;
	note_source(r, run->src);
	err = trace_writer_tick(r->writer, source_now(run->src));
	if (!err && r->first)
		err = rotate(r, run);
	if (!err && r->sync_ns)
		err = sync_written(r, file_of(r, run), now);
	if (!err && r->shows && now >= r->shown_ns + SHOW_NS) {
		r->shown_ns = now;
		show(r);
	}
	/* what is there can be read, and there may be room for saying that it ends */
	if (err)
		trace_writer_end(r->writer, source_now(run->src));
	return err;
}

static int end(void *ctx, struct run *run, struct fault *fault)
{
	struct record *r = ctx;
	int err;

	(void)fault;
	note_source(r, run->src);
	err = trace_writer_end(r->writer, source_now(run->src));
	if (!err && r->sync_ns)
		err = disk_sync_put(&r->sync, file_of(r, run));
	return err ? err : disk_sync_end(&r->sync);
}

static const struct run_job job = {
	.begin = begin,
	.event = event,
	.turn = turn,
	.end = end,
	.turn_ns = FLUSH_NS,
	.passes_status = true,
};

int cmd_record(int argc, char **argv)
{
	struct fault fault = { "" };
	struct record r = { .folder = -1 };
	int code;

	run_options_init(&r.options);
	r.options.watch.slots = true; /* for models to check */
	arguments_parse(&argp, argc, argv, ARGP_IN_ORDER, &r);
	if (!strcmp(r.options.output, "-") && isatty(STDOUT_FILENO)) {
		fault_set(&fault, "events on a terminal help nobody: pipe them into `urbtop -`, or -o FILE");
		return cannot_run(&fault);
	}
	code = run_execute(&r.options, &job, &r);
	if (r.width)
		draw(&r, "");
	disk_sync_end(&r.sync);
	if (r.folder >= 0)
		close(r.folder);
	trace_writer_free(r.writer);
	rotation_release(&r.rotation);
	free(r.first);
	return code;
}
