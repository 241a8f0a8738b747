// SPDX-License-Identifier: GPL-2.0
#include "canvasline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *canvas_line(const struct canvas *c, int y)
{
	static char buf[65536];
	FILE *out = fmemopen(buf, sizeof(buf), "w");

	if (!out)
		abort();
	canvas_print(c, y, out);
	fclose(out);
	buf[strcspn(buf, "\n")] = '\0';
	return buf;
}
