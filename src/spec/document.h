/* SPDX-License-Identifier: GPL-2.0 */
/* A YAML file as a document, and faults that name a place in it. */
#ifndef URBSCOPE_SPEC_DOCUMENT_H
#define URBSCOPE_SPEC_DOCUMENT_H

#include <yaml.h>

#include "urbscope/fault.h"

struct document {
	const char *path;
	yaml_document_t yaml;
	struct fault *fault;
};

/*
 * `about_aliases` is added to a fault of an alias, which is rarely meant; "" if there is nothing to
 * say. 0: then it is to be released; or -errno with the fault filled in.
 */
int document_load(struct document *doc, const char *path, const void *text, size_t size,
		  const char *about_aliases, struct fault *fault);
void document_release(struct document *doc);

yaml_node_t *document_node(struct document *doc, int index);

/* The text of a scalar; NULL: it is none, or not text. */
const char *document_text(const yaml_node_t *node);

/* Fills in the fault: what is wrong there. -EINVAL. */
int document_wrong(struct document *doc, const yaml_node_t *at, const char *what);

/*
 * The content of a file ("-": standard input), which is the caller's to free. 0, or -errno with the
 * fault filled in.
 */
int document_slurp(const char *path, char **text, size_t *size, struct fault *fault);

#endif
