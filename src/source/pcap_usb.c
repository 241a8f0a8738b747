// SPDX-License-Identifier: GPL-2.0
#include "pcap_usb.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

#include "event/usbmon.h"

/* USBPCAP_BUFFER_PACKET_HEADER of USBPcap's USBPcap.h: packed, so by offset. */
enum {
	USBPCAP_HEADER_SIZE = 0,
	USBPCAP_IRP = 2,
	USBPCAP_STATUS = 10,
	USBPCAP_INFO = 16,
	USBPCAP_BUS = 17,
	USBPCAP_DEVICE = 19,
	USBPCAP_ENDPOINT = 21,
	USBPCAP_TRANSFER = 22,
	USBPCAP_LENGTH = 23,
	USBPCAP_SIZE = 27,
	USBPCAP_STAGE = 27,	/* control transfers only */
};

#define USBPCAP_UP 0x01		/* info: from the device's driver upwards, the end of a transfer */

enum { STAGE_SETUP, STAGE_DATA, STAGE_STATUS, STAGE_COMPLETE };

/* Endpoint 0 is one, whatever the direction of its data stage. */
static uint32_t endpoint_of(unsigned int bus, unsigned int device, unsigned int endpoint)
{
	return urb_ep(bus, device, endpoint & 0x7f ? endpoint : 0);
}

int capture_lengths_init(struct capture_lengths *lengths)
{
	return idmap_init(&lengths->by_id, 64);
}

void capture_lengths_release(struct capture_lengths *lengths)
{
	idmap_release(&lengths->by_id);
}

static void take_answer(struct capture_control *control, const struct capture_packet *packet,
			uint32_t header_size)
{
	if (packet->size <= header_size)
		return;
	control->answer = packet->data + header_size;
	control->answer_size = packet->size - header_size;
}

static enum capture_meaning decode_usbmon(const struct capture_packet *packet, uint32_t header_size,
					  struct urb_event *ev, struct capture_control *control)
{
	struct usbmon_record h;

	if (packet->size < USBMON_SHORT)
		return CAPTURE_SKIPPED;
	memcpy(&h, packet->data, USBMON_SHORT);
	if (h.transfer > 3)
		return CAPTURE_SKIPPED;
	ev->id = h.id;
	ev->ep = endpoint_of(h.bus, h.device, h.endpoint);
	ev->type = usbmon_type(h.transfer);
	switch (h.type) {
	case 'S':
		ev->kind = URB_EV_SUBMIT;
		ev->seen = URB_SUBMIT;
		ev->submit.submit_ns = packet->time_ns;
		ev->submit.length = h.length;
		if (h.transfer == 2 && !h.flag_setup)
			control->setup = packet->data + offsetof(struct usbmon_record, setup);
		return CAPTURE_EVENT;
	case 'C':
		ev->kind = URB_EV_COMPLETE;
		ev->seen = URB_HANDLER;
		ev->complete.length = h.length;
		ev->complete.status = h.status;
		if (h.transfer == 2 && h.endpoint & 0x80)
			take_answer(control, packet, header_size);
		return CAPTURE_EVENT;
	case 'E':
		ev->kind = URB_EV_SUBMIT_ERROR;
		ev->seen = URB_SUBMIT;
		ev->submit_error.error = h.status;
		return CAPTURE_EVENT;
	default:
		return CAPTURE_SKIPPED;
	}
}

/*
 * USBD_STATUS of a URB (usb.h of Windows), or the NTSTATUS of its IRP, as what Linux says of the
 * same thing (error-codes.rst). USBD_SUCCESS() takes all without the top bit for success.
 */
static int errno_of(uint32_t status)
{
	if ((int32_t)status >= 0)
		return 0;
	switch (status) {
	case 0xc0010000: /* USBD_STATUS_CANCELED */
	case 0xc0000120: /* STATUS_CANCELLED */
		return -ENOENT;
	case 0xc0000004: /* STALL_PID */
	case 0xc0000030: /* ENDPOINT_HALTED */
		return -EPIPE;
	case 0xc0000001: /* CRC */
	case 0xc0000002: /* BTSTUFF */
		return -EILSEQ;
	case 0xc0000008: /* DATA_OVERRUN: more than fits, babble */
	case 0xc0000012: /* BABBLE_DETECTED */
		return -EOVERFLOW;
	case 0xc0000009: /* DATA_UNDERRUN: short, where that is not allowed */
		return -EREMOTEIO;
	case 0xc000000c: /* BUFFER_OVERRUN: the controller could not store it in time */
		return -ECOMM;
	case 0xc000000d: /* BUFFER_UNDERRUN: nor fetch it */
		return -ENOSR;
	case 0xc0007000: /* DEVICE_GONE */
		return -ESHUTDOWN;
	default: /* XACT_ERROR, DEV_NOT_RESPONDING, and what has no counterpart */
		return -EPROTO;
	}
}

static uint32_t read32(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return le32toh(value);
}

static uint16_t read16(const uint8_t *at)
{
	return at[0] | at[1] << 8;
}

static uint32_t known_length(struct capture_lengths *lengths, const struct urb_event *ev)
{
	uint32_t length = idmap_find(&lengths->by_id, ev->id, ev->ep);

	return length == IDMAP_NONE ? 0 : length;
}

/* No memory: then it stays unknown. */
static void keep_length(struct capture_lengths *lengths, const struct urb_event *ev, uint32_t length)
{
	if (length != IDMAP_NONE)
		idmap_set(&lengths->by_id, ev->id, ev->ep, length);
}

static enum capture_meaning usbpcap_submit(struct capture_lengths *lengths, struct urb_event *ev,
					   unsigned int stage, uint32_t length)
{
	if (ev->type == URB_TYPE_CONTROL && stage != STAGE_SETUP) {
		/* the data of an OUT transfer, in a packet of its own */
		keep_length(lengths, ev, known_length(lengths, ev) + length);
		return CAPTURE_PART;
	}
	ev->kind = URB_EV_SUBMIT;
	ev->seen = URB_SUBMIT;
	ev->submit.submit_ns = ev->time_ns;
	ev->submit.length = length;
	if (ev->type == URB_TYPE_CONTROL)
		ev->submit.length = length > 8 ? length - 8 : 0;
	if (ev->submit.length && !urb_ep_is_in(ev->ep))
		keep_length(lengths, ev, ev->submit.length);
	else
		idmap_del(&lengths->by_id, ev->id, ev->ep);
	return CAPTURE_EVENT;
}

/*
 * Older ones record the stages of a control transfer one by one: it ends with its status stage.
 * The end of an OUT transfer has length 0; what it took is what was sent, if all went well.
 */
static enum capture_meaning usbpcap_complete(struct capture_lengths *lengths, struct urb_event *ev,
					     unsigned int stage, uint32_t length, uint32_t status)
{
	if (ev->type == URB_TYPE_CONTROL && (stage == STAGE_SETUP || stage == STAGE_DATA)) {
		keep_length(lengths, ev, length);
		return CAPTURE_PART;
	}
	ev->kind = URB_EV_COMPLETE;
	ev->seen = URB_HANDLER;
	ev->complete.status = errno_of(status);
	ev->complete.length = length;
	if (!length && !ev->complete.status)
		ev->complete.length = known_length(lengths, ev);
	idmap_del(&lengths->by_id, ev->id, ev->ep);
	return CAPTURE_EVENT;
}

static enum capture_meaning decode_usbpcap(const struct capture_packet *packet,
					   struct capture_lengths *lengths, struct urb_event *ev,
					   struct capture_control *control)
{
	const uint8_t *h = packet->data;
	unsigned int stage = STAGE_COMPLETE;
	uint16_t header_size;
	uint32_t length;
	bool up;

	if (packet->size < USBPCAP_SIZE)
		return CAPTURE_SKIPPED;
	header_size = read16(h + USBPCAP_HEADER_SIZE);
	/* 0xfe is about an IRP, not about a URB; 0xff is not known to USBPcap itself */
	if (header_size < USBPCAP_SIZE || h[USBPCAP_TRANSFER] > 3)
		return CAPTURE_SKIPPED;
	up = h[USBPCAP_INFO] & USBPCAP_UP;
	length = read32(h + USBPCAP_LENGTH);
	ev->id = (uint64_t)read32(h + USBPCAP_IRP + 4) << 32 | read32(h + USBPCAP_IRP);
	ev->ep = endpoint_of(read16(h + USBPCAP_BUS), read16(h + USBPCAP_DEVICE), h[USBPCAP_ENDPOINT]);
	ev->type = usbmon_type(h[USBPCAP_TRANSFER]);
	if (ev->type == URB_TYPE_CONTROL) {
		if (header_size <= USBPCAP_STAGE || packet->size <= USBPCAP_STAGE)
			return CAPTURE_SKIPPED;
		stage = h[USBPCAP_STAGE];
		if (stage > STAGE_COMPLETE)
			return CAPTURE_SKIPPED;
		if (!up && stage == STAGE_SETUP && packet->size >= header_size + 8u)
			control->setup = h + header_size;
		if (up)
			take_answer(control, packet, header_size);
	}
	if (up)
		return usbpcap_complete(lengths, ev, stage, length, read32(h + USBPCAP_STATUS));
	return usbpcap_submit(lengths, ev, stage, length);
}

enum capture_meaning capture_decode(enum capture_link link, const struct capture_packet *packet,
				    struct capture_lengths *lengths, struct urb_event *ev,
				    struct capture_control *control)
{
	*ev = (struct urb_event){ .time_ns = packet->time_ns };
	*control = (struct capture_control){ 0 };
	switch (link) {
	case CAPTURE_USBMON:
		return decode_usbmon(packet, USBMON_SHORT, ev, control);
	case CAPTURE_USBMON_MMAPPED:
		return decode_usbmon(packet, sizeof(struct usbmon_record), ev, control);
	case CAPTURE_USBPCAP:
		return decode_usbpcap(packet, lengths, ev, control);
	}
	return CAPTURE_SKIPPED;
}
