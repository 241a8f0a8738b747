/* SPDX-License-Identifier: GPL-2.0 */
/* Inside the room: what every source is made of. */
#ifndef URBSCOPE_SOURCE_SOURCE_H
#define URBSCOPE_SOURCE_SOURCE_H

#include "urbscope/source.h"

struct source_ops {
	int (*fd)(const struct source *src);
	int (*read)(struct source *src, source_emit emit, void *ctx, struct fault *fault);
	int (*finish)(struct source *src, source_emit emit, void *ctx, struct fault *fault);
	uint64_t (*now)(const struct source *src);
	uint64_t (*lacks)(const struct source *src); /* NULL: nothing */
	void (*close)(struct source *src);
};

/* First member of each source's own struct. */
struct source {
	const struct source_ops *ops;
	struct source_info info;
	uint64_t late, skipped;
};

#endif
