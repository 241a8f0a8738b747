/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which device it is: from the device descriptors that hosts ask for. In a capture that began
 * when the device was there already nobody may ask, and it stays unknown.
 */
#ifndef URBSCOPE_SOURCE_PCAP_FACTS_H
#define URBSCOPE_SOURCE_PCAP_FACTS_H

#include "pcap_usb.h"
#include "urbscope/source.h"

struct capture_device;
struct capture_endpoint;

struct capture_facts {
	struct idmap device_of, endpoint_of; /* address -> index */
	struct capture_device *devices;
	struct capture_endpoint *endpoints;
	uint32_t device_cnt, endpoint_cnt;
	uint32_t last_ep;	/* once endpoint_cnt > 0: of the last packet */
};

/* 0 or -ENOMEM; then capture_facts_release() is fine, too. */
int capture_facts_init(struct capture_facts *facts);
void capture_facts_release(struct capture_facts *facts);

/*
 * To be called with each packet of a transfer, before its event is handed on: emits what is to be
 * known before it, of an endpoint of a known device that was not seen before. 0 or -ENOMEM.
 */
int capture_facts_before(struct capture_facts *facts, const struct urb_event *ev, source_emit emit,
			 void *ctx);

/* And after it, if it is a control transfer's: takes the question or the answer that the packet brought. */
void capture_facts_after(struct capture_facts *facts, const struct urb_event *ev,
			 const struct capture_control *control, source_emit emit, void *ctx);

#endif
