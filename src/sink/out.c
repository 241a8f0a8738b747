// SPDX-License-Identifier: GPL-2.0
#include "sink/out.h"

#include <errno.h>
#include <string.h>

int out_finish(FILE *out)
{
	errno = 0;
	if (fflush(out) || ferror(out))
		return errno ? -errno : -EIO;
	return 0;
}

/* Two digits a step: a division takes longer than all the rest. */
size_t out_decimal(char buf[OUT_DIGITS], uint64_t value, bool negative)
{
	static const char pairs[] =
		"0001020304050607080910111213141516171819202122232425262728293031323334353637383940"
		"4142434445464748495051525354555657585960616263646566676869707172737475767778798081"
		"828384858687888990919293949596979899";
	size_t at = OUT_DIGITS;

	if (negative)
		value = 0 - value;
	for (; value >= 100; value /= 100) {
		at -= 2;
		memcpy(buf + at, pairs + 2 * (value % 100), 2);
	}
	if (value >= 10) {
		at -= 2;
		memcpy(buf + at, pairs + 2 * value, 2);
	} else {
		buf[--at] = '0' + value;
	}
	if (negative)
		buf[--at] = '-';
	return OUT_DIGITS - at;
}
