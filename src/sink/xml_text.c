// SPDX-License-Identifier: GPL-2.0
#include "sink/xml_text.h"

#include <stddef.h>

const char *xml_entity(uint32_t cp)
{
	switch (cp) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	default:
		return NULL;
	}
}
