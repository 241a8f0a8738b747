// SPDX-License-Identifier: GPL-2.0
#include "extent.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

bool extent_is_file(const char *path)
{
	struct stat st;

	return strcmp(path, "-") && !stat(path, &st) && S_ISREG(st.st_mode);
}

int extent_open(struct extent *extent, const char *path, struct fault *fault)
{
	/* where there is an index, nobody reads what is before the end */
	const struct source_config config = { .from_ns = UINT64_MAX / 4 };
	struct stat st;

	*extent = (struct extent){ 0 };
	if (!strcmp(path, "-") || (!stat(path, &st) && !S_ISREG(st.st_mode))) {
		fault_set(fault, "%s: a pipe does not tell its end before it comes: count from the beginning, or "
				 "save it to a file first", strcmp(path, "-") ? path : "standard input");
		return -EINVAL;
	}
	extent->src = source_open_recording(path, &config, fault);
	return extent->src ? 0 : -EINVAL;
}

static void note(void *ctx, const struct urb_event *ev)
{
	struct extent *extent = ctx;

	if (extent->some || ev->kind == URB_EV_FACTS)
		return;
	extent->some = true;
	extent->first_ns = ev->time_ns;
}

int extent_go_on(struct extent *extent, struct fault *fault)
{
	int err = source_read(extent->src, note, extent, fault);
	uint64_t start_ns;

	if (err != -ENODATA)
		return err < 0 ? err : 1;
	start_ns = source_info(extent->src)->start_ns;
	if (!start_ns)
		start_ns = extent->first_ns;
	extent->length_ns = source_now(extent->src) - start_ns;
	return 0;
}

void extent_close(struct extent *extent)
{
	source_close(extent->src);
	extent->src = NULL;
}
