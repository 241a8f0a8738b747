// SPDX-License-Identifier: GPL-2.0
#include "urbscope/perfetto.h"

#include <errno.h>
#include <stdlib.h>

#include "perfetto_out.h"
#include "perfetto_tracks.h"
#include "transfer_columns.h"
#include "urbscope/text.h"

#define NAMES_MAX  4096	/* of slices, that are written once and have a number from then on */
#define COLUMN_MAX 64

struct perfetto {
	struct perfetto_out out;
	struct tracks tracks;
	struct columns columns;
	struct idmap names;	/* of slices -> their numbers */
};

struct perfetto *perfetto_new(FILE *out, const struct perfetto_config *config)
{
	struct transfer_rows_config columns = {
		.symbol = config->symbol, .symbol_ctx = config->symbol_ctx
	};
	struct perfetto *self = calloc(1, sizeof(*self));

	if (!self || tracks_init(&self->tracks, &self->out) ||
	    columns_init(&self->columns, &columns) || idmap_init(&self->names, 64)) {
		perfetto_free(self);
		errno = ENOMEM;
		return NULL;
	}
	self->out.file = out;
	perfetto_put_start(&self->out, config);
	return self;
}

void perfetto_free(struct perfetto *self)
{
	if (!self)
		return;
	tracks_release(&self->tracks);
	columns_release(&self->columns);
	idmap_release(&self->names);
	perfetto_out_release(&self->out);
	free(self);
}

int perfetto_flush(struct perfetto *self)
{
	if (!self->out.err && fflush(self->out.file))
		perfetto_fail(&self->out, errno ? -errno : -EIO);
	return self->out.err;
}

void perfetto_level(struct perfetto *self, const struct transfer_level *level)
{
	Pf__TracePacket packet = PF__TRACE_PACKET__INIT;
	Pf__TrackEvent event = PF__TRACK_EVENT__INIT;
	const struct lane *lane = tracks_lane(&self->tracks, level->ep, level->serial, level->type);

	if (!lane)
		return;
	event.has_track_uuid = event.has_counter_value = true;
	event.track_uuid = tracks_counter(lane);
	event.counter_value = level->level;
	perfetto_put_event(&self->out, &packet, &event, COUNTER, level->time_ns);
}

/* What a slice is called, and a number that is the same for the same name. */
static uint64_t name_of(const struct transfer *t, char *name, size_t size)
{
	uint64_t outcome = (uint64_t)t->end << 40;
	uint32_t bytes = t->submitted ? t->asked_bytes : t->actual_bytes;
	const char *error = urb_errno_name(t->status);
	const char *refused = t->end == TRANSFER_REFUSED ? "refused " : "";

	if (t->end != TRANSFER_COMPLETED && t->end != TRANSFER_REFUSED) {
		snprintf(name, size, "%s", transfer_end_name(t->end));
		return outcome;
	}
	if (!t->status) {
		snprintf(name, size, "%s%u B", refused, bytes);
		return outcome | bytes;
	}
	if (error)
		snprintf(name, size, "%s%s", refused, error);
	else
		snprintf(name, size, "%serror %d", refused, t->status);
	return outcome | UINT64_C(1) << 32 | (uint32_t)t->status;
}

/* A name that stands with its number, as it is used for the first time. */
struct new_name {
	Pf__InternedData data;
	Pf__InternedName name, *list;
};

/* By its number; where there are too many, by itself. */
static void set_name(struct perfetto *self, Pf__TracePacket *packet, Pf__TrackEvent *event,
		     struct new_name *new, char *name, uint64_t key)
{
	uint32_t iid = idmap_find(&self->names, key, 0);

	if (iid == IDMAP_NONE) {
		if (self->names.cnt >= NAMES_MAX) {
			event->name = name;
			return;
		}
		iid = self->names.cnt + 1;
		if (idmap_set(&self->names, key, 0, iid))
			perfetto_fail(&self->out, -ENOMEM);
		pf__interned_data__init(&new->data);
		pf__interned_name__init(&new->name);
		new->name.has_iid = true;
		new->name.iid = iid;
		new->name.name = name;
		new->list = &new->name;
		new->data.n_event_names = 1;
		new->data.event_names = &new->list;
		packet->interned_data = &new->data;
	}
	event->has_name_iid = true;
	event->name_iid = iid;
}

struct annotations {
	Pf__DebugAnnotation all[COLUMN_MAX], *list[COLUMN_MAX];
	char text[COLUMN_MAX][PERFETTO_TEXT];
	size_t cnt;
};

/* Whatever is known of the transfer, and is not the track's. */
static void annotate(struct perfetto *self, const struct transfer *t, struct annotations *to)
{
	struct value v;

	to->cnt = 0;
	for (size_t i = 0; i < COLUMN_MAX && column_name(i); i++) {
		Pf__DebugAnnotation *a = &to->all[to->cnt];

		if (column_repeats(i))
			continue;
		column_value(&self->columns, i, t, &v);
		if (v.kind == VALUE_NONE)
			continue;
		pf__debug_annotation__init(a);
		a->has_name_iid = true;
		a->name_iid = i + 1;
		a->has_uint_value = v.kind == VALUE_UNSIGNED;
		a->has_int_value = v.kind == VALUE_SIGNED;
		a->has_bool_value = v.kind == VALUE_BOOL;
		a->uint_value = v.number;
		a->int_value = (int64_t)v.number;
		a->bool_value = v.number;
		if (v.kind == VALUE_TEXT) {
			text_file_copy(to->text[to->cnt], PERFETTO_TEXT, v.text);
			a->string_value = to->text[to->cnt];
		}
		to->list[to->cnt++] = a;
	}
}

void perfetto_transfer(struct perfetto *self, const struct transfer *t)
{
	Pf__TracePacket packet = PF__TRACE_PACKET__INIT, last = PF__TRACE_PACKET__INIT;
	Pf__TrackEvent event = PF__TRACK_EVENT__INIT, end = PF__TRACK_EVENT__INIT;
	struct lane *lane = tracks_lane(&self->tracks, t->ep, t->serial, t->type);
	/* refused at once, or a completion of nothing: it was never in flight */
	bool slice = t->end != TRANSFER_UNPAIRED &&
		     (t->end != TRANSFER_REFUSED || t->submitted || t->inherited);
	struct annotations annotations;
	uint64_t category = PERFETTO_CATEGORY, key;
	struct new_name new;
	char name[64];

	if (!lane)
		return;
	annotate(self, t, &annotations);
	event.n_debug_annotations = annotations.cnt;
	event.debug_annotations = annotations.list;
	event.n_category_iids = 1;
	event.category_iids = &category;
	event.has_track_uuid = end.has_track_uuid = true;
	event.track_uuid = end.track_uuid = lane->uuid;
	if (slice)
		event.track_uuid = end.track_uuid = tracks_place(&self->tracks, lane, t->place);
	key = name_of(t, name, sizeof(name));
	set_name(self, &packet, &event, &new, name, key);
	perfetto_put_event(&self->out, &packet, &event, slice ? SLICE_BEGIN : INSTANT, t->start_ns);
	/* of what is open the end is not known: Perfetto draws it so */
	if (slice && t->end != TRANSFER_OPEN)
		perfetto_put_event(&self->out, &last, &end, SLICE_END, t->end_ns);
}

static void put_lost(struct perfetto *self, const struct urb_event *ev)
{
	Pf__TracePacket packet = PF__TRACE_PACKET__INIT;
	Pf__TrackEvent event = PF__TRACK_EVENT__INIT;
	char name[PERFETTO_TEXT];

	if (ev->ep == URB_EP_ANY)
		snprintf(name, sizeof(name), "%llu lost", (unsigned long long)ev->lost.count);
	else
		snprintf(name, sizeof(name), "%llu lost of %u:%u 0x%02x", (unsigned long long)ev->lost.count,
			 urb_ep_bus(ev->ep), urb_ep_address(ev->ep), urb_ep_endpoint(ev->ep));
	event.has_track_uuid = true;
	event.track_uuid = tracks_lost(&self->tracks);
	event.name = name;
	perfetto_put_event(&self->out, &packet, &event, INSTANT, ev->time_ns);
}

void perfetto_event(struct perfetto *self, const struct urb_event *ev)
{
	if (ev->kind == URB_EV_FACTS)
		tracks_facts(&self->tracks, ev);
	else if (ev->kind == URB_EV_LOST)
		put_lost(self, ev);
}
