// SPDX-License-Identifier: GPL-2.0
#include "transfer_columns.h"

#include <errno.h>
#include <stdio.h>

#define SLOTS_MAX (1 << 20)

enum column {
	TRANSFER, END, BUS, ADDRESS, SERIAL, PATH, VENDOR, PRODUCT, NAME, DRIVER, SPEED,
	ENDPOINT, TYPE, STREAM,
	WALL, START, SUBMIT, QUEUED, DONE, HANDLER, RETURNED, STOP, GAP,
	DEPTH, INHERITED, ASKED, ACTUAL, STATUS, STATUS_NAME,
	URB, INTERVAL, GFP, FLAGS, IN_IRQ, PID, COMM, FUNCTION,
	COLUMNS
};

static const char *const names[COLUMNS] = {
	[TRANSFER] = "transfer", [END] = "outcome", [BUS] = "bus", [ADDRESS] = "address",
	[SERIAL] = "serial", [PATH] = "path", [VENDOR] = "vendor", [PRODUCT] = "product",
	[NAME] = "name", [DRIVER] = "driver", [SPEED] = "speed", [ENDPOINT] = "endpoint",
	[TYPE] = "type", [STREAM] = "stream", [WALL] = "wall_ns", [START] = "start_ns",
	[SUBMIT] = "submit_ns", [QUEUED] = "queued_ns", [DONE] = "done_ns", [HANDLER] = "handler_ns",
	[RETURNED] = "returned_ns", [STOP] = "end_ns", [GAP] = "gap_ns", [DEPTH] = "depth",
	[INHERITED] = "inherited", [ASKED] = "asked_bytes", [ACTUAL] = "actual_bytes",
	[STATUS] = "status", [STATUS_NAME] = "status_name", [URB] = "urb", [INTERVAL] = "interval",
	[GFP] = "gfp", [FLAGS] = "transfer_flags", [IN_IRQ] = "in_irq", [PID] = "pid",
	[COMM] = "comm", [FUNCTION] = "complete_fn",
};

int columns_init(struct columns *self, const struct transfer_rows_config *config)
{
	*self = (struct columns){ .config = *config };
	return idmap_init(&self->slots, 256);
}

void columns_release(struct columns *self)
{
	idmap_release(&self->slots);
}

const char *column_name(size_t column)
{
	return column < COLUMNS ? names[column] : NULL;
}

bool column_repeats(size_t column)
{
	return (column >= BUS && column <= TYPE) || column == WALL;
}

static void number_if(struct value *v, bool known, uint64_t number)
{
	v->kind = known ? VALUE_UNSIGNED : VALUE_NONE;
	v->number = number;
}

static void text_if(struct value *v, const char *text)
{
	v->kind = text && text[0] ? VALUE_TEXT : VALUE_NONE;
	v->text = text;
}

/* With 0x in front no reader of tables takes it for a decimal number, as it would 17e9. */
static void hex_if(struct value *v, bool known, unsigned int number, int digits)
{
	snprintf(v->buf, sizeof(v->buf), "0x%0*x", digits, number);
	text_if(v, known ? v->buf : NULL);
}

static void device_value(enum column column, const struct transfer *t, struct value *v)
{
	static const struct urb_facts unknown;
	const struct urb_facts *f = t->facts ? t->facts : &unknown;

	switch (column) {
	case BUS:
		number_if(v, true, urb_ep_bus(t->ep));
		break;
	case ADDRESS:
		number_if(v, true, urb_ep_address(t->ep));
		break;
	case SERIAL:
		number_if(v, true, t->serial);
		break;
	case PATH:
		text_if(v, f->path);
		break;
	case VENDOR:
		hex_if(v, f->has_ids, f->vid, 4);
		break;
	case PRODUCT:
		hex_if(v, f->has_ids, f->pid, 4);
		break;
	case NAME:
		text_if(v, f->name);
		break;
	case DRIVER:
		text_if(v, f->driver);
		break;
	case SPEED:
		text_if(v, urb_speed_name(f->speed));
		break;
	default:
		hex_if(v, true, urb_ep_endpoint(t->ep), 2);
		break;
	}
}

static void time_value(const struct columns *self, enum column column, const struct transfer *t,
		       struct value *v)
{
	bool was_in_flight = t->end != TRANSFER_UNPAIRED;

	switch (column) {
	case WALL:
		number_if(v, self->config.has_wall, t->start_ns + self->config.wall_ns);
		break;
	case START:
		number_if(v, was_in_flight, t->start_ns);
		break;
	case SUBMIT:
		number_if(v, t->seen & URB_SUBMIT, t->submit_ns);
		break;
	case QUEUED:
		number_if(v, t->seen & URB_QUEUED, t->queued_ns);
		break;
	case DONE:
		number_if(v, t->seen & URB_DONE, t->done_ns);
		break;
	case HANDLER:
		number_if(v, t->seen & URB_HANDLER, t->handler_ns);
		break;
	case RETURNED:
		number_if(v, t->seen & URB_RETURNED, t->returned_ns);
		break;
	case STOP:
		number_if(v, t->end != TRANSFER_OPEN, t->end_ns);
		break;
	default:
		number_if(v, t->gap_ns != TRANSFER_NO_GAP, t->gap_ns);
		break;
	}
}

static void outcome_value(enum column column, const struct transfer *t, struct value *v)
{
	bool completed = t->end == TRANSFER_COMPLETED || t->end == TRANSFER_UNPAIRED;
	bool has_status = completed || t->end == TRANSFER_REFUSED;

	switch (column) {
	case TRANSFER:
		number_if(v, true, t->number);
		break;
	case END:
		text_if(v, transfer_end_name(t->end));
		break;
	case TYPE:
		text_if(v, t->type < URB_TYPE_UNKNOWN ? urb_type_name(t->type) : NULL);
		break;
	case STREAM:
		number_if(v, t->stream, t->stream);
		break;
	case DEPTH:
		number_if(v, t->depth, t->depth);
		break;
	case INHERITED:
		v->kind = VALUE_BOOL;
		v->number = t->inherited;
		break;
	case ASKED:
		number_if(v, t->submitted || (t->end == TRANSFER_REFUSED && t->asked_bytes),
			  t->asked_bytes);
		break;
	case ACTUAL:
		number_if(v, completed, t->actual_bytes);
		break;
	case STATUS:
		v->kind = has_status ? VALUE_SIGNED : VALUE_NONE;
		v->number = (uint64_t)(int64_t)t->status;
		break;
	default:
		text_if(v, has_status && t->status ? urb_errno_name(t->status) : NULL);
		break;
	}
}

static void urb_value(struct columns *self, const struct transfer *t, struct value *v)
{
	uint32_t number = idmap_find(&self->slots, t->slot, t->ep);

	v->kind = VALUE_NONE;
	if (!t->slot)
		return;
	if (number == IDMAP_NONE) {
		if (self->slots.cnt >= SLOTS_MAX)
			idmap_clear(&self->slots);
		number = ++self->last_slot;
		if (idmap_set(&self->slots, t->slot, t->ep, number))
			self->err = -ENOMEM;
	}
	number_if(v, true, number);
}

static void caller_value(struct columns *self, enum column column, const struct transfer *t,
			 struct value *v)
{
	const struct transfer_rows_config *c = &self->config;
	bool known = t->flags & URB_F_CALLER;

	switch (column) {
	case URB:
		urb_value(self, t, v);
		break;
	case INTERVAL:
		number_if(v, t->interval, t->interval);
		break;
	case GFP:
		hex_if(v, known, t->gfp, 1);
		break;
	case FLAGS:
		hex_if(v, known, t->xfer_flags, 1);
		break;
	case IN_IRQ:
		v->kind = known && t->flags & URB_F_CONTEXT ? VALUE_BOOL : VALUE_NONE;
		v->number = !!(t->flags & URB_F_IN_IRQ);
		break;
	case PID:
		number_if(v, known && !(t->flags & URB_F_IN_IRQ), t->pid);
		break;
	case COMM:
		text_if(v, known && !(t->flags & URB_F_IN_IRQ) ? t->comm : NULL);
		break;
	default:
		text_if(v, c->symbol && t->complete_fn ? c->symbol(c->symbol_ctx, t->complete_fn) : NULL);
		break;
	}
}

void column_value(struct columns *self, size_t column, const struct transfer *t,
		  struct value *value)
{
	if (column >= BUS && column <= ENDPOINT)
		device_value(column, t, value);
	else if (column >= WALL && column <= GAP)
		time_value(self, column, t, value);
	else if (column >= URB)
		caller_value(self, column, t, value);
	else
		outcome_value(column, t, value);
}
