// SPDX-License-Identifier: GPL-2.0
#include "pcap_facts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DESCRIPTOR_SIZE 18	/* USB 2.0, table 9-8 */

struct capture_device {
	uint64_t asked_id;	/* GET_DESCRIPTOR is open, if .asked */
	uint32_t first_endpoint; /* IDMAP_NONE: none */
	uint16_t vid, pid;
	bool asked, known;
};

struct capture_endpoint {
	uint32_t ep;
	uint32_t device;
	uint32_t next;		/* of the same device; IDMAP_NONE: none */
	uint8_t type;
};

int capture_facts_init(struct capture_facts *facts)
{
	memset(facts, 0, sizeof(*facts));
	if (idmap_init(&facts->device_of, 16))
		return -ENOMEM;
	return idmap_init(&facts->endpoint_of, 64);
}

void capture_facts_release(struct capture_facts *facts)
{
	idmap_release(&facts->device_of);
	idmap_release(&facts->endpoint_of);
	free(facts->devices);
	free(facts->endpoints);
}

/* Room for one more of them: arrays double at powers of two. */
static int make_room(void **array, uint32_t cnt, size_t size)
{
	void *bigger;

	if (cnt & (cnt - 1))
		return 0;
	bigger = realloc(*array, (cnt ? cnt * (size_t)2 : 1) * size);
	if (!bigger)
		return -ENOMEM;
	*array = bigger;
	return 0;
}

static uint32_t add_device(struct capture_facts *facts, uint32_t address)
{
	if (make_room((void **)&facts->devices, facts->device_cnt, sizeof(*facts->devices)) ||
	    idmap_set(&facts->device_of, 0, address, facts->device_cnt))
		return IDMAP_NONE;
	facts->devices[facts->device_cnt] = (struct capture_device){ .first_endpoint = IDMAP_NONE };
	return facts->device_cnt++;
}

static void tell(const struct capture_device *device, const struct capture_endpoint *endpoint,
		 uint64_t time_ns, source_emit emit, void *ctx)
{
	struct urb_facts facts = {
		.has_ids = true, .vid = device->vid, .pid = device->pid, .type = endpoint->type
	};
	struct urb_event ev = {
		.time_ns = time_ns,
		.ep = endpoint->ep,
		.kind = URB_EV_FACTS,
		.type = endpoint->type,
		.facts = &facts,
	};

	emit(ctx, &ev);
}

int capture_facts_before(struct capture_facts *facts, const struct urb_event *ev, source_emit emit,
			 void *ctx)
{
	uint32_t address = ev->ep & ~0xffu, index;
	struct capture_endpoint *endpoint;
	struct capture_device *device;

	/* the next submission often follows the completion on the same endpoint */
	if (facts->endpoint_cnt && ev->ep == facts->last_ep)
		return 0;
	facts->last_ep = ev->ep;
	if (idmap_find(&facts->endpoint_of, 0, ev->ep) != IDMAP_NONE)
		return 0;
	index = idmap_find(&facts->device_of, 0, address);
	if (index == IDMAP_NONE)
		index = add_device(facts, address);
	if (index == IDMAP_NONE ||
	    make_room((void **)&facts->endpoints, facts->endpoint_cnt, sizeof(*facts->endpoints)) ||
	    idmap_set(&facts->endpoint_of, 0, ev->ep, facts->endpoint_cnt))
		return -ENOMEM;
	device = &facts->devices[index];
	endpoint = &facts->endpoints[facts->endpoint_cnt];
	*endpoint = (struct capture_endpoint){
		.ep = ev->ep, .device = index, .next = device->first_endpoint, .type = ev->type
	};
	device->first_endpoint = facts->endpoint_cnt++;
	if (device->known)
		tell(device, endpoint, ev->time_ns, emit, ctx);
	return 0;
}

static bool is_question(const uint8_t *setup)
{
	static const uint8_t get_device_descriptor[] = { 0x80, 6, 0, 1, 0, 0 };

	return !memcmp(setup, get_device_descriptor, sizeof(get_device_descriptor));
}

static bool is_descriptor(const struct capture_control *control)
{
	const uint8_t *d = control->answer;

	return d && control->answer_size >= DESCRIPTOR_SIZE && d[0] == DESCRIPTOR_SIZE && d[1] == 1;
}

void capture_facts_after(struct capture_facts *facts, const struct urb_event *ev,
			 const struct capture_control *control, source_emit emit, void *ctx)
{
	struct capture_device *device;
	uint32_t index;

	index = idmap_find(&facts->endpoint_of, 0, ev->ep);
	/* address 0 is whatever was plugged in last */
	if (index == IDMAP_NONE || !urb_ep_address(ev->ep))
		return;
	device = &facts->devices[facts->endpoints[index].device];
	if (control->setup) {
		device->asked = is_question(control->setup);
		device->asked_id = ev->id;
		return;
	}
	if (!device->asked || device->asked_id != ev->id)
		return;
	device->asked = false;
	if (!is_descriptor(control))
		return;
	device->vid = control->answer[8] | control->answer[9] << 8;
	device->pid = control->answer[10] | control->answer[11] << 8;
	device->known = true;
	for (uint32_t i = device->first_endpoint; i != IDMAP_NONE; i = facts->endpoints[i].next)
		tell(device, &facts->endpoints[i], ev->time_ns, emit, ctx);
}
