// SPDX-License-Identifier: GPL-2.0
#include "mkpcap.h"

#include <stdlib.h>
#include <string.h>

/* `size` bytes of a number at `out`. */
static void number(uint8_t *out, unsigned int size, bool big, uint64_t value)
{
	for (unsigned int i = 0; i < size; i++)
		out[big ? size - 1 - i : i] = value >> 8 * i;
}

static void put(struct mkpcap *m, const void *data, size_t size)
{
	if (m->size + size > sizeof(m->data))
		abort();
	if (size)
		memcpy(m->data + m->size, data, size);
	m->size += size;
}

static void put_number(struct mkpcap *m, unsigned int size, uint64_t value)
{
	uint8_t bytes[8];

	number(bytes, size, m->form.big, value);
	put(m, bytes, size);
}

static void put_pcap_header(struct mkpcap *m)
{
	put_number(m, 4, m->form.nano ? 0xa1b23c4d : 0xa1b2c3d4);
	put_number(m, 2, 2);
	put_number(m, 2, 4);
	put_number(m, 4, 0);
	put_number(m, 4, 0);
	put_number(m, 4, m->form.snaplen);
	put_number(m, 4, m->form.link);
}

void mkpcap_section(struct mkpcap *m)
{
	put_number(m, 4, 0x0a0d0d0a);
	put_number(m, 4, 28);
	put_number(m, 4, 0x1a2b3c4d);
	put_number(m, 2, 1);
	put_number(m, 2, 0);
	put_number(m, 8, UINT64_MAX);
	put_number(m, 4, 28);
}

void mkpcap_interface(struct mkpcap *m, unsigned int link, uint32_t snaplen)
{
	uint32_t size = m->form.nano ? 32 : 20;

	put_number(m, 4, 1);
	put_number(m, 4, size);
	put_number(m, 2, link);
	put_number(m, 2, 0);
	put_number(m, 4, snaplen);
	if (m->form.nano) {
		put_number(m, 2, 9); /* if_tsresol */
		put_number(m, 2, 1);
		put(m, "\x09\0\0", 4);
		put_number(m, 4, 0);
	}
	put_number(m, 4, size);
}

void mkpcap_init(struct mkpcap *m, const struct mkpcap_form *form)
{
	memset(m, 0, sizeof(*m));
	m->form = *form;
	if (!m->form.snaplen)
		m->form.snaplen = 262144;
	if (form->ng) {
		mkpcap_section(m);
		mkpcap_interface(m, form->link, m->form.snaplen);
	} else {
		put_pcap_header(m);
	}
	m->packets_at = m->size;
}

void mkpcap_packet(struct mkpcap *m, unsigned int interface, uint64_t time_ns, const void *data,
		   size_t size, size_t full_size)
{
	uint64_t unit = m->form.nano ? 1 : 1000, stamp = time_ns / unit;
	size_t pad = (4 - size % 4) % 4;

	if (m->cnt == MKPCAP_PACKETS)
		abort();
	if (m->form.ng) {
		put_number(m, 4, 6);
		put_number(m, 4, 32 + size + pad);
		put_number(m, 4, interface);
		put_number(m, 4, stamp >> 32);
		put_number(m, 4, (uint32_t)stamp);
	} else {
		put_number(m, 4, time_ns / 1000000000);
		put_number(m, 4, time_ns % 1000000000 / unit);
	}
	put_number(m, 4, size);
	put_number(m, 4, full_size);
	put(m, data, size);
	if (m->form.ng) {
		put(m, "\0\0", pad);
		put_number(m, 4, 32 + size + pad);
	}
	m->end[m->cnt++] = m->size;
}

/* In the order of urb->pipe, by enum urb_type. */
static const uint8_t transfers[] = { 2, 0, 3, 1 };

static uint32_t length_of(const struct urb_event *ev)
{
	return ev->kind == URB_EV_SUBMIT ? ev->submit.length :
	       ev->kind == URB_EV_COMPLETE ? ev->complete.length : ev->submit_error.length;
}

static size_t usbmon(const struct mkpcap *m, uint8_t *out, const struct urb_event *ev,
		     const void *setup, size_t size)
{
	bool big = m->form.big;

	number(out, 8, big, ev->id);
	out[8] = ev->kind == URB_EV_SUBMIT ? 'S' : ev->kind == URB_EV_COMPLETE ? 'C' : 'E';
	out[9] = transfers[ev->type];
	out[10] = urb_ep_endpoint(ev->ep);
	out[11] = urb_ep_address(ev->ep);
	number(out + 12, 2, big, urb_ep_bus(ev->ep));
	out[14] = setup ? 0 : '-';
	out[15] = size ? 0 : '<';
	number(out + 16, 8, big, ev->time_ns / 1000000000);
	number(out + 24, 4, big, ev->time_ns % 1000000000 / 1000);
	if (ev->kind == URB_EV_COMPLETE)
		number(out + 28, 4, big, ev->complete.status);
	else
		number(out + 28, 4, big, ev->kind == URB_EV_SUBMIT ? -115 : ev->submit_error.error);
	number(out + 32, 4, big, length_of(ev));
	number(out + 36, 4, big, size);
	if (setup)
		memcpy(out + 40, setup, 8);
	return m->form.link == 189 ? 48 : 64;
}

void mkpcap_usbpcap(uint8_t *out, const struct urb_event *ev, bool up, unsigned int transfer,
		    unsigned int stage, uint32_t status, uint32_t length)
{
	memset(out, 0, 28);
	number(out, 2, false, transfer == 2 ? 28 : 27);
	number(out + 2, 8, false, ev->id);
	number(out + 10, 4, false, status);
	number(out + 14, 2, false, 9);
	out[16] = up;
	number(out + 17, 2, false, urb_ep_bus(ev->ep));
	number(out + 19, 2, false, urb_ep_address(ev->ep));
	out[21] = urb_ep_endpoint(ev->ep);
	out[22] = transfer;
	number(out + 23, 4, false, length);
	out[27] = stage;
}

void mkpcap_event(struct mkpcap *m, const struct urb_event *ev, const void *setup, const void *data,
		  size_t size)
{
	uint8_t packet[2048] = { 0 };
	bool up = ev->kind == URB_EV_COMPLETE;
	size_t header;

	if (size > 1024)
		abort();
	if (m->form.link == 249) {
		uint32_t status = up ? (uint32_t)ev->complete.status : 0xdeadbeef;
		bool control = ev->type == URB_TYPE_CONTROL;

		mkpcap_usbpcap(packet, ev, up, transfers[ev->type], up ? 3 : 0, status,
			       length_of(ev) + (control && !up ? 8 : 0));
		header = control ? 28 : 27;
		if (control && !up) {
			if (setup)
				memcpy(packet + header, setup, 8);
			header += 8;
		}
	} else {
		header = usbmon(m, packet, ev, setup, size);
	}
	if (size)
		memcpy(packet + header, data, size);
	mkpcap_packet(m, 0, ev->time_ns, packet, header + size, header + length_of(ev));
}
