// SPDX-License-Identifier: GPL-2.0
/* The rules, in words. */
#include "urbscope/check.h"

#define SERIES "rust: usb, bulk queues (linux-usb, June 2026)"
#define ERRORS "Documentation/driver-api/usb/error-codes.rst"
#define SUBMIT "usb_submit_urb(), drivers/usb/core/urb.c"
#define KILL   "usb_kill_urb(), drivers/usb/core/urb.c"
#define STREAMS "Documentation/driver-api/usb/bulk-streams.rst"
#define URBS   "Documentation/driver-api/usb/URB.rst"

static const struct check_rule_info infos[CHECK_RULES] = {
	[RULE_NONE] = { "", "", "", "" },
	[RULE_SLOTS] = { "slots", "as many URBs as the depth, each submitted before any is again",
		"the queue has another number of URBs than its depth", SERIES },
	[RULE_ORDER] = { "order", "URBs are submitted in turn", "a URB was submitted out of turn", SERIES },
	[RULE_MAX] = { "max", "never more in flight than the depth", "more in flight than the depth",
		SERIES },
	[RULE_LENGTH] = { "length", "each URB asks for buf_len bytes", "a URB asked for another length",
		SERIES },
	[RULE_POSTED] = { "posted", "when a URB completes, all others are in flight",
		"others were not in flight when a URB completed", SERIES },
	[RULE_RESUBMIT] = { "resubmit", "a URB that failed is submitted again, too",
		"a URB that failed was passed over", SERIES },
	[RULE_PIPELINED] = { "pipelined", "the next is submitted while one is in flight",
		"each transfer was waited for", SERIES },
	[RULE_FILLED] = { "filled", "once around, all are in flight after each submission",
		"the queue was not full after a submission", SERIES },
	[RULE_ACTIVE] = { "active", "no URB is submitted while it is in flight",
		"a URB was submitted while it was in flight (-EBUSY)", URBS },
	[RULE_CLOSED] = { "closed", "nothing is in flight after the close",
		"URBs were left in flight at the close", SERIES },
	[RULE_KILLED] = { "killed", "what is cancelled at the close is killed",
		"a URB was unlinked (-ECONNRESET), not killed", ERRORS },
	[RULE_ONCE] = { "once", "each submission has one completion",
		"a completion without a submission, or a submission of a URB whose completion never came",
		URBS },
	[RULE_GFP] = { "gfp", "no allocation that may sleep in interrupt context",
		"GFP flags that may sleep (GFP_KERNEL, GFP_NOIO), in interrupt context", SUBMIT },
	[RULE_ACCEPTED] = { "accepted", "no URB is refused for what it asks",
		"usb_submit_urb() refused a URB", ERRORS },
	[RULE_KILL] = { "kill", "no URB is submitted while it is being killed",
		"a URB was submitted while it was being killed or was poisoned (-EPERM)", KILL },
	[RULE_HALTED] = { "halted", "no URB is submitted to a halted endpoint",
		"-EPIPE, again and again, for URBs that were submitted later: usb_clear_halt() comes first", ERRORS },
	[RULE_PERIODIC] = { "periodic", "a periodic endpoint is not empty for longer than its interval",
		"no URB was there when the endpoint was due", URBS },
	[RULE_TYPE] = { "type", "the pipe is of the endpoint's type",
		"the pipe is of another transfer type than the endpoint (\"BOGUS urb xfer\")", SUBMIT },
	[RULE_STREAM] = { "stream", "with streams, every URB has one of those that were granted",
		"stream 0, or one beyond those granted, on an endpoint that uses streams", STREAMS },
	[RULE_ALLOCATED] = { "allocated", "streams are allocated before they are used",
		"a URB to a stream of an endpoint that has none: never allocated, or freed", STREAMS },
	[RULE_TWICE] = { "twice", "streams are allocated once, and freed once",
		"streams were allocated that were there, or freed that were not", STREAMS },
	[RULE_DRAINED] = { "drained", "nothing is queued when streams are allocated or freed",
		"streams were allocated or freed with URBs queued", STREAMS },
	[RULE_TWO] = { "two", "fewer than two streams are not asked for",
		"fewer than two streams were asked for", STREAMS },
};

const struct check_rule_info *check_rule_info(enum check_rule rule)
{
	return &infos[rule];
}
