/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The one event model. Every source, live or recorded, is turned into a sequence of
 * struct urb_event in order of time; everything behind the sources knows nothing else.
 *
 * Times are nanoseconds of the source's own clock (live: CLOCK_MONOTONIC).
 */
#ifndef URBSCOPE_EVENT_H
#define URBSCOPE_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The five moments of a transfer. A source says which of them an event carries; what it
 * cannot see stays "not seen" through to the figures (shown as n/a), it is never 0.
 */
enum urb_moment {
	URB_SUBMIT = 1 << 0,	/* the driver called usb_submit_urb() */
	URB_QUEUED = 1 << 1,	/* the HCD accepted it: usb_hcd_link_urb_to_ep() returned 0 */
	URB_DONE = 1 << 2,	/* the HCD gave it back: usb_hcd_giveback_urb() entered */
	URB_HANDLER = 1 << 3,	/* complete() entered */
	URB_RETURNED = 1 << 4,	/* complete() left */
};

enum urb_event_kind {
	/* A submission was accepted. time_ns is `queued`, or `submit` where only that is seen. */
	URB_EV_SUBMIT = 1,
	/* A transfer ended. time_ns is `done`, or `handler` where only that is seen. */
	URB_EV_COMPLETE,
	/*
	 * usb_submit_urb() returned an error. If the id is open and URB_F_ACTIVE is not set, the
	 * HCD had accepted the URB and then gave it up (usbmon: E after S): the transfer ends.
	 */
	URB_EV_SUBMIT_ERROR,
	/* complete() was entered, after a COMPLETE with URB_F_HANDLER_FOLLOWS. */
	URB_EV_HANDLER,
	/* complete() returned; .returned.handler_ns is the time of its HANDLER event. */
	URB_EV_RETURNED,
	/*
	 * This id is in flight now and was submitted before the source could see it. Known at
	 * once (live, from a walk of the endpoints' queues), unlike the inherited transfers of
	 * a capture, which only their completion gives away. Of an id that is open: a
	 * confirmation for the SYNC that follows.
	 */
	URB_EV_INFLIGHT,
	/*
	 * Everything in flight on `ep` (URB_EP_ANY: on all endpoints) has just been named by
	 * INFLIGHT: what else is open there and not younger than time_ns has ended unseen. The
	 * endpoint is certain again, unless a loss told before may be younger than time_ns.
	 */
	URB_EV_SYNC,
	/*
	 * Events were lost (.lost), on `ep` or on any endpoint (URB_EP_ANY), none of them earlier
	 * than time_ns or later than .lost.until_ns. All that lies between is in doubt.
	 */
	URB_EV_LOST,
	/* What is known of the endpoint and its device (.facts, valid during the call only). */
	URB_EV_FACTS,
	/* The device (bus and address of `ep`) was unplugged; the address may be used anew. */
	URB_EV_GONE,
	/* Bulk streams of `ep`: somebody asked for them or gave them back, or how many are on. */
	URB_EV_STREAMS,
};

/* struct urb_event.flags */
enum urb_event_flag {
	URB_F_ACTIVE = 1 << 0,		 /* SUBMIT_ERROR: refused because it was already in flight */
	URB_F_HANDLER_FOLLOWS = 1 << 1,	 /* COMPLETE: a HANDLER event of this id is to come */
	URB_F_IN_IRQ = 1 << 2,		 /* SUBMIT: called from hard or soft interrupt context */
	URB_F_CALLER = 1 << 3,		 /* SUBMIT: gfp, pid, comm and complete_fn are valid */
	URB_F_CONTEXT = 1 << 4,		 /* SUBMIT: IN_IRQ could be told on this kernel */
	URB_F_BOGUS = 1 << 6,		 /* SUBMIT: its pipe is of another type than the endpoint */
	URB_F_SYNC_FOLLOWS = 1 << 5,	 /* LOST: the source looks at the queues, SYNC will tell */
	/* COMPLETE: all that was in flight there when the window began is named: inherits nothing more */
	URB_F_TOLD = 1 << 7,
};

/* What a STREAMS event tells. */
enum urb_streams_what {
	/*
	 * .result streams are on, 0: none. No call says so, but the source has looked; or an altsetting
	 * was set or the device reset, which turns them off.
	 */
	URB_STREAMS_ARE,
	/* usb_alloc_streams() has returned: so many were granted, 1 to .result, or -errno. */
	URB_STREAMS_ALLOC,
	/* usb_free_streams() has returned: 0 or -errno. usbcore calls it, too, when a driver lets go. */
	URB_STREAMS_FREE,
};

/* Transfer types in the order of bmAttributes (USB 2.0, table 9-13), not of urb->pipe. */
enum urb_type { URB_TYPE_CONTROL, URB_TYPE_ISO, URB_TYPE_BULK, URB_TYPE_INT, URB_TYPE_UNKNOWN };

/* USB_SPEED_* of include/uapi/linux/usb/ch9.h */
enum urb_speed {
	URB_SPEED_UNKNOWN,
	URB_SPEED_LOW,
	URB_SPEED_FULL,
	URB_SPEED_HIGH,
	URB_SPEED_WIRELESS,
	URB_SPEED_SUPER,
	URB_SPEED_SUPER_PLUS,
};

/*
 * An endpoint is (bus, device address, endpoint address), packed. Endpoint 0 is one endpoint,
 * address 0x00, whatever the direction of its data stage.
 */
#define URB_EP_ANY UINT32_MAX

static inline uint32_t urb_ep(unsigned int bus, unsigned int address, unsigned int endpoint)
{
	return bus << 16 | (address & 0xff) << 8 | (endpoint & 0xff);
}

static inline unsigned int urb_ep_bus(uint32_t ep)
{
	return ep >> 16;
}

static inline unsigned int urb_ep_address(uint32_t ep)
{
	return ep >> 8 & 0xff;
}

static inline unsigned int urb_ep_endpoint(uint32_t ep)
{
	return ep & 0xff;
}

static inline bool urb_ep_is_in(uint32_t ep)
{
	return ep & 0x80;
}

/*
 * Facts of an endpoint and of the device it belongs to. Strings come from devices: they are
 * NUL-terminated here, and may hold anything else until a sink has cleaned them.
 * An unknown string is empty; vid and pid are unknown while has_ids is false.
 */
struct urb_facts {
	bool has_ids;
	uint16_t vid, pid;
	uint8_t speed;		  /* enum urb_speed */
	uint8_t type;		  /* enum urb_type */
	uint16_t max_packet;	  /* bytes; 0 unknown */
	char path[32];		  /* port path, the name in sysfs: "1-1.2", "usb1" */
	char name[64];		  /* product string, else empty */
	char driver[32];	  /* bound to the endpoint's interface: "uas", "usbfs" */
};

struct urb_event {
	uint64_t time_ns;	/* orders the events of a source */
	uint64_t id;		/* pairs the events of one transfer while it is open; opaque */
	uint32_t ep;		/* urb_ep() */
	uint16_t stream;	/* bulk stream id, 0: none */
	uint8_t kind;		/* enum urb_event_kind */
	uint8_t type;		/* enum urb_type */
	uint8_t seen;		/* enum urb_moment, of this event */
	uint8_t flags;		/* enum urb_event_flag */
	uint16_t cpu;
	union {
		struct {
			uint64_t submit_ns;	/* if seen & URB_SUBMIT */
			uint64_t complete_fn;	/* kernel address: for symbols, never shown raw */
			/*
			 * The driver's own URB, which it submits again and again: `id` where the driver is
			 * in the kernel. usbfs takes a new URB each time, so it is what the program has
			 * named (usbdevfs_urb.usercontext: libusb's transfer), or the program's own URB.
			 * 0: not known. Opaque, like `id`.
			 */
			uint64_t slot;
			uint32_t length;	/* bytes asked for */
			uint32_t interval;	/* periodic: as in urb->interval, else 0 */
			uint32_t gfp;		/* mem_flags of the call */
			uint32_t xfer_flags;	/* urb->transfer_flags */
			uint32_t pid;		/* of the caller; noise if URB_F_IN_IRQ */
			char comm[16];
		} submit;
		struct {
			uint32_t length;	/* actual, bytes */
			int32_t status;		/* 0 or -errno of Linux, as complete() gets it */
		} complete;
		struct {
			int32_t error;		/* -errno that usb_submit_urb() returned */
			uint32_t length;
		} submit_error;
		struct {
			uint64_t handler_ns;	/* time_ns of the HANDLER event it closes */
		} returned;
		struct {
			uint64_t count;
			uint64_t until_ns;
		} lost;
		/* A call that names several endpoints is an event of each. */
		struct {
			uint32_t asked;		/* ALLOC */
			int32_t result;
			uint32_t gfp;		/* ALLOC, FREE: mem_flags of the call */
			uint8_t what;		/* enum urb_streams_what */
			bool queued;		/* ALLOC, FREE: URBs were queued on `ep` when it was called */
		} streams;
		const struct urb_facts *facts;
	};
};

/* "bulk", "control", "iso", "int"; "?" for what is unknown. */
const char *urb_type_name(unsigned int type);

/* "low", "full", "high", "super", "super+"; NULL for what is unknown. */
const char *urb_speed_name(unsigned int speed);

/*
 * The name of a URB status or of a submission error, "EPIPE" for -32, and what it means there
 * (Documentation/driver-api/usb/error-codes.rst). NULL if we know none.
 */
const char *urb_errno_name(int status);
const char *urb_errno_meaning(int status);

#endif
