// SPDX-License-Identifier: GPL-2.0
#include "command.h"

#include <stdio.h>

int cannot_run(const struct fault *fault)
{
	fprintf(stderr, "urbscope: %s\n", fault->text[0] ? fault->text : "failed");
	return EXIT_CANNOT_RUN;
}
