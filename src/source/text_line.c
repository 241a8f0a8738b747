// SPDX-License-Identifier: GPL-2.0
#include "text_line.h"

#include <string.h>

#define TEXT_DESCRIPTORS_MAX 5	/* ISODESC_MAX of mon_text.c */

struct word {
	const char *at, *end;
};

/* What is left of a line. */
struct words {
	const char *at, *end;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

bool text_is_margin(char c)
{
	return is_blank(c) || c == '>' || c == '|';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int hex_of(char c)
{
	if (is_digit(c))
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool next_word(struct words *rest, struct word *word)
{
	while (rest->at < rest->end && is_blank(*rest->at))
		rest->at++;
	word->at = rest->at;
	while (rest->at < rest->end && !is_blank(*rest->at))
		rest->at++;
	word->end = rest->at;
	return word->at < word->end;
}

/* The word before `at`, and not before `line`. */
static bool word_before(const char *line, const char *at, struct word *word)
{
	while (at > line && is_blank(at[-1]))
		at--;
	word->end = at;
	while (at > line && !is_blank(at[-1]))
		at--;
	word->at = at;
	return word->at < word->end;
}

/* Decimal digits, up to UINT32_MAX * 2^20 or so; moves *at behind them. */
static bool take_number(const char **at, const char *end, uint64_t *value)
{
	const char *first = *at;

	*value = 0;
	while (*at < end && is_digit(**at)) {
		if (*value > UINT64_C(1) << 52)
			return false;
		*value = *value * 10 + (*(*at)++ - '0');
	}
	return *at > first;
}

static bool take_signed(const char **at, const char *end, int64_t *value)
{
	bool negative = *at < end && **at == '-';
	uint64_t magnitude;

	*at += negative;
	if (!take_number(at, end, &magnitude) || magnitude > INT32_MAX)
		return false;
	*value = negative ? -(int64_t)magnitude : (int64_t)magnitude;
	return true;
}

/* Microseconds, or seconds with a fraction. */
static bool read_stamp(const struct word *word, struct text_record *rec)
{
	uint64_t value, unit = 100000000;
	const char *at = word->at;

	if (!take_number(&at, word->end, &value) || value > UINT64_C(1) << 53)
		return false;
	rec->in_seconds = at < word->end;
	if (!rec->in_seconds) {
		rec->stamp_ns = value * 1000;
		return true;
	}
	if (*at++ != '.' || at == word->end || value > UINT32_MAX)
		return false;
	rec->stamp_ns = value * 1000000000;
	for (; at < word->end && is_digit(*at); at++, unit /= 10)
		rec->stamp_ns += (*at - '0') * unit;
	return at == word->end;
}

/* An address, or "any other unique string, within reason". */
static uint64_t read_tag(struct word word)
{
	uint64_t value = 0, hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
	bool is_hex;

	while (word.end - word.at > 1 && text_is_margin(*word.at))
		word.at++;
	is_hex = word.end - word.at <= 16;
	for (const char *c = word.at; c < word.end; c++) {
		is_hex &= hex_of(*c) >= 0;
		value = value << 4 | (hex_of(*c) & 15);
		hash = (hash ^ (uint8_t)*c) * UINT64_C(0x100000001b3);
	}
	return is_hex ? value : hash;
}

/* "Ci:1:001:0", or "Ci:001:00" */
static bool read_address(const struct word *word, struct text_record *rec)
{
	const char *at = word->at + 2;
	uint64_t part[3];
	size_t cnt = 0;

	while (at < word->end && *at == ':' && cnt < 3) {
		at++;
		if (!take_number(&at, word->end, &part[cnt++]))
			return false;
	}
	if (cnt == 2) {
		part[2] = part[1];
		part[1] = part[0];
		part[0] = 0;
	}
	if (at < word->end || cnt < 2 || part[0] > UINT16_MAX || part[1] > 127 || part[2] > 15)
		return false;
	switch (word->at[0]) {
	case 'Z':
		rec->type = URB_TYPE_ISO;
		break;
	case 'I':
		rec->type = URB_TYPE_INT;
		break;
	case 'B':
		rec->type = URB_TYPE_BULK;
		break;
	default:
		rec->type = URB_TYPE_CONTROL;
	}
	rec->ep = urb_ep(part[0], part[1],
			 part[2] && word->at[1] == 'i' ? part[2] | 0x80 : part[2]);
	rec->has_ep = true;
	return true;
}

/*
 * The word that makes a line a record: "S Ci:", "C Bo:" and the like. A record's first colon is
 * in it; before a record there may be anything.
 */
static bool find_address(const char *line, const char *end, struct word *letter,
			 struct word *address)
{
	const char *colon = line;

	for (; (colon = memchr(colon, ':', end - colon)); colon++) {
		if (colon - line < 4 || (colon[-1] != 'i' && colon[-1] != 'o') ||
		    !memchr("CZIB", colon[-2], 4) || !is_blank(colon[-3]))
			continue;
		if (!word_before(line, colon - 2, letter) || letter->end - letter->at != 1 ||
		    !memchr("SCE", *letter->at, 3))
			continue;
		address->at = address->end = colon - 2;
		while (address->end < end && !is_blank(*address->end))
			address->end++;
		return true;
	}
	return false;
}

static bool read_hex(const struct word *word, unsigned int digits, uint16_t *value)
{
	*value = 0;
	for (const char *c = word->at; c < word->end; c++) {
		if (hex_of(*c) < 0)
			return false;
		*value = *value << 4 | hex_of(*c);
	}
	return (size_t)(word->end - word->at) == digits;
}

/* Five words: bmRequestType, bRequest, wValue, wIndex, wLength; filler if it was not captured. */
static enum text_meaning read_setup(struct words *rest, struct text_record *rec)
{
	static const uint8_t digits[] = { 2, 2, 4, 4, 4 };
	size_t size = 0;

	for (size_t i = 0; i < sizeof(digits); i++) {
		struct word word;
		uint16_t value;

		if (!next_word(rest, &word))
			return TEXT_CUT;
		if (!rec->has_setup)
			continue;
		if (!read_hex(&word, digits[i], &value))
			return TEXT_ODD;
		rec->setup[size++] = value;
		if (digits[i] == 4)
			rec->setup[size++] = value >> 8;
	}
	return TEXT_RECORD;
}

/* "0", "-115:8", "0:1:1321:0"; noise in any but the status is no harm. *iso: descriptors follow. */
static bool read_status(const struct word *word, struct text_record *rec, bool *iso)
{
	const char *at = word->at;
	int64_t value = 0;

	/* an odd tool's, for what makes no sense there */
	if (rec->kind == 'S' && *at == '-' && (at + 1 == word->end || at[1] == ':'))
		at++;
	else if (!take_signed(&at, word->end, &value))
		return false;
	rec->status = value;
	if (at < word->end && *at != ':')
		return false;
	*iso = rec->type == URB_TYPE_ISO && at < word->end;
	if (at++ < word->end && rec->type & 1 && take_signed(&at, word->end, &value) && value > 0)
		rec->interval = value;
	return true;
}

/* Behind the address, up to the length. */
static enum text_meaning read_rest(struct words *rest, struct text_record *rec)
{
	enum text_meaning meaning = TEXT_RECORD;
	struct word word;
	bool iso = false;
	uint64_t value;

	if (!next_word(rest, &word))
		return TEXT_CUT;
	if (word.end - word.at == 1 && !is_digit(*word.at) && *word.at != '-') {
		rec->has_setup = *word.at == 's';
		meaning = read_setup(rest, rec);
	} else if (!read_status(&word, rec, &iso)) {
		meaning = TEXT_ODD;
	}
	if (meaning != TEXT_RECORD)
		return meaning;
	/* of the descriptors usbmon writes five at most, whatever it says of their number */
	for (int i = iso ? -1 : TEXT_DESCRIPTORS_MAX; i <= TEXT_DESCRIPTORS_MAX; i++) {
		if (!next_word(rest, &word))
			return TEXT_CUT;
		if (i >= 0 && !memchr(word.at, ':', word.end - word.at))
			break;
	}
	if (!take_number(&word.at, word.end, &value) || word.at < word.end || value > INT32_MAX)
		return TEXT_ODD;
	rec->length = value;
	return TEXT_RECORD;
}

/* Whole bytes up to TEXT_DATA_MAX, until something else comes. */
static void read_data(struct words *rest, struct text_record *rec)
{
	uint32_t most = rec->length < TEXT_DATA_MAX ? rec->length : TEXT_DATA_MAX;
	struct word word;

	while (rec->data_size < most && next_word(rest, &word)) {
		while (rec->data_size < most && word.end - word.at >= 2 && hex_of(word.at[0]) >= 0 &&
		       hex_of(word.at[1]) >= 0) {
			rec->data[rec->data_size++] = hex_of(word.at[0]) << 4 | hex_of(word.at[1]);
			word.at += 2;
		}
		if (word.at < word.end)
			break;
	}
	rec->data_missing = rec->data_size < most;
}

/* '=' or, in quoted-printable mail, "=3D". */
static bool is_data_tag(const struct word *word)
{
	size_t size = word->end - word->at;

	return *word->at == '=' && (size == 1 || (size == 3 && !memcmp(word->at, "=3D", 3)));
}

enum text_meaning text_line_parse(const char *line, size_t size, struct text_record *rec)
{
	struct word tag, stamp, letter, address, word;
	enum text_meaning meaning;
	struct words rest;

	if (!find_address(line, line + size, &letter, &address) ||
	    !word_before(line, letter.at, &stamp) || !is_digit(*stamp.at))
		return TEXT_PROSE;
	*rec = (struct text_record){ .kind = *letter.at };
	rest = (struct words){ address.end, line + size };
	if (!read_address(&address, rec))
		return address.end == rest.end ? TEXT_CUT : TEXT_ODD;
	if (!read_stamp(&stamp, rec) || !word_before(line, stamp.at, &tag))
		return TEXT_ODD;
	rec->id = read_tag(tag);
	meaning = read_rest(&rest, rec);
	if (meaning != TEXT_RECORD)
		return meaning;
	if (rec->length && next_word(&rest, &word) && is_data_tag(&word))
		read_data(&rest, rec);
	return TEXT_RECORD;
}

struct urb_event text_event(const struct text_record *rec, uint64_t time_ns)
{
	struct urb_event ev = {
		.time_ns = time_ns,
		.id = rec->id,
		.ep = rec->ep,
		.type = rec->type,
		.seen = URB_SUBMIT,
	};

	switch (rec->kind) {
	case 'S':
		ev.kind = URB_EV_SUBMIT;
		ev.submit.submit_ns = time_ns;
		ev.submit.length = rec->length;
		ev.submit.interval = rec->interval;
		break;
	case 'C':
		ev.kind = URB_EV_COMPLETE;
		ev.seen = URB_HANDLER;
		ev.complete.length = rec->length;
		ev.complete.status = rec->status;
		break;
	default:
		ev.kind = URB_EV_SUBMIT_ERROR;
		ev.submit_error.error = rec->status;
	}
	return ev;
}
