// SPDX-License-Identifier: GPL-2.0
#include "perfetto_tracks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int tracks_init(struct tracks *self, struct perfetto_out *out)
{
	*self = (struct tracks){ .out = out };
	if (idmap_init(&self->lane_of, 64) || idmap_init(&self->device_of, 64) ||
	    idmap_init(&self->facts_of, 64))
		return -ENOMEM;
	return 0;
}

void tracks_release(struct tracks *self)
{
	idmap_release(&self->lane_of);
	idmap_release(&self->device_of);
	idmap_release(&self->facts_of);
	free(self->lanes);
	free(self->devices);
	free(self->facts);
}

/* Numbers of tracks are to be unlike those of other programs: mixed as by splitmix64. */
static uint64_t uuid_of(uint64_t a, uint64_t b)
{
	uint64_t z = a * 0x9e3779b97f4a7c15 + b + 0x757262 /* "urb" */;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return (z ^ z >> 31) | 1;
}

static uint64_t place_uuid(const struct lane *lane, uint32_t place)
{
	return uuid_of(lane->uuid, place + 2);
}

uint64_t tracks_counter(const struct lane *lane)
{
	return uuid_of(lane->uuid, 1);
}

static const struct urb_facts *facts_of(const struct tracks *self, uint32_t ep)
{
	uint32_t i = idmap_find(&self->facts_of, 0, ep);

	return i == IDMAP_NONE ? NULL : &self->facts[i];
}

static void describe_device(struct tracks *self, const struct device *d, uint32_t ep)
{
	const struct urb_facts *f = facts_of(self, ep);
	char name[PERFETTO_TEXT], where[64], id[16] = "";

	snprintf(where, sizeof(where), "%u:%u", urb_ep_bus(ep), urb_ep_address(ep));
	if (f && f->path[0])
		snprintf(where, sizeof(where), "%s", f->path);
	if (f && f->has_ids)
		snprintf(id, sizeof(id), " %04x:%04x", f->vid, f->pid);
	snprintf(name, sizeof(name), "%s%s%s%s", where, id, f && f->name[0] ? " " : "", f ? f->name : "");
	perfetto_put_track(self->out, &(struct perfetto_track){
		.uuid = d->uuid, .name = name, .rank = ep >> 8 & 0x7fffff });
}

static void describe_lane(struct tracks *self, const struct lane *lane, uint8_t type)
{
	const struct urb_facts *f = facts_of(self, lane->ep);
	unsigned int endpoint = urb_ep_endpoint(lane->ep);
	char name[PERFETTO_TEXT];

	if (f && f->type < URB_TYPE_UNKNOWN)
		type = f->type;
	snprintf(name, sizeof(name), "0x%02x %s%s%s%s", endpoint, urb_type_name(type),
		 !(endpoint & 0x7f) ? "" : endpoint & 0x80 ? " in" : " out",
		 f && f->driver[0] ? " " : "", f ? f->driver : "");
	perfetto_put_track(self->out, &(struct perfetto_track){
		.uuid = lane->uuid, .parent = self->devices[lane->device].uuid, .name = name,
		.rank = endpoint });
	perfetto_put_track(self->out, &(struct perfetto_track){
		.uuid = tracks_counter(lane), .parent = lane->uuid, .name = "in flight", .counter = true });
}

/* Room for one more: arrays double at powers of two. */
static int make_room(void *array, uint32_t cnt, size_t size)
{
	void *old, *bigger;

	if (cnt & (cnt - 1))
		return 0;
	memcpy(&old, array, sizeof(old));
	bigger = realloc(old, (cnt ? cnt * (size_t)2 : 1) * size);
	if (!bigger)
		return -ENOMEM;
	memcpy(array, &bigger, sizeof(bigger));
	return 0;
}

/* The device of an endpoint, which is new if the endpoint is at an address that it had before. */
static uint32_t device_of(struct tracks *self, uint32_t ep, uint32_t serial)
{
	uint32_t address = ep >> 8, i = idmap_find(&self->device_of, 0, address);
	unsigned int endpoint = (ep & 15) | (ep >> 3 & 16);

	if (i == IDMAP_NONE || self->devices[i].serial[endpoint]) {
		if (make_room(&self->devices, self->device_cnt, sizeof(*self->devices)))
			return IDMAP_NONE;
		i = self->device_cnt++;
		self->devices[i] = (struct device){ .uuid = uuid_of(address + 1, i + 1) };
		if (idmap_set(&self->device_of, 0, address, i))
			perfetto_fail(self->out, -ENOMEM);
		describe_device(self, &self->devices[i], ep);
	}
	self->devices[i].serial[endpoint] = serial;
	return i;
}

struct lane *tracks_lane(struct tracks *self, uint32_t ep, uint32_t serial, uint8_t type)
{
	uint32_t i = idmap_find(&self->lane_of, serial, ep), device;
	struct lane *lane;

	if (i != IDMAP_NONE)
		return &self->lanes[i];
	device = device_of(self, ep, serial);
	if (device == IDMAP_NONE || make_room(&self->lanes, self->lane_cnt, sizeof(*self->lanes)) ||
	    idmap_set(&self->lane_of, serial, ep, self->lane_cnt)) {
		perfetto_fail(self->out, -ENOMEM);
		return NULL;
	}
	lane = &self->lanes[self->lane_cnt++];
	*lane = (struct lane){
		.ep = ep, .serial = serial, .device = device, .uuid = uuid_of(ep, (uint64_t)serial << 32)
	};
	describe_lane(self, lane, type);
	return lane;
}

void tracks_facts(struct tracks *self, const struct urb_event *ev)
{
	uint32_t i = idmap_find(&self->facts_of, 0, ev->ep);

	if (!ev->facts)
		return;
	if (i == IDMAP_NONE) {
		i = self->facts_cnt;
		if (make_room(&self->facts, i, sizeof(*self->facts)) ||
		    idmap_set(&self->facts_of, 0, ev->ep, i)) {
			perfetto_fail(self->out, -ENOMEM);
			return;
		}
		self->facts_cnt++;
	}
	self->facts[i] = *ev->facts;
	i = idmap_find(&self->device_of, 0, ev->ep >> 8);
	if (i != IDMAP_NONE)
		describe_device(self, &self->devices[i], ev->ep);
}

uint64_t tracks_place(struct tracks *self, struct lane *lane, uint32_t place)
{
	char name[32];

	for (; lane->described <= place; lane->described++) {
		snprintf(name, sizeof(name), "URB %u", lane->described + 1);
		perfetto_put_track(self->out, &(struct perfetto_track){
			.uuid = place_uuid(lane, lane->described), .parent = lane->uuid, .name = name,
			.rank = (int)lane->described + 1 });
	}
	return place_uuid(lane, place);
}

uint64_t tracks_lost(struct tracks *self)
{
	struct perfetto_track track = { .uuid = uuid_of(0, 0), .name = "lost events" };

	if (!self->lost_described)
		perfetto_put_track(self->out, &track);
	self->lost_described = true;
	return track.uuid;
}
