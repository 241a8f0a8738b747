// SPDX-License-Identifier: GPL-2.0
#include "sink/out.h"

#include <errno.h>

int out_finish(FILE *out)
{
	errno = 0;
	if (fflush(out) || ferror(out))
		return errno ? -errno : -EIO;
	return 0;
}

size_t out_decimal(char buf[OUT_DIGITS], uint64_t value, bool negative)
{
	size_t at = OUT_DIGITS;

	if (negative)
		value = 0 - value;
	do
		buf[--at] = '0' + value % 10;
	while (value /= 10);
	if (negative)
		buf[--at] = '-';
	return OUT_DIGITS - at;
}
