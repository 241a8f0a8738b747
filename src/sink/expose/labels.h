/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Inside expose: labels, rendered once for all that they stand on. Values are cleaned: UTF-8 without
 * controls. Two sets are the same if their texts are.
 */
#ifndef URBSCOPE_EXPOSE_LABELS_H
#define URBSCOPE_EXPOSE_LABELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "urbscope/snapshot.h"

#define LABELS_MAX 8		/* in a set */
#define LABEL_MAX  256		/* bytes of a cleaned value */
#define LABELS_TEXT 1024	/* of a set of an endpoint, the NUL included */

struct label {
	const char *name, *value;
};

struct labels {
	char *text;		/* a="b",c="d": escaped as in the text formats */
	size_t text_len;
	uint8_t *packed;	/* a Metric with these labels alone */
	size_t packed_len;
};

/* Returns 0 or -ENOMEM. `cnt` up to LABELS_MAX. */
int labels_init(struct labels *labels, const struct label *label, size_t cnt);
void labels_release(struct labels *labels);

/* A value as it is shown, of at most LABEL_MAX bytes; NULL is "". */
void label_clean(char clean[LABEL_MAX], const char *value);

/* The text of some labels, cut at `size`. Returns its length. */
size_t labels_text(char *buf, size_t size, const struct label *label, size_t cnt);

/* Those of an endpoint; values lie in `store`. */
#define ENDPOINT_LABELS 7
struct endpoint_label_values {
	char device[64], vendor_id[8], product_id[8], endpoint[8];
};
void labels_of_endpoint(const struct endpoint_figures *ep, struct endpoint_label_values *store,
			struct label label[ENDPOINT_LABELS]);

/* Has nothing changed that labels are made of? */
bool labels_stay(const struct endpoint_figures *to, const struct endpoint_figures *from);

/* Those of the sum of endpoints that are gone. */
extern const struct label labels_of_gone[ENDPOINT_LABELS];

#endif
