// SPDX-License-Identifier: GPL-2.0
/* Writing comments. */
#include "urbscope/comment.h"

#include <string.h>

#include "event/comment_fields.h"

/* What a packet of usbmon's has seen by itself. */
static uint8_t usual_moment(unsigned int kind)
{
	return kind == URB_EV_COMPLETE ? URB_HANDLER : kind <= URB_EV_SUBMIT_ERROR ? URB_SUBMIT : 0;
}

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
	case YES:
	case NUMBER:
		put_number(t, value, 10);
		break;
	case RESULT:
		put_signed(t, (int32_t)value);
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
		put_names(t, value, comment_moments);
		break;
	case FLAGS:
		put_names(t, value, comment_flags);
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

	put(&t, COMMENT_HEAD "run");
	put_fields(&t, comment_run_fields, OF_RUN, run, 0);
	return finish(&t);
}

size_t comment_end(const struct comment_run *run, char *buf)
{
	struct text t = { .buf = buf };

	put(&t, COMMENT_HEAD "end");
	put_fields(&t, comment_run_fields, OF_END, run, 0);
	return finish(&t);
}

static int put_event(struct text *t, const struct urb_event *ev, uint64_t base_ns)
{
	struct urb_event left = *ev;
	int cnt;

	if (ev->kind >= COMMENT_WORDS || !comment_words[ev->kind])
		return 0;
	left.seen ^= usual_moment(ev->kind);
	/* the record has the type, unless usbmon has none like it */
	if (1u << ev->kind & PACKETS && ev->type < URB_TYPE_UNKNOWN)
		left.type = 0;
	if (!(ev->seen & URB_SUBMIT) && 1u << ev->kind & CALLS)
		left.submit.submit_ns = base_ns;
	put(t, COMMENT_HEAD);
	put(t, comment_words[ev->kind]);
	/* bits that differ from what is usual; most often that is nothing, or all */
	if (left.seen)
		left.seen = ev->seen ? ev->seen : 1 << 7;
	cnt = put_fields(t, comment_event_fields, 1u << ev->kind, &left, base_ns);
	if (ev->kind == URB_EV_FACTS && ev->facts)
		cnt += put_fields(t, comment_facts_fields, ANY, ev->facts, 0);
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
