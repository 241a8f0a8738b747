// SPDX-License-Identifier: GPL-2.0
#include "urbscope/fault.h"

#include <stdarg.h>
#include <stdio.h>

void fault_set(struct fault *fault, const char *fmt, ...)
{
	va_list ap;

	if (!fault || fault->text[0])
		return;
	va_start(ap, fmt);
	vsnprintf(fault->text, sizeof(fault->text), fmt, ap);
	va_end(ap);
}
