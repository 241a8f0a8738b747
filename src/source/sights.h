/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which endpoints a live source has seen that is told nothing of devices: their facts, which sysfs
 * has, and whether a selector wants them. sysfs is asked when an endpoint first shows, and again
 * now and then while it is busy: drivers come and go, and an address may have been used anew.
 */
#ifndef URBSCOPE_SOURCE_SIGHTS_H
#define URBSCOPE_SOURCE_SIGHTS_H

#include "urbscope/devices.h"
#include "urbscope/idmap.h"
#include "urbscope/source.h"

struct sight {
	uint32_t ep;
	uint64_t next_look_ns;
	bool known;		/* facts are */
	bool wanted;		/* by a selector, or there are none */
	struct urb_facts facts; /* as they were told */
};

/* How sysfs is asked: devices_find(), but in tests. */
typedef int (*sight_find)(uint32_t ep, struct device_endpoint *found);

struct sights {
	const struct source_config *config;
	sight_find find;
	struct idmap by_ep;
	struct sight *sight;
	uint32_t cnt, cap;
};

/* `config` is the caller's and stays valid. 0 or -ENOMEM. */
int sights_init(struct sights *self, const struct source_config *config, sight_find find);
/* -EINVAL with the fault filled in if a selector asks for what usbmon does not tell. */
int sights_check(const struct source_config *config, struct fault *fault);
void sights_release(struct sights *self);

/*
 * An event of this endpoint and type came at `time_ns`. *wanted: is it selected? News, which stand
 * before the event, are written to `news` (room for two: GONE, FACTS) and counted in *news_cnt;
 * their facts are valid until the next call. 0 or -ENOMEM.
 */
int sights_see(struct sights *self, uint32_t ep, uint8_t type, uint64_t time_ns, bool *wanted,
	       struct urb_event *news, int *news_cnt);

#endif
