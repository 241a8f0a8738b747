// SPDX-License-Identifier: GPL-2.0
/* Reading comments. They may have been written by anybody. */
#include <errno.h>
#include <string.h>

#include "event/comment_fields.h"

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
	case YES:
		err = read_number(value, &number);
		if (number > 1)
			return -EINVAL;
		break;
	case NUMBER:
	case HEX:
		err = read_number(value, &number);
		break;
	case RESULT:
		err = read_signed(value, &number);
		if ((int64_t)number != (int32_t)number)
			return -EINVAL;
		number = (uint32_t)number;
		break;
	case SINCE:
		err = read_signed(value, &number);
		number += base_ns;
		break;
	case STRING:
		return read_string(value, to, f->size);
	case MOMENTS:
		err = read_names(value, comment_moments, &number);
		break;
	case FLAGS:
		err = read_names(value, comment_flags, &number);
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
	size_t head = sizeof(COMMENT_HEAD) - 1;
	struct span none = { text->at, 0 };

	if (text->size < head || memcmp(text->at, COMMENT_HEAD, head))
		return none;
	text->at += head;
	text->size -= head;
	return cut(text, ' ');
}

static unsigned int kind_of(const struct span *word)
{
	for (unsigned int i = 0; i < COMMENT_WORDS; i++) {
		if (comment_words[i] && span_is(word, comment_words[i]))
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
	uint32_t which = span_is(&word, "end") ? OF_END : OF_RUN;
	int err = 0;

	while (rest.size && !err) {
		struct span value = cut(&rest, ' '), key = cut(&value, '=');
		const struct field *f = find(comment_run_fields, &key, which);

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
		const struct field *f = find(comment_event_fields, &key, 1u << kind);

		if (f) {
			err = read_field(f, value, ev, base_ns);
		} else if (kind == URB_EV_FACTS) {
			f = find(comment_facts_fields, &key, ANY);
			err = f ? read_field(f, value, facts, 0) : 0;
		}
	}
	ev->seen &= URB_SUBMIT | URB_QUEUED | URB_DONE | URB_HANDLER | URB_RETURNED;
	if (ev->type > URB_TYPE_UNKNOWN)
		ev->type = URB_TYPE_UNKNOWN;
	if (kind == URB_EV_STREAMS && ev->streams.what > URB_STREAMS_FREE)
		return -EINVAL;
	if (kind == URB_EV_FACTS && facts->type > URB_TYPE_UNKNOWN)
		facts->type = URB_TYPE_UNKNOWN;
	return err;
}
