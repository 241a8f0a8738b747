// SPDX-License-Identifier: GPL-2.0
/* traceprint FILE: a line an event, all its fields, as urbscope's reader has them. See tracenaive.c. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "urbscope/source.h"

static void print_text(const char *name, const char *text)
{
	printf(" %s=", name);
	for (; *text; text++)
		printf("%02x", (unsigned char)*text);
}

static void print_facts(const struct urb_facts *f)
{
	printf(" ids=%d %04x:%04x speed=%d max=%d", f->has_ids, f->vid, f->pid, f->speed, f->max_packet);
	print_text("path", f->path);
	print_text("name", f->name);
	print_text("driver", f->driver);
}

static void print_event(void *ctx, const struct urb_event *ev)
{
	(void)ctx;
	printf("%" PRIu64 " kind=%d ep=%u id=%" PRIu64 " type=%d seen=%d flags=%d stream=%d cpu=%d", ev->time_ns,
	       ev->kind, ev->ep, ev->id, ev->type, ev->seen, ev->flags, ev->stream, ev->cpu);
	switch (ev->kind) {
	case URB_EV_SUBMIT:
	case URB_EV_INFLIGHT:
		printf(" length=%u submit=%" PRIu64 " slot=%" PRIu64, ev->submit.length, ev->submit.submit_ns,
		       ev->submit.slot);
		printf(" interval=%u gfp=%x xfer=%x pid=%u", ev->submit.interval, ev->submit.gfp,
		       ev->submit.xfer_flags, ev->submit.pid);
		print_text("comm", ev->submit.comm);
		break;
	case URB_EV_COMPLETE:
		printf(" length=%u status=%d", ev->complete.length, ev->complete.status);
		break;
	case URB_EV_SUBMIT_ERROR:
		printf(" length=%u status=%d", ev->submit_error.length, ev->submit_error.error);
		break;
	case URB_EV_RETURNED:
		printf(" handler=%" PRIu64, ev->returned.handler_ns);
		break;
	case URB_EV_LOST:
		printf(" count=%" PRIu64 " until=%" PRIu64, ev->lost.count, ev->lost.until_ns);
		break;
	case URB_EV_FACTS:
		print_facts(ev->facts);
		break;
	case URB_EV_STREAMS:
		printf(" asked=%u result=%d what=%d queued=%d gfp=%x", ev->streams.asked,
		       ev->streams.result, ev->streams.what, ev->streams.queued, ev->streams.gfp);
		break;
	}
	printf("\n");
}

int main(int argc, char **argv)
{
	struct source_config config = { 0 };
	struct fault fault = { "" };
	struct source *src = argc == 2 ? source_open_trace(argv[1], &config, &fault) : NULL;
	int err = src ? 0 : -EINVAL;

	while (err >= 0)
		err = source_read(src, print_event, NULL, &fault);
	err = err != -ENODATA || source_info(src)->damaged || source_info(src)->broken_off;
	if (err)
		fprintf(stderr, "traceprint: %s\n", fault.text[0] ? fault.text : "not whole");
	source_close(src);
	return err;
}
