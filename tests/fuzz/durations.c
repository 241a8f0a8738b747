// SPDX-License-Identifier: GPL-2.0
/* Any text as a duration of the command line: refused, or a time that is possible. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/options.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);
	uint64_t ns = 77;
	int err;

	if (!text)
		return 0;
	err = parse_duration(text, &ns);
	if (err ? err != -EINVAL || ns != 77 : ns > 1000000000000000000)
		abort();
	/* without a unit it is seconds, whatever the number */
	if (!err && strspn(text, "0123456789") == strlen(text) && strlen(text) < 9 &&
	    ns != strtoull(text, NULL, 10) * 1000000000)
		abort();
	free(text);
	return 0;
}
