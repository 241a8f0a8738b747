// SPDX-License-Identifier: GPL-2.0
#include "urbscope/comment.h"

#include <errno.h>
#include <string.h>

#define HEAD "urbscope: "

enum form { NUMBER, HEX, SINCE, STRING, MOMENTS, FLAGS, ENDPOINT };

/* A member of a struct under its key. */
struct field {
	const char *key;
	uint32_t kinds;		/* of events that have it: bits 1 << enum urb_event_kind */
	uint16_t at;
	uint8_t size;
	uint8_t form;
};

#define FIELD(key, kinds, type, member, form) \
	{ key, kinds, offsetof(struct type, member), sizeof(((struct type *)0)->member), form }
#define BIT(kind) (1u << URB_EV_##kind)
#define PACKETS	  (BIT(SUBMIT) | BIT(COMPLETE) | BIT(SUBMIT_ERROR))
#define EVENTS	  (BIT(HANDLER) | BIT(RETURNED) | BIT(INFLIGHT) | BIT(SYNC) | BIT(LOST) | \
		   BIT(FACTS) | BIT(GONE))
#define CALLS	  (BIT(SUBMIT) | BIT(INFLIGHT))
#define ANY	  UINT32_MAX

static const struct field event_fields[] = {
	FIELD("t", EVENTS, urb_event, time_ns, SINCE),
	FIELD("urb", EVENTS, urb_event, id, HEX),
	FIELD("ep", EVENTS, urb_event, ep, ENDPOINT),
	FIELD("stream", ANY, urb_event, stream, NUMBER),
	FIELD("type", ANY, urb_event, type, NUMBER),
	FIELD("seen", ANY, urb_event, seen, MOMENTS),
	FIELD("flags", ANY, urb_event, flags, FLAGS),
	FIELD("cpu", ANY, urb_event, cpu, NUMBER),
	FIELD("submit", CALLS, urb_event, submit.submit_ns, SINCE),
	FIELD("length", BIT(INFLIGHT), urb_event, submit.length, NUMBER),
	FIELD("length", BIT(SUBMIT_ERROR), urb_event, submit_error.length, NUMBER),
	FIELD("interval", CALLS, urb_event, submit.interval, NUMBER),
	FIELD("gfp", CALLS, urb_event, submit.gfp, HEX),
	FIELD("xfer", CALLS, urb_event, submit.xfer_flags, HEX),
	FIELD("pid", CALLS, urb_event, submit.pid, NUMBER),
	FIELD("comm", CALLS, urb_event, submit.comm, STRING),
	FIELD("slot", CALLS, urb_event, submit.slot, NUMBER),
	FIELD("entered", BIT(RETURNED), urb_event, returned.handler_ns, SINCE),
	FIELD("count", BIT(LOST), urb_event, lost.count, NUMBER),
	FIELD("until", BIT(LOST), urb_event, lost.until_ns, SINCE),
	{ 0 },
};

static const struct field facts_fields[] = {
	FIELD("ids", ANY, urb_facts, has_ids, NUMBER),
	FIELD("vid", ANY, urb_facts, vid, HEX),
	FIELD("pid", ANY, urb_facts, pid, HEX),
	FIELD("path", ANY, urb_facts, path, STRING),
	FIELD("name", ANY, urb_facts, name, STRING),
	FIELD("driver", ANY, urb_facts, driver, STRING),
	FIELD("speed", ANY, urb_facts, speed, NUMBER),
	FIELD("kind", ANY, urb_facts, type, NUMBER),
	FIELD("packet", ANY, urb_facts, max_packet, NUMBER),
	{ 0 },
};

static const struct field run_fields[] = {
	FIELD("source", 1, comment_run, kind, STRING),
	FIELD("clock", 1, comment_run, clock, STRING),
	FIELD("wall", 1, comment_run, wall_ns, NUMBER),
	FIELD("start", 1, comment_run, start_ns, NUMBER),
	FIELD("resolution", 1, comment_run, resolution_ns, NUMBER),
	FIELD("sees", 1, comment_run, sees, MOMENTS),
	FIELD("silent", 1, comment_run, silent, NUMBER),
	FIELD("t", 2, comment_run, end_ns, NUMBER),
	FIELD("skipped", 2, comment_run, skipped, NUMBER),
	{ 0 },
};

static const char *const words[] = {
	[URB_EV_SUBMIT] = "submit",	[URB_EV_COMPLETE] = "complete",
	[URB_EV_SUBMIT_ERROR] = "error", [URB_EV_HANDLER] = "handler",
	[URB_EV_RETURNED] = "returned", [URB_EV_INFLIGHT] = "in-flight",
	[URB_EV_SYNC] = "sync",		[URB_EV_LOST] = "lost",
	[URB_EV_FACTS] = "facts",	[URB_EV_GONE] = "gone",
};

#define WORDS (sizeof(words) / sizeof(words[0]))

static const char *const moments[8] = { "submit", "queued", "done", "handler", "returned" };
static const char *const flags[8] = {
	"active", "handler-follows", "irq", "caller", "context", "sync-follows", "bogus",
};

/* What a packet of usbmon's has seen by itself. */
static uint8_t usual_moment(unsigned int kind)
{
	return kind == URB_EV_COMPLETE ? URB_HANDLER : kind <= URB_EV_SUBMIT_ERROR ? URB_SUBMIT : 0;
}

/* --- writing ----------------------------------------------------------------------------------- */

/* The sizes of all that is written are bounded by COMMENT_MAX: see the test of the longest. */
struct text {
	char *buf;
	size_t size;
};

static void put_char(struct text *t, char c)
{
	if (t->size < COMMENT_MAX - 1)
		t->buf[t->size++] = c;
}

static void put(struct text *t, const char *s)
{
	while (*s)
		put_char(t, *s++);
}

static void put_number(struct text *t, uint64_t value, unsigned int base)
{
	char digits[24];
	size_t cnt = 0;

	do
		digits[cnt++] = "0123456789abcdef"[value % base];
	while (value /= base);
	while (cnt)
		put_char(t, digits[--cnt]);
}

static void put_signed(struct text *t, int64_t value)
{
	put_char(t, value < 0 ? '-' : '+');
	put_number(t, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, 10);
}

static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '-' && c <= ':') ||
	       c == '_' || c == '+';
}

/* It may hold anything: all but a few characters are written as %XX. */
static void put_string(struct text *t, const char *s, size_t size)
{
	for (size_t i = 0; i < size && s[i]; i++) {
		uint8_t c = s[i];

		if (is_plain(s[i])) {
			put_char(t, s[i]);
			continue;
		}
		put_char(t, '%');
		put_char(t, "0123456789abcdef"[c >> 4]);
		put_char(t, "0123456789abcdef"[c & 15]);
	}
}

static void put_names(struct text *t, uint8_t bits, const char *const *names)
{
	const char *comma = "";

	for (int i = 0; i < 8; i++) {
		if (!(bits >> i & 1))
			continue;
		put(t, comma);
		if (names[i])
			put(t, names[i]);
		else
			put_number(t, 1u << i, 10);
		comma = ",";
	}
}

static void put_endpoint(struct text *t, uint32_t ep)
{
	if (ep == URB_EP_ANY) {
		put(t, "any");
		return;
	}
	put_number(t, urb_ep_bus(ep), 10);
	put_char(t, ':');
	put_number(t, urb_ep_address(ep), 10);
	put(t, ":0x");
	put_number(t, urb_ep_endpoint(ep), 16);
}

static uint64_t get(const void *from, size_t size)
{
	uint64_t u64;
	uint32_t u32;
	uint16_t u16;

	switch (size) {
	case 8:
		memcpy(&u64, from, 8);
		return u64;
	case 4:
		memcpy(&u32, from, 4);
		return u32;
	case 2:
		memcpy(&u16, from, 2);
		return u16;
	default:
		return *(const uint8_t *)from;
	}
}

static void put_value(struct text *t, const struct field *f, const char *from, uint64_t value,
		      uint64_t base_ns)
{
	switch (f->form) {
	case NUMBER:
		put_number(t, value, 10);
		break;
	case HEX:
		put(t, "0x");
		put_number(t, value, 16);
		break;
	case SINCE:
		put_signed(t, value - base_ns);
		break;
	case STRING:
		put_string(t, from, f->size);
		break;
	case MOMENTS:
		put_names(t, value, moments);
		break;
	case FLAGS:
		put_names(t, value, flags);
		break;
	case ENDPOINT:
		put_endpoint(t, value);
		break;
	}
}

/* Returns how many were not left out. */
static int put_fields(struct text *t, const struct field *f, uint32_t kind, const void *object,
		      uint64_t base_ns)
{
	int cnt = 0;

	for (; f->key; f++) {
		const char *from = (const char *)object + f->at;
		uint64_t value = f->form == STRING ? (uint8_t)*from : get(from, f->size);

		if (!(f->kinds & kind) || value == (f->form == SINCE ? base_ns : 0))
			continue;
		put_char(t, ' ');
		put(t, f->key);
		put_char(t, '=');
		put_value(t, f, from, value, base_ns);
		cnt++;
	}
	return cnt;
}

static size_t finish(struct text *t)
{
	t->buf[t->size] = '\0';
	return t->size;
}

size_t comment_run(const struct comment_run *run, char *buf)
{
	struct text t = { .buf = buf };

	put(&t, HEAD "run");
	put_fields(&t, run_fields, 1, run, 0);
	return finish(&t);
}

size_t comment_end(const struct comment_run *run, char *buf)
{
	struct text t = { .buf = buf };

	put(&t, HEAD "end");
	put_fields(&t, run_fields, 2, run, 0);
	return finish(&t);
}

static int put_event(struct text *t, const struct urb_event *ev, uint64_t base_ns)
{
	struct urb_event left = *ev;
	int cnt;

	if (ev->kind >= WORDS || !words[ev->kind])
		return 0;
	left.seen ^= usual_moment(ev->kind);
	/* the record has the type, unless usbmon has none like it */
	if (1u << ev->kind & PACKETS && ev->type < URB_TYPE_UNKNOWN)
		left.type = 0;
	if (!(ev->seen & URB_SUBMIT) && 1u << ev->kind & CALLS)
		left.submit.submit_ns = base_ns;
	put(t, HEAD);
	put(t, words[ev->kind]);
	/* bits that differ from what is usual; most often that is nothing, or all */
	if (left.seen)
		left.seen = ev->seen ? ev->seen : 1 << 7;
	cnt = put_fields(t, event_fields, 1u << ev->kind, &left, base_ns);
	if (ev->kind == URB_EV_FACTS && ev->facts)
		cnt += put_fields(t, facts_fields, ANY, ev->facts, 0);
	return cnt;
}

size_t comment_packet(const struct urb_event *ev, char *buf)
{
	struct text t = { .buf = buf };

	return put_event(&t, ev, ev->time_ns) ? finish(&t) : 0;
}

size_t comment_event(const struct urb_event *ev, uint64_t base_ns, char *buf)
{
	struct text t = { .buf = buf };

	put_event(&t, ev, base_ns);
	return finish(&t);
}

/* --- reading ----------------------------------------------------------------------------------- */

struct span {
	const char *at;
	size_t size;
};

static bool span_is(const struct span *s, const char *word)
{
	return strlen(word) == s->size && !memcmp(s->at, word, s->size);
}

/* Takes what stands before `end` off the front. */
static struct span cut(struct span *from, char end)
{
	const char *stop = memchr(from->at, end, from->size);
	struct span first = { from->at, stop ? (size_t)(stop - from->at) : from->size };
	size_t gone = first.size + (stop ? 1 : 0);

	from->at += gone;
	from->size -= gone;
	return first;
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

static int read_number(struct span s, uint64_t *value)
{
	unsigned int base = 10;

	if (s.size > 2 && s.at[0] == '0' && s.at[1] == 'x') {
		base = 16;
		s.at += 2;
		s.size -= 2;
	}
	*value = 0;
	for (size_t i = 0; i < s.size; i++) {
		unsigned int digit = digit_of(s.at[i]);

		if (digit >= base || *value > (UINT64_MAX - digit) / base)
			return -EINVAL;
		*value = *value * base + digit;
	}
	return s.size ? 0 : -EINVAL;
}

static int read_signed(struct span s, uint64_t *value)
{
	bool negative = s.size && s.at[0] == '-';

	if (!s.size || (!negative && s.at[0] != '+'))
		return -EINVAL;
	s.at++;
	s.size--;
	if (read_number(s, value))
		return -EINVAL;
	if (negative)
		*value = 0 - *value;
	return 0;
}

static int read_string(struct span s, char *to, size_t size)
{
	size_t at = 0;

	memset(to, 0, size);
	for (size_t i = 0; i < s.size; i++) {
		unsigned int c = (uint8_t)s.at[i];

		if (c == '%') {
			if (i + 2 >= s.size || digit_of(s.at[i + 1]) > 15 || digit_of(s.at[i + 2]) > 15)
				return -EINVAL;
			c = digit_of(s.at[i + 1]) << 4 | digit_of(s.at[i + 2]);
			i += 2;
		}
		if (at + 1 >= size || !c)
			return -EINVAL;
		to[at++] = (char)c;
	}
	return 0;
}

static int read_names(struct span s, const char *const *names, uint64_t *bits)
{
	*bits = 0;
	while (s.size) {
		struct span name = cut(&s, ',');
		uint64_t number;
		int i = 0;

		while (i < 8 && !(names[i] && span_is(&name, names[i])))
			i++;
		if (i < 8)
			*bits |= 1u << i;
		else if (!read_number(name, &number))
			*bits |= number;
		else
			return -EINVAL;
	}
	return 0;
}

static int read_endpoint(struct span s, uint64_t *ep)
{
	uint64_t bus, address, endpoint;
	struct span first;

	if (span_is(&s, "any")) {
		*ep = URB_EP_ANY;
		return 0;
	}
	first = cut(&s, ':');
	if (read_number(first, &bus))
		return -EINVAL;
	first = cut(&s, ':');
	if (read_number(first, &address) || read_number(s, &endpoint))
		return -EINVAL;
	if (bus > UINT16_MAX || address > UINT8_MAX || endpoint > UINT8_MAX)
		return -EINVAL;
	*ep = urb_ep(bus, address, endpoint);
	return 0;
}

static int set(void *to, size_t size, uint64_t value)
{
	uint32_t u32 = value;
	uint16_t u16 = value;

	if (size < 8 && value >> (size * 8))
		return -EINVAL;
	switch (size) {
	case 8:
		memcpy(to, &value, 8);
		break;
	case 4:
		memcpy(to, &u32, 4);
		break;
	case 2:
		memcpy(to, &u16, 2);
		break;
	default:
		*(uint8_t *)to = value;
	}
	return 0;
}

static int read_field(const struct field *f, struct span value, void *object, uint64_t base_ns)
{
	char *to = (char *)object + f->at;
	uint64_t number = 0;
	int err = 0;

	switch (f->form) {
	case NUMBER:
	case HEX:
		err = read_number(value, &number);
		break;
	case SINCE:
		err = read_signed(value, &number);
		number += base_ns;
		break;
	case STRING:
		return read_string(value, to, f->size);
	case MOMENTS:
		err = read_names(value, moments, &number);
		break;
	case FLAGS:
		err = read_names(value, flags, &number);
		break;
	case ENDPOINT:
		err = read_endpoint(value, &number);
		break;
	}
	return err ? err : set(to, f->size, number);
}

static const struct field *find(const struct field *f, const struct span *key, uint32_t kind)
{
	for (; f->key; f++) {
		if (f->kinds & kind && span_is(key, f->key))
			return f;
	}
	return NULL;
}

/* The word behind our head; the fields follow. Empty: not ours. */
static struct span word_of(struct span *text)
{
	size_t head = sizeof(HEAD) - 1;
	struct span none = { text->at, 0 };

	if (text->size < head || memcmp(text->at, HEAD, head))
		return none;
	text->at += head;
	text->size -= head;
	return cut(text, ' ');
}

static unsigned int kind_of(const struct span *word)
{
	for (unsigned int i = 0; i < WORDS; i++) {
		if (words[i] && span_is(word, words[i]))
			return i;
	}
	return 0;
}

enum comment_word comment_word(const char *text, size_t size)
{
	struct span rest = { text, size }, word = word_of(&rest);
	unsigned int kind = kind_of(&word);

	if (kind)
		return 1u << kind & PACKETS ? COMMENT_PACKET : COMMENT_EVENT;
	if (span_is(&word, "run"))
		return COMMENT_RUN;
	return span_is(&word, "end") ? COMMENT_END : COMMENT_NONE;
}

int comment_read_run(const char *text, size_t size, struct comment_run *run)
{
	struct span rest = { text, size }, word = word_of(&rest);
	uint32_t which = span_is(&word, "end") ? 2 : 1;
	int err = 0;

	while (rest.size && !err) {
		struct span value = cut(&rest, ' '), key = cut(&value, '=');
		const struct field *f = find(run_fields, &key, which);

		if (f)
			err = read_field(f, value, run, 0);
	}
	return err;
}

static void set_defaults(struct urb_event *ev, unsigned int kind, uint64_t base_ns,
			 struct urb_facts *facts)
{
	if (1u << kind & EVENTS)
		*ev = (struct urb_event){ .time_ns = base_ns, .kind = kind };
	switch (kind) {
	case URB_EV_INFLIGHT:
		ev->submit.submit_ns = base_ns;
		break;
	case URB_EV_RETURNED:
		ev->returned.handler_ns = base_ns;
		break;
	case URB_EV_LOST:
		ev->lost.until_ns = base_ns;
		break;
	case URB_EV_FACTS:
		*facts = (struct urb_facts){ 0 };
		ev->facts = facts;
		break;
	}
}

int comment_read_event(const char *text, size_t size, uint64_t base_ns, struct urb_event *ev,
		       struct urb_facts *facts)
{
	struct span rest = { text, size }, word = word_of(&rest);
	unsigned int kind = kind_of(&word);
	int err = 0;

	/* it stands with another packet than ours did: somebody has moved it */
	if (!kind || (1u << kind & PACKETS && ev->kind != kind))
		return -EINVAL;
	set_defaults(ev, kind, base_ns, facts);
	while (rest.size && !err) {
		struct span value = cut(&rest, ' '), key = cut(&value, '=');
		const struct field *f = find(event_fields, &key, 1u << kind);

		if (f) {
			err = read_field(f, value, ev, base_ns);
		} else if (kind == URB_EV_FACTS) {
			f = find(facts_fields, &key, ANY);
			err = f ? read_field(f, value, facts, 0) : 0;
		}
	}
	ev->seen &= URB_SUBMIT | URB_QUEUED | URB_DONE | URB_HANDLER | URB_RETURNED;
	if (ev->type > URB_TYPE_UNKNOWN)
		ev->type = URB_TYPE_UNKNOWN;
	return err;
}
