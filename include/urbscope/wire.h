/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the BPF programs and the agent say to each other: records of the ring buffer, and the
 * configuration that is fixed before the programs are loaded. Both sides include this file.
 * Nothing here outlives the running agent; it may change with every version.
 *
 * Every record starts with a struct wire_head. Times are CLOCK_MONOTONIC, ns.
 */
#ifndef URBSCOPE_WIRE_H
#define URBSCOPE_WIRE_H

#include <linux/types.h>

enum wire_kind {
	WIRE_SUBMIT = 1,	/* struct wire_submit, or wire_submit_full with WIRE_F_FULL */
	WIRE_COMPLETE,		/* struct wire_complete */
	WIRE_SUBMIT_ERROR,	/* struct wire_complete; status is the error, length as asked for */
	WIRE_HANDLER,		/* struct wire_handler; time_ns: complete() entered */
	WIRE_RETURNED,		/* struct wire_handler; time_ns: complete() left */
	WIRE_INFLIGHT,		/* struct wire_submit: found in an endpoint's queue */
	WIRE_WALKED,		/* struct wire_head: the queues of this device have been walked */
	WIRE_FACTS,		/* struct wire_facts */
	WIRE_GONE,		/* struct wire_head */
	WIRE_STREAMS,		/* struct wire_streams */
};

/* wire_head.flags: the transfer type in the lowest two bits (order of bmAttributes), then: */
#define WIRE_TYPE_MASK	0x03
#define WIRE_F_ACTIVE	0x04	/* SUBMIT_ERROR: the URB was in flight already */
#define WIRE_F_FULL	0x08	/* SUBMIT: a wire_submit_full; COMPLETE: HANDLER follows */
#define WIRE_F_IN_IRQ	0x10	/* SUBMIT: the caller was in hard or soft interrupt context */
#define WIRE_F_CONTEXT	0x20	/* SUBMIT: IN_IRQ could be told on this kernel */
#define WIRE_F_HAS_CALL 0x40	/* SUBMIT: submit_ns and gfp are valid */
#define WIRE_F_ENDPOINT 0x80	/* FACTS: of an endpoint that the filters let through */

struct wire_head {
	__u64 time_ns;
	__u32 ep;	/* bus << 16 | device address << 8 | endpoint address */
	__u16 stream;
	__u8 kind;
	__u8 flags;
};

struct wire_submit {
	struct wire_head head;
	__u64 urb;	/* address: pairs records while the transfer is open */
	__u32 length;	/* asked for, bytes */
	__u16 cpu;
	__u16 more;	/* WIRE_M_* */
	__u64 slot;	/* the driver's own URB, of a program if it came by usbfs; 0: not told */
};

#define WIRE_M_BOGUS	0x01	/* the pipe is of another transfer type than the endpoint */

struct wire_submit_full {
	struct wire_submit basic;
	__u64 submit_ns;	/* entry of usb_submit_urb() */
	__u64 complete_fn;
	__u32 gfp;
	__u32 xfer_flags;
	__u32 interval;
	__u32 pid;
	char comm[16];
};

struct wire_complete {
	struct wire_head head;
	__u64 urb;
	__s32 status;
	__u32 length;	/* actual, bytes */
};

struct wire_handler {
	struct wire_head head;
	__u64 urb;
	__u64 handler_ns;
	__u32 cpu;
	__u32 pad;
};

struct wire_streams {
	struct wire_head head;
	__u32 asked;	/* ALLOC */
	__s32 result;	/* how many there are, or -errno */
	__u32 gfp;
	__u8 what;	/* enum wire_streams_what */
	__u8 queued;	/* ALLOC, FREE: URBs were queued when it was called */
	__u16 pad;
};

enum wire_streams_what { WIRE_STREAMS_ARE, WIRE_STREAMS_ALLOC, WIRE_STREAMS_FREE };

#define WIRE_PATH   32
#define WIRE_NAME   64
#define WIRE_DRIVER 32

struct wire_facts {
	struct wire_head head;
	__u16 vid, pid;
	__u16 max_packet;
	__u8 speed;
	__u8 pad;
	char path[WIRE_PATH];
	char name[WIRE_NAME];
	char driver[WIRE_DRIVER];
};

_Static_assert(sizeof(struct wire_head) == 16, "wire layout");
_Static_assert(sizeof(struct wire_submit) == 40, "wire layout");
_Static_assert(sizeof(struct wire_submit_full) == 88, "wire layout");
_Static_assert(sizeof(struct wire_complete) == 32, "wire layout");
_Static_assert(sizeof(struct wire_handler) == 40, "wire layout");
_Static_assert(sizeof(struct wire_streams) == 32, "wire layout");
_Static_assert(sizeof(struct wire_facts) == 152, "wire layout");

/*
 * A selector as the kernel side evaluates it: all the criteria named in `by` must match. An
 * endpoint is watched if any filter matches, or if there is none.
 */
#define WIRE_FILTERS_MAX 16

enum wire_filter_by {
	WIRE_BY_BUS = 1 << 0,
	WIRE_BY_ADDRESS = 1 << 1,
	WIRE_BY_VID = 1 << 2,
	WIRE_BY_PID = 1 << 3,
	WIRE_BY_PATH = 1 << 4,
	WIRE_BY_DRIVER = 1 << 5,
	WIRE_BY_ENDPOINT = 1 << 6, /* the endpoint address */
	WIRE_BY_IN = 1 << 7,	   /* direction, as the endpoint address has it */
	WIRE_BY_OUT = 1 << 8,
	WIRE_BY_TYPE = 1 << 9,
	WIRE_BY_STREAM = 1 << 10,
};

struct wire_filter {
	__u16 by;
	__u16 bus;
	__u16 vid, pid;
	__u16 stream;
	__u8 address;
	__u8 endpoint;
	__u8 type;
	__u8 pad[3];
	char path[WIRE_PATH];
	char driver[WIRE_DRIVER];
};

/* What is fixed before the programs are loaded: their read-only section ".rodata.config". */
struct wire_config {
	/* Only the agent's own reads of urbnum make the walk run (pid of its own namespace's view). */
	__u64 pidns_dev, pidns_ino;
	__u32 agent_tgid;
	__u32 filter_cnt;
	/* The agent is woken when this much is waiting; else it looks by itself, at its own pace. */
	__u64 wakeup_bytes;
	__u32 level_full;
	__u32 slots;		/* tell the driver's own URBs: */
	__u64 usbfs_complete;	/* the completion handler of usbfs's URBs, which are not a program's */
	struct wire_filter filters[WIRE_FILTERS_MAX];
};

#define WIRE_EP_ANY 0xffffffffU /* lost: nobody knows of which endpoint */

/* Events that found the ring full, one of these per CPU; only ever grows. */
struct wire_lost {
	__u64 count;
	__u64 last_ns;
};

/*
 * How often each program ran on a CPU, by the order of the programs in the object file. Only the
 * kprobes' are counted: the kernel tells how often those were hit, but not how often it skipped one.
 */
#define WIRE_RUNS_MAX 16

struct wire_runs {
	__u64 of[WIRE_RUNS_MAX];
};

/* What the programs remember of an endpoint, keyed by wire_head.ep. */
struct wire_endpoint {
	__u64 dev;	/* struct usb_device and driver that this was learnt from: */
	__u64 driver;	/* if either changes, it is learnt anew */
	__u64 ep_dev;	/* struct ep_device, and where its interface keeps the driver */
	__u64 driver_at;
	__u64 streams;	/* watched: bit n is stream n, bit 63 all from 63 on; 0: none */
	__u64 lost;	/* events of this endpoint that found the ring full, */
	__u64 lost_since; /* counted since then: a device that is unplugged takes its entry along */
	__u32 told;	/* the FACTS record got through */
	__u32 has_streams; /* some are on, as far as has been seen */
};

#endif
