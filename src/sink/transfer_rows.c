// SPDX-License-Identifier: GPL-2.0
#include "urbscope/transfer_rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sink/out.h"
#include "transfer_columns.h"
#include "urbscope/json.h"
#include "urbscope/text.h"

#define TEXT_MAX 256	/* of a string that a device or a program chose, once it is clean */

struct transfer_rows {
	FILE *out;
	struct columns columns;
	int err;
	size_t used;
	char line[1024];	/* more than any value has */
};

static void hand_on(struct transfer_rows *self)
{
	if (!self->err && fwrite(self->line, 1, self->used, self->out) != self->used)
		self->err = errno ? -errno : -EIO;
	self->used = 0;
}

static void put(struct transfer_rows *self, const char *data, size_t size)
{
	if (size > sizeof(self->line) - self->used)
		hand_on(self);
	memcpy(self->line + self->used, data, size);
	self->used += size;
}

static void put_char(struct transfer_rows *self, char c)
{
	put(self, &c, 1);
}

static void put_number(struct transfer_rows *self, uint64_t value, bool negative)
{
	char digits[OUT_DIGITS];
	size_t size = out_decimal(digits, value, negative);

	put(self, digits + sizeof(digits) - size, size);
}

/*
 * Spreadsheets take what begins like this for a formula, and a device may call itself one: with an
 * apostrophe in front it is text to them. NDJSON has the string as it is.
 */
static bool is_formula(const char *s)
{
	return strchr("=+-@", s[0]);
}

static void put_csv_text(struct transfer_rows *self, const char *text)
{
	char clean[TEXT_MAX];

	text_file_copy(clean, sizeof(clean), text);
	put_char(self, '"');
	if (is_formula(clean) && clean[0])
		put_char(self, '\'');
	for (const char *c = clean; *c; c++) {
		if (*c == '"')
			put_char(self, '"');
		put_char(self, *c);
	}
	put_char(self, '"');
}

static void put_csv(struct transfer_rows *self, const struct value *v)
{
	switch (v->kind) {
	case VALUE_NONE:
		break;
	case VALUE_UNSIGNED:
		put_number(self, v->number, false);
		break;
	case VALUE_SIGNED:
		put_number(self, v->number, (int64_t)v->number < 0);
		break;
	case VALUE_BOOL:
		put(self, v->number ? "true" : "false", v->number ? 4 : 5);
		break;
	case VALUE_TEXT:
		put_csv_text(self, v->text);
		break;
	}
}

static void write_csv(struct transfer_rows *self, const struct transfer *t)
{
	struct value v;

	for (size_t i = 0; column_name(i); i++) {
		if (i)
			put_char(self, ',');
		column_value(&self->columns, i, t, &v);
		put_csv(self, &v);
	}
	put_char(self, '\n');
	hand_on(self);
}

static void write_json(struct transfer_rows *self, const struct transfer *t)
{
	const char *name;
	struct value v;
	struct json j;

	json_init(&j, self->out, 0);
	json_object(&j, NULL);
	for (size_t i = 0; (name = column_name(i)); i++) {
		column_value(&self->columns, i, t, &v);
		switch (v.kind) {
		case VALUE_NONE:
			json_null(&j, name);
			break;
		case VALUE_UNSIGNED:
			json_u64(&j, name, v.number);
			break;
		case VALUE_SIGNED:
			json_i64(&j, name, v.number);
			break;
		case VALUE_BOOL:
			json_bool(&j, name, v.number);
			break;
		case VALUE_TEXT:
			json_string(&j, name, v.text);
			break;
		}
	}
	json_close(&j);
	if (!self->err)
		self->err = j.err;
	if (!self->err && fputc('\n', self->out) == EOF)
		self->err = -errno;
}

static void write_head(struct transfer_rows *self)
{
	for (size_t i = 0; column_name(i); i++) {
		if (i)
			put_char(self, ',');
		put(self, column_name(i), strlen(column_name(i)));
	}
	put_char(self, '\n');
	hand_on(self);
}

struct transfer_rows *transfer_rows_new(FILE *out, const struct transfer_rows_config *config)
{
	struct transfer_rows *self = calloc(1, sizeof(*self));

	if (!self || columns_init(&self->columns, config)) {
		free(self);
		errno = ENOMEM;
		return NULL;
	}
	self->out = out;
	if (config->form == TRANSFER_ROWS_CSV)
		write_head(self);
	return self;
}

void transfer_rows_free(struct transfer_rows *self)
{
	if (!self)
		return;
	columns_release(&self->columns);
	free(self);
}

void transfer_rows_write(struct transfer_rows *self, const struct transfer *t)
{
	if (self->err)
		return;
	if (self->columns.config.form == TRANSFER_ROWS_CSV)
		write_csv(self, t);
	else
		write_json(self, t);
	if (!self->err)
		self->err = self->columns.err;
}

int transfer_rows_flush(struct transfer_rows *self)
{
	if (!self->err)
		self->err = out_finish(self->out);
	return self->err;
}
