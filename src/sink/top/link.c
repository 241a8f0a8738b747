// SPDX-License-Identifier: GPL-2.0
#include "sink/top/link.h"

/*
 * USB 2.0, section 5 (tables 5-3 to 5-10): a frame or microframe has room for so many bytes, and
 * a transaction costs so many beside its payload.
 */
struct frame {
	unsigned int bytes, per_second;
	struct {
		unsigned int overhead, largest;
	} type[4]; /* enum urb_type; largest 0: not at this speed */
};

static const struct frame low = {
	187, 1000, {[URB_TYPE_INT] = {19, 8}}};
static const struct frame full = {
	1500, 1000, {[URB_TYPE_CONTROL] = {45, 64}, [URB_TYPE_ISO] = {9, 1023},
		     [URB_TYPE_BULK] = {13, 64}, [URB_TYPE_INT] = {13, 64}}};
static const struct frame high = {
	7500, 8000, {[URB_TYPE_CONTROL] = {173, 64}, [URB_TYPE_ISO] = {38, 1024},
		     [URB_TYPE_BULK] = {55, 512}, [URB_TYPE_INT] = {55, 1024}}};

static uint64_t in_frames(const struct frame *f, unsigned int type, unsigned int max_packet)
{
	unsigned int payload = max_packet & 0x7ff, packets;

	if (!f->type[type].largest)
		return 0;
	if (!payload || payload > f->type[type].largest)
		payload = f->type[type].largest;
	packets = f->bytes / (payload + f->type[type].overhead);
	/* a periodic endpoint has one transaction a (micro)frame, up to three at high speed */
	if (type == URB_TYPE_INT || type == URB_TYPE_ISO) {
		unsigned int most = f == &high ? 1 + (max_packet >> 11 & 3) : 1;

		packets = packets < most ? packets : most;
	}
	return (uint64_t)packets * payload * f->per_second;
}

/*
 * USB 3.2: symbols of a data packet beside its payload of 1024 bytes: framing 4, header 16, framing
 * 4, CRC 4, framing 4; at 10 Gbit/s 4 more, for the length is there twice. Of the line's rate
 * 8b/10b and 128b/132b leave 500 and 1212 million symbols a second.
 */
#define SUPER_SYMBOLS	   UINT64_C(500000000)
#define SUPER_PLUS_SYMBOLS UINT64_C(1212121212)

uint64_t link_capacity(unsigned int speed, unsigned int type, unsigned int max_packet)
{
	if (type >= URB_TYPE_UNKNOWN)
		return 0;
	switch (speed) {
	case URB_SPEED_LOW:
		return in_frames(&low, type, max_packet);
	case URB_SPEED_FULL:
		return in_frames(&full, type, max_packet);
	case URB_SPEED_HIGH:
		return in_frames(&high, type, max_packet);
	case URB_SPEED_SUPER:
		return SUPER_SYMBOLS * 1024 / (1024 + 32);
	case URB_SPEED_SUPER_PLUS:
		return SUPER_PLUS_SYMBOLS * 1024 / (1024 + 36);
	default:
		return 0;
	}
}
