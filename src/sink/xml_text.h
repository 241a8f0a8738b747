/* SPDX-License-Identifier: GPL-2.0 */
/* Inside sink: what pages and the XML of test results have in common. */
#ifndef URBSCOPE_SINK_XML_TEXT_H
#define URBSCOPE_SINK_XML_TEXT_H

#include <stdint.h>

/*
 * "&lt;": how a code point is written in content and between double quotes, where it would be
 * markup there; else NULL: as it is.
 */
const char *xml_entity(uint32_t cp);

#endif
