/* SPDX-License-Identifier: GPL-2.0 */
/* Inside expose: what is written grows; a failure is kept, and told once at the end. */
#ifndef URBSCOPE_EXPOSE_OUT_H
#define URBSCOPE_EXPOSE_OUT_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "urbscope/expose.h"

/* Room for `more` bytes at the end; NULL: there is no memory. */
static inline char *out_room(struct expose_out *out, size_t more)
{
	size_t size = out->size + out->size / 2 + 4096;
	char *data;

	if (out->size - out->len >= more)
		return out->data + out->len;
	if (size < out->len + more)
		size = out->len + more;
	data = realloc(out->data, size);
	if (!data)
		return NULL;
	out->data = data;
	out->size = size;
	return data + out->len;
}

static inline char *append(char *at, const void *from, size_t len)
{
	memcpy(at, from, len);
	return at + len;
}

#endif
