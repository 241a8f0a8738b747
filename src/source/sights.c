// SPDX-License-Identifier: GPL-2.0
#include "sights.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Facts that are known are looked at anew this often, while events come. */
#define LOOK_AGAIN_NS 1000000000ULL
/* A device shows on the bus before sysfs has it. */
#define LOOK_SOON_NS 100000000ULL

int sights_init(struct sights *self, const struct source_config *config, sight_find find)
{
	*self = (struct sights){ .config = config, .find = find };
	return idmap_init(&self->by_ep, 64);
}

int sights_check(const struct source_config *config, struct fault *fault)
{
	for (size_t i = 0; i < config->selector_cnt; i++) {
		if (!(config->selectors[i].by & SEL_STREAM))
			continue;
		fault_set(fault, "usbmon does not tell the streams of an endpoint: select without #%u",
			  config->selectors[i].stream);
		return -EINVAL;
	}
	return 0;
}

void sights_release(struct sights *self)
{
	if (self->by_ep.entries)
		idmap_release(&self->by_ep);
	free(self->sight);
	*self = (struct sights){ 0 };
}

static struct sight *sight_add(struct sights *self, uint32_t ep)
{
	struct sight *more;

	if (self->cnt == self->cap) {
		uint32_t cap = self->cap ? self->cap * 2 : 64;

		more = realloc(self->sight, cap * sizeof(*more));
		if (!more)
			return NULL;
		self->sight = more;
		self->cap = cap;
	}
	if (idmap_set(&self->by_ep, ep, ep, self->cnt))
		return NULL;
	more = &self->sight[self->cnt++];
	*more = (struct sight){ .ep = ep };
	return more;
}

static struct sight *sight_get(struct sights *self, uint32_t ep)
{
	uint32_t i = idmap_find(&self->by_ep, ep, ep);

	return i == IDMAP_NONE ? sight_add(self, ep) : &self->sight[i];
}

static bool wants(const struct sights *self, const struct sight *s, uint8_t type)
{
	const struct source_config *c = self->config;

	for (size_t i = 0; i < c->selector_cnt; i++) {
		if (selector_match(&c->selectors[i], s->ep, 0, type, s->known ? &s->facts : NULL))
			return true;
	}
	return !c->selector_cnt;
}

static bool same_device(const struct urb_facts *a, const struct urb_facts *b)
{
	return a->vid == b->vid && a->pid == b->pid && !strcmp(a->path, b->path);
}

static bool same_facts(const struct urb_facts *a, const struct urb_facts *b)
{
	return same_device(a, b) && a->speed == b->speed && a->type == b->type &&
	       a->max_packet == b->max_packet && !strcmp(a->name, b->name) &&
	       !strcmp(a->driver, b->driver);
}

/* What was known of the endpoints at this address was of another device. */
static void forget_device(struct sights *self, uint32_t ep)
{
	for (uint32_t i = 0; i < self->cnt; i++) {
		if (self->sight[i].ep >> 8 != ep >> 8)
			continue;
		self->sight[i].known = false;
		self->sight[i].next_look_ns = 0;
	}
}

static struct urb_event piece_of_news(const struct sight *s, uint8_t kind, uint8_t type,
				      uint64_t time_ns)
{
	struct urb_event ev = { .time_ns = time_ns, .ep = s->ep, .kind = kind, .type = type };

	if (kind == URB_EV_FACTS)
		ev.facts = &s->facts;
	return ev;
}

static void look(struct sights *self, struct sight *s, uint8_t type, uint64_t time_ns,
		 struct urb_event *news, int *news_cnt)
{
	struct device_endpoint found;

	if (self->find(s->ep, &found)) {
		s->next_look_ns = time_ns + (s->known ? LOOK_AGAIN_NS : LOOK_SOON_NS);
		return;
	}
	found.facts.type = type;
	if (s->known && !same_device(&s->facts, &found.facts)) {
		if (s->wanted)
			news[(*news_cnt)++] = piece_of_news(s, URB_EV_GONE, type, time_ns);
		forget_device(self, s->ep);
	}
	s->next_look_ns = time_ns + LOOK_AGAIN_NS;
	if (s->known && same_facts(&s->facts, &found.facts))
		return;
	s->facts = found.facts;
	s->known = true;
	s->wanted = wants(self, s, type);
	if (s->wanted)
		news[(*news_cnt)++] = piece_of_news(s, URB_EV_FACTS, type, time_ns);
}

int sights_see(struct sights *self, uint32_t ep, uint8_t type, uint64_t time_ns, bool *wanted,
	       struct urb_event *news, int *news_cnt)
{
	struct sight *s = sight_get(self, ep);

	*news_cnt = 0;
	if (!s)
		return -ENOMEM;
	if (time_ns >= s->next_look_ns) {
		look(self, s, type, time_ns, news, news_cnt);
		if (!s->known)
			s->wanted = wants(self, s, type);
	}
	*wanted = s->wanted;
	return 0;
}
