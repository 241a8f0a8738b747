// SPDX-License-Identifier: GPL-2.0
/* Captures of URBs, pcap and pcapng, through libpcap. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "input.h"
#include "pcap_comments.h"
#include "pcap_facts.h"
#include "pcap_ng.h"
#include "pcap_usb.h"
#include "recording.h"
#include "select.h"
#include "source.h"

#define CHUNK (256 * 1024)
/* A read of a file ends after so many packets: its caller has other things to look after. */
#define PACKETS_AT_ONCE 16384

#define USEC 1000

struct capture_source {
	struct source base;
	struct input in;
	struct pcapng_blocks blocks;
	struct pcap_comments comments;
	bool run_over;		/* .comments.run.end_ns was told */
	int comments_err;	/* of feed(), which has nobody to tell */
	pcap_t *pcap;
	enum capture_link link;
	struct selection selection;
	struct capture_facts facts;
	struct capture_lengths lengths;
	uint64_t now_ns, packet_cnt;
	source_emit emit;	/* of the current read */
	void *ctx;
	int emitted;
	int at_once;		/* packets a read */
	int status;		/* of pcap_next_ex(): once it was not 1, that was the end */
	FILE *file;		/* libpcap's */
	char missing[PCAP_ERRBUF_SIZE];
	char buf[CHUNK];
};

static struct capture_source *self(struct source *src)
{
	return (struct capture_source *)src;
}

static int capture_fd(const struct source *src)
{
	return ((const struct capture_source *)src)->in.fd;
}

static uint64_t capture_now(const struct source *src)
{
	return ((const struct capture_source *)src)->now_ns;
}

static bool is_pcapng(const struct input *in)
{
	return in->head[0] == '\n';
}

/* read() of the FILE that libpcap reads through. */
static ssize_t feed(void *cookie, char *out, size_t size)
{
	struct capture_source *src = cookie;
	ssize_t got;

	do
		got = input_read(&src->in, out, size);
	while (got < 0 && errno == EINTR);
	if (got > 0 && is_pcapng(&src->in)) {
		pcapng_lift_limits(&src->blocks, (uint8_t *)out, got);
		if (!src->comments_err)
			src->comments_err = pcap_comments_see(&src->comments, (uint8_t *)out, got);
	}
	return got;
}

/* Bytes that were read and not looked at yet. No function of the C library's tells it. */
static size_t left_in_buffer(const struct capture_source *src)
{
	return src->file->_IO_read_end - src->file->_IO_read_ptr;
}

/* What the source emits, if it was asked for. */
static void hand_on(void *ctx, const struct urb_event *ev)
{
	struct capture_source *src = ctx;

	if (!selection_has(&src->selection, ev))
		return;
	src->emit(src->ctx, ev);
	src->emitted++;
}

static uint64_t time_of(const struct pcap_pkthdr *header)
{
	/* opened for nanoseconds: that is what tv_usec holds */
	return header->ts.tv_sec * 1000000000ULL + header->ts.tv_usec;
}

/* What a file of our own says beside the packet whose event *ev is. */
static void amend(struct capture_source *src, struct urb_event *ev)
{
	size_t size;
	const char *text = pcap_comments_peek(&src->comments, src->packet_cnt, &size);

	if (!text || comment_word(text, size) != COMMENT_PACKET)
		return;
	if (comment_read_event(text, size, ev->time_ns, ev, NULL))
		src->base.skipped++;
	pcap_comments_pop(&src->comments);
}

/* The events that followed the packet of the time base_ns, and are in its comments. */
static void follow(struct capture_source *src, uint64_t base_ns)
{
	const char *text;
	size_t size;

	while ((text = pcap_comments_peek(&src->comments, src->packet_cnt, &size))) {
		struct urb_facts facts;
		struct urb_event ev = { 0 };

		if (comment_read_event(text, size, base_ns, &ev, &facts))
			src->base.skipped++;
		else
			hand_on(src, &ev);
		if (ev.time_ns > src->now_ns)
			src->now_ns = ev.time_ns;
		pcap_comments_pop(&src->comments);
	}
}

static void take_event(struct capture_source *src, struct urb_event *ev)
{
	/* pcapng does not let us see how fine its stamps are meant to be */
	if (ev->time_ns % USEC && !src->comments.ours)
		src->base.info.resolution_ns = 1;
	if (ev->time_ns < src->now_ns)
		src->base.late++;
	else
		src->now_ns = ev->time_ns;
	if (src->comments.ours)
		amend(src, ev);
	hand_on(src, ev);
}

static int take(struct capture_source *src, const struct pcap_pkthdr *header, const uint8_t *data)
{
	struct capture_packet packet = {
		.data = data,
		.size = header->caplen,
		.time_ns = time_of(header) - src->base.info.wall_ns,
	};
	const bool ours = src->comments.ours;
	struct capture_control control;
	enum capture_meaning meaning;
	struct urb_event ev;

	if (ours && !src->packet_cnt)
		follow(src, 0);
	src->packet_cnt++;
	meaning = capture_decode(src->link, &packet, &src->lengths, &ev, &control);
	if (meaning == CAPTURE_SKIPPED) {
		src->base.skipped++;
	} else {
		/* whatever is selected: the window is the capture's */
		if (meaning == CAPTURE_EVENT && !src->base.info.start_ns)
			src->base.info.start_ns = packet.time_ns;
		if (capture_facts_before(&src->facts, &ev, hand_on, src))
			return -ENOMEM;
		if (meaning == CAPTURE_EVENT)
			take_event(src, &ev);
		if (control.setup || control.answer)
			capture_facts_after(&src->facts, &ev, &control, hand_on, src);
	}
	if (ours)
		follow(src, packet.time_ns);
	return src->comments_err;
}

/* libpcap's words, and the cure where there is one. */
static void complain(struct capture_source *src, const char *words, bool at_end, struct fault *fault)
{
	const char *name = input_name(&src->in);

	if (strstr(words, "different from the type"))
		fault_set(fault, "%s: not all of its interfaces are of USB, or of one kind (%s): take out "
				 "those packets with `editcap -r -T usb-linux-mmap -F pcap` (USBPcap: -T "
				 "usb-usbpcap), or record them alone; mergecap mixes only what is alike",
			  name, words);
	else if (src->blocks.mixed)
		fault_set(fault, "%s: captures of either byte order, behind one another (%s): `editcap -F pcap` "
				 "makes one of them", name, words);
	else if (src->packet_cnt)
		fault_set(fault, "%s: broken after packet %llu (%s): `editcap -F pcap FILE WHOLE` saves what "
				 "is before", name, (unsigned long long)src->packet_cnt, words);
	else if (at_end)
		fault_set(fault, "%s: cut off before its first packet (%s): nothing to report; fetch it anew",
			  name, words);
	else
		fault_set(fault, "%s: broken: no capture of its kind begins like this (%s): fetch it anew, or "
				 "see what `capinfos` says", name, words);
}

/* A file of our own tells where the window ended. */
static void end_of_run(struct capture_source *src)
{
	const struct pcap_comments *c = &src->comments;

	if (!c->ours || c->off)
		return;
	if (!c->ended) {
		src->base.info.missing = "the end of the run is missing; editcap, too, leaves it out";
		src->base.info.broken_off = true;
		return;
	}
	if (c->run.end_ns > src->now_ns)
		src->now_ns = c->run.end_ns;
	if (!src->run_over)
		src->base.skipped += c->run.skipped + c->bad_cnt;
	src->run_over = true;
}

static int end(struct capture_source *src, struct fault *fault)
{
	if (src->status == PCAP_ERROR_BREAK) {
		end_of_run(src);
		return -ENODATA;
	}
	if (feof(src->file)) {
		snprintf(src->missing, sizeof(src->missing), "%s", pcap_geterr(src->pcap));
		src->base.info.missing = src->missing;
		src->base.info.broken_off = true;
		return -ENODATA;
	}
	complain(src, pcap_geterr(src->pcap), false, fault);
	return -EINVAL;
}

/* At least one packet, and all that follow in the buffer: of those poll() knows nothing. */
static int capture_read(struct source *base, source_emit emit, void *ctx, struct fault *fault)
{
	struct capture_source *src = self(base);
	struct pcap_pkthdr *header;
	const uint8_t *data;

	src->emit = emit;
	src->ctx = ctx;
	src->emitted = 0;
	for (int i = 0; i < src->at_once && (!i || left_in_buffer(src)); i++) {
		if (src->status == 1)
			src->status = pcap_next_ex(src->pcap, &header, &data);
		if (src->status != 1)
			return src->emitted ? src->emitted : end(src, fault);
		if (take(src, header, data)) {
			fault_set(fault, "%s: %s", input_name(&src->in), strerror(ENOMEM));
			return -ENOMEM;
		}
	}
	return src->emitted;
}

static int capture_finish(struct source *src, source_emit emit, void *ctx, struct fault *fault)
{
	(void)src, (void)emit, (void)ctx, (void)fault; /* nothing is held back */
	return 0;
}

static void release(struct capture_source *src)
{
	if (src->pcap)
		pcap_close(src->pcap);
	pcap_comments_release(&src->comments);
	capture_facts_release(&src->facts);
	capture_lengths_release(&src->lengths);
	selection_release(&src->selection);
	free(src);
}

static void capture_close(struct source *base)
{
	struct input in = self(base)->in;

	release(self(base));
	input_close(&in);
}

static const struct source_ops capture_ops = {
	.fd = capture_fd,
	.read = capture_read,
	.finish = capture_finish,
	.now = capture_now,
	.close = capture_close,
};

static int check_link(struct capture_source *src, struct fault *fault)
{
	int link = pcap_datalink(src->pcap);
	const char *name = pcap_datalink_val_to_name(link);

	if (link == CAPTURE_USBMON || link == CAPTURE_USBMON_MMAPPED || link == CAPTURE_USBPCAP) {
		src->link = link;
		return 0;
	}
	fault_set(fault, "%s: a capture of link type %s%s%s%d, which has no URBs: those of 189 and 220 "
			 "(usbmon) and of 249 (USBPcap) are read%s", input_name(&src->in),
		  name ? name : "", name ? " " : "", name ? "= " : "", link,
		  is_pcapng(&src->in) ? "; out of a mix, `editcap -r -T usb-usbpcap -F pcap` takes "
					    "the packets it is told" : "");
	return -EINVAL;
}

/*
 * libpcap takes a FILE. We have looked into the input, and it may be a pipe: so it reads through us.
 * Not so the plain file: a stream of the C library's own takes small pieces a good deal faster.
 */
static FILE *open_file(struct capture_source *src)
{
	static const cookie_io_functions_t functions = { .read = feed };
	FILE *file;
	int fd;

	if (is_pcapng(&src->in) || lseek(src->in.fd, -(off_t)src->in.head_cnt, SEEK_CUR) < 0)
		return fopencookie(src, "r", functions);
	fd = fcntl(src->in.fd, F_DUPFD_CLOEXEC, 3);
	file = fd < 0 ? NULL : fdopen(fd, "r");
	if (!file && fd >= 0)
		close(fd);
	return file;
}

static int open_pcap(struct capture_source *src, struct fault *fault)
{
	char words[PCAP_ERRBUF_SIZE] = "";

	src->file = open_file(src);
	if (!src->file) {
		fault_set(fault, "%s: %s", input_name(&src->in), strerror(errno));
		return -ENOMEM;
	}
	__fsetlocking(src->file, FSETLOCKING_BYCALLER); /* no other thread reads it */
	setvbuf(src->file, src->buf, _IOFBF, sizeof(src->buf));
	src->pcap = pcap_fopen_offline_with_tstamp_precision(src->file, PCAP_TSTAMP_PRECISION_NANO,
							     words);
	if (src->pcap)
		return check_link(src, fault);
	complain(src, words, feof(src->file), fault);
	fclose(src->file);
	return -EINVAL;
}

/* The magic number of nanoseconds, in either byte order. */
static uint64_t resolution_of(const struct input *in)
{
	uint8_t middle[] = { in->head[1], in->head[2] };

	return !memcmp(middle, "\xb2\x3c", 2) || !memcmp(middle, "\x3c\xb2", 2) ? 1 : USEC;
}

/* libpcap has read the interface, so what a file of our own says of its run is known. */
static void take_run(struct capture_source *src)
{
	const struct comment_run *run = &src->comments.run;
	struct source_info *info = &src->base.info;

	if (!src->comments.ours)
		return;
	info->kind = run->kind;
	info->clock = run->clock;
	info->wall_ns = run->wall_ns;
	info->start_ns = run->start_ns;
	info->resolution_ns = run->resolution_ns;
	info->sees = run->sees;
	info->silent = run->silent;
	info->walks = run->walks;
	src->now_ns = run->start_ns;
}

struct source *capture_open(const struct input *in, const struct source_config *config,
			    struct fault *fault)
{
	struct capture_source *src = calloc(1, sizeof(*src));
	struct stat st;

	if (!src) {
		fault_set(fault, "%s: %s", in->path, strerror(ENOMEM));
		return NULL;
	}
	src->base.ops = &capture_ops;
	src->in = *in;
	src->status = 1;
	/* what is left in the buffer of a pipe nobody would come back for */
	src->at_once = !fstat(in->fd, &st) && S_ISREG(st.st_mode) ? PACKETS_AT_ONCE : INT_MAX;
	src->base.info = (struct source_info){
		.kind = "pcap",
		.path = in->path,
		.clock = "realtime",
		.resolution_ns = resolution_of(in),
		.sees = URB_SUBMIT | URB_HANDLER,
		.silent = true, /* what the capture dropped stands with who made it, if at all */
	};
	selection_init(&src->selection, config);
	if (capture_facts_init(&src->facts) || capture_lengths_init(&src->lengths))
		fault_set(fault, "%s: %s", in->path, strerror(ENOMEM));
	else if (!open_pcap(src, fault)) {
		take_run(src);
		return &src->base;
	}
	release(src);
	return NULL;
}

struct source *source_open_pcap(const char *path, const struct source_config *config,
				struct fault *fault)
{
	struct source *src = NULL;
	struct input in;

	if (input_open(&in, path, fault))
		return NULL;
	if (!input_look(&in, fault))
		src = capture_open(&in, config, fault);
	if (!src)
		input_close(&in);
	return src;
}
