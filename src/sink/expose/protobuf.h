/* SPDX-License-Identifier: GPL-2.0 */
#ifndef URBSCOPE_EXPOSE_PROTOBUF_H
#define URBSCOPE_EXPOSE_PROTOBUF_H

#include "sink/expose/labels.h"

/* A Metric with these labels alone, malloc()ed; NULL: no memory. */
uint8_t *protobuf_pack_labels(const struct label *label, size_t cnt, size_t *len);

#endif
