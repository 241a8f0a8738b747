/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sources of events. All are used alike: open, then read whenever the descriptor says so or some
 * time has passed, until read says that the end is reached; then close.
 *
 * Events come out in order of time. A live source holds each event back until nothing older can
 * come any more (SOURCE_HORIZON_NS), and hands on all the rest at source_finish().
 */
#ifndef URBSCOPE_SOURCE_H
#define URBSCOPE_SOURCE_H

#include "urbscope/event.h"
#include "urbscope/fault.h"
#include "urbscope/selector.h"

/*
 * Records of several CPUs reach the ring in the order of their reservation, a little after the
 * time that they carry. Under the HCD's lock that is well under a microsecond; but a virtual CPU
 * that lost its processor in between takes as long as its host pleases (under QEMU's emulation
 * with one thread for all processors: up to 100 ms). What is shown is this much behind.
 */
#define SOURCE_HORIZON_NS 200000000ULL

struct source_config {
	const struct selector *selectors; /* none: everything */
	size_t selector_cnt;
	bool slots;			  /* live: tell the drivers' own URBs (submit.slot) */
	bool full;			  /* live: the full probe level, all five moments */
	bool kprobes;			  /* BPF: attach by kprobes, even if fentry would do */
	size_t ring_bytes;		  /* live: a power of two from 1 MiB, 0: default */
	/*
	 * A hint to a recording: what is older is not asked for, by time since its window began. One
	 * with an index may begin anywhere before, if it sets info.start_ns all the same, tells what
	 * is in flight there (INFLIGHT, SYNC), and sets URB_F_TOLD where nothing more is inherited. Others
	 * begin at the beginning. 0: all is.
	 */
	uint64_t from_ns;
};

struct trace_run;

struct source_info {
	/* "bpf" (by fentry), "kprobe" (BPF by kprobes), "usbmon", "usbmon-text", "pcap"; of a trace, that
	 * of the source that was recorded, once its head was read */
	const char *kind;
	const char *path;	/* NULL when live */
	const char *clock;	/* "monotonic", "realtime", "unknown" */
	/*
	 * Of a monotonic clock: what to add to its stamps for nanoseconds since 1970, as that was when
	 * the source was opened; of a trace, as it was where it is being read. 0: not known, or the
	 * clock is no monotonic one.
	 */
	uint64_t wall_ns;
	uint64_t resolution_ns;
	uint64_t start_ns;	/* the window began here, 0: with the first event */
	uint8_t sees;		/* enum urb_moment */
	bool live;		/* the window goes on while nothing happens */
	bool silent;		/* what it lost nobody tells: lost 0 means nothing */
	bool broken_off;	/* a recording ended without saying so: what was read is whole */
	const char *missing;	/* broken_off: what ought to have followed; NULL: not known */
	uint64_t damaged;	/* places at which a recording is not as it was written */
	bool walks;		/* INFLIGHT tells what is in flight when the window begins */
	const struct trace_run *run; /* a trace: what it says of the run (trace.h); else NULL */
};

typedef void (*source_emit)(void *ctx, const struct urb_event *ev);

struct source;

/*
 * The running kernel, through BPF: by fentry, or by kprobes where that cannot be or if the
 * configuration says so. What is in flight already comes as INFLIGHT events at
 * info.start_ns. NULL if it cannot be had, with the fault and its cure filled in.
 */
struct source *source_open_bpf(const struct source_config *config, struct fault *fault);

/*
 * Does this kernel refuse to attach by fentry, though it looks as if it could? Tries it, for a moment.
 * source_open_bpf() finds out by itself; if kprobes cannot be had then either, its errno is EOPNOTSUPP.
 */
bool source_bpf_refuses_fentry(void);

/*
 * The running kernel, through usbmon: submissions (URB_SUBMIT) and completions (URB_HANDLER) of all
 * buses, by the wall clock in us. What is in flight already shows by its completion only. Selectors
 * are applied here; one that names a stream is refused, as `full` is without meaning. The selectors
 * stay the caller's and must live as long as the source. NULL with the fault and its cure filled in.
 */
struct source *source_open_usbmon(const struct source_config *config, struct fault *fault);

/*
 * The same through usbmon's text interface in debugfs, by CLOCK_MONOTONIC in us. The kernel drops
 * what is not read at once (it queues about 90 events), and counts it for all readers of all buses
 * together. A process of its own reads; it ends with the source.
 */
struct source *source_open_usbmon_text(const struct source_config *config, struct fault *fault);

/*
 * A trace (docs/trace.md) that another urbscope wrote, or is writing to a pipe. Path "-" is standard
 * input. What is missing in it or damaged comes as LOST; then, where the trace tells what was in
 * flight, INFLIGHT and SYNC. NULL with the fault filled in if it cannot be opened; a bad head shows at
 * the first read. The path and the selectors stay the caller's, and must live as long as the source.
 *
 * With config.from_ns a file is read from the last place before it on that tells what was in flight:
 * INFLIGHT comes as of then, and info.start_ns is the time when the whole recording begins.
 *
 * Where there is no such file, but there are those of a recording in several (run.00000.urb, ... for
 * run.urb), they are read one after the other as one.
 */
struct source *source_open_trace(const char *path, const struct source_config *config,
				 struct fault *fault);

/*
 * A capture of URBs, pcap or pcapng, read through libpcap: link types 189 and 220 (usbmon) and 249
 * (USBPcap). Its window begins with its first event; what it says of devices is known from the
 * descriptors that were read in it on. Path and selectors as above. NULL with the fault filled in,
 * also if it is none of these.
 */
struct source *source_open_pcap(const char *path, const struct source_config *config,
				struct fault *fault);

/*
 * A log of usbmon's text interface (Documentation/usb/usbmon.rst), in its form 1u or 1t, which
 * names no buses: they are 0 then. Prose around the records and before them is passed over; a
 * log without any is refused at its end. Its window begins with its first event, whose time is its
 * stamp. Devices as in a capture. Path and selectors as above.
 */
struct source *source_open_text(const char *path, const struct source_config *config,
				struct fault *fault);

/*
 * Several recordings as one, in order of time: parts of one trace (export --from, --to) by its own
 * clock, others by the wall clock, which each of them must know. Buses of another machine than the
 * first one's are numbered from 1000 a machine. Takes the sources over, if it succeeds; a fault in what
 * they say shows at a read.
 */
struct source *source_open_merge(struct source *const *srcs, size_t cnt, struct fault *fault);

/* One of these recordings, by its first bytes, for which it may have to wait. */
struct source *source_open_recording(const char *path, const struct source_config *config,
				     struct fault *fault);

/*
 * A part of another source's time: what happens from `from_ns` on and before `to_ns`, both since
 * its window began. The window of the part is [from_ns, to_ns), or ends with the recording.
 *
 * What is known at its beginning is told there: FACTS of the endpoints, INFLIGHT for what is in
 * flight (and SYNC, where that is all), GONE for what was unplugged and has URBs in flight still, LOST where an earlier loss leaves doubt. Nothing is read
 * that is younger than its end. late and skipped are those of the part.
 *
 * Takes `inner` over, also if it fails: NULL, with the fault filled in. That the recording ends
 * before the part begins shows when it is read.
 */
struct source_range {
	uint64_t from_ns;
	uint64_t to_ns;		/* UINT64_MAX: to the end */
};

struct source *source_open_range(struct source *inner, const struct source_range *range,
				 struct fault *fault);

/*
 * Another source, held at a moment: source_read() emits what happens before it, and no more, until it
 * is moved. It has no descriptor (-1) where nothing needs to come from the inner source for that. Takes
 * `inner` over, also if it fails: NULL, with the fault filled in. At first it is held at its beginning.
 */
struct source *source_open_paced(struct source *inner, struct fault *fault);

/* Moves the moment: time since the window began; UINT64_MAX: the end. Never back. */
void source_paced_until(struct source *paced, uint64_t until_ns);

/* Has all been emitted that happens before it? At the end of a recording source_read() tells. */
bool source_paced_held(const struct source *paced);

/* Time since the window began, up to which all has been emitted. */
uint64_t source_paced_position(const struct source *paced);

/* Readable when source_read() has something to do; may be -1 when it always has. */
int source_fd(const struct source *src);

/*
 * Takes what there is, without waiting, and emits what is old enough. Returns the number of
 * events emitted (0: nothing now), -ENODATA at the end of a recording (the last ones may have come
 * with the same call), else -errno with the fault filled in.
 */
int source_read(struct source *src, source_emit emit, void *ctx, struct fault *fault);

/*
 * Emits all that is still held back. The probes stop before, so nothing new can come. 0, or
 * -errno with the fault filled in.
 */
int source_finish(struct source *src, source_emit emit, void *ctx, struct fault *fault);

/* The time up to which everything has been emitted: snapshots of a live run end here. */
uint64_t source_now(const struct source *src);

/*
 * The capabilities, as bits of linux/capability.h, that are not in effect, and without which an open
 * source would not go on as before. Of most there are none: what needs privileges was done at opening.
 */
uint64_t source_lacks(const struct source *src);

const struct source_info *source_info(const struct source *src);

/* source_info.wall_ns of CLOCK_MONOTONIC, now. */
uint64_t source_wall_ns(void);

/*
 * Events that came later than the horizon allows, or whose time in a recording runs backwards: the
 * figures of those moments are not exact.
 */
uint64_t source_late(const struct source *src);

/* Records that were read and are no event of a URB that we know. */
uint64_t source_skipped(const struct source *src);

void source_close(struct source *src);

/* What `urbscope doctor` asks: the hooks of a level that this kernel does not have. */
struct source_hook {
	char program[32];  /* of ours */
	char function[64]; /* of the kernel's */
	bool basic;	   /* needed by the basic level */
	bool found;	   /* the kernel's BTF has it, or of kprobes: its symbols do */
};

/*
 * The name of the kernel function at an address of this machine ("usb_stor_blocking_completion"),
 * NULL if it is not known. Valid until the next call. Reads /proc/kallsyms once.
 */
struct source_symbols;
struct source_symbols *source_symbols_new(void);
void source_symbols_free(struct source_symbols *symbols);
const char *source_symbol(struct source_symbols *symbols, uint64_t address);

/* False: who asks may not see addresses, or there is no such file. */
bool source_symbols_any(const struct source_symbols *symbols);

/* The address of the one function of that name; 0 if there is none, or more than one. */
uint64_t source_symbol_address(const struct source_symbols *symbols, const char *name);

/* Fills up to `max` entries and returns how many hooks there are, or -errno. */
int source_bpf_hooks(bool kprobes, struct source_hook *hooks, size_t max);

#endif
