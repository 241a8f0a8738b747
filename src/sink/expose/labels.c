// SPDX-License-Identifier: GPL-2.0
#include "sink/expose/labels.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sink/expose/protobuf.h"
#include "urbscope/text.h"

const struct label labels_of_gone[ENDPOINT_LABELS] = {
	{ "device", "gone" }, { "vendor_id", "" }, { "product_id", "" }, { "driver", "" },
	{ "endpoint", "" }, { "direction", "" }, { "type", "" },
};

void labels_of_endpoint(const struct endpoint_figures *ep, struct endpoint_label_values *store,
			struct label label[ENDPOINT_LABELS])
{
	unsigned int number = urb_ep_endpoint(ep->ep);
	const struct urb_facts *facts = &ep->facts;

	if (facts->path[0])
		snprintf(store->device, sizeof(store->device), "%s", facts->path);
	else
		snprintf(store->device, sizeof(store->device), "%u:%u", urb_ep_bus(ep->ep),
			 urb_ep_address(ep->ep));
	store->vendor_id[0] = store->product_id[0] = '\0';
	if (facts->has_ids) {
		snprintf(store->vendor_id, sizeof(store->vendor_id), "%04x", facts->vid);
		snprintf(store->product_id, sizeof(store->product_id), "%04x", facts->pid);
	}
	snprintf(store->endpoint, sizeof(store->endpoint), "0x%02x", number);
	label[0] = (struct label){ "device", store->device };
	label[1] = (struct label){ "vendor_id", store->vendor_id };
	label[2] = (struct label){ "product_id", store->product_id };
	label[3] = (struct label){ "driver", facts->driver };
	label[4] = (struct label){ "endpoint", store->endpoint };
	label[5] = (struct label){ "direction", !number ? "both" : number & 0x80 ? "in" : "out" };
	label[6] = (struct label){ "type", ep->type < URB_TYPE_UNKNOWN ? urb_type_name(ep->type) : "" };
}

bool labels_stay(const struct endpoint_figures *to, const struct endpoint_figures *from)
{
	const struct urb_facts *a = &to->facts, *b = &from->facts;

	return to->ep == from->ep && to->type == from->type && a->has_ids == b->has_ids &&
	       a->vid == b->vid && a->pid == b->pid && !strcmp(a->path, b->path) &&
	       !strcmp(a->driver, b->driver);
}

void label_clean(char clean[LABEL_MAX], const char *value)
{
	text_file_copy(clean, LABEL_MAX, value ? value : "");
}

/* Cut only where a value is longer than any that there is. */
static size_t put(char *buf, size_t size, size_t at, const char *s, size_t len)
{
	if (at + len >= size)
		return at;
	memcpy(buf + at, s, len);
	return at + len;
}

size_t labels_text(char *buf, size_t size, const struct label *label, size_t cnt)
{
	char clean[LABEL_MAX];
	size_t at = 0;

	for (size_t i = 0; i < cnt; i++) {
		label_clean(clean, label[i].value);
		if (i)
			at = put(buf, size, at, ",", 1);
		at = put(buf, size, at, label[i].name, strlen(label[i].name));
		at = put(buf, size, at, "=\"", 2);
		for (const char *c = clean; *c; c++) {
			if (*c == '"' || *c == '\\')
				at = put(buf, size, at, "\\", 1);
			at = put(buf, size, at, c, 1);
		}
		at = put(buf, size, at, "\"", 1);
	}
	buf[at] = '\0';
	return at;
}

int labels_init(struct labels *labels, const struct label *label, size_t cnt)
{
	size_t size = 1;

	for (size_t i = 0; i < cnt; i++)
		size += strlen(label[i].name) + 4 + 2 * LABEL_MAX;
	*labels = (struct labels){ .text = malloc(size) };
	if (!labels->text)
		return -ENOMEM;
	labels->text_len = labels_text(labels->text, size, label, cnt);
	labels->packed = protobuf_pack_labels(label, cnt, &labels->packed_len);
	if (!labels->packed) {
		labels_release(labels);
		return -ENOMEM;
	}
	return 0;
}

void labels_release(struct labels *labels)
{
	free(labels->text);
	free(labels->packed);
	*labels = (struct labels){ 0 };
}
