/* SPDX-License-Identifier: GPL-2.0 */
/* Events as NDJSON: one object a line, for programs and for looking closely. */
#ifndef URBSCOPE_EVENT_JSON_H
#define URBSCOPE_EVENT_JSON_H

#include <stdio.h>

#include "urbscope/event.h"

struct event_json;

/* The name of the function at a kernel address, or NULL: see source_symbol(). */
typedef const char *(*event_symbol)(void *ctx, uint64_t address);

/* `symbol` may be NULL. NULL with errno ENOMEM. */
struct event_json *event_json_new(FILE *out, event_symbol symbol, void *ctx);
void event_json_free(struct event_json *self);

void event_json_write(struct event_json *self, const struct urb_event *ev);

/* 0, or -errno of the first failure since the beginning. */
int event_json_flush(struct event_json *self);

#endif
