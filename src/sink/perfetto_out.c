// SPDX-License-Identifier: GPL-2.0
#include "perfetto_out.h"

#include <errno.h>
#include <stdlib.h>

#include "transfer_columns.h"
#include "urbscope/text.h"

/* Perfetto's numbers for clocks, orders of tracks, states of a sequence, units */
enum { CLOCK_OF_DAY = 1, CLOCK_SINCE_START = 3, CLOCK_SINCE_BOOT = 6 };
enum { ORDER_EXPLICIT = 3 };
enum { STATE_CLEARED = 1, STATE_NEEDED = 2 };
enum { UNIT_COUNT = 2 };

#define SEQUENCE   1
#define COLUMN_MAX 64

void perfetto_out_release(struct perfetto_out *out)
{
	free(out->buf);
}

void perfetto_fail(struct perfetto_out *out, int err)
{
	if (!out->err)
		out->err = err;
}

void perfetto_put_packet(struct perfetto_out *out, Pf__TracePacket *packet)
{
	Pf__Trace trace = PF__TRACE__INIT;	/* a trace is its packets behind one another */
	size_t size;

	packet->has_trusted_packet_sequence_id = packet->has_sequence_flags = true;
	packet->trusted_packet_sequence_id = SEQUENCE;
	packet->sequence_flags |= STATE_NEEDED;
	trace.n_packet = 1;
	trace.packet = &packet;
	size = pf__trace__get_packed_size(&trace);
	if (size > out->room) {
		uint8_t *bigger = realloc(out->buf, size * 2);

		if (!bigger) {
			perfetto_fail(out, -ENOMEM);
			return;
		}
		out->buf = bigger;
		out->room = size * 2;
	}
	pf__trace__pack(&trace, out->buf);
	if (!out->err && fwrite(out->buf, 1, size, out->file) != size)
		perfetto_fail(out, errno ? -errno : -EIO);
}

static void set_clock(Pf__Clock *clock, uint32_t id, uint64_t timestamp)
{
	pf__clock__init(clock);
	clock->has_clock_id = clock->has_timestamp = true;
	clock->clock_id = id;
	clock->timestamp = timestamp;
}

static void put_clocks(struct perfetto_out *out, const struct perfetto_config *config)
{
	Pf__TracePacket packet = PF__TRACE_PACKET__INIT;
	Pf__TracePacketDefaults defaults = PF__TRACE_PACKET_DEFAULTS__INIT;
	Pf__ClockSnapshot snapshot = PF__CLOCK_SNAPSHOT__INIT;
	Pf__Clock clock[3], *clocks[] = { &clock[0], &clock[1], &clock[2] };
	uint32_t id = config->realtime ? CLOCK_OF_DAY : CLOCK_SINCE_START;
	size_t cnt = 0;

	set_clock(&clock[cnt++], id, config->at_ns);
	if (!config->realtime && config->wall_ns)
		set_clock(&clock[cnt++], CLOCK_OF_DAY, config->at_ns + config->wall_ns);
	if (config->has_boot)
		set_clock(&clock[cnt++], CLOCK_SINCE_BOOT, config->at_ns + config->boot_ns);
	snapshot.n_clocks = cnt;
	snapshot.clocks = clocks;
	snapshot.has_primary_trace_clock = true;
	snapshot.primary_trace_clock = id;
	packet.clock_snapshot = &snapshot;
	defaults.has_timestamp_clock_id = true;
	defaults.timestamp_clock_id = id;
	packet.trace_packet_defaults = &defaults;
	packet.has_first_packet_on_sequence = packet.first_packet_on_sequence = true;
	packet.sequence_flags = STATE_CLEARED;
	perfetto_put_packet(out, &packet);
}

/* The category, and of annotations the names, are numbered once and for all. */
static void put_names(struct perfetto_out *out)
{
	Pf__TracePacket packet = PF__TRACE_PACKET__INIT;
	Pf__InternedData data = PF__INTERNED_DATA__INIT;
	Pf__InternedName name[COLUMN_MAX], *names[COLUMN_MAX];
	Pf__InternedName category = PF__INTERNED_NAME__INIT, *categories = &category;
	size_t cnt = 0;

	for (; cnt < COLUMN_MAX && column_name(cnt); cnt++) {
		pf__interned_name__init(&name[cnt]);
		name[cnt].has_iid = true;
		name[cnt].iid = cnt + 1;
		name[cnt].name = (char *)column_name(cnt);
		names[cnt] = &name[cnt];
	}
	category.has_iid = true;
	category.iid = PERFETTO_CATEGORY;
	category.name = (char *)"urb";
	data.n_event_categories = 1;
	data.event_categories = &categories;
	data.n_debug_annotation_names = cnt;
	data.debug_annotation_names = names;
	packet.interned_data = &data;
	perfetto_put_packet(out, &packet);
}

void perfetto_put_start(struct perfetto_out *out, const struct perfetto_config *config)
{
	put_clocks(out, config);
	put_names(out);
}

void perfetto_put_track(struct perfetto_out *out, const struct perfetto_track *track)
{
	Pf__TracePacket packet = PF__TRACE_PACKET__INIT;
	Pf__TrackDescriptor descriptor = PF__TRACK_DESCRIPTOR__INIT;
	Pf__CounterDescriptor counter = PF__COUNTER_DESCRIPTOR__INIT;
	char clean[PERFETTO_TEXT];

	text_file_copy(clean, sizeof(clean), track->name);
	descriptor.has_uuid = true;
	descriptor.uuid = track->uuid;
	descriptor.has_parent_uuid = track->parent;
	descriptor.parent_uuid = track->parent;
	descriptor.name = clean;
	descriptor.has_sibling_order_rank = true;
	descriptor.sibling_order_rank = track->rank;
	descriptor.has_child_ordering = !track->counter;
	descriptor.child_ordering = ORDER_EXPLICIT;
	counter.has_unit = true;
	counter.unit = UNIT_COUNT;
	counter.unit_name = (char *)"URBs";
	descriptor.counter = track->counter ? &counter : NULL;
	packet.track_descriptor = &descriptor;
	perfetto_put_packet(out, &packet);
}

void perfetto_put_event(struct perfetto_out *out, Pf__TracePacket *packet, Pf__TrackEvent *event,
			enum perfetto_event type, uint64_t time_ns)
{
	packet->has_timestamp = true;
	packet->timestamp = time_ns;
	event->has_type = true;
	event->type = type;
	packet->track_event = event;
	perfetto_put_packet(out, packet);
}
